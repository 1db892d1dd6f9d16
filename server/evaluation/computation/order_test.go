package computation

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/evaluation/expectation"
	"writ/server/rolemodel"
)

// newcomer is a person who begins in ten days, and gets an account with a phone.
func newcomer(t *testing.T, change ...func(*rolemodel.ResourceType)) (*organisation, *evaluation.Owner, *rolemodel.ResourceType) {
	o := newOrganisation(t)
	typ := o.accounts(change...)
	o.typeRule(typ)
	o.scalar(typ, "Phone", "Phone", "")
	o.correlation(typ, 100)
	p := o.hire("Ann", "Lee")
	o.position(p, at(10), at(100), 0, 0)
	p.Resource.Scalars["Phone"] = "100"
	return o, p, typ
}

func TestFutureOrderWaitsForItsDay(t *testing.T) {
	t.Parallel()
	o, p, typ := newcomer(t)
	typ.FulfillHoursAheadOfTime = 48
	o.evaluate(p)
	require.Equal(t, []string{"CREATE   0 not_due", "SET Phone 100 0 not_due"}, open(o.one(p)))
	require.Equal(t, at(10), *o.one(p).Start, "only the order comes early")
	require.Equal(t, at(8), *p.NextAt)
	o.now = at(8)
	o.evaluate(p)
	require.Equal(t, []string{"CREATE   1", "SET Phone 100 1"}, open(o.one(p)))
}

func TestFutureOrderIsReviewedInTime(t *testing.T) {
	t.Parallel()
	o, p, _ := newcomer(t, func(t *rolemodel.ResourceType) { t.BlockProvisioning = true })
	o.evaluate(p)
	require.Equal(t, []string{"CREATE   5", "SET Phone 100 5"}, open(o.one(p)))
	// approved: the order service keeps the approval and waits for the day
	o.approve(p)
	for _, l := range o.one(p).Order.Lines {
		l.State, l.WaitReason = evaluation.None, "not_due"
	}
	o.evaluate(p)
	require.Equal(t, []string{"CREATE   0 not_due", "SET Phone 100 0 not_due"}, open(o.one(p)))
	o.now = at(10)
	o.evaluate(p)
	require.Equal(t, []string{"CREATE   1", "SET Phone 100 1"}, open(o.one(p)), "not reviewed twice")
}

func TestHeldOrders(t *testing.T) {
	t.Parallel()
	o, p, typ := newcomer(t)
	typ.AllowAdd = false
	o.evaluate(p)
	require.Equal(t, []string{"CREATE   0 creation_not_allowed"}, open(o.one(p)))
	typ.AllowAdd, typ.ConnectionID = true, nil
	o.compile()
	o.evaluate(p)
	require.Equal(t, []string{"CREATE   0 no_connection", "SET Phone 100 0 no_connection"}, open(o.one(p)))
	typ.ConnectionID = ptr(int64(1))
	o.now = at(11)
	o.compile()
	o.evaluate(p)
	require.Equal(t, []string{"CREATE   1", "SET Phone 100 1"}, open(o.one(p)))
}

func TestWaitingForAnAccountMadeByHand(t *testing.T) {
	t.Parallel()
	o, p, _ := newcomer(t, func(t *rolemodel.ResourceType) { t.AllowAdd = false })
	o.now = at(11)
	o.compile()
	o.correlate()
	o.evaluate(p)
	a := o.account(p)
	a.Scalars["Phone"] = "100"
	o.evaluate(p)
	require.Nil(t, o.one(p).Order)
	require.Equal(t, a.ID, o.one(p).TargetID)
}

