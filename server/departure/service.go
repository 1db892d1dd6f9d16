package departure

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/auth"
	"writ/server/clock"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/order"
	"writ/server/permit"
	"writ/server/wired"
)

// EventDeparted is the kind of the event that somebody was made to leave at once, that it waits for a second person, or that he is back (requests 17).
const EventDeparted = "person.departed"

const (
	// defaultBudget is how many people may be made to leave within an hour before a second person has to confirm each.
	defaultBudget = 10
	// patience is how long a departure waits for a second person.
	patience = time.Hour
	// maxReason is the longest reason in characters.
	maxReason = 4000
)

// Service makes people leave. All rooms are needed.
type Service struct {
	Rooms
	Budget int // people within an hour that one person decides about; 0: 10
}

// Rooms are what it needs of others.
type Rooms struct {
	DB          *bun.DB
	Clock       *clock.Clock
	Log         *slog.Logger
	Assignments *assignment.Service
	Orders      *order.Service
	Auth        *auth.Service
	// Post makes the mail that somebody was made to leave.
	Post func(ctx context.Context, tx bun.Tx, l Letter) error
}

// New makes the service. It panics when a room is missing.
func New(rooms Rooms, budget int) *Service {
	wired.Need("departure.New", rooms)
	if budget == 0 {
		budget = defaultBudget
	}
	return &Service{Rooms: rooms, Budget: budget}
}

// person is somebody, as far as a departure is concerned.
type person struct {
	ID           int64
	EntityTypeID int64
	DisplayName  string
	IsGone       bool
}

// refused is for whoever may not make anybody leave.
func refused() error {
	return errs.New(errs.Forbidden, "You do not have the permission to make anybody leave at once. Ask an administrator to grant it to one of your profiles.")
}

// open gives somebody whom the caller may make leave. FORBIDDEN: nobody at all; NOT_FOUND: not this one.
func (s *Service) open(ctx context.Context, b bun.IDB, id int64, field string) (*person, error) {
	if err := permit.SignedIn(ctx); err != nil {
		return nil, err
	}
	m, err := s.Assignments.Model(ctx, b)
	if err != nil {
		return nil, err
	}
	var list []db.Condition
	for _, t := range m.Shape.EntityTypes {
		scope := permit.Find(ctx, permit.DepartNow(t.Identifier)).OfOwners()
		if scope.On(t.Identifier).Allowed() {
			list = append(list, bun.SafeQuery("w.entity_type_id = ? and ?", t.ID, directory.Rows(m.Shape, t.ID, "w", scope)))
		}
	}
	if len(list) == 0 {
		return nil, refused()
	}
	var found []*person
	if err := b.NewRaw(`select w.id, w.entity_type_id, coalesce(nullif(w.display_name, ''), w.key) as display_name, w.valid_to <> 'infinity' as is_gone from resource w
		where w.id = ? and w.entity_type_id in (select distinct source_entity_type_id from resource_type) and ?`, id, db.AnyOf(list...)).Scan(ctx, &found); err != nil {
		return nil, fmt.Errorf("read who is to leave: %w", err)
	}
	if len(found) == 0 {
		return nil, errs.New(errs.NotFound, "There is no person %d, or it is not yours to make them leave.", id).At(field)
	}
	return found[0], nil
}
