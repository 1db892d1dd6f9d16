package job_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"go.uber.org/goleak"

	"writ/server/clock"
	"writ/server/db"
	"writ/server/dbtest"
	"writ/server/job"
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
	scope := string(t.Type) + string(t.Options)
	s.running[scope]++
	s.most[scope] = max(s.most[scope], s.running[scope])
	return s.parts[t.Identifier]
}

func (s *stage) leave(t job.Task) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, "-"+t.Identifier)
	s.running[string(t.Type)+string(t.Options)]--
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
	tasks := map[job.TaskType]job.TaskFunc{}
	for _, name := range taskTypes {
		tasks[job.TaskType(name)] = s.task
	}
	svc := job.New(b, clk, slog.New(slog.DiscardHandler), tasks, dbtest.Idle(job.Hooks{}))
	svc.Lease = 600 * time.Millisecond
	svc.Options = nil // the steps of a stage say how they behave, and read nothing
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
	return job.StepDefinition{Identifier: identifier, TaskType: job.TaskType(taskType), Level: &level, DependsOn: dependsOn, Options: map[string]any{"scope": identifier}}
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
