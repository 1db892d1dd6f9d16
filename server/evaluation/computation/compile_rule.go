package computation

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"writ/server/evaluation/formula"
	"writ/server/rolemodel"
)

func (b *builder) criteria(kind, identifier string, c rolemodel.Criteria) []criterion {
	out := make([]criterion, 0, len(c))
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
		out = append(out, criterion{dimension: name, value: id, inherit: one.Inherit && d.IsHierarchical, key: one.Key})
	}
	return out
}

func (b *builder) resourceType(s *source, t *rolemodel.ResourceType, register func(*rule, int64)) {
	typ := &typed{ResourceType: t, byName: map[string]*prop{}}
	s.types = append(s.types, typ)
	b.c.types[t.ID] = typ
	if b.c.targets[t.TargetEntityTypeID] == nil {
		b.c.targets[t.TargetEntityTypeID] = &formula.Reads{EntityType: t.TargetEntityTypeID, Self: true}
	}
	if t.ArgumentsExpression != nil && *t.ArgumentsExpression != "" {
		if _, err := b.exprs.Arguments(t.SourceEntityTypeID, t.TargetEntityTypeID, *t.ArgumentsExpression); err != nil {
			b.problem(rolemodel.SeverityError, "resource_type", t.Identifier, "argumentsExpression", "%s", err)
		}
	}
	on := b.c.targets[t.TargetEntityTypeID]
	for _, x := range b.m.Rules {
		if x.ResourceTypeID != t.ID || !b.enabled(x.PolicyID) {
			continue
		}
		r := &rule{id: x.ID, alone: []int64{x.ID}, identifier: x.Identifier, kind: kindOf(x.Kind), criteria: b.criteria("resource_type_rule", x.Identifier, x.Dimensions), roleID: deref(x.SingleRoleID),
			denied: x.IsDenied, strength: x.Type, typ: typ, comparison: x.ComparisonType, mapped: x.IsMapped, confidence: x.Confidence,
			offset: x.OffsetReference, before: x.OffsetBefore, after: x.OffsetAfter}
		if !b.resourceTypeRule(s, x, r, on) {
			continue
		}
		b.c.rules[r.id] = r
		register(r, x.PolicyID)
	}
	for _, x := range b.m.Computed {
		if x.ResourceTypeID == t.ID {
			b.property(typ, &x.PropertyID, on)
		}
	}
	for _, p := range b.shape.PropertiesOf[t.TargetEntityTypeID] {
		if have := typ.byName[p.Identifier]; have != nil {
			slices.SortFunc(have.queries, func(x, y *rule) int {
				return cmp.Or(cmp.Compare(y.confidence, x.confidence), cmp.Compare(x.id, y.id))
			})
			have.at, typ.props = len(typ.props), append(typ.props, have)
		}
	}
	typ.designates = b.designates(typ)
}

func (b *builder) designates(typ *typed) []*prop {
	var unique []*prop
	for _, q := range typ.props {
		m := b.shape.PropertyMappings[q.ID]
		switch {
		case len(q.scalars) == 0:
		case q.Key:
			return []*prop{q}
		case m != nil && m.IsUniqueKey:
			unique = append(unique, q)
		}
	}
	return unique
}

// compiling is a rule of a resource type on its way into a model.
type compiling struct {
	*builder
	s     *source
	x     *rolemodel.ResourceTypeRule
	r     *rule
	owner formula.Scope  // what expressions over the owner may use
	in    *formula.Trees // what they read
}

// fault reports that a part of the rule cannot be used.
func (c *compiling) fault(field string, err error) {
	c.problem(rolemodel.SeverityError, "resource_type_rule", c.x.Identifier, field, "%s", err)
}

// resourceTypeRule fills in what depends on the kind of rule; false: the rule is left out.
func (b *builder) resourceTypeRule(s *source, x *rolemodel.ResourceTypeRule, r *rule, on *formula.Reads) bool {
	c := &compiling{builder: b, s: s, x: x, r: r}
	b.exprs.Of = "the rule " + x.Identifier
	if r.kind == nil {
		c.fault("kind", fmt.Errorf("there is no such kind of rule: %q", x.Kind))
		return false
	}
	if r.prop = b.property(r.typ, x.PropertyID, on); r.prop == nil && r.kind.fills {
		c.fault("property", fmt.Errorf("the property is none of the target entity type; choose one of %s", formula.NameOf(b.shape, r.typ.TargetEntityTypeID)))
		return false
	}
	c.owner = formula.Scope{Source: s.entityType, Record: s.recordType(b, x.PolicyID), Assignment: true}
	c.in = &formula.Trees{Source: s.reads, Record: s.recordReads(b, x.PolicyID)}
	return r.kind.compile(c)
}

// property finds or adds a property of the type that a rule computes or computed once, and notes that targets are read for it.
func (b *builder) property(typ *typed, id *int64, on *formula.Reads) *prop {
	if id == nil {
		return nil
	}
	p := b.shape.Properties[*id]
	if p == nil || p.EntityTypeID != typ.TargetEntityTypeID {
		return nil
	}
	have := typ.byName[p.Identifier]
	if have == nil {
		have = &prop{Field: formula.NewField(b.shape, p)}
		typ.byName[p.Identifier] = have
	}
	if p.IsNavigation() {
		if n, ok := formula.NavigationOf(b.shape, typ.TargetEntityTypeID, p.Identifier); ok {
			on.Nav(p.Identifier, n)
		}
	} else {
		on.Scalar(p.Identifier)
	}
	return have
}
