package csv

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"writ/server/errs"
	"writ/server/fulfil"
)

// errStopped: whoever takes the rows wanted no more.
var errStopped = errors.New("stopped by the taker of the rows")

// sheet is an open file behind its header line.
type sheet struct {
	name     string // path, for messages
	lines    int    // lines above the header: the csv reader counts from there
	csv      *csv.Reader
	columns  []string   // by position; "" is a column without header, which is left out
	replaced bool       // what could not be decoded became U+FFFD
	foreign  int        // rows that are not in the encoding
	wide     bool       // a row with other than plain letters is
	usual    func() int // columns that most rows have
	ends     *lineEnds
	short    *fulfil.Entry // the last row, when it ends before its last column
}

// columns reads the header only.
func (c *Conn) columns(f file) ([]string, error) {
	var columns []string
	err := c.whole(f, func(r io.Reader) error {
		s, err := c.header(f.path, r)
		if err != nil {
			return err
		}
		for _, name := range s.columns {
			if name != "" {
				columns = append(columns, name)
			}
		}
		return nil
	})
	return columns, err
}

// entries gives every row of the file to take, which answers false to end. The error is nil only after the last row of an unchanged file.
func (c *Conn) entries(ctx context.Context, f file, take func(fulfil.Entry) bool) error {
	return c.whole(f, func(r io.Reader) error {
		s, err := c.header(f.path, r)
		if err != nil {
			return err
		}
		s.usual = sync.OnceValue(func() int { return c.usual(f) })
		for n := 0; ; n++ {
			if n%1024 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			entry, err := c.entry(s)
			if errors.Is(err, io.EOF) {
				return s.end()
			}
			if err != nil {
				return err
			}
			s.short = nil
			if entry.Fault != nil && len(entry.Fault.Missing) > 0 {
				s.short = &entry
			}
			if !take(entry) {
				return errStopped
			}
		}
	})
}

// manyForeign is how many rows outside the encoding make the encoding the mistake, when no row proves it right.
const manyForeign = 3

// end looks back: single damaged rows are theirs alone, but a file in another encoding is wrong as a whole.
func (s *sheet) end() error {
	if s.short != nil && s.ends.open {
		return errs.Invalid("path", "File %q, line %d: %s The file ends in the middle of this line: it is not complete.", s.name, s.short.Line, s.short.Fault.Why)
	}
	if s.foreign >= manyForeign && !s.wide {
		return errs.Invalid("encoding", "File %q: %d lines are not valid UTF-8, and no other line has letters beyond the plain ones. Save the file as UTF-8, or set the encoding that it has.", s.name, s.foreign)
	}
	return nil
}

// whole opens the file, has it read, and makes sure that it was the same file with the same content from the beginning to the end.
// A mistake in a file that is being written is no mistake of the file, so the change is looked for first.
func (c *Conn) whole(f file, read func(io.Reader) error) error {
	root, err := os.OpenRoot(c.place.Root)
	if err != nil {
		return c.place.Explain(c.place.Root, err)
	}
	defer root.Close()
	h, before, err := c.place.Open(root, f.path)
	if err != nil {
		return err
	}
	defer h.Close()
	// The machine's clock and not the product's: it is compared with a time that the file system gave.
	if c.settle > 0 && time.Since(before.ModTime()) < c.settle {
		return errs.New(errs.Unavailable, "File %q was changed less than %d seconds ago and may not be complete yet.", f.path, int(c.settle.Seconds()))
	}
	readErr := read(h)
	if errors.Is(readErr, errStopped) {
		return readErr
	}
	after, err := root.Stat(f.path)
	if err != nil {
		return c.place.Explain(f.path, err)
	}
	if !os.SameFile(before, after) || identity(before) != identity(after) {
		return errs.New(errs.Unavailable, "File %q changed while it was read. It will be read again.", f.path).Because(readErr)
	}
	return readErr
}

