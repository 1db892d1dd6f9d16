package reconciliation

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"writ/server/queue"
)

// DecideArgs asks to carry a run out, or to go on with it.
type DecideArgs struct {
	RunID int64 `json:"run_id"`
}

// Kind is the name of the River job.
func (DecideArgs) Kind() string { return "reconcile" }

// InsertOpts: one lost attempt is no loss, the sweep asks again.
func (DecideArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 3} }

// DecideWorker carries a run out. Running twice is harmless.
type DecideWorker struct {
	river.WorkerDefaults[DecideArgs]
	Service *Service
}

// Work goes on with the run where it stands.
func (w *DecideWorker) Work(ctx context.Context, j *river.Job[DecideArgs]) error {
	return w.Service.drain(ctx, j.Args.RunID)
}

// silence is how long a run that nobody moves is left alone: its process may be gone.
const silence = 5 * time.Second

// Sweep asks again for runs that nobody carries out: their process was killed, or failed.
func (s *Service) Sweep(ctx context.Context) error {
	var open []int64
	if err := s.DB.NewRaw(`select id from reconciliation_run where ended_at is null and updated_at < clock_timestamp() - ?::interval order by id limit 100`,
		fmt.Sprintf("%d milliseconds", silence.Milliseconds())).Scan(ctx, &open); err != nil {
		return fmt.Errorf("look for runs to go on with: %w", err)
	}
	for _, id := range open {
		if err := queue.Insert(ctx, s.DB, DecideArgs{RunID: id}, nil); err != nil {
			return err
		}
	}
	return nil
}
