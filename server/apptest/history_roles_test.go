package apptest_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/stretchr/testify/require"

	"writ/server/apptest"
)

// What happens to roles in a history: others put people into groups that a role gives and no rule does, and people decide, two at a time.

// groupsOf are the groups of the roles that others give.
var groupsOf = map[string][]string{"Lab": {"lab", "bench"}, "Audit": {"audit"}}

// broughtBy are the values of an account of a user that a role brings: once one is found, a reviewer may let the others in.
var broughtBy = map[string][]string{"Dev": {"+dev", "+git", "desk north"}, "Fin": {"+fin", "desk south"}, "Audit": {"+audit"}, "Lab": {"+lab", "+bench"}}

// explained tells by number, and a blank, which values found roles explain about which nobody decided yet.
func (h *history) explained() map[string]bool {
	out := map[string]bool{}
	for _, postponed := range []bool{false, true} {
		for _, x := range h.foundRoles(postponed, "NON_CONFORMING", "PRE_EXISTING") {
			for _, v := range broughtBy[x.Role] {
				out[x.Owner.Key+" "+v] = true
			}
		}
	}
	return out
}

// giveRole puts an account into one group of a role, or into all of them.
func (h *history) giveRole() {
	if len(h.mend) > 0 {
		return
	}
	var logins []string
	require.NoError(h.t, h.office.NewRaw("select login from account where login like 'u%' or login like 'w%' order by 1").Scan(h.t.Context(), &logins))
	if len(logins) == 0 {
		return
	}
	login, groups := pick(h.r, logins), groupsOf[pick(h.r, sorted(groupsOf))]
	if h.r.IntN(2) == 0 {
		groups = groups[:1]
	}
	h.note("    %s joins %v", login, groups)
	for _, g := range groups {
		h.sql("insert into account_group values (?, ?) on conflict do nothing", login, g)
	}
}

// foundRole is one role of reconciliation.
type foundRole struct {
	ID           string
	Version      int
	State, Role  string
	LackingCount int
	Owner        struct{ Key string }
	Decisions    []string
}

func (h *history) foundRoles(postponed bool, states ...string) []foundRole {
	var out struct{ RoleReconciliationItems struct{ Nodes []foundRole } }
	if err := h.admin().Do(`query($f: RoleReconciliationFilter) { roleReconciliationItems(first: 200, filter: $f) { nodes { id version state role lackingCount owner { key } decisions } } }`,
		apptest.Vars{"f": apptest.Vars{"states": states, "postponed": postponed}}, &out); err != nil {
		h.note("    found roles cannot be listed: %v", err)
	}
	return out.RoleReconciliationItems.Nodes
}

// foundRole decides about a found role, open or decided before. Half the time somebody else decides otherwise at the same moment, at the other
// process, on what he saw: one of the two is told that it changed.
func (h *history) foundRole() {
	list := h.foundRoles(false, "NON_CONFORMING", "PRE_EXISTING", "KEPT", "REMOVED")
	list = slices.DeleteFunc(list, func(x foundRole) bool { return len(groupsOf[x.Role]) == 0 })
	if len(list) == 0 {
		return
	}
	x := pick(h.r, list)
	if len(x.Decisions) == 0 {
		return
	}
	said := []string{pick(h.r, x.Decisions)}
	if h.r.IntN(2) == 0 {
		said = append(said, pick(h.r, x.Decisions))
	}
	codes := make([]string, len(said))
	var both sync.WaitGroup
	for i, decision := range said {
		c := h.admin().On(h.Processes[i%len(h.Processes)])
		both.Go(func() { codes[i] = decideRole(c, x, decision) })
	}
	both.Wait()
	h.note("    %s of %s (%s): %v %v", x.Role, x.Owner.Key, x.State, said, codes)
	done := 0
	for _, code := range codes {
		if code == "" {
			done++
		}
	}
	h.roles += done
	require.LessOrEqual(h.t, done, 1, "two people decided about %+v as they saw it: %v", x, codes)
}

// decideRole gives the code of what went wrong; empty: decided.
func decideRole(c *apptest.Client, x foundRole, decision string) string {
	var out struct {
		DecideRoleReconciliation struct {
			Results []struct {
				Error *struct{ Code, Message string }
			}
		}
	}
	err := c.Do(`mutation($i: DecideRoleReconciliationInput!) { decideRoleReconciliation(input: $i) { results { error { code message } } } }`,
		apptest.Vars{"i": apptest.Vars{"items": []apptest.Vars{{"id": x.ID, "version": x.Version}}, "decision": decision, "comment": "as the seed says"}}, &out)
	switch {
	case err != nil:
		return "failed: " + err.Error()
	case out.DecideRoleReconciliation.Results[0].Error != nil:
		return out.DecideRoleReconciliation.Results[0].Error.Code
	default:
		return ""
	}
}

// keptRoles adds to what people should have what was kept for them, and tells which found roles have nothing to be read from.
func (h *history) keptRoles(users map[string]account) []string {
	var problems []string
	for _, x := range h.foundRoles(false, "KEPT") {
		want := users[x.Owner.Key]
		if want == nil {
			continue
		}
		groups := map[string]bool{}
		for _, g := range append(strings.Fields(want["groups"]), groupsOf[x.Role]...) {
			groups[g] = true
		}
		want["groups"] = strings.Join(slices.Sorted(maps.Keys(groups)), " ")
		if x.Role == "Audit" {
			want["tier"] = "gold"
		}
	}
	rows := h.rows()
	for _, x := range h.foundRoles(false, "NON_CONFORMING", "PRE_EXISTING") {
		if len(groupsOf[x.Role]) == 0 || users[x.Owner.Key] == nil {
			continue
		}
		has := slices.ContainsFunc(slices.Collect(maps.Values(rows)), func(row account) bool {
			return row["number"] == x.Owner.Key && slices.ContainsFunc(strings.Fields(row["groups"]), func(g string) bool { return slices.Contains(groupsOf[x.Role], g) })
		})
		if !has {
			problems = append(problems, fmt.Sprintf("%s of %s was read from nothing", x.Role, x.Owner.Key))
		}
	}
	for _, x := range h.foundRoles(false, "REMOVED") {
		problems = append(problems, fmt.Sprintf("%s of %s is still being removed", x.Role, x.Owner.Key))
	}
	return problems
}
