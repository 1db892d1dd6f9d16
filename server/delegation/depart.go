package delegation

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/db"
)

// EndOf ends every delegation of accounts, on whichever side they are, and gives their ids with the names of both (requests 12.8). Joins the caller's
// transaction.
func EndOf(ctx context.Context, tx bun.Tx, at time.Time, users []int64) (map[int64]string, error) {
	var open []int64
	if err := tx.NewRaw(`select id from delegation where closed_at is null and (delegator_id = any (?0) or deputy_id = any (?0)) order by id for update`, pgdialect.Array(users)).Scan(ctx, &open); err != nil {
		return nil, fmt.Errorf("look for delegations: %w", db.Explain(err))
	}
	out := make(map[int64]string, len(open))
	for _, id := range open {
		d, err := lock(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		if err := apply(ctx, tx, at, d, End, "One of the two has left."); err != nil {
			return nil, err
		}
		out[id] = d.Deputy + " for " + d.Delegator
	}
	return out, nil
}
