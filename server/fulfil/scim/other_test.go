package scim_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/fulfil"
	"writ/server/fulfil/fulfiltest"
)

// other is a second SCIM server of somebody else's making (PyPI scim2-server), with a tenant for each case.
type other struct {
	at   string
	next atomic.Int64
}

// mustOther starts it, where `pip install scim2-server` put it on the PATH.
func mustOther(t *testing.T) *other {
	t.Helper()
	program, err := exec.LookPath("scim2-server")
	if err != nil {
		t.Skip("SKIPPED: the second foreign SCIM server is not on the PATH: pip install scim2-server")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	require.NoError(t, l.Close())
	cmd := exec.Command(program, "--port", port, "--dynamic-tenants") //nolint:noctx // it outlives the context of the test, which its parallel cases are not in
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	o := &other{at: "http://127.0.0.1:" + port}
	require.Eventually(t, func() bool {
		c, err := net.Dial("tcp", "127.0.0.1:"+port) //nolint:noctx // on this machine
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	}, 30*time.Second, 50*time.Millisecond)
	return o
}

// ask is a client of its own, behind the back of the connector.
func ask(t *testing.T, method, at string, body any, into any) {
	t.Helper()
	text, err := json.Marshal(body)
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), method, at, bytes.NewReader(text))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/scim+json")
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	require.Less(t, res.StatusCode, 300, "%s %s", method, at)
	if into != nil {
		require.NoError(t, json.NewDecoder(res.Body).Decode(into))
	}
}

// TestConformanceOfAnother: what passes with one foreign server passes with another, which knows versions, speaks HTTP/1.0 and lies below /v2.
func TestConformanceOfAnother(t *testing.T) {
	t.Parallel()
	o := mustOther(t)
	for name, c := range map[string]struct{ table, schema, key, value, links string }{
		"Users":  {"Users", "urn:ietf:params:scim:schemas:core:2.0:User", "userName", "displayName", ""},
		"Groups": {"Groups", "urn:ietf:params:scim:schemas:core:2.0:Group", "displayName", "externalId", "members"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fulfiltest.Suite(t, fulfiltest.Subject{
				Table: c.table, KeyColumn: c.key, Value: c.value, Links: c.links, Groups: []string{"anna", "berta", "carla"}, Rows: 300,
				Setup: func(t *testing.T) fulfiltest.Target {
					tenant := fmt.Sprintf("%s/t%d", o.at, o.next.Add(1))
					endpoint := tenant + "/v2/" + c.table
					proxy := fulfiltest.MustHTTPProxy(t, tenant)
					conn := mustOpen(t, proxy.URL, map[string]string{"oAuthToken": "", "pageSize": "100"})
					list := func(t *testing.T) map[string]map[string]any {
						all := map[string]map[string]any{}
						for start := 1; ; {
							var page struct {
								Resources    []map[string]any
								TotalResults int
							}
							ask(t, http.MethodGet, endpoint+"?count=500&startIndex="+fmt.Sprint(start), nil, &page)
							for _, r := range page.Resources {
								all[r[c.key].(string)] = r
							}
							if start += len(page.Resources); start > page.TotalResults || len(page.Resources) == 0 {
								return all
							}
						}
					}
					return fulfiltest.Target{
						Connector: conn,
						Put: func(t *testing.T, rows ...fulfil.Row) {
							known := list(t)
							for _, row := range rows {
								res := map[string]any{"schemas": []string{c.schema}, c.key: row[c.key], c.value: row[c.value]}
								members := []any{}
								for _, m := range fulfil.ListOf(row["members"]) {
									members = append(members, map[string]any{"value": m})
								}
								if len(members) > 0 {
									res["members"] = members
								}
								if have, ok := known[fulfil.TextOf(row[c.key])]; ok {
									ask(t, http.MethodPut, endpoint+"/"+url.PathEscape(have["id"].(string)), res, nil)
									continue
								}
								ask(t, http.MethodPost, endpoint, res, nil)
							}
						},
						All: func(t *testing.T) map[string]fulfil.Row {
							all := map[string]fulfil.Row{}
							for key, r := range list(t) {
								row := rowOf(r)
								row["members"] = membersOf(r)
								all[key] = row
							}
							return all
						},
						Break:       func(*testing.T) { proxy.Break() },
						Refuse:      func(_ *testing.T, message string) { proxy.Be(refusing(message)) },
						Hang:        func(t *testing.T) { hanging(t, proxy, conn) },
						LoseAnswers: func(*testing.T) func() { return losing(proxy) },
						BreakReads:  func(*testing.T) { proxy.Be(cutting(60_000)) },
					}
				},
			})
		})
	}
}
