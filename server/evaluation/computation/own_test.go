package computation

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/evaluation"
	"writ/server/rolemodel"
)

// memberOfIT is a person of IT who has an account with a name and what the role of IT gives: a group, a home and a telephone.
func memberOfIT(t *testing.T, change ...func(*rolemodel.ResourceType)) (*organisation, *evaluation.Owner, *evaluation.Resource) {
	o := newOrganisation(t)
	it := o.thing(department, "IT", 0)
	o.thing(department, "HR", 0)
	o.thing(group, "G1", 0)
	o.thing(group, "G2", 0)
	typ := o.accounts(change...)
	for _, x := range []struct{ place, group string }{{"IT", "G1"}, {"HR", "G2"}} {
		role := o.role(rolemodel.Single, x.place)
		o.roleRule(rolemodel.RoleRule{RoleID: role, Dimensions: rolemodel.Criteria{"Department": {Key: x.place}}})
		o.member(typ, x.group, role)
		if x.place == "IT" {
			o.scalar(typ, "Phone", "Phone", "").SingleRoleID = &role
			o.rule(typ, rolemodel.ResourceTypeRule{Kind: rolemodel.NavigationRule, PropertyID: o.property("Home"), ValueKey: ptr("IT"), SingleRoleID: &role})
		}
	}
	o.scalar(typ, "DisplayName", "LastName", "")
	o.correlation(typ, 100)
	o.compile()
	o.correlate()
	p := o.employ("Ann", "Lee", it)
	p.Resource.Scalars["Phone"] = "100"
	o.provision(p)
	require.Nil(t, o.one(p).Order)
	return o, p, o.res[o.one(p).TargetID]
}

func (o *organisation) move(p *evaluation.Owner, place string) {
	for _, id := range p.Resource.Links["Records"] {
		delete(o.res[id].Links, "Department")
		if id2 := o.keys.IDs[department][place]; id2 != 0 {
			o.res[id].Links["Department"] = []int64{id2}
		}
	}
}

// TestReturnWhileTheDeletionWaits: however the deletion of an account waits, what Writ wrote into it is still known when its owner comes back.
func TestReturnWhileTheDeletionWaits(t *testing.T) {
	t.Parallel()
	lines := func(f func(*evaluation.ExistingOrder, *evaluation.ExistingLine)) func(*organisation, *evaluation.Owner) {
		return func(o *organisation, p *evaluation.Owner) {
			row := o.one(p)
			for _, l := range row.Order.Lines {
				f(row.Order, l)
			}
		}
	}
	for name, c := range map[string]struct {
		change func(*rolemodel.ResourceType)
		wait   func(*organisation, *evaluation.Owner)
	}{
		"SwitchedOffOrThreshold": {},
		"Review":                 {change: func(t *rolemodel.ResourceType) { t.BlockProvisioning = true }},
		"Errored": {wait: lines(func(_ *evaluation.ExistingOrder, l *evaluation.ExistingLine) {
			l.State, l.IsSent = evaluation.Errored, true
		})},
		"WithdrawnTicket": {wait: lines(func(o *evaluation.ExistingOrder, l *evaluation.ExistingLine) {
			l.State, l.IsSent, o.IsManual = evaluation.Transmitted, true, true
		})},
		"OutageInFlight": {wait: lines(func(o *evaluation.ExistingOrder, _ *evaluation.ExistingLine) { o.InFlight = true })},
		"Silent": {wait: lines(func(_ *evaluation.ExistingOrder, l *evaluation.ExistingLine) {
			l.State, l.IsSent = evaluation.Transmitted, true
		})},
		"NotSeen": {wait: lines(func(o *evaluation.ExistingOrder, l *evaluation.ExistingLine) {
			l.State, l.IsSent, o.ExecutedAt = evaluation.Executed, true, ptr(day)
		})},
		"NotAllowed": {change: func(t *rolemodel.ResourceType) { t.AllowRemove = false }},
		"Twice": {wait: func(o *organisation, p *evaluation.Owner) {
			o.move(p, "IT")
			o.evaluate(p)
			o.move(p, "")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			change := c.change
			if change == nil {
				change = func(*rolemodel.ResourceType) {}
			}
			o, p, target := memberOfIT(t, change)
			o.move(p, "")
			o.evaluate(p)
			if c.wait != nil {
				c.wait(o, p)
			}
			save := func() {
				r := Evaluate(o.c, o.batch(p))[0]
				require.NoError(t, r.Err)
				o.save(p, &r)
			}
			save() // and once more while it waits
			o.move(p, "HR")
			p.Resource.Scalars["LastName"] = "Ray"
			save()
			// whatever was on its way has failed in the end, and the deletion was not done
			if order := o.one(p).Order; order != nil {
				order.InFlight = false
				for _, l := range order.Lines {
					if l.State == evaluation.Transmitted || l.State == evaluation.Executed {
						l.State = evaluation.Errored
					}
				}
			}
			for range 3 {
				o.evaluate(p)
				require.Empty(t, o.one(p).Gaps, "own work is taken for somebody else's")
				o.approve(p)
				o.fulfil(p)
				o.sync(p)
			}
			o.evaluate(p)
			require.Nil(t, o.one(p).Order)
			require.Equal(t, []int64{o.keys.IDs[group]["G2"]}, target.Links["MemberOf"])
			require.Equal(t, "Ray", target.Scalars["DisplayName"])
			require.Empty(t, target.Scalars["Phone"])
			require.Empty(t, target.Links["Home"])
			require.False(t, target.Gone)
		})
	}
}

