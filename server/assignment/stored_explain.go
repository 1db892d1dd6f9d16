package assignment

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/evaluation/formula"
	"writ/server/evaluation/interval"
)

// StoredValue is a value that property expressions compute for a resource, beside what is kept.
type StoredValue struct {
	Property    string // identifier
	DisplayName string
	Expression  *string // identifier of the expression that gives it, or fails; nil: none gives anything
	Computed    *string // what it gives now; nil: nothing
	Kept        *string // what the resource has; nil: nothing
	IsSame      bool    // both are the same
	Error       string  // why it fails; empty: it does not. The resource keeps what it has
	Inputs      []*StoredInput
}

// StoredInput is a value that an expression read.
type StoredInput struct {
	Path     string  // from the resource on
	Value    *string // nil: there is none, or it may not be seen
	IsHidden bool    // it may not be seen
}

// StoredValues computes what the property expressions in force give a resource.
func (s *Service) StoredValues(ctx context.Context, idb bun.IDB, resourceID int64) ([]*StoredValue, error) {
	m, err := s.Model(ctx, idb)
	if err != nil {
		return nil, err
	}
	return s.storedValues(ctx, idb, m, resourceID)
}

// StoredValuesAhead is StoredValues with the model as the transaction has it.
func (s *Service) StoredValuesAhead(ctx context.Context, tx bun.Tx, resourceID int64) ([]*StoredValue, error) {
	m, err := s.compile(ctx, tx)
	if err != nil {
		return nil, err
	}
	return s.storedValues(ctx, tx, m, resourceID)
}

func (s *Service) storedValues(ctx context.Context, idb bun.IDB, m *Model, resourceID int64) ([]*StoredValue, error) {
	loaded, err := directory.LoadMany(ctx, idb, m.Shape, []int64{resourceID}, m.Hops.stored...)
	if err != nil {
		return nil, err
	}
	all := make(map[int64]*evaluation.Resource, len(loaded))
	for id, r := range loaded {
		all[id] = toEvaluation(r)
	}
	r := all[resourceID]
	if r == nil {
		return nil, errs.Missing("There is no resource %d.", resourceID).Of(resourceID)
	}
	of := m.Stored[r.EntityTypeID]
	if of == nil {
		return []*StoredValue{}, nil
	}
	visible, err := s.readable(ctx, idb, m, slices.Sorted(maps.Keys(all)))
	if err != nil {
		return nil, err
	}
	visible[resourceID] = true
	lookedIn, err := storedTables(ctx, idb, m)
	if err != nil {
		return nil, err
	}
	var asked []formula.Asked
	w := &formula.World{Resources: all, Now: interval.Instant(s.Clock.Now()), Zone: m.Shape.Zone(), From: interval.Min, To: interval.Max, Tables: lookedIn,
		Asked: func(a formula.Asked) { asked = append(asked, a) }}
	w.Vars[formula.SourceRoot] = r
	kept := maps.Clone(r.Scalars)
	out := []*StoredValue{}
	for _, p := range of.Properties {
		v := &StoredValue{Property: p.Identifier, DisplayName: p.DisplayName, Kept: textOrNil(kept[p.Identifier])}
		if p.IsNavigation() {
			var ref *string
			if err := idb.NewRaw(`select refs ->> ? from resource where id = ?`, p.Identifier, resourceID).Scan(ctx, &ref); err != nil {
				return nil, fmt.Errorf("read %s: %w", p.Identifier, err)
			}
			v.Kept = ref
		}
		asked = nil
		value, by, fault := p.Value(w)
		v.Computed = textOrNil(value)
		if by == nil { // none gave anything: the first was asked first
			by = p.By[0]
		} else {
			v.Expression = &by.Identifier
		}
		hides := false
		for _, in := range by.Inputs(w, func(x *evaluation.Resource) bool { return visible[x.ID] }) {
			hides = hides || in.IsHidden
			v.Inputs = append(v.Inputs, &StoredInput{Path: in.Path, Value: textOrNil(in.Value), IsHidden: in.IsHidden})
		}
		looked, secret, err := s.answers(ctx, idb, m, asked)
		if err != nil {
			return nil, err
		}
		v.Inputs, hides = append(v.Inputs, looked...), hides || secret
		switch {
		case fault != nil && hides: // messages repeat values
			v.Error = "The expression fails on a value that you may not see."
		case fault != nil:
			v.Error = fault.Err.Error()
		case !p.IsNavigation():
			r.Scalars[p.Identifier] = value // for those that come after it
		}
		v.IsSame = fault == nil && (v.Computed == nil && v.Kept == nil || v.Computed != nil && v.Kept != nil && *v.Computed == *v.Kept)
		out = append(out, v)
	}
	return out, nil
}

// mostFound is how many of the resources that a query found are named.
const mostFound = 10

// answers tells what queries found, naming those that the caller may read.
func (s *Service) answers(ctx context.Context, idb bun.IDB, m *Model, asked []formula.Asked) (out []*StoredInput, hides bool, err error) {
	for _, a := range asked {
		var list []int64
		for _, r := range a.Found {
			list = append(list, r.ID)
		}
		visible, err := s.readable(ctx, idb, m, list)
		if err != nil {
			return nil, false, err
		}
		text := fmt.Sprint(len(a.Found))
		for i, id := range list {
			if i < mostFound && visible[id] {
				text += map[bool]string{true: ": ", false: ", "}[i == 0] + a.Found[i].Key
			}
			hides = hides || !visible[id]
		}
		in := &StoredInput{Path: fmt.Sprintf("query(%q)", formula.NameOf(m.Shape, a.EntityTypeID)), Value: &text}
		if len(visible) < len(list) {
			in.Value, in.IsHidden = nil, true
		}
		out = append(out, in)
	}
	return out, hides, nil
}

// readable gives those of the resources that the caller may read.
func (s *Service) readable(ctx context.Context, idb bun.IDB, m *Model, list []int64) (map[int64]bool, error) {
	var rows []int64
	if err := idb.NewRaw(`select r.id from resource r where r.id = any (?) and ?`, ids(list), directory.Readable(ctx, m.Shape, "r")).Scan(ctx, &rows); err != nil {
		return nil, errors.Join(errors.New("look what may be read"), err)
	}
	out := map[int64]bool{}
	for _, id := range rows {
		out[id] = true
	}
	return out, nil
}

func textOrNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
