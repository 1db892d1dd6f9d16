package job_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"go.uber.org/goleak"

	"writ/server/clock"
	"writ/server/db"
	"writ/server/dbtest"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/job"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/queue"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, // dbtest keeps its pool, and the server it may have started, until the process ends
		goleak.IgnoreAnyFunction("database/sql.(*DB).connectionOpener"), goleak.IgnoreAnyFunction("database/sql.(*DB).connectionCleaner"),
		goleak.IgnoreAnyFunction("writ/server/db/embedded.(*Server).supervise"), goleak.IgnoreAnyFunction("writ/server/db/embedded.(*Server).try.func1"))
}

const soon = 30 * time.Second // a busy machine runs many tests against one server

// stage is where the tasks of a test play: each step behaves as told, or completes with output.
type stage struct {
	mu      sync.Mutex
	parts   map[string]job.TaskFunc
	log     []string // "+step" at the start, "-step" at the end
	running map[string]int
	most    map[string]int // most at once, per scope
}

func newStage() *stage {
	return &stage{parts: map[string]job.TaskFunc{}, running: map[string]int{}, most: map[string]int{}}
}

func (s *stage) play(step string, fn job.TaskFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parts[step] = fn
}

func (s *stage) enter(t job.Task) job.TaskFunc {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, "+"+t.Identifier)
	scope := t.Type + string(t.Options)
	s.running[scope]++
	s.most[scope] = max(s.most[scope], s.running[scope])
	return s.parts[t.Identifier]
}

func (s *stage) leave(t job.Task) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, "-"+t.Identifier)
	s.running[t.Type+string(t.Options)]--
}

func (s *stage) task(ctx context.Context, t job.Task, r job.Reporter) (job.Result, error) {
	fn := s.enter(t)
	defer s.leave(t)
	if fn == nil {
		return job.Result{Output: true}, nil
	}
	return fn(ctx, t, r)
}

func (s *stage) history() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

func (s *stage) saw(entry string) func() bool {
	return func() bool { return slices.Contains(s.history(), entry) }
}

// gate is a task that waits until it is opened.
func gate(result job.Result, err error) (job.TaskFunc, func()) {
	ch := make(chan struct{})
	var once sync.Once
	return func(ctx context.Context, _ job.Task, _ job.Reporter) (job.Result, error) {
		select {
		case <-ch:
			return result, err
		case <-ctx.Done():
			return job.Result{}, ctx.Err()
		}
	}, func() { once.Do(func() { close(ch) }) }
}

type bundle struct {
	db    *bun.DB
	url   string
	clock *clock.Clock
	stage *stage
	jobs  *job.Service
	ctx   context.Context // of a person who may do everything
}

var taskTypes = []string{"Export", "Prepare", "Synchronize", "Generate", "Fulfill"}

func newService(b *bun.DB, clk *clock.Clock, s *stage) *job.Service {
	tasks := map[string]job.TaskFunc{}
	for _, name := range taskTypes {
		tasks[name] = s.task
	}
	svc := job.New(b, clk, slog.New(slog.DiscardHandler), tasks)
	svc.Lease = 600 * time.Millisecond
	return svc
}

func serve(t *testing.T, url string, svc *job.Service) *queue.Server {
	t.Helper()
	q, err := queue.New(context.Background(), queue.Options{
		URL: url, Logger: slog.New(slog.DiscardHandler), MaxConns: 3, Queues: map[string]int{"default": 10, job.TaskQueue: 10}, Register: svc.Register,
	})
	require.NoError(t, err)
	require.NoError(t, q.Start(context.Background()))
	return q
}

func person(ctx context.Context, grants ...string) context.Context {
	a := &permit.Actor{Username: "ann", Name: "Ann"}
	for _, g := range grants {
		a.Grants = append(a.Grants, permit.Grant{Path: g, CanExecute: true})
	}
	return permit.With(ctx, a)
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b, url := dbtest.MustOpenURL(t)
	s, clk := newStage(), clock.New()
	svc := newService(b, clk, s)
	q := serve(t, url, svc)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		require.NoError(t, q.Stop(ctx))
	})
	return &bundle{db: b, url: url, clock: clk, stage: s, jobs: svc, ctx: person(t.Context(), "/Jobs")}
}

func step(identifier, taskType string, level int, dependsOn ...string) job.StepDefinition {
	return job.StepDefinition{Identifier: identifier, TaskType: taskType, Level: &level, DependsOn: dependsOn, Options: map[string]any{"connector": identifier}}
}

