package csv

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"

	"writ/server/errs"
)

func encodingOf(name string) (string, error) {
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "utf-8", "utf8":
		return "utf-8", nil
	case "utf-16", "utf16":
		return "utf-16", nil
	case "utf-16le", "utf16le":
		return "utf-16le", nil
	case "utf-16be", "utf16be":
		return "utf-16be", nil
	case "iso-8859-1", "latin1", "latin-1":
		return "iso-8859-1", nil
	case "windows-1252", "cp1252":
		return "windows-1252", nil
	}
	return "", errs.Invalid("encoding", "Encoding %q is not known. Known: utf-8, utf-16, utf-16le, utf-16be, iso-8859-1, windows-1252.", name)
}

// marks are the first bytes by which a file says what it is. They are stronger than the setting.
var marks = []struct {
	bytes    []byte
	encoding string
}{
	{[]byte{0xEF, 0xBB, 0xBF}, "utf-8"},
	{[]byte{0xFF, 0xFE}, "utf-16le"},
	{[]byte{0xFE, 0xFF}, "utf-16be"},
}

// decoded gives the file as UTF-8 without its mark. Bytes that are no UTF-8 pass, and in other encodings become U+FFFD: the reader of the
// fields finds them, for it knows their line. replaced: the second.
func decoded(r io.Reader, setting string) (text *bufio.Reader, replaced bool) {
	raw := bufio.NewReaderSize(r, 256<<10)
	for _, m := range marks {
		if head, _ := raw.Peek(len(m.bytes)); bytes.Equal(head, m.bytes) {
			for ; bytes.Equal(head, m.bytes); head, _ = raw.Peek(len(m.bytes)) { // programs that join or save files again leave several
				_, _ = raw.Discard(len(m.bytes))
			}
			setting = m.encoding
			break
		}
	}
	var d *encoding.Decoder
	switch setting {
	case "iso-8859-1":
		d = &encoding.Decoder{Transformer: transform.Chain(charmap.ISO8859_1.NewDecoder(), runes.Map(letter))}
	case "windows-1252":
		d = charmap.Windows1252.NewDecoder()
	case "utf-16le":
		d = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder()
	case "utf-16be":
		d = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewDecoder()
	case "utf-16": // without a mark: Windows writes the low byte first, unless the first letter says otherwise
		order := unicode.LittleEndian
		if head, _ := raw.Peek(2); len(head) == 2 && head[0] == 0 {
			order = unicode.BigEndian
		}
		d = unicode.UTF16(order, unicode.IgnoreBOM).NewDecoder()
	default:
		return raw, false
	}
	return bufio.NewReaderSize(d.Reader(raw), 256<<10), true
}

// letter takes the control characters that ISO 8859-1 has beyond the plain ones for no letters: who writes such bytes means Windows-1252, where most
// of them are letters and signs.
func letter(r rune) rune {
	if r >= 0x80 && r <= 0x9F {
		return utf8.RuneError
	}
	return r
}

// longest is how many bytes one record may have: a quote that is never closed must not take the memory of a whole file.
const longest = 16 << 20

var errLong = errors.New("a record is too long")

// lineEnds makes a carriage return that ends a line a newline, ends the text at a last 0x1A (Ctrl-Z of old systems), and bounds a record.
// Inside quotes everything stays.
type lineEnds struct {
	r      *bufio.Reader
	quoted bool
	length int
	open   bool // the last line has no end yet
}

func (l *lineEnds) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	defer func() {
		if n > 0 {
			l.open = p[n-1] != '\n'
		}
	}()
	for i := range n {
		l.length++
		switch p[i] {
		case '"':
			l.quoted = !l.quoted
		case '\n':
			if !l.quoted {
				l.length = 0
			}
		case '\r':
			if !l.quoted && !l.follows(p[i+1:n], '\n') {
				p[i], l.length = '\n', 0
			}
		case ctrlZ:
			if !l.quoted && l.isLast(p[i+1:n]) {
				n = i
				return n, io.EOF
			}
		}
		if l.length > longest {
			return i, errLong
		}
	}
	return n, err
}

// follows reports whether a byte comes next: in what was read, or behind it.
func (l *lineEnds) follows(rest []byte, b byte) bool {
	if len(rest) == 0 {
		rest, _ = l.r.Peek(1)
	}
	return len(rest) > 0 && rest[0] == b
}

const ctrlZ = 0x1A

// isLast reports whether nothing but blanks comes before the end.
func (l *lineEnds) isLast(rest []byte) bool {
	const far = 512
	more, err := l.r.Peek(far)
	return err != nil && len(bytes.Trim(rest, blanks)) == 0 && len(bytes.Trim(more, blanks)) == 0
}

// blanks are what a line without data may hold.
const blanks = " \t\r\n\x1a\u00a0\ufeff"
