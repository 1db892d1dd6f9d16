package computation

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/evaluation"
	"writ/server/rolemodel"
)

// finding is an organisation whose accounts are everybody's, with single roles that bring groups.
type finding struct {
	*organisation
	typ    *rolemodel.ResourceType
	groups map[string]int64
	roles  map[string]int64
	person *evaluation.Owner
	acc    *evaluation.Resource
}

func newFinding(t testing.TB, groups ...string) *finding {
	o := newOrganisation(t)
	f := &finding{organisation: o, groups: map[string]int64{}, roles: map[string]int64{}}
	for _, name := range groups {
		f.groups[name] = o.thing(group, name, 0)
	}
	f.typ = o.accounts()
	o.typeRule(f.typ)
	o.correlation(f.typ, 100)
	o.correlate()
	f.person = o.employ("Ann", "Lee", o.thing(department, "IT", 0))
	f.acc = o.account(f.person)
	return f
}

func (f *finding) brings(role string, groups ...string) int64 {
	if f.roles[role] == 0 {
		f.roles[role] = f.role(rolemodel.Single, role)
	}
	for _, g := range groups {
		f.member(f.typ, g, f.roles[role])
	}
	return f.roles[role]
}

func (f *finding) holds(groups ...string) {
	var ids []int64
	for _, g := range groups {
		ids = append(ids, f.groups[g])
	}
	f.acc.Links["MemberOf"] = sorted(ids)
}

// found lists the rows of roles as "role workflow origin".
func (f *finding) rows() []string {
	out := []string{}
	for _, r := range f.person.Roles {
		for name, id := range f.roles {
			if id == r.RoleID {
				out = append(out, fmt.Sprintf("%s %d %s", name, r.Workflow, r.Origin))
			}
		}
	}
	slices.Sort(out)
	return out
}

func (f *finding) row(role string) *evaluation.AssignedRole {
	i := slices.IndexFunc(f.person.Roles, func(r *evaluation.AssignedRole) bool { return r.RoleID == f.roles[role] })
	require.GreaterOrEqual(f.t, i, 0, "%s has no row: %v", role, f.rows())
	return f.person.Roles[i]
}

// decide is a reviewer: what server/assignment does with a decision about a found role.
func (f *finding) decide(role string, keep bool) {
	row := f.row(role)
	if row.Workflow = evaluation.Cancellation; keep {
		row.Workflow = evaluation.Approved
	}
	row.InferredByID = 0
	for _, t := range f.person.Types {
		t.Gaps = slices.DeleteFunc(t.Gaps, func(g *evaluation.Gap) bool {
			return g.Property != "" && slices.Contains(g.Roles, row.RoleID) && (keep || len(g.Roles) == 1)
		})
	}
}

// The documented cases of deduction (role-model 12.5, scenario 15): what roles bring, what the account has, what is found and what it lacks.
func TestDeduction(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		roles       map[string][]string
		has         []string
		found, open []string
		gaps        []string
	}{
		"one group, one role":            {map[string][]string{"Sales": {"sales"}}, []string{"sales"}, []string{"Sales 1 FOUND"}, nil, []string{"MemberOf sales ->  1"}},
		"a part of a role":               {map[string][]string{"Sales": {"sales", "operations"}}, []string{"sales"}, []string{"Sales 1 FOUND"}, []string{"ADD MemberOf operations 5 found_role"}, []string{"MemberOf sales ->  1"}},
		"two roles could be it":          {map[string][]string{"B": {"1", "2"}, "C": {"2", "3"}}, []string{"2"}, []string{}, nil, []string{"MemberOf 2 ->  1"}},
		"one explains the other's value": {map[string][]string{"B": {"1", "2"}, "C": {"2", "3"}}, []string{"1", "2"}, []string{"B 1 FOUND"}, nil, []string{"MemberOf 1 ->  1", "MemberOf 2 ->  1"}},
		"both are sure":                  {map[string][]string{"B": {"1", "2"}, "C": {"2", "3"}}, []string{"1", "2", "3"}, []string{"B 1 FOUND", "C 1 FOUND"}, nil, []string{"MemberOf 1 ->  1", "MemberOf 2 ->  1", "MemberOf 3 ->  1"}},
		"no role brings it":              {map[string][]string{"Sales": {"sales"}}, []string{"1"}, []string{}, nil, []string{"MemberOf 1 ->  1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFinding(t, "sales", "operations", "1", "2", "3")
			for role, groups := range c.roles {
				f.brings(role, groups...)
			}
			f.holds(c.has...)
			f.evaluate(f.person)
			require.Equal(t, c.found, f.rows())
			require.Equal(t, c.open, open(f.one(f.person)))
			require.Equal(t, c.gaps, gaps(f.one(f.person)))
			for _, g := range f.one(f.person).Gaps {
				for _, id := range g.Roles {
					require.True(t, slices.ContainsFunc(f.person.Roles, func(r *evaluation.AssignedRole) bool { return r.RoleID == id }), "a difference names roles that are found")
				}
			}
		})
	}
}

