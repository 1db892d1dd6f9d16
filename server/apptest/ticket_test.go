package apptest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/apptest"
)

// Scenarios 4 and 16: the mail about tickets goes to holders of the full path and to nobody else; the page is open to more people.
func TestTicketMail(t *testing.T) {
	t.Parallel()
	box := apptest.MustMailbox(t)
	h := apptest.MustStart(t, apptest.Options{Completed: true, Env: []string{box.Env()}})
	people := staffOf(t, h, time.Now())
	person := people.withCard()[0]
	h.MustSetCell(t, apptest.People, "EmployeeId", person, "LastName", "Newname")

	operator := h.As(t, "operator")
	within(t, "a ticket for the new name", func() bool {
		return len(operator.MustQueue(t, "manualOrders", apptest.Filter{Kinds: []string{"UPDATE"}, Text: "Newname"})) == 1
	})
	within(t, "a mail", func() bool { return len(box.TicketMails()) > 0 })
	h.MustWaitQuiescent(t)
	require.Equal(t, []string{"operator@northwind.example"}, box.Recipients(), "not the supervisor (parent path), not night (notify off), not the administrator")
	require.Len(t, box.TicketMails(), 1, "one summary, no mail per ticket")
	require.Contains(t, box.TicketMails()[0].Body, "Newname")

	for _, user := range []string{"operator", "supervisor", "night", "admin"} {
		require.Len(t, h.As(t, user).MustQueue(t, "manualOrders", apptest.Filter{Kinds: []string{"UPDATE"}, Text: "Newname"}), 1, user)
	}
	for _, user := range []string{"reviewer", "employee", "manager"} {
		_, err := h.As(t, user).Confirm("1")
		require.Equal(t, "FORBIDDEN", apptest.CodeOf(err), user)
	}
}

// Scenario 4, the other end: an error report brings the order to 3 and on the review page; unblocking sends it again.
func TestTicketError(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true})
	operator, reviewer := h.As(t, "operator"), h.As(t, "reviewer")
	ticket := operator.MustQueue(t, "manualOrders", apptest.Filter{Kinds: []string{"CREATE"}})[0]

	_, err := operator.ReportErrors("", ticket.ID)
	require.Equal(t, "VALIDATION", apptest.CodeOf(err), "a message is mandatory")
	_, err = operator.ReportErrors(strings.Repeat("x", 4001), ticket.ID)
	require.Equal(t, "VALIDATION", apptest.CodeOf(err))
	results, err := operator.ReportErrors("No blank cards left.", ticket.ID)
	require.NoError(t, err)
	require.Nil(t, results[0].Error)
	require.Equal(t, 3, results[0].Order.StateCode)

	errored := only(t, reviewer.MustQueue(t, "reviewQueue", apptest.Filter{States: []string{"ERRORED"}}), ticket.Key())
	require.Equal(t, "No blank cards left.", errored.Error.Message)
	require.Equal(t, "OPERATOR", errored.Error.Class)
	h.MustWaitQuiescent(t)
	require.Equal(t, 3, reviewer.MustOrder(t, ticket.ID).StateCode, "an errored order is not sent again by itself")

	results, err = reviewer.Unblock(ticket.ID)
	require.NoError(t, err)
	require.Nil(t, results[0].Error)
	again := h.As(t, "admin").MustWaitOrder(t, ticket.ID, 2)
	require.Equal(t, [][]int{{1, 2, 3, 1, 2}}, again.Paths())
	require.Equal(t, 2, again.Attempt)
	_, err = operator.Confirm(ticket.ID)
	require.NoError(t, err)
	h.MustMakeCards(t, again)
	h.As(t, "admin").MustWaitOrder(t, ticket.ID, 4)
}

// Scenario 4, last clause: where the truth cannot be read, the confirmation is the end.
func TestTicketNotSynchronizable(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true})
	h.MustConfigure(t, "2-role-model.yaml", "    transmittedStateValidityPeriod: 21600\n", "    transmittedStateValidityPeriod: 21600\n    ticketSynchroIsNotAvailable: true\n")
	h.MustWaitQuiescent(t)
	operator := h.As(t, "operator")
	ticket := operator.MustQueue(t, "manualOrders", apptest.Filter{Kinds: []string{"CREATE"}})[0]
	results, err := operator.Confirm(ticket.ID)
	require.NoError(t, err)
	require.Nil(t, results[0].Error)
	require.Equal(t, 4, results[0].Order.StateCode)
	h.MustWaitQuiescent(t)
	done := h.As(t, "admin").MustOrder(t, ticket.ID)
	require.Equal(t, 4, done.StateCode)
	require.Equal(t, [][]int{{1, 2, 4}}, done.Paths())
}

