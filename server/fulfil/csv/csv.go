package csv

import (
	"context"
	"errors"
	"iter"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"writ/server/errs"
	"writ/server/fulfil"
)

// Package is the technology "csv". Roots are further folders below which files may lie too; absolute paths.
type Package struct{ Roots []string }

// Conn is one connection. It holds nothing open between calls. Safe for concurrent use.
type Conn struct {
	place     place
	separator rune // 0: found out from the header line
	encoding  string
	skip      int
	trim      []string
	nulls     map[string]bool
	settle    time.Duration

	shortIsEmpty bool

	mu     sync.Mutex
	stamps map[string]stamped // by path
}

var (
	_ fulfil.Package  = Package{}
	_ fulfil.Exporter = (*Conn)(nil)
	_ fulfil.Watcher  = (*Conn)(nil)
	_ fulfil.Stamper  = (*Conn)(nil)
)

type config struct {
	Path        string        `setting:"path" required:"true" title:"Folder or file" example:"hr" help:"Relative to the folder files in the data folder. Each *.csv in a folder is a table."`
	Separator   string        `setting:"separator" default:"," help:"One character, \"tab\", or \"auto\" to take it from the header line, or from a line sep=; above it."`
	Encoding    string        `setting:"encoding" default:"utf-8" known:"utf-8,utf-16,utf-16le,utf-16be,iso-8859-1,windows-1252" help:"A byte order mark at the beginning of a file is stronger."`
	Skip        int           `setting:"numberOfLinesToSkip" default:"0" max:"1000000" help:"Lines above the header line."`
	Trim        []string      `setting:"valuesToTrim" help:"Texts taken off both ends of headers and values."`
	NullValues  []string      `setting:"nullValues" help:"Texts that mean: no value, such as 0000-00-00 or NULL."`
	ShortLines  string        `setting:"shortLines" default:"mend" oneof:"mend,empty" help:"What a line is that ends before a mapped column: a row to mend, or one whose last values are empty."`
	SettleAfter time.Duration `setting:"settleSeconds" default:"0" max:"3600" help:"A file must have been left alone that long before it is read."`
}

// form is what a connection is configured with.
type form = fulfil.Form[config]

// Capability says: export with a schema, nothing secret.
func (Package) Capability() fulfil.Capability {
	return fulfil.Capability{
		Identifier: "csv", DisplayName: "File/CSV", CanExport: true, HasSchema: true, Settings: form{}.Schema(), Secrets: form{}.Secrets(), Example: form{}.Example("csv"),
	}
}

// Open checks the settings. The path need not exist yet, but must stay below the folder for files or one of the Roots.
func (p Package) Open(_ context.Context, s fulfil.Settings) (*fulfil.Opened, error) {
	set, err := form{}.Read(s)
	if err != nil {
		return nil, err
	}
	c := &Conn{stamps: map[string]stamped{}, trim: set.Trim, nulls: map[string]bool{}, skip: set.Skip, settle: set.SettleAfter, shortIsEmpty: set.ShortLines == "empty"}
	for _, text := range set.NullValues {
		c.nulls[strings.TrimSpace(text)] = true
	}
	if c.place.Place, err = fulfil.PlaceOf("path", set.Path, s.DataDir, p.Roots); err != nil {
		return nil, err
	}
	if c.separator, err = separatorOf(set.Separator); err != nil {
		return nil, err
	}
	if c.encoding, err = encodingOf(set.Encoding); err != nil {
		return nil, err
	}
	return &fulfil.Opened{Connector: c, Exporter: c, Watcher: c, Stamper: c}, nil
}

func separatorOf(text string) (rune, error) {
	switch strings.ToLower(text) {
	case "auto":
		return 0, nil
	case "tab", `\t`:
		return '\t', nil
	}
	r, size := utf8.DecodeRuneInString(text)
	if size != len(text) || r == utf8.RuneError || r == '"' || r == '\r' || r == '\n' || r == 0 {
		return 0, errs.Invalid("separator", `Setting separator must be one character, "tab" or "auto".`)
	}
	return r, nil
}

// Check opens every file and reads its header. What is no file at all, such as a link that leads nowhere, is told of only when a table of
// its name is read.
func (c *Conn) Check(ctx context.Context) error {
	files, err := c.place.files()
	if err != nil {
		return err
	}
	for _, f := range files {
		if f.err != nil {
			continue
		}
		if _, err := c.columns(f); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Close has nothing to release.
func (c *Conn) Close() error { return nil }

// Schema reads the header of every file. Unavailable when the folder or the file is not there. A file that cannot be read is a table whose
// columns are not known: whoever reads it learns what is wrong, and who does not is not held up by it.
func (c *Conn) Schema(ctx context.Context) ([]fulfil.Table, error) {
	files, err := c.place.files()
	if err != nil {
		return nil, err
	}
	tables := make([]fulfil.Table, 0, len(files))
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		table := fulfil.Table{Name: f.table}
		if f.err == nil {
			table.Columns, _ = c.columns(f)
		}
		tables = append(tables, table)
	}
	return tables, nil
}

// Export reads one file, on behind a malformed row. The entries end with NotFound when there is no such table, with Validation when the file is
// malformed, and with Unavailable when it changed while it was read.
func (c *Conn) Export(ctx context.Context, table string) iter.Seq2[fulfil.Entry, error] {
	return func(yield func(fulfil.Entry, error) bool) {
		f, err := c.place.file(table)
		if err == nil {
			err = c.entries(ctx, f, func(e fulfil.Entry) bool { return yield(e, nil) })
		}
		if err != nil && !errors.Is(err, errStopped) {
			yield(fulfil.Entry{}, err)
		}
	}
}