func TestReviewOptions(t *testing.T) {
	t.Parallel()
	o, p, typ := newcomer(t)
	o.now = at(11)
	o.blockAll = true
	o.evaluate(p)
	require.Equal(t, []string{"CREATE   5", "SET Phone 100 5"}, open(o.one(p)))
	o.blockAll = false
	o.evaluate(p)
	require.Equal(t, []string{"CREATE   5", "SET Phone 100 5"}, open(o.one(p)), "what waits goes on waiting")
	o.noReview = true
	o.evaluate(p)
	require.Equal(t, []string{"CREATE   1", "SET Phone 100 1"}, open(o.one(p)), "A9")
	o.noReview, o.blockAll = false, true
	o.evaluate(p)
	require.Equal(t, []string{"CREATE   5", "SET Phone 100 5"}, open(o.one(p)), "P12: nobody had looked at it")
	o.approve(p)
	o.evaluate(p)
	require.Equal(t, []string{"CREATE   1", "SET Phone 100 1"}, open(o.one(p)), "but not twice")
	o.blockAll, typ.BlockProvisioning = false, true
	o.compile()
	p.Resource.Scalars["Phone"] = "200"
	o.evaluate(p)
	require.Equal(t, []string{"CREATE   1", "SET Phone 200 5"}, open(o.one(p)), "P8: only the new content is looked at")
}

func TestFailingRuleHoldsTheOrder(t *testing.T) {
	t.Parallel()
	o, p, typ := newcomer(t)
	o.now = at(11)
	r := o.scalar(typ, "Enabled", "", "source.Floor + 1 > 3 ? 'high' : 'low'")
	o.compile()
	p.Resource.Scalars["Floor"] = "not a number"
	o.evaluate(p)
	row := o.one(p)
	require.Equal(t, []string{"CREATE   1 item_error", "SET Enabled  7", "SET Phone 100 1 item_error"}, open(row))
	for _, l := range row.Order.Lines {
		require.Equal(t, l.State == evaluation.Error, l.Error != "")
	}
	require.Equal(t, []int64{r.ID}, row.Expected.Properties["Enabled"][0].Rules)
	p.Resource.Scalars["Floor"] = "7"
	o.evaluate(p)
	require.Equal(t, []string{"CREATE   1", "SET Enabled high 1", "SET Phone 100 1"}, open(o.one(p)))
}

func TestCreationIsVerifiedByTheNextSynchronization(t *testing.T) {
	t.Parallel()
	o, p, _ := newcomer(t)
	o.now = at(11)
	o.compile()
	o.correlate()
	o.evaluate(p)
	o.fulfil(p)
	o.evaluate(p)
	require.Equal(t, []string{"CREATE   8", "SET Phone 100 8"}, open(o.one(p)), "X2")
	o.now = at(12)
	o.synced[account] = o.now
	o.evaluate(p)
	require.Equal(t, 1, o.one(p).Order.UnverifiedCount, "X3")
	o.sync(p)
	o.evaluate(p)
	require.Nil(t, o.one(p).Order)
	require.NotZero(t, o.one(p).TargetID)
}

func TestCreationStaysACreation(t *testing.T) {
	t.Parallel()
	o, p, _ := newcomer(t)
	o.now = at(11)
	o.compile()
	o.correlate()
	o.evaluate(p)
	o.fulfil(p)
	o.account(p) // read back before a whole synchronization: the account is there, its telephone is not known yet
	o.evaluate(p)
	require.Equal(t, []string{"SET Phone 100 8"}, open(o.one(p)))
	require.Equal(t, evaluation.Create, o.one(p).Order.Kind, "the same order, only half of it is seen")
	p.Resource.Scalars["Phone"] = "200"
	o.evaluate(p)
	require.Equal(t, []string{"SET Phone 200 1"}, open(o.one(p)))
	require.Equal(t, evaluation.Update, o.one(p).Order.Kind, "now something is to be sent to what exists")
}

func TestChangeWhileExecutedIsSeenWhenTheAccountIs(t *testing.T) {
	t.Parallel()
	o, p, _ := newcomer(t)
	o.now = at(11)
	o.compile()
	o.correlate()
	o.evaluate(p)
	o.fulfil(p)
	p.Resource.Scalars["Phone"] = "200"
	o.evaluate(p)
	require.Equal(t, []string{"CREATE   8", "SET Phone 100 8"}, open(o.one(p)))
	o.sync(p)
	o.evaluate(p)
	require.Equal(t, []string{"SET Phone 200 1"}, open(o.one(p)), "X6: no drift")
	require.Empty(t, o.one(p).Gaps)
}

