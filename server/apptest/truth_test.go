package apptest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/apptest"
)

// What the operator's card list says is the truth, whatever was answered: transitions T5, X3 and X5 and spec 4.4.
func TestTruthOfTickets(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true})
	admin, operator := h.As(t, "admin"), h.As(t, "operator")
	tickets := operator.MustQueue(t, "manualOrders", apptest.Filter{Kinds: []string{"CREATE"}})
	silent, wrong := tickets[0], tickets[1]

	// T5: the card is there although nobody answered. The ticket closes itself; a late answer comes too late.
	h.MustMakeCards(t, silent)
	closed := admin.MustWaitOrder(t, silent.ID, 4)
	require.Equal(t, [][]int{{1, 2, 4}}, closed.Paths())
	h.MustWaitQuiescent(t)
	require.NotContains(t, ids(operator.MustQueue(t, "manualOrders", apptest.Filter{})), silent.ID)
	results, err := operator.Confirm(silent.ID)
	require.NoError(t, err)
	require.Equal(t, "ALREADY_DONE", codeOf(results, err))
	results, err = operator.ReportErrors("Too late.", silent.ID)
	require.NoError(t, err)
	require.Equal(t, "ALREADY_DONE", codeOf(results, err))

	// X5: confirmed, and then the list shows a card with another level: nobody asked for that value, and it is not overwritten
	results, err = operator.Confirm(wrong.ID)
	require.NoError(t, err)
	require.Nil(t, results[0].Error)
	h.MustMakeCards(t, wrong)
	card := *wrong.Line("CardNumber").ProposedValue
	admin.MustWaitOrder(t, wrong.ID, 4)
	h.MustWaitQuiescent(t)
	before := len(admin.MustOrders(t, apptest.Filter{ResourceTypes: []string{"Badge_Card"}, OwnerID: wrong.Owner.ID}))
	h.MustSetCell(t, "badge/Badge_Card.csv", "CardNumber", card, "AccessLevel", "Vault")
	within(t, "the difference", func() bool {
		for _, e := range entitlementsOf(t, h, wrong.Owner.ID) {
			if e.Identifier == "AccessLevel" && e.WorkflowState == 1 {
				return true
			}
		}
		return false
	})
	h.MustWaitQuiescent(t)
	require.Len(t, admin.MustOrders(t, apptest.Filter{ResourceTypes: []string{"Badge_Card"}, OwnerID: wrong.Owner.ID}), before, "a difference is no order")
	require.Contains(t, h.MustReadFile(t, "badge/Badge_Card.csv"), "Vault")
}

// An operator's answer after the validity period finds the order in 3: it is refused, and nothing moves.
func TestLateAnswerOfAnOperator(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true})
	h.MustConfigure(t, "2-role-model.yaml", "transmittedStateValidityPeriod: 21600", "transmittedStateValidityPeriod: 1")
	operator := h.As(t, "operator")
	ticket := operator.MustQueue(t, "manualOrders", apptest.Filter{Kinds: []string{"CREATE"}})[0]
	h.MustAdvanceClock(t, 61*time.Second)
	h.As(t, "admin").MustWaitOrder(t, ticket.ID, 3)
	for range 2 {
		results, err := operator.Confirm(ticket.ID)
		require.NoError(t, err)
		require.Contains(t, []string{"ALREADY_DONE", "STALE_ITEM", "INVALID_TRANSITION"}, codeOf(results, err))
	}
	late := h.As(t, "admin").MustOrder(t, ticket.ID)
	require.Equal(t, 3, late.StateCode)
	require.Equal(t, [][]int{{1, 2, 3}}, late.Paths())
}

// T6: what is wanted changes while the ticket is open. The ticket is withdrawn, another one says the new value, and who still has the old
// one open is told.
func TestTicketOvertaken(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true})
	admin, operator := h.As(t, "admin"), h.As(t, "operator")
	ticket := operator.MustQueue(t, "manualOrders", apptest.Filter{Kinds: []string{"CREATE"}})[0]
	h.MustSetCell(t, apptest.People, "EmployeeId", ticket.Key(), "LastName", "Overtaken")
	within(t, "the new value", func() bool {
		for _, o := range operator.MustQueue(t, "manualOrders", apptest.Filter{Text: "Overtaken"}) {
			if l := o.Line("HolderName"); l != nil && strings.HasSuffix(*l.ProposedValue, " Overtaken") && o.StateCode == 2 {
				return true
			}
		}
		return false
	})
	h.MustWaitQuiescent(t)
	open := operator.MustQueue(t, "manualOrders", apptest.Filter{Text: "Overtaken"})
	require.Len(t, open, 1, "one ticket, with the new value")
	done := admin.MustOrder(t, open[0].ID)
	require.Contains(t, done.Path(done.Line("HolderName").ID), 2)
	results, err := operator.Confirm(open[0].ID)
	require.NoError(t, err)
	require.Nil(t, results[0].Error)
	h.MustMakeCards(t, open[0])
	admin.MustWaitOrder(t, open[0].ID, 4)
	require.Contains(t, h.MustReadFile(t, "badge/Badge_Card.csv"), "Overtaken")
}

type entitlement struct {
	Kind, Name, Identifier   string
	Value, CurrentValue      *string
	WorkflowState            int
	ProvisioningState, Error *string
}

func entitlementsOf(t *testing.T, h *apptest.House, ownerID string) []entitlement {
	t.Helper()
	var out struct {
		PermissionsView struct{ Entitlements []entitlement }
	}
	h.As(t, "admin").MustDo(t, `query($id: ID!) { permissionsView(resourceId: $id) { entitlements { kind name identifier value currentValue workflowState provisioningState error } } }`,
		apptest.Vars{"id": ownerID}, &out)
	return out.PermissionsView.Entitlements
}
