package computation

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/evaluation"
	"writ/server/evaluation/model"
	"writ/server/rolemodel"
)

// The numbers are those of role-model 12.15.

func TestScenarioPriorities(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		grant, deny int
		given       bool
	}{
		"1 GrantIsStronger": {1, 5, true},
		"2 SamePriority":    {1, 1, false},
		"DenialIsStronger":  {5, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOrganisation(t)
			role := o.role(rolemodel.Single, "R")
			o.roleRule(rolemodel.RoleRule{RoleID: role, Priority: c.grant})
			o.roleRule(rolemodel.RoleRule{RoleID: role, Priority: c.deny, IsDenied: true})
			p := o.employ("Ann", "Lee", 0)
			o.evaluate(p)
			require.Equal(t, c.given, len(p.Roles) == 1)
		})
	}
}

func TestScenario3Inheritance(t *testing.T) {
	t.Parallel()
	for name, inherit := range map[string]bool{"WithDescendants": true, "Exactly": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOrganisation(t)
			it := o.thing(department, "IT", 0)
			platform := o.thing(department, "IT/Platform", it)
			databases := o.thing(department, "IT/Platform/Databases", platform)
			sales := o.thing(department, "Sales", 0)
			dev := o.thing(title, "Developer", 0)
			role := o.role(rolemodel.Single, "R")
			o.roleRule(rolemodel.RoleRule{RoleID: role, Dimensions: rolemodel.Criteria{"Department": {Key: "IT", Inherit: inherit}, "Title": {Key: "Developer"}}})
			for place, want := range map[int64]bool{it: true, databases: inherit, sales: false} {
				p := o.hire("P", "Q")
				o.position(p, at(-1), time.Time{}, place, dev)
				o.evaluate(p)
				require.Equal(t, want, len(p.Roles) == 1, o.res[place].Key)
			}
			p := o.hire("No", "Title")
			o.position(p, at(-1), time.Time{}, it, 0)
			o.evaluate(p)
			require.Empty(t, p.Roles, "a criterion on a dimension without value does not match")
		})
	}
}

func TestUnknownKeyWarnsAndNeverMatches(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	role := o.role(rolemodel.Single, "R")
	o.roleRule(rolemodel.RoleRule{RoleID: role, Dimensions: rolemodel.Criteria{"Department": {Key: "Nowhere", Inherit: true}}})
	require.Equal(t, map[int64][]string{department: {"Nowhere"}}, model.RequiredKeys(o.m, o.shape))
	c, problems := model.Compile(o.m, o.shape, o.keys)
	require.Len(t, problems, 1)
	require.Equal(t, rolemodel.SeverityWarning, problems[0].Severity)
	o.c = c
	p := o.employ("Ann", "Lee", 0)
	o.evaluate(p)
	require.Empty(t, p.Roles)
}

func TestCompositeRoles(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	it := o.thing(department, "IT", 0)
	sales := o.thing(department, "Sales", 0)
	pack, sub := o.role(rolemodel.Composite, "Pack"), o.role(rolemodel.Composite, "Sub")
	mail := o.role(rolemodel.Single, "Mail")
	// written child first: the order of the model does not matter
	o.roleRule(rolemodel.RoleRule{RoleID: mail, CompositeRoleID: &sub})
	o.roleRule(rolemodel.RoleRule{RoleID: sub, CompositeRoleID: &pack})
	o.roleRule(rolemodel.RoleRule{RoleID: pack, Dimensions: rolemodel.Criteria{"Department": {Key: "IT"}}})
	p := o.hire("Ann", "Lee")
	r := o.position(p, at(-10), at(10), it, 0)
	o.evaluate(p)
	require.Len(t, p.Roles, 3)
	for _, row := range p.Roles {
		require.Equal(t, evaluation.Calculated, row.Workflow)
		require.Equal(t, at(-10), *row.Start)
		require.Equal(t, at(10), *row.End)
		if row.RoleID == mail {
			require.Equal(t, evaluation.OriginInferred, row.Origin)
			require.Equal(t, sub, row.InferredByID)
		}
	}
	r.Links["Department"] = []int64{sales}
	o.evaluate(p)
	require.Empty(t, p.Roles, "all go with the department")
}

