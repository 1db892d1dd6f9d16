package reconciliation

import (
	"context"
	"log/slog"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/clock"
	"writ/server/permit"
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
	// Actor gives an account with the rights of now; nil when it is gone, or may not be used any more.
	Actor func(ctx context.Context, userID int64) (*permit.Actor, error)
}

// New makes the service. It panics when a hook is missing.
func New(db *bun.DB, c *clock.Clock, log *slog.Logger, assignments *assignment.Service, hooks Hooks) *Service {
	wired.Need("reconciliation.New", hooks)
	return &Service{DB: db, Clock: c, Log: log, Assignments: assignments, Hooks: hooks}
}
