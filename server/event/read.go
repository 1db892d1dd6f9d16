package event

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// Row is an event as readers see it.
type Row struct {
	Cursor           Cursor
	ID               int64 // the same wherever the event is stored
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

// errRewound says that the event at a reader's place is gone, or another stands there: the database is an older state of itself, e.g. a
// replica that had not received everything when it took over.
var errRewound = errors.New("the event at this place of the chain is not the one that was read")

// Batch is one page of the stream.
type Batch struct {
	Rows []Row
	Next Cursor // continue here: also past the rows that the filter left out
	More bool   // the page was full: read on at once
}

// record is a row of the statement in ReadBatch: the head is always there, the event only if one was found.
type record struct {
	Head             int64
	HeadHash         []byte
	Mark             []byte // of the event at the reader's own place
	Position         int64
	Hash             []byte
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

// Read gives at most limit events after a cursor, in the order in which every reader sees them. Fewer than limit: there are no more
// at this moment. Continue with the last row's Cursor.
func Read(ctx context.Context, db bun.IDB, after Cursor, filter Filter, limit int) ([]Row, error) {
	b, err := ReadBatch(ctx, db, after, filter, limit)
	return b.Rows, err
}

// ReadBatch is Read that also tells where to continue, so that a filtered reader need not pass the same rows again. A cursor with a mark must
// lie in this chain.
func ReadBatch(ctx context.Context, db bun.IDB, after Cursor, filter Filter, limit int) (Batch, error) {
	found := db.NewSelect().TableExpr("event_chain AS c").Join("JOIN event AS e ON e.id = c.event_id").
		ColumnExpr("c.position, substring(c.hash for 4) AS hash, e.*").
		Where("c.position > ?", after.Position).
		OrderExpr("c.position").Limit(int64(limit))
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
	// One statement, so one snapshot: the head and the rows up to it belong together.
	err := db.NewSelect().
		With("head", db.NewRaw(`SELECT position, hash, (SELECT substring(m.hash for 4) FROM event_chain AS m WHERE m.position = ?) AS mark
			FROM event_chain ORDER BY position DESC LIMIT 1`, after.Position)).
		TableExpr("head AS h").Join("LEFT JOIN LATERAL (?) AS e ON true", found).
		ColumnExpr("h.position AS head, h.hash AS head_hash, h.mark AS mark").
		ColumnExpr("e.*"). // bun reads NULL as the zero value
		OrderExpr("e.position").Scan(ctx, &records)
	if err != nil {
		return Batch{}, fmt.Errorf("read events after %s: %w", after, err)
	}
	if after.Position > 0 && after.Mark != 0 && (len(records) == 0 || markOf(records[0].Mark) != after.Mark) {
		return Batch{}, fmt.Errorf("read events after %s: %w", after, errRewound)
	}
	return batchOf(records, after, limit), nil
}

func batchOf(records []record, after Cursor, limit int) Batch {
	b := Batch{Rows: make([]Row, 0, len(records)), Next: after}
	for _, r := range records {
		if r.Position == 0 {
			break
		}
		b.Rows = append(b.Rows, Row{
			Cursor: Cursor{Position: r.Position, Mark: markOf(r.Hash)}, ID: r.ID, At: r.At, Kind: r.Kind, Actor: r.Actor, SubjectType: r.SubjectType,
			SubjectID: r.SubjectID, SourceEntityType: r.SourceEntityType, OwnerID: r.OwnerID, Data: r.Data,
		})
	}
	if b.More = len(b.Rows) == limit && limit > 0; b.More {
		b.Next = b.Rows[len(b.Rows)-1].Cursor
		return b
	}
	if len(records) > 0 && records[0].Head > after.Position { // everything up to the head was seen
		b.Next = Cursor{Position: records[0].Head, Mark: markOf(records[0].HeadHash)}
	}
	return b
}

// Pending reports whether committed events wait for their position.
func Pending(ctx context.Context, db bun.IDB) (pending bool, err error) {
	err = db.NewRaw(`SELECT EXISTS (SELECT FROM event AS e WHERE e.id > (SELECT settled FROM event_appender)
		AND NOT EXISTS (SELECT FROM event_chain AS c WHERE c.event_id = e.id))`).Scan(ctx, &pending)
	return pending, err
}

// End is the cursor of now: events that have no position yet come after it.
func End(ctx context.Context, db bun.IDB) (Cursor, error) {
	position, hash, err := head(ctx, db)
	if err != nil {
		return Cursor{}, fmt.Errorf("find the end of the events: %w", err)
	}
	return Cursor{Position: position, Mark: markOf(hash)}, nil
}
