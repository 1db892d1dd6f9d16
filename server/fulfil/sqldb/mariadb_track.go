package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"writ/server/errs"
	"writ/server/fulfil"
)

// changes tells what happened to tables by a column into which every change writes the time.
type changes struct {
	c       *Conn
	columns map[string]string // by table
}

var _ fulfil.Tracker = changes{}

// changeOverlap is how long a transaction may take that wrote the time at its beginning and is seen at its end.
const changeOverlap = 10 * time.Minute

const changedPrefix = "changed:"

// told is the column of a table; "" when nobody can tell: it is a query, has links, which have no such column, or the
// server changes its rows along with others.
func (h changes) told(cat *catalog, name string) (string, error) {
	column, ok := h.columns[name]
	t := cat.tables[name]
	if !ok || t == nil {
		return "", nil
	}
	if _, isQuery := h.c.queries[name]; isQuery {
		return "", nil
	}
	col := t.by[column]
	if col.typ != "timestamp" { // a datetime holds what the clock of whoever wrote it showed, in a zone that nobody knows
		return "", errs.Invalid("change."+name, "Setting change.%s must name a column of type timestamp of table %s.", name, name)
	}
	if t.isSilent {
		return "", nil
	}
	links, err := h.c.linksOf(cat, name)
	if err != nil || len(links) > 0 {
		return "", err
	}
	return column, nil
}

// Cookies gives the server's time. Rows that a transaction wrote before it and committed later are within the overlap.
func (h changes) Cookies(ctx context.Context) (map[string]string, error) {
	found := map[string]string{}
	err := h.c.reading(ctx, func(tx *sql.Tx) error {
		cat, err := h.c.catalog(ctx, tx, false)
		if err != nil {
			return h.c.readError(err, "connectionString")
		}
		now, err := h.now(ctx, tx)
		if err != nil {
			return err
		}
		for name := range h.columns {
			column, err := h.told(cat, name)
			if err != nil {
				return err
			}
			if column != "" {
				found[name] = now
			}
		}
		return nil
	})
	return found, err
}

func (h changes) now(ctx context.Context, tx *sql.Tx) (string, error) {
	var now string
	if err := tx.QueryRowContext(ctx, "select utc_timestamp(6)").Scan(&now); err != nil {
		return "", h.c.readError(err, "connectionString")
	}
	return changedPrefix + strings.Replace(now, " ", "T", 1) + "Z", nil
}

// Since reads the rows whose column is not older than the cookie, and some before; how many there are tells whether some are gone.
func (h changes) Since(ctx context.Context, name, cookie string, most int) (delta *fulfil.Delta, err error) {
	from, ok := sinceOf(cookie)
	if !ok {
		return nil, nil
	}
	err = h.c.reading(ctx, func(tx *sql.Tx) error {
		cat, err := h.c.catalog(ctx, tx, true)
		if err != nil {
			return h.c.readError(err, "connectionString")
		}
		column, err := h.told(cat, name)
		if err != nil || column == "" {
			return err
		}
		delta, err = h.since(ctx, tx, cat, name, column, from, most)
		return err
	})
	if err != nil {
		return nil, err
	}
	return delta, nil
}

func sinceOf(cookie string) (time.Time, bool) {
	text, ours := strings.CutPrefix(cookie, changedPrefix)
	from, err := time.Parse(time.RFC3339Nano, text)
	return from, ours && err == nil
}

func (h changes) since(ctx context.Context, tx *sql.Tx, cat *catalog, name, column string, from time.Time, most int) (*fulfil.Delta, error) {
	now, err := h.now(ctx, tx)
	if err != nil {
		return nil, err
	}
	if at, _ := sinceOf(now); at.Before(from) { // its clock was set back
		return nil, nil
	}
	delta := &fulfil.Delta{Cookie: now}
	var unknown int
	of := h.c.dialect.quote(column)
	if err := tx.QueryRowContext(ctx, fmt.Sprintf("select count(*), count(*) - count(%s) from %s", of, h.c.qualified(name))).Scan(&delta.Count, &unknown); err != nil {
		return nil, h.c.readError(err, "connectionString")
	}
	if unknown > 0 { // rows that do not say when they changed
		return nil, nil
	}
	statement, err := h.c.selecting(cat, name, true)
	if err != nil {
		return nil, err
	}
	earliest := from.Add(-changeOverlap).UTC().Format("2006-01-02 15:04:05.000000")
	rows, err := tx.QueryContext(ctx, fmt.Sprintf("%s\nwhere t.%s >= ? limit %d", statement, of, most+1), earliest)
	if err != nil {
		return nil, h.c.readError(err, "connectionString")
	}
	defer rows.Close()
	read, err := h.c.reader(rows, cat, name)
	if err != nil {
		return nil, err
	}
	for bytes := 0; rows.Next(); {
		row, err := read()
		if err != nil {
			return nil, h.c.readError(err, "connectionString")
		}
		if bytes += width(row); bytes > fetchBytes || len(delta.Rows) >= most {
			return nil, nil
		}
		delta.Rows = append(delta.Rows, row)
	}
	return delta, h.c.readError(rows.Err(), "connectionString")
}