func TestTicketIsWithdrawnAsAWhole(t *testing.T) {
	t.Parallel()
	o, p, _ := newcomer(t, func(t *rolemodel.ResourceType) { t.BlockProvisioning = true })
	o.now = at(11)
	o.evaluate(p)
	o.approve(p)
	row := o.one(p)
	row.Order.IsManual = true
	for _, l := range row.Order.Lines {
		l.State, l.IsSent = evaluation.Transmitted, true
	}
	o.evaluate(p)
	require.Equal(t, []string{"CREATE   2", "SET Phone 100 2"}, open(o.one(p)), "R5: nothing changed")
	p.Resource.Scalars["Phone"] = "200"
	o.evaluate(p)
	require.Equal(t, []string{"CREATE   1", "SET Phone 200 5"}, open(o.one(p)), "T6: the unchanged line was approved already")
}

func TestInFlightOrderIsOnlySuperseded(t *testing.T) {
	t.Parallel()
	o, p := settled(t)
	p.Resource.Scalars["Phone"] = "200"
	o.evaluate(p)
	row := o.one(p)
	row.Order.InFlight = true
	o.evaluate(p)
	require.False(t, row.Order.IsSuperseded)
	p.Resource.Scalars["Phone"] = "300"
	b := o.batch(p)
	res := Evaluate(o.c, b)[0]
	require.Len(t, res.Types, 1)
	require.True(t, res.Types[0].Order.Supersede)
	require.Empty(t, res.Types[0].Order.Lines)
	o.save(p, &res)
	require.True(t, o.one(p).Order.IsSuperseded)
	// the answer comes
	row = o.one(p)
	row.Order.InFlight = false
	o.fulfil(p)
	o.evaluate(p)
	require.Equal(t, []string{"SET Phone 300 1"}, open(o.one(p)))
	require.Empty(t, o.one(p).Gaps)
}

func TestNewPropertyWhileInFlightIsNoDrift(t *testing.T) {
	t.Parallel()
	o, p := settled(t)
	o.scalar(o.m.ResourceTypes[0], "Enabled", "LastName", "")
	o.compile()
	o.evaluate(p)
	row := o.one(p)
	require.Equal(t, []string{"Enabled  -> Lee 1"}, gaps(row), "a brand-new rule only proposes")
	row.Gaps = nil
	o.res[row.TargetID].Scalars["Enabled"] = "Lee"
	p.Resource.Scalars["Phone"] = "200"
	o.evaluate(p)
	row = o.one(p)
	row.Order.InFlight = true
	p.Resource.Scalars["LastName"] = "Ray" // changes a property that was at rest while another one is out
	o.save(p, ptr(Evaluate(o.c, o.batch(p))[0]))
	row = o.one(p)
	require.True(t, row.Order.IsSuperseded)
	row.Order.InFlight = false
	o.fulfil(p)
	o.evaluate(p)
	require.Equal(t, []string{"SET Enabled Ray 1", "SET Phone 200 8"}, open(o.one(p)))
	require.Empty(t, o.one(p).Gaps)
}

func TestFailedCreationStartsOverWithNewContent(t *testing.T) {
	t.Parallel()
	o, p, _ := newcomer(t)
	o.now = at(11)
	o.evaluate(p)
	for _, l := range o.one(p).Order.Lines {
		l.State, l.IsSent = evaluation.Errored, true
	}
	o.evaluate(p)
	require.Equal(t, []string{"CREATE   3", "SET Phone 100 3"}, open(o.one(p)))
	p.Resource.Scalars["Phone"] = "200"
	o.evaluate(p)
	require.Equal(t, []string{"CREATE   1", "SET Phone 200 1"}, open(o.one(p)))
}

