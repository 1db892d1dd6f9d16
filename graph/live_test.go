package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/stretchr/testify/require"

	"writ/server/access"
	"writ/server/auth"
	"writ/server/db"
	"writ/server/event"
	"writ/server/permit"
)

// mustOrders makes n pending orders for n people of two organisations, in turn, and gives their ids.
func (b *bundle) mustOrders(n int) []int64 {
	b.t.Helper()
	_, err := b.db.ExecContext(b.ctx, strings.ReplaceAll(`
		insert into connector (identifier, display_name) values ('AD', 'Directory');
		insert into connection (connector_id, identifier, display_name, package) select id, 'AD_Main', 'Main', 'null' from connector;
		insert into entity_type (identifier, display_name) values ('Directory_User', 'User'), ('AD_Entry', 'Entry');
		insert into property (entity_type_id, identifier, display_name, type, position)
			select id, 'Organization', 'Organization', 'STRING', 1 from entity_type where identifier = 'Directory_User';
		insert into policy (identifier, display_name) values ('Default', 'Default');
		insert into resource_type (identifier, display_name, policy_id, source_entity_type_id, target_entity_type_id, connection_id)
			select 'AD_User', 'Account', p.id, s.id, t.id, k.id from policy p, entity_type s, entity_type t, connection k
			where s.identifier = 'Directory_User' and t.identifier = 'AD_Entry';
		insert into resource (entity_type_id, key, display_name, scalars, valid_from)
			select t.id, 'u' || i, 'Person ' || i, jsonb_build_object('Organization', case i % 2 when 0 then 'Sales' else 'Research' end), '2020-01-01'
			from entity_type t, generate_series(1, $n) i where t.identifier = 'Directory_User' order by i;
		insert into assigned_resource_type (owner_id, resource_type_id, workflow_state, workflow_state_changed_at, is_expected, valid_from)
			select r.id, t.id, 16, '2026-01-01', true, '2026-01-01' from resource r, resource_type t order by r.id;
		insert into provisioning_order (assigned_resource_type_id, kind, state, states, resource_type_id, owner_id, source_entity_type_id, connector_id, connection_id, created_at, updated_at)
			select a.id, 'CREATE', 1, '{1}', a.resource_type_id, a.owner_id, t.source_entity_type_id, k.connector_id, k.id, '2026-01-01', '2026-01-01'
			from assigned_resource_type a join resource_type t on t.id = a.resource_type_id join connection k on k.id = t.connection_id order by a.id;
		insert into order_line (order_id, property, action, proposed_value, state, workflow_state, created_at, updated_at)
			select o.id, p, 'SET', 'x', 1, 16, '2026-01-01', '2026-01-01' from provisioning_order o, unnest(array['cn', 'sn']) p order by o.id, p`,
		"$n", fmt.Sprint(n)))
	require.NoError(b.t, err)
	var ids []int64
	require.NoError(b.t, b.db.NewRaw("SELECT id FROM provisioning_order ORDER BY id").Scan(b.ctx, &ids))
	return ids
}

// moved publishes that an order was moved, as server/order does.
func (b *bundle) moved(ids ...int64) {
	b.t.Helper()
	ctx := permit.With(b.ctx, permit.System("fulfil"))
	events := make([]event.Event, len(ids))
	for i, id := range ids {
		events[i] = event.Event{Kind: "order.changed", SubjectType: "order", SubjectID: id, Data: map[string]any{"from": 0, "to": 1}}
	}
	require.NoError(b.t, event.Publish(ctx, b.db, b.clock.Now(), events...))
}

// scoped signs in somebody who sees the orders of one organisation only.
func (b *bundle) scoped(username, organization string) *client {
	b.t.Helper()
	require.NoError(b.t, access.SaveProfiles(b.ctx, b.db, []access.ProfileSpec{{Identifier: username}}))
	_, err := access.SaveRules(b.ctx, b.db, []access.RuleSpec{{
		Identifier: username, Profile: username, EntityType: "Directory_User",
		Entries: []access.EntrySpec{{Permission: permit.OrderQuery, CanExecute: true}},
		Filters: []access.FilterSpec{{Binding: "Organization", Value: organization}},
	}})
	require.NoError(b.t, err)
	require.NoError(b.t, access.SaveUsers(b.ctx, b.db, []access.UserSpec{{
		Username: username, PasswordHash: hashed, Profiles: []access.UserProfileSpec{{Profile: username}},
	}}))
	return b.as(username)
}

