package remedy_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/server/evaluation"
	"writ/server/remedy"
	"writ/server/rolemodel"
)

// TestEveryWayGivesIt makes the changes that an answer names in the company itself, computes the whole model, and looks at what would be saved.
// Each change is needed, and no smaller one does: that is tried with all there are.
func TestEveryWayGivesIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		c, goals := draw(rt)
		g := rapid.SampledFrom(goals).Draw(rt, "goal")
		before := c.clone()
		a, err := remedy.Find(c.world(), g)
		require.NoError(rt, err)
		require.Equal(rt, before.res, c.res, "the world is as it was")
		require.Equal(rt, c.has(rt, g, now), a.Given)
		if a.Given {
			require.Empty(rt, a.Ways)
			return
		}
		for _, way := range a.Ways {
			after, at := c.after(way)
			require.True(rt, after.has(rt, g, at), "%+v", way)
			for i := range way {
				if len(way) > 1 {
					less, at := c.after(slices.Delete(slices.Clone(way), i, i+1))
					require.False(rt, less.has(rt, g, at), "%+v without its change %d", way, i)
				}
			}
		}
		require.IsIncreasing(rt, append([]int{-1}, sizes(a)...), "the smallest first")
		single, double := c.smallest(rt, g)
		switch {
		case single:
			require.NotEmpty(rt, a.Ways)
			require.Len(rt, a.Ways[0], 1)
		case double:
			require.NotEmpty(rt, a.Ways)
			require.LessOrEqual(rt, len(a.Ways[0]), 2)
		}
	})
}

func sizes(a *remedy.Answer) []int {
	out := make([]int, len(a.Ways))
	for i, w := range a.Ways {
		out[i] = len(w)*10 + i
	}
	return out
}

// smallest tries every single change, and every two values of records.
func (c *company) smallest(t require.TestingT, g remedy.Goal) (single, double bool) {
	var values, all []remedy.Change
	for _, id := range c.records {
		for property, entityType := range map[string]int64{"Department": department, "Title": title} {
			for _, to := range append([]int64{0}, slices.Collect(maps.Values(c.keys.IDs[entityType]))...) {
				values = append(values, remedy.Change{Kind: remedy.Value, ResourceID: id, Property: property, To: to})
			}
		}
	}
	all = append(all, values...)
	for _, r := range c.owner.Roles {
		if r.IsDenied {
			all = append(all, remedy.Change{Kind: remedy.Denial, RowID: r.ID})
		}
	}
	for _, r := range c.owner.Types {
		all = append(all, remedy.Change{Kind: remedy.Denial, RowID: r.ID})
	}
	for _, p := range c.m.Policies {
		all = append(all, remedy.Change{Kind: remedy.Policy, PolicyID: p.ID})
	}
	try := func(list ...remedy.Change) bool {
		after, at := c.after(list)
		return after.has(t, g, at)
	}
	for _, x := range all {
		if try(x) {
			return true, true
		}
	}
	for i, x := range values {
		for _, y := range values[i+1:] {
			if (x.ResourceID != y.ResourceID || x.Property != y.Property) && try(x, y) {
				return false, true
			}
		}
	}
	return false, false
}

// payroll is a company in which one clerk of Payroll lacks everything for a different reason.
func payroll() (c *company, pay, clerk int64) {
	c = newCompany()
	finance := c.thing(department, "FIN", 0)
	pay = c.thing(department, "PAY", finance)
	c.thing(department, "SAL", 0)
	clerk = c.thing(title, "CLK", 0)
	c.thing(title, "HEAD", 0)
	c.hire()
	return c, pay, clerk
}

func TestNearestRuleOfSeveral(t *testing.T) {
	t.Parallel()
	c, pay, clerk := payroll()
	role := c.role(rolemodel.Single)
	c.roleRule(rolemodel.RoleRule{RoleID: role, Dimensions: rolemodel.Criteria{"Department": {Key: "SAL"}, "Title": {Key: "HEAD"}}})
	c.roleRule(rolemodel.RoleRule{RoleID: role, Dimensions: rolemodel.Criteria{"Department": {Key: "FIN", Inherit: true}, "Title": {Key: "HEAD"}}})
	record := c.work(time.Time{}, time.Time{}, pay, clerk)
	a := find(t, c, remedy.Goal{RoleID: role})
	require.False(t, a.Given)
	require.Equal(t, []remedy.Change{{Kind: remedy.Value, ResourceID: record, Property: "Title", Dimension: "Title", From: clerk, To: c.keys.IDs[title]["HEAD"]}}, a.Ways[0])
}

