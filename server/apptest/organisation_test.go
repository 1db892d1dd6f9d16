package apptest_test

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/apptest"
)

// staff is who the demo's files say works there, at a moment: the files have fixed dates, and tests run on any day.
type staff struct {
	Active    []string                     // a position holds now
	Future    []string                     // only later
	Past      []string                     // no more
	Starts    map[string]string            // of Future: their first day
	Positions map[string]map[string]string // of Active: the position that counts, the one that began last (role-model 4.4)
	Cards     map[string]bool              // has a card of the badge office
}

func table(t *testing.T, h *apptest.House, file string) []map[string]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(h.MustReadFile(t, file))).ReadAll()
	require.NoError(t, err)
	var list []map[string]string
	for _, row := range rows[1:] {
		one := map[string]string{}
		for i, name := range rows[0] {
			one[name] = row[i]
		}
		list = append(list, one)
	}
	return list
}

func staffOf(t *testing.T, h *apptest.House, now time.Time) staff {
	t.Helper()
	s := staff{Starts: map[string]string{}, Positions: map[string]map[string]string{}, Cards: map[string]bool{}}
	today := now.UTC().Format(time.DateOnly)
	positions := map[string][]map[string]string{}
	for _, p := range table(t, h, apptest.Positions) {
		positions[p["EmployeeId"]] = append(positions[p["EmployeeId"]], p)
	}
	for _, person := range table(t, h, apptest.People) {
		key := person["EmployeeId"]
		for _, p := range positions[key] {
			switch {
			case p["StartDate"] > today:
				if s.Starts[key] == "" || p["StartDate"] < s.Starts[key] {
					s.Starts[key] = p["StartDate"]
				}
			case p["EndDate"] == "" || p["EndDate"] > today:
				if s.Positions[key] == nil || p["StartDate"] > s.Positions[key]["StartDate"] {
					s.Positions[key] = p
				}
			}
		}
		switch {
		case s.Positions[key] != nil:
			s.Active = append(s.Active, key)
		case s.Starts[key] != "":
			s.Future = append(s.Future, key)
		default:
			s.Past = append(s.Past, key)
		}
	}
	for _, c := range table(t, h, apptest.Cards) {
		s.Cards[c["EmployeeId"]] = true
	}
	return s
}

// administrators are those who should have an administrative account.
func (s staff) administrators() []string {
	var list []string
	for _, key := range s.Active {
		if s.Positions[key]["Title"] == "SYS" {
			list = append(list, key)
		}
	}
	return list
}

// withoutCard are people that work now and have no card yet.
func (s staff) withoutCard() []string {
	return slices.DeleteFunc(slices.Clone(s.Active), func(key string) bool { return s.Cards[key] })
}

// withCard are people that work now and have one.
func (s staff) withCard() []string {
	return slices.DeleteFunc(slices.Clone(s.Active), func(key string) bool { return !s.Cards[key] })
}

// only gives the one order of an owner and a resource type that matches; it fails unless there is exactly one.
func only(t *testing.T, orders []*apptest.Order, owner string) *apptest.Order {
	t.Helper()
	var found []*apptest.Order
	for _, o := range orders {
		if o.Key() == owner {
			found = append(found, o)
		}
	}
	require.Len(t, found, 1, "orders of %s", owner)
	return found[0]
}

func ids(orders []*apptest.Order) []string {
	var list []string
	for _, o := range orders {
		list = append(list, o.ID)
	}
	return list
}

func keys(orders []*apptest.Order) []string {
	var list []string
	for _, o := range orders {
		list = append(list, o.Key())
	}
	slices.Sort(list)
	return list
}

// footprint is everything the provisioning wrote so far: what must not grow when nothing is to do.
func footprint(t *testing.T, h *apptest.House) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for _, table := range []string{"provisioning_order", "order_line", "order_line_history", "order_attempt", "resource_version", "resource", "resource_link",
		"assigned_resource_type", "assigned_role", "gap", "generation"} {
		var n int
		require.NoError(t, h.DB.NewRaw("select count(*) from "+table).Scan(t.Context(), &n))
		counts[table] = n
	}
	var changes int
	require.NoError(t, h.DB.NewRaw("select count(*) from event where kind = 'order.changed'").Scan(t.Context(), &changes))
	counts["order.changed"] = changes
	return counts
}

// accounts reads the logins of the intranet, without those that were there before Writ was: reconciliation shows them.
func accounts(t *testing.T, h *apptest.House) []string {
	t.Helper()
	var list []string
	require.NoError(t, h.Intranet(t).NewRaw(`select "Login" from account order by "Login"`).Scan(t.Context(), &list))
	return slices.DeleteFunc(list, func(login string) bool { return slices.Contains(apptest.FoundAccounts, login) })
}

// within waits for something that follows by itself.
func within(t *testing.T, what string, ok func() bool) {
	t.Helper()
	apptest.Eventually(t, what, apptest.Patience, func() (bool, error) { return ok(), nil })
}

func pointer[T any](v T) *T { return &v }
