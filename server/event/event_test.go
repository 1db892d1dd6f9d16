package event_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"go.uber.org/goleak"

	"writ/server/db"
	"writ/server/dbtest"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/permit"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, // dbtest keeps its pool, and the server it may have started, until the process ends
		goleak.IgnoreAnyFunction("database/sql.(*DB).connectionOpener"), goleak.IgnoreAnyFunction("database/sql.(*DB).connectionCleaner"),
		goleak.IgnoreAnyFunction("writ/server/db/embedded.(*Server).supervise"), goleak.IgnoreAnyFunction("writ/server/db/embedded.(*Server).try.func1"))
}

const soon = 20 * time.Second // a busy machine runs many tests against one server

var at = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// publish writes one event per number, each in its own transaction.
func publish(t *testing.T, b *bun.DB, numbers ...int64) {
	t.Helper()
	for _, n := range numbers {
		require.NoError(t, event.Publish(t.Context(), b, at, event.Event{Kind: "order.changed", SubjectType: "order", SubjectID: n}))
	}
}

func subjects(rows []event.Row) []int64 {
	out := []int64{}
	for _, r := range rows {
		out = append(out, r.SubjectID)
	}
	return out
}

// place gives what is committed its position, or waits until a hub that runs beside has done so: it may have the lease.
func place(t *testing.T, b *bun.DB) {
	t.Helper()
	a := event.NewAppender(b)
	require.Eventually(t, func() bool {
		_, err := a.Append(t.Context())
		require.NoError(t, err)
		waiting, err := event.Pending(t.Context(), b)
		require.NoError(t, err)
		return !waiting
	}, soon, 5*time.Millisecond)
	require.NoError(t, a.Release(t.Context()))
}

// mustRead gives n rows, and there are no more.
func mustRead(t *testing.T, b *bun.DB, after event.Cursor, f event.Filter, n int) []event.Row {
	t.Helper()
	place(t, b)
	rows, err := event.Read(t.Context(), b, after, f, n+1)
	require.NoError(t, err)
	require.Len(t, rows, n)
	return rows
}

func TestPublish(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	ctx := permit.With(t.Context(), permit.System("policy"))

	t.Run("OK", func(t *testing.T) {
		require.NoError(t, event.Publish(ctx, b, at))
		require.NoError(t, event.Publish(ctx, b, at,
			event.Event{Kind: "order.changed", SubjectType: "order", SubjectID: 7, SourceEntityType: "Directory_User", OwnerID: 3, Data: map[string]any{"to": 1}},
			event.Event{Kind: "configuration.changed", SubjectType: "configuration"},
		))
		rows := mustRead(t, b, event.Cursor{}, event.Filter{}, 2)
		require.Equal(t, event.Row{
			Cursor: rows[0].Cursor, ID: rows[0].ID, At: at, Kind: "order.changed", Actor: "policy", SubjectType: "order", SubjectID: 7,
			SourceEntityType: "Directory_User", OwnerID: 3, Data: json.RawMessage(`{"to": 1}`),
		}, rows[0])
		require.Equal(t, json.RawMessage("{}"), rows[1].Data)
		require.EqualValues(t, 1, rows[0].Cursor.Position)
		require.Positive(t, rows[1].Cursor.Compare(rows[0].Cursor))

		var nulls int
		require.NoError(t, b.NewRaw("select count(*) from event where subject_id is null and owner_id is null and source_entity_type is null").Scan(ctx, &nulls))
		require.Equal(t, 1, nulls, "nothing is null, not zero")
	})
	t.Run("RolledBackIsNeverSeen", func(t *testing.T) {
		from, err := event.End(ctx, b)
		require.NoError(t, err)
		err = db.InTx(ctx, b, func(ctx context.Context, tx bun.Tx) error {
			require.NoError(t, event.Publish(ctx, tx, at, event.Event{Kind: "lost", SubjectType: "order", SubjectID: 1}))
			return errs.New(errs.Conflict, "no")
		})
		require.Error(t, err)
		require.NoError(t, event.Publish(ctx, b, at, event.Event{Kind: "kept", SubjectType: "order", SubjectID: 2}))
		require.Equal(t, []int64{2}, subjects(mustRead(t, b, from, event.Filter{}, 1)))
	})
	t.Run("MoreThanOneStatement", func(t *testing.T) {
		many := make([]event.Event, 4500)
		for i := range many {
			many[i] = event.Event{Kind: "bulk", SubjectType: "order", SubjectID: int64(i + 1)}
		}
		counted, q := db.CountQueries(ctx)
		require.NoError(t, event.Publish(counted, b, at, many...))
		require.Equal(t, 3, q.N())
		var n int
		require.NoError(t, b.NewRaw("select count(distinct subject_id) from event where kind = 'bulk'").Scan(ctx, &n))
		require.Equal(t, 4500, n)
	})
}

