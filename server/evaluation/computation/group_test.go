package computation

import (
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/evaluation"
	"writ/server/evaluation/interval"
	"writ/server/rolemodel"
)

// grouping has memberships grouped by the name of what they point to, and gives groups of one kind.
func grouping(t *testing.T, groups ...string) (*organisation, *rolemodel.ResourceType) {
	t.Helper()
	o := newOrganisation(t)
	memberOf := *o.shape.Property(account, "MemberOf")
	memberOf.GroupBy = "Kind"
	for i, p := range o.shape.PropertiesOf[account] {
		if p.Identifier == "MemberOf" {
			o.shape.PropertiesOf[account][i], o.shape.Properties[p.ID] = &memberOf, &memberOf
		}
	}
	o.keys.Values = map[int64]map[string]string{}
	for _, g := range groups {
		id := o.thing(group, g, 0)
		o.keys.Values[id] = map[string]string{"Kind": "License"}
		o.res[id].Scalars["Kind"] = "License"
	}
	typ := o.accounts()
	o.typeRule(typ)
	o.scalar(typ, "Login", "LastName", "")
	return o, typ
}

// memberships are the values that somebody's account shall have now, by label.
func memberships(p *evaluation.Owner) (now []string, lost []string) {
	for _, t := range p.Types {
		for _, s := range t.Expected.Properties["MemberOf"] {
			if s.InForce {
				now = append(now, s.Value)
			}
		}
		for _, c := range t.Expected.Conflicts {
			lost = append(lost, c.Value+" < "+c.Other)
		}
	}
	return now, lost
}

// TestGroupConflict: of a group one is held at a time, that of the stronger rule (role-model 1.4).
func TestGroupConflict(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first, second func(o *organisation, x *rolemodel.ResourceTypeRule)
		now, lost     []string
	}{
		"LowestRule": {nil, nil, []string{"A"}, []string{"B < A"}},
		"RoleIsStronger": {nil, func(o *organisation, x *rolemodel.ResourceTypeRule) {
			role := o.role(rolemodel.Single, "R")
			o.roleRule(rolemodel.RoleRule{RoleID: role})
			x.SingleRoleID = &role
		}, []string{"B"}, []string{"A < B"}},
		"DefaultIsStrongerThanAround": {func(_ *organisation, x *rolemodel.ResourceTypeRule) { x.OffsetReference = rolemodel.OffsetAround }, nil, []string{"B"}, []string{"A < B"}},
		"OffsetBeforeRole": {func(o *organisation, x *rolemodel.ResourceTypeRule) {
			role := o.role(rolemodel.Single, "R")
			o.roleRule(rolemodel.RoleRule{RoleID: role})
			x.SingleRoleID, x.OffsetReference = &role, rolemodel.OffsetAround
		}, nil, []string{"B"}, []string{"A < B"}},
		"ForbiddenTakesNoPlace": {func(o *organisation, x *rolemodel.ResourceTypeRule) {
			o.member(o.m.ResourceTypes[0], "A", 0).IsDenied = true
		}, nil, []string{"B"}, nil},
		"TwoRulesForOne": {nil, func(o *organisation, x *rolemodel.ResourceTypeRule) { x.ValueKey = ptr("A") }, []string{"A"}, nil},
		"OtherGroup": {nil, func(o *organisation, x *rolemodel.ResourceTypeRule) {
			o.keys.Values[o.keys.IDs[group]["B"]] = map[string]string{"Kind": "Other"}
		}, []string{"A", "B"}, nil},
		"NoGroup": {nil, func(o *organisation, x *rolemodel.ResourceTypeRule) {
			delete(o.keys.Values, o.keys.IDs[group]["A"])
			delete(o.keys.Values, o.keys.IDs[group]["B"])
		}, []string{"A", "B"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, typ := grouping(t, "A", "B")
			first, second := o.member(typ, "A", 0), o.member(typ, "B", 0)
			if c.first != nil {
				c.first(o, first)
			}
			if c.second != nil {
				c.second(o, second)
			}
			p := o.employ("Ann", "Lee", 0)
			o.evaluate(p)
			now, lost := memberships(p)
			require.Equal(t, c.now, now)
			require.Equal(t, c.lost, lost)
		})
	}
}

// TestGroupOverTime: what gives way comes back when its place is free, and looks again by itself.
func TestGroupOverTime(t *testing.T) {
	t.Parallel()
	o, typ := grouping(t, "A", "B", "C")
	role := o.role(rolemodel.Single, "R")
	o.member(typ, "A", role)
	o.member(typ, "B", 0)
	o.member(typ, "C", 0)
	p := o.employ("Ann", "Lee", 0)
	p.Roles = append(p.Roles, &evaluation.AssignedRole{ID: o.id(), RoleID: role, Workflow: evaluation.Approved, Origin: evaluation.OriginManual, Start: ptr(at(-10)), End: ptr(at(5))})
	o.evaluate(p)
	now, lost := memberships(p)
	require.Equal(t, []string{"A"}, now)
	require.Equal(t, []string{"B < A", "C < A", "C < B"}, lost)
	require.WithinDuration(t, at(5), *p.NextAt, 0)
	for i, s := range p.Types[0].Expected.Properties["MemberOf"] { // at no instant two of them
		for _, u := range p.Types[0].Expected.Properties["MemberOf"][:i] {
			require.Empty(t, interval.Set{s.Interval()}.Intersect(interval.Set{u.Interval()}))
		}
	}

	steps := byRule(o.mustExplain(t, p)[evaluation.StepProperty])
	for _, x := range o.m.Rules {
		if x.ValueKey != nil && *x.ValueKey != "A" {
			require.True(t, steps[x.ID].Matched)
		}
	}
	require.NotEmpty(t, steps[o.m.Rules[len(o.m.Rules)-1].ID].Instead)

	o.now = at(6)
	o.evaluate(p)
	now, lost = memberships(p)
	require.Equal(t, []string{"B"}, now)
	require.Equal(t, []string{"C < B"}, lost)
}

// TestGroupOfWhatAQueryFinds: the group of what is looked up is read from its data, and another one is another input.
func TestGroupOfWhatAQueryFinds(t *testing.T) {
	t.Parallel()
	o, typ := grouping(t, "A", "B")
	o.member(typ, "A", 0)
	query := o.rule(typ, rolemodel.ResourceTypeRule{Kind: rolemodel.QueryRule, PropertyID: o.property("MemberOf"), SourceBinding: ptr("LastName"), TargetBinding: ptr("Cn"), Confidence: 100})
	o.compile()
	p := o.employ("Ann", "B", 0)
	o.offer = func(x *evaluation.Owner) {
		x.Lookups = map[evaluation.Key][]int64{{RuleID: query.ID, Value: "B"}: {o.keys.IDs[group]["B"]}}
	}
	o.evaluate(p)
	now, lost := memberships(p)
	require.Equal(t, []string{"A"}, now)
	require.Equal(t, []string{"B < A"}, lost)

	o.res[o.keys.IDs[group]["B"]].Scalars["Kind"] = "Other"
	require.False(t, Evaluate(o.c, o.batch(p))[0].Unchanged)
	o.evaluate(p)
	now, lost = memberships(p)
	require.Equal(t, []string{"A", "B"}, now)
	require.Empty(t, lost)
}
