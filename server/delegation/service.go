package delegation

import (
	"github.com/uptrace/bun"

	"writ/server/clock"
	"writ/server/directory"
	"writ/server/wired"
)

// EventChanged is the kind of the event that a delegation was made, moved on, or ends earlier (requests 17).
const EventChanged = "delegation.changed"

// Service keeps delegations. All rooms are needed.
type Service struct {
	Rooms
	Settings
}

// Rooms are what it needs of others.
type Rooms struct {
	DB     *bun.DB
	Clock  *clock.Clock
	Shapes *directory.Shapes
}

// Settings are what an installation decides about delegations.
type Settings struct {
	MaxDays int  // how long one lasts at most; 0: 180
	Demo    bool // demo accounts may act
}

// New makes the service. It panics when a room is missing.
func New(rooms Rooms, settings Settings) *Service {
	wired.Need("delegation.New", rooms)
	if settings.MaxDays == 0 {
		settings.MaxDays = 180
	}
	return &Service{Rooms: rooms, Settings: settings}
}
