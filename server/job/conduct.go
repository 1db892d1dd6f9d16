package job

import (
	"context"
	"fmt"
	"slices"

	"github.com/riverqueue/river"
	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/permit"
	"writ/server/queue"
)

// ConductArgs asks to move one run on. It is inserted whenever something happened to it; running it twice is harmless.
type ConductArgs struct {
	JobInstanceID int64 `json:"jobInstanceId"`
}

// Kind implements river.JobArgs.
func (ConductArgs) Kind() string { return "job_conduct" }

// Register adds the workers of this room. The process must work the queues "default" and TaskQueue.
func (s *Service) Register(w *river.Workers) {
	river.AddWorker(w, river.WorkFunc(func(ctx context.Context, j *river.Job[ConductArgs]) error {
		return s.conduct(ctx, j.Args.JobInstanceID)
	}))
	river.AddWorker(w, &taskWorker{s: s})
}

func (s *Service) conduct(ctx context.Context, id int64) error {
	ctx = permit.With(ctx, permit.System("job"))
	return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error { return s.advance(ctx, tx, id) })
}

// advance looks at a run and does what decide says. Lock order everywhere in this room: the run, then startLock, then its tasks.
func (s *Service) advance(ctx context.Context, tx bun.Tx, id int64) error {
	i, err := lockInstance(ctx, tx, id)
	if err != nil || i == nil || i.State.IsFinal() {
		return err
	}
	tasks, err := selectTasks(ctx, tx, []int64{id})
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	d := decide(i, tasks)
	if d.begin {
		if _, err := applyInstances(ctx, tx, now, Start, id); err != nil {
			return err
		}
	}
	if _, err := applyTasks(ctx, tx, now, Skip, d.skip...); err != nil {
		return err
	}
	if _, err := applyTasks(ctx, tx, now, Cancel, d.cancel...); err != nil {
		return err
	}
	if err := s.startTasks(ctx, tx, tasks, d.start); err != nil {
		return err
	}
	if err := updateProgress(ctx, tx, id); err != nil {
		return err
	}
	if d.instance == "" {
		return nil
	}
	return s.rest(ctx, tx, id, d.instance, tasks)
}

// startTasks starts those whose scope is free. The others stay WAITING: who ends a task conducts the runs that wait for its scope.
func (s *Service) startTasks(ctx context.Context, tx bun.Tx, tasks []*TaskInstance, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	busy, err := lockScopes(ctx, tx)
	if err != nil {
		return err
	}
	var free []int64
	for _, t := range tasks {
		if slices.Contains(ids, t.ID) && !busy[t.Scope] {
			busy[t.Scope] = true
			free = append(free, t.ID)
		}
	}
	started, err := applyTasks(ctx, tx, s.Clock.Now(), Start, free...)
	if err != nil {
		return err
	}
	return enqueueTasks(ctx, tx, started)
}

func enqueueTasks(ctx context.Context, tx bun.Tx, tasks []*TaskInstance) error {
	jobs := make([]river.InsertManyParams, len(tasks))
	for i, t := range tasks {
		jobs[i] = river.InsertManyParams{Args: TaskArgs{TaskInstanceID: t.ID, Fence: t.Fence}}
	}
	return queue.InsertMany(ctx, tx, jobs)
}

// rest ends or blocks a run and tells who wants to know.
func (s *Service) rest(ctx context.Context, tx bun.Tx, id int64, action Action, tasks []*TaskInstance) error {
	moved, err := applyInstances(ctx, tx, s.Clock.Now(), action, id)
	if err != nil {
		return err
	}
	if len(moved) == 0 {
		return fmt.Errorf("%s job instance %d: not in a state for it", action, id)
	}
	if action == Block {
		if err := s.supersede(ctx, tx, moved[0], blockedNames(tasks)); err != nil {
			return err
		}
	}
	return s.Ended(ctx, tx, moved[0])
}

func blockedNames(tasks []*TaskInstance) []string {
	var names []string
	for _, t := range tasks {
		if t.State == TaskBlocked {
			names = append(names, t.Identifier)
		}
	}
	return names
}

// supersede gives up older blocked runs of the same job: all of them (steps nil), or those that one of the steps blocked too.
// Otherwise a schedule that blocks again and again would pile up the same question.
func (s *Service) supersede(ctx context.Context, tx bun.Tx, newer *JobInstance, steps []string) error {
	ids, err := selectOlderBlocked(ctx, tx, newer, steps)
	if err != nil {
		return err
	}
	return s.giveUp(ctx, tx, ids)
}

// giveUp closes blocked runs for good.
func (s *Service) giveUp(ctx context.Context, tx bun.Tx, ids []int64) error {
	given, err := applyInstances(ctx, tx, s.Clock.Now(), GiveUp, ids...)
	if err != nil || len(given) == 0 {
		return err
	}
	tasks, err := selectTasks(ctx, tx, instanceIDs(given))
	if err != nil {
		return err
	}
	var open []int64
	var blocked []*TaskInstance
	for _, t := range tasks {
		switch t.State {
		case TaskBlocked:
			blocked = append(blocked, t)
			open = append(open, t.ID)
		case TaskWaiting:
			open = append(open, t.ID)
		}
	}
	if _, err := applyTasks(ctx, tx, s.Clock.Now(), Cancel, open...); err != nil {
		return err
	}
	if err := s.GivenUp(ctx, tx, blocked); err != nil {
		return err
	}
	for _, i := range given {
		if err := s.Ended(ctx, tx, i); err != nil {
			return err
		}
	}
	return nil
}

func instanceIDs(instances []*JobInstance) []int64 {
	ids := make([]int64, len(instances))
	for n, i := range instances {
		ids[n] = i.ID
	}
	return ids
}
