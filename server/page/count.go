package page

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"writ/server/db"
)

// Exact is up to how many rows a list is counted; what is longer is estimated.
const Exact = 10_000

// Count is how long a list is.
type Count struct {
	Rows       int
	IsEstimate bool
}

// CountRows counts what stands after "from": exactly up to Exact rows. Beyond, it is what PostgreSQL estimates, and never less.
func CountRows(ctx context.Context, b bun.IDB, from schema.QueryWithArgs) (c Count, err error) {
	err = db.Select(ctx, b, bun.SafeQuery("select count(*) from (select from ? limit ?) counted", from, db.Fixed(Exact+1)), func(r *db.Row) error {
		c.Rows = int(r.Int())
		return nil
	})
	if err != nil || c.Rows <= Exact {
		return c, err
	}
	c.IsEstimate = true
	var raw string
	if err := b.NewRaw("explain (format json) select from ?", from).Scan(ctx, &raw); err != nil {
		return c, fmt.Errorf("estimate: %w", err)
	}
	var plans []struct {
		Plan struct {
			Rows float64 `json:"Plan Rows"`
		}
	}
	if err := json.Unmarshal([]byte(raw), &plans); err != nil || len(plans) == 0 {
		return c, fmt.Errorf("read an estimate: %w", err)
	}
	c.Rows = max(c.Rows, int(plans[0].Plan.Rows))
	return c, nil
}

// MakeCounted is Make with a total that may be an estimate.
func MakeCounted[T any](rows []T, a Args, total Count, key func(T) any) *Connection[T] {
	c := Make(rows, a, total.Rows, key)
	c.TotalCountIsEstimate = total.IsEstimate
	return c
}
