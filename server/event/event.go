package event

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/permit"
)

// The NOTIFY channels: events were published, and they got their position. They only wake up and carry nothing.
const (
	channel       = "writ_event"
	placedChannel = "writ_event_placed"
)

// perStatement bounds the size of one INSERT.
const perStatement = 2000

// Event is something that happened, as its publisher tells it.
type Event struct {
	Kind             string // past tense, e.g. "order.changed"
	SubjectType      string // noun of the room, e.g. "order"
	SubjectID        int64  // 0: the subject is no single row
	SourceEntityType string // entity type of the owner; "" when there is none. Permissions filter by it
	OwnerID          int64  // resource the event is about; 0 when there is none
	Data             any    // written as a JSON object; nil = {}
}

// inserted is the row as Publish writes it; the id is the database's.
type inserted struct {
	bun.BaseModel `bun:"table:event"`

	At               time.Time
	Kind             string
	Actor            string
	SubjectType      string
	SubjectID        int64           `bun:",nullzero"`
	SourceEntityType string          `bun:",nullzero"`
	OwnerID          int64           `bun:",nullzero"`
	Data             json.RawMessage `bun:"type:jsonb"`
}

// Publish writes events into the transaction that makes them true; they exist exactly if it commits. The actor is the context's
// (permit.Name), with the key that a program came with as "via" in the data. at is the product's time (clock.Now). Without events it does nothing.
//
// Publish after the rows that the event tells of are locked: ids are handed out here, and of two events about the same thing the one with
// the lower id comes first when both become visible to the appender at once.
func Publish(ctx context.Context, tx bun.IDB, at time.Time, events ...Event) error {
	actor := permit.Name(ctx)
	for chunk := range slices.Chunk(events, perStatement) {
		rows := make([]inserted, len(chunk))
		for i, e := range chunk {
			data, err := encode(e.Data)
			if err == nil {
				data, err = through(ctx, data)
			}
			if err != nil {
				return fmt.Errorf("publish %s: %w", e.Kind, err)
			}
			rows[i] = inserted{
				At: at, Kind: e.Kind, Actor: actor, SubjectType: e.SubjectType, SubjectID: e.SubjectID,
				SourceEntityType: e.SourceEntityType, OwnerID: e.OwnerID, Data: data,
			}
		}
		// PostgreSQL collapses equal notifications of one transaction, so hubs wake once per commit.
		q := tx.NewRaw("with published as (?) select pg_notify(?, '')", tx.NewInsert().Model(&rows), channel)
		if _, err := q.Exec(ctx); err != nil {
			return db.Explain(fmt.Errorf("publish %d events: %w", len(events), err))
		}
	}
	return nil
}

// through adds the key that a program came with to what an event tells: "via". The actor stays the account.
func through(ctx context.Context, data json.RawMessage) (json.RawMessage, error) {
	a := permit.From(ctx)
	if a == nil || a.Via == "" {
		return data, nil
	}
	var told map[string]json.RawMessage
	if err := json.Unmarshal(data, &told); err != nil || told == nil {
		return data, nil //nolint:nilerr // no object: it stays as it is
	}
	name, err := json.Marshal(a.Via)
	if err != nil {
		return data, err
	}
	told["via"] = name
	return json.Marshal(told)
}

func encode(data any) (json.RawMessage, error) {
	if data == nil {
		return json.RawMessage("{}"), nil
	}
	if raw, ok := data.(json.RawMessage); ok && len(raw) == 0 {
		return json.RawMessage("{}"), nil
	}
	raw, err := json.Marshal(data)
	return db.JSON(raw), err // a message of somebody else may hold anything, and must not undo what it tells of
}