const ordersQuery = `query($n: Int) { orders(first: $n) { totalCount nodes {
	id state owner { id displayName entityType values { value } } target { id } resourceType { displayName sourceEntityType connector { identifier } isManual }
	connector { identifier displayName } lines { property state } history { action } attempts { attempt } } } }`

// A list with all its relations costs the same number of statements for one order and for fifty.
func TestStatementsDoNotGrow(t *testing.T) {
	t.Parallel()
	b := setup(t, auth.Config{})
	b.mustOrders(50)
	c := b.holding("reader", permit.OrderQuery)
	var counts []int
	b.inProcess(b.ctx, c.token, ordersQuery, nil) // what is remembered between requests (metadata, compiled model) is read once
	for _, n := range []int{1, 50} {
		ctx, counted := db.CountQueries(b.ctx)
		got := b.inProcess(ctx, c.token, ordersQuery, map[string]any{"n": n})
		// Loaders split a wave in two when the machine is busy with other tests; the number that counts is the one of a quiet moment.
		for tries := 0; tries < 10 && len(counts) > 0 && counted.N() > counts[0]; tries++ {
			ctx, counted = db.CountQueries(b.ctx)
			got = b.inProcess(ctx, c.token, ordersQuery, map[string]any{"n": n})
		}
		require.Empty(t, got.Errors, got.raw)
		nodes := got.Data["orders"].(map[string]any)["nodes"].([]any)
		require.Len(t, nodes, n)
		first := nodes[0].(map[string]any)
		require.Equal(t, "Directory_User", first["owner"].(map[string]any)["entityType"])
		require.Equal(t, "AD", first["connector"].(map[string]any)["identifier"])
		require.Equal(t, "AD", first["resourceType"].(map[string]any)["connector"].(map[string]any)["identifier"])
		require.Len(t, first["lines"], 2)
		counts = append(counts, counted.N())
		t.Logf("%d orders: %d statements", n, counted.N())
	}
	require.Less(t, counts[1], counts[0]+8, "a statement per row would be fifty more")
}

func ids(list []result) (out []string) {
	for _, r := range list {
		out = append(out, r.Data["orderChanged"].(map[string]any)["order"].(map[string]any)["id"].(string))
	}
	return out
}

// Every subscriber sees the orders of its own scope, in order, without gap and duplicate, also after a pause.
func TestOrderChanged(t *testing.T) {
	t.Parallel()
	b := setup(t, auth.Config{})
	orders := b.mustOrders(4)
	sales := b.scoped("sales", "Sales") // people 2 and 4
	const query = `subscription($after: String, $filter: OrderFilter) { orderChanged(after: $after, filter: $filter) { cursor actor from to order { id state owner { displayName } lines { id } } } }`
	all := b.holding("all", permit.OrderQuery)

	begin, err := event.End(b.ctx, b.db)
	require.NoError(t, err)
	from := begin.String() // the streams may begin after the change: then they replay it
	everything, some := all.stream(query, map[string]any{"after": from}), sales.stream(query, map[string]any{"after": from})
	defer everything.close()
	defer some.close()
	narrow := all.stream(query, map[string]any{"after": from, "filter": map[string]any{"text": "person 3"}})
	defer narrow.close()
	b.moved(orders...)
	var seen, mine []result
	for range orders {
		seen = append(seen, everything.next())
	}
	for range 2 {
		mine = append(mine, some.next())
	}
	change := seen[0].Data["orderChanged"].(map[string]any)
	require.Equal(t, "fulfil", change["actor"])
	require.Equal(t, "NONE", change["from"])
	require.Equal(t, "PENDING", change["to"])
	require.Equal(t, "Person 1", change["order"].(map[string]any)["owner"].(map[string]any)["displayName"])
	require.Len(t, change["order"].(map[string]any)["lines"], 2)
	require.Equal(t, asText(orders), ids(seen))
	require.Equal(t, asText([]int64{orders[1], orders[3]}), ids(mine))
	require.Equal(t, asText(orders[2:3]), ids([]result{narrow.next()}))

	// Away for a moment: the cursor of the second change brings the rest, then what is new.
	b.moved(orders[0])
	late := all.stream(query, map[string]any{"after": seen[1].Data["orderChanged"].(map[string]any)["cursor"]})
	defer late.close()
	var caught []result
	for range 3 {
		caught = append(caught, late.next())
	}
	require.Equal(t, asText([]int64{orders[2], orders[3], orders[0]}), ids(caught))

	// The filter is about the move: the order was EXECUTED for a moment.
	require.NoError(t, event.Publish(b.ctx, b.db, b.clock.Now(),
		event.Event{Kind: "order.changed", SubjectType: "order", SubjectID: orders[3], Data: map[string]any{"from": 1, "to": 8}}))
	moves := all.stream(query, map[string]any{"after": from, "filter": map[string]any{"states": []string{"EXECUTED"}}})
	defer moves.close()
	moment := moves.next()
	require.Equal(t, asText(orders[3:]), ids([]result{moment}))
	require.Equal(t, "PENDING", moment.Data["orderChanged"].(map[string]any)["order"].(map[string]any)["state"])

	broken := all.stream(query, map[string]any{"after": "nonsense"})
	defer broken.close()
	require.Equal(t, "VALIDATION", answerOf(broken.next()))
}