// TestFailedLineIsOver: of an order that the system refused one line is not wanted any more, or is there. What is left is another order, and goes
// again; it waited for somebody to unblock it before.
func TestFailedLineIsOver(t *testing.T) {
	t.Parallel()
	for name, over := range map[string]func(p *evaluation.Owner, target *evaluation.Resource){
		"NotWanted": func(p *evaluation.Owner, _ *evaluation.Resource) { p.Resource.Scalars["LastName"] = "Lee" },
		"Seen":      func(_ *evaluation.Owner, target *evaluation.Resource) { target.Scalars["Enabled"] = "Ray" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, p := settled(t)
			o.scalar(o.m.ResourceTypes[0], "Enabled", "LastName", "")
			o.compile()
			o.evaluate(p)
			row := o.one(p)
			row.Gaps = nil
			target := o.res[row.TargetID]
			target.Scalars["Enabled"] = "Lee"
			o.evaluate(p)
			p.Resource.Scalars["Phone"], p.Resource.Scalars["LastName"] = "200", "Ray"
			o.evaluate(p)
			for _, l := range o.one(p).Order.Lines {
				l.State, l.IsSent = evaluation.Errored, true
			}
			o.evaluate(p)
			require.Equal(t, []string{"SET Enabled Ray 3", "SET Phone 200 3"}, open(o.one(p)))
			over(p, target)
			o.evaluate(p)
			require.Equal(t, []string{"SET Phone 200 1"}, open(o.one(p)))
		})
	}
}

func TestDeclinedCreation(t *testing.T) {
	t.Parallel()
	o, p, _ := newcomer(t)
	o.now = at(11)
	o.evaluate(p)
	for _, l := range o.one(p).Order.Lines {
		l.State, l.Workflow = evaluation.Inactive, evaluation.Declined
	}
	o.evaluate(p)
	require.Equal(t, []string{"CREATE   6", "SET Phone 100 6"}, open(o.one(p)))
	p.Resource.Scalars["Phone"] = "200"
	o.evaluate(p)
	require.Equal(t, []string{"CREATE   1", "SET Phone 200 1"}, open(o.one(p)), "a changed value starts over")
}

// An order whose time ran out while it waited starts over when its time is prolonged, or another time follows (provisioning 1.4, I1). What
// somebody declined does not.
func TestExpiredOrderIsDueAgain(t *testing.T) {
	t.Parallel()
	for name, next := range map[string]struct {
		from, to float64
		want     []string
	}{
		"Prolonged": {-5, 20, []string{"CREATE   1", "SET Phone 100 1"}},
		"Later":     {14, 20, []string{"CREATE   6", "SET Phone 100 6"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, p, _ := newcomer(t)
			o.res[p.Resource.Links["Records"][0]].Scalars["End"] = directory.FormatTime(at(12))
			o.now = at(11)
			o.evaluate(p)
			o.now = at(13)
			o.expire(p)
			require.Equal(t, []string{"CREATE   6", "SET Phone 100 6"}, open(o.one(p)))
			p.Resource.Links["Records"] = nil
			o.position(p, at(next.from), at(next.to), 0, 0)
			o.evaluate(p)
			require.Equal(t, next.want, open(o.one(p)))
			o.now = at(15)
			o.evaluate(p)
			require.Equal(t, []string{"CREATE   1", "SET Phone 100 1"}, open(o.one(p)))
		})
	}
	t.Run("Value", func(t *testing.T) {
		t.Parallel()
		o, p := settled(t)
		p.Resource.Scalars["Phone"] = "200"
		o.evaluate(p)
		row := o.one(p)
		row.Order.Lines[0].End = ptr(o.now.Add(time.Hour))
		o.now = o.now.Add(2 * time.Hour)
		o.expire(p)
		require.Equal(t, []string{"SET Phone 200 6"}, open(row))
		o.evaluate(p)
		require.Equal(t, []string{"SET Phone 200 1"}, open(o.one(p)))
	})
	t.Run("ProlongedWhileTheClockEndsIt", func(t *testing.T) {
		t.Parallel()
		o, p, _ := newcomer(t)
		o.now = at(11)
		o.evaluate(p)
		for _, l := range o.one(p).Order.Lines {
			l.State = evaluation.Inactive // by the old end; the new one was written in the same moment
		}
		o.evaluate(p)
		require.Equal(t, []string{"CREATE   1", "SET Phone 100 1"}, open(o.one(p)))
	})
	t.Run("Declined", func(t *testing.T) {
		t.Parallel()
		o, p, _ := newcomer(t)
		o.res[p.Resource.Links["Records"][0]].Scalars["End"] = directory.FormatTime(at(12))
		o.now = at(11)
		o.evaluate(p)
		for _, l := range o.one(p).Order.Lines {
			l.State, l.Workflow = evaluation.Inactive, evaluation.Declined
		}
		o.now = at(13)
		o.res[p.Resource.Links["Records"][0]].Scalars["End"] = directory.FormatTime(at(20))
		o.evaluate(p)
		require.Equal(t, []string{"CREATE   6", "SET Phone 100 6"}, open(o.one(p)))
	})
}