// Scenario 5: of a hundred tickets confirmed at once two are stale; 98 are done and two reported.
func TestBulkConfirm(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true})
	operator := h.As(t, "operator")
	tickets := operator.MustQueue(t, "manualOrders", apptest.Filter{Kinds: []string{"CREATE"}})
	require.Greater(t, len(tickets), 150)
	hundred, rest := tickets[:100], tickets[100:]
	colleague, err := h.As(t, "night").Confirm(hundred[10].ID)
	require.NoError(t, err)
	require.Nil(t, colleague[0].Error)
	leave(t, h, time.Now(), hundred[20].Key())
	within(t, "the withdrawn ticket", func() bool { return operatorState(t, h, hundred[20].ID) != 2 })

	results, err := operator.Confirm(ids(hundred)...)
	require.NoError(t, err)
	require.Len(t, results, 100)
	refused := map[string]string{}
	for i, r := range results {
		require.Equal(t, hundred[i].ID, r.ID, "in the order given")
		if r.Error != nil {
			refused[r.ID] = r.Error.Code
			continue
		}
		require.Equal(t, 8, r.Order.StateCode)
	}
	require.Equal(t, map[string]string{hundred[10].ID: "ALREADY_DONE", hundred[20].ID: "STALE_ITEM"}, refused)

	filtered, err := operator.Act("confirmManualOrders", "ConfirmManualOrdersInput", apptest.Vars{"filter": apptest.Filter{Kinds: []string{"CREATE"}}})
	require.NoError(t, err)
	require.ElementsMatch(t, ids(rest), resultIDs(filtered), "a filter takes what is left")
	for _, r := range filtered {
		require.Nil(t, r.Error)
	}
	_, err = operator.Act("confirmManualOrders", "ConfirmManualOrdersInput", apptest.Vars{"orderIds": ids(rest), "filter": apptest.Filter{}})
	require.Equal(t, "VALIDATION", apptest.CodeOf(err), "ids or a filter, never both")
	_, err = operator.Act("confirmManualOrders", "ConfirmManualOrdersInput", apptest.Vars{})
	require.Equal(t, "VALIDATION", apptest.CodeOf(err), "one of them")
}

// Scenario 16, last clause: a filtered rule shows and mails only the tickets of the own organisation.
func TestTicketsOfOneDepartment(t *testing.T) {
	t.Parallel()
	box := apptest.MustMailbox(t)
	h := apptest.MustStart(t, apptest.Options{Completed: true, Env: []string{box.Env()}})
	h.MustWriteFile(t, "config/5-finance.yaml", `profiles:
  - identifier: Finance_Operator
    displayName: Card operator of Finance
    rules:
      - identifier: finance-tickets
        entityType: Directory_User
        filters: [{ binding: Positions.Department, dimension: Department }]
        entries:
          - { permission: /Custom/ProvisioningPolicy/PerformManualProvisioning/Directory_User }
          - { permission: /ProvisioningPolicy/AssignedResourceType/ManualProvisioningReview }
          - { permission: /Custom/Resources/Directory_User/Query }
users:
  - { username: finance, displayName: Fina Finance, email: finance@northwind.example, demo: true, password: writ-demo, profiles: [{ profile: Finance_Operator, context: { Department: FIN } }] }
`)
	h.MustRun(t, "apply", h.DemoFile("config"))
	h.MustWaitQuiescent(t)
	require.Empty(t, box.TicketMails(), "old tickets are not mailed again")
	inFinance := map[string]bool{}
	for _, p := range table(t, h, apptest.Positions) {
		if p["Department"] == "FIN" || strings.HasPrefix(p["Department"], "FIN-") {
			inFinance[p["EmployeeId"]] = true
		}
	}
	all := h.As(t, "operator").MustQueue(t, "manualOrders", apptest.Filter{})
	var want []string
	for _, o := range all {
		if inFinance[o.Key()] {
			want = append(want, o.ID)
		}
	}
	require.NotEmpty(t, want)
	require.Less(t, len(want), len(all))
	finance := h.As(t, "finance")
	require.ElementsMatch(t, want, ids(finance.MustQueue(t, "manualOrders", apptest.Filter{})))

	people := staffOf(t, h, time.Now())
	var inside, outside string
	for _, key := range people.withCard() {
		if inFinance[key] {
			inside = key
		} else {
			outside = key
		}
	}
	h.MustSetCell(t, apptest.People, "EmployeeId", outside, "LastName", "Outsider")
	within(t, "the mail to the operator", func() bool { return contains(box.Recipients(), "operator@northwind.example") })
	h.MustWaitQuiescent(t)
	require.NotContains(t, box.Recipients(), "finance@northwind.example")
	h.MustSetCell(t, apptest.People, "EmployeeId", inside, "LastName", "Insider")
	within(t, "the mail to finance", func() bool { return contains(box.Recipients(), "finance@northwind.example") })

	results, err := finance.Confirm(only(t, all, firstOutside(all, inFinance)).ID)
	require.NoError(t, err)
	require.Equal(t, "NOT_FOUND", results[0].Error.Code, "what is out of scope does not exist")
}

func firstOutside(orders []*apptest.Order, inside map[string]bool) string {
	for _, o := range orders {
		if !inside[o.Key()] {
			return o.Key()
		}
	}
	return ""
}

func resultIDs(results []apptest.Result) []string {
	var list []string
	for _, r := range results {
		list = append(list, r.ID)
	}
	return list
}

func operatorState(t *testing.T, h *apptest.House, id string) int {
	t.Helper()
	return h.As(t, "admin").MustOrder(t, id).StateCode
}

// leave ends all positions of people yesterday.
func leave(t *testing.T, h *apptest.House, now time.Time, people ...string) {
	t.Helper()
	yesterday := now.UTC().AddDate(0, 0, -1).Format(time.DateOnly)
	h.MustEditCSV(t, apptest.Positions, func(rows [][]string) [][]string {
		who, start, end := apptest.Column(t, rows, "EmployeeId"), apptest.Column(t, rows, "StartDate"), apptest.Column(t, rows, "EndDate")
		for _, row := range rows[1:] {
			if contains(people, row[who]) && row[start] < yesterday {
				row[end] = yesterday
			}
		}
		return rows
	})
}
