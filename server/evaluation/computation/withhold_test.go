package computation

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/evaluation"
	"writ/server/evaluation/expectation"
	"writ/server/rolemodel"
)

// risk adds one of people with accounts.
func (o *organisation) risk(identifier string, policy rolemodel.Exemption, rules ...rolemodel.RiskRule) *rolemodel.Risk {
	r := &rolemodel.Risk{ID: o.id(), Identifier: identifier, DisplayName: identifier, PolicyID: 1, EntityTypeID: person, ExemptionPolicy: policy, Rules: rules}
	o.m.Risks = append(o.m.Risks, r)
	return r
}

// together is the rule of a risk: these groups at one time.
func together(groups ...string) rolemodel.RiskRule {
	r := rolemodel.RiskRule{Identifier: "Together"}
	for _, g := range groups {
		r.Items = append(r.Items, rolemodel.RiskItem{ResourceType: "Accounts", Property: "MemberOf", Resource: g})
	}
	return r
}

// payments is an organisation in which Create and Approve, each a role with its group, may not come together. Create is for HQ, Approve for bosses.
type payments struct {
	*organisation
	typ             *rolemodel.ResourceType
	create, approve int64
	risk            *rolemodel.Risk
	ann             *evaluation.Owner
}

func newPayments(t *testing.T, policy rolemodel.Exemption) *payments {
	o := newOrganisation(t)
	o.thing(department, "HQ", 0)
	o.thing(department, "IT", 0)
	o.thing(title, "Boss", 0)
	for _, g := range []string{"G_CREATE", "G_APPROVE", "G_OTHER"} {
		o.thing(group, g, 0)
	}
	p := &payments{organisation: o}
	p.typ = o.accounts()
	o.typeRule(p.typ)
	p.create, p.approve = o.role(rolemodel.Single, "Create"), o.role(rolemodel.Single, "Approve")
	o.member(p.typ, "G_CREATE", p.create)
	o.member(p.typ, "G_APPROVE", p.approve)
	o.roleRule(rolemodel.RoleRule{RoleID: p.create, Dimensions: rolemodel.Criteria{"Department": {Key: "HQ"}}})
	o.roleRule(rolemodel.RoleRule{RoleID: p.approve, Dimensions: rolemodel.Criteria{"Title": {Key: "Boss"}}})
	p.risk = o.risk("Payments", policy, together("G_CREATE", "G_APPROVE"))
	o.correlation(p.typ, 100)
	o.correlate()
	p.ann = o.hire("Ann", "Lee")
	return p
}

// as gives Ann one position from now on, in place of what she had.
func (p *payments) as(from, to time.Time, department, job string) {
	p.position(p.ann, from, to, p.keys.IDs[int64(3)][department], p.keys.IDs[title][job])
}

// be makes Ann what she is from now on.
func (p *payments) be(department, job string) {
	p.ann.Resource.Links["Records"] = nil
	p.as(at(-1), time.Time{}, department, job)
}

// kept writes what is kept back, and by what.
func (p *payments) kept(r evaluation.Result) []string {
	out := []string{}
	for _, k := range r.Withheld {
		name := ""
		for _, x := range p.m.Roles {
			if x.ID == k.RoleID {
				name = x.Identifier
			}
		}
		if k.RoleID == 0 {
			name = k.Property
			if k.ValueID != 0 {
				name += " " + p.res[k.ValueID].Key
			}
		}
		for _, x := range p.m.Risks {
			if x.ID == k.RiskID {
				name += " by " + x.Identifier
			}
		}
		out = append(out, name)
	}
	return out
}