// TestForeignWorkWhileTheDeletionWaits: what somebody else wrote meanwhile is still somebody else's.
func TestForeignWorkWhileTheDeletionWaits(t *testing.T) {
	t.Parallel()
	o, p, target := memberOfIT(t)
	o.move(p, "")
	o.evaluate(p)
	foreign := o.thing(group, "FOREIGN", 0)
	target.Links["MemberOf"] = append(target.Links["MemberOf"], foreign)
	target.Scalars["DisplayName"] = "by hand"
	o.move(p, "HR")
	p.Resource.Scalars["LastName"] = "Ray"
	o.evaluate(p)
	require.Equal(t, []string{"DisplayName by hand -> Ray 1", "MemberOf FOREIGN ->  1"}, gaps(o.one(p)))
}

// TestEndOfAnExpectation: whatever ends it, what Writ brought is taken away: values of collections, of mono-valued navigations, scalars.
func TestEndOfAnExpectation(t *testing.T) {
	t.Parallel()
	drop := func(o *organisation, which func(*rolemodel.ResourceTypeRule) bool) {
		var rules []*rolemodel.ResourceTypeRule
		for _, r := range o.m.Rules {
			if !which(r) {
				rules = append(rules, r)
			}
		}
		o.m.Rules = rules
		o.compile()
	}
	for name, end := range map[string]func(*organisation, *evaluation.Owner){
		"RoleLost": func(o *organisation, p *evaluation.Owner) { o.move(p, "") },
		"RulesRemoved": func(o *organisation, _ *evaluation.Owner) {
			drop(o, func(r *rolemodel.ResourceTypeRule) bool { return r.SingleRoleID != nil })
		},
		"PolicySwitchedOff": func(o *organisation, _ *evaluation.Owner) {
			o.m.Policies = append(o.m.Policies, &rolemodel.Policy{ID: 2, Identifier: "Off"})
			for _, r := range o.m.Rules {
				if r.SingleRoleID != nil {
					r.PolicyID = 2
				}
			}
			o.compile()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, p, target := memberOfIT(t)
			o.typeRule(o.m.ResourceTypes[0])
			o.compile()
			o.evaluate(p)
			end(o, p)
			o.evaluate(p)
			require.Equal(t, []string{"REMOVE Home IT 1", "REMOVE MemberOf G1 1", "SET Phone  1"}, open(o.one(p)))
			require.Empty(t, o.one(p).Gaps)
			o.fulfil(p)
			o.sync(p)
			o.evaluate(p)
			require.Nil(t, o.one(p).Order)
			require.Empty(t, target.Links["MemberOf"])
			require.Empty(t, target.Links["Home"])
			require.Empty(t, target.Scalars["Phone"])
			require.Equal(t, "Lee", target.Scalars["DisplayName"], "the others stay")
			if name == "RoleLost" {
				o.move(p, "IT")
				o.evaluate(p)
				require.Equal(t, []string{"ADD MemberOf G1 1", "SET Home IT 1", "SET Phone 100 1"}, open(o.one(p)), "and comes back without anybody being asked")
			}
		})
	}
}

func TestDeniedMonoValuedNavigation(t *testing.T) {
	t.Parallel()
	o, p, target := memberOfIT(t)
	o.rule(o.m.ResourceTypes[0], rolemodel.ResourceTypeRule{Kind: rolemodel.NavigationRule, PropertyID: o.property("Home"), ValueKey: ptr("IT"), IsDenied: true})
	o.compile()
	o.evaluate(p)
	require.Nil(t, o.one(p).Order)
	require.Equal(t, []string{"Home IT ->  1"}, gaps(o.one(p)), "forbidden and there: a person decides")
	delete(target.Links, "Home")
	o.evaluate(p)
	require.Empty(t, o.one(p).Gaps)
}