func (b *bundle) save(t *testing.T, d ...job.JobDefinition) {
	t.Helper()
	require.NoError(t, db.InTx(t.Context(), b.db, func(ctx context.Context, tx bun.Tx) error { return b.jobs.SaveJobs(ctx, tx, d) }))
}

func (b *bundle) run(t *testing.T, identifier string) *job.JobInstance {
	t.Helper()
	p, err := b.jobs.RunJob(b.ctx, job.RunJobInput{Job: identifier})
	require.NoError(t, err)
	return p.JobInstance
}

// until waits until a run is in a state, and gives it.
func (b *bundle) until(t *testing.T, id int64, state job.JobInstanceState) *job.JobInstance {
	t.Helper()
	var i *job.JobInstance
	require.Eventually(t, func() bool {
		var err error
		i, err = b.jobs.GetInstance(b.ctx, id)
		require.NoError(t, err)
		if i.State != state {
			require.False(t, i.State.IsFinal(), "ended %s, want %s", i.State, state)
		}
		return i.State == state
	}, soon, 10*time.Millisecond, "not %s", state)
	return i
}

// states gives the tasks of a run as "step STATE".
func (b *bundle) states(t *testing.T, id int64) []string {
	t.Helper()
	tasks, err := b.jobs.Tasks(b.ctx, []int64{id})
	require.NoError(t, err)
	out := make([]string, len(tasks))
	for n, task := range tasks {
		out[n] = task.Identifier + " " + string(task.State)
	}
	return out
}

func (b *bundle) task(t *testing.T, id int64, identifier string) *job.TaskInstance {
	t.Helper()
	tasks, err := b.jobs.Tasks(b.ctx, []int64{id})
	require.NoError(t, err)
	n := slices.IndexFunc(tasks, func(x *job.TaskInstance) bool { return x.Identifier == identifier })
	require.GreaterOrEqual(t, n, 0)
	return tasks[n]
}

// TestLevels is Annex B 19: same-level tasks overlap, the next level waits; a dependent task is skipped when the parent has no output; a stop lets
// the running task finish.
func TestLevels(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.save(t, job.JobDefinition{Identifier: "complete", Steps: []job.StepDefinition{
		step("export-a", "Export", 0), step("export-b", "Export", 0),
		step("prepare-a", "Prepare", 1, "export-a"), step("prepare-b", "Prepare", 1, "export-b"),
		step("sync-b", "Synchronize", 2, "prepare-b"), step("generate", "Generate", 3), step("fulfill", "Fulfill", 4),
	}})
	a, openA := gate(job.Result{Output: true}, nil)
	noOutput, openB := gate(job.Result{}, nil)
	generate, openGenerate := gate(job.Result{Output: true}, nil)
	b.stage.play("export-a", a)
	b.stage.play("export-b", noOutput)
	b.stage.play("generate", generate)

	i := b.run(t, "complete")
	require.Equal(t, job.Queued, i.State)
	require.Equal(t, "ann", i.LaunchedBy)
	require.Eventually(t, func() bool { return b.stage.saw("+export-a")() && b.stage.saw("+export-b")() }, soon, time.Millisecond, "they overlap")
	openA()
	require.Eventually(t, b.stage.saw("-export-a"), soon, time.Millisecond)
	require.Eventually(t, func() bool { return b.task(t, i.ID, "export-a").State == job.TaskCompleted }, soon, time.Millisecond)
	require.Len(t, b.stage.history(), 3, "the next level waits for the whole level")
	openB()
	require.Eventually(t, b.stage.saw("+generate"), soon, time.Millisecond)

	p, err := b.jobs.CancelJobInstance(b.ctx, job.JobInstanceInput{JobInstanceID: i.ID})
	require.NoError(t, err)
	require.Equal(t, job.InProgress, p.JobInstance.State, "the running task finishes first")
	require.True(t, p.JobInstance.CancelRequested)
	openGenerate()
	ended := b.until(t, i.ID, job.Cancelled)
	require.NotNil(t, ended.EndedAt)
	require.Equal(t, []string{
		"export-a COMPLETED", "export-b COMPLETED_NO_OUTPUT", "prepare-a COMPLETED", "prepare-b SKIPPED", "sync-b SKIPPED",
		"generate COMPLETED", "fulfill CANCELLED",
	}, b.states(t, i.ID))
	require.NotContains(t, b.stage.history(), "+fulfill")
}

