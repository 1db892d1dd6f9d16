package order

import (
	"context"
	"errors"
	"time"

	"github.com/riverqueue/river"
)

// GenerateArgs is the River job that generates orders of one continuous connector; 0: all of them.
type GenerateArgs struct {
	ConnectorID int64 `json:"connectorId"`
}

// Kind names the job.
func (GenerateArgs) Kind() string { return "order_generate" }

// How a continuous generation waits for the evaluation: it looks again after a pause, and goes on without it when the backlog does not end,
// so that a constant stream of changes cannot stop everything.
const (
	backlogPause    = 100 * time.Millisecond
	backlogPatience = 20 * time.Second
)

// GenerateWorker runs continuous generations. While a job runs it leaves them to the job.
type GenerateWorker struct {
	river.WorkerDefaults[GenerateArgs]
	Service *Service
}

// Timeout leaves room for the largest backlog; the lock of the connector is held that long at most.
func (w *GenerateWorker) Timeout(*river.Job[GenerateArgs]) time.Duration { return 10 * time.Minute }

// Work generates once more as long as somebody asked meanwhile.
func (w *GenerateWorker) Work(ctx context.Context, job *river.Job[GenerateArgs]) error {
	s := w.Service
	if time.Since(job.CreatedAt) < backlogPatience {
		waiting, err := s.Backlog(ctx, s.DB)
		if err != nil {
			return err
		}
		if waiting > 0 {
			return river.JobSnooze(backlogPause)
		}
	}
	return s.generates.run(job.Args.ConnectorID, func() error {
		if paused, err := s.paused(ctx); err != nil || paused {
			return err
		}
		connectors := []int64{job.Args.ConnectorID}
		if job.Args.ConnectorID == 0 { // one after the other: a threshold of one connector must not stop the others
			var err error
			if connectors, err = s.ungenerated(ctx, s.DB, true, true); err != nil {
				return err
			}
		}
		var failed error
		for _, id := range connectors {
			if _, err := s.Generate(ctx, GenerateInput{Continuous: true, connectorID: id}); err != nil {
				failed = errors.Join(failed, err)
			}
		}
		return failed
	})
}
