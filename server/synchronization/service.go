package synchronization

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"writ/server/clock"
	"writ/server/directory"
	"writ/server/fulfil"
	"writ/server/wired"
)

// Service synchronizes. New makes one.
type Service struct {
	DB     *bun.DB
	Clock  *clock.Clock
	Shapes *directory.Shapes
	// Writes carries the hooks of directory.Writer (display names, changed data).
	Writes directory.Options
	Hooks
}

// Hooks are what synchronization asks of other rooms and tells those above. All are needed.
type Hooks struct {
	// Open connects to a managed system. Whoever opens closes.
	Open func(ctx context.Context, connectionID int64) (*fulfil.Opened, fulfil.Capability, error)
	// Applied runs in the transaction that applied a delivery, also one without changes: owners whose orders of the connector are
	// Transmitted or Executed have to be looked at again. startedAt is when the export began.
	Applied func(ctx context.Context, tx bun.Tx, connectorID int64, startedAt time.Time) error
	// Paused tells that a job is at work: the continuous mode leaves the reading to its tasks.
	Paused func(ctx context.Context, db bun.IDB) (bool, error)
}

// New makes the service. It panics when a hook is missing.
func New(db *bun.DB, c *clock.Clock, shapes *directory.Shapes, writes directory.Options, hooks Hooks) *Service {
	wired.Need("synchronization.New", hooks)
	return &Service{DB: db, Clock: c, Shapes: shapes, Writes: writes, Hooks: hooks}
}

// Reporter hears how a task goes; job.Reporter is one.
type Reporter interface {
	Logf(level, format string, args ...any) // level: DEBUG, INFO, WARN or ERROR
	Progress(done, total int)
	Count(name Counter, delta int)
}

type silent struct{}

func (silent) Logf(string, string, ...any) {}
func (silent) Progress(int, int)           {}
func (silent) Count(Counter, int)          {}

// RunInput says what to synchronize and how.
type RunInput struct {
	Connector string // identifier
	// Mode: Complete takes the tables for the whole truth; Incremental reads the command column of each row (without one it compares
	// like Complete); Initial is refused when the connector has data. "" = Complete, recorded as Initial when nothing is stored yet.
	Mode Mode
	// CommandColumn of an incremental delivery: insert, update, delete or merge. Default "command".
	CommandColumn  string
	Force          bool // apply even if a threshold is exceeded
	TaskInstanceID int64
	Reporter       Reporter // optional

	continuous bool      // thresholds count over the last hour, and rows that did not change are left out
	asked      []request // what was written since the last reading; none: something else changed
}

func (in RunInput) reporter() Reporter {
	if in.Reporter == nil {
		return silent{}
	}
	return in.Reporter
}
