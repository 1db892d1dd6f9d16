package audit

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"time"

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
	Checkpoints    int    // signed with a trusted key, and right
	Untrusted      int    // right, and signed with other keys
}

// Verify recomputes the chain and compares it with the checkpoints: those in the database, the one kept beside the key, and those given.
// Trusted are the service's own key and the given ones. A broken chain is a result, not an error.
func (s *Service) Verify(ctx context.Context, given []*Checkpoint, trusted ...ed25519.PublicKey) (*Verification, error) {
	outside := slices.Clone(given)
	kept, err := s.kept()
	if err != nil {
		return nil, err
	}
	if kept != nil {
		outside = append(outside, kept)
	}
	if s.Key != nil {
		trusted = append(trusted, s.Key.Public().(ed25519.PublicKey))
	}
	stored, err := selectCheckpoints(ctx, s.DB, 0, math.MaxInt32)
	if err != nil {
		return nil, err
	}
	c := check{v: &Verification{}, trusted: trusted, due: append(outside, stored...)}
	slices.SortStableFunc(c.due, func(a, b *Checkpoint) int { return cmp.Compare(a.Position, b.Position) })
	c.due = slices.CompactFunc(c.due, func(a, b *Checkpoint) bool { // the same one, kept twice; a forged copy is another
		return bytes.Equal(a.signed(), b.signed()) && bytes.Equal(a.Signature, b.Signature) && a.PublicKey.Equal(b.PublicKey)
	})
	if err := c.walk(ctx, s.DB); err != nil || c.v.BrokenPosition != 0 {
		return c.v, err
	}
	if len(c.due) > 0 { // a checkpoint that the chain does not reach
		k := c.due[0]
		if !k.isGenuine() {
			return c.v.broken(fmt.Sprintf("the signature of the checkpoint at position %d is false", k.Position)), nil
		}
		return c.v.broken(fmt.Sprintf("the end was cut off: a checkpoint of %s saw position %d", k.At.UTC().Format(time.DateTime), k.Position)), nil
	}
	return c.v, c.v.unchained(ctx, s.DB)
}

// check is a verification on its way.
type check struct {
	v       *Verification
	trusted []ed25519.PublicKey
	due     []*Checkpoint // not passed yet, by position
}

// walk recomputes the chain, from the first event to the last or to the first that is wrong.
func (c *check) walk(ctx context.Context, db bun.IDB) error {
	v := c.v
	var hash []byte
	for {
		links, err := selectLinks(ctx, db, v.Count)
		if err != nil {
			return err
		}
		for _, l := range links {
			if l.Position != v.Count+1 {
				v.broken(fmt.Sprintf("position %d is missing", v.Count+1))
				return nil
			}
			if l.Text == nil {
				v.broken(fmt.Sprintf("event %d is missing", l.EventID))
				return nil
			}
			if hash = event.NextHash(hash, *l.Text); !bytes.Equal(hash, l.Hash) {
				v.broken(fmt.Sprintf("event %d is not what was chained", l.EventID))
				return nil
			}
			if !c.pass(l.Position, hash) {
				return nil
			}
			v.Count, v.Head = l.Position, hex.EncodeToString(hash)
		}
		if len(links) < batchSize {
			return nil
		}
	}
}

// pass compares the checkpoints of a position.
func (c *check) pass(position int64, hash []byte) bool {
	for ; len(c.due) > 0 && c.due[0].Position == position; c.due = c.due[1:] {
		k := c.due[0]
		switch {
		case !k.isGenuine():
			c.v.broken(fmt.Sprintf("the signature of the checkpoint at position %d is false", position))
			return false
		case !bytes.Equal(k.Hash, hash):
			c.v.broken(fmt.Sprintf("a checkpoint of %s saw other events up to here: they were written anew", k.At.UTC().Format(time.DateTime)))
			return false
		case slices.ContainsFunc(c.trusted, func(t ed25519.PublicKey) bool { return t.Equal(k.PublicKey) }):
			c.v.Checkpoints++
		default:
			c.v.Untrusted++
		}
	}
	return true
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
