package reconciliation

import (
	"context"
	"log/slog"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/clock"
	"writ/server/wired"
)

// Service decides about differences. app fills the hooks.
type Service struct {
	DB          *bun.DB
	Clock       *clock.Clock
	Log         *slog.Logger
	Assignments *assignment.Service
	Hooks
}

// Hooks are what reconciliation asks of rooms above. All are needed.
type Hooks struct {
	// Begin lets the server decide about all that a filter finds, for the caller, and gives the id of the bulk change.
	Begin func(ctx context.Context, asked Asked) (int64, error)
}

// New makes the service. It panics when a hook is missing.
func New(db *bun.DB, c *clock.Clock, log *slog.Logger, assignments *assignment.Service, hooks Hooks) *Service {
	wired.Need("reconciliation.New", hooks)
	return &Service{DB: db, Clock: c, Log: log, Assignments: assignments, Hooks: hooks}
}
