package plan

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"writ/server/queue"
)

// RunArgs asks to compute a plan, to apply it, or to go on with either.
type RunArgs struct {
	PlanID int64 `json:"plan_id"`
}

// Kind is the name of the River job.
func (RunArgs) Kind() string { return "plan" }

// InsertOpts: one lost attempt is no loss, the sweep asks again.
func (RunArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 3} }

// RunWorker computes and applies plans. Running twice is harmless.
type RunWorker struct {
	river.WorkerDefaults[RunArgs]
	Service *Service
}

// Timeout: none of its own, the lease says who has a plan.
func (w *RunWorker) Timeout(*river.Job[RunArgs]) time.Duration { return -1 }

// Work does what the state of the plan asks for.
func (w *RunWorker) Work(ctx context.Context, j *river.Job[RunArgs]) error {
	if err := w.Service.compute(ctx, j.Args.PlanID); err != nil {
		return err
	}
	return w.Service.carryOut(ctx, j.Args.PlanID)
}

// Sweep asks again for plans that no process has in hand: theirs was killed, or failed.
func (s *Service) Sweep(ctx context.Context) error {
	var open []int64
	if err := s.DB.NewRaw(`select id from plan where state in ('QUEUED', 'RUNNING', 'APPLYING') and coalesce(lease_until, '-infinity') < clock_timestamp() - interval '2 seconds'
		and created_at < ? order by id limit 20`, s.Clock.Now().Add(-2*time.Second)).Scan(ctx, &open); err != nil {
		return fmt.Errorf("look for plans to go on with: %w", err)
	}
	for _, id := range open {
		if err := queue.Insert(ctx, s.DB, RunArgs{PlanID: id}, nil); err != nil {
			return err
		}
	}
	return nil
}
