package synchronization

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"writ/server/permit"
)

// SynchronizeArgs asks for a connector to be read if there is a reason to: its token changed, or something was written to it.
type SynchronizeArgs struct {
	ConnectorID int64 `json:"connectorId"`
}

// Kind names the job.
func (SynchronizeArgs) Kind() string { return "synchronize" }

// SynchronizeWorker works SynchronizeArgs off. Any number of them for one connector are harmless.
type SynchronizeWorker struct {
	river.WorkerDefaults[SynchronizeArgs]
	Service *Service
}

// Work drains the connector.
func (w *SynchronizeWorker) Work(ctx context.Context, job *river.Job[SynchronizeArgs]) error {
	return w.Service.Drain(permit.With(ctx, permit.System("synchronization")), job.Args.ConnectorID)
}

// Timeout: none. How long a reading takes is the managed system's affair; its frame bounds each answer.
func (w *SynchronizeWorker) Timeout(*river.Job[SynchronizeArgs]) time.Duration { return -1 }
