package apptest_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/apptest"
)

// Continuous mode: what changes in the HR file reaches the intranet without anybody launching anything.
func TestContinuous(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true})
	admin := h.As(t, "admin")
	people := staffOf(t, h, time.Now())
	busy := map[string]bool{}
	for _, key := range people.administrators() {
		busy[key] = true // two accounts: not for this test
	}
	plain := slices.DeleteFunc(people.withCard(), func(key string) bool { return busy[key] })
	account := func(key string) map[string]any {
		row := map[string]any{}
		err := h.Intranet(t).NewRaw(`select "FullName", "Department", (select string_agg("GroupName", ' ' order by 1) from account_group g where g."Login" = a."Login") as groups
			from account a where "Login" = ?`, strings.ToLower(key)).Scan(t.Context(), &row)
		if err != nil {
			return nil
		}
		return row
	}

	// a department: another value, other groups
	var mover string
	for _, key := range plain {
		if people.Positions[key]["Department"] == "OPS-LOG" {
			mover = key
		}
	}
	h.MustSetCell(t, apptest.Positions, "PositionId", people.Positions[mover]["PositionId"], "Department", "FIN-CTL")
	within(t, "the new department", func() bool { row := account(mover); return row != nil && row["Department"] == "Controlling" })
	within(t, "the new groups", func() bool {
		groups, _ := account(mover)["groups"].(string)
		return strings.Contains(groups, "finance-reports")
	})
	moved := only(t, admin.MustOrders(t, apptest.Filter{ResourceTypes: []string{"Intranet_User"}, Kinds: []string{"UPDATE"}}), mover)
	moved = admin.MustWaitOrder(t, moved.ID, 4)
	require.Equal(t, [][]int{{1, 8, 4}}, moved.Paths())
	require.NotNil(t, moved.Line("Department"))
	require.Nil(t, moved.Line("FullName"), "only what differs")

	// a name: the account is changed by software, the card by people
	renamed := plain[1]
	h.MustSetCell(t, apptest.People, "EmployeeId", renamed, "LastName", "Married")
	within(t, "the new name", func() bool {
		row := account(renamed)
		name, _ := row["FullName"].(string)
		return strings.HasSuffix(name, " Married")
	})
	within(t, "the ticket", func() bool {
		list := admin.MustOrders(t, apptest.Filter{ResourceTypes: []string{"Badge_Card"}, Kinds: []string{"UPDATE"}, States: []string{"TRANSMITTED"}})
		return slices.Contains(keys(list), renamed)
	})

	// a departure: the account goes at once, the card by a ticket
	leaver := plain[2]
	leave(t, h, time.Now(), leaver)
	within(t, "the account to be gone", func() bool { return account(leaver) == nil })
	within(t, "the ticket to take the card back", func() bool {
		list := admin.MustOrders(t, apptest.Filter{ResourceTypes: []string{"Badge_Card"}, Kinds: []string{"DELETE"}, States: []string{"TRANSMITTED"}})
		return slices.Contains(keys(list), leaver)
	})

	// a person added by hand
	create := func(entityType, key string, values ...apptest.Vars) {
		t.Helper()
		admin.MustDo(t, `mutation($i: CreateResourceInput!) { createResource(input: $i) { resource { id } } }`,
			apptest.Vars{"i": apptest.Vars{"entityType": entityType, "key": key, "values": values}}, nil)
	}
	create("Directory_User", "E99999", apptest.Vars{"property": "FirstName", "value": "Nina"}, apptest.Vars{"property": "LastName", "value": "New"},
		apptest.Vars{"property": "Email", "value": "nina.new@northwind.example"})
	create("Directory_Position", "P99999-1", apptest.Vars{"property": "Person", "keys": []string{"E99999"}}, apptest.Vars{"property": "Department", "keys": []string{"LEG"}},
		apptest.Vars{"property": "Title", "keys": []string{"LAW"}}, apptest.Vars{"property": "Site", "keys": []string{"BER"}},
		apptest.Vars{"property": "StartDate", "value": "2020-01-01"})
	within(t, "the new account", func() bool { row := account("E99999"); return row != nil && row["FullName"] == "Nina New" })
	err := admin.Do(`mutation($i: CreateResourceInput!) { createResource(input: $i) { resource { id } } }`,
		apptest.Vars{"i": apptest.Vars{"entityType": "Directory_User", "key": "E99999", "values": []apptest.Vars{}}}, nil)
	require.Equal(t, "CONFLICT", apptest.CodeOf(err))
	h.MustWaitQuiescent(t)
	h.MustRunJob(t, "complete", apptest.Completed)
	require.NotNil(t, account("E99999"), "a complete reading of HR does not take away what a person added")
}

