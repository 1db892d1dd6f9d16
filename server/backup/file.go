package backup

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"writ/server/errs"
)

// format is the version of the file.
const format = 1

// contentsName is the entry that says what is in the file. It is the last: a file that broke off has none.
const contentsName = "contents.json"

// Contents says what is in a backup.
type Contents struct {
	Format     int
	At         time.Time
	PostgreSQL string // version it was made with
	Migration  int64  // newest step of the schema
	Position   int64  // of the newest event in the chain
	Hash       string // at that position, hexadecimal
	Tables     []Table
	Sequences  []Sequence
}

// Table is one table of a backup.
type Table struct {
	Name    string
	Columns []string
	Rows    int64
}

// Sequence is where an identity column goes on.
type Sequence struct {
	Table, Column string
	Last          int64
	IsCalled      bool // Last was handed out
}

// rowsOf is how many rows of a table are in it.
func (c *Contents) rowsOf(table string) int64 {
	for _, t := range c.Tables {
		if t.Name == table {
			return t.Rows
		}
	}
	return 0
}

func entryOf(table string) string { return "table/" + table + ".copy" }

// Inspect tells what is in a backup. errs.Validation when it is none, or broke off.
func Inspect(file io.ReaderAt, size int64) (*Contents, error) {
	z, err := zip.NewReader(file, size)
	if err != nil {
		return nil, errs.Invalid("file", "This is no backup of Writ, or it broke off.").Because(err)
	}
	return contentsOf(z)
}

func contentsOf(z *zip.Reader) (*Contents, error) {
	f, err := z.Open(contentsName)
	if err != nil {
		return nil, errs.Invalid("file", "This is no backup of Writ, or it broke off.").Because(err)
	}
	defer func() { _ = f.Close() }()
	var c Contents
	if err := json.NewDecoder(f).Decode(&c); err != nil {
		return nil, fmt.Errorf("read the contents of the backup: %w", err)
	}
	if c.Format != format {
		return nil, errs.Invalid("file", "This backup has format %d; this Writ reads %d.", c.Format, format)
	}
	return &c, nil
}
