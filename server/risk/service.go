package risk

import (
	"context"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/permit"
)

// Service reads risks, and who has them.
type Service struct {
	DB          *bun.DB
	Assignments *assignment.Service
}

// condition is a piece of SQL over i (an identified risk) and w (who has it).
type condition = db.Condition

// seen is the condition under which the caller may know that somebody has a risk: he needs permit.IdentifiedRiskQuery and the right to read him,
// on the same row. Forbidden without that permission.
func seen(ctx context.Context, m *assignment.Model) (condition, error) {
	scope, err := permit.Require(ctx, permit.IdentifiedRiskQuery)
	if err != nil {
		return bun.SafeQuery("false"), err
	}
	owners, whole := scope.OfOwners(), true
	var parts []condition
	done := map[int64]bool{}
	for _, r := range m.Source.Risks {
		t := m.Shape.EntityTypes[r.EntityTypeID]
		if t == nil || done[t.ID] {
			continue
		}
		done[t.ID] = true
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
		return bun.SafeQuery("false"), nil
	case whole:
		return bun.SafeQuery("true"), nil
	}
	return db.AnyOf(parts...), nil
}
