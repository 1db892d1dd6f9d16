package mining

import (
	"context"
	"log/slog"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/clock"
	"writ/server/manifest"
	"writ/server/permit"
)

// Service looks for rules, and tells what it found.
type Service struct {
	DB          *bun.DB
	Clock       *clock.Clock
	Log         *slog.Logger
	Assignments *assignment.Service
	Manifest    *manifest.Service
}

// EventChanged is the kind of the event that a run moved.
const EventChanged = "mining_run.changed"

// MayLook refuses whoever may not read the role model: runs count people, and name those whom the caller may see anyway.
func (s *Service) MayLook(ctx context.Context) error {
	_, err := permit.Require(ctx, permit.RoleModelQuery)
	return err
}

// mayRun refuses whoever may not change the role model.
func mayRun(ctx context.Context) error {
	_, err := permit.Require(ctx, permit.RoleModelUpdate)
	return err
}
