package event

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"writ/server/errs"
)

// Cursor is the position of a reader: everything up to and including this event of the chain was seen. The zero Cursor is the beginning.
type Cursor struct {
	Position int64
	Mark     uint32 // beginning of the hash at that position: tells a position of another chain, e.g. one lost with a restored backup
	former   int64  // id of the event in a cursor of the time before positions; Resolve replaces it
}

// Compare orders cursors as readers meet them.
func (c Cursor) Compare(other Cursor) int { return cmp.Compare(c.Position, other.Position) }

// IsZero reports whether the cursor is the beginning.
func (c Cursor) IsZero() bool { return c.Position == 0 && c.former == 0 }

// String is the opaque form that clients keep and send back.
func (c Cursor) String() string { return fmt.Sprintf("%d.%08x", c.Position, c.Mark) }

// markOf is the part of a hash that a cursor carries; 0 without one.
func markOf(hash []byte) uint32 {
	if len(hash) < 4 {
		return 0
	}
	return binary.BigEndian.Uint32(hash)
}

// Parse reads what String wrote, and the cursors of earlier versions (base64 of "transaction id.event id"); errs.Validation for anything
// else. The empty text is the beginning. What comes from outside goes through Resolve before it is used.
func Parse(text string) (Cursor, error) {
	if text == "" {
		return Cursor{}, nil
	}
	if first, second, ok := strings.Cut(text, "."); ok {
		position, err := parseNumber(first)
		mark, markErr := strconv.ParseUint(second, 16, 32)
		if err != nil || markErr != nil || len(second) != 8 {
			return Cursor{}, notOurs()
		}
		return Cursor{Position: position, Mark: uint32(mark)}, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return Cursor{}, notOurs()
	}
	xid, id, ok := strings.Cut(string(raw), ".")
	if _, err := strconv.ParseUint(xid, 10, 64); err != nil || !ok {
		return Cursor{}, notOurs()
	}
	former, err := parseNumber(id)
	if err != nil || former == 0 && xid != "0" { // ids of transactions are not kept: only a cursor of an event can be placed
		return Cursor{}, notOurs()
	}
	return Cursor{former: former}, nil
}

func parseNumber(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err == nil && (n < 0 || strconv.FormatInt(n, 10) != text) {
		err = strconv.ErrSyntax
	}
	return n, err
}

func notOurs() error {
	return errs.Invalid("after", "This is not a cursor of the event stream. Start again without it.")
}

// Resolve finds the place of a cursor that comes from outside. errs.Validation when it is not of this chain: it lies ahead of everything,
// or another event stands there, as after a restore from a backup that is older than the cursor.
func Resolve(ctx context.Context, db bun.IDB, c Cursor) (Cursor, error) {
	if c.IsZero() {
		return Cursor{}, nil
	}
	var found []struct {
		Position int64
		Hash     []byte
	}
	q := db.NewSelect().TableExpr("event_chain").Column("position", "hash")
	if c.former != 0 {
		q.Where("event_id = ?", c.former)
	} else {
		q.Where("position = ?", c.Position)
	}
	if err := q.Scan(ctx, &found); err != nil {
		return Cursor{}, fmt.Errorf("look for the cursor %s: %w", c, err)
	}
	if len(found) == 0 || c.former == 0 && markOf(found[0].Hash) != c.Mark {
		return Cursor{}, errs.Invalid("after", "This cursor is not of this server's stream: it may come from another server, or from before a backup was restored. "+
			"Read what you need again, then subscribe without it.")
	}
	return Cursor{Position: found[0].Position, Mark: markOf(found[0].Hash)}, nil
}