// What was carried out on a target that is gone has to be done again on the one that takes its place.
func TestExecutedValuesOfAVanishedTarget(t *testing.T) {
	t.Parallel()
	o, p := settled(t)
	p.Resource.Scalars["Phone"] = "200"
	o.evaluate(p)
	o.fulfil(p)
	require.Equal(t, []string{"SET Phone 200 8"}, open(o.one(p)))
	o.res[o.one(p).TargetID].Gone = true
	o.now = o.now.Add(time.Minute)
	o.synced[account] = o.now
	o.evaluate(p)
	require.Equal(t, []string{"ADD MemberOf G 5", "CREATE   5", "SET Phone 200 5"}, open(o.one(p)))
}

func TestDeclinedRowIsNotCreatedAgain(t *testing.T) {
	t.Parallel()
	o, p, typ := newcomer(t)
	o.now = at(11)
	o.evaluate(p)
	row := o.one(p)
	row.Order, row.Workflow = nil, evaluation.Declined
	o.evaluate(p)
	require.Nil(t, o.one(p).Order)
	role := o.role(rolemodel.Single, "R")
	o.roleRule(rolemodel.RoleRule{RoleID: role})
	o.rule(typ, rolemodel.ResourceTypeRule{Kind: rolemodel.TypeRule, SingleRoleID: &role})
	o.compile()
	o.evaluate(p)
	require.Equal(t, []string{"CREATE   1", "SET Phone 100 1"}, open(o.one(p)), "another cause")
}

// What was refused with the whole target comes back with it: nothing is created without its values.
func TestDeclinedCreationComesBackWhole(t *testing.T) {
	t.Parallel()
	o, p, typ := newcomer(t)
	o.now = at(11)
	o.evaluate(p)
	row := o.one(p)
	for _, l := range row.Order.Lines {
		l.State, l.Workflow = evaluation.Inactive, evaluation.Declined
	}
	row.Kept = []*evaluation.Kept{{ID: 1, Workflow: evaluation.Declined}, {ID: 2, Property: "Phone", Workflow: evaluation.Declined, KeptAgainst: "100"}}
	o.evaluate(p)
	require.Equal(t, []string{"CREATE   6", "SET Phone 100 6"}, open(o.one(p)))
	role := o.role(rolemodel.Single, "R")
	o.roleRule(rolemodel.RoleRule{RoleID: role})
	o.rule(typ, rolemodel.ResourceTypeRule{Kind: rolemodel.TypeRule, SingleRoleID: &role})
	o.compile()
	o.evaluate(p)
	require.Equal(t, []string{"CREATE   1", "SET Phone 100 1"}, open(o.one(p)))
	require.Empty(t, o.one(p).Kept)
}

func TestAccountMadeByOthersWhileCreationWaits(t *testing.T) {
	t.Parallel()
	o, p, _ := newcomer(t, func(t *rolemodel.ResourceType) { t.BlockProvisioning = true })
	o.now = at(11)
	o.compile()
	o.correlate()
	o.evaluate(p)
	a := o.account(p)
	a.Scalars["Phone"] = "other"
	o.evaluate(p)
	row := o.one(p)
	require.Equal(t, a.ID, row.TargetID)
	require.Nil(t, row.Order, "the account was not our work: it is looked at, not overwritten")
	require.Equal(t, []string{"Phone other -> 100 1"}, gaps(row))
}

