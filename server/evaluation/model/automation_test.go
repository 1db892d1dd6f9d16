package model

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/rolemodel"
)

// What there is in these tests: policies 1 (on), 2 (off), 3 (on, external); categories 10 > 11 > 12, and 13 beside; roles 20 (composite, category 12),
// 21 (single, 12), 22 (single, 11), 23 (single, none), 24 (single of the external policy), 25 (single of the policy that is off); type 30 (category 12).
// Departments 101 > 102 > 103; titles 201, 202.
const (
	people, department, title = 1, 2, 3
)

func automationShape() (*directory.Shape, Keys) {
	s := &directory.Shape{EntityTypes: map[int64]*directory.EntityType{}, ByIdentifier: map[string]*directory.EntityType{}, Properties: map[int64]*directory.Property{},
		PropertiesOf: map[int64][]*directory.Property{}, Dimensions: map[string]*directory.Dimension{}, DimensionByID: map[int64]*directory.Dimension{}}
	for id, name := range map[int64]string{people: "Person", department: "Department", title: "Title", 4: "Account", 5: "Robot"} {
		s.EntityTypes[id] = &directory.EntityType{ID: id, Identifier: name}
		s.ByIdentifier[name] = s.EntityTypes[id]
	}
	s.Dimensions["Department"] = &directory.Dimension{ID: 1, Identifier: "Department", EntityTypeID: department, IsHierarchical: true}
	s.Dimensions["Title"] = &directory.Dimension{ID: 2, Identifier: "Title", EntityTypeID: title}
	return s, Keys{IDs: map[int64]map[string]int64{department: {"101": 101, "102": 102, "103": 103}, title: {"201": 201, "202": 202}}, Labels: map[int64]string{},
		Ancestors: map[string]map[int64][]int64{"Department": {101: {101}, 102: {102, 101}, 103: {103, 102, 101}}}}
}