func TestScenario4Suggested(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	role := o.role(rolemodel.Single, "R")
	o.roleRule(rolemodel.RoleRule{RoleID: role, Type: rolemodel.Suggested})
	p := o.employ("Ann", "Lee", 0)
	o.evaluate(p)
	require.Empty(t, p.Roles)
}

func TestScenario5TypeForAll(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	o.typeRule(o.accounts())
	for range 3 {
		p := o.employ("Ann", "Lee", 0)
		o.evaluate(p)
		require.Equal(t, evaluation.Calculated, o.one(p).Workflow)
		require.Equal(t, []string{"CREATE   1"}, open(o.one(p)))
	}
}

func TestScenario6InducedByRole(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	g := o.thing(group, "G_VPN", 0)
	role := o.role(rolemodel.Single, "VPN")
	o.roleRule(rolemodel.RoleRule{RoleID: role})
	o.member(o.accounts(), "G_VPN", role)
	p := o.employ("Ann", "Lee", 0)
	o.evaluate(p)
	require.Equal(t, evaluation.GivenByRole, o.one(p).Workflow)
	require.Equal(t, []string{"ADD MemberOf G_VPN 1", "CREATE   1"}, open(o.one(p)))
	require.Equal(t, []int64{role}, o.one(p).Expected.Roles)
	require.Equal(t, g, o.one(p).Expected.Properties["MemberOf"][0].ID)
}

func TestScenario7And8NothingInduced(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	typ := o.accounts()
	o.scalar(typ, "Phone", "Phone", "")
	o.rule(typ, rolemodel.ResourceTypeRule{Kind: rolemodel.QueryRule, PropertyID: o.property("Home"), SourceBinding: ptr("Department.Code"), TargetBinding: ptr("Code"), Confidence: 100})
	p := o.employ("Ann", "Lee", 0)
	o.evaluate(p)
	require.Empty(t, p.Types)
}

func TestScenario9Offsets(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	typ := o.accounts()
	o.typeRule(typ)
	for _, x := range []struct {
		ref           rolemodel.OffsetReference
		before, after int
		value         string
	}{{rolemodel.OffsetBefore, -43200, 0, "false"}, {rolemodel.OffsetAround, 0, 0, "true"}, {rolemodel.OffsetAfter, 0, 259200, "false"}} {
		r := o.scalar(typ, "Enabled", "", "Literal:"+x.value)
		r.OffsetReference, r.OffsetBefore, r.OffsetAfter = x.ref, x.before, x.after
	}
	start, end := at(60), at(200)
	p := o.hire("Ann", "Lee")
	o.position(p, start, end, 0, 0)
	o.evaluate(p)
	row := o.one(p)
	require.Equal(t, start.AddDate(0, 0, -30), *row.Start, "extended before")
	require.Equal(t, end.AddDate(0, 0, 180), *row.End, "extended after")
	require.Equal(t, []string{"CREATE   0 not_due", "SET Enabled false 0 not_due"}, open(row))
	spans := row.Expected.Properties["Enabled"]
	require.Len(t, spans, 3)
	require.Equal(t, []string{"false", "true", "false"}, []string{spans[0].Value, spans[1].Value, spans[2].Value})
	require.Equal(t, start, *spans[1].From)
	require.Equal(t, end, *spans[1].To)

	// the next thing that happens by itself is the day on which the order is due
	require.Equal(t, start.AddDate(0, 0, -30), *p.NextAt)
	o.now = *p.NextAt
	o.evaluate(p)
	require.Equal(t, []string{"CREATE   1", "SET Enabled false 1"}, open(o.one(p)))
	o.correlation(typ, 100)
	o.compile()
	o.correlate()
	o.provision(p)
	require.Nil(t, o.one(p).Order)
	o.now = start
	o.evaluate(p)
	require.Equal(t, []string{"SET Enabled true 1"}, open(o.one(p)), "the first day: a change of the source, no drift")
	o.provision(p)
	require.Nil(t, o.one(p).Order)
	o.now = end
	o.provision(p)
	require.Equal(t, "false", o.res[o.one(p).TargetID].Scalars["Enabled"])
	o.now = end.AddDate(0, 0, 180)
	o.evaluate(p)
	require.Equal(t, []string{"DELETE   1"}, open(o.one(p)))
	o.fulfil(p)
	o.sync(p)
	o.evaluate(p)
	require.Empty(t, p.Types)
}