// A rule that begins to give a found role takes it over, at once, and it waits for nobody any more (scenario 16).
func TestFoundRoleBecomesCalculated(t *testing.T) {
	t.Parallel()
	f := newFinding(t, "sales", "operations")
	sales := f.brings("Sales", "sales", "operations")
	f.holds("sales")
	f.evaluate(f.person)
	id := f.row("Sales").ID
	f.roleRule(rolemodel.RoleRule{RoleID: sales, Dimensions: rolemodel.Criteria{"Department": {Key: "IT"}}})
	f.compile()
	f.evaluate(f.person)
	require.Equal(t, []string{"Sales 18 RULE"}, f.rows())
	require.Equal(t, id, f.row("Sales").ID, "the row goes on")
	require.Empty(t, f.row("Sales").FoundBy)
	require.Empty(t, gaps(f.one(f.person)))
	require.Equal(t, []string{"ADD MemberOf operations 5"}, open(f.one(f.person)), "it waits for its review, for no reason of its own")
}

// What a rule asked for and nobody had to review is reviewed when only a found role wants it any more, before it is sent and while it waits for its
// day; what a reviewer let in for a found role is not asked for again.
func TestWhatOnlyAFoundRoleWantsIsReviewed(t *testing.T) {
	t.Parallel()
	f := newFinding(t, "sales", "operations")
	f.typ.BlockProvisioning = false
	f.brings("Sales", "sales", "operations")
	rule := f.member(f.typ, "operations", 0)
	f.compile()
	f.holds("sales")
	f.evaluate(f.person)
	require.Equal(t, []string{"ADD MemberOf operations 1"}, open(f.one(f.person)))
	f.m.Rules = slices.DeleteFunc(f.m.Rules, func(r *rolemodel.ResourceTypeRule) bool { return r == rule })
	f.compile()
	f.evaluate(f.person)
	require.Equal(t, []string{"ADD MemberOf operations 5 found_role"}, open(f.one(f.person)))
	f.approve(f.person)
	for range 2 {
		f.evaluate(f.person)
		require.Equal(t, []string{"ADD MemberOf operations 1"}, open(f.one(f.person)))
	}
}

