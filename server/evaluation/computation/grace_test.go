package computation

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/evaluation"
	"writ/server/rolemodel"
)

// granted is an organisation in which a rule gives the role R, with a grace period of a day, and R a group.
func granted(t *testing.T) (o *organisation, p *evaluation.Owner, role int64) {
	o = newOrganisation(t)
	hq := o.thing(department, "HQ", 0)
	o.thing(department, "IT", 0)
	o.thing(group, "G", 0)
	typ := o.accounts()
	typ.AllowRemove = true
	o.typeRule(typ)
	o.correlation(typ, 100)
	role = o.role(rolemodel.Single, "R")
	o.m.Policies[0].GracePeriod = 1440
	o.roleRule(rolemodel.RoleRule{RoleID: role, Dimensions: rolemodel.Criteria{"Department": {Key: "HQ"}}})
	o.member(typ, "G", role)
	o.compile()
	o.correlate()
	p = o.employ("Ann", "Lee", hq)
	o.provision(p)
	require.Equal(t, []string{"R 18"}, o.rolesOf(p))
	require.Equal(t, "G", groupsOf(p))
	return o, p, role
}

func (o *organisation) transfer(p *evaluation.Owner, key string) {
	for _, id := range p.Resource.Links["Records"] {
		o.res[id].Links["Department"] = []int64{o.keys.IDs[department][key]}
	}
}

