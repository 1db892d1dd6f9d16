package plan

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/permit"
)

// condition is a piece of SQL over i (an item) and w (the resource it is about).
type condition = db.Condition

var everything = bun.SafeQuery("true")

// visible is what the caller may see of what plans would do to people: those whose assignments, orders and data he may read. whole: everybody.
func (s *Service) visible(ctx context.Context) (may condition, whole bool, err error) {
	if _, err := permit.Require(ctx, permit.SimulationQuery); err != nil {
		return everything, false, err
	}
	shape, err := s.Shapes.Load(ctx, s.DB)
	if err != nil {
		return everything, false, fmt.Errorf("read the shape of the data: %w", err)
	}
	assignments, orders := permit.Find(ctx, permit.AssignmentQuery).OfOwners(), permit.Find(ctx, permit.OrderQuery).OfOwners()
	var list []condition
	whole = assignments.Everything() && orders.Everything()
	for id, t := range shape.EntityTypes {
		read, err := directory.MayRead(ctx, t.Identifier)
		if err != nil || !assignments.On(t.Identifier).Allowed() || !orders.On(t.Identifier).Allowed() {
			whole = false
			continue
		}
		whole = whole && read.All(t.Identifier)
		list = append(list, bun.SafeQuery("(i.type_id = ? and ? and ? and ?)", id, directory.Rows(shape, id, "w", assignments), directory.Rows(shape, id, "w", orders), directory.Rows(shape, id, "w", read)))
	}
	if whole {
		return everything, true, nil
	}
	return db.AnyOf(list...), false, nil
}
