package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/stretchr/testify/require"

	"writ/graph"
	"writ/server/access"
	"writ/server/auth"
	"writ/server/event"
	"writ/server/permit"
)

// Connections that ask for the same with the same rights share one subscription. Each gets what it would get alone: as an event stream does, which
// shares nothing.
func TestSharedSubscriptionsAreAsIfAlone(t *testing.T) {
	t.Parallel()
	b := setup(t, auth.Config{})
	orders := b.mustOrders(12)
	callers := []*client{b.scoped("sales", "Sales"), b.scoped("research", "Research"), b.holding("all", permit.OrderQuery), b.holding("more", permit.OrderQuery, permit.JobQuery)}
	callers = append(callers, b.as("all"), b.as("sales"), b.own("one", "u1"), b.own("two", "u2"))
	documents := []string{
		"{ cursor to order { id state } }", "{ cursor order { id isOwn } }", "{ cursor order { id owner { id displayName } resourceType { identifier } lines { property } } }",
		"{ cursor ...Seen } fragment Seen on OrderChange { order { ... on Order { __typename id version } } }",
	}
	begin, err := event.End(b.ctx, b.db)
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))
	type pair struct {
		shared *socket
		alone  *stream
		got    []string
	}
	var pairs []*pair
	for i := range 60 {
		c, document := callers[i%len(callers)], documents[random.IntN(len(documents))]
		filter := ""
		if random.IntN(4) == 0 {
			filter = `filter: {states: [PENDING]}`
		}
		at := func(after string) string {
			args := strings.TrimSpace(filter + " " + after)
			if args != "" {
				args = "(" + args + ")"
			}
			return "subscription { orderChanged" + args + " " + strings.Replace(document, "} fragment", "} } fragment", 1)
		}
		whole := func(text string) string {
			if strings.Contains(text, "fragment") {
				return text
			}
			return text + " }"
		}
		s := b.dial()
		_, err := s.open(c.token)
		require.NoError(t, err)
		s.subscribe(fmt.Sprintf("it's \"%d\"", i), whole(at("")))
		pairs = append(pairs, &pair{shared: s, alone: c.stream(whole(at(fmt.Sprintf("after: %q", begin))), nil)})
	}
	// Everybody is there once he heard of one of the first two.
	for _, p := range pairs {
		p.got = append(p.got, string(p.shared.answered(orders[:2]...).Payload))
	}
	for range 100 {
		b.moved(orders[random.IntN(len(orders))])
	}
	b.moved(orders[10:]...)
	last := asText(orders[10:])
	for _, p := range pairs {
		isLast := func(raw string) bool {
			return strings.Contains(raw, `"id":"`+last[0]+`"`) || strings.Contains(raw, `"id":"`+last[1]+`"`)
		}
		end, err := event.End(b.ctx, b.db)
		require.NoError(t, err)
		var alone []string
		for {
			raw := p.alone.next().raw
			require.NotEmpty(t, raw)
			alone = append(alone, compact(t, raw))
			if isLast(raw) && cursorIn(t, raw) >= end.Position-1 {
				break
			}
		}
		for compact(t, p.got[len(p.got)-1]) != alone[len(alone)-1] {
			f, err := p.shared.hear()
			require.NoError(t, err)
			p.got = append(p.got, string(f.Payload))
		}
		for i := range p.got {
			p.got[i] = compact(t, p.got[i])
		}
		require.Equal(t, alone[len(alone)-len(p.got):], p.got)
		p.alone.close()
	}
}

// answered gives the first answer to a subscription, while orders are moved again and again: it may begin any time.
func (s *socket) answered(orders ...int64) frame {
	s.t.Helper()
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			s.moved(orders...)
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	defer func() { close(stop); <-ended }()
	for {
		f, err := s.hear()
		require.NoError(s.t, err)
		if f.Type == "next" {
			return f
		}
	}
}

// compact makes answers comparable.
func compact(t *testing.T, raw string) string {
	t.Helper()
	var v any
	require.NoError(t, json.Unmarshal([]byte(raw), &v), raw)
	out, err := json.Marshal(v)
	require.NoError(t, err)
	return string(out)
}

// cursorIn gives the position of a change.
func cursorIn(t *testing.T, raw string) int64 {
	t.Helper()
	var v struct {
		Data struct{ OrderChanged struct{ Cursor string } }
	}
	require.NoError(t, json.Unmarshal([]byte(raw), &v), raw)
	c, err := event.Parse(v.Data.OrderChanged.Cursor)
	require.NoError(t, err)
	return c.Position
}

