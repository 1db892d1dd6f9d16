package job

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/permit"
)

// TaskQueue is River's queue for tasks, apart from the drains: tasks may take hours.
const TaskQueue = "task"

// maxStarts is how often a task is started before its run is aborted.
const maxStarts = 3

// TaskArgs asks to run a task. Fence says which start of it is meant: an older one is nobody's business any more.
type TaskArgs struct {
	TaskInstanceID int64 `json:"taskInstanceId"`
	Fence          int64 `json:"fence"`
}

// Kind implements river.JobArgs.
func (TaskArgs) Kind() string { return "job_task" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (TaskArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: TaskQueue} }

type taskWorker struct {
	river.WorkerDefaults[TaskArgs]
	s *Service
}

// Timeout is a day: our lease, not River, watches over a task.
func (*taskWorker) Timeout(*river.Job[TaskArgs]) time.Duration { return 24 * time.Hour }

func (w *taskWorker) Work(ctx context.Context, j *river.Job[TaskArgs]) error {
	return w.s.work(permit.With(ctx, permit.System("job")), j.Args)
}

// errLost is the cause of a task's end when its lease is gone: somebody else may run it by now.
var errLost = errors.New("the lease of the task is lost")

// work runs one start of a task: claim, run under a lease, end it. Nothing to claim is fine: it was cancelled, taken or done.
func (s *Service) work(ctx context.Context, args TaskArgs) error {
	row, err := claimTask(ctx, s.DB, args, s.owner, s.Lease)
	if err != nil || row == nil {
		return err
	}
	t, err := s.describe(ctx, row)
	if err != nil {
		return err
	}
	run, lose := context.WithCancelCause(ctx)
	defer lose(nil)
	r := newReporter(run, s, row, lose)
	var beside sync.WaitGroup
	beside.Go(func() { s.keepLease(run, args, lose) })
	beside.Go(r.flushNowAndThen)
	result, err := s.call(run, t, r)
	lost := errors.Is(context.Cause(run), errLost)
	stopped := ctx.Err() != nil
	lose(nil) // ends the two beside
	beside.Wait()
	switch {
	case lost:
		s.Logger.WarnContext(ctx, "a task lost its lease; its outcome is ignored", "task", t.Identifier, "jobInstance", t.JobInstanceID)
		return nil
	case stopped && err != nil:
		return s.giveBack(context.WithoutCancel(ctx), args, s.handOver("The server that ran this task stops. Another one starts it anew."))
	case db.Full(err): // nobody's fault, for as long as it takes: its starts are not counted
		s.waitForRoom(ctx)
		return s.giveBack(context.WithoutCancel(ctx), args, s.handOver("The database had no room for changes while this task ran. It is started anew."))
	case db.Away(err): // not the task's fault. While the database stays away its lease ends, and the sweep does the same
		return s.giveBack(context.WithoutCancel(ctx), args, func(ctx context.Context, tx bun.Tx, row *TaskInstance) error {
			return s.restart(ctx, tx, row, "The database was away while this task ran.")
		})
	}
	return s.endTask(context.WithoutCancel(ctx), row, r, result, err)
}

// describe gives the task what it may know of its run.
func (s *Service) describe(ctx context.Context, row *TaskInstance) (Task, error) {
	i, err := getInstance(ctx, s.DB, row.JobInstanceID)
	if err != nil {
		return Task{}, err
	}
	jobs, err := selectJobsByID(ctx, s.DB, []int64{i.JobID})
	if err != nil {
		return Task{}, err
	}
	return Task{
		ID: row.ID, JobInstanceID: i.ID, Job: jobs[0].Identifier, Identifier: row.Identifier, Type: row.TaskType, Options: row.Options,
		IsIncremental: jobs[0].IsIncremental, IsForced: row.IsForced, Blocked: row.Blocked, LaunchedBy: i.LaunchedBy, Attempt: row.Attempt,
	}, nil
}

// call runs the function; a panic is an error with its place in the log.
func (s *Service) call(ctx context.Context, t Task, r *reporter) (result Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.Logger.ErrorContext(ctx, "a task panicked", "task", t.Identifier, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("internal error: %v", p)
		}
	}()
	fn, ok := s.tasks[t.Type]
	if !ok {
		return Result{}, fmt.Errorf("this server does not know tasks of type %s", t.Type)
	}
	return fn(ctx, t, r)
}

