package bench

import (
	"context"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/clock"
	"writ/server/directory"
	"writ/server/manifest"
	"writ/server/order"
	ahead "writ/server/plan"
)

// System is the services of one process on a database of the benchmark.
type System struct {
	Clock       *clock.Clock
	Shapes      *directory.Shapes
	Writes      directory.Options // as the process writes resources: with its hooks
	Manifest    *manifest.Service
	Assignments *assignment.Service
	Orders      *order.Service
	Plans       *ahead.Service
	Close       func() error // nil: nothing to release
}

// Assemble wires the services on a migrated database: server/app.
type Assemble func(ctx context.Context, db *bun.DB, databaseURL string) (*System, error)