// The worked example (role-model 12.14), all six steps.
func TestWorkedExample(t *testing.T) {
	t.Parallel()
	f := newFinding(t, "G_MAIL", "G_VPN", "G_SALES", "G_OPS")
	f.m.Rules = slices.DeleteFunc(f.m.Rules, func(r *rolemodel.ResourceTypeRule) bool { return r.Kind == rolemodel.TypeRule })
	hr := f.thing(department, "HR", 0)
	f.roles["IT Pack"] = f.role(rolemodel.Composite, "IT Pack")
	f.roleRule(rolemodel.RoleRule{RoleID: f.roles["IT Pack"], Dimensions: rolemodel.Criteria{"Department": {Key: "IT"}}})
	f.brings("Mail", "G_MAIL")
	f.brings("VPN", "G_VPN")
	f.brings("Sales", "G_SALES", "G_OPS")
	for _, single := range []string{"Mail", "VPN"} {
		f.roleRule(rolemodel.RoleRule{RoleID: f.roles[single], CompositeRoleID: ptr(f.roles["IT Pack"])})
	}
	f.holds("G_MAIL", "G_SALES")
	// 1 to 3
	f.evaluate(f.person)
	require.Equal(t, []string{"IT Pack 18 RULE", "Mail 18 INFERRED", "Sales 1 FOUND", "VPN 18 INFERRED"}, f.rows())
	row := f.one(f.person)
	require.Equal(t, evaluation.GivenByRole, row.Workflow)
	require.Equal(t, f.acc.ID, row.TargetID)
	require.Equal(t, []string{"ADD MemberOf G_OPS 5 found_role", "ADD MemberOf G_VPN 1"}, open(row))
	require.Equal(t, []string{"MemberOf G_SALES ->  1"}, gaps(row))
	// 4
	f.decide("Sales", false)
	f.evaluate(f.person)
	require.Equal(t, []string{"IT Pack 18 RULE", "Mail 18 INFERRED", "Sales 20 FOUND", "VPN 18 INFERRED"}, f.rows())
	require.Equal(t, []string{"ADD MemberOf G_VPN 1", "REMOVE MemberOf G_SALES 1"}, open(f.one(f.person)))
	require.Equal(t, evaluation.Cancellation, f.one(f.person).Order.Lines[slices.IndexFunc(f.one(f.person).Order.Lines, func(l *evaluation.ExistingLine) bool { return l.Action == evaluation.LineRemove })].Workflow)
	require.Empty(t, gaps(f.one(f.person)))
	// 5
	f.fulfil(f.person)
	f.evaluate(f.person)
	require.Equal(t, []string{"IT Pack 18 RULE", "Mail 18 INFERRED", "Sales 20 FOUND", "VPN 18 INFERRED"}, f.rows(), "until the removal is seen")
	f.sync(f.person)
	f.evaluate(f.person)
	require.Equal(t, []string{"IT Pack 18 RULE", "Mail 18 INFERRED", "VPN 18 INFERRED"}, f.rows())
	require.Empty(t, open(f.one(f.person)))
	require.Equal(t, sorted([]int64{f.groups["G_MAIL"], f.groups["G_VPN"]}), f.acc.Links["MemberOf"])
	// 6
	for _, r := range f.person.Resource.Links["Records"] {
		f.res[r].Links["Department"] = []int64{hr}
	}
	f.evaluate(f.person)
	require.Empty(t, f.rows())
	require.Equal(t, []string{"DELETE   1"}, open(f.one(f.person)), "no other rule keeps the account")
}

// Keeping a found role makes what it explains wanted, and Writ's own from then on: a later refusal takes it all away again.
func TestKeepAFoundRole(t *testing.T) {
	t.Parallel()
	f := newFinding(t, "sales", "operations")
	f.brings("Sales", "sales", "operations")
	f.holds("sales")
	f.evaluate(f.person)
	f.decide("Sales", true)
	f.evaluate(f.person)
	require.Equal(t, []string{"Sales 16 FOUND"}, f.rows())
	require.Equal(t, []string{"ADD MemberOf operations 5"}, open(f.one(f.person)), "what is missing waits for its review still")
	require.Empty(t, gaps(f.one(f.person)))
	f.approve(f.person)
	f.fulfil(f.person)
	f.sync(f.person)
	f.evaluate(f.person)
	require.Empty(t, open(f.one(f.person)))
	require.Len(t, f.acc.Links["MemberOf"], 2)
	f.row("Sales").Workflow = evaluation.Cancellation
	f.evaluate(f.person)
	require.Equal(t, []string{"REMOVE MemberOf operations 1", "REMOVE MemberOf sales 1"}, open(f.one(f.person)))
	f.row("Sales").Workflow = evaluation.Approved // and after all
	f.evaluate(f.person)
	require.Empty(t, open(f.one(f.person)))
	require.Equal(t, []string{"Sales 16 FOUND"}, f.rows())
}