// own signs in somebody of the directory who sees all orders.
func (b *bundle) own(username, key string) *client {
	b.t.Helper()
	require.NoError(b.t, access.SaveUsers(b.ctx, b.db, []access.UserSpec{{Username: username, PasswordHash: hashed, Profiles: []access.UserProfileSpec{{Profile: "all"}}}}))
	_, err := b.db.ExecContext(b.ctx, "update local_user set resource_id = (select id from resource where key = ?) where username = ?", key, username)
	require.NoError(b.t, err)
	return b.as(username)
}

// Who does not read is told so and dropped; those who share the subscription with him go on meanwhile.
func TestSlowSubscriberIsDropped(t *testing.T) {
	t.Parallel()
	b := setup(t, auth.Config{})
	orders := b.mustOrders(2)
	c := b.holding("all", permit.OrderQuery)
	var long strings.Builder
	for i := range 25 {
		fmt.Fprintf(&long, " a%d_%s: cursor", i, strings.Repeat("x", 300))
	}
	query := "subscription { orderChanged { cursor order { id }" + long.String() + " } }"
	slow, quick := b.dial(), b.dial()
	for _, s := range []*socket{slow, quick} {
		s.conn.SetReadLimit(1 << 22)
		_, err := s.open(c.token)
		require.NoError(t, err)
		s.subscribe("1", query)
		require.NotContains(t, string(s.answered(orders[0]).Payload), "errors")
	}
	for range 40 { // the quick one reads each lot before the next is sent: on a busy machine it would be a slow one otherwise
		list := make([]int64, 50)
		for i := range list {
			list[i] = orders[i%2]
		}
		b.moved(list...)
		for range list {
			f, err := quick.hear()
			require.NoError(t, err)
			require.Equal(t, "next", f.Type)
		}
	}
	var err error
	for err == nil {
		_, err = slow.hear()
	}
	if status := websocket.CloseStatus(err); status != -1 { // what was on its way may have been too much for the goodbye
		require.Equal(t, websocket.StatusTryAgainLater, status, err)
	}
}

// A subscriber whose rights change, but who may still subscribe, comes again with his cursor; others who shared it with him stay.
func TestSubscriberWithOtherRightsComesAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, auth.Config{})
	orders := b.mustOrders(2)
	b.holding("all", permit.OrderQuery)
	moved, stays := b.own("moved", "u1"), b.own("stays", "u2")
	listen := func(c *client) *socket {
		s := b.dial()
		_, err := s.open(c.token)
		require.NoError(t, err)
		s.subscribe("1", "subscription { orderChanged { cursor } }")
		s.answered(orders[0])
		return s
	}
	first, second := listen(moved), listen(stays)
	b.holding("other", permit.OrderQuery, permit.JobQuery)
	require.NoError(t, access.SaveUsers(b.ctx, b.db, []access.UserSpec{{Username: "moved", PasswordHash: hashed, Profiles: []access.UserProfileSpec{{Profile: "other"}}}}))
	var err error
	for err == nil {
		_, err = first.hear()
	}
	require.Equal(t, websocket.StatusServiceRestart, websocket.CloseStatus(err), err)
	second.answered(orders[1])
}

// Two connections of one session, as two tabs have: the token of the older one ends before that of the newer one, whose subscriptions go on.
func TestSharedSubscriptionOutlivesAnOlderToken(t *testing.T) {
	t.Parallel()
	b := setup(t, auth.Config{})
	// Another process of the same deployment gives tokens a shorter life: whoever signed in there hears until then.
	here, there := b.resolver, *b.resolver
	there.Auth = auth.New(b.db, b.clock, openRing{}, auth.Config{TokenLife: 3 * time.Second}, b.logger)
	b.resolver = &there
	b.serve(graph.Options{Log: b.logger})
	orders := b.mustOrders(1)
	c := b.holding("all", permit.OrderQuery)
	older := c.token
	b.resolver = here
	b.serve(graph.Options{Log: b.logger})
	listen := func(token string) *socket {
		s := b.dial()
		_, err := s.open(token)
		require.NoError(t, err)
		s.subscribe("1", "subscription { orderChanged { cursor } }")
		s.answered(orders[0])
		return s
	}
	got := c.ask("mutation { refresh { accessToken } }", nil)
	require.Empty(t, got.Errors)
	first := listen(older)
	second := listen(got.Data["refresh"].(map[string]any)["accessToken"].(string))
	var err error
	for err == nil {
		_, err = first.hear()
	}
	require.EqualValues(t, 4403, websocket.CloseStatus(err), "it ends with its own token: %v", err)
	for range 3 { // the rights of all are looked at before each
		second.answered(orders[0])
	}
}

