package assignment

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"writ/server/permit"
)

// EvaluateWorker drains what is dirty: the continuous chain. Running twice is harmless.
type EvaluateWorker struct {
	river.WorkerDefaults[EvaluateArgs]
	Assignments *Service
}

// Timeout of one pass; the sweep asks again for what is left.
func (w *EvaluateWorker) Timeout(*river.Job[EvaluateArgs]) time.Duration { return waitLimit }

// Work evaluates dirty owners unless a job is at work: then the job does it, and asks again when it ends.
func (w *EvaluateWorker) Work(ctx context.Context, _ *river.Job[EvaluateArgs]) error {
	ctx = permit.With(ctx, permit.System("policy"))
	s := w.Assignments
	if paused, err := s.Paused(ctx, s.DB); err != nil || paused {
		return err
	}
	_, err := s.Drain(ctx)
	return err
}