// A value that another found role explains as well stays when one of them is refused.
func TestRefusedRoleLeavesWhatOthersExplain(t *testing.T) {
	t.Parallel()
	f := newFinding(t, "1", "2", "3")
	f.brings("B", "1", "2")
	f.brings("C", "2", "3")
	f.holds("1", "2", "3")
	f.evaluate(f.person)
	f.decide("B", false)
	f.evaluate(f.person)
	require.Equal(t, []string{"B 20 FOUND", "C 1 FOUND"}, f.rows())
	require.Equal(t, []string{"REMOVE MemberOf 1 1"}, open(f.one(f.person)))
	require.Equal(t, []string{"MemberOf 2 ->  1", "MemberOf 3 ->  1"}, gaps(f.one(f.person)))
}

// What was found is never taken away because the model changed its mind about what it means: whatever makes a found role go, but for a decision, leaves
// its values where they are, those too that a reviewer let in for it.
func TestFoundRolesGoWithoutHarm(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(f *finding){
		"another role could be it, too": func(f *finding) { f.brings("Other", "sales", "operations") },
		"the role brings it no more": func(f *finding) {
			f.m.Rules = slices.DeleteFunc(f.m.Rules, func(r *rolemodel.ResourceTypeRule) bool {
				return r.SingleRoleID != nil && *r.SingleRoleID == f.roles["Sales"]
			})
		},
		"its policy is switched off": func(f *finding) {
			f.m.Policies = append(f.m.Policies, &rolemodel.Policy{ID: 2, Identifier: "Off"})
			for _, r := range f.m.Rules {
				if r.SingleRoleID != nil && *r.SingleRoleID == f.roles["Sales"] {
					r.PolicyID = 2
				}
			}
		},
		"somebody took the sure one away": func(f *finding) { f.holds("operations"); f.brings("Other", "operations") },
		"a rule forbids it": func(f *finding) {
			f.member(f.typ, "sales", 0).IsDenied = true
			f.member(f.typ, "operations", 0).IsDenied = true
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, let := range []string{"", "executed", "seen"} {
				f := newFinding(t, "sales", "operations", "else")
				f.brings("Sales", "sales", "operations")
				f.brings("Else", "else")
				f.holds("sales")
				f.evaluate(f.person)
				if let != "" {
					f.approve(f.person)
					f.fulfil(f.person)
				}
				if let == "seen" {
					f.sync(f.person)
					f.evaluate(f.person)
					require.Len(t, f.acc.Links["MemberOf"], 2)
				}
				change(f)
				f.compile()
				f.evaluate(f.person)
				require.Empty(t, f.rows(), let)
				f.sync(f.person)
				f.evaluate(f.person)
				for range 2 {
					f.approve(f.person)
					f.fulfil(f.person)
					f.sync(f.person)
					f.evaluate(f.person)
				}
				for _, l := range open(f.one(f.person)) {
					require.NotContains(t, l, "REMOVE", let)
				}
				require.Len(t, f.one(f.person).Gaps, len(f.acc.Links["MemberOf"]), "%s: each waits for somebody", let)
			}
		})
	}
}

// An account that no rule wants says which roles its owner has; it is not made wanted by them, and nothing is written into it. Keeping the role makes
// it wanted, refusing it takes the values away and leaves the account to a decision of its own.
func TestFoundRoleOfAnUnauthorizedAccount(t *testing.T) {
	t.Parallel()
	setup := func(t *testing.T) *finding {
		f := newFinding(t, "sales", "operations", "other")
		f.m.Rules = slices.DeleteFunc(f.m.Rules, func(r *rolemodel.ResourceTypeRule) bool { return r.Kind == rolemodel.TypeRule })
		f.brings("Sales", "sales", "operations")
		f.holds("sales", "other")
		f.evaluate(f.person)
		require.Equal(t, []string{"Sales 1 FOUND"}, f.rows())
		require.False(t, f.one(f.person).IsExpected)
		require.Empty(t, open(f.one(f.person)))
		require.Len(t, f.one(f.person).Gaps, 1, "the account")
		return f
	}
	t.Run("kept", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		f.decide("Sales", true)
		f.evaluate(f.person)
		require.Equal(t, evaluation.GivenByRole, f.one(f.person).Workflow)
		require.Equal(t, []string{"ADD MemberOf operations 1"}, open(f.one(f.person)))
		require.Equal(t, []string{"MemberOf other ->  1"}, gaps(f.one(f.person)))
	})
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		f.decide("Sales", false)
		f.evaluate(f.person)
		require.Equal(t, []string{"REMOVE MemberOf sales 1"}, open(f.one(f.person)))
		require.Equal(t, evaluation.NonConforming, f.one(f.person).Workflow)
		f.fulfil(f.person)
		f.evaluate(f.person)
		f.sync(f.person)
		f.evaluate(f.person)
		require.Empty(t, f.rows())
		require.Empty(t, open(f.one(f.person)))
		require.Equal(t, []int64{f.groups["other"]}, f.acc.Links["MemberOf"])
		require.Len(t, f.one(f.person).Gaps, 1, "the account waits still")
	})
}

