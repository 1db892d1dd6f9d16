package app

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/fulfil/fulfiltest"
	"writ/server/order"
)

// scimAccounts lists what the foreign server has: name, number, display name, department, state, groups.
func scimAccounts(t *testing.T, target *fulfiltest.SCIMTarget) []string {
	t.Helper()
	in := map[string][]string{}
	for _, g := range target.All(t, "Groups") {
		members, _ := g["members"].([]any)
		for _, m := range members {
			id := m.(map[string]any)["value"].(string)
			in[id] = append(in[id], g["id"].(string))
		}
	}
	list := []string{}
	for _, u := range target.All(t, "Users") {
		e, _ := u["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"].(map[string]any)
		list = append(list, strings.TrimSpace(fmt.Sprint(u["userName"], " ", u["externalId"], " ", u["displayName"], " ", e["department"], " ", strings.Join(in[u["id"].(string)], "+"))))
	}
	return list
}

// mustSCIM is the small company with a foreign SCIM server, behind quirks, as its managed system.
func mustSCIM(t *testing.T, settings string) (*small, *fulfiltest.SCIMTarget, *fulfiltest.HTTPProxy) {
	t.Helper()
	target := fulfiltest.MustSCIMTarget(t, `{}`)
	proxy := fulfiltest.MustHTTPProxy(t, target.URL)
	target.Put(t, "Groups", map[string]any{"id": "staff", "displayName": "Staff"}, map[string]any{"id": "press", "displayName": "Press"})
	s := mustSmall(t, smallOptions{removeOrphans: true, edit: strings.NewReplacer(
		"package: postgres", "package: scim",
		`settings: { schema: public, link.Groups: "account_group(login,grp)" }`, `settings: { server: "`+proxy.URL+`", timeout: 120`+settings+` }`,
		"secrets: { connectionString:", "secrets: { oAuthToken: "+fulfiltest.SCIMToken+" } #",
		"table: grp", "table: Groups", "identifier: Name, column: name, primaryKey", "identifier: Name, column: id, primaryKey",
		"table: account", "table: Users", "column: login", "column: userName", "column: emp ", "column: externalId ", "column: name }", "column: displayName }",
		"column: dept", `column: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"`, "column: Groups", "column: groups",
	)})
	return s, target, proxy
}

// TestSCIMFromHire: a person of the HR file gets an account with its group at a foreign SCIM server, changes, is renamed and leaves; somebody else's
// account there stays as it is.
func TestSCIMFromHire(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]string{"": "", "Incremental": ", incremental: true", "FromGroups": ", memberships: groups"} {
		t.Run("Read"+name, func(t *testing.T) {
			t.Parallel()
			s, target, _ := mustSCIM(t, settings)
			target.Put(t, "Users", map[string]any{"id": "other", "userName": "admin", "displayName": "Not ours"})
			s.people("1,E1,Petra,Lang,plang,IT", "2,E2,O'Neil,\"Wi\"\"nter\",owinter,HR")
			s.around()
			require.ElementsMatch(t, []string{"admin <nil> Not ours <nil>", "plang e1 Petra Lang IT staff", `owinter e2 O'Neil Wi"nter HR staff`}, scimAccounts(t, target))
			s.settled()

			s.people("1,E1,Petra,Winter,pwinter,PR", "2,E2,O'Neil,\"Wi\"\"nter\",owinter,")
			s.around()
			require.ElementsMatch(t, []string{"admin <nil> Not ours <nil>", "pwinter e1 Petra Winter PR staff", `owinter e2 O'Neil Wi"nter <nil> staff`}, scimAccounts(t, target))
			s.settled()

			s.people("2,E2,O'Neil,\"Wi\"\"nter\",owinter,")
			s.around()
			require.ElementsMatch(t, []string{"admin <nil> Not ours <nil>", `owinter e2 O'Neil Wi"nter <nil> staff`}, scimAccounts(t, target))
			s.settled()
			made := 0
			for _, e := range target.Log(t) {
				if e.Table == "Users" && e.Did == "made" {
					made++
				}
			}
			require.Equal(t, 2, made, "each once, by the server's own log")
		})
	}
}

// TestSCIMLostAnswer: an account that was made without anybody hearing of it is found, and not made twice; one that nobody made is made later.
func TestSCIMLostAnswer(t *testing.T) {
	t.Parallel()
	s, target, proxy := mustSCIM(t, "")
	lost := 0
	proxy.Be(func(w http.ResponseWriter, r *http.Request, forward func() *fulfiltest.HTTPAnswer) {
		if r.Method == http.MethodPost && lost == 0 {
			lost++
			forward()
			fulfiltest.Cut()
		}
		forward().Send(w)
	})
	s.people("1,E1,Petra,Lang,plang,IT")
	s.synchronize("HR")
	s.compute()
	s.send()
	for range 3 { // read back, and what is missing made
		s.later(time.Hour)
		_, err := s.Orders.Fulfil(s.ctx, order.FulfilInput{Connector: "Target", ContinueOnError: true}, func(int, int, int) {})
		require.NoError(t, err)
	}
	s.synchronize("Target")
	s.compute()
	require.Equal(t, 1, lost)
	require.Equal(t, []string{"plang e1 Petra Lang IT staff"}, scimAccounts(t, target))
	s.settled()
	made := 0
	for _, e := range target.Log(t) {
		if e.Table == "Users" && e.Did == "made" {
			made++
		}
	}
	require.Equal(t, 1, made)
}
