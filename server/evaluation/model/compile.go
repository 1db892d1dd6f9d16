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

// Compiled is a role model ready to be evaluated. Immutable but for its memo; safe for concurrent use.
type Compiled struct {
	Version     int64
	KeyHash     string // hash of Keys: another tree or another resource behind a key is another model
	Shape       *directory.Shape
	Sources     map[int64]*Source        // by source entity type
	Rules       map[int64]*Rule          // resource type rules by id
	Types       map[int64]*ResourceType  // resource types by id
	Targets     map[int64]*formula.Reads // by target entity type: what Evaluate reads of targets
	keyed       map[int64]*keySide       // by target or pointed entity type: side T
	Classifying map[int64][]*Rule        // by target entity type, highest confidence first
	Labels      map[int64]string
	Automation  *Automation
	Approvers   *Approvers
	Risks       map[int64][]*Risk // by source entity type
	Stored      map[int64]*Stored // by entity type: what is computed and kept
	Tables      *formula.Tables   // what rules look through by query(); nil: nothing
	queried     map[int64]*formula.Reads
}

// Compile prepares a model. It never fails: what is wrong is reported, and the part concerned never matches or gives state 7 for its item only.
func Compile(m *rolemodel.Model, shape *directory.Shape, keys Keys) (*Compiled, []rolemodel.Problem) {
	b := &builder{
		m: m, shape: shape, keys: keys, exprs: formula.NewCompiler(shape),
		policies: map[int64]*rolemodel.Policy{}, roles: map[int64]*rolemodel.Role{},
		c: &Compiled{Version: m.Version, KeyHash: keys.hash(), Shape: shape, Sources: map[int64]*Source{}, Rules: map[int64]*Rule{}, Types: map[int64]*ResourceType{},
			Targets: map[int64]*formula.Reads{}, keyed: map[int64]*keySide{}, Classifying: map[int64][]*Rule{}, Labels: keys.Labels},
	}
	for _, p := range m.Policies {
		b.policies[p.ID] = p
	}
	for _, r := range m.Roles {
		b.roles[r.ID] = r
	}
	ids := map[int64]bool{}
	for _, r := range m.Roles {
		ids[r.EntityTypeID] = true
	}
	for _, t := range m.ResourceTypes {
		ids[t.SourceEntityTypeID] = true
	}
	for _, r := range m.ContextRules {
		ids[r.EntityTypeID] = true
	}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		b.source(id)
	}
	b.c.Tables, b.c.queried = keys.Tables, b.exprs.Queried
	b.stored()
	b.risks()
	for _, u := range b.c.Targets {
		u.Sort()
	}
	for _, k := range b.c.keyed {
		k.finish()
	}
	for _, rules := range b.c.Classifying {
		slices.SortFunc(rules, func(x, y *Rule) int {
			return cmp.Or(cmp.Compare(y.Confidence, x.Confidence), cmp.Compare(x.ID, y.ID))
		})
	}
	b.automation()
	b.approvers()
	return b.c, b.problems
}

// builder carries what Compile needs while it works.
type builder struct {
	m        *rolemodel.Model
	shape    *directory.Shape
	keys     Keys
	exprs    *formula.Compiler
	policies map[int64]*rolemodel.Policy
	roles    map[int64]*rolemodel.Role
	c        *Compiled
	problems []rolemodel.Problem
}

func (b *builder) problem(severity rolemodel.Severity, kind, identifier, field, format string, args ...any) {
	b.problems = append(b.problems, rolemodel.Problem{Severity: severity, Kind: kind, Identifier: identifier, Field: field, Message: fmt.Sprintf(format, args...)})
}

// noSuchKey warns of a key that no resource has. That tells who there is: whoever shows it asks who may know.
func (b *builder) noSuchKey(entityTypeID int64, kind, identifier, field, format string, args ...any) {
	b.problem(rolemodel.SeverityWarning, kind, identifier, field, format, args...)
	b.problems[len(b.problems)-1].TellsOf = formula.NameOf(b.shape, entityTypeID)
}

