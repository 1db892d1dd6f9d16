package event_test

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/dbtest"
	"writ/server/event"
)

// TestOrderOfCommits: a transaction that began early and waited for the lock of another one comes after it.
func TestOrderOfCommits(t *testing.T) {
	t.Parallel()
	b, url := dbtest.MustOpenURL(t)
	ctx := t.Context()
	_, err := b.ExecContext(ctx, "create table thing (id int primary key); insert into thing values (1)")
	require.NoError(t, err)
	h := running(t, b, url)
	rows, err := h.Subscribe(ctx, nil, nil)
	require.NoError(t, err)

	early, err := b.BeginTx(ctx, nil)
	require.NoError(t, err)
	defer func() { _ = early.Rollback() }()
	_, err = early.ExecContext(ctx, "select pg_current_xact_id()") // it wrote something else before
	require.NoError(t, err)
	first, err := b.BeginTx(ctx, nil)
	require.NoError(t, err)
	defer func() { _ = first.Rollback() }()
	_, err = first.ExecContext(ctx, "select from thing where id = 1 for update")
	require.NoError(t, err)
	waited := make(chan error, 1)
	go func() {
		_, err := early.ExecContext(context.WithoutCancel(ctx), "select from thing where id = 1 for update")
		if err == nil {
			err = event.Publish(context.WithoutCancel(ctx), early, at, event.Event{Kind: "k", SubjectType: "thing", SubjectID: 2})
		}
		waited <- errors.Join(err, early.Commit())
	}()
	require.Eventually(t, func() bool {
		var n int
		err := b.NewRaw("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'").Scan(ctx, &n)
		return err == nil && n == 1
	}, soon, time.Millisecond)
	require.NoError(t, event.Publish(ctx, first, at, event.Event{Kind: "k", SubjectType: "thing", SubjectID: 1}))
	require.NoError(t, first.Commit())
	require.NoError(t, <-waited)
	require.Equal(t, []int64{1, 2}, subjects(receive(t, rows, 2)))
}