func TestScenario10DefaultWinsOverAfter(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	typ := o.accounts()
	o.typeRule(typ)
	o.scalar(typ, "Enabled", "", "Literal:true")
	r := o.scalar(typ, "Enabled", "", "Literal:false")
	r.OffsetReference, r.OffsetBefore, r.OffsetAfter = rolemodel.OffsetAfter, -14400, 14400
	p := o.hire("Ann", "Lee")
	o.position(p, at(-10), at(10), 0, 0)
	o.evaluate(p)
	spans := o.one(p).Expected.Properties["Enabled"]
	require.Len(t, spans, 2)
	require.Equal(t, "true", spans[0].Value)
	require.Equal(t, at(10), *spans[0].To, "Default covers the time of the type, although After begins ten days before its end")
	require.Equal(t, "false", spans[1].Value)
	require.Equal(t, at(20), *spans[1].To)
}

func TestScenario11LossWithoutAllowRemove(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	it := o.thing(department, "IT", 0)
	hr := o.thing(department, "HR", 0)
	o.thing(group, "G", 0)
	role := o.role(rolemodel.Single, "R")
	o.roleRule(rolemodel.RoleRule{RoleID: role, Dimensions: rolemodel.Criteria{"Department": {Key: "IT"}}})
	typ := o.accounts(func(t *rolemodel.ResourceType) { t.AllowRemove = false })
	o.member(typ, "G", role)
	o.correlation(typ, 100)
	o.compile()
	o.correlate()
	p := o.hire("Ann", "Lee")
	r := o.position(p, at(-10), time.Time{}, it, 0)
	o.provision(p)
	require.NotZero(t, o.one(p).TargetID)
	r.Links["Department"] = []int64{hr}
	o.evaluate(p)
	row := o.one(p)
	require.Nil(t, row.Order)
	require.Equal(t, evaluation.NonConforming, row.Workflow)
	require.Len(t, row.Gaps, 1)
	require.Empty(t, row.Gaps[0].Property)
	// confirmed on resource reconciliation
	row.Workflow = evaluation.Cancellation
	o.evaluate(p)
	require.Equal(t, []string{"DELETE   1"}, open(o.one(p)), "already reviewed")
	require.Empty(t, o.one(p).Gaps)
}

