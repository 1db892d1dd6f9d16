package remedy

import (
	"cmp"
	"maps"
	"slices"

	"writ/server/evaluation"
	"writ/server/rolemodel"
)

// deepest bounds how many roles above each other are followed.
const deepest = 8

// criterion is what a rule asks of a context.
type criterion struct {
	dimension string
	wanted    int64 // 0: nothing has the key
	below     bool
}

// asked is a rule as far as it decides whom it concerns.
type asked struct {
	policy int64
	own    rolemodel.Criteria
	role   int64 // that it asks for; 0: none
	rule   int64 // its id
	gives  int64 // of a role rule: the role; 0: it is one of a resource type
}

// ofRole is a rule that gives a role.
func ofRole(r *rolemodel.RoleRule) asked {
	return asked{r.PolicyID, r.Dimensions, orZero(r.CompositeRoleID), r.ID, r.RoleID}
}

// options are sets of changes that would take away something that stands against the goal in a state.
func (f *finder) options(s *state) [][]Change {
	switch {
	case f.goal.RoleID != 0:
		return f.forRole(s, f.goal.RoleID, 0)
	case f.goal.Property == "" || !f.typeGiven(s):
		return append(f.forType(s), f.policies(s)...)
	default:
		return append(f.forValue(s), f.policies(s)...)
	}
}

// forRole finds what would give a role: a refusal taken back, a rule that does not apply yet, a rule that forbids, or only
// suggests, and applies no more.
func (f *finder) forRole(s *state, id int64, depth int) (out [][]Change) {
	if depth > deepest {
		return nil
	}
	for _, row := range s.owner.Roles {
		if row.RoleID == id && row.IsDenied && s.inForce(row.Start, row.End) {
			out = append(out, []Change{{Kind: Denial, RoleID: id, RowID: row.ID}})
		}
	}
	for _, r := range s.source.RoleRules {
		switch a := ofRole(r); {
		case r.RoleID != id:
		case r.IsDenied || r.Type != rolemodel.Required: // one that only suggests stands in the way of those with less precedence
			out = append(out, f.against(s, a, depth)...)
		default:
			out = append(out, f.forRule(s, a, depth)...)
		}
	}
	return out
}

// forType finds what would give the resource type.
func (f *finder) forType(s *state) (out [][]Change) {
	if row := f.refusal(s); row != nil {
		out = append(out, []Change{{Kind: Denial, ResourceTypeID: row.ResourceTypeID, RowID: row.ID}})
	}
	for _, r := range s.source.Rules {
		switch a := ofType(r); {
		case r.Kind == rolemodel.TypeRule && r.IsDenied:
			out = append(out, f.against(s, a, 0)...)
		case r.GivesType():
			out = append(out, f.forRule(s, a, 0)...)
		}
	}
	return out
}

func ofType(r *rolemodel.ResourceTypeRule) asked {
	return asked{r.PolicyID, r.Dimensions, orZero(r.SingleRoleID), r.ID, 0}
}

// forValue finds what would give a value of a type that is given.
func (f *finder) forValue(s *state) (out [][]Change) {
	for _, id := range slices.Sorted(maps.Keys(s.byRule)) {
		x, r := s.byRule[id], f.typeRules[id]
		if r == nil || x.Kind != evaluation.StepProperty || x.Property != f.goal.Property {
			continue
		}
		switch a := ofType(r); {
		case f.isValue(x) && !x.Denied:
			out = append(out, f.forRule(s, a, 0)...)
		case f.isValue(x) && x.Matched, !f.isValue(x) && x.Matched && !x.Overruled && !x.Denied && x.ResourceID == 0:
			out = append(out, f.against(s, a, 0)...) // it forbids the value, or gives another in its place
		}
	}
	return out
}

// policies finds policies that are switched off and have rules about the goal: those are not computed at all.
func (f *finder) policies(s *state) (out [][]Change) {
	for _, r := range s.source.Rules {
		if p := policyOf(s.source, r.PolicyID); p != nil && !p.IsProvisioningEnabled && (f.goal.Property == "" || r.GivesType() || f.isProperty(r)) {
			out = append(out, []Change{{Kind: Policy, PolicyID: p.ID}})
		}
	}
	return out
}