func automationModel(rules ...*rolemodel.AutomationRule) *rolemodel.Model {
	role := func(id int64, kind rolemodel.RoleKind, policy int64, category *int64) *rolemodel.Role {
		return &rolemodel.Role{ID: id, Kind: kind, Identifier: fmt.Sprint(id), PolicyID: policy, EntityTypeID: people, CategoryID: category}
	}
	return &rolemodel.Model{
		Policies: []*rolemodel.Policy{{ID: 1, Identifier: "Default", IsProvisioningEnabled: true}, {ID: 2, Identifier: "Off"}, {ID: 3, Identifier: "Else", IsProvisioningEnabled: true, IsExternal: true}},
		Categories: []*rolemodel.Category{{ID: 10, Identifier: "a", PolicyID: 1}, {ID: 11, Identifier: "b", PolicyID: 1, ParentID: new(int64(10))}, {ID: 12, Identifier: "c", PolicyID: 1, ParentID: new(int64(11))},
			{ID: 13, Identifier: "off", PolicyID: 2}},
		Roles: []*rolemodel.Role{role(20, rolemodel.Composite, 1, new(int64(12))), role(21, rolemodel.Single, 1, new(int64(12))), role(22, rolemodel.Single, 1, new(int64(11))), role(23, rolemodel.Single, 1, nil),
			role(24, rolemodel.Single, 3, new(int64(10))), role(25, rolemodel.Single, 2, new(int64(13)))},
		ResourceTypes:   []*rolemodel.ResourceType{{ID: 30, Identifier: "User", PolicyID: 1, SourceEntityTypeID: people, TargetEntityTypeID: 4, CategoryID: new(int64(12))}},
		AutomationRules: rules,
	}
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// about is a rule: what it is about, its wait and its decision; options change it.
func about(id int64, target rolemodel.AutomationAbout, of int64, hours int, decision rolemodel.AutomationVerdict, options ...func(*rolemodel.AutomationRule)) *rolemodel.AutomationRule {
	a := &rolemodel.AutomationRule{ID: id, Identifier: fmt.Sprint("r", id), DisplayName: "Rule", Type: target, IncludeSubcategories: true, WorkflowState: 1, HoursToWait: hours, Decision: decision, Dimensions: rolemodel.Criteria{}}
	switch target {
	case rolemodel.AutomatesComposite:
		a.CompositeRoleID = &of
	case rolemodel.AutomatesSingle:
		a.SingleRoleID = &of
	case rolemodel.AutomatesType:
		a.ResourceTypeID = &of
	case rolemodel.AutomatesCategory:
		a.CategoryID, a.EntityTypeID = &of, new(int64(people))
	case rolemodel.AutomatesPolicy:
		a.PolicyID, a.EntityTypeID = &of, new(int64(people))
	}
	for _, o := range options {
		o(a)
	}
	return a
}

const (
	composite = rolemodel.AutomatesComposite
	single    = rolemodel.AutomatesSingle
	ofType    = rolemodel.AutomatesType
	category  = rolemodel.AutomatesCategory
	policy    = rolemodel.AutomatesPolicy
	approve   = rolemodel.Approves
	decline   = rolemodel.Declines
)

func dimension(name, key string, inherit bool) func(*rolemodel.AutomationRule) {
	return func(a *rolemodel.AutomationRule) {
		a.Dimensions[name] = rolemodel.Criterion{Key: key, Inherit: inherit}
	}
}

// TestWhichAutomationRule is 7.3 and 7.5 of the role model, a case for each sentence.
func TestWhichAutomationRule(t *testing.T) {
	t.Parallel()
	sales := map[string]int64{"Department": 103}
	found := func(role int64, params map[string]int64) Waiting {
		return Waiting{RoleID: role, State: evaluation.NonConforming, Since: noon, Parameters: params}
	}
	account := Waiting{ResourceTypeID: 30, State: evaluation.NonConforming, Since: noon}
	alone := func(a *rolemodel.AutomationRule) { a.IncludeSubcategories = false }
	robots := func(a *rolemodel.AutomationRule) { a.EntityTypeID = new(int64(5)) }
	old := func(a *rolemodel.AutomationRule) { a.WorkflowState = 3 }
	for _, c := range []struct {
		about string
		rules []*rolemodel.AutomationRule
		of    Waiting
		want  int64         // rule; 0: none
		wait  time.Duration // -1: never
	}{
		{"no rule", nil, found(21, nil), 0, 0},
		{"about a composite role", []*rolemodel.AutomationRule{about(1, composite, 20, 0, approve)}, found(20, nil), 1, 0},
		{"about a single role", []*rolemodel.AutomationRule{about(1, single, 21, 2, approve)}, found(21, nil), 1, 2 * time.Hour},
		{"about another role", []*rolemodel.AutomationRule{about(1, single, 21, 0, approve)}, found(22, nil), 0, 0},
		{"about a resource type", []*rolemodel.AutomationRule{about(1, ofType, 30, 0, decline)}, account, 1, 0},
		{"about a category, a role", []*rolemodel.AutomationRule{about(1, category, 12, 0, decline)}, found(21, nil), 1, 0},
		{"about a category, a resource type", []*rolemodel.AutomationRule{about(1, category, 12, 0, decline)}, account, 1, 0},
		{"about a category above", []*rolemodel.AutomationRule{about(1, category, 10, 0, decline)}, found(21, nil), 1, 0},
		{"about a category above, which leaves what is below alone", []*rolemodel.AutomationRule{about(1, category, 10, 0, decline, alone)}, found(21, nil), 0, 0},
		{"about a category without those below, what stands in it", []*rolemodel.AutomationRule{about(1, category, 11, 0, decline, alone)}, found(22, nil), 1, 0},
		{"about a category below", []*rolemodel.AutomationRule{about(1, category, 12, 0, decline)}, found(22, nil), 0, 0},
		{"about a policy, a role", []*rolemodel.AutomationRule{about(1, policy, 1, 48, decline)}, found(23, nil), 1, 48 * time.Hour},
		{"about a policy, a resource type", []*rolemodel.AutomationRule{about(1, policy, 1, 48, decline)}, account, 1, 48 * time.Hour},
		{"about owners of another kind", []*rolemodel.AutomationRule{about(1, policy, 1, 0, decline, robots), about(2, category, 12, 0, decline, robots)}, found(21, nil), 0, 0},
		{"in another state", []*rolemodel.AutomationRule{about(1, single, 21, 0, decline, old)}, found(21, nil), 0, 0},
		{"the policy of the role is off", []*rolemodel.AutomationRule{about(1, single, 25, 0, decline), about(2, category, 13, 0, decline), about(3, policy, 2, 0, decline)}, found(25, nil), 0, 0},
		{"another tool keeps the policy", []*rolemodel.AutomationRule{about(1, single, 24, 0, decline), about(2, policy, 3, 0, decline)}, found(24, nil), 0, 0},
		{"another tool keeps the policy of the role, the category is ours", []*rolemodel.AutomationRule{about(1, category, 10, 0, decline)}, found(24, nil), 0, 0},
		{"the value of the dimension", []*rolemodel.AutomationRule{about(1, single, 21, 0, decline, dimension("Department", "103", false))}, found(21, sales), 1, 0},
		{"another value", []*rolemodel.AutomationRule{about(1, single, 21, 0, decline, dimension("Department", "102", false))}, found(21, sales), 0, 0},
		{"a value above", []*rolemodel.AutomationRule{about(1, single, 21, 0, decline, dimension("Department", "101", true))}, found(21, sales), 1, 0},
		{"one of two criteria", []*rolemodel.AutomationRule{about(1, single, 21, 0, decline, dimension("Department", "101", true), dimension("Title", "201", false))}, found(21, sales), 0, 0},
		{"no value of the dimension", []*rolemodel.AutomationRule{about(1, single, 21, 0, decline, dimension("Department", "101", true))}, found(21, nil), 0, 0},
		{"a value that nobody has", []*rolemodel.AutomationRule{about(1, single, 21, 0, decline, dimension("Department", "404", false))}, found(21, sales), 0, 0},
		{"a dimension that is not there", []*rolemodel.AutomationRule{about(1, single, 21, 0, decline, dimension("Floor", "1", false))}, found(21, sales), 0, 0},
		{"the role before its category before the policy", []*rolemodel.AutomationRule{about(1, policy, 1, 0, decline), about(2, category, 12, 0, decline), about(3, single, 21, 9, approve)}, found(21, nil), 3, 9 * time.Hour},
		{"the resource type before its category", []*rolemodel.AutomationRule{about(1, category, 12, 0, decline), about(2, ofType, 30, 9, approve)}, account, 2, 9 * time.Hour},
		{"the category before the policy", []*rolemodel.AutomationRule{about(1, policy, 1, 0, decline), about(2, category, 10, 9, approve)}, found(21, nil), 2, 9 * time.Hour},
		{"the nearest category", []*rolemodel.AutomationRule{about(1, category, 10, 0, decline), about(2, category, 11, 9, approve)}, found(21, nil), 2, 9 * time.Hour},
		{"what does not match does not stand in the way", []*rolemodel.AutomationRule{about(1, policy, 1, 5, decline), about(2, single, 21, 0, approve, dimension("Title", "201", false))}, found(21, sales), 1, 5 * time.Hour},
		{"two role rules: decline beats approve", []*rolemodel.AutomationRule{about(1, single, 21, 0, approve), about(2, single, 21, 7, decline)}, found(21, nil), 2, 7 * time.Hour},
		{"the shortest wait", []*rolemodel.AutomationRule{about(1, single, 21, 7, decline), about(2, single, 21, 6, decline)}, found(21, nil), 2, 6 * time.Hour},
		{"never is the longest wait", []*rolemodel.AutomationRule{about(1, single, 21, -1, decline), about(2, single, 21, 600, decline)}, found(21, nil), 2, 600 * time.Hour},
		{"the lowest id", []*rolemodel.AutomationRule{about(2, single, 21, 6, decline), about(1, single, 21, 6, decline)}, found(21, nil), 1, 6 * time.Hour},
		{"-1 never decides", []*rolemodel.AutomationRule{about(1, single, 21, -1, decline)}, found(21, nil), 1, -1},
		{"-1 takes a role out of a wider rule", []*rolemodel.AutomationRule{about(1, policy, 1, 0, decline), about(2, single, 21, -1, approve)}, found(21, nil), 2, -1},
		{"7.5: the role is approved at once", []*rolemodel.AutomationRule{about(1, policy, 1, 48, decline), about(2, single, 21, 0, approve)}, found(21, nil), 2, 0},
		{"7.5: every other one is declined after two days", []*rolemodel.AutomationRule{about(1, policy, 1, 48, decline), about(2, single, 21, 0, approve)}, found(22, nil), 1, 48 * time.Hour},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			shape, keys := automationShape()
			m, _ := Compile(automationModel(c.rules...), shape, keys)
			rule, at := m.Automation.RuleFor(c.of)
			if c.want == 0 {
				require.Nil(t, rule)
				require.Nil(t, at)
				return
			}
			require.NotNil(t, rule)
			require.Equal(t, c.want, rule.ID)
			if c.wait < 0 {
				require.Nil(t, at)
				return
			}
			require.Equal(t, noon.Add(c.wait), *at)
		})
	}
}

