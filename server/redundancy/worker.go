package redundancy

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"writ/server/queue"
)

// AnalyseArgs asks to carry an analysis out.
type AnalyseArgs struct {
	RunID int64 `json:"run_id"`
}

// Kind is the name of the River job.
func (AnalyseArgs) Kind() string { return "analyse_redundancy" }

// InsertOpts: one lost attempt is no loss, the sweep asks again.
func (AnalyseArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 3} }

// AnalyseWorker carries analyses out. Running twice is harmless: one of them has the analysis in hand.
type AnalyseWorker struct {
	river.WorkerDefaults[AnalyseArgs]
	Service *Service
}

// Work carries an analysis out.
func (w *AnalyseWorker) Work(ctx context.Context, j *river.Job[AnalyseArgs]) error {
	return w.Service.work(ctx, j.Args.RunID)
}

// Timeout: none. An analysis is as long as it is; it can be stopped.
func (w *AnalyseWorker) Timeout(*river.Job[AnalyseArgs]) time.Duration { return -1 }

// silence is after how long without a sign of life an analysis is anybody's. Each portion of owners is a sign.
const silence = 30 * time.Second

// Sweep asks again for analyses that nobody carries out: their process was killed.
func (s *Service) Sweep(ctx context.Context) error {
	var open []int64
	if err := s.DB.NewRaw(`select id from redundancy_run where ended_at is null and updated_at < clock_timestamp() - ?::interval`, interval(silence)).Scan(ctx, &open); err != nil {
		return fmt.Errorf("look for analyses to go on with: %w", err)
	}
	for _, id := range open {
		if err := queue.Insert(ctx, s.DB, AnalyseArgs{RunID: id}, nil); err != nil {
			return err
		}
	}
	return nil
}

func interval(d time.Duration) string { return fmt.Sprintf("%d milliseconds", d.Milliseconds()) }