func TestCompleted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var ended []job.JobInstanceState
	b.jobs.Ended = func(_ context.Context, _ bun.Tx, i *job.JobInstance) error {
		ended = append(ended, i.State)
		return nil
	}
	b.save(t, job.JobDefinition{Identifier: "j", IsIncremental: true, Steps: []job.StepDefinition{
		{Identifier: "one", TaskType: "Export", Options: map[string]any{"n": 1}}, {Identifier: "two", TaskType: "Prepare"},
	}})
	var told job.Task
	b.stage.play("one", func(_ context.Context, task job.Task, r job.Reporter) (job.Result, error) {
		told = task
		r.Logf(job.LogInfo, "read %d rows of \x00\xff", 7)
		r.Count("read", 3)
		r.Count("read", 4)
		r.Progress(1, 2)
		return job.Result{Output: true}, nil
	})
	i := b.run(t, "j")
	running, err := b.jobs.Running(t.Context(), b.db)
	require.NoError(t, err)
	require.True(t, running)

	done := b.until(t, i.ID, job.Completed)
	require.InDelta(t, 1, done.Progress, 0)
	require.NotNil(t, done.StartedAt)
	require.NotNil(t, done.EndedAt)
	require.Equal(t, []job.JobInstanceState{job.Completed}, ended)
	require.Equal(t, []string{"+one", "-one", "+two", "-two"}, b.stage.history(), "level -1 is one by one")
	running, err = b.jobs.Running(t.Context(), b.db)
	require.NoError(t, err)
	require.False(t, running)

	one := b.task(t, i.ID, "one")
	require.Equal(t, map[string]int64{"read": 7}, one.Counters)
	require.InDelta(t, 1, one.Progress, 0)
	require.Equal(t, job.Task{
		ID: one.ID, JobInstanceID: i.ID, Job: "j", Identifier: "one", Type: "Export", Options: []byte(`{"n": 1}`), IsIncremental: true, LaunchedBy: "ann", Attempt: 1,
	}, told)
	var options struct{ N int }
	require.NoError(t, told.Decode(&options))
	require.Equal(t, 1, options.N)

	log, err := b.jobs.TaskLog(b.ctx, one.ID, page.Args{First: 10}, nil)
	require.NoError(t, err)
	require.Len(t, log.Nodes(), 1)
	require.Equal(t, "read 7 rows of \uFFFD\uFFFD", log.Nodes()[0].Message)
}

func TestErrors(t *testing.T) {
	t.Parallel()
	b := setup(t)
	withOption := step("export-b", "Export", 0)
	withOption.Options["continueOnError"] = true
	b.save(t,
		job.JobDefinition{Identifier: "strict", Steps: []job.StepDefinition{step("export-a", "Export", 0), step("prepare", "Prepare", 1)}},
		job.JobDefinition{Identifier: "lenient", Steps: []job.StepDefinition{withOption, step("child", "Prepare", 1, "export-b"), step("generate", "Generate", 2)}},
		job.JobDefinition{Identifier: "panics", Steps: []job.StepDefinition{step("sync", "Synchronize", 0)}},
	)
	fail := func(context.Context, job.Task, job.Reporter) (job.Result, error) {
		return job.Result{}, errors.New("no such table")
	}
	b.stage.play("export-a", fail)
	b.stage.play("export-b", fail)
	b.stage.play("sync", func(context.Context, job.Task, job.Reporter) (job.Result, error) { panic("oops") })

	t.Run("FollowingLevelsAreNotStarted", func(t *testing.T) {
		i := b.run(t, "strict")
		b.until(t, i.ID, job.Errored)
		require.Equal(t, []string{"export-a ERRORED", "prepare WAITING"}, b.states(t, i.ID))
		failed := b.task(t, i.ID, "export-a")
		require.Equal(t, "no such table", *failed.Error)
		log, err := b.jobs.TaskLog(b.ctx, failed.ID, page.Args{First: 10}, []job.LogLevel{job.LogError})
		require.NoError(t, err)
		require.Equal(t, 1, log.TotalCount)
	})
	t.Run("ContinueOnErrorIsAWarning", func(t *testing.T) {
		i := b.run(t, "lenient")
		b.until(t, i.ID, job.Warning)
		require.Equal(t, []string{"export-b WARNING", "child SKIPPED", "generate COMPLETED"}, b.states(t, i.ID))
	})
	t.Run("PanicIsAnError", func(t *testing.T) {
		i := b.run(t, "panics")
		b.until(t, i.ID, job.Errored)
		require.Equal(t, "internal error: oops", *b.task(t, i.ID, "sync").Error)
	})
}

