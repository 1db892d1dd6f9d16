package catalogue

import (
	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/clock"
)

// Service answers questions about the role model and the people in it. All rooms are needed.
type Service struct {
	DB          *bun.DB
	Clock       *clock.Clock
	Assignments *assignment.Service
}
