package audit

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"

	"github.com/uptrace/bun"

	"writ/server/event"
)

// batchSize is how many events are verified at once.
const batchSize = 5000

// Verification is what Verify found.
type Verification struct {
	Count          int64  // positions that are right, from the first one on
	Head           string // hash at the last of them, hexadecimal; "" when there is none
	BrokenPosition int64  // first position that is wrong; 0 = the chain is whole
	Reason         string // what is wrong with it, for people; "" = nothing
	Waiting        int64  // newer events that have no position yet
}

// Verify recomputes the chain. A broken chain is a result, not an error.
func Verify(ctx context.Context, db bun.IDB) (*Verification, error) {
	v := &Verification{}
	var hash []byte
	for {
		links, err := selectLinks(ctx, db, v.Count)
		if err != nil {
			return nil, err
		}
		for _, l := range links {
			if l.Position != v.Count+1 {
				return v.broken(fmt.Sprintf("position %d is missing", v.Count+1)), nil
			}
			if l.Text == nil {
				return v.broken(fmt.Sprintf("event %d is missing", l.EventID)), nil
			}
			if hash = event.NextHash(hash, *l.Text); !bytes.Equal(hash, l.Hash) {
				return v.broken(fmt.Sprintf("event %d is not what was chained", l.EventID)), nil
			}
			v.Count, v.Head = l.Position, hex.EncodeToString(hash)
		}
		if len(links) < batchSize {
			break
		}
	}
	return v, v.unchained(ctx, db)
}

func (v *Verification) broken(reason string) *Verification {
	v.BrokenPosition, v.Reason = v.Count+1, reason
	return v
}

// unchained looks for events without a position: up to the id that is settled they were slipped in, after it they wait.
func (v *Verification) unchained(ctx context.Context, db bun.IDB) error {
	var found struct {
		Slipped *int64
		Waiting int64
	}
	err := db.NewRaw(`SELECT min(e.id) FILTER (WHERE e.id <= a.settled) AS slipped, count(*) FILTER (WHERE e.id > a.settled) AS waiting
		FROM event AS e LEFT JOIN event_chain AS c ON c.event_id = e.id CROSS JOIN event_appender AS a WHERE c.event_id IS NULL`).Scan(ctx, &found)
	if err != nil {
		return fmt.Errorf("look for events outside the chain: %w", err)
	}
	if found.Slipped != nil {
		v.broken(fmt.Sprintf("event %d was put in beside the chain", *found.Slipped))
	}
	v.Waiting = found.Waiting
	return nil
}

// chained is a link with what is hashed of its event, if that still exists.
type chained struct {
	Position int64
	EventID  int64
	Hash     []byte
	Text     *string
}

func selectLinks(ctx context.Context, db bun.IDB, after int64) ([]chained, error) {
	var links []chained
	err := db.NewRaw(`SELECT c.position, c.event_id, c.hash, CASE WHEN e.id IS NOT NULL THEN `+event.HashedText+` END AS text
		FROM event_chain AS c LEFT JOIN event AS e ON e.id = c.event_id WHERE c.position > ? ORDER BY c.position LIMIT ?`, after, batchSize).Scan(ctx, &links)
	if err != nil {
		return nil, fmt.Errorf("read the event chain: %w", err)
	}
	return links, nil
}
