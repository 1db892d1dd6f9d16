package reconciliation

import (
	"context"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
)

// sqlKind is the condition on g, a and w that a difference is of a kind: Item.Kind in SQL.
var sqlKind = map[Kind]string{
	Unauthorized: "(g.property is null and w.valid_to = 'infinity')",
	Orphan:       "(g.property is null and w.valid_to is distinct from 'infinity')",
	Unreconciled: "(g.property is not null and coalesce(g.current_value, '') <> '')",
	Missing:      "(g.property is not null and coalesce(g.current_value, '') = '')",
}

// sqlKindOf is the kind of a difference, by the same conditions; exactly one of them holds.
var sqlKindOf = func() string {
	text := "case"
	for _, k := range slices.Sorted(maps.Keys(sqlKind)) {
		text += " when " + sqlKind[k] + " then '" + string(k) + "'"
	}
	return text + " end"
}()

// condition writes the filter as SQL, for the caller. Validation when a word of it does not exist.
func (f *ReconciliationFilter) condition(ctx context.Context, m *assignment.Model) (condition, error) {
	var list []condition
	add := func(sql string, args ...any) { list = append(list, bun.SafeQuery(sql, args...)) }
	if f != nil && len(f.IDs) > maxItems {
		return nobody, errs.New(errs.TooLarge, "At most %d differences are named; these are %d.", maxItems, len(f.IDs)).At("filter.ids")
	}
	if f != nil && len(f.IDs) > 0 {
		add("g.id = any (?)", ids(f.IDs))
	} else if add("g.closed_at is null"); f != nil && f.Postponed != nil && *f.Postponed {
		add("g.postponed_at is not null")
	} else if f == nil || f.Postponed != nil || f.WithoutOwner == nil { // that filter says itself whether
		add("g.postponed_at is null")
	}
	if f == nil {
		return db.AllOf(list...), nil
	}
	words, err := f.words()
	if err != nil {
		return nobody, err
	}
	list = append(list, words...)
	if len(f.Systems) > 0 {
		add("c.identifier in (?)", bun.List(f.Systems))
	}
	if len(f.ResourceTypes) > 0 {
		types := []int64{0}
		for _, t := range m.Source.ResourceTypes {
			for _, name := range f.ResourceTypes {
				if t.Identifier == name {
					types = append(types, t.ID)
				}
			}
		}
		add("g.resource_type_id in (?)", bun.List(types))
	}
	if len(f.Properties) > 0 {
		add("g.property in (?)", bun.List(f.Properties))
	}
	if f.Pattern != nil {
		k, err := parsePattern(*f.Pattern)
		if err != nil {
			return nobody, err
		}
		list = append(list, k.condition())
	}
	if f.OwnerID != nil {
		add("a.owner_id = ?", *f.OwnerID)
	}
	if f.Text != nil && len(directory.SearchWords(*f.Text)) > 0 {
		found := directory.SearchBeside(ctx, m.Shape, "f", *f.Text, courses(m.Shape)...)
		add(`g.assigned_resource_type_id in (select y.id from assigned_resource_type y where y.valid_to = 'infinity' and y.owner_id in (select f.id from resource f where ?)
			union all select y.id from assigned_resource_type y where y.valid_to = 'infinity' and y.resource_id in (select f.id from resource f where ?))`, found, found)
	}
	if f.WithoutOwner != nil {
		from, where, err := f.WithoutOwner.found(ctx, m)
		if err != nil {
			return nobody, err
		}
		add("g.id in (select g.id from "+from+" where ? and g.id is not null)", db.AllOf(where...))
	}
	if f.FoundAfter != nil {
		add("g.found_at >= ?", f.FoundAfter.UTC())
	}
	if f.FoundBefore != nil {
		add("g.found_at < ?", f.FoundBefore.UTC())
	}
	return db.AllOf(list...), nil
}

// words are the conditions on kinds and states, whose words may not exist.
func (f *ReconciliationFilter) words() (list []condition, err error) {
	if len(f.Kinds) > 0 {
		var kinds []condition
		for _, k := range f.Kinds {
			sql, ok := sqlKind[k]
			if !ok {
				return nil, errs.Invalid("filter.kinds", "There is no kind %s.", k)
			}
			kinds = append(kinds, bun.SafeQuery(sql))
		}
		list = append(list, db.AnyOf(kinds...))
	}
	if len(f.States) > 0 {
		var codes []int64
		for _, s := range f.States {
			code, ok := states[s]
			if !ok {
				return nil, errs.Invalid("filter.states", "There is no state %s.", s)
			}
			codes = append(codes, int64(code))
		}
		list = append(list, bun.SafeQuery("g.workflow_state in (?)", bun.List(codes)))
	}
	return list, nil
}
