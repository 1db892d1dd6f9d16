package apptest_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/apptest"
)

// Scenario 8: silence longer than the validity period ends in 3, for tickets nobody answers and for confirmations nobody can see.
func TestValidityPeriod(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true})
	operator := h.As(t, "operator")
	tickets := operator.MustQueue(t, "manualOrders", apptest.Filter{Kinds: []string{"CREATE"}}) // before the period is short: the prepared demo may be older
	silent, executed := tickets[0], tickets[1]
	h.MustConfigure(t, "2-role-model.yaml", "transmittedStateValidityPeriod: 21600", "transmittedStateValidityPeriod: 1")
	h.MustAdvanceClock(t, 61*time.Second) // the tickets of the prepared demo are older than the new period
	errored := h.As(t, "admin").MustWaitOrder(t, silent.ID, 3)
	require.Equal(t, "TIMEOUT", errored.Error.Class)
	require.Contains(t, errored.Error.Message, "1 minute")
	require.Equal(t, [][]int{{1, 2, 3}}, errored.Paths())

	results, err := h.As(t, "reviewer").Unblock(executed.ID)
	require.NoError(t, err)
	require.Nil(t, results[0].Error)
	h.As(t, "admin").MustWaitOrder(t, executed.ID, 2)
	_, err = operator.Confirm(executed.ID)
	require.NoError(t, err)
	h.MustAdvanceClock(t, 30*time.Second)
	require.Equal(t, 8, h.As(t, "admin").MustOrder(t, executed.ID).StateCode, "not yet")
	h.MustAdvanceClock(t, 31*time.Second)
	late := h.As(t, "admin").MustWaitOrder(t, executed.ID, 3)
	require.Equal(t, "TIMEOUT", late.Error.Class)
	require.Contains(t, ids(h.As(t, "reviewer").MustQueue(t, "reviewQueue", apptest.Filter{States: []string{"ERRORED"}})), executed.ID)

	h.MustMakeCards(t, executed) // R3: the value is there after all
	h.As(t, "admin").MustWaitOrder(t, executed.ID, 4)
}

// Scenario 12: a future start waits in 0 until the hours ahead of it, then goes its way.
func TestFutureStart(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true})
	h.MustConfigure(t, "2-role-model.yaml", "    transmittedStateValidityPeriod: 120\n    typeRules: [{}]\n", "    transmittedStateValidityPeriod: 0\n    fulfillHoursAheadOfTime: 24\n    typeRules: [{}]\n")
	h.MustWaitQuiescent(t)
	people := staffOf(t, h, time.Now())
	next := slices.MinFunc(people.Future, func(a, b string) int { return strings.Compare(people.Starts[a], people.Starts[b]) })
	start, err := time.Parse(time.DateOnly, people.Starts[next])
	require.NoError(t, err)
	admin := h.As(t, "admin")
	var owner string
	order := only(t, admin.MustOrders(t, apptest.Filter{ResourceTypes: []string{"Intranet_User"}, States: []string{"NONE"}}), next)
	owner = order.Owner.ID
	require.Equal(t, pointer("not_due"), order.WaitReason)

	now := h.MustAdvanceClock(t, time.Until(start.Add(-25*time.Hour)))
	require.True(t, now.Before(start.Add(-24*time.Hour)))
	require.Equal(t, 0, admin.MustOrder(t, order.ID).StateCode, "25 hours before")
	h.MustAdvanceClock(t, 2*time.Hour)
	done := admin.MustWaitOrder(t, order.ID, 4)
	require.Equal(t, [][]int{{0, 1, 8, 4}}, done.Paths(), "23 hours before")
	require.Contains(t, accounts(t, h), strings.ToLower(next))

	// the card has no hours ahead: it waits for the day itself
	card := only(t, admin.MustOrders(t, apptest.Filter{ResourceTypes: []string{"Badge_Card"}, OwnerID: owner}), next)
	if card.Kind == "CREATE" {
		require.Equal(t, 0, card.StateCode)
		h.MustAdvanceClock(t, 25*time.Hour)
		require.Equal(t, [][]int{{0, 1, 2}}, admin.MustWaitOrder(t, card.ID, 2).Paths())
	}
}

// Scenario 12, the end: what still waits when its time is past ends in 6.
func TestPastEnd(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true})
	admin := h.As(t, "admin")
	waiting := toReview(t, h)[0]
	end := time.Now().UTC().AddDate(0, 0, 3)
	h.MustEditCSV(t, apptest.Positions, func(rows [][]string) [][]string {
		who, column := apptest.Column(t, rows, "EmployeeId"), apptest.Column(t, rows, "EndDate")
		for _, row := range rows[1:] {
			if row[who] == waiting.Key() {
				row[column] = end.Format(time.DateOnly)
			}
		}
		return rows
	})
	within(t, "the end date", func() bool {
		var n int
		require.NoError(t, h.DB.NewRaw(`select count(*) from order_line where order_id = ? and end_date is not null`, waiting.ID).Scan(t.Context(), &n))
		return n > 0
	})
	require.Equal(t, 5, admin.MustOrder(t, waiting.ID).StateCode)
	// the last day counts whole, in whatever zone this machine is
	h.MustAdvanceClock(t, time.Until(end.Truncate(24*time.Hour).AddDate(0, 0, 1))+15*time.Hour)
	ended := admin.MustWaitOrder(t, waiting.ID, 6)
	require.Equal(t, [][]int{{5, 6}}, ended.Paths())
	require.NotNil(t, ended.ClosedAt)
	require.Empty(t, ids(slices.DeleteFunc(h.As(t, "reviewer").MustQueue(t, "reviewQueue", apptest.Filter{}), func(o *apptest.Order) bool { return o.ID != waiting.ID })))
	h.MustWaitQuiescent(t)
	require.NotContains(t, accounts(t, h), strings.ToLower(waiting.Key()), "the personal account went with the last position")
}
