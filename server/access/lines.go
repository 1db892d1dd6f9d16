package access

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/directory"
)

// Lines gives, by entity type, the properties that say to whom somebody reports: those that lead to the same entity type, and that an access rule compares
// with the signed-in user.
func Lines(ctx context.Context, b bun.IDB, shape *directory.Shape) (map[int64][]int64, error) {
	out := map[int64][]int64{}
	err := db.Select(ctx, b, bun.SafeQuery(`select distinct r.entity_type, f.binding from access_filter f join access_rule r on r.id = f.rule_id where f.is_current_user order by 1, 2`), func(r *db.Row) error {
		name, binding := r.Text(), r.Text()
		for _, t := range shape.EntityTypes {
			if t.Identifier != name {
				continue
			}
			if p := shape.Property(t.ID, binding); p != nil && !p.IsCollection && p.TargetEntityTypeID != nil && *p.TargetEntityTypeID == t.ID {
				out[t.ID] = append(out[t.ID], p.ID)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read who reports to whom: %w", err)
	}
	return out, nil
}
