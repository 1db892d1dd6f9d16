package model

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"writ/server/directory"
	"writ/server/evaluation/formula"
	"writ/server/rolemodel"
)

func (b *builder) criteria(kind, identifier string, c rolemodel.Criteria) []Criterion {
	out := make([]Criterion, 0, len(c))
	for _, name := range slices.Sorted(maps.Keys(c)) {
		one := c[name]
		d := b.shape.Dimensions[name]
		if d == nil {
			b.problem(rolemodel.SeverityError, kind, identifier, "dimensions."+name, "There is no dimension %q. Declare it or remove the criterion.", name)
			continue
		}
		if err := b.exprs.MustBeKey(d.EntityTypeID, one.Key); err != nil {
			b.problem(rolemodel.SeverityError, kind, identifier, "dimensions."+name, "%s", err)
			continue
		}
		id := b.keys.IDs[d.EntityTypeID][one.Key]
		if id == 0 {
			b.noSuchKey(d.EntityTypeID, kind, identifier, "dimensions."+name,
				"There is no %s with key %q, so this never matches. Correct the key or synchronize the reference data.", formula.NameOf(b.shape, d.EntityTypeID), one.Key)
		}
		out = append(out, Criterion{Dimension: name, Value: id, Inherit: one.Inherit && d.IsHierarchical, Key: one.Key})
	}
	return out
}

func (b *builder) resourceType(s *Source, t *rolemodel.ResourceType, register func(*Rule, int64)) {
	typ := &ResourceType{ResourceType: t, ByName: map[string]*Property{}}
	s.Types = append(s.Types, typ)
	b.c.Types[t.ID] = typ
	if b.c.Targets[t.TargetEntityTypeID] == nil {
		b.c.Targets[t.TargetEntityTypeID] = &formula.Reads{EntityType: t.TargetEntityTypeID, Self: true}
	}
	if t.ArgumentsExpression != nil && *t.ArgumentsExpression != "" {
		if _, err := b.exprs.Arguments(t.SourceEntityTypeID, t.TargetEntityTypeID, *t.ArgumentsExpression); err != nil {
			b.problem(rolemodel.SeverityError, "resource_type", t.Identifier, "argumentsExpression", "%s", err)
		}
	}
	on := b.c.Targets[t.TargetEntityTypeID]
	for _, x := range b.m.Rules {
		if x.ResourceTypeID != t.ID || !b.enabled(x.PolicyID) {
			continue
		}
		r := &Rule{ID: x.ID, Alone: []int64{x.ID}, Identifier: x.Identifier, Kind: kindOf(x.Kind), Criteria: b.criteria("resource_type_rule", x.Identifier, x.Dimensions), RoleID: deref(x.SingleRoleID),
			Denied: x.IsDenied, strength: x.Type, Type: typ, Comparison: x.ComparisonType, Mapped: x.IsMapped, Confidence: x.Confidence,
			Offset: x.OffsetReference, before: x.OffsetBefore, after: x.OffsetAfter}
		if !b.resourceTypeRule(s, x, r, on) {
			continue
		}
		b.c.Rules[r.ID] = r
		register(r, x.PolicyID)
	}
	for _, x := range b.m.Computed {
		if x.ResourceTypeID == t.ID {
			b.property(typ, &x.PropertyID, on)
		}
	}
	for _, p := range b.shape.PropertiesOf[t.TargetEntityTypeID] {
		if have := typ.ByName[p.Identifier]; have != nil {
			slices.SortFunc(have.Queries, func(x, y *Rule) int {
				return cmp.Or(cmp.Compare(y.Confidence, x.Confidence), cmp.Compare(x.ID, y.ID))
			})
			have.At, typ.Props = len(typ.Props), append(typ.Props, have)
		}
	}
	typ.Designates = b.designates(typ)
}

func (b *builder) designates(typ *ResourceType) []*Property {
	var unique []*Property
	for _, q := range typ.Props {
		m := b.shape.PropertyMappings[q.ID]
		switch {
		case len(q.Scalars) == 0:
		case q.Key:
			return []*Property{q}
		case m != nil && m.IsUniqueKey:
			unique = append(unique, q)
		}
	}
	return unique
}

// compiling is a rule of a resource type on its way into a model.
type compiling struct {
	*builder
	s     *Source
	x     *rolemodel.ResourceTypeRule
	r     *Rule
	owner formula.Scope  // what expressions over the owner may use
	in    *formula.Trees // what they read
}

// fault reports that a part of the rule cannot be used.
func (c *compiling) fault(field string, err error) {
	c.problem(rolemodel.SeverityError, "resource_type_rule", c.x.Identifier, field, "%s", err)
}

// resourceTypeRule fills in what depends on the kind of rule; false: the rule is left out.
func (b *builder) resourceTypeRule(s *Source, x *rolemodel.ResourceTypeRule, r *Rule, on *formula.Reads) bool {
	c := &compiling{builder: b, s: s, x: x, r: r}
	b.exprs.Of = "the rule " + x.Identifier
	if r.Kind == nil {
		c.fault("kind", fmt.Errorf("there is no such kind of rule: %q", x.Kind))
		return false
	}
	if r.Property = b.property(r.Type, x.PropertyID, on); r.Property == nil && r.Kind.fills {
		c.fault("property", fmt.Errorf("the property is none of the target entity type; choose one of %s", formula.NameOf(b.shape, r.Type.TargetEntityTypeID)))
		return false
	}
	c.owner = formula.Scope{Source: s.entityType, Record: s.recordType(b, x.PolicyID), Assignment: true}
	c.in = &formula.Trees{Source: s.Reads, Record: s.recordReads(b, x.PolicyID)}
	return r.Kind.compile(c)
}

// property finds or adds a property of the type that a rule computes or computed once, and notes that targets are read for it.
func (b *builder) property(typ *ResourceType, id *int64, on *formula.Reads) *Property {
	if id == nil {
		return nil
	}
	p := b.shape.Properties[*id]
	if p == nil || p.EntityTypeID != typ.TargetEntityTypeID {
		return nil
	}
	have := typ.ByName[p.Identifier]
	if have == nil {
		have = &Property{Field: formula.NewField(b.shape, p)}
		typ.ByName[p.Identifier] = have
	}
	b.reads(typ.TargetEntityTypeID, p, on)
	return have
}

// reads notes that targets are read for a property.
func (b *builder) reads(entityTypeID int64, p *directory.Property, on *formula.Reads) {
	if !p.IsNavigation() {
		on.Scalar(p.Identifier)
	} else if n, ok := formula.NavigationOf(b.shape, entityTypeID, p.Identifier); ok {
		on.Nav(p.Identifier, n)
	}
}
