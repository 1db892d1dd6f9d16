package request

import (
	"context"
	"log/slog"
	"sync/atomic"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/clock"
	"writ/server/delegation"
	"writ/server/risk"
	"writ/server/wired"
)

// Service keeps what people ask for. All rooms are needed.
type Service struct {
	Rooms
	swept atomic.Int64 // when Sweep looked last whose rights began or ended, in microseconds since 1970
}

// Rooms are what requests need of others.
type Rooms struct {
	DB          *bun.DB
	Clock       *clock.Clock
	Log         *slog.Logger
	Assignments *assignment.Service
	Risks       *risk.Service
	Delegations *delegation.Service
	Days        *Days
	Post        func(ctx context.Context, tx bun.Tx, l Letter) error // makes a mail, in the transaction
}

// New makes the service. It panics when a room is missing.
func New(rooms Rooms) *Service {
	wired.Need("request.New", rooms)
	return &Service{Rooms: rooms}
}

// model gives the compiled model in force.
func (s *Service) model(ctx context.Context, b bun.IDB) (*assignment.Model, error) {
	return s.Assignments.Model(ctx, b)
}

// names gives the identifier of an entity type of a model.
func names(m *assignment.Model) func(int64) string {
	return func(id int64) string {
		if t := m.Shape.EntityTypes[id]; t != nil {
			return t.Identifier
		}
		return ""
	}
}