func (b *builder) source(id int64) {
	s := &Source{entityType: id, contextOf: map[int64]int{}, Roles: map[int64]*Role{}, ByRole: map[int64][]*Rule{},
		Reads: &formula.Reads{EntityType: id}, keyReads: &formula.Reads{EntityType: id}}
	b.c.Sources[id] = s
	b.contexts(s)
	s.Matcher = newMatcher(b.keys.Ancestors, slices.Collect(maps.Keys(b.shape.Dimensions)))
	policyBits, filters := map[int64]uint32{}, map[int64][]Criterion{}
	next := uint32(0)
	for _, p := range b.m.Policies {
		if len(p.Dimensions) == 0 {
			continue
		}
		criteria := b.criteria("policy", p.Identifier, p.Dimensions)
		for i := range criteria {
			// the filter of a policy also takes descendants (role-model 2.2)
			criteria[i].Inherit = criteria[i].Inherit || b.shape.Dimensions[criteria[i].Dimension].IsHierarchical
		}
		policyBits[p.ID], filters[p.ID] = next, criteria
		s.Matcher.add(next, criteria)
		next++
	}
	register := func(r *Rule, policyID int64) {
		r.Bit = next
		next++
		r.PolicyBit = r.Bit
		if bit, ok := policyBits[policyID]; ok {
			r.PolicyBit = bit
		}
		r.Context, r.Itself = s.contextFor(b, policyID), [1]*Rule{r}
		s.Matcher.add(r.Bit, r.Criteria)
		s.Matcher.Rules = append(s.Matcher.Rules, r)
		if r.RoleID != 0 {
			s.ByRole[r.RoleID] = append(s.ByRole[r.RoleID], r)
		}
	}
	for _, r := range b.m.Roles {
		if r.EntityTypeID == id {
			s.Roles[r.ID] = b.role(r)
		}
	}
	b.composites(s)
	for _, r := range b.m.RoleRules {
		if s.Roles[r.RoleID] == nil || !b.enabled(r.PolicyID) {
			continue
		}
		x := &Rule{ID: r.ID, Alone: []int64{r.ID}, Identifier: r.Identifier, Kind: ofRoles, Criteria: b.criteria("role_rule", r.Identifier, r.Dimensions), RoleID: deref(r.CompositeRoleID),
			Denied: r.IsDenied, Priority: r.Priority, strength: r.Type, Gives: r.RoleID}
		register(x, r.PolicyID)
		if own := s.Roles[r.RoleID]; own.Grace > 0 {
			x.print(filters[r.PolicyID])
			own.Rules = append(own.Rules, x)
		}
	}
	for _, own := range s.Roles {
		slices.SortFunc(own.Rules, func(x, y *Rule) int { return cmp.Compare(x.ID, y.ID) })
		own.Print = PrintOf(own.Rules)
	}
	for _, t := range b.m.ResourceTypes {
		if t.SourceEntityTypeID == id {
			b.resourceType(s, t, register)
		}
	}
	for _, r := range s.Contexts {
		b.sections(s, r)
		r.Today = r.usesToday()
	}
	s.Reads.Sort()
	s.keyReads.Sort()
	slices.SortFunc(s.Keys, func(x, y *Rule) int { return cmp.Compare(x.ID, y.ID) })
}

func deref(p *int64) int64 {
	if p == nil {
		return 0
	}
	return *p
}

func (b *builder) enabled(policyID int64) bool {
	p := b.policies[policyID]
	return p != nil && p.IsProvisioningEnabled && !p.IsExternal // what another tool keeps gives nothing here (role-model 2.2)
}

// composites numbers the composite roles so that a parent comes before what it gives; a cycle is cut at the second visit.
func (b *builder) composites(s *Source) {
	children := map[int64][]int64{}
	for _, r := range b.m.RoleRules {
		if r.CompositeRoleID != nil && b.roles[r.RoleID] != nil && b.roles[r.RoleID].Kind == rolemodel.Composite {
			children[*r.CompositeRoleID] = append(children[*r.CompositeRoleID], r.RoleID)
		}
	}
	state := map[int64]int{}
	order := len(b.m.Roles)
	var visit func(id int64)
	visit = func(id int64) {
		if state[id] != 0 {
			return
		}
		state[id] = 1
		for _, c := range children[id] {
			visit(c)
		}
		if r := s.Roles[id]; r != nil {
			r.Order = order
			order--
		}
	}
	for _, r := range slices.Backward(b.m.Roles) {
		if r.Kind == rolemodel.Composite {
			visit(r.ID)
		}
	}
}