func TestRoleAboveIsLackingToo(t *testing.T) {
	t.Parallel()
	c, pay, clerk := payroll()
	parent, child := c.role(rolemodel.Composite), c.role(rolemodel.Single)
	c.roleRule(rolemodel.RoleRule{RoleID: parent, Dimensions: rolemodel.Criteria{"Department": {Key: "SAL"}}})
	c.roleRule(rolemodel.RoleRule{RoleID: child, CompositeRoleID: &parent, Dimensions: rolemodel.Criteria{"Title": {Key: "HEAD"}}})
	c.work(time.Time{}, time.Time{}, pay, clerk)
	a := find(t, c, remedy.Goal{RoleID: child})
	require.Len(t, a.Ways, 1)
	require.Len(t, a.Ways[0], 2, "the department for the role above, the title for this one")
}

// TestForbiddenIsLedRound: no answer is to change the rule that forbids.
func TestForbiddenIsLedRound(t *testing.T) {
	t.Parallel()
	c, pay, clerk := payroll()
	role := c.role(rolemodel.Single)
	c.roleRule(rolemodel.RoleRule{RoleID: role})
	c.roleRule(rolemodel.RoleRule{RoleID: role, IsDenied: true, Dimensions: rolemodel.Criteria{"Title": {Key: "CLK"}}})
	record := c.work(time.Time{}, time.Time{}, pay, clerk)
	require.Equal(t, [][]remedy.Change{{{Kind: remedy.Value, ResourceID: record, Property: "Title", Dimension: "Title", From: clerk}}}, find(t, c, remedy.Goal{RoleID: role}).Ways)

	c.roleRule(rolemodel.RoleRule{RoleID: role, IsDenied: true, Priority: -1})
	require.Empty(t, find(t, c, remedy.Goal{RoleID: role}).Ways, "it is forbidden for everybody")
}

// TestSuggestionInTheWay: a rule that only suggests decides, when its precedence is higher than that of one that gives.
func TestSuggestionInTheWay(t *testing.T) {
	t.Parallel()
	c, pay, clerk := payroll()
	role := c.role(rolemodel.Single)
	c.roleRule(rolemodel.RoleRule{RoleID: role, Priority: 1})
	c.roleRule(rolemodel.RoleRule{RoleID: role, Type: rolemodel.Suggested, Dimensions: rolemodel.Criteria{"Title": {Key: "CLK"}}})
	record := c.work(time.Time{}, time.Time{}, pay, clerk)
	require.Equal(t, [][]remedy.Change{{{Kind: remedy.Value, ResourceID: record, Property: "Title", Dimension: "Title", From: clerk}}}, find(t, c, remedy.Goal{RoleID: role}).Ways)
}

func TestOtherReasons(t *testing.T) {
	t.Parallel()
	t.Run("nobody gives it", func(t *testing.T) {
		c, _, _ := payroll()
		require.Empty(t, find(t, c, remedy.Goal{RoleID: c.role(rolemodel.Single)}).Ways)
	})
	t.Run("no record counts", func(t *testing.T) {
		c, _, _ := payroll()
		role := c.role(rolemodel.Single)
		c.roleRule(rolemodel.RoleRule{RoleID: role, Dimensions: rolemodel.Criteria{"Department": {Key: "SAL"}}})
		require.Equal(t, [][]remedy.Change{{{Kind: remedy.Record, ContextRuleID: 1, Values: []remedy.RecordValue{{Dimension: "Department", Property: "Department", To: c.keys.IDs[department]["SAL"]}}}}},
			find(t, c, remedy.Goal{RoleID: role}).Ways)
	})
	t.Run("it begins later", func(t *testing.T) {
		c, pay, clerk := payroll()
		role := c.role(rolemodel.Single)
		c.roleRule(rolemodel.RoleRule{RoleID: role, Dimensions: rolemodel.Criteria{"Department": {Key: "PAY"}}})
		begins := now.AddDate(0, 1, 0)
		c.work(begins, time.Time{}, pay, clerk)
		require.Equal(t, []remedy.Change{{Kind: remedy.Time, At: begins}}, find(t, c, remedy.Goal{RoleID: role}).Ways[0])
	})
	t.Run("a person refused it", func(t *testing.T) {
		c, pay, clerk := payroll()
		role := c.role(rolemodel.Single)
		c.roleRule(rolemodel.RoleRule{RoleID: role})
		c.work(time.Time{}, time.Time{}, pay, clerk)
		c.owner.Roles = append(c.owner.Roles, &evaluation.AssignedRole{ID: 7, RoleID: role, Workflow: evaluation.Approved, Origin: evaluation.OriginManual, IsDenied: true})
		require.Equal(t, [][]remedy.Change{{{Kind: remedy.Denial, RoleID: role, RowID: 7}}}, find(t, c, remedy.Goal{RoleID: role}).Ways)
	})
	t.Run("the policy is off", func(t *testing.T) {
		c, pay, clerk := payroll()
		c.m.Policies = append(c.m.Policies, &rolemodel.Policy{ID: 2, Identifier: "Off"})
		role := c.role(rolemodel.Single)
		c.roleRule(rolemodel.RoleRule{RoleID: role, PolicyID: 2})
		c.work(time.Time{}, time.Time{}, pay, clerk)
		require.Equal(t, [][]remedy.Change{{{Kind: remedy.Policy, PolicyID: 2}}}, find(t, c, remedy.Goal{RoleID: role}).Ways)
	})
	t.Run("outside of the policy", func(t *testing.T) {
		c, pay, clerk := payroll()
		c.m.Policies = append(c.m.Policies, &rolemodel.Policy{ID: 2, Identifier: "Sales", IsProvisioningEnabled: true, Dimensions: rolemodel.Criteria{"Department": {Key: "SAL"}}})
		role := c.role(rolemodel.Single)
		c.roleRule(rolemodel.RoleRule{RoleID: role, PolicyID: 2})
		record := c.work(time.Time{}, time.Time{}, pay, clerk)
		require.Equal(t, [][]remedy.Change{{{Kind: remedy.Value, ResourceID: record, Property: "Department", Dimension: "Department", From: pay, To: c.keys.IDs[department]["SAL"], Below: true}}},
			find(t, c, remedy.Goal{RoleID: role}).Ways)
	})
	t.Run("it is there", func(t *testing.T) {
		c, pay, clerk := payroll()
		role := c.role(rolemodel.Single)
		c.roleRule(rolemodel.RoleRule{RoleID: role})
		c.work(time.Time{}, time.Time{}, pay, clerk)
		require.True(t, find(t, c, remedy.Goal{RoleID: role}).Given)
	})
}

