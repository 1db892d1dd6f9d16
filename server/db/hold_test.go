package db_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/db"
	"writ/server/dbtest"
)

// A lock is held by one at a time, given back by release, and by the end of the connection.
func TestHold(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	ctx := t.Context()
	release, ok, err := db.TryHold(ctx, b, 1, 2)
	require.NoError(t, err)
	require.True(t, ok)
	_, ok, err = db.TryHold(ctx, b, 1, 2)
	require.NoError(t, err)
	require.False(t, ok)
	other, ok, err := db.TryHold(ctx, b, 1, 3)
	require.NoError(t, err)
	require.True(t, ok)
	other()

	waited := make(chan error, 1)
	go func() {
		again, err := db.Hold(ctx, b, time.Millisecond, 1, 2)
		if err == nil {
			again()
		}
		waited <- err
	}()
	release()
	release()
	require.NoError(t, <-waited)

	cut, stop := context.WithCancel(ctx)
	_, ok, err = db.TryHold(cut, b, 7)
	require.NoError(t, err)
	require.True(t, ok)
	stop()
	_, ok, err = db.TryHold(ctx, b, 7)
	require.NoError(t, err)
	require.False(t, ok, "the end of a context does not let go of it: the work has not ended")
	_, err = b.ExecContext(ctx, "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objid = 7 and database = (select oid from pg_database where datname = current_database())")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		free, ok, err := db.TryHold(ctx, b, 7)
		if err == nil && ok {
			free()
		}
		return err == nil && ok
	}, 10*time.Second, 10*time.Millisecond)
}

// A database without a pooler is not taken for one with.
func TestPooled(t *testing.T) {
	t.Parallel()
	_, at := dbtest.MustOpenURL(t)
	pooled, err := db.Pooled(t.Context(), at)
	require.NoError(t, err)
	require.False(t, pooled)
}

// TestPooledWhileOthersWork: a pooler is found although many other clients take its connections in between.
func TestPooledWhileOthersWork(t *testing.T) {
	t.Parallel()
	_, at := dbtest.MustOpenURL(t)
	pooler := dbtest.MustPooler(t, at)
	ctx, stop := context.WithCancel(t.Context())
	var busy sync.WaitGroup
	defer busy.Wait()
	defer stop()
	for range 6 {
		other, err := db.Open(ctx, pooler.URL)
		require.NoError(t, err)
		t.Cleanup(func() { _ = other.Close() })
		busy.Go(func() {
			for ctx.Err() == nil {
				_, _ = other.ExecContext(ctx, "select pg_sleep(random() * 0.002)")
			}
		})
	}
	for range 20 {
		pooled, err := db.Pooled(t.Context(), pooler.URL)
		require.NoError(t, err)
		require.True(t, pooled)
	}
}