// When whoever began a shared subscription leaves, it weighs on one of those who stay as one of its own.
func TestSharedSubscriptionWeighsOnWhoStays(t *testing.T) {
	t.Parallel()
	b := setup(t, auth.Config{})
	b.serve(graph.Options{Log: b.logger, Subscriptions: 2}) // 20: one of ten, and ten that join
	orders := b.mustOrders(1)
	begins, stays := b.holding("begins", permit.OrderQuery), b.holding("stays", permit.OrderQuery)
	listen := func(c *client) *socket {
		s := b.dial()
		_, err := s.open(c.token)
		require.NoError(t, err)
		s.subscribe("1", "subscription { orderChanged { cursor } }")
		s.answered(orders[0])
		return s
	}
	first := listen(begins)
	second := listen(stays)
	const other = "subscription { countersChanged { people } }" // of its own
	room := func(c *client) (n int) {
		var open []*stream
		for {
			s := c.stream(other, nil)
			open = append(open, s)
			if len(s.next().Errors) > 0 {
				break
			}
			n++
		}
		for _, s := range open {
			s.close()
		}
		return n
	}
	require.Equal(t, 1, room(begins))
	third := listen(stays)
	require.NoError(t, first.conn.Close(websocket.StatusNormalClosure, ""))
	require.Eventually(t, func() bool { return room(begins) == 2 }, waitFor, tick)
	// Those who stay weigh 11 now: nine more find room.
	var joined []*socket
	for {
		s := b.dial()
		_, err := s.open(stays.token)
		require.NoError(t, err)
		s.subscribe("1", "subscription { orderChanged { cursor } }")
		if strings.Contains(string(s.answered(orders...).Payload), "TOO_LARGE") {
			break
		}
		joined = append(joined, s)
	}
	require.Len(t, joined, 9, "ten for the subscription, one for the third, nine")
	_, _ = second, third
}

// Subscriptions that are shared count less; those that end make room.
func TestSharedSubscriptionsCountLess(t *testing.T) {
	t.Parallel()
	b := setup(t, auth.Config{})
	b.serve(graph.Options{Log: b.logger, Subscriptions: 2})
	orders := b.mustOrders(1)
	c := b.holding("all", permit.OrderQuery)
	fill := func() []*socket {
		var all []*socket
		for {
			s := b.dial()
			_, err := s.open(c.token)
			require.NoError(t, err)
			s.subscribe("1", "subscription { orderChanged { cursor } }")
			if strings.Contains(string(s.answered(orders...).Payload), "TOO_LARGE") {
				_ = s.conn.CloseNow()
				return all
			}
			all = append(all, s)
		}
	}
	all := fill()
	require.Len(t, all, 11)
	for _, s := range all {
		require.NoError(t, s.conn.Close(websocket.StatusNormalClosure, ""))
	}
	require.Eventually(t, func() bool {
		again := fill()
		for _, s := range again {
			_ = s.conn.CloseNow()
		}
		return len(again) == 11
	}, 20*time.Second, 100*time.Millisecond)
}

// Whoever does not keep to the protocol is told by the code that it has for that.
func TestWebsocketProtocol(t *testing.T) {
	t.Parallel()
	b := setup(t, auth.Config{})
	token := b.holding("all", permit.OrderQuery).token
	subscribe := func(s *socket) { s.subscribe("1", "subscription { orderChanged { cursor } }") }
	for name, c := range map[string]struct {
		signedIn bool
		do       func(s *socket)
		want     websocket.StatusCode
	}{
		"TooEarly":    {false, subscribe, 4401},
		"Twice":       {true, func(s *socket) { subscribe(s); subscribe(s) }, 4409},
		"SignInAgain": {true, func(s *socket) { s.say(frame{Type: "connection_init"}) }, 4429},
		"Unknown":     {true, func(s *socket) { s.say(frame{Type: "dance"}) }, 4400},
		"NoJSON": {true, func(s *socket) {
			require.NoError(t, s.conn.Write(s.ctx, websocket.MessageText, []byte("{")))
		}, 4400},
		"NoObject": {true, func(s *socket) { require.NoError(t, wsjson.Write(s.ctx, s.conn, []int{1})) }, 4400},
	} {
		s := b.dial()
		if c.signedIn {
			_, err := s.open(token)
			require.NoError(t, err, name)
		}
		c.do(s)
		var err error
		for err == nil {
			_, err = s.hear()
		}
		require.Equal(t, c.want, websocket.CloseStatus(err), "%s: %v", name, err)
	}
	conn, answer, err := websocket.Dial(b.ctx, "ws"+strings.TrimPrefix(b.url, "http"), &websocket.DialOptions{Subprotocols: []string{"graphql-ws"}, HTTPHeader: map[string][]string{"Origin": {b.url}}})
	require.NoError(t, err)
	if answer.Body != nil {
		_ = answer.Body.Close()
	}
	ctx, stop := context.WithTimeout(b.ctx, 20*time.Second)
	defer stop()
	_, _, err = conn.Read(ctx)
	require.EqualValues(t, 4400, websocket.CloseStatus(err), err)
}