// TestRandomHistory: many transactions on few things, some of them long, some rolled back, some with an early transaction id, several
// appenders that come and go. Every committed version of a thing is in the stream once, and in its order.
func TestRandomHistory(t *testing.T) {
	t.Parallel()
	b, url := dbtest.MustOpenURL(t)
	ctx := t.Context()
	const things, writers, each = 5, 6, 60
	_, err := b.ExecContext(ctx, "create table thing (id int primary key, version int not null); insert into thing select i, 0 from generate_series(1, 5) i")
	require.NoError(t, err)
	seed := dbtest.Seed(t)

	long, err := b.BeginTx(ctx, nil) // published and stays open: a hole for the whole test
	require.NoError(t, err)
	defer func() { _ = long.Rollback() }()
	require.NoError(t, event.Publish(ctx, long, at, event.Event{Kind: "k", SubjectType: "long", SubjectID: 1}))

	running(t, b, url)
	stop := make(chan struct{})
	var hubs sync.WaitGroup
	dead := event.NewAppender(b) // a process that dies without giving its lease back
	_, err = dead.Append(ctx)
	require.NoError(t, err)
	for range 2 { // others that come and go
		hubs.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(20 * time.Millisecond):
					a := event.NewAppender(b)
					_, err := a.Append(ctx)
					if err := errors.Join(err, a.Release(ctx)); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	var committed atomic.Int64
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(w)))
			for range each {
				early, roll, pause := r.IntN(2) == 0, r.IntN(5) == 0, time.Duration(r.IntN(4))*time.Millisecond
				ids := r.Perm(things)[:1+r.IntN(2)]
				slices.Sort(ids)
				n := 1 + r.IntN(3)
				err := db.InTx(ctx, b, func(ctx context.Context, tx bun.Tx) error {
					if early {
						if _, err := tx.ExecContext(ctx, "select pg_current_xact_id()"); err != nil {
							return err
						}
					}
					for _, id := range ids {
						for range n {
							var version int
							if err := tx.NewRaw("update thing set version = version + 1 where id = ? returning version", id+1).Scan(ctx, &version); err != nil {
								return err
							}
							time.Sleep(pause / 2)
							if err := event.Publish(ctx, tx, at, event.Event{Kind: "k", SubjectType: "thing", SubjectID: int64(id + 1), Data: map[string]int{"version": version}}); err != nil {
								return err
							}
						}
					}
					time.Sleep(pause)
					if roll {
						return errRolledBack
					}
					return nil
				})
				if err == nil {
					committed.Add(int64(len(ids) * n))
				} else if !errors.Is(err, errRolledBack) {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	close(stop)
	hubs.Wait()
	want := int(committed.Load())
	read := func() []event.Row {
		var rows []event.Row
		require.Eventually(t, func() bool {
			rows, err = event.Read(ctx, b, event.Cursor{}, event.Filter{}, 10*want)
			require.NoError(t, err)
			return len(rows) >= want
		}, soon, 10*time.Millisecond)
		require.Len(t, rows, want)
		return rows
	}
	read()
	require.NoError(t, long.Commit())
	want++
	rows := read()
	seen := map[int64]int{}
	for i, r := range rows {
		require.EqualValues(t, i+1, r.Cursor.Position)
		if r.SubjectType == "long" {
			require.Equal(t, want-1, i, "it was committed last")
			continue
		}
		var d struct{ Version int }
		require.NoError(t, json.Unmarshal(r.Data, &d))
		require.Equal(t, seen[r.SubjectID]+1, d.Version, "thing %d at position %d", r.SubjectID, r.Cursor.Position)
		seen[r.SubjectID] = d.Version
	}
	var settled, newest int64
	require.Eventually(t, func() bool { // what was rolled back is forgotten
		require.NoError(t, b.NewRaw("select settled, (select max(id) from event) from event_appender").Scan(ctx, &settled, &newest))
		return settled >= newest
	}, soon, 50*time.Millisecond)
}

var errRolledBack = errors.New("rolled back")

// TestLongTransactionDelaysNobody: one that writes in another database of the server, one in this database, one that has published itself.
func TestLongTransactionDelaysNobody(t *testing.T) {
	t.Parallel()
	b, url := dbtest.MustOpenURL(t)
	elsewhere := dbtest.MustOpen(t)
	ctx := t.Context()
	for _, open := range []*bun.DB{b, elsewhere} {
		tx, err := open.BeginTx(ctx, nil)
		require.NoError(t, err)
		defer func() { _ = tx.Rollback() }()
		require.NoError(t, event.Publish(ctx, tx, at, event.Event{Kind: "k", SubjectType: "order", SubjectID: 999}))
	}
	h := running(t, b, url)
	rows, err := h.Subscribe(ctx, nil, nil)
	require.NoError(t, err)
	var worst time.Duration
	for i := range int64(200) {
		begun := time.Now()
		publish(t, b, i)
		require.Equal(t, []int64{i}, subjects(receive(t, rows, 1)))
		worst = max(worst, time.Since(begun))
	}
	require.Less(t, worst, 2*time.Second, "a busy machine")
	t.Logf("worst of 200: %s", worst)
}

// TestAppender: the lease, and what becomes of it.
func TestAppender(t *testing.T) {
	t.Parallel()

	t.Run("OneAtATime", func(t *testing.T) {
		t.Parallel()
		b := dbtest.MustOpen(t)
		first, second := event.NewAppender(b), event.NewAppender(b)
		publish(t, b, 1)
		appended, err := first.Append(t.Context())
		require.NoError(t, err)
		require.True(t, appended)
		publish(t, b, 2)
		appended, err = second.Append(t.Context())
		require.NoError(t, err)
		require.False(t, appended, "the first one holds the lease")
		require.NoError(t, first.Release(t.Context()))
		third := event.NewAppender(b)
		appended, err = third.Append(t.Context())
		require.NoError(t, err)
		require.True(t, appended)
		publish(t, b, 3)
		require.Eventually(t, func() bool { // a process that died gives nothing back
			appended, err = second.Append(t.Context())
			require.NoError(t, err)
			return appended
		}, soon, 50*time.Millisecond)
		publish(t, b, 4)
		appended, err = third.Append(t.Context()) // it believes to hold the lease still
		require.NoError(t, err)
		require.False(t, appended)
	})
	t.Run("HolesOutliveTheirFinder", func(t *testing.T) {
		t.Parallel()
		b := dbtest.MustOpen(t)
		slow, err := b.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		defer func() { _ = slow.Rollback() }()
		require.NoError(t, event.Publish(t.Context(), slow, at, event.Event{Kind: "k", SubjectType: "order", SubjectID: 1}))
		publish(t, b, 2, 3)
		place(t, b)
		publish(t, b, 4)
		place(t, b) // by another one each time
		require.NoError(t, slow.Commit())
		require.Equal(t, []int64{2, 3, 4, 1}, subjects(mustRead(t, b, event.Cursor{}, event.Filter{}, 4)))
	})
	t.Run("ManyAtOnce", func(t *testing.T) {
		t.Parallel()
		b := dbtest.MustOpen(t)
		const n = 30_000
		var all sync.WaitGroup
		for w := range 3 {
			all.Go(func() {
				many := make([]event.Event, n/3)
				for i := range many {
					many[i] = event.Event{Kind: "bulk", SubjectType: "order", SubjectID: int64(w*n/3 + i + 1), Data: map[string]any{"to": i}}
				}
				if err := event.Publish(context.WithoutCancel(t.Context()), b, at, many...); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		begun := time.Now()
		place(t, b)
		took := time.Since(begun)
		end, err := event.End(t.Context(), b)
		require.NoError(t, err)
		require.EqualValues(t, n, end.Position)
		t.Logf("%.0f events/s", n/took.Seconds())
	})
}