// oracle chooses by the words of 7.3 alone: it looks at every rule, and lets every pair of candidates say which is the stronger.
func oracle(m *rolemodel.Model, w Waiting) *rolemodel.AutomationRule {
	values := map[string]int64{"101": 101, "102": 102, "103": 103, "201": 201, "202": 202}
	below := map[int64][]int64{101: {101, 102, 103}, 102: {102, 103}, 103: {103}}
	var policyID, categoryID int64
	for _, r := range m.Roles {
		if r.ID == w.RoleID {
			policyID, categoryID = r.PolicyID, deref(r.CategoryID)
		}
	}
	if w.ResourceTypeID != 0 {
		policyID, categoryID = 1, 12
	}
	chain := map[int64][]int64{12: {12, 11, 10}, 11: {11, 10}, 10: {10}, 13: {13}}[categoryID]
	rank := func(a *rolemodel.AutomationRule) int { // the smaller, the more specific; -1: it does not cover it
		switch {
		case w.RoleID != 0 && (deref(a.CompositeRoleID) == w.RoleID || deref(a.SingleRoleID) == w.RoleID), w.ResourceTypeID != 0 && deref(a.ResourceTypeID) == w.ResourceTypeID:
			return 0
		case a.CategoryID != nil && *a.EntityTypeID == people && slices.Contains(chain, *a.CategoryID) && (a.IncludeSubcategories || *a.CategoryID == categoryID):
			return 1 + slices.Index(chain, *a.CategoryID)
		case a.PolicyID != nil && *a.EntityTypeID == people && *a.PolicyID == policyID:
			return 100
		}
		return -1
	}
	var candidates []*rolemodel.AutomationRule
	for _, a := range m.AutomationRules {
		if m.PolicyOf(a) != 1 || policyID == 3 || rank(a) < 0 || a.WorkflowState != int16(w.State) {
			continue
		}
		ok := true
		for name, k := range a.Dimensions {
			has := w.Parameters[name]
			ok = ok && has != 0 && (has == values[k.Key] || k.Inherit && slices.Contains(below[values[k.Key]], has))
		}
		if ok {
			candidates = append(candidates, a)
		}
	}
	for _, a := range candidates {
		if !slices.ContainsFunc(candidates, func(b *rolemodel.AutomationRule) bool {
			wait := func(x *rolemodel.AutomationRule) int {
				if x.HoursToWait == -1 {
					return 1 << 30
				}
				return x.HoursToWait
			}
			switch {
			case rank(a) != rank(b):
				return rank(b) < rank(a)
			case a.Decision != b.Decision:
				return b.Decision == decline
			case wait(a) != wait(b):
				return wait(b) < wait(a)
			}
			return b.ID < a.ID
		}) {
			return a
		}
	}
	return nil
}

