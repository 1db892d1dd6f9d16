package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// Changed is a resource that changed since those who keep computed data looked last.
type Changed struct {
	ResourceID int64
	Concerns   bool // false: only links arrived from its other side, by navigations that nobody follows backward
}

// MarkChanged has the resources that a query gives looked at again, as if they had changed. n: how many.
func MarkChanged(ctx context.Context, tx bun.Tx, now time.Time, query string, args ...any) (n int64, err error) {
	res, err := tx.NewRaw(`insert into changed_resource (resource_id, entity_type_id, at)
		select x.id, x.entity_type_id, ?::timestamptz from resource x where x.id in (?) order by x.id
		on conflict (resource_id) do update set seq = changed_resource.seq + 1, reverse_properties = null`,
		now.UTC().Format(time.RFC3339Nano), bun.SafeQuery(query, args...)).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("mark resources changed: %w", err)
	}
	return res.RowsAffected()
}

// TakeChanged takes at most limit changed resources, all or only some (nil: all), out of the list. backward are the navigations that somebody
// follows from the side they point to. A row that is written again meanwhile waits for this transaction and comes back.
func TakeChanged(ctx context.Context, tx bun.Tx, only []int64, limit int, backward []int64) ([]Changed, error) {
	var some any
	if only != nil {
		some = pgdialect.Array(only)
	}
	if backward == nil {
		backward = []int64{}
	}
	var taken []Changed
	err := tx.NewRaw(`delete from changed_resource where resource_id in
		(select resource_id from changed_resource where ?0::bigint[] is null or resource_id = any (?0) order by resource_id limit ?1 for update skip locked)
		returning resource_id, reverse_properties is null or reverse_properties && ?2::bigint[] as concerns`, some, limit, pgdialect.Array(backward)).Scan(ctx, &taken)
	if err != nil {
		return nil, fmt.Errorf("take changed resources: %w", err)
	}
	return taken, nil
}
