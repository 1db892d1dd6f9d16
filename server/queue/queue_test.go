package queue_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"go.uber.org/goleak"

	"writ/server/db"
	"writ/server/dbtest"
	"writ/server/queue"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, // dbtest keeps its pool, and the server it may have started, until the process ends
		goleak.IgnoreAnyFunction("database/sql.(*DB).connectionOpener"), goleak.IgnoreAnyFunction("database/sql.(*DB).connectionCleaner"),
		goleak.IgnoreAnyFunction("writ/server/db/embedded.(*Server).supervise"), goleak.IgnoreAnyFunction("writ/server/db/embedded.(*Server).try.func1"))
}

const soon = 20 * time.Second

type plainArgs struct {
	Number int    `json:"number"`
	Text   string `json:"text"`
}

func (plainArgs) Kind() string { return "plain" }

type fussyArgs struct {
	Scope string `json:"scope"`
}

func (fussyArgs) Kind() string { return "fussy" }

func (fussyArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: "slow-lane", Priority: 3, MaxAttempts: 7, Tags: []string{"own-tag"}}
}

func serve(t *testing.T, url string, register func(*river.Workers)) *queue.Server {
	t.Helper()
	s, err := queue.New(t.Context(), queue.Options{URL: url, Logger: slog.New(slog.DiscardHandler), Register: register})
	require.NoError(t, err)
	require.NoError(t, s.Start(context.Background()))
	return s
}

func stop(t *testing.T, s *queue.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	require.NoError(t, s.Stop(ctx))
}

// TestInsertWritesWhatRiverWrites is the contract with River: the same job through both doors gives the same row.
func TestInsertWritesWhatRiverWrites(t *testing.T) {
	t.Parallel()
	b, url := dbtest.MustOpenURL(t)
	ctx := t.Context()
	pool, err := pgxpool.New(ctx, url)
	require.NoError(t, err)
	defer pool.Close()
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{MaxAttempts: queue.MaxAttempts, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)

	later := time.Now().Add(90 * time.Minute).UTC().Truncate(time.Microsecond)
	for name, c := range map[string]river.InsertManyParams{
		"NoOptions":      {Args: plainArgs{Number: 1, Text: `quotes " ' \ and ? ünïcode`}},
		"EmptyOptions":   {Args: plainArgs{}, InsertOpts: &river.InsertOpts{}},
		"QueuePriority":  {Args: plainArgs{Number: 2}, InsertOpts: &river.InsertOpts{Queue: "orders_1", Priority: 4}},
		"MaxAttempts":    {Args: plainArgs{Number: 3}, InsertOpts: &river.InsertOpts{MaxAttempts: 3}},
		"Metadata":       {Args: plainArgs{Number: 4}, InsertOpts: &river.InsertOpts{Metadata: []byte(`{"why": "test", "n": [1, 2]}`)}},
		"Tags":           {Args: plainArgs{Number: 5}, InsertOpts: &river.InsertOpts{Tags: []string{"one_tag", "two-tag"}}},
		"EmptyTags":      {Args: fussyArgs{"x"}, InsertOpts: &river.InsertOpts{Tags: []string{}}},
		"Scheduled":      {Args: plainArgs{Number: 6}, InsertOpts: &river.InsertOpts{ScheduledAt: later}},
		"ScheduledPast":  {Args: plainArgs{Number: 7}, InsertOpts: &river.InsertOpts{ScheduledAt: later.Add(-24 * time.Hour)}},
		"Pending":        {Args: plainArgs{Number: 8}, InsertOpts: &river.InsertOpts{Pending: true}},
		"OptionsOfArgs":  {Args: fussyArgs{"connector 5"}},
		"OptionsWinOver": {Args: fussyArgs{"y"}, InsertOpts: &river.InsertOpts{Queue: "other", Priority: 2, MaxAttempts: 1, Tags: []string{"mine"}}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := b.ExecContext(ctx, "truncate river_job")
			require.NoError(t, err)
			before := time.Now().Add(-time.Second)
			_, err = client.Insert(ctx, c.Args, c.InsertOpts)
			require.NoError(t, err)
			require.NoError(t, queue.Insert(ctx, b, c.Args, c.InsertOpts))

			var raw []json.RawMessage
			require.NoError(t, b.NewRaw("select to_jsonb(j) from river_job j order by id").Scan(ctx, &raw))
			require.Len(t, raw, 2)
			rows := make([]map[string]any, 2)
			for i := range raw {
				require.NoError(t, json.Unmarshal(raw[i], &rows[i]))
				delete(rows[i], "id")
				for _, column := range []string{"created_at", "scheduled_at"} {
					at, err := time.Parse(time.RFC3339Nano, rows[i][column].(string))
					require.NoError(t, err)
					if at.After(before) && at.Before(time.Now().Add(time.Second)) {
						rows[i][column] = "now"
					}
				}
			}
			require.Equal(t, rows[0], rows[1])
		})
	}
}

