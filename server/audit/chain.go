package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/event"
)

// batchSize is how many events are chained in one transaction, or verified at once.
const batchSize = 1000

// chainLock is the advisory lock of the one appender ("audt" in ASCII).
const chainLock = 0x61756474

// Service searches the log and keeps its chain.
type Service struct {
	DB *bun.DB
}

// New makes the service.
func New(db *bun.DB) *Service { return &Service{DB: db} }

// link is one row of the chain.
type link struct {
	bun.BaseModel `bun:"table:event_chain,alias:c"`

	Seq     int64
	EventID int64
	Hash    []byte
}

// Append chains all events that every reader can see by now. Every process calls it now and then (queue.Every); one works, the others
// leave at once.
func (s *Service) Append(ctx context.Context) error {
	for more := true; more; {
		err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (err error) {
			more, err = appendBatch(ctx, tx)
			return err
		})
		if err != nil {
			return fmt.Errorf("append to the event chain: %w", err)
		}
	}
	return nil
}

func appendBatch(ctx context.Context, tx bun.Tx) (more bool, err error) {
	var mine bool
	if err := tx.NewRaw("SELECT pg_try_advisory_xact_lock(?)", chainLock).Scan(ctx, &mine); err != nil || !mine {
		return false, err
	}
	seq, hash, at, err := selectHead(ctx, tx)
	if err != nil {
		return false, err
	}
	batch, err := event.ReadBatch(ctx, tx, at, event.Filter{}, batchSize)
	if err != nil || len(batch.Rows) == 0 {
		return false, err
	}
	links := make([]*link, len(batch.Rows))
	for n, row := range batch.Rows {
		if hash, err = next(hash, row); err != nil {
			return false, err
		}
		seq++
		links[n] = &link{Seq: seq, EventID: row.Cursor.ID, Hash: hash}
	}
	_, err = tx.NewInsert().Model(&links).Exec(ctx)
	return batch.More, err
}

// selectHead gives the newest link and the cursor of its event; without any, the beginning.
func selectHead(ctx context.Context, tx bun.Tx) (seq int64, hash []byte, at event.Cursor, err error) {
	var rows []struct {
		Seq  int64
		Hash []byte
		Xid  uint64
		ID   int64
	}
	err = tx.NewRaw(`SELECT c.seq, c.hash, e.xid, e.id FROM event_chain AS c JOIN event AS e ON e.id = c.event_id
		ORDER BY c.seq DESC LIMIT 1`).Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return 0, nil, event.Cursor{}, err
	}
	return rows[0].Seq, rows[0].Hash, event.Cursor{XID: rows[0].Xid, ID: rows[0].ID}, nil
}

// next is the hash of an event after the former one: SHA-256 over both.
func next(former []byte, row event.Row) ([]byte, error) {
	text, err := canonical(row)
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	h.Write(former)
	h.Write(text)
	return h.Sum(nil), nil
}

// canonical writes an event as one JSON object with a fixed order of fields and sorted keys in data, so that the same event always gives the
// same bytes, whatever version of PostgreSQL renders its jsonb.
func canonical(row event.Row) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(row.Data))
	decoder.UseNumber()
	var data any
	if err := decoder.Decode(&data); err != nil {
		return nil, fmt.Errorf("data of event %d: %w", row.Cursor.ID, err)
	}
	return json.Marshal(struct {
		XID              uint64 `json:"xid"`
		ID               int64  `json:"id"`
		At               string `json:"at"`
		Kind             string `json:"kind"`
		Actor            string `json:"actor"`
		SubjectType      string `json:"subjectType"`
		SubjectID        int64  `json:"subjectId"`
		SourceEntityType string `json:"sourceEntityType"`
		OwnerID          int64  `json:"ownerId"`
		Data             any    `json:"data"`
	}{
		row.Cursor.XID, row.Cursor.ID, row.At.UTC().Format(time.RFC3339Nano), row.Kind, row.Actor, row.SubjectType, row.SubjectID,
		row.SourceEntityType, row.OwnerID, data,
	})
}

// Verification is what Verify found.
type Verification struct {
	Count     int64  // links that are right, from the first one on
	Head      string // hash of the last of them, hexadecimal; "" when there is none
	BrokenSeq int64  // first link that is wrong; 0 = the chain is whole
	Reason    string // what is wrong with it, for people; "" = nothing
	Waiting   int64  // newer events that are not chained yet
}