func TestRelaunchFromFailedTask(t *testing.T) {
	t.Parallel()
	b := setup(t)
	steps := []job.StepDefinition{
		step("export", "Export", 0), step("quiet", "Export", 0), step("after-quiet", "Prepare", 1, "quiet"),
		step("sync", "Synchronize", 2), step("fulfill", "Fulfill", 3),
	}
	b.save(t, job.JobDefinition{Identifier: "j", Steps: steps})
	b.stage.play("quiet", func(context.Context, job.Task, job.Reporter) (job.Result, error) { return job.Result{}, nil })
	b.stage.play("sync", func(_ context.Context, task job.Task, _ job.Reporter) (job.Result, error) {
		var o struct{ Mended bool }
		if err := task.Decode(&o); err != nil || !o.Mended {
			return job.Result{}, errors.New("broken settings")
		}
		return job.Result{Output: true}, nil
	})
	first := b.run(t, "j")
	b.until(t, first.ID, job.Errored)

	steps[3].Options["mended"] = true
	b.save(t, job.JobDefinition{Identifier: "j", Steps: steps})
	p, err := b.jobs.RelaunchJobInstance(b.ctx, job.JobInstanceInput{JobInstanceID: first.ID})
	require.NoError(t, err)
	require.Equal(t, first.ID, *p.JobInstance.ParentID)
	b.until(t, p.JobInstance.ID, job.Completed)
	require.Equal(t, []string{"export COMPLETED", "quiet COMPLETED_NO_OUTPUT", "after-quiet SKIPPED", "sync COMPLETED", "fulfill COMPLETED"},
		b.states(t, p.JobInstance.ID))
	n := 0
	for _, entry := range b.stage.history() {
		if entry == "+export" {
			n++
		}
	}
	require.Equal(t, 1, n, "what ended well is not done again")
	b.until(t, first.ID, job.Errored)

	_, err = b.jobs.RelaunchJobInstance(b.ctx, job.JobInstanceInput{JobInstanceID: p.JobInstance.ID})
	require.True(t, errs.Is(err, errs.InvalidTransition), "%v", err)
}

func TestBlocked(t *testing.T) {
	t.Parallel()
	// blocking generates only when forced.
	blocking := func(_ context.Context, task job.Task, _ job.Reporter) (job.Result, error) {
		if task.IsForced {
			return job.Result{Output: len(task.Blocked) > 0}, nil
		}
		return job.Result{Blocked: map[string]any{"counter": "deleted", "limit": 20, "value": 25}}, nil
	}
	start := func(t *testing.T, incremental bool) (*bundle, *job.JobInstance) {
		b := setup(t)
		b.save(t, job.JobDefinition{Identifier: "j", IsIncremental: incremental, Steps: []job.StepDefinition{
			step("sync", "Synchronize", 0), step("generate", "Generate", 1), step("fulfill", "Fulfill", 2, "generate"),
		}})
		b.stage.play("generate", blocking)
		i := b.run(t, "j")
		b.until(t, i.ID, job.Blocked)
		return b, i
	}
	t.Run("ResumeForcesItAndThenTheRest", func(t *testing.T) {
		t.Parallel()
		b, i := start(t, false)
		require.Equal(t, []string{"sync COMPLETED", "generate BLOCKED", "fulfill WAITING"}, b.states(t, i.ID))
		require.JSONEq(t, `{"counter": "deleted", "limit": 20, "value": 25}`, string(b.task(t, i.ID, "generate").Blocked))
		running, err := b.jobs.Running(t.Context(), b.db)
		require.NoError(t, err)
		require.False(t, running, "a blocked run holds nobody up")

		p, err := b.jobs.ResumeJobInstance(b.ctx, job.JobInstanceInput{JobInstanceID: i.ID})
		require.NoError(t, err)
		require.Equal(t, i.ID, p.JobInstance.ID, "the same instance")
		done := b.until(t, i.ID, job.Completed)
		require.True(t, done.IsRepair)
		require.Equal(t, []string{"sync COMPLETED", "generate COMPLETED", "fulfill COMPLETED"}, b.states(t, i.ID))
		require.Equal(t, []string{"+sync", "-sync", "+generate", "-generate", "+generate", "-generate", "+fulfill", "-fulfill"}, b.stage.history())

		_, err = b.jobs.ResumeJobInstance(b.ctx, job.JobInstanceInput{JobInstanceID: i.ID})
		require.True(t, errs.Is(err, errs.InvalidTransition), "%v", err)
	})
	t.Run("GiveUp", func(t *testing.T) {
		t.Parallel()
		b, i := start(t, false)
		var dropped []string
		b.jobs.GivenUp = func(_ context.Context, _ bun.Tx, tasks []*job.TaskInstance) error {
			for _, task := range tasks {
				dropped = append(dropped, task.Identifier)
			}
			return nil
		}
		p, err := b.jobs.CancelJobInstance(b.ctx, job.JobInstanceInput{JobInstanceID: i.ID})
		require.NoError(t, err)
		require.Equal(t, job.Cancelled, p.JobInstance.State)
		require.Equal(t, []string{"generate"}, dropped)
		require.Equal(t, []string{"sync COMPLETED", "generate CANCELLED", "fulfill CANCELLED"}, b.states(t, i.ID))
	})
	t.Run("NewCompleteRunTakesItsPlace", func(t *testing.T) {
		t.Parallel()
		b, i := start(t, false)
		b.stage.play("generate", nil)
		next := b.run(t, "j")
		b.until(t, next.ID, job.Completed)
		b.until(t, i.ID, job.Cancelled)
	})
	t.Run("IncrementalRunLeavesItUntilItBlocksAgain", func(t *testing.T) {
		t.Parallel()
		b, i := start(t, true)
		hold, open := gate(job.Result{Blocked: "again"}, nil)
		b.stage.play("generate", hold)
		next := b.run(t, "j")
		require.Eventually(t, func() bool { return len(b.stage.history()) == 7 }, soon, time.Millisecond)
		b.until(t, i.ID, job.Blocked)
		_, err := b.jobs.ResumeJobInstance(b.ctx, job.JobInstanceInput{JobInstanceID: i.ID})
		require.True(t, errs.Is(err, errs.AlreadyRunning), "%v", err)
		open()
		b.until(t, next.ID, job.Blocked)
		b.until(t, i.ID, job.Cancelled)
	})
	t.Run("ThresholdErrorBlocksToo", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.save(t, job.JobDefinition{Identifier: "j", Steps: []job.StepDefinition{step("sync", "Synchronize", 0)}})
		b.stage.play("sync", func(context.Context, job.Task, job.Reporter) (job.Result, error) {
			return job.Result{}, fmt.Errorf("apply: %w", errs.New(errs.Threshold, "25 rows would go, 20 may."))
		})
		i := b.run(t, "j")
		b.until(t, i.ID, job.Blocked)
		require.JSONEq(t, `{"message": "25 rows would go, 20 may."}`, string(b.task(t, i.ID, "sync").Blocked))
	})
}

func TestRunJobRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.save(t,
		job.JobDefinition{Identifier: "j", Steps: []job.StepDefinition{step("sync", "Synchronize", 0), step("generate", "Generate", 1), step("fulfill", "Fulfill", 2)}},
		job.JobDefinition{Identifier: "nightly", UserStartDenied: true, Steps: []job.StepDefinition{step("sync", "Synchronize", 0)}},
	)
	kind := func(ctx context.Context, in job.RunJobInput) errs.Kind {
		_, err := b.jobs.RunJob(ctx, in)
		require.Error(t, err)
		require.NotNil(t, errs.As(err), "%v", err)
		return errs.As(err).Kind
	}
	no := "nowhere"
	require.Equal(t, errs.Unauthenticated, kind(t.Context(), job.RunJobInput{Job: "j"}))
	require.Equal(t, errs.Forbidden, kind(person(t.Context(), permit.JobQuery), job.RunJobInput{Job: "j"}))
	require.Equal(t, errs.Forbidden, kind(b.ctx, job.RunJobInput{Job: "nightly"}))
	require.Equal(t, errs.NotFound, kind(b.ctx, job.RunJobInput{Job: no}))
	require.Equal(t, errs.Validation, kind(b.ctx, job.RunJobInput{Job: "j", FromStep: &no}))
	require.Equal(t, errs.Validation, kind(b.ctx, job.RunJobInput{Job: "j", TaskType: &no}))
	_, err := b.jobs.CancelJobInstance(b.ctx, job.JobInstanceInput{JobInstanceID: 1})
	require.True(t, errs.Is(err, errs.NotFound))

	hold, open := gate(job.Result{Output: true}, nil)
	b.stage.play("generate", hold)
	from := "generate"
	p, err := b.jobs.RunJob(b.ctx, job.RunJobInput{Job: "j", FromStep: &from, Force: true})
	require.NoError(t, err)
	require.Equal(t, errs.AlreadyRunning, kind(b.ctx, job.RunJobInput{Job: "j"}))
	open()
	b.until(t, p.JobInstance.ID, job.Completed)
	require.Equal(t, []string{"+generate", "-generate", "+fulfill", "-fulfill"}, b.stage.history())
	require.True(t, b.task(t, p.JobInstance.ID, "fulfill").IsForced)
}

func TestRunJobTwiceAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.save(t, job.JobDefinition{Identifier: "j", Steps: []job.StepDefinition{step("sync", "Synchronize", 0)}})
	hold, open := gate(job.Result{Output: true}, nil)
	b.stage.play("sync", hold)
	results := make(chan error, 6)
	for range cap(results) {
		go func() {
			_, err := b.jobs.RunJob(b.ctx, job.RunJobInput{Job: "j"})
			results <- err
		}()
	}
	won := 0
	for range cap(results) {
		if err := <-results; err == nil {
			won++
		} else {
			require.True(t, errs.Is(err, errs.AlreadyRunning), "%v", err)
		}
	}
	require.Equal(t, 1, won)
	open()
}

// TestSameTaskNeverTwiceAtOnce: two different jobs contain the same task; the second waits.
func TestSameTaskNeverTwiceAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	shared := func(name string) job.StepDefinition {
		s := step(name, "Synchronize", 0)
		s.Options = map[string]any{"connector": "LDAP"}
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

func TestSchedule(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.save(t, job.JobDefinition{Identifier: "hourly", Cron: "0 * * * *", UserStartDenied: true, Steps: []job.StepDefinition{step("sync", "Synchronize", 0)}})
	instances := func() []*job.JobInstance {
		c, err := b.jobs.Instances(b.ctx, page.Args{First: 10}, nil)
		require.NoError(t, err)
		return c.Nodes()
	}
	sweep := func() {
		var all sync.WaitGroup
		for range 4 { // as many processes as you like
			all.Go(func() { _ = b.jobs.Sweep(t.Context()) })
		}
		all.Wait()
	}
	sweep()
	require.Empty(t, instances(), "not due")

	hold, open := gate(job.Result{Output: true}, nil)
	b.stage.play("sync", hold)
	b.clock.SetOffset(5 * time.Hour) // five times missed is launched once
	sweep()
	require.Len(t, instances(), 1)
	require.Equal(t, "clock", instances()[0].LaunchedBy)
	j, err := b.jobs.Get(b.ctx, "hourly")
	require.NoError(t, err)
	require.Equal(t, b.clock.Now().Truncate(time.Hour).Add(time.Hour), *j.NextRunAt)

	b.clock.SetOffset(7 * time.Hour)
	sweep()
	require.Len(t, instances(), 1, "a scheduled run that falls on a running one is left out")
	var leftOut int
	require.NoError(t, b.db.NewRaw("select count(*) from event where kind = 'job.left_out'").Scan(t.Context(), &leftOut))
	require.Equal(t, 1, leftOut)
	open()
	b.until(t, instances()[0].ID, job.Completed)

	p, err := b.jobs.ScheduleJob(b.ctx, job.ScheduleJobInput{Job: "hourly", Enabled: false})
	require.NoError(t, err)
	require.Nil(t, p.Job.NextRunAt)
	b.clock.SetOffset(9 * time.Hour)
	sweep()
	require.Len(t, instances(), 1, "switched off")

	b.save(t, job.JobDefinition{Identifier: "hourly", Cron: "30 * * * *", Steps: []job.StepDefinition{step("sync", "Synchronize", 0)}})
	j, err = b.jobs.Get(b.ctx, "hourly")
	require.NoError(t, err)
	require.False(t, j.ScheduleEnabled, "saving again does not switch it on")
	_, err = b.jobs.ScheduleJob(b.ctx, job.ScheduleJobInput{Job: "hourly", Enabled: true})
	require.NoError(t, err)
	b.clock.SetOffset(11 * time.Hour)
	sweep()
	require.Len(t, instances(), 2)
	b.until(t, instances()[0].ID, job.Completed)
}

// TestScheduleWrittenByOthers: configuration may write the table itself; the sweep computes what is missing.
func TestScheduleWrittenByOthers(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	svc := newService(b, clock.New(), newStage())
	ctx := person(t.Context(), "/Jobs")
	exec := func(statement string) {
		_, err := b.ExecContext(ctx, statement)
		require.NoError(t, err)
		require.NoError(t, svc.Sweep(t.Context()))
	}
	next := func(identifier string) *time.Time {
		j, err := svc.Get(ctx, identifier)
		require.NoError(t, err)
		return j.NextRunAt
	}
	exec("insert into job (identifier, display_name, cron) values ('bad', '', 'often'), ('good', '', '0 2 * * *'), ('none', '', null)")
	require.Equal(t, 2, next("good").Hour())
	require.Nil(t, next("bad"))
	require.Nil(t, next("none"))
	exec("update job set cron = '0 3 * * *' where identifier = 'good'")
	require.Equal(t, 3, next("good").Hour())
	exec("update job set cron = null where identifier = 'good'")
	require.Nil(t, next("good"))
}

func TestJobProgress(t *testing.T) {
	t.Parallel()
	b := setup(t)
	hub := event.NewHub(b.db, b.url, slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- hub.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
	})
	b.jobs.Hub = hub
	b.save(t, job.JobDefinition{Identifier: "j", Steps: []job.StepDefinition{step("one", "Export", 0), step("two", "Prepare", 1)}})
	next, enough := make(chan struct{}), make(chan struct{})
	var beats atomic.Int64
	b.stage.play("one", func(ctx context.Context, _ job.Task, r job.Reporter) (job.Result, error) {
		<-next
		tick := time.NewTicker(2 * time.Millisecond) // much more often than four times a second
		defer tick.Stop()
		for {
			select {
			case <-enough:
				return job.Result{Output: true}, ctx.Err()
			case <-tick.C:
				n := int(beats.Add(1))
				r.Progress(n, n+200)
				r.Logf(job.LogInfo, "row %d", n)
			}
		}
	})
	i := b.run(t, "j")
	changes, err := b.jobs.JobProgress(b.ctx, i.ID)
	require.NoError(t, err)
	lines, err := b.jobs.TailTaskLog(b.ctx, b.task(t, i.ID, "one").ID, "", nil)
	require.NoError(t, err)
	close(next)
	tail := make(chan int, 1)
	go func() {
		n := 0
		for batch := range lines {
			n += len(batch)
		}
		tail <- n
	}()

	var seen []float64
	var last *job.JobInstance
	for c := range changes {
		require.True(t, last == nil || c.Progress >= last.Progress, "never backwards")
		last = c
		if len(seen) == 0 || c.Progress > seen[len(seen)-1] {
			if seen = append(seen, c.Progress); len(seen) == 4 {
				close(enough)
			}
		}
	}
	require.Equal(t, job.Completed, last.State, "the subscription ends with the run")
	require.InDelta(t, 1, last.Progress, 0)
	require.EqualValues(t, beats.Load(), <-tail, "every line, then the end")

	var events int
	require.NoError(t, b.db.NewRaw("select count(*) from event where kind = 'job.changed' and data -> 'tasks' -> 0 ->> 'progress' is not null").Scan(t.Context(), &events))
	started := b.task(t, i.ID, "one")
	limit := int(started.EndedAt.Sub(*started.StartedAt)/(250*time.Millisecond)) + 2
	require.LessOrEqual(t, events, limit, "at most four a second")
}