// TestWhatRisksKeepBack has a case for each sentence of role-model 9.5, and for what it leaves open.
func TestWhatRisksKeepBack(t *testing.T) {
	t.Parallel()
	blocks := rolemodel.RiskBlocks
	for _, c := range []struct {
		name   string
		policy rolemodel.Exemption
		play   func(p *payments) evaluation.Result
		roles  []string
		groups string
		kept   []string
		risks  int
	}{
		{"what comes second is kept back", blocks, func(p *payments) evaluation.Result {
			p.be("HQ", "")
			p.evaluate(p.ann)
			p.be("HQ", "Boss")
			return p.evaluate(p.ann)
		}, []string{"Approve 26", "Create 18"}, "G_CREATE", []string{"Approve by Payments"}, 0},
		{"the other way round", blocks, func(p *payments) evaluation.Result {
			p.be("", "Boss")
			p.evaluate(p.ann)
			p.be("HQ", "Boss")
			return p.evaluate(p.ann)
		}, []string{"Approve 18", "Create 26"}, "G_APPROVE", []string{"Create by Payments"}, 0},
		{"unless somebody overrides: nobody is there who could", rolemodel.RiskBlocksUnlessOverridden, func(p *payments) evaluation.Result {
			p.be("HQ", "")
			p.evaluate(p.ann)
			p.be("HQ", "Boss")
			return p.evaluate(p.ann)
		}, []string{"Approve 26", "Create 18"}, "G_CREATE", []string{"Approve by Payments"}, 0},
		{"a warning keeps nothing back", rolemodel.RiskWarns, func(p *payments) evaluation.Result {
			p.be("HQ", "Boss")
			return p.evaluate(p.ann)
		}, []string{"Approve 18", "Create 18"}, "G_APPROVE G_CREATE", []string{}, 1},
		{"what asks for approval keeps nothing back", rolemodel.RiskAsksApproval, func(p *payments) evaluation.Result {
			p.be("HQ", "Boss")
			return p.evaluate(p.ann)
		}, []string{"Approve 18", "Create 18"}, "G_APPROVE G_CREATE", []string{}, 1},
		{"both at one instant: by identifier", blocks, func(p *payments) evaluation.Result {
			p.be("HQ", "Boss")
			return p.evaluate(p.ann)
		}, []string{"Approve 18", "Create 26"}, "G_APPROVE", []string{"Create by Payments"}, 0},
		{"what is given already stays, and the risk is recorded", blocks, func(p *payments) evaluation.Result {
			p.risk.ExemptionPolicy = rolemodel.RiskWarns
			p.be("HQ", "Boss")
			p.evaluate(p.ann)
			p.risk.ExemptionPolicy = blocks
			p.compile()
			return p.evaluate(p.ann)
		}, []string{"Approve 18", "Create 18"}, "G_APPROVE G_CREATE", []string{}, 1},
		{"the risk no longer blocks", blocks, func(p *payments) evaluation.Result {
			p.be("HQ", "Boss")
			p.evaluate(p.ann)
			p.risk.ExemptionPolicy = rolemodel.RiskWarns
			p.compile()
			return p.evaluate(p.ann)
		}, []string{"Approve 18", "Create 18"}, "G_APPROVE G_CREATE", []string{}, 1},
		{"the risk is deleted", blocks, func(p *payments) evaluation.Result {
			p.be("HQ", "Boss")
			p.evaluate(p.ann)
			p.m.Risks = nil
			p.compile()
			return p.evaluate(p.ann)
		}, []string{"Approve 18", "Create 18"}, "G_APPROVE G_CREATE", []string{}, 0},
		{"the other item goes, and nothing shows it", blocks, func(p *payments) evaluation.Result {
			p.be("HQ", "Boss")
			p.evaluate(p.ann)
			p.be("HQ", "")
			return p.evaluate(p.ann)
		}, []string{"Create 18"}, "G_CREATE", []string{}, 0},
		{"the other item is to go, and the account still has it", blocks, func(p *payments) evaluation.Result {
			p.be("HQ", "Boss")
			p.provision(p.ann)
			p.be("HQ", "")
			return p.evaluate(p.ann)
		}, []string{"Create 26"}, "", []string{"Create by Payments"}, 0},
		{"the other item is seen gone", blocks, func(p *payments) evaluation.Result {
			p.be("HQ", "Boss")
			p.provision(p.ann)
			p.be("HQ", "")
			p.evaluate(p.ann)
			p.approve1()
			return p.evaluate(p.ann)
		}, []string{"Create 18"}, "G_CREATE", []string{}, 0},
		{"what would be given is no longer wanted", blocks, func(p *payments) evaluation.Result {
			p.be("HQ", "Boss")
			p.evaluate(p.ann)
			p.be("", "Boss")
			return p.evaluate(p.ann)
		}, []string{"Approve 18"}, "G_APPROVE", []string{}, 0},
		{"not at a common instant", blocks, func(p *payments) evaluation.Result {
			p.as(at(-1), at(3), "", "Boss")
			p.ann.Roles = append(p.ann.Roles, &evaluation.AssignedRole{ID: p.id(), RoleID: p.create, Workflow: evaluation.Approved, Origin: evaluation.OriginManual, Start: ptr(at(3))})
			return p.evaluate(p.ann)
		}, []string{"Approve 18", "Create 16"}, "G_APPROVE", []string{}, 0},
		{"a time in the future in common is enough", blocks, func(p *payments) evaluation.Result {
			p.as(at(-1), at(4), "", "Boss")
			p.ann.Roles = append(p.ann.Roles, &evaluation.AssignedRole{ID: p.id(), RoleID: p.create, Workflow: evaluation.Approved, Origin: evaluation.OriginManual, Start: ptr(at(3))})
			return p.evaluate(p.ann)
		}, []string{"Approve 26", "Create 16"}, "", []string{"Approve by Payments"}, 0},
		{"a person gave the other: what the rule gives is kept back", blocks, func(p *payments) evaluation.Result {
			p.be("", "Boss")
			p.ann.Roles = append(p.ann.Roles, &evaluation.AssignedRole{ID: p.id(), RoleID: p.create, Workflow: evaluation.Approved, Origin: evaluation.OriginManual})
			return p.evaluate(p.ann)
		}, []string{"Approve 26", "Create 16"}, "G_CREATE", []string{"Approve by Payments"}, 0},
		{"people gave both: nothing is kept back", blocks, func(p *payments) evaluation.Result {
			p.be("", "")
			for _, id := range []int64{p.create, p.approve} {
				p.ann.Roles = append(p.ann.Roles, &evaluation.AssignedRole{ID: p.id(), RoleID: id, Workflow: evaluation.Approved, Origin: evaluation.OriginManual})
			}
			return p.evaluate(p.ann)
		}, []string{"Approve 16", "Create 16"}, "G_APPROVE G_CREATE", []string{}, 1},
		{"the account has both already: the rule raises nothing new", blocks, func(p *payments) evaluation.Result {
			p.account(p.ann).Links["MemberOf"] = sorted([]int64{p.keys.IDs[group]["G_CREATE"], p.keys.IDs[group]["G_APPROVE"]})
			p.be("HQ", "Boss")
			return p.evaluate(p.ann)
		}, []string{"Approve 18", "Create 18"}, "G_APPROVE G_CREATE", []string{}, 1},
		{"a value that no role brings is kept back by itself", blocks, func(p *payments) evaluation.Result {
			p.member(p.typ, "G_APPROVE", 0)
			p.be("HQ", "")
			return p.evaluate(p.ann)
		}, []string{"Create 18"}, "G_CREATE", []string{"MemberOf G_APPROVE by Payments"}, 0},
		{"a value that a role brings since its rules changed", blocks, func(p *payments) evaluation.Result {
			p.be("HQ", "")
			p.evaluate(p.ann)
			p.member(p.typ, "G_APPROVE", p.create)
			p.compile()
			return p.evaluate(p.ann)
		}, []string{"Create 18"}, "G_CREATE", []string{"MemberOf G_APPROVE by Payments"}, 0},
		{"a role and a rule bring the same value", blocks, func(p *payments) evaluation.Result {
			p.member(p.typ, "G_APPROVE", 0)
			p.be("HQ", "")
			p.evaluate(p.ann)
			p.be("HQ", "Boss")
			return p.evaluate(p.ann)
		}, []string{"Approve 18", "Create 18"}, "G_CREATE", []string{"MemberOf G_APPROVE by Payments"}, 0},
		{"high privilege: one thing is enough", blocks, func(p *payments) evaluation.Result {
			p.m.Risks = nil
			p.organisation.risk("High", blocks, together("G_CREATE")).RiskType = rolemodel.HighPrivilege
			p.be("HQ", "Boss")
			return p.evaluate(p.ann)
		}, []string{"Approve 18", "Create 26"}, "G_APPROVE", []string{"Create by High"}, 0},
		{"two risks at once", blocks, func(p *payments) evaluation.Result {
			p.organisation.risk("Again", blocks, together("G_APPROVE", "G_CREATE"))
			p.be("HQ", "Boss")
			return p.evaluate(p.ann)
		}, []string{"Approve 18", "Create 26"}, "G_APPROVE", []string{"Create by Payments", "Create by Again"}, 0},
		{"another rule of the same risk", blocks, func(p *payments) evaluation.Result {
			p.risk.Rules = append(p.risk.Rules, together("G_CREATE", "G_OTHER"))
			p.member(p.typ, "G_OTHER", p.approve)
			p.be("HQ", "Boss")
			return p.evaluate(p.ann)
		}, []string{"Approve 18", "Create 26"}, "G_APPROVE G_OTHER", []string{"Create by Payments"}, 0},
		{"a single role within a composite one: the composite stays", blocks, func(p *payments) evaluation.Result {
			pack := p.role(rolemodel.Composite, "Pack")
			p.roleRule(rolemodel.RoleRule{RoleID: pack})
			p.roleRule(rolemodel.RoleRule{RoleID: p.create, CompositeRoleID: &pack})
			p.be("", "Boss")
			return p.evaluate(p.ann)
		}, []string{"Approve 18", "Create 26", "Pack 18"}, "G_APPROVE", []string{"Create by Payments"}, 0},
		{"a scalar: any value that is not empty", blocks, func(p *payments) evaluation.Result {
			p.scalar(p.typ, "Phone", "Phone", "")
			p.risk.Rules = []rolemodel.RiskRule{{Identifier: "Phone", Items: []rolemodel.RiskItem{{ResourceType: "Accounts", Property: "MemberOf"}, {ResourceType: "Accounts", Property: "Phone"}}}}
			p.ann.Resource.Scalars["Phone"] = "1"
			p.be("HQ", "")
			return p.evaluate(p.ann)
		}, []string{"Create 18"}, "G_CREATE", []string{"Phone by Payments"}, 0},
		{"a group that nobody has yet keeps nothing back", blocks, func(p *payments) evaluation.Result {
			p.risk.Rules = []rolemodel.RiskRule{together("G_CREATE", "G_OTHER")}
			p.be("HQ", "Boss")
			return p.evaluate(p.ann)
		}, []string{"Approve 18", "Create 18"}, "G_APPROVE G_CREATE", []string{}, 0},
		{"a person who left", blocks, func(p *payments) evaluation.Result {
			p.be("HQ", "Boss")
			p.evaluate(p.ann)
			p.ann.Resource.Gone = true
			return p.evaluate(p.ann)
		}, []string{}, "", []string{}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newPayments(t, c.policy)
			r := c.play(p)
			require.Equal(t, c.roles, p.rolesOf(p.ann))
			require.Equal(t, c.groups, groupsOf(p.ann))
			require.Equal(t, c.kept, p.kept(r))
			require.Len(t, r.Exposures, c.risks)
		})
	}
}

