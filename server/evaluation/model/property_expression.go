package model

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/evaluation/formula"
	"writ/server/rolemodel"
)

// Stored are the stored property expressions of one entity type (role-model 1.7).
type Stored struct {
	EntityType int64
	Properties []*StoredProperty        // what others read comes first
	Reads      *formula.Reads           // of all of them together
	Queried    map[int64]*formula.Reads // what they look through by query()
}

// StoredProperty is a property whose value is computed and kept.
type StoredProperty struct {
	*directory.Property
	By []*StoredExpression // asked in this order
}

// StoredExpression is one compiled expression.
type StoredExpression struct {
	*rolemodel.PropertyExpression
	value *formula.Value
	reads *formula.Reads
}

// Today reports whether an expression of the type changes its value by itself at midnight.
func (s *Stored) Today() bool {
	return slices.ContainsFunc(s.Properties, func(p *StoredProperty) bool {
		return slices.ContainsFunc(p.By, func(x *StoredExpression) bool { return x.value.Today() })
	})
}

// ValueFault is why an expression gave no value.
type ValueFault struct {
	Expression *StoredExpression
	Err        error
}

// Value computes the value of a property for the resource that stands as source in the world; "" is none. by is the expression that gave it; nil: none did.
func (p *StoredProperty) Value(w *formula.World) (value string, by *StoredExpression, fault *ValueFault) {
	for _, x := range p.By {
		text, err := x.value.Text(w)
		if err != nil {
			return "", x, &ValueFault{x, err}
		}
		if text != "" {
			return text, x, nil
		}
	}
	return "", nil, nil
}

// mostInputs is how many values an explanation shows of what an expression read.
const mostInputs = 50

// Input is a value that an expression reads, by its path from the source; "" is none. IsHidden: whoever asks may not see it.
type Input struct {
	Path, Value string
	IsHidden    bool
}

// Inputs are the values that the expression reads of the source and of what that points to; may tells whose values may be seen.
func (x *StoredExpression) Inputs(w *formula.World, may func(r *evaluation.Resource) bool) []Input {
	var out []Input
	add := func(path, value string, of *evaluation.Resource) {
		if len(out) < mostInputs {
			hidden := of != nil && !may(of)
			if hidden {
				value = ""
			}
			out = append(out, Input{path, value, hidden})
		}
	}
	var walk func(at string, u *formula.Reads, r *evaluation.Resource)
	walk = func(at string, u *formula.Reads, r *evaluation.Resource) {
		names := u.Scalars
		if u.All && r != nil {
			names = slices.Sorted(maps.Keys(r.Scalars))
		}
		for _, name := range names {
			value := ""
			if r != nil {
				value = r.Scalars[name]
			}
			add(at+name, value, r)
		}
		for _, n := range u.Navs {
			var ids []int64
			if r != nil {
				ids = r.Links[n.Name]
			}
			if len(ids) == 0 {
				add(at+n.Name, "", r)
			}
			for i, id := range ids {
				name, to := at+n.Name, w.Resources[id]
				if len(ids) > 1 {
					name = fmt.Sprintf("%s[%d]", name, i)
				}
				if to != nil && len(n.To.Scalars)+len(n.To.Navs) == 0 {
					add(name, to.Key, to)
				}
				walk(name+".", n.To, to)
			}
		}
	}
	if r := w.Vars[formula.SourceRoot]; r != nil {
		walk("", x.reads, r)
	}
	return out
}

// stored compiles the property expressions, each after those whose properties it reads.
func (b *builder) stored() {
	b.c.Stored = map[int64]*Stored{}
	byProperty := map[int64]*StoredProperty{}
	for _, x := range slices.SortedFunc(slices.Values(b.m.Expressions), func(x, y *rolemodel.PropertyExpression) int {
		return cmp.Or(cmp.Compare(x.EntityTypeID, y.EntityTypeID), cmp.Compare(x.Priority, y.Priority), cmp.Compare(x.ID, y.ID))
	}) {
		p := b.shape.Property(x.EntityTypeID, x.Property)
		if p == nil || p.IsCollection || p.Type == directory.Binary {
			continue // rolemodel.Validate tells
		}
		s := b.c.Stored[x.EntityTypeID]
		if s == nil {
			s = &Stored{EntityType: x.EntityTypeID, Reads: &formula.Reads{EntityType: x.EntityTypeID}, Queried: map[int64]*formula.Reads{}}
			b.c.Stored[x.EntityTypeID] = s
		}
		b.exprs.Of = "the property expression " + x.Identifier
		own := &formula.Trees{}
		fault := func(err error) {
			b.problem(rolemodel.SeverityError, "property_expression", x.Identifier, "expression", "%s", err)
		}
		e := &StoredExpression{PropertyExpression: x, reads: &formula.Reads{EntityType: x.EntityTypeID}}
		b.exprs.Queried = map[int64]*formula.Reads{}
		e.value = b.exprs.Value(formula.Scope{Source: x.EntityTypeID, Queries: true}, formula.SourceRoot, said(x.Binding), said(x.Expression), own, fault)
		if own.Source != nil {
			e.reads = own.Source
		}
		e.reads.Sort()
		if !p.IsNavigation() {
			field := formula.NewField(b.shape, p)
			e.value.Into, e.value.Date = &field, e.value.IsDate(b.shape)
			if err := b.exprs.MustFit(e.value, p); err != nil && e.value.Broken == nil {
				e.value.Broken = err
				fault(err)
			}
		}
		s.Reads.Add(e.reads)
		formula.Merge(s.Queried, e.value.Queried())
		of := byProperty[p.ID]
		if of == nil {
			of = &StoredProperty{Property: p}
			byProperty[p.ID], s.Properties = of, append(s.Properties, of)
		}
		of.By = append(of.By, e)
	}
	for _, s := range b.c.Stored {
		s.Reads.Sort()
		for _, u := range s.Queried {
			u.Sort()
		}
	}
	b.inOrder(byProperty)
}

