package job_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lib/pq"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/clock"
	"writ/server/db"
	"writ/server/dbtest"
	"writ/server/errs"
	"writ/server/job"
	"writ/server/queue"
)

// TestSameTaskNeverTwiceAtOnce: two different jobs contain the same task; the second waits.
func TestSameTaskNeverTwiceAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	shared := func(name string) job.StepDefinition {
		s := step(name, "Synchronize", 0)
		s.Options = map[string]any{"scope": "LDAP"}
		return s
	}
	b.save(t,
		job.JobDefinition{Identifier: "one", Steps: []job.StepDefinition{shared("first"), shared("also-first")}},
		job.JobDefinition{Identifier: "two", Steps: []job.StepDefinition{shared("second")}},
	)
	hold, open := gate(job.Result{Output: true}, nil)
	b.stage.play("first", hold)
	one := b.run(t, "one")
	require.Eventually(t, b.stage.saw("+first"), soon, time.Millisecond)
	two := b.run(t, "two")
	b.until(t, two.ID, job.InProgress)
	require.NoError(t, b.jobs.Sweep(t.Context()))
	require.Equal(t, []string{"second WAITING"}, b.states(t, two.ID))
	open()
	b.until(t, one.ID, job.Completed) // no sweep: the end of a task wakes who waits for it
	b.until(t, two.ID, job.Completed)
	b.stage.mu.Lock()
	defer b.stage.mu.Unlock()
	for scope, most := range b.stage.most {
		require.Equal(t, 1, most, scope)
	}
}

// TestKilledProcess runs two processes; the first dies without a word in the middle of a task.
func TestKilledProcess(t *testing.T) {
	t.Parallel()
	b, url := dbtest.MustOpenURL(t)
	clk := clock.New()

	deadDB, err := db.Open(t.Context(), url)
	require.NoError(t, err)
	deadStage := newStage()
	dead := newService(deadDB, clk, deadStage)
	hold, release := gate(job.Result{Output: true}, nil)
	deadStage.play("sync", hold)
	deadQueue := serve(t, url, dead)
	defer release()

	ctx := person(t.Context(), "/Jobs")
	require.NoError(t, db.InTx(ctx, b, func(ctx context.Context, tx bun.Tx) error {
		return dead.SaveJobs(ctx, tx, []job.JobDefinition{{Identifier: "j", Steps: []job.StepDefinition{step("sync", "Synchronize", 0), step("fulfill", "Fulfill", 1)}}})
	}))
	p, err := dead.RunJob(ctx, job.RunJobInput{Job: "j"})
	require.NoError(t, err)
	require.Eventually(t, deadStage.saw("+sync"), soon, time.Millisecond)
	require.NoError(t, deadDB.Close()) // it cannot renew, report or hand over any more
	buried := make(chan error, 1)
	go func() { buried <- deadQueue.Stop(context.Background()) }() // nor fetch jobs; its task goes on

	s := newStage()
	live := &bundle{db: b, url: url, clock: clk, stage: s, jobs: newService(b, clk, s), ctx: ctx}
	q := serve(t, url, live.jobs)
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		require.NoError(t, q.Stop(ctx))
	}()
	sweeping, stop := context.WithCancel(context.Background())
	var sweeper sync.WaitGroup
	sweeper.Go(func() {
		queue.Every(sweeping, slog.New(slog.DiscardHandler), "jobs", 50*time.Millisecond, live.jobs.Sweep)
	})
	defer sweeper.Wait()
	defer stop()

	live.until(t, p.JobInstance.ID, job.Completed)
	require.Equal(t, []string{"+sync", "-sync", "+fulfill", "-fulfill"}, s.history(), "started again here")
	require.Equal(t, 2, live.task(t, p.JobInstance.ID, "sync").Attempt)
	require.Eventually(t, deadStage.saw("-sync"), soon, 10*time.Millisecond, "its context ends when it cannot renew")
	require.NoError(t, <-buried)
}

