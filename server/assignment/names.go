package assignment

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/directory"
	"writ/server/rolemodel"
)

// names gives things the names that people know them by: from the model at once, of resources after one statement for all of them.
type names struct {
	m         *Model
	resources map[int64]resourceName
	hidden    map[int64]bool // not the reader's to know
}

type resourceName struct {
	ID, EntityTypeID int64
	Key, DisplayName string
}

// readNames looks up the resources that a text mentions, by the names that were known at an instant.
func (m *Model) readNames(ctx context.Context, db bun.IDB, of []int64, known time.Time) (*names, error) {
	n := &names{m: m, resources: map[int64]resourceName{}}
	slices.Sort(of)
	var rows []resourceName
	if err := db.NewRaw(`select r.id, r.entity_type_id, r.key, coalesce(v.display_name, r.display_name) as display_name
		from resource r left join resource_version v on v.resource_id = r.id and v.valid_from <= ?1 and v.valid_to > ?1
		where r.id = any (?0)`, ids(slices.Compact(of)), known).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read names: %w", err)
	}
	for _, r := range rows {
		n.resources[r.ID] = r
	}
	return n, nil
}

// hide takes out the names of those resources that the caller may not read.
func (n *names) hide(ctx context.Context, db bun.IDB, of []int64) error {
	var open []int64
	if err := db.NewRaw("select r.id from resource r where r.id = any (?) and ?", ids(of), directory.Readable(ctx, n.m.Shape, "r")).Scan(ctx, &open); err != nil {
		return fmt.Errorf("ask which names may be read: %w", err)
	}
	n.hidden = map[int64]bool{}
	for _, id := range of {
		n.hidden[id] = id != 0 && !slices.Contains(open, id)
	}
	return nil
}

// resource names one resource: "Finance", "e10002".
func (n *names) resource(id int64) string {
	if n.hidden[id] {
		return "something you may not see"
	}
	r, ok := n.resources[id]
	if !ok {
		return "something that is gone"
	}
	return cmp.Or(r.DisplayName, r.Key)
}

// thing names one resource with what it is: "Position P00002-1".
func (n *names) thing(id int64) string {
	if t := n.m.Shape.EntityTypes[n.resources[id].EntityTypeID]; t != nil && !n.hidden[id] {
		return t.DisplayName + " " + n.resource(id)
	}
	return n.resource(id)
}

func (n *names) role(id int64) string { return n.m.roleName(id) }

func (m *Model) roleName(id int64) string {
	if r := m.Role(id); r != nil {
		return r.DisplayName
	}
	return "that is gone"
}

func (n *names) typeName(id int64) string {
	if t := n.m.ResourceType(id); t != nil {
		return t.DisplayName
	}
	return "resource type that is gone"
}

// property names a property of the targets of a resource type.
func (n *names) property(typeID int64, identifier string) string {
	if t := n.m.ResourceType(typeID); t != nil {
		if p := n.m.Shape.Property(t.TargetEntityTypeID, identifier); p != nil {
			return p.DisplayName
		}
	}
	return identifier
}

func (m *Model) dimension(identifier string) string {
	if d := m.Shape.Dimensions[identifier]; d != nil {
		return d.DisplayName
	}
	return identifier
}

// dimensions lists values: "Department Finance, Site Berlin", in the order of the dimensions' columns.
func (n *names) dimensions(values map[string]int64) string {
	list := slices.SortedFunc(maps.Keys(values), func(a, b string) int {
		x, y := n.m.Shape.Dimensions[a], n.m.Shape.Dimensions[b]
		if x == nil || y == nil {
			return strings.Compare(a, b)
		}
		return cmp.Compare(x.ColumnMapping, y.ColumnMapping)
	})
	for i, name := range list {
		list[i] = n.m.dimension(name) + " " + n.resource(values[name])
	}
	return strings.Join(list, ", ")
}

// keyName is the name of the resource that a rule names by key; the key itself when there is no such resource.
// NameOfKey is what people read for a resource that the model names by its key; the key where there is none.
func (m *Model) NameOfKey(entityTypeID int64, key string) string { return m.keyName(entityTypeID, key) }

func (m *Model) keyName(entityTypeID int64, key string) string {
	return cmp.Or(m.keys.Labels[m.keys.IDs[entityTypeID][key]], key)
}

// contextRule names the rule that turns records into contexts.
func (m *Model) contextRule(id int64) string {
	r := find(m.Source.ContextRules, func(r *rolemodel.ContextRule) bool { return r.ID == id })
	if r == nil {
		return "that is gone"
	}
	return cmp.Or(r.DisplayName, r.Identifier)
}

// section names a record section.
func (m *Model) section(id int64) string {
	s := find(m.Source.RecordSections, func(s *rolemodel.RecordSection) bool { return s.ID == id })
	if s == nil {
		return "A section that is gone"
	}
	return cmp.Or(s.DisplayName, s.Identifier)
}

// day writes a date, with the time when it is not midnight. Always UTC, as stored.
func day(t time.Time) string {
	t = t.UTC()
	if t.Equal(t.Truncate(24 * time.Hour)) {
		return t.Format("2 Jan 2006")
	}
	return t.Format("2 Jan 2006 15:04 UTC")
}

// period writes from when until when something holds, with a space before; empty: always. Days as days of the installation: an end at
// midnight is the day before, through which it holds.
func (n *names) period(from, to *time.Time, now time.Time) string {
	zone := n.m.Shape.Zone()
	shown := func(t time.Time) string {
		if t.Equal(directory.FirstInstant(t, zone)) {
			return t.In(zone).Format("2 Jan 2006")
		}
		return t.UTC().Format("2 Jan 2006 15:04 UTC")
	}
	last := func(t time.Time) string {
		if t.Equal(directory.FirstInstant(t, zone)) {
			return t.Add(-time.Second).In(zone).Format("2 Jan 2006")
		}
		return shown(t)
	}
	switch {
	case from == nil && to == nil:
		return ""
	case from == nil:
		return " until " + last(*to)
	case to == nil && from.After(now):
		return " from " + shown(*from)
	case to == nil:
		return " since " + shown(*from)
	default:
		return " from " + shown(*from) + " to " + last(*to)
	}
}

// and joins parts of a sentence.
func and(parts []string) string {
	if n := len(parts); n > 1 {
		return strings.Join(parts[:n-1], ", ") + " and " + parts[n-1]
	}
	return strings.Join(parts, "")
}
