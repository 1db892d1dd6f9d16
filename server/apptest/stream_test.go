package apptest_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/apptest"
	"writ/server/event"
)

const changes = `subscription($f: OrderFilter, $a: String) { orderChanged(filter: $f, after: $a) { cursor from to actor order { id version } } }`

// change is one value of the subscription.
type change struct {
	OrderChanged struct {
		Cursor, Actor string
		From          *string
		To            string
		Order         struct {
			ID      string
			Version int
		}
	}
}

// follower reads changes over connections that are cut again and again, and goes on after the last cursor each time.
type follower struct {
	dial    func(ctx context.Context, query string, vars apptest.Vars) (*apptest.Stream, error)
	after   *string
	cursors []string
}

// follow reads until stop says so, cutting the connection after every n values.
func (f *follower) follow(t *testing.T, n int, stop func(last string) bool) {
	t.Helper()
	deadline := time.After(2 * apptest.Patience)
	for {
		s, err := f.dial(t.Context(), changes, apptest.Vars{"a": f.after})
		require.NoError(t, err)
		for read := 0; read < n; read++ {
			select {
			case raw, ok := <-s.Values():
				if !ok {
					require.NoError(t, s.Err())
					t.Fatal("the server ended the stream")
				}
				var c change
				require.NoError(t, json.Unmarshal(raw, &c))
				f.after = &c.OrderChanged.Cursor
				f.cursors = append(f.cursors, c.OrderChanged.Cursor)
			case <-deadline:
				s.Cut()
				t.Fatalf("after %d changes still not at the end", len(f.cursors))
			}
			if stop(f.cursors[len(f.cursors)-1]) {
				s.Cut()
				return
			}
		}
		s.Cut()
	}
}

// published are the cursors of all order changes after one, as the event table has them.
func published(t *testing.T, h *apptest.House, after string) []string {
	t.Helper()
	from, err := event.Parse(after)
	require.NoError(t, err)
	rows, err := event.Read(t.Context(), h.DB, from, event.Filter{Kinds: []string{"order.changed"}}, 1_000_000)
	require.NoError(t, err)
	var list []string
	for _, r := range rows {
		list = append(list, r.Cursor.String())
	}
	return list
}

// A subscription that is cut again and again in the middle of a job and resumed with its cursor has no gap and no duplicate, over either
// transport, and on either of two processes.
func TestResumeSubscription(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Demo: true, TestHooks: true, Processes: 2})
	admin := h.As(t, "admin")
	turn := 0
	elsewhere := func() *apptest.Client { turn++; return admin.On(h.Processes[turn%2]) }
	socket := &follower{dial: func(ctx context.Context, q string, v apptest.Vars) (*apptest.Stream, error) {
		return elsewhere().Socket(ctx, q, v)
	}}
	events := &follower{dial: func(ctx context.Context, q string, v apptest.Vars) (*apptest.Stream, error) {
		return admin.Events(ctx, q, v)
	}}
	start := event.Cursor{}.String()
	socket.after, events.after = &start, &start

	run := h.MustLaunch(t, "complete")
	isOver := func() bool {
		i, err := admin.JobInstance(run)
		require.NoError(t, err)
		return i.State == apptest.Completed
	}
	// the first half is read while the job runs
	socket.follow(t, 37, func(string) bool { return len(socket.cursors) >= 200 })
	events.follow(t, 53, func(string) bool { return len(events.cursors) >= 200 })
	within(t, "the end of the job", isOver)
	h.MustWaitQuiescent(t)
	all := published(t, h, start)
	require.Greater(t, len(all), 1000)
	last := all[len(all)-1]
	socket.follow(t, 211, func(at string) bool { return at == last })
	events.follow(t, 307, func(at string) bool { return at == last })
	require.Equal(t, all, socket.cursors, "graphql-transport-ws: no gap, no duplicate")
	require.Equal(t, all, events.cursors, "event stream: no gap, no duplicate")
}