func said(s string) *string {
	if strings.TrimSpace(s) == "" {
		return nil
	}
	return &s
}

// inOrder sorts the properties so that what others read comes first, and refuses circles.
func (b *builder) inOrder(byProperty map[int64]*StoredProperty) {
	const visiting, done = 1, 2
	state, place := map[int64]int{}, map[int64]int{}
	var way []*StoredProperty
	var visit func(p *StoredProperty)
	visit = func(p *StoredProperty) {
		switch state[p.ID] {
		case done:
			return
		case visiting:
			b.circle(way[slices.Index(way, p):])
			return
		}
		state[p.ID], way = visiting, append(way, p)
		needs := map[int64]bool{}
		for _, x := range p.By {
			b.uses(x.reads, needs)
			for _, u := range x.value.Queried() {
				b.uses(u, needs)
			}
		}
		for _, id := range slices.Sorted(maps.Keys(needs)) {
			if q := byProperty[id]; q != nil {
				visit(q)
			}
		}
		way = way[:len(way)-1]
		state[p.ID], place[p.ID] = done, len(place)
	}
	for _, id := range slices.Sorted(maps.Keys(byProperty)) {
		visit(byProperty[id])
	}
	for _, s := range b.c.Stored {
		slices.SortFunc(s.Properties, func(x, y *StoredProperty) int { return cmp.Compare(place[x.ID], place[y.ID]) })
	}
}

// circle refuses properties that are computed from each other.
func (b *builder) circle(way []*StoredProperty) {
	names := make([]string, 0, len(way)+1)
	for _, p := range append(slices.Clone(way), way[0]) {
		names = append(names, formula.NameOf(b.shape, p.EntityTypeID)+"."+p.Identifier)
	}
	err := fmt.Errorf("computed from itself: %s. Take one of them out of the circle", strings.Join(names, " needs "))
	for _, p := range way {
		for _, x := range p.By {
			if x.value.Broken == nil {
				x.value.Broken = err
				b.problem(rolemodel.SeverityError, "property_expression", x.Identifier, "expression", "It is %s.", err)
			}
		}
	}
}

// uses collects the properties that a tree of reads goes by.
func (b *builder) uses(u *formula.Reads, out map[int64]bool) {
	for _, p := range b.shape.PropertiesOf[u.EntityType] {
		shown := false
		if t := b.shape.EntityTypes[u.EntityType]; u.Self && t != nil && t.DisplayExpression != nil {
			shown = *t.DisplayExpression == p.Identifier || strings.Contains(*t.DisplayExpression, "{"+p.Identifier+"}")
		}
		if u.All && !p.IsNavigation() || shown || slices.Contains(u.Scalars, p.Identifier) {
			out[p.ID] = true
		}
	}
	for _, n := range u.Navs {
		out[n.Prop] = true
		b.uses(n.To, out)
	}
}

// StoredWay leads back from a resource that expressions read to those that they compute.
type StoredWay struct {
	From int64 // entity type of what is read
	Back []Hop // from it on, each to be followed against its direction
}

// StoredWays are all ways from what is read to what is computed, without those of no step.
func (c *Compiled) StoredWays() []StoredWay {
	var out []StoredWay
	var walk func(u *formula.Reads, back []Hop)
	walk = func(u *formula.Reads, back []Hop) {
		for _, n := range u.Navs {
			way := append([]Hop{{PropertyID: n.Prop, Name: n.Name, Reverse: n.Reverse, EntityTypeID: n.To.EntityType}}, back...)
			out = append(out, StoredWay{From: n.To.EntityType, Back: way})
			walk(n.To, way)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.Stored)) {
		walk(c.Stored[id].Reads, nil)
	}
	return out
}
