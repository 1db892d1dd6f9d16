package plan

import (
	"context"
	"log/slog"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/clock"
	"writ/server/directory"
	"writ/server/manifest"
	"writ/server/order"
	"writ/server/permit"
	"writ/server/wired"
)

// EventChanged is the kind of the event that a plan moved on.
const EventChanged = "plan.changed"

// Service makes plans and applies them.
type Service struct {
	Rooms
	Hooks

	running chan struct{} // one at a time in a process: each takes the memory of a few batches, and both cores
}

// Rooms are those that a plan goes through.
type Rooms struct {
	DB          *bun.DB
	Clock       *clock.Clock
	Log         *slog.Logger
	Shapes      *directory.Shapes
	Directory   *directory.Service
	Manifest    *manifest.Service
	Assignments *assignment.Service
	Orders      *order.Service
}

// Hooks are what plans ask of rooms above. All are needed.
type Hooks struct {
	// Actor is an account with the rights it has now; nil: it may not be used any more.
	Actor func(ctx context.Context, userID int64) (*permit.Actor, error)
}

// New makes the service; it panics when a room or a hook is missing.
func New(rooms Rooms, hooks Hooks) *Service {
	wired.Need("plan.New", rooms)
	wired.Need("plan.New", hooks)
	return &Service{Rooms: rooms, Hooks: hooks, running: make(chan struct{}, 1)}
}
