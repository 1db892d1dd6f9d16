package scim_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"writ/server/fulfil"
	"writ/server/fulfil/fulfiltest"
	"writ/server/fulfil/scim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func mustOpen(t *testing.T, at string, settings map[string]string) *fulfil.Opened {
	t.Helper()
	values := map[string]string{"server": at, "oAuthToken": fulfiltest.SCIMToken, "timeout": "120"}
	maps.Copy(values, settings)
	o, err := scim.Package{}.Open(t.Context(), fulfil.Settings{Values: values, DataDir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { _ = o.Close() })
	return o
}

// mustBehind is a tenant of the foreign server, the quirks before it, and a connection through them.
func mustBehind(t *testing.T, server string, settings map[string]string) (*fulfiltest.SCIMTarget, *fulfiltest.HTTPProxy, *fulfil.Opened) {
	t.Helper()
	target := fulfiltest.MustSCIMTarget(t, server)
	proxy := fulfiltest.MustHTTPProxy(t, target.URL)
	return target, proxy, mustOpen(t, proxy.URL, settings)
}

// says is an error of SCIM.
func says(w http.ResponseWriter, status int, scimType, detail string) {
	w.Header().Set("Content-Type", "application/scim+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:Error"}, "scimType": scimType, "detail": detail, "status": fmt.Sprint(status)})
}

// changing makes a quirk of requests that change something; all others go through.
func changing(q fulfiltest.Quirk) fulfiltest.Quirk {
	return func(w http.ResponseWriter, r *http.Request, forward func() *fulfiltest.HTTPAnswer) {
		if r.Method == http.MethodGet {
			forward().Send(w)
			return
		}
		q(w, r, forward)
	}
}

// refusing refuses every change with a message.
func refusing(message string) fulfiltest.Quirk {
	return changing(func(w http.ResponseWriter, _ *http.Request, _ func() *fulfiltest.HTTPAnswer) {
		says(w, http.StatusBadRequest, "invalidValue", message)
	})
}

// cutting cuts lists after so many bytes of them.
func cutting(after int64) fulfiltest.Quirk {
	var sent atomic.Int64
	return func(w http.ResponseWriter, r *http.Request, forward func() *fulfiltest.HTTPAnswer) {
		a := forward()
		if r.Method == http.MethodGet && sent.Add(int64(len(a.Body))) > after {
			w.Header().Set("Content-Length", fmt.Sprint(len(a.Body)))
			_, _ = w.Write(a.Body[:len(a.Body)/2])
			fulfiltest.Cut()
		}
		a.Send(w)
	}
}

// hanging takes every change and does not answer; a look finds nothing, at once, however busy the server is.
func hanging(t *testing.T, proxy *fulfiltest.HTTPProxy, c *fulfil.Opened) {
	t.Helper()
	_, err := c.Exporter.Schema(t.Context())
	require.NoError(t, err)
	proxy.Be(func(w http.ResponseWriter, r *http.Request, forward func() *fulfiltest.HTTPAnswer) {
		if r.Method == http.MethodGet {
			nobody(w)
			return
		}
		proxy.Hang(w, r, forward)
	})
}