func (f *finder) isProperty(r *rolemodel.ResourceTypeRule) bool {
	if r.PropertyID == nil {
		return false
	}
	p := f.world.Shape.Properties[*r.PropertyID]
	return p != nil && p.Identifier == f.goal.Property
}

// forRule finds what would make a rule apply: for each context that counts what it lacks, a record where none counts, the role it asks for.
func (f *finder) forRule(s *state, a asked, depth int) (out [][]Change) {
	p := policyOf(s.source, a.policy)
	if p == nil {
		return nil
	}
	if !p.IsProvisioningEnabled {
		return [][]Change{{{Kind: Policy, PolicyID: p.ID}}}
	}
	wanted := f.criteria(p, a.own)
	rule := s.source.ContextRuleOf(s.owner.Resource.EntityTypeID, a.policy)
	if rule == nil {
		if len(wanted) > 0 {
			return nil
		}
		return f.above(s, a, depth)
	}
	contexts := s.contexts[rule.ID]
	if len(contexts) == 0 {
		return f.record(rule, wanted)
	}
	for _, c := range contexts {
		for _, lender := range f.lenders(s, rule, c) {
			changes, holds := f.lacking(s, rule, c, wanted, lender)
			if holds {
				return append(f.above(s, a, depth), f.beneath(s, rule, c, wanted, lender)...)
			}
			if len(changes) > 0 {
				out = append(out, changes)
			}
		}
	}
	return out
}

// above goes on with the role that a rule asks for, when nothing else is lacking: it is not held, or only with other parameters than the rule asks for,
// so that it takes another assignment of it.
func (f *finder) above(s *state, a asked, depth int) [][]Change {
	if a.role == 0 || s.held[a.role] && !s.heldOtherwise(a) {
		return nil
	}
	return f.forRole(s, a.role, depth+1)
}

// heldOtherwise reports whether the assignments of the role that a rule asks for have none of the parameters it asks for.
func (s *state) heldOtherwise(a asked) bool {
	for i := range s.steps {
		x := &s.steps[i]
		isRule := x.Kind == evaluation.StepProperty || x.Kind == evaluation.StepResourceType
		if a.gives != 0 {
			isRule = (x.Kind == evaluation.StepCompositeRole || x.Kind == evaluation.StepSingleRole) && x.RoleID == a.gives
		}
		if isRule && x.RuleID == a.rule && slices.ContainsFunc(x.Criteria, func(k evaluation.CriterionFact) bool { return k.ByRole && !k.Holds }) {
			return true
		}
	}
	return false
}

// mostBeneath bounds how many values below one another are tried.
const mostBeneath = 8

// beneath are values below those that a rule asks for, and with which it applies as well: what stands in its way may ask for the value itself.
func (f *finder) beneath(s *state, rule *rolemodel.ContextRule, c *evaluation.Step, wanted []criterion, lender int64) (out [][]Change) {
	for _, k := range wanted {
		if !k.below || c.Values[k.dimension] != k.wanted {
			continue
		}
		at, ok := f.placeOf(s, rule, c, k.dimension, lender)
		if !ok {
			continue
		}
		list := f.below(k)
		f.cut = f.cut || len(list) > mostBeneath
		for _, id := range list[:min(mostBeneath, len(list))] {
			out = append(out, []Change{{Kind: Value, ResourceID: at.resource, Property: at.property, Dimension: k.dimension, From: k.wanted, To: id}})
		}
	}
	return out
}

// below are the values below the one that a criterion asks for, the nearest first.
func (f *finder) below(k criterion) (out []int64) {
	tree := f.world.Keys.Ancestors[k.dimension]
	for id, above := range tree {
		if id != k.wanted && slices.Contains(above, k.wanted) {
			out = append(out, id)
		}
	}
	slices.SortFunc(out, func(a, b int64) int { return cmp.Or(cmp.Compare(len(tree[a]), len(tree[b])), cmp.Compare(a, b)) })
	return out
}

