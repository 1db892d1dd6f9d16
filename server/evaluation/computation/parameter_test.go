package computation

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/evaluation"
	"writ/server/rolemodel"
)

// zones is the example of role-model 3.4: one role, of which the parameter says which group its holder gets.
func zones(t *testing.T, change ...func(*rolemodel.Role)) (o *organisation, typ *rolemodel.ResourceType, zone int64) {
	o = newOrganisation(t)
	for _, k := range []string{"8h", "12h", "24h"} {
		o.thing(title, k, 0)
		o.thing(group, k, 0)
	}
	o.thing(group, "all", 0)
	typ = o.accounts()
	zone = o.role(rolemodel.Single, "Zone_Brown")
	for _, f := range change {
		f(o.m.Roles[0])
	}
	for _, k := range []string{"8h", "12h", "24h"} {
		o.member(typ, k, zone).Dimensions = rolemodel.Criteria{"Title": {Key: k}}
	}
	return o, typ, zone
}

func requires(r *rolemodel.Role) { r.RequiredParameters = []string{"Title"} }

// rolesOf writes what somebody holds: role, state and parameters.
func (o *organisation) rolesOf(p *evaluation.Owner) []string {
	out := []string{}
	for _, x := range p.Roles {
		text := ""
		for _, r := range o.m.Roles {
			if r.ID == x.RoleID {
				text = fmt.Sprintf("%s %d", r.Identifier, x.Workflow)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(x.Parameters)) {
			text += " " + name + "=" + o.res[x.Parameters[name]].Key
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return out
}

// groupsOf writes which groups somebody is to be in now.
func groupsOf(p *evaluation.Owner) string {
	out := []string{}
	for _, x := range p.Types {
		for _, s := range x.Expected.Properties["MemberOf"] {
			if s.InForce && x.IsExpected {
				out = append(out, s.Value)
			}
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// TestParametersOfRoles is the table of role-model 3.4 and scenario 19: where a parameter comes from, and what a role without one that it requires is.
func TestParametersOfRoles(t *testing.T) {
	t.Parallel()
	const shift = "12h"
	for _, c := range []struct {
		name  string
		setup func(t *testing.T) (*organisation, *evaluation.Owner)
		roles []string
		group string
	}{
		{"19: a required parameter is missing by rule", func(t *testing.T) (*organisation, *evaluation.Owner) {
			o, _, zone := zones(t, requires)
			o.roleRule(rolemodel.RoleRule{RoleID: zone})
			return o, o.employ("Ann", "Lee", 0)
		}, []string{"Zone_Brown 5"}, ""},
		{"the context has it", func(t *testing.T) (*organisation, *evaluation.Owner) {
			o, _, zone := zones(t, requires)
			o.roleRule(rolemodel.RoleRule{RoleID: zone})
			p := o.hire("Ann", "Lee")
			o.position(p, at(-1), time.Time{}, 0, o.keys.IDs[title][shift])
			return o, p
		}, []string{"Zone_Brown 18 Title=12h"}, "12h"},
		{"the role brings it along, whatever the context has", func(t *testing.T) (*organisation, *evaluation.Owner) {
			o, _, zone := zones(t, requires, func(r *rolemodel.Role) { r.ImposedDimensions = map[string]string{"Title": "24h"} })
			o.roleRule(rolemodel.RoleRule{RoleID: zone})
			p := o.hire("Ann", "Lee")
			o.position(p, at(-1), time.Time{}, 0, o.keys.IDs[title][shift])
			return o, p
		}, []string{"Zone_Brown 18 Title=24h"}, "24h"},
		{"another role that is held brings it along", func(t *testing.T) (*organisation, *evaluation.Owner) {
			o, _, zone := zones(t, requires)
			night := o.role(rolemodel.Single, "Night")
			o.m.Roles[1].ImposedDimensions = map[string]string{"Title": "24h"}
			o.roleRule(rolemodel.RoleRule{RoleID: zone})
			o.roleRule(rolemodel.RoleRule{RoleID: night})
			p := o.hire("Ann", "Lee")
			o.position(p, at(-1), time.Time{}, 0, o.keys.IDs[title][shift])
			return o, p
		}, []string{"Night 18", "Zone_Brown 18 Title=24h"}, "24h"},
		{"not required: the rules see what the other role brings along", func(t *testing.T) (*organisation, *evaluation.Owner) {
			o, _, zone := zones(t)
			night := o.role(rolemodel.Single, "Night")
			o.m.Roles[1].ImposedDimensions = map[string]string{"Title": "24h"}
			o.roleRule(rolemodel.RoleRule{RoleID: zone})
			o.roleRule(rolemodel.RoleRule{RoleID: night})
			p := o.hire("Ann", "Lee")
			o.position(p, at(-1), time.Time{}, 0, o.keys.IDs[title][shift])
			return o, p
		}, []string{"Night 18", "Zone_Brown 18"}, "24h"},
		{"two positions: held twice", func(t *testing.T) (*organisation, *evaluation.Owner) {
			o, _, zone := zones(t, requires)
			o.section("Contract", "Hired", "Left", "", byKey("Contract"))
			o.section("Position", "Start", "End", "Department Office Title", fs(byKey("Number"))...)
			o.roleRule(rolemodel.RoleRule{RoleID: zone})
			p := o.hire("Ann", "Lee")
			for i, k := range []string{"8h", "24h"} {
				r := o.job(p, job{contract: "A", hired: 1, left: 13, number: fmt.Sprint(i), from: 1, to: 13})
				r.Links["Title"] = []int64{o.keys.IDs[title][k]}
			}
			return o, p
		}, []string{"Zone_Brown 18 Title=24h", "Zone_Brown 18 Title=8h"}, "24h 8h"},
		{"by hand, twice at once", func(t *testing.T) (*organisation, *evaluation.Owner) {
			o, _, zone := zones(t, requires)
			p := o.employ("Ann", "Lee", 0)
			for _, k := range []string{"8h", "24h"} {
				p.Roles = append(p.Roles, &evaluation.AssignedRole{ID: o.id(), RoleID: zone, Workflow: evaluation.Approved, Origin: evaluation.OriginManual, Parameters: map[string]int64{"Title": o.keys.IDs[title][k]}})
			}
			return o, p
		}, []string{"Zone_Brown 16 Title=24h", "Zone_Brown 16 Title=8h"}, "24h 8h"},
		{"by hand and by rule with another one", func(t *testing.T) (*organisation, *evaluation.Owner) {
			o, _, zone := zones(t, requires)
			o.roleRule(rolemodel.RoleRule{RoleID: zone})
			p := o.hire("Ann", "Lee")
			o.position(p, at(-1), time.Time{}, 0, o.keys.IDs[title][shift])
			p.Roles = append(p.Roles, &evaluation.AssignedRole{ID: o.id(), RoleID: zone, Workflow: evaluation.Approved, Origin: evaluation.OriginManual, Parameters: map[string]int64{"Title": o.keys.IDs[title]["8h"]}})
			return o, p
		}, []string{"Zone_Brown 16 Title=8h", "Zone_Brown 18 Title=12h"}, "12h 8h"},
		{"by hand and by rule with the same one", func(t *testing.T) (*organisation, *evaluation.Owner) {
			o, _, zone := zones(t, requires)
			o.roleRule(rolemodel.RoleRule{RoleID: zone})
			p := o.hire("Ann", "Lee")
			o.position(p, at(-1), time.Time{}, 0, o.keys.IDs[title][shift])
			p.Roles = append(p.Roles, &evaluation.AssignedRole{ID: o.id(), RoleID: zone, Workflow: evaluation.Approved, Origin: evaluation.OriginManual, Parameters: map[string]int64{"Title": o.keys.IDs[title][shift]}})
			return o, p
		}, []string{"Zone_Brown 16 Title=12h"}, "12h"},
		{"by hand before there was a parameter: it has none", func(t *testing.T) (*organisation, *evaluation.Owner) {
			o, typ, zone := zones(t)
			o.member(typ, "all", zone)
			p := o.hire("Ann", "Lee")
			o.position(p, at(-1), time.Time{}, 0, o.keys.IDs[title][shift])
			p.Roles = append(p.Roles, &evaluation.AssignedRole{ID: o.id(), RoleID: zone, Workflow: evaluation.Approved, Origin: evaluation.OriginManual})
			return o, p
		}, []string{"Zone_Brown 16"}, "all"},
		{"passed on by a composite role", func(t *testing.T) (*organisation, *evaluation.Owner) {
			o, _, zone := zones(t, requires)
			pack := o.role(rolemodel.Composite, "Pack")
			o.roleRule(rolemodel.RoleRule{RoleID: zone, CompositeRoleID: &pack})
			p := o.employ("Ann", "Lee", 0)
			p.Roles = append(p.Roles, &evaluation.AssignedRole{ID: o.id(), RoleID: pack, Workflow: evaluation.Approved, Origin: evaluation.OriginManual, Parameters: map[string]int64{"Title": o.keys.IDs[title]["8h"]}})
			return o, p
		}, []string{"Pack 16 Title=8h", "Zone_Brown 18 Title=8h"}, "8h"},
		{"denied with one, kept with the other", func(t *testing.T) (*organisation, *evaluation.Owner) {
			o, _, zone := zones(t, requires)
			o.roleRule(rolemodel.RoleRule{RoleID: zone})
			p := o.hire("Ann", "Lee")
			o.position(p, at(-1), time.Time{}, 0, o.keys.IDs[title][shift])
			p.Roles = append(p.Roles, &evaluation.AssignedRole{ID: o.id(), RoleID: zone, Workflow: evaluation.Approved, Origin: evaluation.OriginManual, IsDenied: true, Parameters: map[string]int64{"Title": o.keys.IDs[title]["8h"]}})
			return o, p
		}, []string{"Zone_Brown 16 Title=8h", "Zone_Brown 18 Title=12h"}, "12h"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o, p := c.setup(t)
			o.evaluate(p)
			require.Equal(t, c.roles, o.rolesOf(p))
			require.Equal(t, c.group, groupsOf(p))
			again := o.evaluate(p)
			require.True(t, again.Unchanged || len(again.Roles)+len(again.Types) == 0, "a second computation finds nothing to do: %+v", again.Roles)
		})
	}
}

// A missing parameter that the context brings later makes the same row whole; one that goes makes it incomplete again.
func TestParameterComesAndGoes(t *testing.T) {
	t.Parallel()
	o, _, zone := zones(t, requires)
	o.roleRule(rolemodel.RoleRule{RoleID: zone})
	p := o.hire("Ann", "Lee")
	r := o.position(p, at(-1), time.Time{}, 0, 0)
	o.evaluate(p)
	require.Equal(t, []string{"Zone_Brown 5"}, o.rolesOf(p))
	id := p.Roles[0].ID
	r.Links["Title"] = []int64{o.keys.IDs[title]["8h"]}
	o.evaluate(p)
	require.Equal(t, []string{"Zone_Brown 18 Title=8h"}, o.rolesOf(p))
	require.Equal(t, id, p.Roles[0].ID)
	require.Equal(t, "8h", groupsOf(p))
	r.Links["Title"] = nil
	o.evaluate(p)
	require.Equal(t, []string{"Zone_Brown 5"}, o.rolesOf(p))
	require.Empty(t, groupsOf(p))
}

// Role-model 12.15, scenario 27: roles of an external policy are never given, changed or taken, and count for the rules of others.
func TestScenario27ExternalPolicy(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	o.m.Policies = append(o.m.Policies, &rolemodel.Policy{ID: 2, Identifier: "Elsewhere", IsProvisioningEnabled: true, IsExternal: true})
	typ := o.accounts()
	o.thing(group, "doors", 0)
	badge, gate := o.role(rolemodel.Single, "Badge"), o.role(rolemodel.Single, "Gate")
	o.m.Roles[0].PolicyID, o.m.Roles[1].PolicyID = 2, 2
	o.roleRule(rolemodel.RoleRule{RoleID: badge})             // of an ordinary policy
	o.roleRule(rolemodel.RoleRule{RoleID: gate, PolicyID: 2}) // of its own
	o.member(typ, "doors", gate)
	p := o.employ("Ann", "Lee", 0)
	past := at(-5)
	rows := []evaluation.AssignedRole{{ID: 1, RoleID: gate, Workflow: evaluation.Calculated, Origin: evaluation.OriginRule, RuleIDs: []int64{99}}, {ID: 2, RoleID: badge, Workflow: evaluation.Declined, Origin: evaluation.OriginManual},
		{ID: 3, RoleID: badge, Workflow: evaluation.Calculated, Origin: evaluation.OriginRule, End: &past}}
	for i := range rows {
		row := rows[i]
		p.Roles = append(p.Roles, &row)
	}
	res := o.evaluate(p)
	require.Empty(t, res.Roles)
	for i, x := range p.Roles {
		require.Equal(t, rows[i], *x)
	}
	require.Equal(t, "doors", groupsOf(p))
	p.Resource.Gone = true
	require.Empty(t, o.evaluate(p).Roles, "also of who is gone")
}

// A found role has the parameters of the rules that it was found by (role-model 12.5): keeping it keeps what it stands for, also when its holder moves.
func TestKeepAFoundRoleWithParameters(t *testing.T) {
	t.Parallel()
	f := newFinding(t, "8h", "12h", "24h")
	for _, k := range []string{"8h", "12h", "24h"} {
		f.thing(title, k, 0)
	}
	f.brings("Zone_Brown")
	f.m.Roles[0].RequiredParameters = []string{"Title"}
	for _, k := range []string{"8h", "12h"} {
		f.member(f.typ, k, f.roles["Zone_Brown"]).Dimensions = rolemodel.Criteria{"Title": {Key: k}}
	}
	record := f.res[f.person.Resource.Links["Records"][0]]
	record.Links["Title"] = []int64{f.keys.IDs[title]["12h"]}
	f.holds("12h", "24h")
	f.evaluate(f.person)
	require.Equal(t, []string{"Zone_Brown 1 Title=12h"}, f.rolesOf(f.person))
	id := f.row("Zone_Brown").ID
	f.decide("Zone_Brown", true)
	f.evaluate(f.person)
	require.Equal(t, []string{"Zone_Brown 16 Title=12h"}, f.rolesOf(f.person))
	require.Equal(t, "12h", groupsOf(f.person))
	require.Empty(t, open(f.one(f.person)), "nothing is taken away, and nothing given")
	record.Links["Title"] = []int64{f.keys.IDs[title]["8h"]}
	f.evaluate(f.person)
	require.Equal(t, []string{"Zone_Brown 16 Title=12h"}, f.rolesOf(f.person))
	require.Equal(t, "12h", groupsOf(f.person))

	f.roleRule(rolemodel.RoleRule{RoleID: f.roles["Zone_Brown"]})
	f.compile()
	f.evaluate(f.person)
	require.Equal(t, []string{"Zone_Brown 16 Title=12h", "Zone_Brown 18 Title=8h"}, f.rolesOf(f.person), "a rule gives it with another value: held twice")
	record.Links["Title"] = []int64{f.keys.IDs[title]["12h"]}
	f.evaluate(f.person)
	require.Equal(t, []string{"Zone_Brown 16 Title=12h"}, f.rolesOf(f.person), "what was approved stays as it is")
	require.Equal(t, id, f.row("Zone_Brown").ID)
}

// A rule that begins to give what was found takes it over, with its parameters (scenario 16).
func TestFoundRoleWithParametersBecomesCalculated(t *testing.T) {
	t.Parallel()
	f := newFinding(t, "8h", "12h")
	f.thing(title, "8h", 0)
	f.thing(title, "12h", 0)
	f.brings("Zone_Brown")
	f.member(f.typ, "12h", f.roles["Zone_Brown"]).Dimensions = rolemodel.Criteria{"Title": {Key: "12h"}}
	f.res[f.person.Resource.Links["Records"][0]].Links["Title"] = []int64{f.keys.IDs[title]["12h"]}
	f.holds("12h")
	f.evaluate(f.person)
	require.Equal(t, []string{"Zone_Brown 1 Title=12h"}, f.rolesOf(f.person))
	id := f.row("Zone_Brown").ID
	f.roleRule(rolemodel.RoleRule{RoleID: f.roles["Zone_Brown"]})
	f.compile()
	f.evaluate(f.person)
	require.Equal(t, []string{"Zone_Brown 18"}, f.rolesOf(f.person), "it is not required: the context says it at each instant")
	require.Equal(t, id, f.row("Zone_Brown").ID)
	require.Empty(t, f.row("Zone_Brown").FoundBy)
}
