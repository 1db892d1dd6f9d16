package page

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
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
	believed, err := estimate(ctx, b, from)
	if err != nil {
		return c, err
	}
	return Count{Rows: max(c.Rows, believed[0]), IsEstimate: true}, nil
}

// countOf counts what stands after "from" for each of several parents, as CountRows does; from speaks of parent.id.
func countOf(ctx context.Context, b bun.IDB, ids []int64, from schema.QueryWithArgs) (map[int64]Count, error) {
	counts := make(map[int64]Count, len(ids))
	var long []int64
	q := bun.SafeQuery("select parent.id, (select count(*) from (select from ? limit ?) counted) from unnest(?::bigint[]) parent (id)", from, db.Fixed(Exact+1), pgdialect.Array(ids))
	err := db.Select(ctx, b, q, func(r *db.Row) error {
		id, n := r.Int(), int(r.Int())
		counts[id] = Count{Rows: n}
		if n > Exact {
			long = append(long, id)
		}
		return nil
	})
	if err != nil || len(long) == 0 {
		return counts, err
	}
	lists := make([]schema.QueryWithArgs, len(long))
	for i, id := range long {
		lists[i] = bun.SafeQuery("(select ?::bigint as id) parent join lateral (select from ?) counted on true", id, from)
	}
	believed, err := estimate(ctx, b, lists...)
	if err != nil {
		return nil, err
	}
	for i, id := range long {
		counts[id] = Count{Rows: max(counts[id].Rows, believed[i]), IsEstimate: true}
	}
	return counts, nil
}

// estimate tells how many rows the planner believes to stand after "from" of each list: one statement, which reads none of them.
func estimate(ctx context.Context, b bun.IDB, lists ...schema.QueryWithArgs) ([]int, error) {
	marks, values := make([]string, len(lists)), make([]any, len(lists))
	for i, from := range lists {
		marks[i], values[i] = "array(select 1 from ?)", from
	}
	var raw string
	if err := b.NewRaw("explain (format json) select "+strings.Join(marks, ", "), values...).Scan(ctx, &raw); err != nil {
		return nil, fmt.Errorf("estimate: %w", err)
	}
	var plans []struct {
		Plan struct {
			Plans []struct {
				Rows float64 `json:"Plan Rows"`
			}
		}
	}
	if err := json.Unmarshal([]byte(raw), &plans); err != nil || len(plans) == 0 || len(plans[0].Plan.Plans) != len(lists) {
		return nil, fmt.Errorf("read an estimate of %d lists: %s: %w", len(lists), raw, err)
	}
	rows := make([]int, len(lists))
	for i, p := range plans[0].Plan.Plans {
		rows[i] = int(p.Rows)
	}
	return rows, nil
}

// MakeCounted is Make with a total that may be an estimate.
func MakeCounted[T any](rows []T, a Args, total Count, key func(T) any) *Connection[T] {
	c := Make(rows, a, total.Rows, key)
	c.TotalCountIsEstimate = total.IsEstimate
	return c
}
