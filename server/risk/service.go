package risk

import (
	"context"
	"maps"
	"slices"

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

// Named gives a risk of a model as it is shown; nil: it is gone.
func (s *Service) Named(m *assignment.Model, id int64) *Risk {
	r := m.Risk(id)
	if r == nil {
		return nil
	}
	return named(m, r)
}

// condition is a piece of SQL over i (an identified risk) and w (who has it).
type condition = db.Condition

// seen is the condition under which the caller may know that somebody has a risk: he needs permit.IdentifiedRiskQuery and the right to read him,
// on the same row. Forbidden without that permission.
func seen(ctx context.Context, m *assignment.Model) (condition, error) {
	types := map[int64]bool{}
	for _, r := range m.Source.Risks {
		types[r.EntityTypeID] = true
	}
	parts, err := seenOf(ctx, m, slices.Collect(maps.Keys(types)))
	switch {
	case err != nil || len(parts) == 0:
		return bun.SafeQuery("false"), err
	case len(parts) == len(types) && whole(ctx, m, types):
		return bun.SafeQuery("true"), nil
	}
	return db.AnyOf(parts...), nil
}

// whole reports whether the caller may know of everybody of some entity types.
func whole(ctx context.Context, m *assignment.Model, types map[int64]bool) bool {
	owners := permit.Find(ctx, permit.IdentifiedRiskQuery).OfOwners()
	for id := range types {
		if name := m.Shape.EntityTypes[id].Identifier; !owners.All(name) || !directory.MayReadAll(ctx, name) {
			return false
		}
	}
	return true
}

// seenOf is that condition for each of some entity types of which the caller may see somebody.
func seenOf(ctx context.Context, m *assignment.Model, types []int64) (parts []condition, err error) {
	scope, err := permit.Require(ctx, permit.IdentifiedRiskQuery)
	if err != nil {
		return nil, err
	}
	owners := scope.OfOwners()
	slices.Sort(types)
	for _, id := range types {
		t := m.Shape.EntityTypes[id]
		if t == nil {
			continue
		}
		read, err := directory.MayRead(ctx, t.Identifier)
		switch {
		case err != nil || !owners.On(t.Identifier).Allowed():
		case owners.All(t.Identifier) && read.All(t.Identifier):
			parts = append(parts, bun.SafeQuery("w.entity_type_id = ?", id))
		default:
			parts = append(parts, db.AllOf(bun.SafeQuery("w.entity_type_id = ?", id), directory.Rows(m.Shape, id, "w", owners), directory.Rows(m.Shape, id, "w", read)))
		}
	}
	return parts, nil
}
