package model

import (
	"cmp"
	"slices"
	"time"

	"writ/server/evaluation"
	"writ/server/rolemodel"
)

// Automation is the automation rules of a model, ready to be asked (role-model 7). Nil has none.
type Automation struct {
	states  []evaluation.Workflow
	byRole  map[int64][]*automationRule
	byType  map[int64][]*automationRule
	inside  map[int64][]*automationRule // by category
	of      map[int64][]*automationRule // by policy
	roles   map[int64]automated
	types   map[int64]automated
	parents map[int64]int64
	above   map[string]map[int64][]int64 // dimension -> value -> the value and what is above it
}

// automationRule is one rule with its criteria as values.
type automationRule struct {
	*rolemodel.AutomationRule
	criteria []Criterion
}

// automated is where an object stands that assignments are of.
type automated struct {
	target             rolemodel.AutomationAbout
	policy, entityType int64
	category           int64 // the main one; 0: none
	external           bool
}

// Waiting is an assignment that waits for a decision: of a role, or of a resource type.
type Waiting struct {
	RoleID, ResourceTypeID int64 // one of them
	State                  evaluation.Workflow
	Since                  time.Time        // when it came into that state
	Parameters             map[string]int64 // its own, dimension -> resource; what it has no value of matches no criterion
}

// automation compiles the rules of policies that are switched on.
func (b *builder) automation() {
	a := &Automation{byRole: map[int64][]*automationRule{}, byType: map[int64][]*automationRule{}, inside: map[int64][]*automationRule{}, of: map[int64][]*automationRule{},
		roles: map[int64]automated{}, types: map[int64]automated{}, parents: map[int64]int64{}, above: b.keys.Ancestors}
	external := func(policyID int64) bool { p := b.policies[policyID]; return p != nil && p.IsExternal }
	for _, r := range b.m.AutomationRules {
		x := &automationRule{r, b.criteria("automation_rule", r.Identifier, r.Dimensions)}
		if !b.enabled(b.m.PolicyOf(r)) {
			continue
		}
		switch r.Type {
		case rolemodel.AutomatesComposite:
			a.byRole[deref(r.CompositeRoleID)] = append(a.byRole[deref(r.CompositeRoleID)], x)
		case rolemodel.AutomatesSingle:
			a.byRole[deref(r.SingleRoleID)] = append(a.byRole[deref(r.SingleRoleID)], x)
		case rolemodel.AutomatesType:
			a.byType[deref(r.ResourceTypeID)] = append(a.byType[deref(r.ResourceTypeID)], x)
		case rolemodel.AutomatesCategory:
			a.inside[deref(r.CategoryID)] = append(a.inside[deref(r.CategoryID)], x)
		case rolemodel.AutomatesPolicy:
			a.of[deref(r.PolicyID)] = append(a.of[deref(r.PolicyID)], x)
		}
		if state := evaluation.Workflow(r.WorkflowState); !slices.Contains(a.states, state) {
			a.states = append(a.states, state)
		}
	}
	if len(a.states) == 0 {
		return
	}
	slices.Sort(a.states)
	for _, c := range b.m.Categories {
		a.parents[c.ID] = deref(c.ParentID)
	}
	for _, r := range b.m.Roles {
		target := rolemodel.AutomatesSingle
		if r.Kind == rolemodel.Composite {
			target = rolemodel.AutomatesComposite
		}
		a.roles[r.ID] = automated{target, r.PolicyID, r.EntityTypeID, deref(r.CategoryID), external(r.PolicyID)}
	}
	for _, t := range b.m.ResourceTypes {
		a.types[t.ID] = automated{rolemodel.AutomatesType, t.PolicyID, t.SourceEntityTypeID, deref(t.CategoryID), external(t.PolicyID)}
	}
	b.c.Automation = a
}

// States are those that some rule is about, in order; none: nothing is ever decided.
func (a *Automation) States() []evaluation.Workflow {
	if a == nil {
		return nil
	}
	return a.states
}

// Target is what an assignment is of.
func (a *Automation) Target(w Waiting) rolemodel.AutomationAbout { return a.place(w).target }

func (a *Automation) place(w Waiting) automated {
	if w.RoleID != 0 {
		return a.roles[w.RoleID]
	}
	return a.types[w.ResourceTypeID]
}

// RuleFor is the rule that decides about an assignment, and when: of those that are about it the one with the most specific target, then one that
// declines, then the shortest wait, then the lowest id (7.3). A time that is past means now; nil: never. No rule: nobody but a person decides.
func (a *Automation) RuleFor(w Waiting) (rule *rolemodel.AutomationRule, at *time.Time) {
	if a == nil || !slices.Contains(a.states, w.State) {
		return nil, nil
	}
	p := a.place(w)
	if p == (automated{}) || p.external {
		return nil, nil
	}
	own := a.byType[w.ResourceTypeID]
	if w.RoleID != 0 {
		own = a.byRole[w.RoleID]
	}
	rule = a.strongest(w, own, func(*automationRule) bool { return true })
	seen := map[int64]bool{}
	for category := p.category; rule == nil && category != 0 && !seen[category]; category = a.parents[category] {
		seen[category] = true
		rule = a.strongest(w, a.inside[category], func(x *automationRule) bool {
			return deref(x.EntityTypeID) == p.entityType && (category == p.category || x.IncludeSubcategories)
		})
	}
	if rule == nil {
		rule = a.strongest(w, a.of[p.policy], func(x *automationRule) bool { return deref(x.EntityTypeID) == p.entityType })
	}
	if rule == nil || rule.HoursToWait == rolemodel.Never {
		return rule, nil
	}
	due := w.Since.Add(time.Duration(rule.HoursToWait) * time.Hour)
	return rule, &due
}

// strongest chooses among rules with equally specific targets; nil: none is about the assignment.
func (a *Automation) strongest(w Waiting, rules []*automationRule, covers func(*automationRule) bool) *rolemodel.AutomationRule {
	var best *automationRule
	for _, x := range rules {
		if evaluation.Workflow(x.WorkflowState) == w.State && covers(x) && a.matches(x, w.Parameters) && (best == nil || x.before(best)) {
			best = x
		}
	}
	if best == nil {
		return nil
	}
	return best.AutomationRule
}

func (x *automationRule) before(y *automationRule) bool {
	forever := func(hours int) uint { return uint(hours) } // -1 is the longest wait
	return cmp.Or(-cmp.Compare(x.Decision, y.Decision), cmp.Compare(forever(x.HoursToWait), forever(y.HoursToWait)), cmp.Compare(x.ID, y.ID)) < 0
}

// matches compares the criteria with an assignment's own parameters (1.6).
func (a *Automation) matches(x *automationRule, params map[string]int64) bool {
	for _, k := range x.criteria {
		if !k.fits(params[k.Dimension], a.above[k.Dimension]) {
			return false
		}
	}
	return len(x.criteria) == len(x.Dimensions) // a criterion that could not be compiled never holds
}