// TestDiedBeforeTheClaim: a process took the task from the queue and died before it could claim it. No lease ever ends, so the sweep offers it
// again.
func TestDiedBeforeTheClaim(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.save(t, job.JobDefinition{Identifier: "j", Steps: []job.StepDefinition{step("sync", "Synchronize", 0)}})
	_, err := b.db.NewRaw(`create function taken() returns trigger language plpgsql as $$ begin new.state := 'running'; new.attempted_at := now() - interval '1 minute'; return new; end $$;
		create trigger taken before insert on river_job for each row when (new.kind = 'job_task') execute function taken()`).Exec(t.Context())
	require.NoError(t, err)
	i := b.run(t, "j")
	require.Eventually(t, func() bool { return b.states(t, i.ID)[0] == "sync IN_PROGRESS" }, soon, 5*time.Millisecond)
	_, err = b.db.NewRaw(`drop trigger taken on river_job`).Exec(t.Context())
	require.NoError(t, err)
	require.NoError(t, b.jobs.Sweep(t.Context()))
	b.until(t, i.ID, job.Completed)
	require.Equal(t, 1, b.task(t, i.ID, "sync").Attempt, "it was offered again, not started again")
}

// TestDatabaseAway: what breaks because the database was away is started again, and says why; what a system answered is the task's end.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.save(t, job.JobDefinition{Identifier: "j", Steps: []job.StepDefinition{step("sync", "Synchronize", 0)}})
	broken := &net.OpError{Op: "read", Net: "tcp", Err: errors.New("connection reset by peer")}
	b.stage.play("sync", func(_ context.Context, task job.Task, _ job.Reporter) (job.Result, error) {
		if task.Attempt == 1 {
			return job.Result{}, fmt.Errorf("read people: %w", broken)
		}
		return job.Result{Output: true}, nil
	})
	i := b.run(t, "j")
	b.until(t, i.ID, job.Completed)
	require.Equal(t, 2, b.task(t, i.ID, "sync").Attempt)

	b.stage.play("sync", func(_ context.Context, task job.Task, _ job.Reporter) (job.Result, error) {
		if task.Attempt == 1 {
			return job.Result{}, errors.Join(errors.New("half of it"), db.Explain(&pq.Error{Code: "57P01"})) // as a transaction says it
		}
		return job.Result{Output: true}, nil
	})
	i = b.run(t, "j")
	b.until(t, i.ID, job.Completed)

	for _, says := range []error{broken, &pq.Error{Code: "57P01"}, &pq.Error{Code: "53100"}} {
		b.stage.play("sync", func(context.Context, job.Task, job.Reporter) (job.Result, error) {
			return job.Result{}, errs.New(errs.Unavailable, "The target is away.").Because(says)
		})
		i = b.run(t, "j")
		b.until(t, i.ID, job.Errored)
		require.Equal(t, 1, b.task(t, i.ID, "sync").Attempt)
	}
}

// TestDatabaseFull: a task waits for room, however often it has to begin, and nobody gives it up.
func TestDatabaseFull(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.jobs.Lease = 150 * time.Millisecond
	b.save(t, job.JobDefinition{Identifier: "j", Steps: []job.StepDefinition{step("sync", "Synchronize", 0)}})
	var starts atomic.Int64
	b.stage.play("sync", func(context.Context, job.Task, job.Reporter) (job.Result, error) {
		if starts.Add(1) <= 6 {
			return job.Result{}, errors.Join(db.Explain(&pq.Error{Code: "53100"}), db.Explain(&pq.Error{Code: "53100"}))
		}
		return job.Result{Output: true}, nil
	})
	i := b.run(t, "j")
	b.until(t, i.ID, job.Completed)
	require.EqualValues(t, 7, starts.Load())
}

