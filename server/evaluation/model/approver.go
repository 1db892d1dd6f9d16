package model

import (
	"cmp"
	"slices"

	"writ/server/rolemodel"
)

// Approvers are the approver rules of a model, ready to be asked (requests 5.1). Nil has none.
type Approvers struct {
	byRole  map[int64][]*approverRule
	byRisk  map[int64][]*approverRule
	inside  map[int64][]*approverRule // by category
	of      map[int64][]*approverRule // by policy
	byType  map[int64][]*approverRule // by entity type
	roles   map[int64]automated
	parents map[int64]int64
	above   map[string]map[int64][]int64 // dimension -> value -> the value and what is above it
}

// approverRule is one rule with its criteria as values.
type approverRule struct {
	*rolemodel.ApproverRule
	dimensions, parameters []Criterion
}

// Approval is what somebody has to approve.
type Approval struct {
	RoleID     int64
	Level      int     // rolemodel.RiskLevel: that of the risks
	RiskIDs    []int64 // that it raises
	Action     string
	Contexts   []map[string]int64 // the current ones of the beneficiary, dimension -> resource
	Parameters map[string]int64   // that the role is asked for with
}

// approvers compiles the approver rules.
func (b *builder) approvers() {
	if len(b.m.ApproverRules) == 0 {
		return
	}
	a := &Approvers{byRole: map[int64][]*approverRule{}, byRisk: map[int64][]*approverRule{}, inside: map[int64][]*approverRule{}, of: map[int64][]*approverRule{}, byType: map[int64][]*approverRule{},
		roles: map[int64]automated{}, parents: map[int64]int64{}, above: b.keys.Ancestors}
	for _, r := range b.m.ApproverRules {
		x := &approverRule{r, b.criteria("approver_rule", r.Identifier, r.Dimensions), b.criteria("approver_rule", r.Identifier, r.Parameters)}
		for _, t := range []struct {
			id *int64
			in map[int64][]*approverRule
		}{{r.TargetCompositeRoleID, a.byRole}, {r.TargetSingleRoleID, a.byRole}, {r.TargetRiskID, a.byRisk}, {r.TargetCategoryID, a.inside}, {r.TargetPolicyID, a.of}, {r.TargetEntityTypeID, a.byType}} {
			if t.id != nil {
				t.in[*t.id] = append(t.in[*t.id], x)
			}
		}
	}
	for _, c := range b.m.Categories {
		a.parents[c.ID] = deref(c.ParentID)
	}
	for _, r := range b.m.Roles {
		a.roles[r.ID] = automated{policy: r.PolicyID, entityType: r.EntityTypeID, category: deref(r.CategoryID)}
	}
	b.c.Approvers = a
}

// RuleFor is the rule that says who is asked: of those that are about it the one with the most specific target, then the one with more criteria, then the
// smallest priority, then the oldest (requests 5.1). Nil: none is about it.
func (a *Approvers) RuleFor(q Approval) *rolemodel.ApproverRule {
	if a == nil {
		return nil
	}
	p := a.roles[q.RoleID]
	any := func(*approverRule) bool { return true }
	own := slices.Clone(a.byRole[q.RoleID])
	if q.Level == rolemodel.RiskLevel {
		for _, id := range q.RiskIDs {
			own = append(own, a.byRisk[id]...)
		}
	}
	rule := a.strongest(q, own, any)
	seen := map[int64]bool{}
	for category := p.category; rule == nil && category != 0 && !seen[category]; category = a.parents[category] {
		seen[category] = true
		rule = a.strongest(q, a.inside[category], func(x *approverRule) bool { return category == p.category || x.TargetIncludeSubcategories })
	}
	if rule == nil {
		rule = a.strongest(q, a.of[p.policy], any)
	}
	if rule == nil {
		rule = a.strongest(q, a.byType[p.entityType], any)
	}
	return rule
}

// strongest chooses among rules with equally specific targets; nil: none is about it.
func (a *Approvers) strongest(q Approval, rules []*approverRule, covers func(*approverRule) bool) *rolemodel.ApproverRule {
	var best *approverRule
	for _, x := range rules {
		if slices.Contains(x.Levels, q.Level) && slices.Contains(x.Actions, q.Action) && covers(x) && a.matches(x, q) && (best == nil || x.before(best)) {
			best = x
		}
	}
	if best == nil {
		return nil
	}
	return best.ApproverRule
}

func (x *approverRule) before(y *approverRule) bool {
	criteria := func(r *approverRule) int { return len(r.Dimensions) + len(r.Parameters) }
	return cmp.Or(cmp.Compare(criteria(y), criteria(x)), cmp.Compare(x.Priority, y.Priority), cmp.Compare(x.ID, y.ID)) < 0
}

// matches compares the criteria with the contexts of the beneficiary, of which one is enough, and with what the role is asked for with (role-model 1.6).
func (a *Approvers) matches(x *approverRule, q Approval) bool {
	fit := func(criteria []Criterion, all rolemodel.Criteria, values map[string]int64) bool {
		for _, k := range criteria {
			if !k.fits(values[k.Dimension], a.above[k.Dimension]) {
				return false
			}
		}
		return len(criteria) == len(all) // a criterion that could not be compiled never holds
	}
	if !fit(x.parameters, x.Parameters, q.Parameters) {
		return false
	}
	return len(x.Dimensions) == 0 || slices.ContainsFunc(q.Contexts, func(c map[string]int64) bool { return fit(x.dimensions, x.Dimensions, c) })
}
