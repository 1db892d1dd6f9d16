package apptest_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"writ/server/apptest"
)

// entry is a row of the office's journal.
type entry struct {
	ID                       int64
	Tx                       int64
	Tbl, Op                  string
	Was, IsNow               json.RawMessage
	ByRole, OrderID, Attempt string
	was, now                 map[string]string
}

func (h *history) entries() []*entry {
	var list []*entry
	require.NoError(h.t, h.office.NewRaw(`select id, tx::text::bigint as tx, tbl, op, coalesce(was, '{}') as was, coalesce(is_now, '{}') as is_now, by_role, coalesce(order_id, '') as order_id, coalesce(attempt, '') as attempt
		from ledger order by id`).Scan(h.t.Context(), &list))
	for _, e := range list {
		e.was, e.now = textsOf(h, e.Was), textsOf(h, e.IsNow)
	}
	return list
}

func textsOf(h *history, raw json.RawMessage) map[string]string {
	var values map[string]*string
	require.NoError(h.t, json.Unmarshal(raw, &values))
	m := map[string]string{}
	for k, v := range values {
		if v != nil {
			m[k] = *v
		}
	}
	return m
}

// origin is who wrote the values of the accounts last, by login and column; a group is a column of its own.
type origin map[string]map[string]bool // true: Writ

func (h *history) origins(list []*entry) origin {
	by := origin{}
	for _, e := range list {
		ours := e.ByRole == h.role
		switch {
		case e.Tbl == "account" && e.Op == "INSERT":
			by[e.now["login"]] = map[string]bool{"": ours}
			for _, c := range []string{"login", "number", "name", "mail", "job", "until", "tier", "desk"} {
				by[e.now["login"]][c] = ours
			}
		case e.Tbl == "account" && e.Op == "UPDATE":
			m := by[e.was["login"]]
			delete(by, e.was["login"])
			for _, c := range []string{"login", "number", "name", "mail", "job", "until", "tier", "desk"} {
				if e.was[c] != e.now[c] {
					m[c] = ours
				}
			}
			by[e.now["login"]] = m
		case e.Tbl == "account" && e.Op == "DELETE":
			delete(by, e.was["login"])
		case e.Tbl == "account_group" && e.Op == "INSERT":
			if m := by[e.now["login"]]; m != nil {
				m["+"+e.now["grp"]] = ours
			}
		case e.Tbl == "account_group" && e.Op == "DELETE":
			if m := by[e.was["login"]]; m != nil {
				m["+"+e.was["grp"]] = ours
			}
		}
	}
	return by
}

// compare tells where the systems are not as the policy says. What others wrote last may stay: it waits for a person's decision.
func (h *history) compare() []string {
	var problems []string
	add := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	users, admins, cards := h.c.wanted(day(h.now()))
	problems = append(problems, h.keptRoles(users)...)
	rows, by, explained := h.rows(), h.origins(h.entries()), h.explained()
	seen := map[string]string{}
	for login, row := range rows {
		want := users[row["number"]]
		if want == nil {
			want = admins[strings.TrimPrefix(row["number"], "adm-")]
			if !strings.HasPrefix(row["number"], "adm-") {
				want = nil
			}
		}
		owner := strings.TrimPrefix(row["number"], "adm-")
		if want == nil {
			_, lives := h.c.people[owner]
			if by[login][""] && (lives || h.variant.removeOrphans) {
				add("account %s should have gone: %v", login, row)
			}
			continue
		}
		if seen[row["number"]] != "" {
			add("%s has two accounts: %s and %s", row["number"], seen[row["number"]], login)
		}
		seen[row["number"]] = login
		for _, column := range []string{"login", "name", "mail", "job", "until", "tier", "desk"} {
			if row[column] != want[column] && by[login][column] && !explained[row["number"]+" "+column+" "+row[column]] {
				add("account %s of %s: %s is %q, policy says %q", login, owner, column, row[column], want[column])
			}
		}
		has, should := strings.Fields(row["groups"]), strings.Fields(want["groups"])
		for _, g := range has {
			if by[login]["+"+g] && !slices.Contains(should, g) && !explained[row["number"]+" +"+g] {
				add("account %s of %s: group %s should have gone", login, owner, g)
			}
		}
		for _, g := range should {
			if !slices.Contains(has, g) {
				add("account %s of %s: group %s is missing", login, owner, g)
			}
		}
	}
	for number := range users {
		if seen[number] == "" {
			add("%s has no account", number)
		}
	}
	for number := range admins {
		if seen["adm-"+number] == "" {
			add("%s has no account of an administrator", number)
		}
	}
	problems = append(problems, h.compareMail(users)...)
	for key, want := range cards {
		if h.cards[key] != want {
			add("card %s is %+v, policy says %+v", key, h.cards[key], want)
		}
	}
	for key, c := range h.cards {
		if _, lives := h.c.people[c.number]; cards[key] == (card{}) && (lives || h.variant.removeOrphans) {
			add("card %s should have gone: %+v", key, c)
		}
	}
	return problems
}

func (h *history) compareMail(users map[string]account) []string {
	var problems []string
	var list []struct{ Alias, Number, Label string }
	require.NoError(h.t, h.office.NewRaw("select alias, number, label from mailbox order by 1").Scan(h.t.Context(), &list))
	boxes := map[string]string{}
	for _, m := range list {
		e := h.c.people[m.Number]
		switch {
		case users[m.Number] == nil && (e != nil || h.variant.removeOrphans):
			problems = append(problems, fmt.Sprintf("mailbox %s of %s should have gone", m.Alias, m.Number))
		case users[m.Number] == nil:
		case boxes[m.Number] != "":
			problems = append(problems, fmt.Sprintf("%s has two mailboxes: %s and %s", m.Number, boxes[m.Number], m.Alias))
		case m.Label != e.last+", "+e.first || !slices.Contains(e.spellings(), m.Alias):
			problems = append(problems, fmt.Sprintf("mailbox %+v is not that of %+v", m, *e))
		}
		boxes[m.Number] = m.Alias
	}
	for number := range users {
		if boxes[number] == "" {
			problems = append(problems, number+" has no mailbox")
		}
	}
	return problems
}

// journal tells which writes of the office no executed order explains, and which were done twice or for nothing.
func (h *history) journal() []string {
	var problems []string
	attempts := map[string]apptest.Attempt{}
	orders, err := h.admin().ListOrders(apptest.Filter{})
	require.NoError(h.t, err)
	for _, o := range orders {
		for _, a := range o.Attempts {
			attempts[o.ID+" "+a.IdempotencyKey] = a
		}
	}
	txOf := map[string]int64{}
	for _, e := range h.entries() {
		if e.ByRole != h.role {
			continue
		}
		what := fmt.Sprintf("%s of %s %s -> %s (order %s)", e.Op, e.Tbl, e.Was, e.IsNow, e.OrderID)
		a, known := attempts[e.OrderID+" "+e.Attempt]
		switch {
		case !known:
			problems = append(problems, "no attempt explains "+what)
		case a.Outcome == nil || *a.Outcome != "DONE" && *a.Outcome != "ALREADY_SO":
			outcome := "none"
			if a.Outcome != nil {
				outcome = *a.Outcome
			}
			problems = append(problems, "the attempt ended with "+outcome+": "+what)
		case txOf[e.Attempt] != 0 && txOf[e.Attempt] != e.Tx:
			problems = append(problems, "done twice: "+what)
		case e.Op == "UPDATE" && string(e.Was) == string(e.IsNow):
			problems = append(problems, "written for nothing: "+what)
		}
		txOf[e.Attempt] = e.Tx
	}
	return problems
}
