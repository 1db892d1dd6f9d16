package redundancy

import (
	"context"
	"log/slog"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/clock"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/permit"
)

// Service finds what is redundant.
type Service struct {
	DB          *bun.DB
	Clock       *clock.Clock
	Log         *slog.Logger
	Assignments *assignment.Service
}

// Kinds of events.
const (
	// EventChanged tells that an analysis moved on.
	EventChanged = "redundancy_run.changed"
	// EventReleased tells that an assignment was left to the rules.
	EventReleased = "assignment.left_to_rules"
)

// MayLook refuses whoever may not see what is redundant.
func (s *Service) MayLook(ctx context.Context) error {
	_, err := permit.Require(ctx, permit.RedundantQuery)
	return err
}

// mayRun refuses whoever may not analyse, nor leave anything to the rules.
func mayRun(ctx context.Context) error {
	_, err := permit.Require(ctx, permit.RedundantStart)
	return err
}

// condition is a piece of SQL over x (what is redundant) and w (whose it is).
type condition = db.Condition

var nobody = bun.SafeQuery("false")

// seen is the condition of what the caller has a permission about: he needs it and the right to read whose it is, on the same row. Forbidden without the
// permission.
func seen(ctx context.Context, m *assignment.Model, permission string) (condition, error) {
	scope, err := permit.Require(ctx, permission)
	if err != nil {
		return nobody, err
	}
	owners, whole := scope.OfOwners(), true
	var parts []condition
	for _, t := range m.Shape.ByIdentifier {
		if !m.Computes(t.ID) {
			continue
		}
		read, err := directory.MayRead(ctx, t.Identifier)
		if err != nil || !owners.On(t.Identifier).Allowed() {
			whole = false
			continue
		}
		if owners.All(t.Identifier) && read.All(t.Identifier) {
			parts = append(parts, bun.SafeQuery("w.entity_type_id = ?", t.ID))
			continue
		}
		whole = false
		parts = append(parts, db.AllOf(bun.SafeQuery("w.entity_type_id = ?", t.ID), directory.Rows(m.Shape, t.ID, "w", owners), directory.Rows(m.Shape, t.ID, "w", read)))
	}
	switch {
	case len(parts) == 0:
		return nobody, nil
	case whole:
		return bun.SafeQuery("true"), nil
	}
	return db.AnyOf(parts...), nil
}