// TestScenario18Grace: what the rules take away stays for the grace period with what it brings; what the data takes away goes at once.
func TestScenario18Grace(t *testing.T) {
	t.Parallel()
	forbid := func(o *organisation, role int64) {
		o.roleRule(rolemodel.RoleRule{RoleID: role, IsDenied: true, Priority: -1})
	}
	one := func(o *organisation) *rolemodel.RoleRule { return o.m.RoleRules[0] }
	for name, c := range map[string]struct {
		change func(o *organisation, p *evaluation.Owner, role int64)
		want   []string
		cause  evaluation.Cause
	}{
		"RuleDeleted": {func(o *organisation, _ *evaluation.Owner, _ int64) { o.m.RoleRules = nil }, []string{"R 27"}, evaluation.CauseGone},
		"RuleChanged": {func(o *organisation, _ *evaluation.Owner, _ int64) {
			one(o).Dimensions = rolemodel.Criteria{"Department": {Key: "IT"}}
		}, []string{"R 27"}, evaluation.CauseChanged},
		"OnlySuggested":  {func(o *organisation, _ *evaluation.Owner, _ int64) { one(o).Type = rolemodel.Suggested }, []string{"R 27"}, evaluation.CauseChanged},
		"NowDenies":      {func(o *organisation, _ *evaluation.Owner, _ int64) { one(o).IsDenied = true }, []string{"R 27"}, evaluation.CauseChanged},
		"DenyingRule":    {func(o *organisation, _ *evaluation.Owner, role int64) { forbid(o, role) }, []string{"R 27"}, evaluation.CauseOverruled},
		"PolicyDisabled": {func(o *organisation, _ *evaluation.Owner, _ int64) { o.m.Policies[0].IsProvisioningEnabled = false }, []string{"R 27"}, evaluation.CauseGone},
		"PolicyFilter": {func(o *organisation, _ *evaluation.Owner, _ int64) {
			o.m.Policies[0].Dimensions = rolemodel.Criteria{"Department": {Key: "IT"}}
		}, []string{"R 27"}, evaluation.CauseChanged},
		"Moved":               {func(o *organisation, p *evaluation.Owner, _ int64) { o.transfer(p, "IT") }, []string{}, ""},
		"MovedAndRuleDeleted": {func(o *organisation, p *evaluation.Owner, _ int64) { o.transfer(p, "IT"); o.m.RoleRules = nil }, []string{}, ""},
		"MovedAndOtherRuleChanged": {func(o *organisation, p *evaluation.Owner, role int64) {
			o.transfer(p, "IT")
			o.roleRule(rolemodel.RoleRule{RoleID: role, Dimensions: rolemodel.Criteria{"Title": {Key: "Boss"}}})
		}, []string{}, ""},
		"Left": {func(o *organisation, p *evaluation.Owner, _ int64) {
			p.Resource.Links["Records"] = nil
			o.m.RoleRules = nil
		}, []string{}, ""},
		"Gone": {func(o *organisation, p *evaluation.Owner, _ int64) { p.Resource.Gone = true; o.m.RoleRules = nil }, []string{}, ""},
		"NoGraceOfRole": {func(o *organisation, _ *evaluation.Owner, _ int64) {
			o.m.Roles[0].GracePeriod = ptr(0)
			o.m.RoleRules = nil
		}, []string{}, ""},
		"DeniedByHand": {func(o *organisation, p *evaluation.Owner, role int64) {
			p.Roles = append(p.Roles, &evaluation.AssignedRole{ID: 1, RoleID: role, Workflow: evaluation.Approved, Origin: evaluation.OriginManual, IsDenied: true})
			o.m.RoleRules = nil
		}, []string{"R 16"}, ""},
		"GivenByHand": {func(o *organisation, p *evaluation.Owner, role int64) {
			p.Roles = append(p.Roles, &evaluation.AssignedRole{ID: 1, RoleID: role, Workflow: evaluation.Approved, Origin: evaluation.OriginManual})
			o.m.RoleRules = nil
		}, []string{"R 16"}, ""},
		"AnotherRuleGivesIt": {func(o *organisation, _ *evaluation.Owner, role int64) {
			o.m.RoleRules = nil
			o.roleRule(rolemodel.RoleRule{RoleID: role})
		}, []string{"R 18"}, ""},
		"RenamedRule": {func(o *organisation, _ *evaluation.Owner, _ int64) { one(o).Identifier = "other" }, []string{"R 18"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, p, role := granted(t)
			o.keys.IDs[title]["Boss"] = 0
			if name == "MovedAndOtherRuleChanged" {
				o.thing(title, "Boss", 0)
			}
			c.change(o, p, role)
			o.compile()
			o.evaluate(p)
			require.Equal(t, c.want, o.rolesOf(p))
			if c.cause == "" {
				return
			}
			x := p.Roles[0]
			require.Equal(t, c.cause, x.Ground.Cause)
			require.Equal(t, []string{fmt.Sprint("role-rule-", x.RuleIDs[0])}, x.Ground.Names)
			require.Equal(t, o.now.Add(24*time.Hour), x.End.UTC())
			require.Equal(t, x.End, p.NextAt, "its owner is looked at again then")
			if name == "PolicyDisabled" || name == "PolicyFilter" {
				return // the account's rules are off too
			}
			require.Equal(t, "G", groupsOf(p), "what it brings stays")
			require.Empty(t, ordersOf(p))

			o.now = o.now.Add(23 * time.Hour)
			o.compile() // nothing that concerns the role
			o.evaluate(p)
			require.Equal(t, []string{"R 27"}, o.rolesOf(p))
			require.Equal(t, x.End, p.Roles[0].End, "the time is counted once")
			o.now = o.now.Add(time.Hour)
			o.evaluate(p)
			require.Empty(t, o.rolesOf(p), "nobody answered: it goes")
			require.Equal(t, []string{"REMOVE MemberOf G 1"}, open(o.one(p)))
		})
	}
}

