package evaluation

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

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
		if err := b.mustBeKey(d.EntityTypeID, one.Key); err != nil {
			b.problem(rolemodel.SeverityError, kind, identifier, "dimensions."+name, "%s", err)
			continue
		}
		id := b.keys.IDs[d.EntityTypeID][one.Key]
		if id == 0 {
			b.problem(rolemodel.SeverityWarning, kind, identifier, "dimensions."+name,
				"There is no %s with key %q, so this never matches. Correct the key or synchronize the reference data.", nameOf(b.shape, d.EntityTypeID), one.Key)
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
		b.c.targets[t.TargetEntityTypeID] = &reads{entityType: t.TargetEntityTypeID, self: true}
	}
	if t.ArgumentsExpression != nil && *t.ArgumentsExpression != "" {
		if _, err := b.exprs.arguments(t.SourceEntityTypeID, t.TargetEntityTypeID, *t.ArgumentsExpression); err != nil {
			b.problem(rolemodel.SeverityError, "resource_type", t.Identifier, "argumentsExpression", "%s", err)
		}
	}
	on := b.c.targets[t.TargetEntityTypeID]
	for _, x := range b.m.Rules {
		if x.ResourceTypeID != t.ID || !b.enabled(x.PolicyID) {
			continue
		}
		r := &rule{id: x.ID, identifier: x.Identifier, kind: x.Kind, criteria: b.criteria("resource_type_rule", x.Identifier, x.Dimensions), roleID: deref(x.SingleRoleID),
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
			typ.props = append(typ.props, have)
		}
	}
}

// resourceTypeRule fills in what depends on the kind of rule; false: the rule is left out.
func (b *builder) resourceTypeRule(s *source, x *rolemodel.ResourceTypeRule, r *rule, on *reads) bool {
	typ := r.typ
	fault := func(field string, err error) {
		b.problem(rolemodel.SeverityError, "resource_type_rule", x.Identifier, field, "%s", err)
	}
	needed := x.Kind == rolemodel.ScalarRule || x.Kind == rolemodel.NavigationRule || x.Kind == rolemodel.QueryRule
	if r.prop = b.property(typ, x.PropertyID, on); r.prop == nil && needed {
		fault("property", fmt.Errorf("the property is none of the target entity type; choose one of %s", nameOf(b.shape, typ.TargetEntityTypeID)))
		return false
	}
	full := scope{source: s.entityType, record: s.recordType(b, x.PolicyID), assignment: true}
	in := &trees{source: s.reads, record: s.recordReads(b, x.PolicyID)}
	switch x.Kind {
	case rolemodel.TypeRule:
		r.listed = true
	case rolemodel.ScalarRule:
		r.listed = r.roleID != 0
		r.value = b.value(full, sourceRoot, x.SourceBinding, x.SourceExpression, in, func(err error) { fault("sourceExpression", err) })
		r.value.into = r.prop
		r.value.date = r.value.isDate(b.shape)
		if err := b.mustFit(r.value, r.prop.Property); err != nil {
			r.value.broken = err
			fault("sourceExpression", err)
		}
		r.prop.scalars = append(r.prop.scalars, r)
	case rolemodel.NavigationRule:
		r.listed = true
		if x.ValueKey != nil {
			if err := b.mustBeKey(deref(r.prop.TargetEntityTypeID), *x.ValueKey); err != nil {
				fault("valueKey", err)
				return false
			}
			r.resource = b.keys.IDs[deref(r.prop.TargetEntityTypeID)][*x.ValueKey]
			r.label = cmp.Or(b.keys.Labels[r.resource], *x.ValueKey)
		}
		if r.resource == 0 {
			b.problem(rolemodel.SeverityWarning, "resource_type_rule", x.Identifier, "valueKey",
				"There is no such resource yet, so the rule gives nothing. Correct the key or synchronize the system.")
			return false
		}
		r.prop.navs++
	case rolemodel.QueryRule:
		b.keyRule(s, x, r, deref(r.prop.TargetEntityTypeID), fault)
		r.prop.queries = append(r.prop.queries, r)
	case rolemodel.CorrelationRule:
		b.keyRule(s, x, r, typ.TargetEntityTypeID, fault)
		typ.correl = append(typ.correl, r)
	case rolemodel.ClassificationRule:
		k := b.side(typ.TargetEntityTypeID)
		r.target = b.condition(scope{target: typ.TargetEntityTypeID}, x.TargetExpression, &trees{target: k.reads}, func(err error) { fault("targetExpression", err) })
		b.c.classify[typ.TargetEntityTypeID] = append(b.c.classify[typ.TargetEntityTypeID], r)
	default:
		return false
	}
	return true
}

// property finds or adds a property of the type that a rule computes or computed once, and notes that targets are read for it.
func (b *builder) property(typ *typed, id *int64, on *reads) *prop {
	if id == nil {
		return nil
	}
	p := b.shape.Properties[*id]
	if p == nil || p.EntityTypeID != typ.TargetEntityTypeID {
		return nil
	}
	have := typ.byName[p.Identifier]
	if have == nil {
		have = newProp(b.shape, p)
		typ.byName[p.Identifier] = have
	}
	if p.IsNavigation() {
		if n, ok := navigationOf(b.shape, typ.TargetEntityTypeID, p.Identifier); ok {
			on.nav(p.Identifier, n)
		}
	} else {
		on.scalar(p.Identifier)
	}
	return have
}