// nobody is an empty list.
func nobody(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/scim+json")
	_, _ = w.Write([]byte(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"Resources":[]}`))
}

// losing makes every change and answers none.
func losing(proxy *fulfiltest.HTTPProxy) (restore func()) {
	proxy.Be(changing(func(_ http.ResponseWriter, _ *http.Request, forward func() *fulfiltest.HTTPAnswer) {
		forward()
		fulfiltest.Cut()
	}))
	return func() { proxy.Be(nil) }
}

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

// userOf writes a row of the suite as a resource.
func userOf(row fulfil.Row) map[string]any {
	u := map[string]any{"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:User"}}
	for column, v := range row {
		switch column {
		case "groups":
		case enterprise + ":department":
			u[enterprise] = map[string]any{"department": v}
		default:
			u[column] = v
		}
	}
	return u
}

func rowOf(u map[string]any) fulfil.Row {
	row := fulfil.Row{}
	for name, v := range u {
		if s, ok := v.(string); ok {
			row[name] = s
		}
	}
	if e, ok := u[enterprise].(map[string]any); ok {
		row[enterprise+":department"] = fulfil.TextOf(e["department"])
	}
	return row
}

func mapsOf(list []any) []map[string]any {
	out := make([]map[string]any, len(list))
	for i, v := range list {
		out[i] = v.(map[string]any)
	}
	return out
}

func membersOf(group map[string]any) []string {
	list, _ := group["members"].([]any)
	ids := []string{}
	for _, m := range mapsOf(list) {
		ids = append(ids, m["value"].(string))
	}
	return ids
}

// users is the suite on the users of a server.
func users(server string, settings map[string]string, value string) fulfiltest.Subject {
	return fulfiltest.Subject{
		Table: "Users", KeyColumn: "userName", Value: value, Unique: "externalId", Links: "groups", Groups: []string{"crm", "mail", "wiki"}, Rows: 1000,
		Setup: func(t *testing.T) fulfiltest.Target {
			target, proxy, c := mustBehind(t, server, settings)
			for _, id := range []string{"crm", "mail", "wiki"} {
				target.Put(t, "Groups", map[string]any{"id": id, "displayName": "Group " + id})
			}
			return fulfiltest.Target{
				Connector: c,
				Put: func(t *testing.T, rows ...fulfil.Row) {
					known := map[string]string{}
					for _, u := range target.All(t, "Users") {
						known[u["userName"].(string)] = u["id"].(string)
					}
					list := make([]map[string]any, len(rows))
					members := map[string][]string{}
					for i, row := range rows {
						list[i] = userOf(row)
						name := fulfil.TextOf(row["userName"])
						id := known[name]
						if id == "" {
							id = fmt.Sprintf("id-%x", name)
						}
						list[i]["id"] = id
						for _, g := range fulfil.ListOf(row["groups"]) {
							members[g] = append(members[g], id)
						}
					}
					target.Put(t, "Users", list...)
					for g, ids := range members {
						all := []map[string]any{}
						for _, id := range ids {
							all = append(all, map[string]any{"value": id})
						}
						target.Put(t, "Groups", map[string]any{"id": g, "displayName": "Group " + g, "members": all})
					}
				},
				All: func(t *testing.T) map[string]fulfil.Row {
					in := map[string][]string{}
					for _, g := range target.All(t, "Groups") {
						for _, id := range membersOf(g) {
							in[id] = append(in[id], g["id"].(string))
						}
					}
					all := map[string]fulfil.Row{}
					for _, u := range target.All(t, "Users") {
						row := rowOf(u)
						row["groups"] = in[u["id"].(string)]
						all[u["userName"].(string)] = row
					}
					return all
				},
				Break:       func(*testing.T) { proxy.Break() },
				BreakReads:  func(*testing.T) { proxy.Be(cutting(100_000)) },
				Refuse:      func(_ *testing.T, message string) { proxy.Be(refusing(message)) },
				Hang:        func(t *testing.T) { hanging(t, proxy, c) },
				LoseAnswers: func(*testing.T) func() { return losing(proxy) },
			}
		},
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]fulfiltest.Subject{
		"Patch":     users(`{}`, map[string]string{"incremental": "true"}, "displayName"),
		"Put":       users(`{"config":{"patch":false},"versions":true}`, nil, "displayName"),
		"Extension": users(`{"versions":true,"config":{"etag":true}}`, nil, enterprise+":department"),
		"NoFilter":  users(`{"config":{"filter":false}}`, nil, "displayName"),
		"Groups":    users(`{"showsGroups":false}`, map[string]string{"memberships": "groups", "pageSize": "50"}, "nickName"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fulfiltest.Suite(t, s)
		})
	}
}

// TestConformanceOfGroups: groups are resources as users are, and their members a list of theirs.
func TestConformanceOfGroups(t *testing.T) {
	t.Parallel()
	fulfiltest.Suite(t, fulfiltest.Subject{
		Table: "Groups", KeyColumn: "displayName", Value: "externalId", Links: "members", Groups: []string{"anna", "berta", "carla"}, Rows: 500,
		Setup: func(t *testing.T) fulfiltest.Target {
			target, proxy, c := mustBehind(t, `{}`, nil)
			return fulfiltest.Target{
				Connector: c,
				Put: func(t *testing.T, rows ...fulfil.Row) {
					list := make([]map[string]any, len(rows))
					for i, row := range rows {
						members := []map[string]any{}
						for _, m := range fulfil.ListOf(row["members"]) {
							members = append(members, map[string]any{"value": m})
						}
						name := fulfil.TextOf(row["displayName"])
						list[i] = map[string]any{"id": fmt.Sprintf("id-%x", name), "displayName": name, "externalId": row["externalId"], "members": members}
					}
					target.Put(t, "Groups", list...)
				},
				All: func(t *testing.T) map[string]fulfil.Row {
					all := map[string]fulfil.Row{}
					for _, g := range target.All(t, "Groups") {
						row := rowOf(g)
						row["members"] = membersOf(g)
						all[g["displayName"].(string)] = row
					}
					return all
				},
				Break:       func(*testing.T) { proxy.Break() },
				BreakReads:  func(*testing.T) { proxy.Be(cutting(50_000)) },
				Refuse:      func(_ *testing.T, message string) { proxy.Be(refusing(message)) },
				Hang:        func(t *testing.T) { hanging(t, proxy, c) },
				LoseAnswers: func(*testing.T) func() { return losing(proxy) },
			}
		},
	})
}

func TestSchema(t *testing.T) {
	t.Parallel()
	_, _, c := mustBehind(t, `{}`, nil)
	tables, err := c.Exporter.Schema(t.Context())
	require.NoError(t, err)
	require.Len(t, tables, 2)
	require.Equal(t, "Users", tables[0].Name)
	for _, column := range []string{"id", "externalId", "userName", "name:givenName", "active", "password", "emails", `emails[type eq "work"]:value`, "emails[primary eq true]:value",
		`addresses[type eq "home"]:locality`, "groups", enterprise + ":department", enterprise + ":manager:value", "meta:lastModified"} {
		require.Contains(t, tables[0].Columns, column)
	}
	require.Equal(t, "Groups", tables[1].Name)
	require.ElementsMatch(t, []string{"id", "externalId", "meta:created", "meta:lastModified", "displayName", "members"}, tables[1].Columns)
	for _, table := range tables {
		sorted := slices.Clone(table.Columns)
		slices.Sort(sorted)
		require.Len(t, slices.Compact(sorted), len(table.Columns), "no column twice")
		require.False(t, slices.ContainsFunc(table.Columns, func(c string) bool { return strings.TrimSpace(c) == "" }))
	}
}