// lacking is what a context would have to change for all criteria to hold; nothing when that cannot be done.
func (f *finder) lacking(s *state, rule *rolemodel.ContextRule, c *evaluation.Step, wanted []criterion, lender int64) (out []Change, holds bool) {
	for _, k := range wanted {
		if f.satisfies(c, k) {
			continue
		}
		at, ok := f.placeOf(s, rule, c, k.dimension, lender)
		if !ok || k.wanted == 0 {
			return nil, false
		}
		out = append(out, Change{Kind: Value, ResourceID: at.resource, Property: at.property, Dimension: k.dimension, From: c.Values[k.dimension], To: k.wanted, Below: k.below})
	}
	return out, len(out) == 0
}

// record is a record that fulfils all criteria.
func (f *finder) record(rule *rolemodel.ContextRule, wanted []criterion) [][]Change {
	if !f.canAdd(rule) {
		return nil
	}
	c := Change{Kind: Record, ContextRuleID: rule.ID}
	for _, k := range wanted {
		v, ok := f.recordValue(rule, k)
		if !ok || k.wanted == 0 {
			return nil
		}
		c.Values = append(c.Values, v)
	}
	return [][]Change{{c}}
}

// against finds what would make a rule apply no more: in each context for which it does, one of its criteria; else the role it asks for.
func (f *finder) against(s *state, a asked, depth int) (out [][]Change) {
	p := policyOf(s.source, a.policy)
	if p == nil || !p.IsProvisioningEnabled || a.role != 0 && !s.held[a.role] || depth > deepest {
		return nil
	}
	wanted := f.criteria(p, a.own)
	rule := s.source.ContextRuleOf(s.owner.Resource.EntityTypeID, a.policy)
	if rule != nil {
		for _, c := range s.contexts[rule.ID] {
			if slices.ContainsFunc(wanted, func(k criterion) bool { return !f.satisfies(c, k) }) {
				continue
			}
			for _, k := range wanted {
				if at, ok := f.placeOf(s, rule, c, k.dimension, 0); ok && at.resource != newRecord {
					out = append(out, []Change{{Kind: Value, ResourceID: at.resource, Property: at.property, Dimension: k.dimension, From: c.Values[k.dimension]}})
					for _, id := range f.wider(k) {
						out = append(out, []Change{{Kind: Value, ResourceID: at.resource, Property: at.property, Dimension: k.dimension, From: c.Values[k.dimension], To: id}})
					}
				}
			}
		}
	}
	if a.role != 0 {
		for _, r := range s.source.RoleRules {
			if r.RoleID == a.role && !r.IsDenied && r.Type == rolemodel.Required {
				out = append(out, f.against(s, ofRole(r), depth+1)...)
			}
		}
	}
	return out
}

// wider are values above the one that a criterion asks for, and with which it does not hold, the nearest first: a wider rule may go on to apply.
func (f *finder) wider(k criterion) []int64 {
	var out []int64
	for _, id := range f.world.Keys.Ancestors[k.dimension][k.wanted] {
		if id != k.wanted && len(out) < mostBeneath {
			out = append(out, id)
		}
	}
	return out
}

// criteria are those of a rule and of the policy it belongs to, which takes what is below its values, too (role-model 2.2).
func (f *finder) criteria(p *rolemodel.Policy, own rolemodel.Criteria) (out []criterion) {
	for i, list := range []rolemodel.Criteria{p.Dimensions, own} {
		for _, name := range slices.Sorted(maps.Keys(list)) {
			d := f.world.Shape.Dimensions[name]
			if d == nil {
				continue
			}
			out = append(out, criterion{name, f.world.Keys.IDs[d.EntityTypeID][list[name].Key], d.IsHierarchical && (i == 0 || list[name].Inherit)})
		}
	}
	return out
}

func (f *finder) satisfies(c *evaluation.Step, k criterion) bool {
	has := c.Values[k.dimension]
	if has == 0 || k.wanted == 0 {
		return false
	}
	return has == k.wanted || k.below && slices.Contains(f.world.Keys.Ancestors[k.dimension][has], k.wanted)
}

func policyOf(m *rolemodel.Model, id int64) *rolemodel.Policy {
	for _, p := range m.Policies {
		if p.ID == id {
			return p
		}
	}
	return nil
}

func orZero(p *int64) int64 {
	if p == nil {
		return 0
	}
	return *p
}