func asText(ids []int64) (out []string) {
	for _, id := range ids {
		out = append(out, fmt.Sprint(id))
	}
	return out
}

// The numbers come at once and again after a change, but not for every change.
func TestCountersChanged(t *testing.T) {
	t.Parallel()
	b := setup(t, auth.Config{})
	orders := b.mustOrders(3)
	c := b.holding("all", permit.OrderQuery)
	s := c.stream("subscription { countersChanged { people ordersByState { state count } } }", nil)
	defer s.close()
	pending := func(r result) any {
		require.Empty(t, r.Errors, r.raw)
		return r.Data["countersChanged"].(map[string]any)["ordersByState"].([]any)[1].(map[string]any)["count"]
	}
	require.EqualValues(t, 3, pending(s.next()))
	_, err := b.db.ExecContext(b.ctx, "update provisioning_order set closed_at = '2026-02-01' where id = ?", orders[0])
	require.NoError(t, err)
	for range 20 {
		b.moved(orders[0])
	}
	started := time.Now()
	require.EqualValues(t, 2, pending(s.next()))
	require.Less(t, time.Since(started), 5*time.Second)
	_, err = b.db.ExecContext(b.ctx, "update provisioning_order set closed_at = '2026-02-01' where id = ?", orders[1])
	require.NoError(t, err)
	b.moved(orders[1])
	require.EqualValues(t, 1, pending(s.next()), "the twenty changes came as one")
}

// socket is a client of graphql-transport-ws.
type socket struct {
	*bundle
	conn *websocket.Conn
}

type frame struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// TestWebsocketOrigin: a page of another origin, and who does not say where he comes from, gets no websocket. An access token in the first request, and no
// cookie, is what no page can send.
func TestWebsocketOrigin(t *testing.T) {
	t.Parallel()
	b := setup(t, auth.Config{})
	token := b.as("nobody").token
	for name, c := range map[string]struct {
		header map[string]string
		want   int
	}{
		"Own":                {map[string]string{"Origin": b.url}, http.StatusSwitchingProtocols},
		"Foreign":            {map[string]string{"Origin": "https://evil.example"}, http.StatusForbidden},
		"ForeignWithToken":   {map[string]string{"Origin": "https://evil.example", "Authorization": "Bearer " + token}, http.StatusForbidden},
		"Null":               {map[string]string{"Origin": "null"}, http.StatusForbidden},
		"OtherPort":          {map[string]string{"Origin": "http://127.0.0.1:1"}, http.StatusForbidden},
		"Absent":             {nil, http.StatusForbidden},
		"AbsentWithCookie":   {map[string]string{"Cookie": "writ_refresh=x"}, http.StatusForbidden},
		"AbsentWithToken":    {map[string]string{"Authorization": "Bearer " + token}, http.StatusSwitchingProtocols},
		"AbsentWithBoth":     {map[string]string{"Authorization": "Bearer " + token, "Cookie": "a=b"}, http.StatusForbidden},
		"AbsentWithBadToken": {map[string]string{"Authorization": "Bearer " + token + "x"}, http.StatusForbidden},
	} {
		r, err := http.NewRequestWithContext(b.ctx, http.MethodGet, b.url, nil)
		require.NoError(t, err)
		for k, v := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol": "graphql-transport-ws"} {
			r.Header.Set(k, v)
		}
		for k, v := range c.header {
			r.Header.Set(k, v)
		}
		answer, err := http.DefaultTransport.RoundTrip(r)
		require.NoError(t, err, name)
		_ = answer.Body.Close()
		require.Equal(t, c.want, answer.StatusCode, name)
	}
}

