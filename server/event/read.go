package event

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// Row is an event as readers see it.
type Row struct {
	Cursor           Cursor
	At               time.Time
	Kind             string
	Actor            string
	SubjectType      string
	SubjectID        int64
	SourceEntityType string
	OwnerID          int64
	Data             json.RawMessage
}

// Filter narrows what is read; zero fields do not filter, all others must hold.
type Filter struct {
	Kinds       []string
	SubjectType string
	SubjectIDs  []int64
	OwnerIDs    []int64
}

// Batch is one page of the stream.
type Batch struct {
	Rows    []Row
	Next    Cursor // continue here: also past the rows that the filter left out
	More    bool   // the page was full: read on at once
	Pending bool   // newer events are committed but held back by an older transaction: look again soon
}

// record is a row of the statement in ReadBatch: the horizon is always there, the event only if one was found.
type record struct {
	Horizon          uint64
	Pending          bool
	Xid              *uint64
	ID               int64
	At               time.Time
	Kind             string
	Actor            string
	SubjectType      string
	SubjectID        int64
	SourceEntityType string
	OwnerID          int64
	Data             json.RawMessage
}

// horizon is the snapshot's xmin, and whether committed rows lie beyond it. OFFSET 0 keeps it one row computed once.
const horizon = `SELECT x.xmin, EXISTS (SELECT FROM event AS p WHERE p.xid >= x.xmin) AS pending
	FROM (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xmin) AS x OFFSET 0`

// Read gives at most limit events after a cursor, in the order in which every reader sees them. Fewer than limit: there are no more
// at this moment. Continue with the last row's Cursor.
func Read(ctx context.Context, db bun.IDB, after Cursor, filter Filter, limit int) ([]Row, error) {
	b, err := ReadBatch(ctx, db, after, filter, limit)
	return b.Rows, err
}

// ReadBatch is Read that also tells where to continue, so that a filtered reader need not pass the same rows again.
func ReadBatch(ctx context.Context, db bun.IDB, after Cursor, filter Filter, limit int) (Batch, error) {
	found := db.NewSelect().TableExpr("event AS e").ColumnExpr("e.*").
		Where("(e.xid, e.id) > (?::xid8, ?)", fmt.Sprint(after.XID), after.ID).
		Where("e.xid < h.xmin").
		OrderExpr("e.xid, e.id").Limit(int64(limit))
	if len(filter.Kinds) > 0 {
		found.Where("e.kind IN (?)", bun.List(filter.Kinds))
	}
	if filter.SubjectType != "" {
		found.Where("e.subject_type = ?", filter.SubjectType)
	}
	if len(filter.SubjectIDs) > 0 {
		found.Where("e.subject_id IN (?)", bun.List(filter.SubjectIDs))
	}
	if len(filter.OwnerIDs) > 0 {
		found.Where("e.owner_id IN (?)", bun.List(filter.OwnerIDs))
	}
	var records []record
	// One statement, so one snapshot: horizon, rows and the question whether more is waiting belong together.
	err := db.NewSelect().
		With("horizon", db.NewRaw(horizon)).
		TableExpr("horizon AS h").Join("LEFT JOIN LATERAL (?) AS e ON true", found).
		ColumnExpr("h.xmin AS horizon, h.pending").
		ColumnExpr("e.*"). // bun reads NULL as the zero value
		OrderExpr("e.xid, e.id").Scan(ctx, &records)
	if err != nil {
		return Batch{}, fmt.Errorf("read events after %d.%d: %w", after.XID, after.ID, err)
	}
	return batchOf(records, after, limit), nil
}

func batchOf(records []record, after Cursor, limit int) Batch {
	b := Batch{Rows: make([]Row, 0, len(records)), Next: after}
	for _, r := range records {
		b.Pending = r.Pending
		if r.Xid == nil {
			break
		}
		b.Rows = append(b.Rows, Row{
			Cursor: Cursor{XID: *r.Xid, ID: r.ID}, At: r.At, Kind: r.Kind, Actor: r.Actor, SubjectType: r.SubjectType,
			SubjectID: r.SubjectID, SourceEntityType: r.SourceEntityType, OwnerID: r.OwnerID, Data: r.Data,
		})
	}
	if b.More = len(b.Rows) == limit && limit > 0; b.More {
		b.Next = b.Rows[len(b.Rows)-1].Cursor
		return b
	}
	// Everything below the horizon was seen, and nothing can appear there any more.
	if horizon := (Cursor{XID: records[0].Horizon}); horizon.Compare(after) > 0 {
		b.Next = horizon
	}
	return b
}

// End is the cursor of now: events of transactions that are still running, or begin later, come after it.
func End(ctx context.Context, db bun.IDB) (Cursor, error) {
	c, _, err := ends(ctx, db)
	return c, err
}

// ends is End, and the next transaction id: no cursor of this server, not even one of now, lies beyond it.
func ends(ctx context.Context, db bun.IDB) (end Cursor, next uint64, err error) {
	if err := db.NewRaw("SELECT pg_snapshot_xmin(s), pg_snapshot_xmax(s) FROM pg_current_snapshot() s").Scan(ctx, &end.XID, &next); err != nil {
		return Cursor{}, 0, fmt.Errorf("find the end of the events: %w", err)
	}
	return end, next, nil
}
