package graph_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"writ/graph"
	"writ/server/auth"
	"writ/server/permit"
)

// A user has so many subscriptions open, on all connections together; one that ends makes room.
func TestSubscriptionsOfAUser(t *testing.T) {
	t.Parallel()
	b := setup(t, auth.Config{})
	b.serve(graph.Options{Log: b.logger, Subscriptions: 2})
	c := b.holding("all", permit.OrderQuery)
	const query = "subscription { countersChanged { people } }"
	first, second := c.stream(query, nil), c.stream(query, nil)
	defer second.close()
	require.Empty(t, first.next().Errors)
	require.Empty(t, second.next().Errors)
	third := c.stream(query, nil)
	require.Equal(t, "TOO_LARGE", answerOf(third.next()))
	third.close()
	other := b.holding("another", permit.OrderQuery).stream(query, nil)
	defer other.close()
	require.Empty(t, other.next().Errors, "others have their own")
	first.close()
	require.Eventually(t, func() bool {
		again := c.stream(query, nil)
		defer again.close()
		return len(again.next().Errors) == 0
	}, 10*time.Second, 50*time.Millisecond)
}

// A websocket runs so many operations at once.
func TestOperationsOfASocket(t *testing.T) {
	t.Parallel()
	b := setup(t, auth.Config{})
	s := b.dial()
	_, err := s.open(b.holding("all", permit.OrderQuery).token)
	require.NoError(t, err)
	for i := range 101 {
		s.subscribe(fmt.Sprint(i), "subscription { orderChanged { cursor } }")
	}
	for {
		f, err := s.hear()
		require.NoError(t, err)
		if f.Type == "next" || f.Type == "error" {
			require.Contains(t, string(f.Payload), "TOO_LARGE")
			break
		}
	}
}

// A query that is under way when its caller is signed out, disabled, removed or given another password ends with the session, and tells nothing.
func TestQueryEndsWithItsSession(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]string{
		"SignedOut": "update session set revoked_at = now()",
		"Disabled":  "update local_user set is_disabled = true where username = 'reader'",
		"Removed":   "delete from local_user where username = 'reader'",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, auth.Config{})
			b.mustOrders(1)
			c := b.holding("reader", permit.OrderQuery)
			tx, err := b.db.BeginTx(b.ctx, nil)
			require.NoError(t, err)
			defer func() { _ = tx.Rollback() }()
			_, err = tx.ExecContext(b.ctx, "lock table provisioning_order in access exclusive mode")
			require.NoError(t, err)
			answers := make(chan result, 1)
			go func() { answers <- c.ask("{ orders { totalCount nodes { id } } }", nil) }()
			require.Eventually(t, func() bool {
				var n int
				require.NoError(t, b.db.NewRaw("select count(*) from pg_locks where not granted and database = (select oid from pg_database where datname = current_database())").Scan(b.ctx, &n))
				return n > 0
			}, 20*time.Second, 20*time.Millisecond)
			_, err = b.db.ExecContext(b.ctx, end)
			require.NoError(t, err)
			select {
			case got := <-answers:
				require.Equal(t, "UNAUTHENTICATED", answerOf(got), got.raw)
				require.NotContains(t, got.raw, "totalCount")
			case <-time.After(15 * time.Second): // five, on a machine that has time
				t.Fatal("the query goes on")
			}
		})
	}
}

// The schema as text is the one that operations are checked against, and only for those who may ask for it.
func TestSchemaAsText(t *testing.T) {
	t.Parallel()
	b := setup(t, auth.Config{})
	get := func(c *client, tag string) (status int, body string, header http.Header) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+"/schema", nil)
		require.NoError(t, err)
		if c.token != "" {
			r.Header.Set("Authorization", "Bearer "+c.token)
		}
		r.Header.Set("If-None-Match", tag)
		answer, err := c.http.Do(r)
		require.NoError(t, err)
		defer answer.Body.Close()
		raw, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		return answer.StatusCode, string(raw), answer.Header
	}
	status, body, header := get(b.anonymous(), "")
	require.Equal(t, http.StatusUnauthorized, status)
	require.Equal(t, "Bearer", header.Get("WWW-Authenticate"))
	require.NotContains(t, body, "type ")
	signedIn := b.as("nobody")
	status, body, header = get(signedIn, "")
	require.Equal(t, http.StatusOK, status)
	told, err := gqlparser.LoadSchema(&ast.Source{Input: body})
	require.NoError(t, err)
	kept := mustSchema(t)
	require.Len(t, told.Types, len(kept.Types))
	for name, d := range kept.Types {
		require.NotNil(t, told.Types[name], name)
		require.Equal(t, d.Description, told.Types[name].Description, name)
		require.Len(t, told.Types[name].Fields, len(d.Fields), name)
	}
	status, body, _ = get(signedIn, header.Get("ETag"))
	require.Equal(t, http.StatusNotModified, status)
	require.Empty(t, body)
}

// Strangers read neither the schema nor, from suggestions, its names.
func TestStrangersDoNotReadTheSchema(t *testing.T) {
	t.Parallel()
	b := setup(t, auth.Config{})
	for _, query := range []string{"{ __schema { types { name } } }", `{ __type(name: "Order") { name } }`, "{ ...f } fragment f on Query { x: __schema { description } }"} {
		got := b.anonymous().ask(query, nil)
		require.Equal(t, "UNAUTHENTICATED", answerOf(got), query)
		require.Empty(t, b.as("nobody").ask(query, nil).Errors, query)
	}
	got := b.anonymous().ask("{ __typename }", nil)
	require.Equal(t, "Query", got.Data["__typename"])
	for _, query := range []string{"{ ordrs { id } }", "{ me { usernam } }", "{ orders(firs: 1) { id } }", "query($a: Strng) { me { id } }"} {
		require.NotContains(t, b.anonymous().ask(query, nil).raw, "Did you mean", query)
	}
	require.Contains(t, b.as("nobody").ask("{ me { usernam } }", nil).raw, "Did you mean")
}

// A path in a filter has a bounded number of steps, a filter a bounded number of properties.
func TestFilterPaths(t *testing.T) {
	t.Parallel()
	b := setup(t, auth.Config{})
	b.mustOrders(1)
	c := b.holding("reader", permit.Resource("Directory_User", "Query"))
	const query = `query($f: ResourceFilter) { resources(entityType: "Directory_User", filter: $f) { totalCount } }`
	long := map[string]any{"property": strings.TrimSuffix(strings.Repeat("Manager.Reports.", 20), "."), "value": "x"}
	got := c.ask(query, map[string]any{"f": map[string]any{"properties": []any{long}}})
	require.Equal(t, "VALIDATION", answerOf(got), got.raw)
	require.Contains(t, got.raw, "40 steps")
	many := make([]any, 21)
	for i := range many {
		many[i] = map[string]any{"property": "Organization", "value": "x"}
	}
	require.Equal(t, "TOO_LARGE", answerOf(c.ask(query, map[string]any{"f": map[string]any{"properties": many}})))
}