// keepLease renews until ctx ends. The task loses it when somebody else has taken over, or when the database could not be reached
// for so long that somebody may: then it must stop before that.
func (s *Service) keepLease(ctx context.Context, args TaskArgs, lose context.CancelCauseFunc) {
	tick := time.NewTicker(s.Lease / 3)
	defer tick.Stop()
	renewed := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		began := time.Now()
		attempt, cancel := context.WithTimeout(ctx, s.Lease/3)
		mine, err := renewLease(attempt, s.DB, args, s.owner, s.Lease)
		cancel()
		switch {
		case err == nil && mine:
			renewed = began
		case err == nil, time.Since(renewed) > s.Lease/2:
			lose(errLost)
			return
		}
	}
}

// endTask writes the outcome and moves the run on, in one transaction. An outcome that comes too late is dropped.
func (s *Service) endTask(ctx context.Context, row *TaskInstance, r *reporter, result Result, failure error) error {
	action, blocked, message := outcome(row.Options, result, failure)
	if message != "" {
		r.Logf(levelOf(action), "%s", message)
	}
	rest := r.take()
	return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		if mine, err := lockTask(ctx, tx, row.JobInstanceID, row.ID, row.Fence); err != nil || !mine {
			return err
		}
		if err := rest.write(ctx, tx, row.ID); err != nil {
			return err
		}
		if err := updateOutcome(ctx, tx, row.ID, blocked, message, action); err != nil {
			return err
		}
		if _, err := applyTasks(ctx, tx, s.Clock.Now(), action, row.ID); err != nil {
			return err
		}
		return s.afterTask(ctx, tx, row.JobInstanceID, row.Scope)
	})
}

// afterTask conducts the run whose task has ended, and those that wait for its scope.
func (s *Service) afterTask(ctx context.Context, tx bun.Tx, instanceID int64, scope string) error {
	if err := s.advance(ctx, tx, instanceID); err != nil {
		return err
	}
	waiting, err := selectWaitingFor(ctx, tx, scope, instanceID)
	if err != nil {
		return err
	}
	return enqueueConduct(ctx, tx, waiting...)
}

// giveBack does how with a task that this start of it will not end, unless it is somebody else's already.
func (s *Service) giveBack(ctx context.Context, args TaskArgs, how func(context.Context, bun.Tx, *TaskInstance) error) error {
	return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		row, err := findTask(ctx, tx, args.TaskInstanceID)
		if err != nil || row == nil {
			return err
		}
		if mine, err := lockTask(ctx, tx, row.JobInstanceID, row.ID, args.Fence); err != nil || !mine {
			return err
		}
		return how(ctx, tx, row)
	})
}

// waitForRoom waits until a full database may have room again, for less than the lease of the task, or until this process stops.
func (s *Service) waitForRoom(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(s.Lease / 3):
	}
}

// handOver gives a task away, with the reason for its log: another process, or this one, starts it at once, and that start is not counted.
func (s *Service) handOver(why string) func(context.Context, bun.Tx, *TaskInstance) error {
	return func(ctx context.Context, tx bun.Tx, row *TaskInstance) error {
		lines := logLines{{TaskInstanceID: row.ID, At: s.Clock.Now(), Level: LogWarn, Message: why}}
		if err := lines.write(ctx, tx); err != nil {
			return err
		}
		again, err := applyTasks(ctx, tx, s.Clock.Now(), HandOver, row.ID)
		if err != nil {
			return err
		}
		return enqueueTasks(ctx, tx, again)
	}
}

// restart starts a task again elsewhere, or gives up after maxStarts. The caller holds the locks of the run and the task.
func (s *Service) restart(ctx context.Context, tx bun.Tx, row *TaskInstance, why string) error {
	now := s.Clock.Now()
	if row.Attempt >= maxStarts {
		lines := logLines{{TaskInstanceID: row.ID, At: now, Level: LogError, Message: fmt.Sprintf("%s It was started %d times; giving up.", why, row.Attempt)}}
		if err := lines.write(ctx, tx); err != nil {
			return err
		}
		if _, err := applyTasks(ctx, tx, now, Abort, row.ID); err != nil {
			return err
		}
		return s.afterTask(ctx, tx, row.JobInstanceID, row.Scope)
	}
	lines := logLines{{TaskInstanceID: row.ID, At: now, Level: LogWarn, Message: fmt.Sprintf("%s Starting it again (%d of %d).", why, row.Attempt+1, maxStarts)}}
	if err := lines.write(ctx, tx); err != nil {
		return err
	}
	again, err := applyTasks(ctx, tx, now, Restart, row.ID)
	if err != nil {
		return err
	}
	return enqueueTasks(ctx, tx, again)
}