func TestLeaverWithPlannedAccountClaimsNothing(t *testing.T) {
	t.Parallel()
	o, p, _ := newcomer(t)
	o.now = at(11)
	o.compile()
	o.correlate()
	o.evaluate(p)
	p.Resource.Links["Records"] = nil
	a := o.account(p)
	o.evaluate(p)
	row := o.one(p)
	require.Nil(t, row.Order)
	require.Equal(t, a.ID, row.TargetID)
	require.Equal(t, evaluation.NonConforming, row.Workflow)
}

func TestTypeThatCannotBeSynchronized(t *testing.T) {
	t.Parallel()
	o, p, _ := newcomer(t, func(t *rolemodel.ResourceType) { t.TicketSynchroIsNotAvailable = true })
	o.now = at(11)
	o.evaluate(p)
	row := o.one(p)
	row.Order, row.WasVerified = nil, true // the operator confirmed: T2
	o.evaluate(p)
	require.Nil(t, o.one(p).Order)
	p.Resource.Scalars["Phone"] = "200"
	o.evaluate(p)
	require.Equal(t, []string{"SET Phone 200 1"}, open(o.one(p)))
	o.one(p).Order = nil
	o.now = at(100)
	o.evaluate(p)
	require.Equal(t, []string{"DELETE   1"}, open(o.one(p)))
	o.one(p).Order = nil
	o.evaluate(p)
	require.Empty(t, p.Types)
}

func TestDeletedOwner(t *testing.T) {
	t.Parallel()
	for name, remove := range map[string]bool{"RemoveOrphans": true, "KeepOrphans": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, p := settled(t, func(t *rolemodel.ResourceType) { t.RemoveOrphans = remove })
			p.Resource.Gone = true
			o.evaluate(p)
			if remove {
				require.Equal(t, []string{"DELETE   1"}, open(o.one(p)))
				return
			}
			require.Nil(t, o.one(p).Order)
			require.Equal(t, evaluation.NonConforming, o.one(p).Workflow)
		})
	}
}

func TestDeniedNavigationRule(t *testing.T) {
	t.Parallel()
	o, p := settled(t)
	typ := o.m.ResourceTypes[0]
	r := o.member(typ, "G", 0)
	r.IsDenied = true
	o.compile()
	o.evaluate(p)
	row := o.one(p)
	require.Nil(t, row.Order)
	require.Equal(t, []string{"MemberOf G ->  1"}, gaps(row), "forbidden and there: a person decides")
	require.Empty(t, row.Expected.Properties["MemberOf"])
}

func TestDeniedTypeRule(t *testing.T) {
	t.Parallel()
	o, p := settled(t)
	r := o.typeRule(o.m.ResourceTypes[0])
	r.IsDenied = true
	o.compile()
	o.evaluate(p)
	require.Equal(t, []string{"DELETE   1"}, open(o.one(p)))
}

func TestCreateOnlyScalar(t *testing.T) {
	t.Parallel()
	o, p := settled(t)
	r := o.scalar(o.m.ResourceTypes[0], "Login", "LastName", "")
	r.IsMapped = false
	o.compile()
	o.evaluate(p)
	require.Nil(t, o.one(p).Order)
	require.Empty(t, o.one(p).Gaps)
	q := o.employ("Bob", "Ray", 0)
	o.evaluate(q)
	require.Contains(t, open(o.one(q)), "SET Login Ray 1")
	q.Resource.Scalars["LastName"] = "Fox"
	o.fulfil(q)
	o.sync(q)
	o.evaluate(q)
	require.Nil(t, o.one(q).Order)
	require.Equal(t, "Fox", o.one(q).Expected.Properties["Login"][0].Value)
	require.Equal(t, "Ray", o.res[o.one(q).TargetID].Scalars["Login"])
}

