package document

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Reader takes one document apart, value by value in their order. Texts it gives are parts of the document's own text, so that reading
// allocates nothing; null reads as the zero value everywhere. The first mistake ends the reading: everything after it is empty, and End tells.
type Reader struct {
	text string
	at   int
	err  error
}

// Read begins with a document. The bytes may be used again afterwards.
func Read(raw []byte) *Reader { return &Reader{text: string(raw)} }

// End gives the first mistake, also when something stands behind the document.
func (r *Reader) End() error {
	if r.space(); r.err == nil && r.at < len(r.text) {
		r.Refuse("end of the document")
	}
	return r.err
}

// Refuse ends the reading: what was read is not what is wanted here.
func (r *Reader) Refuse(want string) {
	if r.err == nil {
		r.err = fmt.Errorf("a document holds something else than %s at %d of %d", want, r.at, len(r.text))
	}
	r.at = len(r.text)
}

func (r *Reader) space() {
	for r.at < len(r.text) {
		switch r.text[r.at] {
		case ' ', '\n', '\t', '\r':
			r.at++
		default:
			return
		}
	}
}

// take goes over one character if it comes next.
func (r *Reader) take(c byte) bool {
	if r.space(); r.at < len(r.text) && r.text[r.at] == c {
		r.at++
		return true
	}
	return false
}

func (r *Reader) word(w string) bool {
	if r.space(); strings.HasPrefix(r.text[r.at:], w) {
		r.at += len(w)
		return true
	}
	return false
}

// Null goes over a null if it comes next.
func (r *Reader) Null() bool { return r.word("null") }

// Each calls f with every name of an object; f reads its value, or skips it.
func (r *Reader) Each(f func(name string)) {
	if r.Null() {
		return
	}
	if !r.take('{') {
		r.Refuse("an object")
		return
	}
	if r.take('}') {
		return
	}
	for r.err == nil {
		name := r.text1()
		if !r.take(':') {
			r.Refuse("a value behind its name")
			return
		}
		if f(name); r.take('}') {
			return
		}
		if !r.take(',') {
			r.Refuse("the end of an object")
		}
	}
}

// List calls f for every element of a list; f reads it, or skips it.
func (r *Reader) List(f func()) {
	if r.Null() {
		return
	}
	if !r.take('[') {
		r.Refuse("a list")
		return
	}
	if r.take(']') {
		return
	}
	for r.err == nil {
		if f(); r.take(']') {
			return
		}
		if !r.take(',') {
			r.Refuse("the end of a list")
		}
	}
}

// Text reads a text.
func (r *Reader) Text() string {
	if r.Null() {
		return ""
	}
	return r.text1()
}

func (r *Reader) text1() string {
	if !r.take('"') {
		r.Refuse("a text")
		return ""
	}
	begin := r.at
	for r.at < len(r.text) {
		switch c := r.text[r.at]; {
		case c == '"':
			r.at++
			return r.text[begin : r.at-1]
		case c == '\\' || c < ' ' || c >= utf8.RuneSelf:
			return r.escaped(begin)
		}
		r.at++
	}
	r.Refuse("the end of a text")
	return ""
}

// escaped reads a text in which something is not as it stands.
func (r *Reader) escaped(begin int) string {
	plain := true
	for r.at < len(r.text) {
		switch c := r.text[r.at]; {
		case c == '"':
			r.at++
			if whole := r.text[begin : r.at-1]; plain && utf8.ValidString(whole) {
				return whole
			}
			var s string
			if err := json.Unmarshal([]byte(r.text[begin-1:r.at]), &s); err != nil {
				r.Refuse("a text")
			}
			return s
		case c == '\\':
			plain = false
			r.at++ // with what it escapes
		case c < ' ':
			r.Refuse("a text")
			return ""
		}
		r.at++
	}
	r.Refuse("the end of a text")
	return ""
}

// Int reads a whole number.
func (r *Reader) Int() int64 {
	if r.Null() {
		return 0
	}
	begin := r.at
	for r.at < len(r.text) && (r.text[r.at] == '-' || r.text[r.at] >= '0' && r.text[r.at] <= '9') {
		r.at++
	}
	n, err := strconv.ParseInt(r.text[begin:r.at], 10, 64)
	if err != nil || strings.HasPrefix(strings.TrimPrefix(r.text[begin:r.at], "-"), "0") && n != 0 {
		r.Refuse("a whole number")
		return 0
	}
	return n
}

// Bool reads a truth.
func (r *Reader) Bool() bool {
	switch {
	case r.word("true"):
		return true
	case !r.word("false") && !r.Null():
		r.Refuse("true or false")
	}
	return false
}

// Skip goes over a value of any kind.
func (r *Reader) Skip() {
	r.space()
	d := json.NewDecoder(strings.NewReader(r.text[r.at:]))
	var raw json.RawMessage
	if err := d.Decode(&raw); err != nil {
		r.Refuse("a value")
		return
	}
	r.at += int(d.InputOffset())
}