func TestScenario12KeptValue(t *testing.T) {
	t.Parallel()
	for name, discard := range map[string]bool{"Questioned": false, "Overwritten": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, p := settled(t, func(t *rolemodel.ResourceType) { t.DiscardManualAssignments = discard })
			target := o.res[o.one(p).TargetID]
			target.Scalars["Phone"] = "by hand"
			o.evaluate(p)
			row := o.one(p)
			require.Nil(t, row.Order, "the server does not overwrite it")
			require.Equal(t, []string{"Phone by hand -> 100 1"}, gaps(row))
			row.Gaps = nil
			row.Kept = []*evaluation.Kept{{ID: 1, Property: "Phone", Workflow: evaluation.Approved, Value: "by hand", KeptAgainst: "100"}}
			o.evaluate(p)
			require.Empty(t, o.one(p).Gaps)
			p.Resource.Scalars["Phone"] = "200"
			o.evaluate(p)
			row = o.one(p)
			if !discard {
				require.Nil(t, row.Order)
				require.Equal(t, evaluation.Questioned, row.Kept[0].Workflow)
				p.Resource.Scalars["Phone"] = "100"
				o.evaluate(p)
				require.Equal(t, evaluation.Approved, o.one(p).Kept[0].Workflow, "the question is settled")
				target.Scalars["Phone"] = "again by hand"
				o.evaluate(p)
				require.Empty(t, o.one(p).Kept)
				require.Equal(t, []string{"Phone again by hand -> 100 1"}, gaps(o.one(p)))
				return
			}
			require.Empty(t, row.Kept)
			require.Equal(t, []string{"SET Phone 200 1"}, open(row))
			require.Equal(t, evaluation.Calculated, row.Order.Lines[0].Workflow)
		})
	}
}

func TestScenario13GroupRemovedByHand(t *testing.T) {
	t.Parallel()
	o, p := settled(t)
	target := o.res[o.one(p).TargetID]
	target.Links["MemberOf"] = nil
	o.evaluate(p)
	require.Equal(t, []string{"ADD MemberOf G 5 missing_in_target"}, open(o.one(p)))
}

func TestScenario17ApprovedOverAutomatic(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	role := o.role(rolemodel.Single, "R")
	o.roleRule(rolemodel.RoleRule{RoleID: role})
	p := o.hire("Ann", "Lee")
	o.position(p, at(-5), at(5), 0, 0) // rule [B,C) inside the manual [A,D)
	manual := &evaluation.AssignedRole{ID: 1, RoleID: role, Workflow: evaluation.Approved, Origin: evaluation.OriginManual, Start: ptr(at(-10)), End: ptr(at(10))}
	p.Roles = []*evaluation.AssignedRole{manual}
	o.evaluate(p)
	require.Equal(t, []*evaluation.AssignedRole{manual}, p.Roles, "unchanged")
	o.now = at(10)
	o.evaluate(p)
	require.Empty(t, p.Roles, "its end purges it")
}

func TestScenario20BestRankedContext(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	typ := o.accounts()
	o.typeRule(typ)
	o.scalar(typ, "Phone", "record.Office", "")
	p := o.hire("Ann", "Lee")
	first := o.position(p, at(-10), time.Time{}, 0, 0)
	second := o.position(p, at(-5), time.Time{}, 0, 0)
	later := o.position(p, at(5), time.Time{}, 0, 0)
	first.Scalars["Office"], second.Scalars["Office"], later.Scalars["Office"] = "1", "2", "3"
	res := o.evaluate(p)
	require.Equal(t, "2", o.one(p).Expected.Properties["Phone"][0].Value, "valid now with the latest start")
	require.Contains(t, res.Facts, first.ID, "the choice depends on all records")
	require.Equal(t, at(5), *p.NextAt)
	o.now = at(5)
	o.evaluate(p)
	require.Equal(t, "3", o.one(p).Expected.Properties["Phone"][0].Value)
}

// settled is a person whose account exists, with a phone and a group, all at rest.
func settled(t testing.TB, change ...func(*rolemodel.ResourceType)) (*organisation, *evaluation.Owner) {
	o := newOrganisation(t)
	o.thing(group, "G", 0)
	typ := o.accounts(change...)
	o.typeRule(typ)
	o.scalar(typ, "Phone", "Phone", "")
	o.member(typ, "G", 0)
	o.correlation(typ, 100)
	o.compile()
	o.correlate()
	p := o.employ("Ann", "Lee", 0)
	p.Resource.Scalars["Phone"] = "100"
	o.provision(p)
	row := o.one(p)
	require.NotZero(t, row.TargetID)
	require.Nil(t, row.Order)
	require.Empty(t, row.Gaps)
	return o, p
}
