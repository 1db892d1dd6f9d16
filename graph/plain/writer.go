package plain

import (
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
)

// Writer collects JSON. It is the answer too: gqlgen writes it once.
type Writer struct{ b []byte }

// largest is how much of a buffer is kept for the next answer.
const largest = 1 << 20

var buffers = sync.Pool{New: func() any { return &Writer{b: make([]byte, 0, 4096)} }}

// Make writes an object by fn; nil when fn gave up, or broke down: gqlgen then tells why.
func Make(fn func(w *Writer) bool) (m graphql.Marshaler) {
	w := buffers.Get().(*Writer)
	defer func() {
		if recover() != nil {
			m = nil
		}
	}()
	if !fn(w) {
		w.done()
		return nil
	}
	return w
}

// done gives the buffer to the next answer.
func (w *Writer) done() {
	if b := w.b; cap(b) <= largest {
		buffers.Put(&Writer{b: b[:0]})
	}
	w.b = nil
}

// MarshalGQL implements graphql.Marshaler.
func (w *Writer) MarshalGQL(to io.Writer) {
	_, _ = to.Write(w.b) // into a buffer of gqlgen's: never fails
	w.done()
}

// Write implements io.Writer, for marshalers of others.
func (w *Writer) Write(p []byte) (int, error) {
	w.b = append(w.b, p...)
	return len(p), nil
}

// Key begins the field at a place of an object.
func (w *Writer) Key(i int, f *Selected) {
	if i > 0 {
		w.b = append(w.b, ',')
	}
	w.b = append(w.b, f.Key...)
}

// Raw writes a piece of JSON.
func (w *Writer) Raw(json string) { w.b = append(w.b, json...) }

// Item begins the item at a place of a list.
func (w *Writer) Item(i int) {
	if i > 0 {
		w.b = append(w.b, ',')
	}
}

const hex = "0123456789ABCDEF"

// String writes a text.
func (w *Writer) String(s string) {
	w.b = append(w.b, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '\\' && c != '"' {
			continue
		}
		w.b = append(w.b, s[start:i]...)
		switch c {
		case '\t':
			w.b = append(w.b, `\t`...)
		case '\r':
			w.b = append(w.b, `\r`...)
		case '\n':
			w.b = append(w.b, `\n`...)
		case '\\', '"':
			w.b = append(w.b, '\\', c)
		default:
			w.b = append(w.b, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
		}
		start = i + 1
	}
	w.b = append(w.b, s[start:]...)
	w.b = append(w.b, '"')
}

// Int writes a number.
func (w *Writer) Int(n int64) { w.b = strconv.AppendInt(w.b, n, 10) }

// ID writes the id of a row.
func (w *Writer) ID(id int64) {
	w.b = append(w.b, '"')
	w.b = strconv.AppendInt(w.b, id, 10)
	w.b = append(w.b, '"')
}

// Bool writes a truth.
func (w *Writer) Bool(v bool) { w.b = strconv.AppendBool(w.b, v) }

// Time writes an instant; false: it is not known, and nothing is written.
func (w *Writer) Time(t time.Time) bool {
	if t.IsZero() {
		return false
	}
	w.b = append(w.b, '"')
	w.b = t.UTC().AppendFormat(w.b, time.RFC3339Nano)
	w.b = append(w.b, '"')
	return true
}

// Marshal writes what a marshaler of others writes; false: it is null, and nothing is written.
func (w *Writer) Marshal(m graphql.Marshaler) bool {
	if m == graphql.Null || m == graphql.RequiredNull {
		return false
	}
	m.MarshalGQL(w)
	return true
}