// Composite roles are found when all their single roles are held, one of them is found, and no other composite role could be it.
func TestFoundCompositeRoles(t *testing.T) {
	t.Parallel()
	setup := func(t *testing.T, second ...string) *finding {
		f := newFinding(t, "1", "2", "3")
		f.brings("A", "1")
		f.brings("B", "2")
		f.brings("C", "3")
		pack := func(name string, singles ...string) {
			f.roles[name] = f.role(rolemodel.Composite, name)
			for _, s := range singles {
				f.roleRule(rolemodel.RoleRule{RoleID: f.roles[s], CompositeRoleID: ptr(f.roles[name])})
			}
		}
		pack("AB", "A", "B")
		if len(second) > 0 {
			pack("Second", second...)
		}
		return f
	}
	t.Run("a part", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		f.holds("1")
		f.evaluate(f.person)
		require.Equal(t, []string{"A 1 FOUND"}, f.rows())
	})
	t.Run("whole, then refused", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		f.holds("1", "2")
		f.evaluate(f.person)
		require.Equal(t, []string{"A 1 FOUND", "AB 1 FOUND", "B 1 FOUND"}, f.rows())
		require.Equal(t, f.roles["AB"], f.row("A").InferredByID)
		for _, name := range []string{"AB", "A", "B"} { // as the decision about the composite role does
			through := f.row(name).InferredByID
			f.decide(name, false)
			f.row(name).InferredByID = through
		}
		f.evaluate(f.person)
		require.Equal(t, []string{"A 20 FOUND", "AB 20 FOUND", "B 20 FOUND"}, f.rows())
		require.Equal(t, []string{"REMOVE MemberOf 1 1", "REMOVE MemberOf 2 1"}, open(f.one(f.person)))
		f.fulfil(f.person)
		f.sync(f.person)
		f.evaluate(f.person)
		require.Empty(t, f.rows())
		require.Empty(t, f.acc.Links["MemberOf"])
	})
	t.Run("whole, then kept", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		f.holds("1", "2")
		f.evaluate(f.person)
		f.decide("AB", true)
		f.evaluate(f.person)
		require.Equal(t, []string{"A 18 INFERRED", "AB 16 FOUND", "B 18 INFERRED"}, f.rows())
		require.Empty(t, gaps(f.one(f.person)))
	})
	t.Run("two could be it", func(t *testing.T) {
		t.Parallel()
		f := setup(t, "A", "B")
		f.holds("1", "2")
		f.evaluate(f.person)
		require.Equal(t, []string{"A 1 FOUND", "B 1 FOUND"}, f.rows())
	})
	t.Run("one is held by a rule", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		f.roleRule(rolemodel.RoleRule{RoleID: f.roles["A"]})
		f.holds("1", "2")
		f.evaluate(f.person)
		require.Equal(t, []string{"A 18 RULE", "AB 1 FOUND", "B 1 FOUND"}, f.rows())
	})
	t.Run("all are held by rules", func(t *testing.T) {
		t.Parallel()
		f := setup(t)
		f.roleRule(rolemodel.RoleRule{RoleID: f.roles["A"]})
		f.roleRule(rolemodel.RoleRule{RoleID: f.roles["B"]})
		f.holds("1", "2")
		f.evaluate(f.person)
		require.Equal(t, []string{"A 18 RULE", "B 18 RULE"}, f.rows())
	})
}