func TestInsertNotifiesAsRiverDoes(t *testing.T) {
	t.Parallel()
	b, url := dbtest.MustOpenURL(t)
	ctx := t.Context()
	pool, err := pgxpool.New(ctx, url)
	require.NoError(t, err)
	defer pool.Close()
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)

	conn, err := pool.Acquire(ctx)
	require.NoError(t, err)
	defer conn.Release()
	_, err = conn.Exec(ctx, `listen "public.river_insert"; listen mark`)
	require.NoError(t, err)
	// heard gives the notifications up to a mark that is sent behind them.
	heard := func() []string {
		_, err := b.ExecContext(ctx, "select pg_notify('mark', '')")
		require.NoError(t, err)
		out := []string{}
		for {
			wait, cancel := context.WithTimeout(ctx, soon)
			n, err := conn.Conn().WaitForNotification(wait)
			cancel()
			require.NoError(t, err)
			if n.Channel == "mark" {
				return out
			}
			out = append(out, n.Channel+" "+n.Payload)
		}
	}
	opts := &river.InsertOpts{Queue: "a-queue"}
	_, err = client.Insert(ctx, plainArgs{}, opts)
	require.NoError(t, err)
	rivers := heard()
	require.Len(t, rivers, 1)

	require.NoError(t, queue.Insert(ctx, b, plainArgs{}, opts))
	require.Equal(t, rivers, heard())

	require.NoError(t, queue.Insert(ctx, b, plainArgs{}, &river.InsertOpts{ScheduledAt: time.Now().Add(time.Hour)}))
	require.Empty(t, heard(), "nothing to fetch yet")

	require.NoError(t, db.InTx(ctx, b, func(ctx context.Context, tx bun.Tx) error {
		return queue.InsertMany(ctx, tx, []river.InsertManyParams{{Args: plainArgs{}}, {Args: plainArgs{}}, {Args: plainArgs{}, InsertOpts: opts}})
	}))
	require.ElementsMatch(t, []string{`public.river_insert {"queue": "default"}`, rivers[0]}, heard())
}

func TestInsertRefuses(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	for name, opts := range map[string]*river.InsertOpts{
		"Unique":   {UniqueOpts: river.UniqueOpts{ByArgs: true}},
		"Priority": {Priority: 5},
		"Queue":    {Queue: "Not A Queue"},
		"Tag":      {Tags: []string{"has space"}},
	} {
		require.Error(t, queue.Insert(t.Context(), b, plainArgs{}, opts), name)
	}
	require.NoError(t, queue.InsertMany(t.Context(), b, nil))
	n, err := b.NewSelect().Table("river_job").Count(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)
}

func TestInsertMany(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	jobs := make([]river.InsertManyParams, 2500)
	for i := range jobs {
		jobs[i] = river.InsertManyParams{Args: plainArgs{Number: i}}
	}
	ctx, q := db.CountQueries(t.Context())
	require.NoError(t, queue.InsertMany(ctx, b, jobs))
	require.Equal(t, 3, q.N())
	n, err := b.NewSelect().Table("river_job").Where("state = 'available'").Count(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 2500, n)
}