func TestQueryRules(t *testing.T) {
	t.Parallel()
	o, p := settled(t)
	typ := o.m.ResourceTypes[0]
	it := o.thing(department, "IT", 0)
	sure := o.rule(typ, rolemodel.ResourceTypeRule{Kind: rolemodel.QueryRule, PropertyID: o.property("Home"), SourceBinding: ptr("record.Office"), TargetBinding: ptr("Code"), Confidence: 100})
	guess := o.rule(typ, rolemodel.ResourceTypeRule{Kind: rolemodel.QueryRule, PropertyID: o.property("Home"), SourceBinding: ptr("Phone"), TargetBinding: ptr("Name"),
		TargetExpression: ptr("ToUpper"), Confidence: 50})
	o.compile()
	o.res[p.Resource.Links["Records"][0]].Scalars["Office"] = "IT"
	require.Contains(t, expectation.SourceKeys(o.c, o.now, p.Resource, o.res), evaluation.Key{RuleID: sure.ID, Value: "IT"})
	require.Contains(t, o.c.TargetKeys(o.res[it], o.res), evaluation.Key{RuleID: guess.ID, Value: "IT"})
	target := o.res[o.one(p).TargetID]
	target.Links["Home"] = []int64{it}
	p.Lookups[evaluation.Key{RuleID: sure.ID, Value: "IT"}] = []int64{it}
	o.evaluate(p)
	require.Nil(t, o.one(p).Order)
	hr := o.thing(department, "HR", 0)
	p.Lookups = map[evaluation.Key][]int64{{RuleID: guess.ID, Value: "100"}: {hr}}
	o.noReview = true
	o.evaluate(p)
	require.Equal(t, []string{"SET Home HR 5"}, open(o.one(p)), "below 100: always reviewed")
	require.Equal(t, 50, o.one(p).Expected.Properties["Home"][0].Confidence)
}

func TestTodayComesBackTomorrow(t *testing.T) {
	t.Parallel()
	o, p := settled(t)
	o.scalar(o.m.ResourceTypes[0], "Login", "", "FormatLocalDate(string(today()), 'UTC', 'yyyy-MM-dd')")
	o.compile()
	o.evaluate(p)
	require.Equal(t, "2026-03-10", o.one(p).Expected.Properties["Login"][0].Value)
	require.Equal(t, time.Date(2026, 3, 11, 0, 0, 0, 0, time.UTC), *p.NextAt)
}

func TestFutureMembershipIsPlanned(t *testing.T) {
	t.Parallel()
	o, p := settled(t)
	o.thing(group, "LATER", 0)
	role := o.role(rolemodel.Single, "R")
	o.member(o.m.ResourceTypes[0], "LATER", role)
	o.compile()
	p.Roles = []*evaluation.AssignedRole{{ID: 1, RoleID: role, Workflow: evaluation.Approved, Origin: evaluation.OriginManual, Start: ptr(at(5)), End: ptr(at(9))}}
	o.evaluate(p)
	require.Equal(t, []string{"ADD MemberOf LATER 0 not_due"}, open(o.one(p)))
	require.Equal(t, at(5), *p.NextAt)
	o.now = at(5)
	o.provision(p)
	require.Len(t, o.res[o.one(p).TargetID].Links["MemberOf"], 2)
	o.now = at(9)
	o.evaluate(p)
	require.Equal(t, []string{"REMOVE MemberOf LATER 1"}, open(o.one(p)))
}