func TestCursor(t *testing.T) {
	t.Parallel()
	c := event.Cursor{Position: 1<<63 - 1, Mark: 42}
	back, err := event.Parse(c.String())
	require.NoError(t, err)
	require.Equal(t, c, back)
	first, err := event.Parse("")
	require.NoError(t, err)
	require.True(t, first.IsZero())
	for _, bad := range []string{"x", "!!", "MQ", "MS54", "eC4x", "1", "1.", "1.zz", "1.1", "-1.00000000", "+1.00000000", "01.00000000", "1.000000001", "9223372036854775808.00000000", "MTIuMA", "1.00000000.2"} {
		_, err := event.Parse(bad)
		require.True(t, errs.Is(err, errs.Validation), "%q: %v", bad, err)
	}
}

// former writes a cursor as earlier versions did.
func former(xid, id int64) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d.%d", xid, id))
}

func mustParse(t *testing.T, text string) event.Cursor {
	t.Helper()
	c, err := event.Parse(text)
	require.NoError(t, err)
	return c
}

func TestRead(t *testing.T) {
	t.Parallel()

	t.Run("Pages", func(t *testing.T) {
		t.Parallel()
		b := dbtest.MustOpen(t)
		publish(t, b, 1, 2, 3, 4, 5)
		place(t, b)
		var got []int64
		var after event.Cursor
		for range 3 {
			batch, err := event.ReadBatch(t.Context(), b, after, event.Filter{}, 2)
			require.NoError(t, err)
			got, after = append(got, subjects(batch.Rows)...), batch.Next
			require.Equal(t, len(got) < 5, batch.More)
		}
		require.Equal(t, []int64{1, 2, 3, 4, 5}, got)
		batch, err := event.ReadBatch(t.Context(), b, after, event.Filter{}, 2)
		require.NoError(t, err)
		require.Empty(t, batch.Rows)
		require.GreaterOrEqual(t, batch.Next.Compare(after), 0, "never backwards")
	})
	t.Run("FilterAndContinuePastWhatItLeftOut", func(t *testing.T) {
		t.Parallel()
		b := dbtest.MustOpen(t)
		ctx := t.Context()
		require.NoError(t, event.Publish(ctx, b, at,
			event.Event{Kind: "a", SubjectType: "order", SubjectID: 1, OwnerID: 5},
			event.Event{Kind: "b", SubjectType: "order", SubjectID: 2, OwnerID: 5},
			event.Event{Kind: "b", SubjectType: "job_instance", SubjectID: 3},
			event.Event{Kind: "c", SubjectType: "order", SubjectID: 4, OwnerID: 6},
		))
		rows := mustRead(t, b, event.Cursor{}, event.Filter{}, 4)
		for f, want := range map[*event.Filter][]int64{
			{Kinds: []string{"a", "c"}}:                       {1, 4},
			{SubjectType: "job_instance"}:                     {3},
			{SubjectIDs: []int64{2, 4}, OwnerIDs: []int64{5}}: {2},
		} {
			batch, err := event.ReadBatch(ctx, b, event.Cursor{}, *f, 10)
			require.NoError(t, err)
			require.Equal(t, want, subjects(batch.Rows))
			require.Equal(t, rows[3].Cursor, batch.Next)
		}
	})
}

// running starts a hub that ends with the test.
func running(t *testing.T, b *bun.DB, url string) *event.Hub {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	h := event.NewHub(b, url, slog.New(slog.DiscardHandler))
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-done)
	})
	return h
}

// receive takes n rows from a subscription.
func receive(t *testing.T, rows <-chan event.Row, n int) []event.Row {
	t.Helper()
	out := []event.Row{}
	timeout := time.After(soon)
	for len(out) < n {
		select {
		case r, open := <-rows:
			require.True(t, open, "the subscription ended after %d rows", len(out))
			out = append(out, r)
		case <-timeout:
			require.Failf(t, "too slow", "%d of %d rows: %v", len(out), n, subjects(out))
		}
	}
	return out
}