// Scenario 13: a rule that fails for one property holds the whole creation; correcting it releases it.
func TestExpressionError(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true})
	admin := h.As(t, "admin")
	const good = `      - { property: FullName, expression: 'source.FirstName + " " + source.LastName' }
`
	const bad = `      - { property: FullName, expression: 'source.FirstName == "Broken" ? string(int(source.LastName)) : source.FirstName + " " + source.LastName' }
`
	h.MustConfigure(t, "2-role-model.yaml", good, bad)
	h.MustEditCSV(t, apptest.People, func(rows [][]string) [][]string {
		return append(rows, []string{"E88888", "Broken", "Name", "broken@northwind.example", "", ""})
	})
	h.MustEditCSV(t, apptest.Positions, func(rows [][]string) [][]string {
		return append(rows, []string{"P88888-1", "E88888", "LEG", "LAW", "BER", "2020-01-01", "", "PERMANENT"})
	})
	var order *apptest.Order
	within(t, "the order", func() bool {
		list := admin.MustOrders(t, apptest.Filter{ResourceTypes: []string{"Intranet_User"}, States: []string{"ERROR"}})
		if len(list) == 1 {
			order = list[0]
		}
		return order != nil
	})
	h.MustWaitQuiescent(t)
	h.MustRunJob(t, "complete")
	order = admin.MustOrder(t, order.ID)
	require.Equal(t, "E88888", order.Key())
	require.Equal(t, 7, order.StateCode)
	require.Equal(t, 7, order.Line("FullName").StateCode)
	require.NotEmpty(t, *order.Line("FullName").Error)
	require.Equal(t, pointer("item_error"), order.WaitReason)
	require.Zero(t, order.Attempt)
	require.NotContains(t, accounts(t, h), "e88888", "half an account is never made")

	h.MustConfigure(t, "2-role-model.yaml", bad, good)
	done := admin.MustWaitOrder(t, order.ID, 4)
	require.Equal(t, []int{7, 1, 8, 4}, done.Path(done.Line("FullName").ID))
	require.Contains(t, accounts(t, h), "e88888")

	// what cannot be compiled is refused, and changes nothing
	before := footprint(t, h)
	h.MustWriteFile(t, "config/2-role-model.yaml", strings.Replace(h.MustReadFile(t, "config/2-role-model.yaml"), good,
		`      - { property: FullName, expression: 'source.Nickname +' }
`, 1))
	out, err := h.Run("apply", h.DemoFile("config"))
	require.Error(t, err)
	require.Contains(t, out, "Intranet_User")
	h.MustWaitQuiescent(t)
	require.Equal(t, before, footprint(t, h))
}

// Scenario 14: taken away before anything was sent: closed without an order; afterwards: a Deleted order, and the account is gone.
func TestRemoval(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true})
	admin, reviewer := h.As(t, "admin"), h.As(t, "reviewer")
	people := staffOf(t, h, time.Now())
	orders := slices.DeleteFunc(toReview(t, h), func(o *apptest.Order) bool { return people.Positions[o.Key()] == nil })
	never, later := orders[0], orders[1]
	otherTitle := func(key string) {
		t.Helper()
		h.MustSetCell(t, apptest.Positions, "PositionId", people.Positions[key]["PositionId"], "Title", "DEV")
	}
	otherTitle(never.Key())
	within(t, "the withdrawal", func() bool { return admin.MustOrder(t, never.ID).ClosedAt != nil })
	h.MustWaitQuiescent(t)
	closed := admin.MustOrder(t, never.ID)
	require.Zero(t, closed.Attempt)
	require.False(t, closed.Did("GENERATE"))
	require.NotContains(t, ids(reviewer.MustQueue(t, "reviewQueue", apptest.Filter{})), never.ID)
	require.Len(t, admin.MustOrders(t, apptest.Filter{ResourceTypes: []string{"Intranet_Administrator"}, OwnerID: never.Owner.ID}), 1, "no order to delete what never was")

	_, err := reviewer.Review("APPROVE", "", later.ID)
	require.NoError(t, err)
	admin.MustWaitOrder(t, later.ID, 4)
	login := "adm-" + strings.ToLower(later.Key())
	require.Contains(t, accounts(t, h), login)
	h.MustWaitQuiescent(t)
	otherTitle(later.Key())
	var deletion *apptest.Order
	within(t, "the order to delete", func() bool {
		for _, o := range reviewer.MustQueue(t, "reviewQueue", apptest.Filter{Kinds: []string{"DELETE"}}) {
			if o.Key() == later.Key() {
				deletion = o
			}
		}
		return deletion != nil
	})
	require.Contains(t, accounts(t, h), login, "reviewed, so it waits")
	_, err = reviewer.Review("APPROVE", "", deletion.ID)
	require.NoError(t, err)
	done := admin.MustWaitOrder(t, deletion.ID, 4)
	require.Equal(t, []int{5, 1, 8, 4}, done.Path(done.Line("").ID))
	require.NotNil(t, done.ClosedAt)
	require.NotContains(t, accounts(t, h), login)
	h.MustWaitQuiescent(t)
	before := footprint(t, h)
	h.MustRunJob(t, "complete", apptest.Completed)
	require.Equal(t, before, footprint(t, h))
}

// Scenario 10: an account that vanished although it is expected is made again only after a review.
func TestVanishedAccount(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true})
	admin := h.As(t, "admin")
	login := accounts(t, h)[7]
	_, err := h.Intranet(t).ExecContext(t.Context(), `delete from account where "Login" = ?`, login)
	require.NoError(t, err)
	var order *apptest.Order
	within(t, "the order to make it again", func() bool {
		for _, o := range admin.MustQueue(t, "reviewQueue", apptest.Filter{ResourceTypes: []string{"Intranet_User"}}) {
			if strings.EqualFold(o.Key(), login) {
				order = o
			}
		}
		return order != nil
	})
	require.Equal(t, "CREATE", order.Kind)
	require.Equal(t, 5, order.StateCode)
	h.MustWaitQuiescent(t)
	require.NotContains(t, accounts(t, h), login)
	_, err = h.As(t, "reviewer").Review("APPROVE", "", order.ID)
	require.NoError(t, err)
	require.Equal(t, []int{5, 1, 8, 4}, admin.MustWaitOrder(t, order.ID, 4).Path(order.Line("").ID))
	require.Contains(t, accounts(t, h), login)
}
