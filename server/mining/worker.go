package mining

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"writ/server/queue"
)

// MineArgs asks to carry a run out.
type MineArgs struct {
	RunID int64 `json:"run_id"`
}

// Kind is the name of the River job.
func (MineArgs) Kind() string { return "mine" }

// InsertOpts: one lost attempt is no loss, the sweep asks again.
func (MineArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 3} }

// MineWorker carries runs out. Running twice is harmless: one of them has the run in hand.
type MineWorker struct {
	river.WorkerDefaults[MineArgs]
	Service *Service
}

// Work carries a run out.
func (w *MineWorker) Work(ctx context.Context, j *river.Job[MineArgs]) error {
	return w.Service.work(ctx, j.Args.RunID)
}

// Timeout: none. A run is as long as it is; it can be stopped.
func (w *MineWorker) Timeout(*river.Job[MineArgs]) time.Duration { return -1 }

const (
	pulse   = time.Second      // between two signs of life
	silence = 10 * time.Second // after which a run is anybody's
)

// Sweep asks again for runs that nobody carries out: their process was killed.
func (s *Service) Sweep(ctx context.Context) error {
	var open []int64
	if err := s.DB.NewRaw(`select id from mining_run where ended_at is null and updated_at < clock_timestamp() - ?::interval`, interval(silence)).Scan(ctx, &open); err != nil {
		return fmt.Errorf("look for runs of mining to go on with: %w", err)
	}
	for _, id := range open {
		if err := queue.Insert(ctx, s.DB, MineArgs{RunID: id}, nil); err != nil {
			return err
		}
	}
	return nil
}

func interval(d time.Duration) string { return fmt.Sprintf("%d milliseconds", d.Milliseconds()) }
