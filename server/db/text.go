package db

import (
	"bytes"
	"strings"

	"github.com/uptrace/bun/dialect/pgdialect"
)

// Text makes any bytes a text that PostgreSQL can store: what is no UTF-8, and NUL, become the replacement character. For messages of
// others and the like; data is refused instead.
func Text(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// Clip is Text of at most n characters.
func Clip(s string, n int) string {
	count := 0
	for i := range s {
		if count++; count > n {
			return Text(s[:i]) + "…"
		}
	}
	return Text(s)
}

// nul is how encoding/json writes NUL, which jsonb does not take.
var nul = []byte(`\u0000`)

// JSON makes a JSON document that encoding/json wrote one that jsonb can hold: NUL becomes the replacement character.
func JSON(raw []byte) []byte {
	if !bytes.Contains(raw, nul) {
		return raw
	}
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		switch {
		case bytes.HasPrefix(raw[i:], nul):
			out = append(out, "\uFFFD"...)
			i += len(nul) - 1
		case raw[i] == '\\' && i+1 < len(raw): // a backslash that is escaped begins nothing
			out = append(out, raw[i], raw[i+1])
			i++
		default:
			out = append(out, raw[i])
		}
	}
	return out
}

// dialect is bun's for PostgreSQL with another way to write JSON: bun escapes every \u0000 once more, and so breaks a document in which
// the six characters stand as text, behind a backslash that is escaped already.
type dialect struct {
	*pgdialect.Dialect
	kept *statements
	full *fullness
}

// AppendJSON writes a document as a literal that jsonb takes.
func (dialect) AppendJSON(b, raw []byte) []byte {
	b = append(b, '\'')
	for _, c := range JSON(raw) {
		switch c {
		case 0: // no JSON
		case '\'':
			b = append(b, "''"...)
		default:
			b = append(b, c)
		}
	}
	return append(b, '\'')
}