// header passes over the lines to skip and reads the names of the columns.
func (c *Conn) header(path string, r io.Reader) (*sheet, error) {
	b, replaced := decoded(r, c.encoding)
	lines := 0
	for range c.skip {
		if err := skipLine(b); err != nil {
			return nil, errs.Invalid("path", "File %q has only %d lines, but %d are to be skipped above the header (setting numberOfLinesToSkip).", path, lines, c.skip).Because(err)
		}
		lines++
	}
	separator := c.separator
	if separator == 0 {
		told := false
		if separator, told = guess(b); told {
			_ = skipLine(b)
			lines++
		}
	}
	ends := &lineEnds{r: b}
	s := &sheet{name: path, lines: lines, csv: csv.NewReader(ends), replaced: replaced, ends: ends}
	s.csv.Comma, s.csv.ReuseRecord, s.csv.FieldsPerRecord = separator, true, -1
	fields, err := s.csv.Read()
	for err == nil && isBlank(fields) && len(fields) == 1 {
		fields, err = s.csv.Read()
	}
	if errors.Is(err, io.EOF) {
		return nil, errs.Invalid("path", "File %q is empty: the line with the names of the columns is missing.", path)
	}
	if err != nil {
		return nil, s.explain(err)
	}
	s.columns = make([]string, len(fields))
	at := map[string]int{}
	for i, name := range fields {
		if wrong := s.wrong(name); wrong != "" {
			line, _ := s.csv.FieldPos(i)
			return nil, errs.Invalid("path", "File %q, line %d, column %d %s", path, s.lines+line, i+1, wrong)
		}
		name = norm.NFC.String(strings.TrimFunc(c.trimmed(name), isMargin))
		at[name], s.columns[i] = at[name]+1, name
	}
	for i, name := range s.columns {
		if name != "" && at[name] > 1 { // which of them is meant nobody can tell: none has the name, and who reads neither is not held up
			s.columns[i] = fmt.Sprintf("%s (column %d)", name, i+1)
		}
	}
	if len(at) == 1 && s.columns[0] == "" {
		return nil, errs.Invalid("path", "File %q, line %d: no column has a name.", path, s.lines+1)
	}
	return s, nil
}

// isMargin reports what stands around a name without belonging to it: blanks, and marks that nobody sees.
func isMargin(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) }

// usual is how many columns most rows of a file have.
func (c *Conn) usual(f file) (most int) {
	root, err := os.OpenRoot(c.place.Root)
	if err != nil {
		return 0
	}
	defer root.Close()
	h, _, err := c.place.Open(root, f.path)
	if err != nil {
		return 0
	}
	defer h.Close()
	s, err := c.header(f.path, h)
	if err != nil {
		return 0
	}
	counts := map[int]int{}
	for {
		fields, err := s.csv.Read()
		if err != nil {
			return most
		}
		if isBlank(fields) {
			continue
		}
		n := len(fields)
		if counts[n]++; counts[n] > counts[most] || counts[n] == counts[most] && n > most {
			most = n
		}
	}
}

// isBlank reports whether a line holds no data: only separators, blanks and an old end-of-file mark.
func isBlank(fields []string) bool {
	for _, f := range fields {
		if strings.Trim(f, blanks) != "" {
			return false
		}
	}
	return true
}

// entry reads the next row that holds data; io.EOF after the last one. What is wrong with this row alone is its Fault.
func (c *Conn) entry(s *sheet) (fulfil.Entry, error) {
	fields, err := s.csv.Read()
	for err == nil && isBlank(fields) {
		fields, err = s.csv.Read()
	}
	if errors.Is(err, io.EOF) {
		return fulfil.Entry{}, io.EOF
	}
	if err != nil {
		return fulfil.Entry{}, s.explain(err)
	}
	line, _ := s.csv.FieldPos(0)
	e := fulfil.Entry{Row: make(fulfil.Row, len(s.columns)), Place: s.name, Line: s.lines + line}
	if have, want := len(fields), len(s.columns); have > want && isBlank(fields[want:]) && have <= s.usual() {
		// Separators behind the last value, as spreadsheets write them. In a single row it may be a value that was cut in two.
		fields = fields[:want]
	}
	wide, foreign := false, false
	for i, value := range fields {
		if i >= len(s.columns) || s.columns[i] == "" {
			continue
		}
		if wrong := s.wrong(value); wrong != "" {
			foreign = foreign || !utf8.ValidString(value)
			if e.Fault == nil {
				e.Fault = &fulfil.Fault{Column: s.columns[i], Value: strings.Clone(value), Why: fmt.Sprintf("column %d (%s) %s", i+1, s.columns[i], wrong)}
			}
			continue
		}
		wide = wide || !isPlain(value)
		if value = c.trimmed(value); c.nulls[strings.TrimSpace(value)] {
			e.Row[s.columns[i]] = nil
			continue
		}
		e.Row[s.columns[i]] = value
	}
	s.wide = s.wide || wide && !foreign
	if foreign {
		s.foreign++
	}
	if wrong := c.count(s, fields, e.Row); wrong != nil {
		e.Fault = wrong
	}
	if e.Fault != nil {
		e.Fault.Texts = texts(fields)
	}
	return e, nil
}

