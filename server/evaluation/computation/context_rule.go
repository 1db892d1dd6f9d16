package computation

import (
	"fmt"
	"maps"
	"slices"

	"writ/server/directory"
	"writ/server/evaluation/formula"
	"writ/server/rolemodel"
)

// contextRule is a compiled context rule: one record at a time (role-model 4.4), or with sections as many contexts as the records make (4.5).
type contextRule struct {
	id         int64
	identifier string
	policyID   int64
	records    *formula.Binding // nil: the owner is its own record
	record     int64            // entity type of the records
	reads      *formula.Reads   // from a record
	start, end *formula.Value
	exclude    *formula.Value
	dimensions []dimensionBinding
	today      bool              // the contexts may change at midnight
	sections   []*section        // in the order in which their sort keys count
	ofRecord   []sectionProperty // keys that rules read: of the record that a context is named after
	hidden     []sectionProperty // what rules read and contexts leave out
}

// dimensionBinding says where a record has its value of a dimension.
type dimensionBinding struct {
	name string
	path *formula.Binding
}

// contexts compiles the context rules of an entity type.
func (b *builder) contexts(s *source) {
	for _, x := range b.m.ContextRules {
		if x.EntityTypeID != s.entityType || !b.enabled(x.PolicyID) {
			continue
		}
		fault := func(field string) func(error) {
			return func(err error) { b.problem(rolemodel.SeverityError, "context_rule", x.Identifier, field, "%s", err) }
		}
		b.exprs.Of = "the context rule " + x.Identifier
		r := &contextRule{id: x.ID, identifier: x.Identifier, policyID: x.PolicyID, record: s.entityType, reads: s.reads}
		if x.ResourcesBinding != nil && *x.ResourcesBinding != "" {
			path, err := formula.ParseBinding(b.shape, formula.Scope{Source: s.entityType}, formula.SourceRoot, *x.ResourcesBinding, &formula.Trees{Source: s.reads})
			if err == nil && path.Last != "" {
				err = fmt.Errorf("%q must end at the records themselves", *x.ResourcesBinding)
			}
			if err != nil {
				fault("resourcesBinding")(err)
				continue
			}
			node := follow(b.shape, s.reads, path)
			node.Self = false // to follow a record is not to read its key
			r.records, r.record, r.reads = path, path.To, node
		}
		in := &formula.Trees{Source: s.reads, Record: r.reads}
		sc := formula.Scope{Source: s.entityType, Record: r.record}
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
		if len(b.m.SectionsOf(s.entityType, r.record)) == 0 { // else theirs count
			r.start, r.end = side("resourcesStartBinding", x.ResourcesStartBinding), side("resourcesEndBinding", x.ResourcesEndBinding)
		}
		if x.ExcludeExpression != nil && *x.ExcludeExpression != "" {
			r.exclude = b.exprs.Condition(sc, x.ExcludeExpression, in, fault("excludeExpression"))
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
			r.dimensions = append(r.dimensions, dimensionBinding{name, path})
		}
		s.contextOf[x.PolicyID] = len(s.contexts)
		s.contexts = append(s.contexts, r)
	}
}

// follow gives the node of the tree at the end of a path.
func follow(shape *directory.Shape, u *formula.Reads, path *formula.Binding) *formula.Reads {
	for _, step := range path.Steps {
		n, _ := formula.NavigationOf(shape, u.EntityType, step)
		u = u.Nav(step, n)
	}
	return u
}

// contextFor is the position of the context rule that counts for the rules of a policy: its own, else the one of the policy Default, else
// the only one there is; -1 without any.
func (s *source) contextFor(b *builder, policyID int64) int {
	if i, ok := s.contextOf[policyID]; ok {
		return i
	}
	for i, r := range s.contexts {
		if p := b.policies[r.policyID]; p != nil && p.Identifier == "Default" {
			return i
		}
	}
	if len(s.contexts) == 1 {
		return 0
	}
	return -1
}

func (s *source) recordType(b *builder, policyID int64) int64 {
	if i := s.contextFor(b, policyID); i >= 0 {
		return s.contexts[i].record
	}
	return s.entityType
}

func (s *source) recordReads(b *builder, policyID int64) *formula.Reads {
	if i := s.contextFor(b, policyID); i >= 0 {
		return s.contexts[i].reads
	}
	return s.reads
}

// usesToday reports whether anything that the rule computes of a record changes by itself at midnight.
func (r *contextRule) usesToday() bool {
	today := r.exclude.Today() || r.start.Today() || r.end.Today()
	for _, c := range r.sections {
		today = today || c.start.Today() || c.end.Today() || c.key.Today() || c.sort.Today()
	}
	return today
}