// Verify recomputes the chain. A broken chain is a result, not an error.
func Verify(ctx context.Context, db bun.IDB) (*Verification, error) {
	v := &Verification{}
	var hash []byte
	var at event.Cursor
	for {
		rows, err := selectLinks(ctx, db, v.Count)
		if err != nil {
			return nil, err
		}
		for _, l := range rows {
			row := l.event()
			if reason := l.check(v.Count+1, at, row); reason != "" {
				return v.broken(reason), nil
			}
			if hash, err = next(hash, row); err != nil {
				return nil, err
			}
			if !bytes.Equal(hash, l.Hash) {
				return v.broken(fmt.Sprintf("event %d is not what was chained", row.Cursor.ID)), nil
			}
			v.Count, v.Head, at = l.Seq, hex.EncodeToString(hash), row.Cursor
		}
		if len(rows) < batchSize {
			break
		}
	}
	return v, v.unchained(ctx, db, at)
}

func (v *Verification) broken(reason string) *Verification {
	v.BrokenSeq, v.Reason = v.Count+1, reason
	return v
}

// unchained looks for events without a link: before the head they were slipped in, after it they wait.
func (v *Verification) unchained(ctx context.Context, db bun.IDB, head event.Cursor) error {
	var slipped []int64
	err := db.NewRaw(`SELECT e.id FROM event AS e WHERE (e.xid, e.id) <= (?::xid8, ?)
		AND NOT EXISTS (SELECT FROM event_chain AS c WHERE c.event_id = e.id) ORDER BY e.xid, e.id LIMIT 1`, fmt.Sprint(head.XID), head.ID).Scan(ctx, &slipped)
	if err != nil {
		return fmt.Errorf("look for events outside the chain: %w", err)
	}
	if len(slipped) > 0 {
		v.broken(fmt.Sprintf("event %d was put in behind the head of the chain", slipped[0]))
		return nil
	}
	err = db.NewRaw("SELECT count(*) FROM event WHERE (xid, id) > (?::xid8, ?)", fmt.Sprint(head.XID), head.ID).Scan(ctx, &v.Waiting)
	if err != nil {
		return fmt.Errorf("count the events that wait: %w", err)
	}
	return nil
}

// chained is a link with its event, if that still exists.
type chained struct {
	Seq              int64
	EventID          int64
	Hash             []byte
	Xid              *uint64
	At               time.Time
	Kind             string
	Actor            string
	SubjectType      string
	SubjectID        int64
	SourceEntityType string
	OwnerID          int64
	Data             json.RawMessage
}

func selectLinks(ctx context.Context, db bun.IDB, after int64) ([]chained, error) {
	var rows []chained
	err := db.NewRaw(`SELECT c.seq, c.event_id, c.hash, e.xid, e.at, e.kind, e.actor, e.subject_type, e.subject_id, e.source_entity_type, e.owner_id, e.data
		FROM event_chain AS c LEFT JOIN event AS e ON e.id = c.event_id WHERE c.seq > ? ORDER BY c.seq LIMIT ?`, after, batchSize).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("read the event chain: %w", err)
	}
	return rows, nil
}

func (l *chained) event() event.Row {
	row := event.Row{
		Cursor: event.Cursor{ID: l.EventID}, At: l.At, Kind: l.Kind, Actor: l.Actor, SubjectType: l.SubjectType, SubjectID: l.SubjectID,
		SourceEntityType: l.SourceEntityType, OwnerID: l.OwnerID, Data: l.Data,
	}
	if l.Xid != nil {
		row.Cursor.XID = *l.Xid
	}
	return row
}

// check tells what is wrong with a link before its hash is looked at; "" = nothing.
func (l *chained) check(want int64, former event.Cursor, row event.Row) string {
	switch {
	case l.Seq != want:
		return fmt.Sprintf("link %d is missing", want)
	case l.Xid == nil:
		return fmt.Sprintf("event %d is missing", l.EventID)
	case row.Cursor.Compare(former) <= 0:
		return fmt.Sprintf("event %d is out of order", l.EventID)
	}
	return ""
}