// TestKeyIsNeverLeftOut: nothing is created without what designates it, also when somebody refused that value before.
func TestKeyIsNeverLeftOut(t *testing.T) {
	t.Parallel()
	t.Run("RefusedForAnAccountThatIsGone", func(t *testing.T) {
		t.Parallel()
		o, p, typ := newcomer(t)
		o.scalar(typ, "Login", "FirstName", "ToLower(source.FirstName)")
		o.now = at(11)
		o.compile()
		o.correlate()
		o.provision(p)
		p.Resource.Scalars["FirstName"] = "Eve"
		o.evaluate(p)
		require.Equal(t, []string{"SET Login eve 1"}, open(o.one(p)))
		row := o.one(p)
		row.Order.Lines[0].State, row.Order.Lines[0].Workflow = evaluation.Inactive, evaluation.Declined
		row.Kept = []*evaluation.Kept{{ID: 1, Property: "Login", Workflow: evaluation.Declined, Value: "ann", KeptAgainst: "eve"}}
		o.evaluate(p)
		o.res[row.TargetID].Gone = true
		row.Order = nil
		o.evaluate(p)
		require.Equal(t, []string{"CREATE   5", "SET Login eve 5", "SET Phone 100 5"}, open(o.one(p)))
		require.Empty(t, o.one(p).Kept)
	})
	t.Run("RefusedAlone", func(t *testing.T) {
		t.Parallel()
		o, p, typ := newcomer(t)
		o.scalar(typ, "Login", "", "'ann'")
		o.now = at(11)
		o.compile()
		o.evaluate(p)
		row := o.one(p)
		for _, l := range row.Order.Lines {
			if l.Property != "" {
				l.State, l.Workflow = evaluation.Inactive, evaluation.Declined
			}
		}
		row.Kept = []*evaluation.Kept{{ID: 1, Property: "Login", Workflow: evaluation.Declined, KeptAgainst: "ann"}, {ID: 2, Property: "Phone", Workflow: evaluation.Declined, KeptAgainst: "100"}}
		o.evaluate(p)
		require.Equal(t, []string{"CREATE   1", "SET Login ann 5"}, open(o.one(p)), "the phone alone stays refused")
		o.evaluate(p)
		require.Equal(t, []string{"CREATE   1", "SET Login ann 5"}, open(o.one(p)))
		o.approve(p)
		o.evaluate(p)
		require.Equal(t, []string{"CREATE   1", "SET Login ann 1"}, open(o.one(p)))
	})
	t.Run("KeyOfTheSystem", func(t *testing.T) { // what designates an account before it has one is unique
		t.Parallel()
		o, p, typ := newcomer(t)
		o.shape.PropertyMappings = map[int64]*directory.PropertyMapping{}
		for _, name := range []string{"EmployeeId", "Phone"} {
			o.shape.PropertyMappings[*o.property(name)] = &directory.PropertyMapping{IsUniqueKey: true}
		}
		o.scalar(typ, "EmployeeId", "EmployeeId", "")
		o.scalar(typ, "Enabled", "", "'yes'")
		o.now = at(11)
		o.compile()
		p.Resource.Scalars["EmployeeId"] = ""
		o.evaluate(p)
		require.Equal(t, []string{"CREATE   1", "SET Enabled yes 1", "SET Phone 100 1"}, open(o.one(p)), "one of them will do")
		p.Resource.Scalars["Phone"] = ""
		o.evaluate(p)
		require.Equal(t, []string{"CREATE   7", "SET Enabled yes 1 item_error"}, open(o.one(p)))
		require.Contains(t, o.one(p).Order.Lines[0].Error, "designates")
		p.Resource.Scalars["Phone"] = "200"
		o.evaluate(p)
		require.Equal(t, []string{"CREATE   1", "SET Enabled yes 1", "SET Phone 200 1"}, open(o.one(p)))
	})
}

// TestValueThatSoonBeginsAgain: a value that ends, and begins again within the hours by which orders leave early, is asked for once, in the order that creates its
// account and in the one that proposes an existing one.
func TestValueThatSoonBeginsAgain(t *testing.T) {
	t.Parallel()
	for name, confidence := range map[string]int{"Created": 0, "Proposed": 60} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOrganisation(t)
			g := o.thing(group, "G", 0)
			typ := o.accounts(func(x *rolemodel.ResourceType) { x.FulfillHoursAheadOfTime = 24 })
			o.typeRule(typ)
			role := o.role(rolemodel.Single, "R")
			o.member(typ, "G", role)
			p := o.employ("Ann", "Lee", 0)
			if confidence > 0 {
				o.correlation(typ, confidence)
				o.account(p)
			}
			o.compile()
			o.correlate()
			for _, from := range []float64{-1, 0.5} {
				p.Roles = append(p.Roles, &evaluation.AssignedRole{ID: o.id(), RoleID: role, Workflow: evaluation.Approved, Origin: evaluation.OriginManual, Start: ptr(at(from)), End: ptr(at(from + 1.25))})
			}
			o.evaluate(p)
			adds := 0
			for _, l := range o.one(p).Order.Lines {
				if l.Property == "MemberOf" {
					require.Equal(t, g, l.ValueID)
					adds++
				}
			}
			require.Equal(t, 1, adds)
		})
	}
}
