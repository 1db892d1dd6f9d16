package apptest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/apptest"
)

// toReview are the waiting orders for administrative accounts of people that work now.
func toReview(t *testing.T, h *apptest.House) []*apptest.Order {
	t.Helper()
	orders := h.As(t, "reviewer").MustQueue(t, "reviewQueue", apptest.Filter{ResourceTypes: []string{"Intranet_Administrator"}})
	require.Greater(t, len(orders), 4)
	return orders
}

// Scenario 3: declined is never generated; it ends in 6 and is ignored from then on.
func TestDecline(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true})
	reviewer := h.As(t, "reviewer")
	order := toReview(t, h)[0]

	_, err := reviewer.Review("DECLINE", "", order.ID)
	require.Equal(t, "VALIDATION", apptest.CodeOf(err), "declining needs a comment, got %v", err)
	require.Equal(t, 5, reviewer.MustOrder(t, order.ID).StateCode)

	results, err := reviewer.Review("DECLINE", "Has left the team.", order.ID)
	require.NoError(t, err)
	require.Nil(t, results[0].Error)
	declined := results[0].Order
	require.Equal(t, 6, declined.StateCode)
	for _, l := range declined.Lines {
		require.Equal(t, 6, l.StateCode)
		require.Equal(t, 17, l.WorkflowState, "Declined")
	}
	for range 2 {
		h.MustRunJob(t, "complete", apptest.Completed)
	}
	h.MustWaitQuiescent(t)
	after := h.As(t, "admin").MustOrder(t, order.ID)
	require.Equal(t, 6, after.StateCode)
	require.Equal(t, [][]int{{5, 6}}, after.Paths())
	require.Zero(t, after.Attempt)
	require.False(t, after.Did("GENERATE"))
	require.Len(t, h.As(t, "admin").MustOrders(t, apptest.Filter{ResourceTypes: []string{"Intranet_Administrator"}, OwnerID: order.Owner.ID}), 1, "no other order takes its place")
	require.NotContains(t, accounts(t, h), "adm-"+strings.ToLower(order.Key()))
}

// The example of spec 3.5: some properties approved, one declined, one postponed and approved later.
func TestReviewPerProperty(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true})
	reviewer := h.As(t, "reviewer")
	order := toReview(t, h)[0]
	decide := func(o *apptest.Order, decisions map[string]string) {
		t.Helper()
		var lines []apptest.Vars
		for _, l := range o.Lines {
			if l.StateCode != 5 {
				continue
			}
			property := ""
			if l.Property != nil {
				property = *l.Property
			}
			decision := decisions[property]
			if decision == "" {
				decision = "APPROVE"
			}
			lines = append(lines, apptest.Vars{"lineId": l.ID, "decision": decision, "version": l.Version})
		}
		reviewer.MustAct(t, "reviewOrders", "ReviewOrdersInput", apptest.Vars{"lines": lines, "comment": "As agreed."})
	}
	decide(order, map[string]string{"JobTitle": "DECLINE", "Email": "POSTPONE"})
	login := "adm-" + strings.ToLower(order.Key())
	row := func() (title, email *string) {
		var rows []struct {
			Email    *string `bun:"Email"`
			JobTitle *string `bun:"JobTitle"`
		}
		require.NoError(t, h.Intranet(t).NewRaw(`select "Email", "JobTitle" from account where "Login" = ?`, login).Scan(t.Context(), &rows))
		if len(rows) == 0 {
			return nil, nil
		}
		return rows[0].JobTitle, rows[0].Email
	}
	within(t, "account "+login, func() bool { return len(accounts(t, h)) > 0 && contains(accounts(t, h), login) })
	h.MustWaitQuiescent(t)
	title, email := row()
	require.Nil(t, title, "declined")
	require.Nil(t, email, "postponed")

	waiting := only(t, reviewer.MustQueue(t, "reviewQueue", apptest.Filter{ResourceTypes: []string{"Intranet_Administrator"}}), order.Key())
	require.Equal(t, 5, waiting.Line("Email").StateCode)
	decide(waiting, nil)
	within(t, "the postponed property", func() bool { _, email := row(); return email != nil })
	h.MustWaitQuiescent(t)
	title, _ = row()
	require.Nil(t, title, "still declined")
	h.MustRunJob(t, "complete", apptest.Completed)
	title, _ = row()
	require.Nil(t, title, "not proposed again as long as the computed value is the same")
}

// Scenario 18: two reviewers decide on one item; the first wins.
func TestTwoReviewers(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true})
	first, second := h.As(t, "reviewer"), h.As(t, "admin")
	orders := toReview(t, h)
	line := func(o *apptest.Order, decision string) apptest.Vars {
		l := o.Line("Email")
		return apptest.Vars{"lines": []apptest.Vars{{"lineId": l.ID, "decision": decision, "version": l.Version}}, "comment": "No."}
	}
	seen := orders[0] // both look at the same version
	first.MustAct(t, "reviewOrders", "ReviewOrdersInput", line(seen, "DECLINE"))
	results, err := second.Act("reviewOrders", "ReviewOrdersInput", line(seen, "APPROVE"))
	require.Equal(t, "STALE_ITEM", codeOf(results, err))
	require.Equal(t, 6, first.MustOrder(t, seen.ID).Line("Email").StateCode)

	whole := orders[1]
	results, err = first.Review("APPROVE", "", whole.ID)
	require.NoError(t, err)
	require.Nil(t, results[0].Error)
	results, err = second.Review("DECLINE", "Too late.", whole.ID)
	require.Equal(t, "STALE_ITEM", codeOf(results, err))
	require.Equal(t, [][]int{{5, 1, 8, 4}}, first.MustWaitOrder(t, whole.ID, 4).Paths())

	// the computed value changes between display and decision
	stale := orders[2]
	h.MustSetCell(t, apptest.People, "EmployeeId", stale.Key(), "Email", "another."+strings.ToLower(stale.Key())+"@northwind.example")
	within(t, "the new value", func() bool {
		return strings.HasPrefix(*first.MustOrder(t, stale.ID).Line("Email").ProposedValue, "another.")
	})
	results, err = first.Act("reviewOrders", "ReviewOrdersInput", line(stale, "APPROVE"))
	require.Equal(t, "STALE_ITEM", codeOf(results, err))
	require.Equal(t, 5, first.MustOrder(t, stale.ID).Line("Email").StateCode)
}

// codeOf gives the code of a refusal, whether it is of the whole call or of its first item.
func codeOf(results []apptest.Result, err error) string {
	if err != nil {
		return apptest.CodeOf(err)
	}
	for _, r := range results {
		if r.Error != nil {
			return r.Error.Code
		}
	}
	return ""
}

func contains(list []string, one string) bool {
	for _, s := range list {
		if s == one {
			return true
		}
	}
	return false
}
