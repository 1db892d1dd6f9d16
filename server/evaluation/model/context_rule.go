package model

import (
	"fmt"
	"maps"
	"slices"

	"writ/server/directory"
	"writ/server/evaluation/formula"
	"writ/server/rolemodel"
)

// ContextRule is a compiled context rule: one record at a time (role-model 4.4), or with sections as many contexts as the records make (4.5).
type ContextRule struct {
	ID         int64
	Identifier string
	Records    *formula.Binding // nil: the owner is its own record
	Record     int64            // entity type of the records
	Reads      *formula.Reads   // from a record
	Start, End *formula.Value
	Exclude    *formula.Value
	Dimensions []DimensionBinding
	Today      bool              // the contexts may change at midnight
	Sections   []*Section        // in the order in which their sort keys count
	OfRecord   []SectionProperty // keys that rules read: of the record that a context is named after
	Hidden     []SectionProperty // what rules read and contexts leave out
	Off        bool              // its policy is switched off: it only tells whether the data changed of who held a role by it (role-model 12.9)
}

// DimensionBinding says where a record has its value of a dimension.
type DimensionBinding struct {
	Name string
	Path *formula.Binding
}

// contexts compiles the context rules of an entity type.
func (b *builder) contexts(s *Source) {
	for _, x := range b.m.ContextRules {
		off := !b.enabled(x.PolicyID)
		if x.EntityTypeID != s.entityType || off && !b.hasGrace(s.entityType) {
			continue
		}
		known := len(b.problems)
		fault := func(field string) func(error) {
			return func(err error) { b.problem(rolemodel.SeverityError, "context_rule", x.Identifier, field, "%s", err) }
		}
		b.exprs.Of = "the context rule " + x.Identifier
		r := &ContextRule{ID: x.ID, Identifier: x.Identifier, Record: s.entityType, Reads: s.Reads, Off: off}
		if x.ResourcesBinding != nil && *x.ResourcesBinding != "" {
			path, err := formula.ParseBinding(b.shape, formula.Scope{Source: s.entityType}, formula.SourceRoot, *x.ResourcesBinding, &formula.Trees{Source: s.Reads})
			if err == nil && path.Last != "" {
				err = fmt.Errorf("%q must end at the records themselves", *x.ResourcesBinding)
			}
			if err != nil {
				fault("resourcesBinding")(err)
				continue
			}
			node := follow(b.shape, s.Reads, path)
			node.Self = false // to follow a record is not to read its key
			r.Records, r.Record, r.Reads = path, path.To, node
		}
		in := &formula.Trees{Source: s.Reads, Record: r.Reads}
		sc := formula.Scope{Source: s.entityType, Record: r.Record}
		side := func(field string, bind *string) *formula.Value {
			if bind == nil || *bind == "" {
				return nil
			}
			path, expression := bind, (*string)(nil)
			if !formula.IsPath(*bind) {
				path, expression = nil, bind
			}
			v := b.exprs.Value(sc, formula.RecordRoot, path, expression, in, fault(field))
			if err := b.exprs.MustBeDate(v); err != nil {
				v.Broken = err
				fault(field)(err)
			}
			return v
		}
		if len(b.m.SectionsOf(s.entityType, r.Record)) == 0 { // else theirs count
			r.Start, r.End = side("resourcesStartBinding", x.ResourcesStartBinding), side("resourcesEndBinding", x.ResourcesEndBinding)
		}
		if x.ExcludeExpression != nil && *x.ExcludeExpression != "" {
			r.Exclude = b.exprs.Condition(sc, x.ExcludeExpression, in, fault("excludeExpression"))
		}
		for _, name := range slices.Sorted(maps.Keys(x.Dimensions)) {
			d := b.shape.Dimensions[name]
			if d == nil {
				fault("dimensions." + name)(fmt.Errorf("there is no dimension %q; declare it or remove the binding", name))
				continue
			}
			path, err := formula.ParseBinding(b.shape, sc, formula.RecordRoot, x.Dimensions[name], in)
			if err == nil && (path.Last != "" || path.Many || path.To != d.EntityTypeID) {
				err = fmt.Errorf("%q must end at one resource of %s", x.Dimensions[name], formula.NameOf(b.shape, d.EntityTypeID))
			}
			if err != nil {
				fault("dimensions." + name)(err)
				continue
			}
			r.Dimensions = append(r.Dimensions, DimensionBinding{name, path})
		}
		s.Contexts = append(s.Contexts, r)
		if off {
			b.problems = b.problems[:known] // nobody is concerned
		}
	}
}

// hasGrace reports whether a role of an entity type has a grace period.
func (b *builder) hasGrace(entityTypeID int64) bool {
	return slices.ContainsFunc(b.m.Roles, func(r *rolemodel.Role) bool {
		p := b.policies[r.PolicyID]
		return r.EntityTypeID == entityTypeID && p != nil && p.OfRole(r).GracePeriod > 0
	})
}

// follow gives the node of the tree at the end of a path.
func follow(shape *directory.Shape, u *formula.Reads, path *formula.Binding) *formula.Reads {
	for _, step := range path.Steps {
		n, _ := formula.NavigationOf(shape, u.EntityType, step)
		u = u.Nav(step, n)
	}
	return u
}

// contextFor is the position of the context rule that counts for the rules of a policy; -1 without any.
func (s *Source) contextFor(b *builder, policyID int64) int {
	at, known := s.contextOf[policyID]
	if !known {
		at = -1
		if x := b.m.ContextRuleOf(s.entityType, policyID); x != nil {
			at = slices.IndexFunc(s.Contexts, func(r *ContextRule) bool { return r.ID == x.ID })
		}
		s.contextOf[policyID] = at
	}
	return at
}

func (s *Source) recordType(b *builder, policyID int64) int64 {
	if i := s.contextFor(b, policyID); i >= 0 {
		return s.Contexts[i].Record
	}
	return s.entityType
}

func (s *Source) recordReads(b *builder, policyID int64) *formula.Reads {
	if i := s.contextFor(b, policyID); i >= 0 {
		return s.Contexts[i].Reads
	}
	return s.Reads
}

// usesToday reports whether anything that the rule computes of a record changes by itself at midnight.
func (r *ContextRule) usesToday() bool {
	today := r.Exclude.Today() || r.Start.Today() || r.End.Today()
	for _, c := range r.Sections {
		today = today || c.Start.Today() || c.End.Today() || c.Key.Today() || c.Sort.Today()
	}
	return today
}