func TestServer(t *testing.T) {
	t.Parallel()

	t.Run("WorksWhatWasCommittedOnly", func(t *testing.T) {
		t.Parallel()
		b, url := dbtest.MustOpenURL(t)
		worked := make(chan int, 10)
		s := serve(t, url, func(w *river.Workers) {
			river.AddWorker(w, river.WorkFunc(func(_ context.Context, j *river.Job[plainArgs]) error {
				worked <- j.Args.Number
				return nil
			}))
		})
		defer stop(t, s)
		no := errors.New("no")
		require.ErrorIs(t, db.InTx(t.Context(), b, func(ctx context.Context, tx bun.Tx) error {
			require.NoError(t, queue.Insert(ctx, tx, plainArgs{Number: 1}, nil))
			return no
		}), no)
		require.NoError(t, queue.Insert(t.Context(), b, plainArgs{Number: 2}, nil))
		select {
		case n := <-worked:
			require.Equal(t, 2, n)
		case <-time.After(soon):
			require.Fail(t, "not worked")
		}
	})
	t.Run("FailedJobIsTriedAgainSoon", func(t *testing.T) {
		t.Parallel()
		b, url := dbtest.MustOpenURL(t)
		var tries atomic.Int32
		s := serve(t, url, func(w *river.Workers) {
			river.AddWorker(w, river.WorkFunc(func(context.Context, *river.Job[plainArgs]) error {
				if tries.Add(1) < 3 {
					return errors.New("not yet")
				}
				return nil
			}))
		})
		defer stop(t, s)
		require.NoError(t, queue.Insert(t.Context(), b, plainArgs{}, nil))
		require.Eventually(t, func() bool { return tries.Load() == 3 }, soon, 10*time.Millisecond)
	})
	t.Run("StopWaitsForRunningJobs", func(t *testing.T) {
		t.Parallel()
		b, url := dbtest.MustOpenURL(t)
		began, finish := make(chan struct{}), make(chan struct{})
		var done atomic.Bool
		s := serve(t, url, func(w *river.Workers) {
			river.AddWorker(w, river.WorkFunc(func(context.Context, *river.Job[plainArgs]) error {
				close(began)
				<-finish
				done.Store(true)
				return nil
			}))
		})
		require.NoError(t, queue.Insert(t.Context(), b, plainArgs{}, nil))
		<-began
		stopped := make(chan error, 1)
		go func() { stopped <- s.Stop(context.Background()) }()
		select {
		case err := <-stopped:
			require.Fail(t, "stopped before its job ended", "%v", err)
		case <-time.After(100 * time.Millisecond):
		}
		close(finish)
		require.NoError(t, <-stopped)
		require.True(t, done.Load())
		var state string
		require.NoError(t, b.NewRaw("select state from river_job").Scan(t.Context(), &state))
		require.Equal(t, "completed", state)
	})
	t.Run("StopCutsOffWhatDoesNotFinish", func(t *testing.T) {
		t.Parallel()
		b, url := dbtest.MustOpenURL(t)
		began := make(chan struct{})
		s := serve(t, url, func(w *river.Workers) {
			river.AddWorker(w, river.WorkFunc(func(ctx context.Context, _ *river.Job[plainArgs]) error {
				close(began)
				<-ctx.Done()
				return ctx.Err()
			}))
		})
		require.NoError(t, queue.Insert(t.Context(), b, plainArgs{}, nil))
		<-began
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		require.NoError(t, s.Stop(ctx))
		var state string
		require.NoError(t, b.NewRaw("select state from river_job").Scan(t.Context(), &state))
		require.Contains(t, []string{"available", "retryable"}, state, "somebody tries it again")
	})
	t.Run("NeverStarted", func(t *testing.T) {
		t.Parallel()
		_, url := dbtest.MustOpenURL(t)
		s, err := queue.New(t.Context(), queue.Options{URL: url, Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		require.NotNil(t, s.Client())
		stop(t, s)
	})
}

func TestEvery(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var n atomic.Int32
	done := make(chan struct{})
	go func() {
		defer close(done)
		queue.Every(ctx, slog.New(slog.DiscardHandler), "test", time.Millisecond, func(context.Context) error {
			switch n.Add(1) {
			case 1:
				panic("first")
			case 2:
				return errors.New("second")
			}
			return nil
		})
	}()
	require.Eventually(t, func() bool { return n.Load() > 3 }, soon, time.Millisecond)
	cancel()
	<-done
}