// TestProlongedRole: what may become of a role in its grace period.
func TestProlongedRole(t *testing.T) {
	t.Parallel()
	prolonged := func(t *testing.T) (*organisation, *evaluation.Owner) {
		o, p, _ := granted(t)
		rules := o.m.RoleRules
		o.m.RoleRules = nil
		o.compile()
		o.evaluate(p)
		require.Equal(t, []string{"R 27"}, o.rolesOf(p))
		o.m.RoleRules = rules
		return o, p
	}
	t.Run("GivenAgain", func(t *testing.T) {
		t.Parallel()
		o, p := prolonged(t)
		id := p.Roles[0].ID
		o.compile()
		o.evaluate(p)
		require.Equal(t, []string{"R 18"}, o.rolesOf(p))
		require.Equal(t, id, p.Roles[0].ID)
		require.Equal(t, evaluation.OriginRule, p.Roles[0].Origin)
		require.Nil(t, p.Roles[0].End)
	})
	t.Run("Declined", func(t *testing.T) {
		t.Parallel()
		o, p := prolonged(t)
		o.m.RoleRules = nil
		p.Roles[0].Workflow = evaluation.Declined
		o.evaluate(p)
		require.Empty(t, o.rolesOf(p))
		require.Equal(t, []string{"REMOVE MemberOf G 1"}, open(o.one(p)))
	})
	t.Run("Approved", func(t *testing.T) {
		t.Parallel()
		o, p := prolonged(t)
		o.m.RoleRules = nil
		p.Roles[0].Workflow, p.Roles[0].Origin, p.Roles[0].End = evaluation.Approved, evaluation.OriginManual, nil
		o.now = o.now.Add(48 * time.Hour)
		o.evaluate(p)
		require.Equal(t, []string{"R 16"}, o.rolesOf(p))
		require.Empty(t, ordersOf(p))
	})
	t.Run("OwnerLeaves", func(t *testing.T) {
		t.Parallel()
		o, p := prolonged(t)
		o.m.RoleRules = nil
		p.Resource.Links["Records"] = nil
		o.evaluate(p)
		require.Empty(t, o.rolesOf(p))
	})
	t.Run("ContractEndsFirst", func(t *testing.T) {
		t.Parallel()
		o, p, _ := granted(t)
		end := o.now.Add(2 * time.Hour)
		o.res[p.Resource.Links["Records"][0]].Scalars["End"] = end.Format(time.RFC3339)
		o.evaluate(p)
		o.m.RoleRules = nil
		o.compile()
		o.evaluate(p)
		require.Equal(t, end, p.Roles[0].End.UTC(), "it stays no longer than it would have")
	})
	t.Run("GraceSwitchedOff", func(t *testing.T) {
		t.Parallel()
		o, p := prolonged(t)
		o.m.RoleRules = nil
		o.m.Policies[0].GracePeriod = 0
		o.compile()
		o.evaluate(p)
		require.Equal(t, []string{"R 27"}, o.rolesOf(p), "what was promised is kept")
	})
}

// TestGraceOfCompositeRole: a composite role in its grace period gives its single roles as before; a single role that its package does not hold any
// more is prolonged itself, and one whose composite role is lost otherwise goes with it.
func TestGraceOfCompositeRole(t *testing.T) {
	t.Parallel()
	begin := func(t *testing.T) (*organisation, *evaluation.Owner) {
		o := newOrganisation(t)
		hq := o.thing(department, "HQ", 0)
		o.m.Policies[0].GracePeriod = 1440
		pack, role := o.role(rolemodel.Composite, "Pack"), o.role(rolemodel.Single, "R")
		o.roleRule(rolemodel.RoleRule{RoleID: pack})
		o.roleRule(rolemodel.RoleRule{RoleID: role, CompositeRoleID: &pack, Dimensions: rolemodel.Criteria{"Department": {Key: "HQ"}}})
		p := o.employ("Ann", "Lee", hq)
		o.evaluate(p)
		require.Equal(t, []string{"Pack 18", "R 18"}, o.rolesOf(p))
		return o, p
	}
	t.Run("CompositeProlonged", func(t *testing.T) {
		t.Parallel()
		o, p := begin(t)
		o.m.RoleRules = o.m.RoleRules[1:]
		o.compile()
		o.evaluate(p)
		require.Equal(t, []string{"Pack 27", "R 18"}, o.rolesOf(p))
		o.now = o.now.Add(24 * time.Hour)
		o.evaluate(p)
		require.Empty(t, o.rolesOf(p))
	})
	t.Run("PackageShrinks", func(t *testing.T) {
		t.Parallel()
		o, p := begin(t)
		o.m.RoleRules = o.m.RoleRules[:1]
		o.compile()
		o.evaluate(p)
		require.Equal(t, []string{"Pack 18", "R 27"}, o.rolesOf(p))
	})
	t.Run("CompositeDenied", func(t *testing.T) {
		t.Parallel()
		o, p := begin(t)
		p.Roles = append(p.Roles, &evaluation.AssignedRole{ID: 1, RoleID: o.m.Roles[0].ID, Workflow: evaluation.Approved, Origin: evaluation.OriginManual, IsDenied: true})
		o.roleRule(rolemodel.RoleRule{RoleID: o.m.Roles[1].ID, Dimensions: rolemodel.Criteria{"Department": {Key: "HQ"}}, IsDenied: true, Priority: 5})
		o.compile()
		o.evaluate(p)
		require.Equal(t, []string{"Pack 16"}, o.rolesOf(p), "a person took it, though the rules changed beside")
	})
}