func (b *bundle) dial() *socket {
	b.t.Helper()
	conn, answer, err := websocket.Dial(b.ctx, "ws"+strings.TrimPrefix(b.url, "http"), &websocket.DialOptions{
		Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: http.Header{"Origin": {b.url}}})
	require.NoError(b.t, err)
	if answer.Body != nil {
		_ = answer.Body.Close()
	}
	b.t.Cleanup(func() { _ = conn.CloseNow() })
	return &socket{b, conn}
}

func (s *socket) say(f frame) {
	s.t.Helper()
	require.NoError(s.t, wsjson.Write(s.ctx, s.conn, f))
}

// hear gives the next frame that is no ping; with an error the connection is closed.
func (s *socket) hear() (f frame, err error) {
	ctx, stop := context.WithTimeout(s.ctx, 20*time.Second)
	defer stop()
	for {
		f = frame{}
		if err := wsjson.Read(ctx, s.conn, &f); err != nil {
			return f, err
		}
		if f.Type != "ping" && f.Type != "pong" {
			return f, nil
		}
	}
}

func (s *socket) open(token string) (frame, error) {
	s.t.Helper()
	payload, err := json.Marshal(map[string]string{"authorization": "Bearer " + token})
	require.NoError(s.t, err)
	s.say(frame{Type: "connection_init", Payload: payload})
	return s.hear()
}

func (s *socket) subscribe(id, query string) {
	s.t.Helper()
	payload, err := json.Marshal(map[string]string{"query": query})
	require.NoError(s.t, err)
	s.say(frame{ID: id, Type: "subscribe", Payload: payload})
}

func TestWebsocket(t *testing.T) {
	t.Parallel()
	b := setup(t, auth.Config{})
	orders := b.mustOrders(1)
	c := b.holding("all", permit.OrderQuery)
	s := b.dial()
	f, err := s.open(c.token)
	require.NoError(t, err)
	require.Equal(t, "connection_ack", f.Type)

	s.subscribe("1", "{ me { username } }")
	f, err = s.hear()
	require.NoError(t, err)
	require.Equal(t, "next", f.Type)
	require.JSONEq(t, `{"data": {"me": {"username": "all"}}}`, string(f.Payload))
	f, err = s.hear()
	require.NoError(t, err)
	require.Equal(t, "complete", f.Type)

	begin, err := event.End(b.ctx, b.db)
	require.NoError(t, err)
	s.subscribe("2", fmt.Sprintf("subscription { orderChanged(after: %q) { order { id } } }", begin))
	b.moved(orders[0])
	f, err = s.hear()
	require.NoError(t, err)
	require.Equal(t, "2", f.ID)
	require.JSONEq(t, fmt.Sprintf(`{"data": {"orderChanged": {"order": {"id": "%d"}}}}`, orders[0]), string(f.Payload))

	s.subscribe("4", `mutation { login(input: {username: "all", password: "secret"}) { accessToken } }`)
	for f, err = s.hear(); f.ID != "4"; f, err = s.hear() {
		require.NoError(t, err)
	}
	require.Contains(t, string(f.Payload), "FORBIDDEN", "a websocket cannot carry the cookie")
}

func TestWebsocketRefused(t *testing.T) {
	t.Parallel()
	b := setup(t, auth.Config{})
	for _, token := range []string{"", "nonsense"} {
		s := b.dial()
		_, err := s.open(token)
		for err == nil { // it may say why first
			_, err = s.hear()
		}
		require.EqualValues(t, 4403, websocket.CloseStatus(err), err)
	}
}

// A connection ends with its token, and says so; a subscription ends with its session.
func TestWebsocketExpires(t *testing.T) {
	t.Parallel()
	b := setup(t, auth.Config{TokenLife: 3 * time.Second})
	s := b.dial()
	f, err := s.open(b.as("nobody").token)
	require.NoError(t, err)
	require.Equal(t, "connection_ack", f.Type)
	s.subscribe("1", "subscription { countersChanged { people } }")
	for err == nil {
		_, err = s.hear()
	}
	require.EqualValues(t, 4403, websocket.CloseStatus(err), err)
}

