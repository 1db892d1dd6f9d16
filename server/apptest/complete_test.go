package apptest_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/apptest"
)

// The complete job on a fresh demo: what software writes goes 1 -> 8 -> 4 and never shows 2, what people do waits in 2, what is reviewed
// waits in 5. Running it again does nothing (scenario 22).
func TestCompleteJob(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Demo: true, TestHooks: true})
	admin := h.As(t, "admin")
	require.Empty(t, admin.MustOrders(t, apptest.Filter{}), "nothing moves before the first complete job")
	people := staffOf(t, h, time.Now())

	began := time.Now()
	run := h.MustRunJob(t, "complete", apptest.Completed)
	t.Logf("the complete job took %s", time.Since(began))
	require.InDelta(t, 1, run.Progress, 1e-9)

	var logins []string
	automated := map[string]*apptest.Order{}
	for _, o := range admin.MustOrders(t, apptest.Filter{ResourceTypes: []string{"Intranet_User"}}) {
		require.Nil(t, automated[o.Key()], "one order each")
		automated[o.Key()] = o
	}
	for _, key := range people.Active {
		o := automated[key]
		require.NotNil(t, o, key)
		logins = append(logins, strings.ToLower(key))
		if key == apptest.HalfRole {
			require.Equal(t, 5, o.StateCode, "order %s of %s", o.ID, key)
			continue
		}
		require.Equal(t, 4, o.StateCode, "order %s of %s", o.ID, key)
		require.Equal(t, [][]int{{1, 8, 4}}, o.Paths(), "order %s of %s", o.ID, key)
		require.Equal(t, 1, o.Attempt)
	}
	for _, key := range people.Future {
		o := automated[key]
		require.NotNil(t, o, key)
		require.Equal(t, 0, o.StateCode, "order %s of %s", o.ID, key)
		require.Equal(t, pointer("not_due"), o.WaitReason)
		require.Equal(t, [][]int{{0}}, o.Paths())
	}
	require.Len(t, automated, len(people.Active)+len(people.Future))
	slices.Sort(logins)
	require.Equal(t, logins, accounts(t, h), "the intranet has exactly the accounts of those who work now")

	reviewed := admin.MustOrders(t, apptest.Filter{ResourceTypes: []string{"Intranet_Administrator"}, States: []string{"AWAITING_APPROVAL"}})
	require.Subset(t, keys(reviewed), people.administrators())
	for _, o := range reviewed {
		require.Equal(t, [][]int{{5}}, o.Paths())
		require.Zero(t, o.Attempt, "not sent")
	}
	tickets := admin.MustOrders(t, apptest.Filter{ResourceTypes: []string{"Badge_Card"}, States: []string{"TRANSMITTED"}, Kinds: []string{"CREATE"}})
	require.Equal(t, people.withoutCard(), keys(tickets))
	for _, o := range tickets {
		require.Equal(t, [][]int{{1, 2}}, o.Paths())
		require.True(t, o.IsManual)
	}
	var silent int
	require.NoError(t, h.DB.NewRaw(`select count(*) from order_line_history h join provisioning_order o on o.id = h.order_id where h.to_state = 2 and not o.is_manual`).
		Scan(t.Context(), &silent))
	require.Zero(t, silent, "no automated order ever showed 2")

	h.MustWaitQuiescent(t)
	before := footprint(t, h)
	for range 2 {
		run = h.MustRunJob(t, "complete", apptest.Completed)
		require.Zero(t, run.Task("generate").Count("generated"))
		require.Equal(t, apptest.CompletedNoOutput, run.Task("generate").State)
		require.Equal(t, apptest.Skipped, run.Task("fulfil").State, "what depends on a task without output is skipped")
		h.MustWaitQuiescent(t)
		require.Equal(t, before, footprint(t, h), "a second run changes nothing")
	}
}

// The ways of a manual and of a reviewed order to their end, by the people who may.
func TestPeopleFinishOrders(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true})
	operator, reviewer := h.As(t, "operator"), h.As(t, "reviewer")

	ticket := operator.MustQueue(t, "manualOrders", apptest.Filter{Kinds: []string{"CREATE"}})[0]
	results, err := operator.Confirm(ticket.ID)
	require.NoError(t, err)
	require.Nil(t, results[0].Error)
	require.Equal(t, 8, results[0].Order.StateCode, "confirmed, not seen yet")
	h.MustWaitQuiescent(t)
	require.Equal(t, 8, h.As(t, "admin").MustOrder(t, ticket.ID).StateCode, "Verified only ever means: seen in synchronized data")
	h.MustMakeCards(t, ticket)
	done := h.As(t, "admin").MustWaitOrder(t, ticket.ID, 4)
	require.Equal(t, [][]int{{1, 2, 8, 4}}, done.Paths())

	admins := reviewer.MustQueue(t, "reviewQueue", apptest.Filter{ResourceTypes: []string{"Intranet_Administrator"}})
	one := admins[0]
	require.NotContains(t, accounts(t, h), "adm-"+strings.ToLower(one.Key()))
	results, err = reviewer.Review("APPROVE", "", one.ID)
	require.NoError(t, err)
	require.Nil(t, results[0].Error)
	done = h.As(t, "admin").MustWaitOrder(t, one.ID, 4)
	require.Equal(t, [][]int{{5, 1, 8, 4}}, done.Paths())
	require.Equal(t, "reviewer", *done.ReviewedBy)
	require.Contains(t, accounts(t, h), "adm-"+strings.ToLower(one.Key()))

	h.MustWaitQuiescent(t)
	before := footprint(t, h)
	h.MustRunJob(t, "complete", apptest.Completed)
	h.MustWaitQuiescent(t)
	require.Equal(t, before, footprint(t, h))
}
