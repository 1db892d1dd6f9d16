package bulk

import (
	"context"
	"log/slog"

	"github.com/uptrace/bun"

	"writ/server/clock"
	"writ/server/directory"
	"writ/server/order"
	"writ/server/permit"
	"writ/server/reconciliation"
	"writ/server/redundancy"
	"writ/server/request"
	"writ/server/wired"
)

// EventChanged is the kind of the event that a bulk change moved on.
const EventChanged = "bulk_change.changed"

// Service carries out bulk changes.
type Service struct {
	Rooms
	Hooks
}

// Rooms are those whose single decisions it makes.
type Rooms struct {
	DB             *bun.DB
	Clock          *clock.Clock
	Log            *slog.Logger
	Reconciliation *reconciliation.Service
	Redundancy     *redundancy.Service
	Orders         *order.Service
	Directory      *directory.Service
	Requests       *request.Service
}

// Hooks are what bulk changes ask of rooms above. All are needed.
type Hooks struct {
	// Actor is an account with the rights it has now; nil: it may not be used any more.
	Actor func(ctx context.Context, userID int64) (*permit.Actor, error)
}

// New makes the service; it panics when a room or a hook is missing.
func New(rooms Rooms, hooks Hooks) *Service {
	wired.Need("bulk.New", rooms)
	wired.Need("bulk.New", hooks)
	return &Service{Rooms: rooms, Hooks: hooks}
}