// TestAutomationRuleIsThatOfTheOracle: random rules, random assignments, in any order of the rules.
func TestAutomationRuleIsThatOfTheOracle(t *testing.T) {
	t.Parallel()
	shape, keys := automationShape()
	rapid.Check(t, func(rt *rapid.T) {
		var rules []*rolemodel.AutomationRule
		for i := range rapid.IntRange(0, 12).Draw(rt, "rules") {
			target := rapid.SampledFrom([]rolemodel.AutomationAbout{composite, single, ofType, category, policy}).Draw(rt, "target")
			of := map[rolemodel.AutomationAbout][]int64{composite: {20}, single: {21, 22, 23, 24, 25}, ofType: {30}, category: {10, 11, 12, 13}, policy: {1, 2, 3}}[target]
			a := about(int64(i+1), target, rapid.SampledFrom(of).Draw(rt, "of"), rapid.SampledFrom([]int{-1, 0, 1, 48}).Draw(rt, "hours"), rapid.SampledFrom([]rolemodel.AutomationVerdict{approve, decline}).Draw(rt, "decision"))
			a.WorkflowState = rapid.SampledFrom([]int16{1, 1, 3}).Draw(rt, "state")
			a.IncludeSubcategories = rapid.Bool().Draw(rt, "below")
			if a.EntityTypeID != nil && rapid.IntRange(0, 4).Draw(rt, "of robots") == 0 {
				a.EntityTypeID = new(int64(5))
			}
			if rapid.IntRange(0, 2).Draw(rt, "department?") == 0 {
				dimension("Department", rapid.SampledFrom([]string{"101", "102", "103", "404"}).Draw(rt, "department"), rapid.Bool().Draw(rt, "inherit"))(a)
			}
			if rapid.IntRange(0, 3).Draw(rt, "title?") == 0 {
				dimension("Title", rapid.SampledFrom([]string{"201", "202"}).Draw(rt, "title"), false)(a)
			}
			rules = append(rules, a)
		}
		m := automationModel(rapid.Permutation(rules).Draw(rt, "order")...)
		c, _ := Compile(m, shape, keys)
		for range 6 {
			w := Waiting{State: evaluation.Workflow(rapid.SampledFrom([]int16{1, 1, 3}).Draw(rt, "is in")), Since: noon, Parameters: map[string]int64{}}
			if w.RoleID = rapid.SampledFrom([]int64{0, 20, 21, 22, 23, 24, 25}).Draw(rt, "role"); w.RoleID == 0 {
				w.ResourceTypeID = 30
			}
			if v := rapid.SampledFrom([]int64{0, 101, 102, 103}).Draw(rt, "has department"); v != 0 {
				w.Parameters["Department"] = v
			}
			if v := rapid.SampledFrom([]int64{0, 201, 202}).Draw(rt, "has title"); v != 0 {
				w.Parameters["Title"] = v
			}
			got, at := c.Automation.RuleFor(w)
			require.Equal(rt, oracle(m, w), got)
			switch {
			case got == nil || got.HoursToWait == -1:
				require.Nil(rt, at)
			default:
				require.Equal(rt, noon.Add(time.Duration(got.HoursToWait)*time.Hour), *at)
			}
		}
	})
}
