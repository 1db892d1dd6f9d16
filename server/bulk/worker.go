package bulk

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"writ/server/queue"
)

// RunArgs asks to carry a bulk change out, or to go on with it.
type RunArgs struct {
	BulkChangeID int64 `json:"bulk_change_id"`
}

// Kind is the name of the River job.
func (RunArgs) Kind() string { return "bulk_change" }

// Queue is River's queue for bulk changes, apart from the drains: they may take hours, and one account may have many.
const Queue = "bulk"

// InsertOpts: one lost attempt is no loss, the sweep asks again.
func (RunArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 3, Queue: Queue} }

// RunWorker carries bulk changes out. Running twice is harmless.
type RunWorker struct {
	river.WorkerDefaults[RunArgs]
	Service *Service
}

// Timeout: none. A bulk change is as long as it is; it can be stopped.
func (w *RunWorker) Timeout(*river.Job[RunArgs]) time.Duration { return -1 }

// Work goes on where it stands.
func (w *RunWorker) Work(ctx context.Context, j *river.Job[RunArgs]) error {
	return w.Service.drain(ctx, j.Args.BulkChangeID)
}

// silence is how long a bulk change that nobody moves is left alone: its process may be gone.
const silence = 5 * time.Second

// Sweep asks again for bulk changes that nobody carries out: their process was killed, or failed. Those that wait for a worker are asked for already.
func (s *Service) Sweep(ctx context.Context) error {
	var open []int64
	if err := s.DB.NewRaw(`select id from bulk_change where ended_at is null and updated_at < clock_timestamp() - ?::interval
			and id <> all (select (args ->> 'bulk_change_id')::bigint from river_job where state = 'available' and queue = ?)
		order by id limit 100`, fmt.Sprintf("%d milliseconds", silence.Milliseconds()), Queue).Scan(ctx, &open); err != nil {
		return fmt.Errorf("look for bulk changes to go on with: %w", err)
	}
	for _, id := range open {
		if err := queue.Insert(ctx, s.DB, RunArgs{BulkChangeID: id}, nil); err != nil {
			return err
		}
	}
	return nil
}