func upTo(n int64) []int64 {
	out := []int64{}
	for i := int64(1); i <= n; i++ {
		out = append(out, i)
	}
	return out
}

func TestSubscribe(t *testing.T) {
	t.Parallel()

	t.Run("Live", func(t *testing.T) {
		t.Parallel()
		b, url := dbtest.MustOpenURL(t)
		publish(t, b, 99) // before: not delivered
		mustRead(t, b, event.Cursor{}, event.Filter{}, 1)
		h := running(t, b, url)
		even, err := h.Subscribe(t.Context(), nil, func(r event.Row) bool { return r.SubjectID%2 == 0 })
		require.NoError(t, err)
		all, err := h.Subscribe(t.Context(), nil, nil)
		require.NoError(t, err)
		publish(t, b, 1, 2, 3, 4)
		require.Equal(t, []int64{1, 2, 3, 4}, subjects(receive(t, all, 4)))
		require.Equal(t, []int64{2, 4}, subjects(receive(t, even, 2)))
	})
	t.Run("ResumeReplaysThenGoesLive", func(t *testing.T) {
		t.Parallel()
		b, url := dbtest.MustOpenURL(t)
		h := running(t, b, url)
		first, cancel := context.WithCancel(t.Context())
		rows, err := h.Subscribe(first, nil, nil)
		require.NoError(t, err)
		publish(t, b, 1, 2)
		last := receive(t, rows, 2)[1]
		cancel()
		publish(t, b, 3, 4)

		after, err := event.Parse(last.Cursor.String())
		require.NoError(t, err)
		rows, err = h.Subscribe(t.Context(), &after, nil)
		require.NoError(t, err)
		require.Equal(t, []int64{3, 4}, subjects(receive(t, rows, 2)))
		publish(t, b, 5)
		require.Equal(t, []int64{5}, subjects(receive(t, rows, 1)))
	})
	t.Run("CursorOfAnotherServer", func(t *testing.T) {
		t.Parallel()
		b, url := dbtest.MustOpenURL(t)
		h := running(t, b, url)
		publish(t, b, 1, 2)
		rows := mustRead(t, b, event.Cursor{}, event.Filter{}, 2)
		for name, c := range map[string]event.Cursor{
			"Ahead":            {Position: 1 << 60, Mark: 1}, // it would wait in silence for years
			"JustAhead":        {Position: 3, Mark: rows[1].Cursor.Mark},
			"OtherEventThere":  {Position: 2, Mark: rows[1].Cursor.Mark + 1},
			"FormerOfNoEvent":  mustParse(t, former(77, 99)),
			"FormerFarOffEver": mustParse(t, former(1<<62, 1<<62)),
		} {
			_, err := h.Subscribe(t.Context(), &c, nil)
			require.True(t, errs.Is(err, errs.Validation), "%s: %v", name, err)
			require.Equal(t, "after", errs.As(err).Field, name)
		}
		now, err := event.End(t.Context(), b)
		require.NoError(t, err)
		require.Equal(t, rows[1].Cursor, now)
		for name, c := range map[string]event.Cursor{"Own": rows[0].Cursor, "Former": mustParse(t, former(12345, rows[0].ID))} {
			got, err := h.Subscribe(t.Context(), &c, nil)
			require.NoError(t, err, name)
			require.Equal(t, []int64{2}, subjects(receive(t, got, 1)), name)
		}
		_, err = h.Subscribe(t.Context(), &now, nil)
		require.NoError(t, err, "now is not ahead")
		begin := mustParse(t, former(0, 0))
		got, err := h.Subscribe(t.Context(), &begin, nil)
		require.NoError(t, err)
		require.Equal(t, []int64{1, 2}, subjects(receive(t, got, 2)))
	})
	t.Run("OvertakingCommitArrivesFirst", func(t *testing.T) {
		t.Parallel()
		b, url := dbtest.MustOpenURL(t)
		h := running(t, b, url)
		rows, err := h.Subscribe(t.Context(), nil, nil)
		require.NoError(t, err)
		slow, err := b.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		defer func() { _ = slow.Rollback() }()
		require.NoError(t, event.Publish(t.Context(), slow, at, event.Event{Kind: "k", SubjectType: "order", SubjectID: 1}))
		publish(t, b, 2)
		require.Equal(t, []int64{2}, subjects(receive(t, rows, 1)), "nobody waits for a transaction that is still at work")
		require.NoError(t, slow.Commit())
		require.Equal(t, []int64{1}, subjects(receive(t, rows, 1)))
	})
	t.Run("SubscribedWhileEverybodyWrites", func(t *testing.T) {
		t.Parallel()
		b, url := dbtest.MustOpenURL(t)
		h := running(t, b, url)
		const writers, each = 4, 100
		var wrote atomic.Int64
		for w := range writers {
			go func() {
				for i := range each {
					_ = event.Publish(context.Background(), b, at, event.Event{Kind: "k", SubjectType: "order", SubjectID: int64(w*each + i + 1)})
					wrote.Add(1)
				}
			}()
		}
		require.Eventually(t, func() bool { return wrote.Load() > 50 }, soon, time.Millisecond)
		var begin event.Cursor
		rows, err := h.Subscribe(t.Context(), &begin, nil) // replay and live overlap
		require.NoError(t, err)
		require.ElementsMatch(t, upTo(writers*each), subjects(receive(t, rows, writers*each)))
	})
	t.Run("SlowReaderLosesNothingAndBlocksNobody", func(t *testing.T) {
		t.Parallel()
		b, url := dbtest.MustOpenURL(t)
		h := running(t, b, url)
		slow, err := h.Subscribe(t.Context(), nil, nil)
		require.NoError(t, err)
		quick, err := h.Subscribe(t.Context(), nil, nil)
		require.NoError(t, err)
		const n = 400 // one batch per commit: far more than a subscriber may be behind
		for i := int64(1); i <= n; i++ {
			publish(t, b, i)
			require.Equal(t, i, receive(t, quick, 1)[0].SubjectID)
		}
		require.Equal(t, upTo(n), subjects(receive(t, slow, n)))
		publish(t, b, n+1)
		require.Equal(t, []int64{n + 1}, subjects(receive(t, slow, 1)))
	})
	t.Run("ListenerKilled", func(t *testing.T) {
		t.Parallel()
		b, url := dbtest.MustOpenURL(t)
		h := running(t, b, url)
		rows, err := h.Subscribe(t.Context(), nil, nil)
		require.NoError(t, err)
		publish(t, b, 1)
		receive(t, rows, 1)
		var killed int
		require.Eventually(t, func() bool {
			err := b.NewRaw(`select count(*) from (select pg_terminate_backend(pid) from pg_stat_activity
				where datname = current_database() and query ilike 'listen%') k`).Scan(t.Context(), &killed)
			return err == nil && killed == 1
		}, soon, 10*time.Millisecond)
		for i := int64(2); i <= 20; i++ {
			publish(t, b, i)
		}
		require.Equal(t, upTo(20)[1:], subjects(receive(t, rows, 19)))
		require.Eventually(t, func() bool {
			var n int
			err := b.NewRaw(`select count(*) from pg_stat_activity where datname = current_database() and query ilike 'listen%'`).Scan(t.Context(), &n)
			return err == nil && n == 1
		}, soon, 10*time.Millisecond, "it listens again")
	})
	t.Run("EndsWithTheHub", func(t *testing.T) {
		t.Parallel()
		b, url := dbtest.MustOpenURL(t)
		ctx, stop := context.WithCancel(t.Context())
		h := event.NewHub(b, url, slog.New(slog.DiscardHandler))
		rows, err := h.Subscribe(t.Context(), nil, nil) // before Run: waits for it
		require.NoError(t, err)
		publish(t, b, 1)
		done := make(chan error, 1)
		go func() { done <- h.Run(ctx) }()
		require.Equal(t, []int64{1}, subjects(receive(t, rows, 1)))
		stop()
		require.NoError(t, <-done)
		select {
		case _, open := <-rows:
			require.False(t, open)
		case <-time.After(soon):
			require.Fail(t, "still open")
		}
	})
}

// TestLatency is a coarse guard: commit to subscriber takes milliseconds, not polling intervals.
func TestLatency(t *testing.T) {
	t.Parallel()
	b, url := dbtest.MustOpenURL(t)
	h := running(t, b, url)
	rows, err := h.Subscribe(t.Context(), nil, nil)
	require.NoError(t, err)
	publish(t, b, 1)
	receive(t, rows, 1)
	best := time.Hour
	for i := range 20 {
		start := time.Now()
		publish(t, b, int64(i+2))
		receive(t, rows, 1)
		best = min(best, time.Since(start))
	}
	require.Less(t, best, 500*time.Millisecond, fmt.Sprintf("best of 20: %s", best))
	t.Logf("best of 20: %s", best)
}