// approve1 lets the system do what is asked for, and shows it.
func (p *payments) approve1() {
	p.approveAll()
	p.fulfil(p.ann)
	p.sync(p.ann)
}

func (p *payments) approveAll() { p.organisation.approve(p.ann) }

// TestWhatIsKeptBackWithParameters: of a role held twice only what raises the risk is kept back.
func TestWhatIsKeptBackWithParameters(t *testing.T) {
	t.Parallel()
	o, typ, zone := zones(t, requires)
	o.member(typ, "all", 0)
	o.risk("Night", rolemodel.RiskBlocks, together("all", "24h"))
	o.roleRule(rolemodel.RoleRule{RoleID: zone})
	p := o.hire("Ann", "Lee")
	o.position(p, at(-1), time.Time{}, 0, o.keys.IDs[title]["12h"])
	o.evaluate(p)
	require.Equal(t, []string{"Zone_Brown 18 Title=12h"}, o.rolesOf(p))
	p.Resource.Links["Records"] = nil
	o.position(p, at(-1), time.Time{}, 0, o.keys.IDs[title]["24h"])
	r := o.evaluate(p)
	require.Equal(t, []string{"Zone_Brown 26 Title=24h"}, o.rolesOf(p))
	require.Len(t, r.Withheld, 1)
	require.Equal(t, map[string]int64{"Title": o.keys.IDs[title]["24h"]}, r.Withheld[0].Parameters)
	require.Equal(t, "all", groupsOf(p))
	o.m.Roles[0].RequiredParameters = nil
	o.compile()
	o.evaluate(p)
}

