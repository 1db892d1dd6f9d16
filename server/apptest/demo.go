package apptest

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/uptrace/bun"
)

// Files of the demo, relative to its folder.
const (
	People    = "hr/People.csv"
	Positions = "hr/Positions.csv"
	Cards     = "badge/Badge_Card.csv"
)

// FoundAccounts are the logins of the demo's intranet that are there before Writ is (scripts/demo/intranet.sql): of people who left, of administrators
// that nobody asked for, of machines.
var FoundAccounts = []string{"adm-e10050", "adm-e10257", "e10025", "e10384", "e10453", "svc-backup", "svc-scanner"}

// HalfRole is whom the help desk of the demo's intranet gives half a role when his account is made: the other half waits for a review, in the same order.
const HalfRole = "E10033"

// intranetName is the database of the demo's intranet.
func intranetName(at string) string { return databaseName(at) + "_intranet" }

// Intranet is the demo's second system, to look at and to change behind Writ's back.
func (h *House) Intranet(tb testing.TB) *bun.DB {
	tb.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.intranet == nil {
		h.intranet = mustOpen(tb, withDatabase(h.URL, intranetName(h.URL)))
	}
	return h.intranet
}

// DemoFile is the path of a file of the demo.
func (h *House) DemoFile(name string) string { return filepath.Join(h.DataDir, "files", "demo", name) }

// MustEditCSV changes a file as an editor does: another file takes its place. The first row is the header.
func (h *House) MustEditCSV(tb testing.TB, name string, edit func(rows [][]string) [][]string) {
	tb.Helper()
	f, err := os.Open(h.DemoFile(name))
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		tb.Fatalf("read %s: %v", name, err)
	}
	var text output
	w := csv.NewWriter(&text)
	if err := w.WriteAll(edit(rows)); err != nil {
		tb.Fatalf("write %s: %v", name, err)
	}
	h.MustWriteFile(tb, name, text.String())
}

// MustWriteFile puts a text in the place of a demo file.
func (h *House) MustWriteFile(tb testing.TB, name, text string) {
	tb.Helper()
	path := h.DemoFile(name)
	part := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".part")
	if err := os.WriteFile(part, []byte(text), 0o644); err != nil {
		tb.Fatal(err)
	}
	if err := os.Rename(part, path); err != nil {
		tb.Fatal(err)
	}
}

// MustReadFile gives a demo file as text.
func (h *House) MustReadFile(tb testing.TB, name string) string {
	tb.Helper()
	raw, err := os.ReadFile(h.DemoFile(name))
	if err != nil {
		tb.Fatal(err)
	}
	return string(raw)
}

// Column gives the number of a column in a file's header row.
func Column(tb testing.TB, rows [][]string, name string) int {
	tb.Helper()
	i := slices.Index(rows[0], name)
	if i < 0 {
		tb.Fatalf("there is no column %s", name)
	}
	return i
}

// MustSetCell changes one value of the rows with that key in the first column.
func (h *House) MustSetCell(tb testing.TB, file, keyColumn, key, column, value string) {
	tb.Helper()
	h.MustEditCSV(tb, file, func(rows [][]string) [][]string {
		k, c, n := Column(tb, rows, keyColumn), Column(tb, rows, column), 0
		for _, row := range rows[1:] {
			if row[k] == key {
				row[c] = value
				n++
			}
		}
		if n == 0 {
			tb.Fatalf("no row of %s has %s = %s", file, keyColumn, key)
		}
		return rows
	})
}

// MustMakeCards does in the badge office what orders ask for: it adds their cards to the list.
func (h *House) MustMakeCards(tb testing.TB, orders ...*Order) {
	tb.Helper()
	h.MustEditCSV(tb, Cards, func(rows [][]string) [][]string {
		for _, o := range orders {
			row := make([]string, len(rows[0]))
			for i, name := range rows[0] {
				if l := o.Line(name); l != nil && l.ProposedValue != nil {
					row[i] = *l.ProposedValue
				}
			}
			rows = append(rows, row)
		}
		return rows
	})
}

// MustConfigure changes the demo's configuration as its owner does: it replaces a text in one of the files, which must be there, and
// applies the folder.
func (h *House) MustConfigure(tb testing.TB, file, old, replacement string) {
	tb.Helper()
	text := h.MustReadFile(tb, "config/"+file)
	if !strings.Contains(text, old) {
		tb.Fatalf("%s does not contain %q", file, old)
	}
	h.MustWriteFile(tb, "config/"+file, strings.Replace(text, old, replacement, 1))
	h.MustRun(tb, "apply", h.DemoFile("config"))
}