// TestLostTooOften: a task that takes its process with it every time ends the run.
func TestLostTooOften(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.save(t, job.JobDefinition{Identifier: "j", Steps: []job.StepDefinition{step("sync", "Synchronize", 0)}})
	hold, open := gate(job.Result{Output: true}, nil)
	defer open()
	b.stage.play("sync", hold)
	i := b.run(t, "j")
	for attempt := 1; attempt <= 3; attempt++ {
		require.Eventually(t, func() bool {
			task := b.task(t, i.ID, "sync")
			return task.Attempt == attempt && task.LeaseOwner != nil
		}, soon, 5*time.Millisecond, "start %d", attempt)
		// As if its process had been silent for long.
		_, err := b.db.NewRaw("update task_instance set lease_until = clock_timestamp() - interval '1 second', lease_owner = 'a dead one'").Exec(t.Context())
		require.NoError(t, err)
		require.NoError(t, b.jobs.Sweep(t.Context()))
	}
	b.until(t, i.ID, job.Aborted)
	require.Equal(t, []string{"sync ABORTED"}, b.states(t, i.ID))

	b.stage.play("sync", nil)
	p, err := b.jobs.RelaunchJobInstance(b.ctx, job.JobInstanceInput{JobInstanceID: i.ID})
	require.NoError(t, err)
	b.until(t, p.JobInstance.ID, job.Completed)
}

// TestLateOutcomeIsDropped: a process that hung comes back after its task was started elsewhere.
func TestLateOutcomeIsDropped(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.jobs.Lease = time.Hour // it does not notice by itself
	b.save(t, job.JobDefinition{Identifier: "j", Steps: []job.StepDefinition{step("sync", "Synchronize", 0), step("fulfill", "Fulfill", 1)}})
	late, comeBack := gate(job.Result{}, errors.New("late and wrong"))
	hold, open := gate(job.Result{Output: true}, nil)
	defer open()
	b.stage.play("sync", func(ctx context.Context, task job.Task, r job.Reporter) (job.Result, error) {
		if task.Attempt == 1 {
			return late(ctx, task, r)
		}
		return hold(ctx, task, r)
	})
	i := b.run(t, "j")
	require.Eventually(t, b.stage.saw("+sync"), soon, time.Millisecond)
	_, err := b.db.NewRaw("update task_instance set lease_until = clock_timestamp() - interval '1 second' where state = 'IN_PROGRESS'").Exec(t.Context())
	require.NoError(t, err)
	require.NoError(t, b.jobs.Sweep(t.Context()))
	require.Eventually(t, func() bool { return len(b.stage.history()) == 2 }, soon, time.Millisecond, "started again")
	comeBack()
	require.Eventually(t, b.stage.saw("-sync"), soon, time.Millisecond)
	require.Eventually(t, func() bool { // the River job of the first start is over, whatever it tried to write
		var n int
		require.NoError(t, b.db.NewRaw("select count(*) from river_job where kind = 'job_task' and state = 'completed'").Scan(t.Context(), &n))
		return n == 1
	}, soon, 5*time.Millisecond)
	require.Equal(t, []string{"sync IN_PROGRESS", "fulfill WAITING"}, b.states(t, i.ID))
	open()
	b.until(t, i.ID, job.Completed)
}

// TestStoppedProcessHandsOver: a server that is stopped in good order gives its tasks away at once, without waiting for a lease.
func TestStoppedProcessHandsOver(t *testing.T) {
	t.Parallel()
	b, url := dbtest.MustOpenURL(t)
	clk, first, second := clock.New(), newStage(), newStage()
	one, two := newService(b, clk, first), newService(b, clk, second)
	one.Lease, two.Lease = time.Hour, time.Hour
	hold, open := gate(job.Result{Output: true}, nil)
	defer open()
	first.play("sync", hold)
	q1 := serve(t, url, one)
	ctx := person(t.Context(), "/Jobs")
	require.NoError(t, db.InTx(ctx, b, func(ctx context.Context, tx bun.Tx) error {
		return one.SaveJobs(ctx, tx, []job.JobDefinition{{Identifier: "j", Steps: []job.StepDefinition{step("sync", "Synchronize", 0)}}})
	}))
	p, err := one.RunJob(ctx, job.RunJobInput{Job: "j"})
	require.NoError(t, err)
	require.Eventually(t, first.saw("+sync"), soon, time.Millisecond)
	brief, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	require.NoError(t, q1.Stop(brief))

	q2 := serve(t, url, two)
	defer func() { require.NoError(t, q2.Stop(context.Background())) }()
	b2 := &bundle{db: b, jobs: two, ctx: ctx, stage: second}
	b2.until(t, p.JobInstance.ID, job.Completed)
	require.Equal(t, 1, b2.task(t, p.JobInstance.ID, "sync").Attempt, "stopping is nobody's fault")
}