func TestSubscriptionEndsWithTheSession(t *testing.T) {
	t.Parallel()
	b := setup(t, auth.Config{})
	c := b.holding("all", permit.OrderQuery)
	s := b.dial()
	_, err := s.open(c.token)
	require.NoError(t, err)
	s.subscribe("1", "subscription { orderChanged { cursor } }")
	s.subscribe("2", "subscription { countersChanged { people } }")
	_, err = s.hear()
	require.NoError(t, err)
	require.Empty(t, c.ask("mutation { logout { ok } }", nil).Errors)
	ended := map[string]bool{}
	for len(ended) < 2 {
		f, err := s.hear()
		if err != nil { // the connection ends with its session, too, perhaps first
			require.EqualValues(t, 4403, websocket.CloseStatus(err), err)
			break
		}
		if f.Type == "error" {
			require.Contains(t, string(f.Payload), "UNAUTHENTICATED")
			ended[f.ID] = true
		}
	}
}

// A new password, a disabled and a removed user end every connection within five seconds, idle ones and those of other sessions too.
func TestConnectionsEndWithTheUser(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]string{
		"NewPassword": "update local_user set password_hash = password_hash || 'x' where username = 'all'",
		"Disabled":    "update local_user set is_disabled = true where username = 'all'",
		"Removed":     "delete from local_user where username = 'all'",
		"SignedOut":   "update session set revoked_at = now() where user_id = (select id from local_user where username = 'all')",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, auth.Config{})
			c := b.holding("all", permit.OrderQuery)
			idle, other := b.dial(), b.dial()
			for s, token := range map[*socket]string{idle: c.token, other: b.as("nobody").token} {
				f, err := s.open(token)
				require.NoError(t, err)
				require.Equal(t, "connection_ack", f.Type)
			}
			stream := c.stream("subscription { countersChanged { people } }", nil)
			defer stream.close()
			require.Empty(t, stream.next().Errors)

			_, err := b.db.ExecContext(b.ctx, change)
			require.NoError(t, err)
			began := time.Now()
			for err == nil {
				_, err = idle.hear()
			}
			require.EqualValues(t, 4403, websocket.CloseStatus(err), err)
			require.Less(t, time.Since(began), 5*time.Second)
			for stream.next().raw != "" { // until it is over
			}
			require.Less(t, time.Since(began), 5*time.Second)
			require.Equal(t, "UNAUTHENTICATED", answerOf(c.ask("{ me { username } }", nil)))
			require.Equal(t, "UNAUTHENTICATED", answerOf(c.ask("mutation { refresh { accessToken } }", nil)))
			other.subscribe("1", "{ me { username } }")
			f, err := other.hear()
			require.NoError(t, err)
			require.Equal(t, "next", f.Type, "others stay")
		})
	}
}

// A subscription to which nothing comes ends within five seconds of the right to it, and says why; what others may see stays.
func TestSilentSubscriptionEndsWithItsRight(t *testing.T) {
	t.Parallel()
	b := setup(t, auth.Config{})
	c := b.holding("all", permit.OrderQuery, permit.JobQuery)
	owner := b.mustOrders(1)[0]
	require.NotZero(t, owner)
	s := b.dial()
	_, err := s.open(c.token)
	require.NoError(t, err)
	s.subscribe("orders", "subscription { orderChanged { cursor } }")
	s.subscribe("jobs", "subscription { jobsChanged { state } }")
	s.subscribe("counters", "subscription { countersChanged { people } }")
	f, err := s.hear()
	require.NoError(t, err)
	require.Equal(t, "counters", f.ID)
	_, err = b.db.ExecContext(b.ctx, "delete from access_entry where permission in (?, ?)", string(permit.OrderQuery), string(permit.JobQuery))
	require.NoError(t, err)
	began := time.Now()
	ended := map[string]string{}
	for len(ended) < 2 {
		f, err := s.hear()
		require.NoError(t, err)
		if f.Type == "error" {
			ended[f.ID] = string(f.Payload)
		}
	}
	require.Less(t, time.Since(began), 5*time.Second)
	for id, payload := range ended {
		require.Contains(t, payload, "FORBIDDEN", id)
	}
	require.Contains(t, ended, "orders")
	require.Contains(t, ended, "jobs")
}