// TestABlockEndsInTime: what is kept back is looked at again when the other item ends, without anything else happening.
func TestABlockEndsInTime(t *testing.T) {
	t.Parallel()
	p := newPayments(t, rolemodel.RiskBlocks)
	p.as(at(-1), time.Time{}, "HQ", "")
	p.ann.Roles = append(p.ann.Roles, &evaluation.AssignedRole{ID: p.id(), RoleID: p.approve, Workflow: evaluation.Approved, Origin: evaluation.OriginManual, End: ptr(at(5))})
	r := p.evaluate(p.ann)
	require.Equal(t, []string{"Create by Payments"}, p.kept(r))
	require.Equal(t, at(5), *r.Withheld[0].Exposure.To)
	require.Len(t, r.Withheld[0].Contributors, 2, "it says with what")
	require.NotNil(t, r.NextAt)
	require.False(t, r.NextAt.After(at(5)))
	p.now = at(5)
	require.Empty(t, p.kept(p.evaluate(p.ann)))
	require.Contains(t, p.rolesOf(p.ann), "Create 18")
}

// TestOnlyWhoIsConcernedIsComputedAgain: a risk that blocks costs nobody a second computation who does not have what it is about.
func TestOnlyWhoIsConcernedIsComputedAgain(t *testing.T) {
	t.Parallel()
	p := newPayments(t, rolemodel.RiskBlocks)
	p.be("HQ", "")
	p.compile()
	x, err := compute(p.c, p.batch(p.ann), p.ann, &expectation.Scratch{}, nil)
	require.NoError(t, err)
	again, err := withhold(p.c, p.batch(p.ann), p.ann, &expectation.Scratch{}, x)
	require.NoError(t, err)
	require.Same(t, x, again)
}

// TestTheOrderOfWhatIsKeptBackIsThatOfIdentifiers: whatever ids a database gave.
func TestTheOrderOfWhatIsKeptBackIsThatOfIdentifiers(t *testing.T) {
	t.Parallel()
	for _, names := range [][]string{{"A", "B", "C"}, {"C", "B", "A"}, {"B", "C", "A"}} {
		o := newOrganisation(t)
		for _, n := range names {
			o.thing(group, n, 0)
		}
		typ := o.accounts()
		for _, n := range names {
			role := o.role(rolemodel.Single, n)
			o.roleRule(rolemodel.RoleRule{RoleID: role})
			o.member(typ, n, role)
		}
		o.risk("Any two", rolemodel.RiskBlocks, together("A", "B"), together("B", "C"), together("A", "C"))
		p := o.employ("Ann", "Lee", 0)
		o.evaluate(p)
		require.Equal(t, []string{"A 18", "B 26", "C 26"}, o.rolesOf(p), fmt.Sprint(names))
		require.True(t, slices.ContainsFunc(p.Types, func(x *evaluation.ExistingType) bool { return x.IsExpected }))
	}
}
