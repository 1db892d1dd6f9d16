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
// follows from the side they point to. computed: only those for which the stored property expressions are done. A row that is written again meanwhile waits for this transaction and comes back.
func TakeChanged(ctx context.Context, tx bun.Tx, only []int64, limit int, backward []int64, computed bool) ([]Changed, error) {
	var some any
	if only != nil {
		some = pgdialect.Array(only)
	}
	if backward == nil {
		backward = []int64{}
	}
	var taken []Changed
	err := tx.NewRaw(`delete from changed_resource where resource_id in
		(select resource_id from changed_resource where (?0::bigint[] is null or resource_id = any (?0)) and (not ?3 or computed = seq) order by resource_id limit ?1 for update skip locked)
		returning resource_id, reverse_properties is null or reverse_properties && ?2::bigint[] as concerns`, some, limit, pgdialect.Array(backward), computed).Scan(ctx, &taken)
	if err != nil {
		return nil, fmt.Errorf("take changed resources: %w", err)
	}
	return taken, nil
}

// Uncomputed is a changed resource for whose readers the stored property expressions are not done.
type Uncomputed struct{ ResourceID, EntityTypeID, Seq int64 }

// NotComputed lists at most limit of them.
func NotComputed(ctx context.Context, b bun.IDB, limit int) (list []Uncomputed, err error) {
	err = b.NewRaw(`select resource_id, entity_type_id, seq from changed_resource where computed is distinct from seq order by resource_id limit ?`, limit).Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("read changed resources: %w", err)
	}
	return list, nil
}

// NoteComputed notes that everything is done that reads these resources as they were when they were listed; one that changed since stays to do.
func NoteComputed(ctx context.Context, b bun.IDB, list []Uncomputed) error {
	resources, seqs := make([]int64, len(list)), make([]int64, len(list))
	for i, c := range list {
		resources[i], seqs[i] = c.ResourceID, c.Seq
	}
	_, err := b.NewRaw(`update changed_resource c set computed = n.seq from (select * from unnest(?::bigint[], ?::bigint[]) n (id, seq) order by id) n
		where c.resource_id = n.id and c.seq = n.seq`, array(resources), array(seqs)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("note what was computed: %w", err)
	}
	return nil
}