func TestSaveJobs(t *testing.T) {
	t.Parallel()
	b, _ := dbtest.MustOpenURL(t)
	svc := newService(b, clock.New(), newStage())
	save := func(d ...job.JobDefinition) error {
		return db.InTx(t.Context(), b, func(ctx context.Context, tx bun.Tx) error { return svc.SaveJobs(ctx, tx, d) })
	}
	good := func() job.JobDefinition {
		return job.JobDefinition{Identifier: "j", Steps: []job.StepDefinition{step("a", "Export", 0), step("b", "Prepare", 1, "a")}}
	}
	for name, c := range map[string]struct {
		spoil func(*job.JobDefinition)
		field string
	}{
		"NoIdentifier":    {func(d *job.JobDefinition) { d.Identifier = " " }, "jobs[0].identifier"},
		"NoSteps":         {func(d *job.JobDefinition) { d.Steps = nil }, "jobs[0].steps"},
		"UnknownTaskType": {func(d *job.JobDefinition) { d.Steps[1].TaskType = "Dance" }, "jobs[0].steps[1].taskType"},
		"TwiceTheStep":    {func(d *job.JobDefinition) { d.Steps[1].Identifier = "a" }, "jobs[0].steps[1].identifier"},
		"BadCron":         {func(d *job.JobDefinition) { d.Cron = "often" }, "jobs[0].cron"},
		"BadZone":         {func(d *job.JobDefinition) { d.CronTimeZone = "Mars/Olympus" }, "jobs[0].cronTimeZone"},
		"UnknownParent":   {func(d *job.JobDefinition) { d.Steps[0].DependsOn = []string{"z"} }, "jobs[0].steps[0].dependsOn[0]"},
		"ParentLater":     {func(d *job.JobDefinition) { d.Steps[0].DependsOn = []string{"b"} }, "jobs[0].steps[0].dependsOn[0]"},
		"BadLevel":        {func(d *job.JobDefinition) { *d.Steps[0].Level = -2 }, "jobs[0].steps[0].level"},
		"Circle": {func(d *job.JobDefinition) {
			*d.Steps[1].Level = 0
			d.Steps[0].DependsOn = []string{"b"}
		}, "jobs[0].steps[0].dependsOn[0]"},
	} {
		t.Run(name, func(t *testing.T) {
			d := good()
			c.spoil(&d)
			err := save(d)
			require.True(t, errs.Is(err, errs.Validation), "%v", err)
			require.Equal(t, c.field, errs.As(err).Field)
		})
	}
	t.Run("ReplacesByIdentifier", func(t *testing.T) {
		other := good()
		other.Identifier = "other"
		require.NoError(t, save(good(), other))
		d := good()
		d.DisplayName, d.Steps = "Renamed", d.Steps[:1]
		ctx, q := db.CountQueries(t.Context())
		require.NoError(t, db.InTx(ctx, b, func(ctx context.Context, tx bun.Tx) error { return svc.SaveJobs(ctx, tx, []job.JobDefinition{d}) }))
		require.LessOrEqual(t, q.N(), 3)
		all, err := svc.List(person(t.Context(), permit.JobQuery))
		require.NoError(t, err)
		require.Len(t, all, 2)
		require.Equal(t, "Renamed", all[0].DisplayName)
		require.Equal(t, 2, all[0].Version)
		steps, err := svc.Steps(t.Context(), []int64{all[0].ID, all[1].ID})
		require.NoError(t, err)
		require.Len(t, steps, 3)
	})
	t.Run("Delete", func(t *testing.T) {
		ctx := person(t.Context(), "/Jobs")
		p, err := svc.RunJob(ctx, job.RunJobInput{Job: "other"})
		require.NoError(t, err)
		drop := func() error {
			return db.InTx(ctx, b, func(ctx context.Context, tx bun.Tx) error { return svc.DeleteJobs(ctx, tx, []string{"other", "never"}) })
		}
		require.True(t, errs.Is(drop(), errs.Conflict))
		cancelled, err := svc.CancelJobInstance(ctx, job.JobInstanceInput{JobInstanceID: p.JobInstance.ID})
		require.NoError(t, err)
		require.Equal(t, job.Cancelled, cancelled.JobInstance.State, "nothing runs, so it ends at once")
		require.NoError(t, drop())
		_, err = svc.Get(ctx, "other")
		require.True(t, errs.Is(err, errs.NotFound))
	})
}