// What is known otherwise says nothing about roles: values that somebody decided about, that a person is denied, that are Writ's own, of accounts that
// go or may be somebody else's; and people for whom the rules are not.
func TestWhatSaysNothingAboutRoles(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ before, after func(f *finding) }{
		"kept by somebody": {nil, func(f *finding) {
			f.one(f.person).Kept = append(f.one(f.person).Kept, &evaluation.Kept{ID: f.id(), Property: "MemberOf", ValueID: f.groups["sales"], Workflow: evaluation.Approved, Value: "sales"})
		}},
		"a denied role": {func(f *finding) {
			f.person.Roles = append(f.person.Roles, &evaluation.AssignedRole{ID: f.id(), RoleID: f.roles["Sales"], Workflow: evaluation.Approved, Origin: evaluation.OriginManual, IsDenied: true})
		}, nil},
		"another department": {func(f *finding) {
			f.thing(department, "HR", 0)
			for _, r := range f.m.Rules {
				if r.SingleRoleID != nil {
					r.Dimensions = rolemodel.Criteria{"Department": {Key: "HR"}}
				}
			}
		}, nil},
		"left": {nil, func(f *finding) {
			for _, r := range f.person.Resource.Links["Records"] {
				f.res[r].Scalars["End"] = "2026-03-01T00:00:00Z"
			}
		}},
		"gone": {nil, func(f *finding) { f.person.Resource.Gone = true }},
		"the account goes": {nil, func(f *finding) {
			f.one(f.person).Workflow, f.one(f.person).IsExpected = evaluation.Cancellation, false
			f.m.Rules[0].IsDenied = true
			f.compile()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFinding(t, "sales")
			f.brings("Sales", "sales")
			f.holds("sales")
			if c.before != nil {
				c.before(f)
			}
			f.evaluate(f.person)
			if c.after != nil {
				require.Equal(t, []string{"Sales 1 FOUND"}, f.rows())
				c.after(f)
				f.evaluate(f.person)
			}
			for _, row := range f.rows() {
				require.NotContains(t, row, "FOUND")
			}
		})
	}
}

// A navigation that holds one value: where nothing else is computed, its value says which role it is, and an empty place is asked for.
func TestFoundRoleOfASingleValue(t *testing.T) {
	t.Parallel()
	f := newFinding(t, "sales")
	sales := f.brings("Sales", "sales")
	f.rule(f.typ, rolemodel.ResourceTypeRule{Kind: rolemodel.NavigationRule, PropertyID: f.property("Home"), ValueKey: ptr("IT"), SingleRoleID: &sales})
	it := f.keys.IDs[department]["IT"]
	f.holds("sales")
	f.evaluate(f.person)
	require.Equal(t, []string{"SET Home IT 5 found_role"}, open(f.one(f.person)))
	f.acc.Links["Home"] = []int64{it}
	f.holds()
	f.evaluate(f.person)
	require.Equal(t, []string{"Sales 1 FOUND"}, f.rows())
	require.Equal(t, []string{"ADD MemberOf sales 5 found_role"}, open(f.one(f.person)))
	require.Equal(t, []string{"Home IT ->  1"}, gaps(f.one(f.person)))
	require.Equal(t, []int64{sales}, f.one(f.person).Gaps[0].Roles)
	f.decide("Sales", false)
	f.evaluate(f.person)
	require.Equal(t, []string{"REMOVE Home IT 1"}, open(f.one(f.person)))
}

// The initial run calls what it finds pre-existing; what it found keeps that name.
func TestFoundAtStart(t *testing.T) {
	t.Parallel()
	f := newFinding(t, "sales")
	f.brings("Sales", "sales")
	f.holds("sales")
	f.initial = true
	f.evaluate(f.person)
	require.Equal(t, []string{"Sales 3 FOUND"}, f.rows())
	since := *f.row("Sales").Start
	f.initial, f.now = false, f.now.Add(time.Hour)
	f.evaluate(f.person)
	require.Equal(t, []string{"Sales 3 FOUND"}, f.rows())
	require.Equal(t, since, *f.row("Sales").Start)
}