// TestRoleWithOtherParameters: a role that somebody has by hand, with no parameters, does not make a rule apply that asks for one of them; a rule that gives the
// role by the context does.
func TestRoleWithOtherParameters(t *testing.T) {
	t.Parallel()
	c, pay, clerk := payroll()
	parent, child := c.role(rolemodel.Composite), c.role(rolemodel.Single)
	c.roleRule(rolemodel.RoleRule{RoleID: parent, Dimensions: rolemodel.Criteria{"Title": {Key: "HEAD"}}})
	c.roleRule(rolemodel.RoleRule{RoleID: child, CompositeRoleID: &parent, Dimensions: rolemodel.Criteria{"Department": {Key: "PAY"}}})
	record := c.work(time.Time{}, time.Time{}, pay, clerk)
	c.owner.Roles = append(c.owner.Roles, &evaluation.AssignedRole{ID: 7, RoleID: parent, Workflow: evaluation.Approved, Origin: evaluation.OriginManual})
	require.Equal(t, [][]remedy.Change{{{Kind: remedy.Value, ResourceID: record, Property: "Title", Dimension: "Title", From: clerk, To: c.keys.IDs[title]["HEAD"]}}},
		find(t, c, remedy.Goal{RoleID: child}).Ways)
}

// TestBelowWhatStandsInTheWay: a rule of the same strength asks for the value itself, so that one below it is the way.
func TestBelowWhatStandsInTheWay(t *testing.T) {
	t.Parallel()
	c, pay, clerk := payroll()
	role := c.role(rolemodel.Single)
	c.roleRule(rolemodel.RoleRule{RoleID: role, IsDenied: true, Dimensions: rolemodel.Criteria{"Department": {Key: "FIN"}}})
	c.roleRule(rolemodel.RoleRule{RoleID: role, Dimensions: rolemodel.Criteria{"Department": {Key: "FIN", Inherit: true}}})
	record := c.work(time.Time{}, time.Time{}, c.keys.IDs[department]["SAL"], clerk)
	require.Equal(t, [][]remedy.Change{{{Kind: remedy.Value, ResourceID: record, Property: "Department", Dimension: "Department", From: c.keys.IDs[department]["SAL"], To: pay}}},
		find(t, c, remedy.Goal{RoleID: role}).Ways)
}

// TestAboveWhatStandsInTheWay: what stands in the way asks for a value below the one that the giving rule asks for.
func TestAboveWhatStandsInTheWay(t *testing.T) {
	t.Parallel()
	c, pay, clerk := payroll()
	role := c.role(rolemodel.Single)
	c.roleRule(rolemodel.RoleRule{RoleID: role, Priority: 1, Dimensions: rolemodel.Criteria{"Department": {Key: "FIN", Inherit: true}}})
	c.roleRule(rolemodel.RoleRule{RoleID: role, Type: rolemodel.Suggested, Dimensions: rolemodel.Criteria{"Department": {Key: "PAY"}}})
	record := c.work(time.Time{}, time.Time{}, pay, clerk)
	require.Equal(t, [][]remedy.Change{{{Kind: remedy.Value, ResourceID: record, Property: "Department", Dimension: "Department", From: pay, To: c.keys.IDs[department]["FIN"]}}},
		find(t, c, remedy.Goal{RoleID: role}).Ways)
}
