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
	"time"
	"unicode/utf8"

	"writ/server/errs"
	"writ/server/fulfil"
)

// errStopped: whoever takes the rows wanted no more.
var errStopped = errors.New("stopped by the taker of the rows")

// sheet is an open file behind its header line.
type sheet struct {
	name    string // path, for messages
	lines   int    // lines above the header: the csv reader counts from there
	csv     *csv.Reader
	columns []string // by position; "" is a column without header, which is left out
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

// rows gives every row of the file to take, which answers false to end. The error is nil only after the last row of an unchanged file.
func (c *Conn) rows(ctx context.Context, f file, take func(fulfil.Row) bool) error {
	return c.whole(f, func(r io.Reader) error {
		s, err := c.header(f.path, r)
		if err != nil {
			return err
		}
		for n := 0; ; n++ {
			if n%1024 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			row, err := c.row(s)
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			if !take(row) {
				return errStopped
			}
		}
	})
}

// whole opens the file, has it read, and makes sure that it was the same file with the same content from the beginning to the end.
// A mistake in a file that is being written is no mistake of the file, so the change is looked for first.
func (c *Conn) whole(f file, read func(io.Reader) error) error {
	root, err := os.OpenRoot(c.place.root)
	if err != nil {
		return c.place.explain(c.place.root, err)
	}
	defer root.Close()
	h, err := root.Open(f.path)
	if err != nil {
		return c.place.explain(f.path, err)
	}
	defer h.Close()
	before, err := h.Stat()
	if err != nil {
		return c.place.explain(f.path, err)
	}
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
		return c.place.explain(f.path, err)
	}
	if !os.SameFile(before, after) || before.Size() != after.Size() || !before.ModTime().Equal(after.ModTime()) {
		return errs.New(errs.Unavailable, "File %q changed while it was read. It will be read again.", f.path).Because(readErr)
	}
	return readErr
}

// header passes over the lines to skip and reads the names of the columns.
func (c *Conn) header(path string, r io.Reader) (*sheet, error) {
	b := decoded(r, c.encoding)
	for i := range c.skip {
		if err := skipLine(b); err != nil {
			return nil, errs.Invalid("path", "File %q has only %d lines, but %d are to be skipped above the header (setting numberOfLinesToSkip).", path, i, c.skip).Because(err)
		}
	}
	separator := c.separator
	if separator == 0 {
		separator = guess(b)
	}
	s := &sheet{name: path, lines: c.skip, csv: csv.NewReader(b)}
	s.csv.Comma, s.csv.ReuseRecord, s.csv.FieldsPerRecord = separator, true, -1
	fields, err := s.csv.Read()
	if errors.Is(err, io.EOF) {
		return nil, errs.Invalid("path", "File %q is empty: the line with the names of the columns is missing.", path)
	}
	if err != nil {
		return nil, s.explain(err)
	}
	s.columns = make([]string, len(fields))
	at := map[string]int{}
	for i, name := range fields {
		if err := s.clean(i, name); err != nil {
			return nil, err
		}
		name = strings.TrimSpace(c.trimmed(name))
		if first, taken := at[name]; taken && name != "" {
			line, _ := s.csv.FieldPos(i)
			return nil, errs.Invalid("path", "File %q, line %d: columns %d and %d are both named %q. Rename one.", path, s.lines+line, first+1, i+1, name)
		}
		at[name], s.columns[i] = i, name
	}
	if len(at) == 1 && s.columns[0] == "" {
		return nil, errs.Invalid("path", "File %q, line %d: no column has a name.", path, s.lines+1)
	}
	return s, nil
}

// row reads the next row; io.EOF after the last one.
func (c *Conn) row(s *sheet) (fulfil.Row, error) {
	fields, err := s.csv.Read()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return nil, io.EOF
		}
		return nil, s.explain(err)
	}
	if have, want := len(fields), len(s.columns); have != want {
		line, _ := s.csv.FieldPos(0)
		what := "Column %d is the first one missing. Complete the line, or put a value that holds the separator in quotes."
		if have > want {
			what = "Column %d is the first one too many. Put a value that holds the separator in quotes."
		}
		return nil, errs.Invalid("path", "File %q, line %d: %d columns where the header has %d. "+what, s.name, s.lines+line, have, want, min(have, want)+1)
	}
	row := make(fulfil.Row, len(fields))
	for i, value := range fields {
		if s.columns[i] == "" {
			continue
		}
		if err := s.clean(i, value); err != nil {
			return nil, err
		}
		row[s.columns[i]] = c.trimmed(value)
	}
	return row, nil
}

// clean refuses what is no text.
func (s *sheet) clean(field int, value string) error {
	var wrong string
	switch {
	case !utf8.ValidString(value):
		wrong = "is not valid UTF-8. Save the file as UTF-8, or set the encoding that it has"
	case strings.IndexByte(value, 0) >= 0:
		wrong = "holds a NUL character. The file is damaged or in another encoding (UTF-16?)"
	default:
		return nil
	}
	line, _ := s.csv.FieldPos(field)
	column := ""
	if field < len(s.columns) && s.columns[field] != "" {
		column = " (" + s.columns[field] + ")"
	}
	return errs.Invalid("path", "File %q, line %d, column %d%s %s.", s.name, s.lines+line, field+1, column, wrong)
}

// explain gives the place of a mistake in the quoting.
func (s *sheet) explain(err error) error {
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

func skipLine(b *bufio.Reader) error {
	for {
		if _, err := b.ReadSlice('\n'); !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

// guess takes the separator that the header line has most of; a comma when it has none.
func guess(b *bufio.Reader) rune {
	head, _ := b.Peek(64 << 10)
	if i := bytes.IndexByte(head, '\n'); i >= 0 {
		head = head[:i]
	}
	best, most := ',', 0
	for _, candidate := range []rune{',', ';', '\t', '|'} {
		if n := bytes.Count(head, []byte(string(candidate))); n > most {
			best, most = candidate, n
		}
	}
	return best
}