// A live subscription sees only what its filter and its reader's rights let through, and says why it is refused.
func TestSubscriptionScope(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true})
	operator := h.As(t, "operator")
	ticket := operator.MustQueue(t, "manualOrders", apptest.Filter{Kinds: []string{"CREATE"}})[0]
	s, err := operator.Socket(t.Context(), changes, apptest.Vars{"f": apptest.Filter{States: []string{"EXECUTED"}}})
	require.NoError(t, err)
	defer s.Cut()
	time.Sleep(300 * time.Millisecond) // until the subscription stands: without a cursor it begins when the server has it
	_, err = operator.Confirm(ticket.ID)
	require.NoError(t, err)
	select {
	case raw := <-s.Values():
		var c change
		require.NoError(t, json.Unmarshal(raw, &c))
		require.Equal(t, ticket.ID, c.OrderChanged.Order.ID)
		require.Equal(t, "TRANSMITTED", *c.OrderChanged.From)
		require.Equal(t, "EXECUTED", c.OrderChanged.To)
		require.Equal(t, "operator", c.OrderChanged.Actor)
	case <-time.After(apptest.Patience):
		t.Fatal("the change did not arrive")
	}

	_, err = h.Processes[0].Anonymous().Socket(t.Context(), changes, nil)
	require.Error(t, err, "nobody listens without signing in")
	refused, err := operator.Socket(t.Context(), changes, apptest.Vars{"a": "nonsense"})
	require.NoError(t, err)
	for range refused.Values() {
		t.Fatal("a broken cursor gives nothing")
	}
	require.Equal(t, "VALIDATION", apptest.CodeOf(refused.Err()))

	manager := h.As(t, "manager") // sees the people below, and their orders are not theirs to see
	start := event.Cursor{}.String()
	mine, err := manager.Events(t.Context(), changes, apptest.Vars{"a": start})
	require.NoError(t, err)
	defer mine.Cut()
	var visible []string
	for _, o := range manager.MustOrders(t, apptest.Filter{}) {
		visible = append(visible, o.ID)
	}
	quiet := time.After(3 * time.Second)
	for open := true; open; {
		select {
		case raw, ok := <-mine.Values():
			if !ok {
				open = false
				break
			}
			var c change
			require.NoError(t, json.Unmarshal(raw, &c))
			require.True(t, slices.Contains(visible, c.OrderChanged.Order.ID), "order %s is out of scope", c.OrderChanged.Order.ID)
		case <-quiet:
			open = false
		}
	}
}

// The process of a subscription is killed in the middle of the work: with its last cursor the subscriber goes on at another one.
func TestResumeAfterAKill(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true, Processes: 2})
	operator := h.As(t, "operator")
	tickets := operator.MustQueue(t, "manualOrders", apptest.Filter{Kinds: []string{"CREATE"}})
	start := published(t, h, "")
	before := start[len(start)-1]
	s, err := operator.On(h.Processes[1]).Socket(t.Context(), changes, apptest.Vars{"a": before})
	require.NoError(t, err)
	_, err = operator.Confirm(ids(tickets)...)
	require.NoError(t, err)
	var seen []string
	read := func(raw json.RawMessage) {
		var c change
		require.NoError(t, json.Unmarshal(raw, &c))
		seen = append(seen, c.OrderChanged.Cursor)
	}
	for range 20 {
		select {
		case raw, open := <-s.Values():
			require.True(t, open, "%v", s.Err())
			read(raw)
		case <-time.After(apptest.Patience):
			t.Fatal("no change arrives")
		}
	}
	h.Processes[1].MustKill(t)
	for raw := range s.Values() { // what was on its way
		read(raw)
	}
	rest, err := operator.Events(t.Context(), changes, apptest.Vars{"a": seen[len(seen)-1]})
	require.NoError(t, err)
	defer rest.Cut()
	h.MustWaitQuiescent(t)
	want := published(t, h, before)
	for len(seen) < len(want) {
		select {
		case raw, open := <-rest.Values():
			require.True(t, open, "%v", rest.Err())
			read(raw)
		case <-time.After(apptest.Patience):
			t.Fatalf("%d of %d changes arrived", len(seen), len(want))
		}
	}
	require.Equal(t, want, seen, "no gap, no duplicate")
}
