package desk

import (
	"context"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/assignment"
	"writ/server/clock"
	"writ/server/order"
	"writ/server/permit"
	"writ/server/reconciliation"
	"writ/server/request"
	"writ/server/synchronization"
	"writ/server/wired"
)

// Service shows people what is theirs. All rooms are needed.
type Service struct {
	Rooms
}

// Rooms are what a desk is put together from.
type Rooms struct {
	DB             *bun.DB
	Clock          *clock.Clock
	Assignments    *assignment.Service
	Requests       *request.Service
	Orders         *order.Service
	Reconciliation *reconciliation.Service
	Readings       *synchronization.Service
}

// New makes the service. It panics when a room is missing.
func New(rooms Rooms) *Service {
	wired.Need("desk.New", rooms)
	return &Service{Rooms: rooms}
}

// me is the person that the caller is; 0: his account is nobody's.
func me(ctx context.Context) int64 {
	if a := permit.From(ctx); a != nil {
		return a.ResourceID
	}
	return 0
}

// ids hands a list of ids over to SQL.
func ids(list []int64) any { return pgdialect.Array(list) }