// TestGapBetweenTwoPositions: what begins again in months is not in use today (role-model 4.7).
func TestGapBetweenTwoPositions(t *testing.T) {
	t.Parallel()
	for name, allowed := range map[string]bool{"Deleted": true, "ToLookAt": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOrganisation(t)
			o.thing(group, "G", 0)
			typ := o.accounts(func(t *rolemodel.ResourceType) { t.AllowRemove = allowed })
			o.typeRule(typ)
			o.member(typ, "G", 0)
			o.correlation(typ, 100)
			o.compile()
			o.correlate()
			p := o.hire("Ann", "Lee")
			o.position(p, at(-100), at(1), 0, 0)
			o.position(p, at(300), time.Time{}, 0, 0)
			o.provision(p)
			first := o.one(p).TargetID
			require.NotZero(t, first)
			require.Equal(t, at(1), *p.NextAt)
			o.now = at(1)
			o.evaluate(p)
			if !allowed {
				require.Equal(t, evaluation.NonConforming, o.one(p).Workflow)
				require.Len(t, gaps(o.one(p)), 1)
				o.now = at(300)
				o.evaluate(p)
				require.Empty(t, o.one(p).Gaps)
				require.Equal(t, evaluation.Calculated, o.one(p).Workflow)
				require.Nil(t, o.one(p).Order, "it is as it was left")
				return
			}
			require.Equal(t, []string{"DELETE   1"}, open(o.one(p)))
			require.False(t, o.one(p).IsExpected)
			o.fulfil(p)
			o.sync(p)
			o.evaluate(p)
			require.True(t, o.res[first].Gone)
			require.Equal(t, []string{"ADD MemberOf G 0 not_due", "CREATE   0 not_due"}, open(o.one(p)))
			require.Equal(t, at(300), *o.one(p).Start)
			o.now = at(300)
			o.evaluate(p)
			require.Equal(t, []string{"ADD MemberOf G 1", "CREATE   1"}, open(o.one(p)), "no review: nobody took it away from her")
		})
	}
}

func TestAccountMadeEarlyStays(t *testing.T) {
	t.Parallel()
	o, p, _ := newcomer(t)
	o.correlate()
	o.compile()
	a := o.account(p)
	a.Scalars["Phone"] = "100"
	o.evaluate(p)
	require.Equal(t, a.ID, o.one(p).TargetID)
	require.True(t, o.one(p).IsExpected, "made before its time is not unauthorized (12.7 c)")
	require.Nil(t, o.one(p).Order)
}

func TestOtherSuggestionIsWaitedFor(t *testing.T) {
	t.Parallel()
	o, p, _, fuzzy := population(t, func(t *rolemodel.ResourceType) { t.SuggestAllCorrelations = true })
	a, b := o.account(p), o.account(p)
	p.Candidates = []evaluation.Candidate{{TargetID: a.ID, RuleID: fuzzy, Owners: 1}, {TargetID: b.ID, RuleID: fuzzy, Owners: 1}}
	o.evaluate(p)
	require.Len(t, p.Types, 2)
	for _, x := range p.Types {
		if x.Order.TargetID == a.ID {
			x.Order = nil // somebody denied it
		}
	}
	p.Denied[a.ID] = true
	o.evaluate(p)
	for _, x := range p.Types {
		require.NotEqual(t, evaluation.Create, x.Order.Kind, "the other one may still be it")
	}
	require.Len(t, p.Types, 1)
	p.Types[0].Order = nil
	p.Denied[b.ID] = true
	o.evaluate(p)
	require.Contains(t, open(o.one(p)), "CREATE   5", "now one is missing")
}

// TestCreationWhoseAnswerWasLost: the creation came back as an error, the person left, and then the account appears.
func TestCreationWhoseAnswerWasLost(t *testing.T) {
	t.Parallel()
	o, p, _ := newcomer(t)
	o.now = at(11)
	o.compile()
	o.correlate()
	o.evaluate(p)
	for _, l := range o.one(p).Order.Lines {
		l.State, l.IsSent = evaluation.Errored, true
	}
	p.Resource.Links["Records"] = nil
	o.evaluate(p)
	require.Nil(t, o.one(p).Order)
	a := o.account(p)
	a.Scalars["Phone"] = "100"
	o.now = o.now.Add(time.Hour)
	o.synced[account] = o.now
	o.evaluate(p)
	require.Equal(t, []string{"DELETE   1"}, open(o.one(p)))

	q := o.hire("Bob", "Ray")
	o.position(q, at(10), at(100), 0, 0)
	o.evaluate(q)
	for _, l := range o.one(q).Order.Lines {
		l.State, l.IsSent = evaluation.Errored, true
	}
	q.Resource.Links["Records"] = nil
	o.evaluate(q)
	o.now = o.now.Add(time.Hour)
	o.synced[account] = o.now
	o.evaluate(q)
	require.Empty(t, q.Types, "newer data shows none")
}

// TestVanishedWhileItsOrderIsCalled: what is gone while a worker is at it is still known to have been there when the answer comes: its creation is
// reviewed, and a type that nobody reads is not believed to have it.
func TestVanishedWhileItsOrderIsCalled(t *testing.T) {
	t.Parallel()
	for name, blind := range map[string]bool{"Read": false, "NobodyReads": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, p, target := memberOfIT(t, func(t *rolemodel.ResourceType) { t.TicketSynchroIsNotAvailable = blind })
			p.Resource.Scalars["LastName"] = "Ray"
			o.evaluate(p)
			require.Equal(t, []string{"SET DisplayName Ray 1"}, open(o.one(p)))
			o.one(p).Order.InFlight = true
			target.Gone = true
			o.evaluate(p)
			o.evaluate(p)
			order := o.one(p).Order
			order.InFlight = false
			order.Lines[0].State, order.Lines[0].IsSent = evaluation.Errored, true
			o.evaluate(p)
			require.Contains(t, open(o.one(p)), "CREATE   5")
		})
	}
}