func TestInstances(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.save(t,
		job.JobDefinition{Identifier: "a", Steps: []job.StepDefinition{step("sync", "Synchronize", 0)}},
		job.JobDefinition{Identifier: "b", Steps: []job.StepDefinition{step("sync-b", "Synchronize", 0)}},
	)
	var ids []int64
	for range 3 {
		i := b.run(t, "a")
		b.until(t, i.ID, job.Completed)
		ids = append(ids, i.ID)
	}
	other := b.run(t, "b")
	b.until(t, other.ID, job.Completed)

	name := "a"
	filter := &job.JobInstanceFilter{Job: &name, States: []job.JobInstanceState{job.Completed}}
	first, err := b.jobs.Instances(b.ctx, page.Args{First: 2}, filter)
	require.NoError(t, err)
	require.Equal(t, 3, first.TotalCount)
	require.True(t, first.PageInfo.HasNextPage)
	require.Equal(t, ids[2], first.Nodes()[0].ID, "the newest first")
	rest, err := b.jobs.Instances(b.ctx, page.Args{First: 2, After: *first.PageInfo.EndCursor}, filter)
	require.NoError(t, err)
	require.Len(t, rest.Nodes(), 1)
	require.Equal(t, ids[0], rest.Nodes()[0].ID)

	_, err = b.jobs.Instances(person(t.Context()), page.Args{First: 2}, nil)
	require.True(t, errs.Is(err, errs.Forbidden))

	jobs, err := b.jobs.List(b.ctx)
	require.NoError(t, err)
	last, err := b.jobs.LastInstances(b.ctx, []int64{jobs[0].ID, jobs[1].ID})
	require.NoError(t, err)
	require.Len(t, last, 2)
}

// TestConductTwiceIsHarmless: the conductor's River job may run any number of times.
func TestConductTwiceIsHarmless(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.save(t, job.JobDefinition{Identifier: "j", Steps: []job.StepDefinition{step("sync", "Synchronize", 0), step("fulfill", "Fulfill", 1)}})
	i := b.run(t, "j")
	var many []river.InsertManyParams
	for range 20 {
		many = append(many, river.InsertManyParams{Args: job.ConductArgs{JobInstanceID: i.ID}}, river.InsertManyParams{Args: job.TaskArgs{TaskInstanceID: 1, Fence: 1}})
	}
	require.NoError(t, queue.InsertMany(t.Context(), b.db, many))
	b.until(t, i.ID, job.Completed)
	require.Equal(t, []string{"+sync", "-sync", "+fulfill", "-fulfill"}, b.stage.history())
}
