package computation

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/evaluation"
	"writ/server/rolemodel"
)

// mustExplain evaluates with reasons kept and gives the steps by kind.
func (o *organisation) mustExplain(t *testing.T, p *evaluation.Owner) map[evaluation.StepKind][]evaluation.Step {
	t.Helper()
	b := o.batch(p)
	b.Explain = true
	res := Evaluate(o.c, b)[0]
	require.NoError(t, res.Err)
	out := map[evaluation.StepKind][]evaluation.Step{}
	for _, s := range res.Trace.Steps {
		out[s.Kind] = append(out[s.Kind], s)
	}
	return out
}

func byRule(steps []evaluation.Step) map[int64]evaluation.Step {
	out := map[int64]evaluation.Step{}
	for _, s := range steps {
		out[s.RuleID] = s
	}
	return out
}

func TestExplain(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	it := o.thing(department, "IT", 0)
	platform := o.thing(department, "Platform", it)
	hr := o.thing(department, "HR", 0)
	boss := o.thing(title, "Boss", 0)
	o.thing(group, "G", 0)
	role, other := o.role(rolemodel.Single, "R"), o.role(rolemodel.Single, "Other")
	yes := o.roleRule(rolemodel.RoleRule{RoleID: role, Dimensions: rolemodel.Criteria{"Department": {Key: "IT", Inherit: true}}})
	no := o.roleRule(rolemodel.RoleRule{RoleID: other, Dimensions: rolemodel.Criteria{"Department": {Key: "HR"}, "Title": {Key: "Boss"}}})
	typ := o.accounts()
	nav := o.member(typ, "G", role)
	not := o.member(typ, "G", other)
	value := o.scalar(typ, "Phone", "LastName", "")
	p := o.employ("Ann", "Lee", platform)
	o.evaluate(p)
	steps := o.mustExplain(t, p)

	require.True(t, steps[evaluation.StepContext][0].Matched)
	require.Equal(t, platform, steps[evaluation.StepContext][0].Values["Department"])
	roles := byRule(steps[evaluation.StepSingleRole])
	require.True(t, roles[yes].Matched)
	require.Equal(t, []evaluation.CriterionFact{{Dimension: "Department", Key: "IT", Wanted: it, Below: true, Has: platform, Holds: true}}, roles[yes].Criteria)
	require.False(t, roles[no].Matched)
	require.Equal(t, []evaluation.CriterionFact{{Dimension: "Department", Key: "HR", Wanted: hr, Has: platform}, {Dimension: "Title", Key: "Boss", Wanted: boss}}, roles[no].Criteria)
	held := map[int64]bool{}
	for _, s := range steps[evaluation.StepRole] {
		held[s.RoleID] = s.Matched
	}
	require.Equal(t, map[int64]bool{role: true, other: false}, held)
	values := byRule(steps[evaluation.StepProperty])
	require.True(t, values[nav.ID].Matched && values[nav.ID].RoleHeld)
	require.Equal(t, role, values[nav.ID].NeedsRoleID)
	require.False(t, values[not.ID].Matched || values[not.ID].RoleHeld)
	require.Equal(t, "Lee", values[value.ID].Value)
	require.True(t, steps[evaluation.StepType][0].Matched)
}

func TestExplainRoleThroughAnother(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	hr := o.thing(department, "HR", 0)
	it := o.thing(department, "IT", 0)
	parent, child := o.role(rolemodel.Composite, "Parent"), o.role(rolemodel.Single, "Child")
	o.roleRule(rolemodel.RoleRule{RoleID: parent, Dimensions: rolemodel.Criteria{"Department": {Key: "IT"}}})
	through := o.roleRule(rolemodel.RoleRule{RoleID: child, CompositeRoleID: &parent})
	in, out := o.employ("Ann", "Lee", it), o.employ("Bob", "Ray", hr)
	o.evaluate(in)
	o.evaluate(out)

	yes := byRule(o.mustExplain(t, in)[evaluation.StepSingleRole])[through]
	require.True(t, yes.Matched && yes.RoleHeld)
	no := byRule(o.mustExplain(t, out)[evaluation.StepSingleRole])[through]
	require.False(t, no.Matched || no.RoleHeld, "a rule that failed for want of the role above it is told too")
	require.Equal(t, parent, no.NeedsRoleID)
}

func TestExplainOverruled(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	it := o.thing(department, "IT", 0)
	role := o.role(rolemodel.Single, "R")
	o.roleRule(rolemodel.RoleRule{RoleID: role, Dimensions: rolemodel.Criteria{"Department": {Key: "IT"}}})
	typ := o.accounts()
	general := o.scalar(typ, "Phone", "LastName", "")
	special := o.scalar(typ, "Phone", "FirstName", "")
	special.SingleRoleID = &role
	o.compile()
	p := o.employ("Ann", "Lee", it)
	o.evaluate(p)
	steps := byRule(o.mustExplain(t, p)[evaluation.StepProperty])
	require.True(t, steps[general.ID].Overruled)
	require.False(t, steps[special.ID].Overruled)
	require.Equal(t, "Ann", steps[special.ID].Value)
}

func TestExplainDoesNotGetIt(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	hr := o.thing(department, "HR", 0)
	o.thing(department, "IT", 0)
	typ := o.accounts()
	o.typeRule(typ).Dimensions = rolemodel.Criteria{"Department": {Key: "IT"}}
	o.scalar(typ, "Phone", "LastName", "")
	o.compile()
	p := o.employ("Ann", "Lee", hr)
	o.evaluate(p)
	steps := o.mustExplain(t, p)
	require.True(t, slices.ContainsFunc(steps[evaluation.StepResourceType], func(s evaluation.Step) bool { return !s.Matched && !s.Criteria[0].Holds }))
	require.False(t, steps[evaluation.StepType][0].Matched)
	require.True(t, steps[evaluation.StepProperty][0].NotComputed)
}