// count compares the columns of a row with those of the header. Missing ones that have no name are none.
func (c *Conn) count(s *sheet, fields []string, row fulfil.Row) *fulfil.Fault {
	have, want := len(fields), len(s.columns)
	wrong := &fulfil.Fault{Why: fmt.Sprintf("%d columns where the header has %d. ", have, want)}
	switch {
	case have > want:
		wrong.Why += fmt.Sprintf("Column %d is the first one too many. Put a value that holds the separator in quotes.", want+1)
		wrong.Value = strings.Clone(fields[want])
		return wrong
	case have < want:
		for _, name := range s.columns[have:] {
			if name != "" {
				wrong.Missing = append(wrong.Missing, name)
			}
		}
		if len(wrong.Missing) > 0 && c.shortIsEmpty {
			for _, name := range wrong.Missing {
				row[name] = ""
			}
			wrong.Missing = nil
		}
		if len(wrong.Missing) > 0 {
			wrong.Column = wrong.Missing[0]
			wrong.Why += fmt.Sprintf("Column %d is the first one missing. Complete the line, or put a value that holds the separator in quotes.", have+1)
			return wrong
		}
	}
	return nil
}

// texts are the values of a row as far as they can be read.
func texts(fields []string) []string {
	const most, long = 100, 300
	var out []string
	for _, f := range fields {
		if f = strings.TrimSpace(f); f != "" && len(f) <= long && len(out) < most && utf8.ValidString(f) && strings.IndexByte(f, 0) < 0 {
			out = append(out, strings.Clone(f))
		}
	}
	return out
}

func isPlain(value string) bool {
	for i := range len(value) {
		if value[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// wrong says why a value is no text; empty: it is one.
func (s *sheet) wrong(value string) string {
	switch {
	case !utf8.ValidString(value):
		return "is not valid UTF-8. Save the file as UTF-8, or set the encoding that it has."
	case strings.IndexByte(value, 0) >= 0:
		return "holds a NUL character. The file is damaged or in another encoding (UTF-16?)."
	case s.replaced && strings.ContainsRune(value, utf8.RuneError):
		return "holds bytes that are no letter in the encoding of the file."
	}
	return ""
}

// explain gives the place of a mistake in the quoting.
func (s *sheet) explain(err error) error {
	if errors.Is(err, errLong) {
		return errs.Invalid("path", "File %q: the row that begins after line %d has more than %d MB. Is a quote not closed?", s.name, s.lines+s.line(), longest>>20).Because(err)
	}
	var parse *csv.ParseError
	if !errors.As(err, &parse) {
		return errs.New(errs.Unavailable, "File %q could not be read to its end.", s.name).Because(err)
	}
	what := "the line is malformed"
	switch {
	case errors.Is(parse.Err, csv.ErrBareQuote):
		what = `a quote stands inside a value that does not begin with one. Put the whole value in quotes and write "" for a quote`
	case errors.Is(parse.Err, csv.ErrQuote):
		what = `a quoted value does not end as it should. Write "" for a quote inside it, and close it before the separator`
	}
	from := ""
	if parse.StartLine != parse.Line {
		from = fmt.Sprintf(" The value may begin earlier: its row begins in line %d.", s.lines+parse.StartLine)
	}
	return errs.Invalid("path", "File %q, line %d, character %d: %s.%s", s.name, s.lines+parse.Line, parse.Column, what, from).Because(err)
}

func (c *Conn) trimmed(value string) string {
	for again := true; again; {
		again = false
		for _, t := range c.trim {
			cut := strings.TrimSuffix(strings.TrimPrefix(value, t), t)
			again = again || len(cut) < len(value)
			value = cut
		}
	}
	return value
}

// line is where the last row began.
func (s *sheet) line() int {
	defer func() { _ = recover() }() // no row was read yet
	n, _ := s.csv.FieldPos(0)
	return n
}

// skipLine reads to the end of a line: LF, CR LF, or CR alone.
func skipLine(b *bufio.Reader) error {
	for {
		c, err := b.ReadByte()
		switch {
		case err != nil:
			return err
		case c == '\n':
			return nil
		case c == '\r':
			if next, _ := b.Peek(1); len(next) == 1 && next[0] == '\n' {
				_, _ = b.Discard(1)
			}
			return nil
		}
	}
}

// guess takes the separator that the header line has most of outside of quotes; a comma when it has none. told: the first line is none of
// the table but says it, as spreadsheets write (sep=;).
func guess(b *bufio.Reader) (separator rune, told bool) {
	head, _ := b.Peek(64 << 10)
	counts := map[byte]int{}
	quoted := false
	end := len(head)
scan:
	for i, c := range head {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '\n' || c == '\r':
			if len(bytes.Trim(head[:i], blanks)) > 0 {
				end = i
				break scan
			}
		default:
			counts[c]++
		}
	}
	if line, ok := bytes.CutPrefix(bytes.Trim(head[:end], `"`), []byte("sep=")); ok && len(line) == 1 {
		return rune(line[0]), true
	}
	best, most := ',', 0
	for _, candidate := range []rune{',', ';', '\t', '|'} {
		if n := counts[byte(candidate)]; n > most {
			best, most = candidate, n
		}
	}
	return best, false
}
