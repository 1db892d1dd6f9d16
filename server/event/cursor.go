package event

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"writ/server/errs"
)

// Cursor is the position of a reader: everything up to and including this row was seen. The zero Cursor is the beginning.
type Cursor struct {
	XID uint64 // transaction that published the row
	ID  int64  // the row; 0 = before all rows of that transaction
}

// Compare orders cursors as readers meet them.
func (c Cursor) Compare(other Cursor) int {
	return cmp.Or(cmp.Compare(c.XID, other.XID), cmp.Compare(c.ID, other.ID))
}

// IsZero reports whether the cursor is the beginning.
func (c Cursor) IsZero() bool { return c == Cursor{} }

// String is the opaque form that clients keep and send back.
func (c Cursor) String() string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d.%d", c.XID, c.ID))
}

// Parse reads what String wrote; errs.Validation for anything else. The empty text is the beginning.
func Parse(text string) (Cursor, error) {
	if text == "" {
		return Cursor{}, nil
	}
	refused := errs.Invalid("after", "This is not a cursor of the event stream. Start again without it.")
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return Cursor{}, refused
	}
	xid, id, ok := strings.Cut(string(raw), ".")
	if !ok {
		return Cursor{}, refused
	}
	var c Cursor
	if c.XID, err = strconv.ParseUint(xid, 10, 64); err != nil {
		return Cursor{}, refused
	}
	if c.ID, err = strconv.ParseInt(id, 10, 64); err != nil {
		return Cursor{}, refused
	}
	return c, nil
}
