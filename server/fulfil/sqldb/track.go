package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/lib/pq"

	"writ/server/fulfil"
)

// span is the moment that a transaction sees: every transaction before oldest has ended, none from next on has. Subtransactions have numbers behind
// that of theirs, so the same is true of them.
type span struct{ oldest, next uint64 }

const spanSQL = `select pg_snapshot_xmin(s)::text::numeric, pg_snapshot_xmax(s)::text::numeric, (select system_identifier from pg_control_system())
from (select pg_current_snapshot() s) x`

// errUntold: the server does not number its transactions for us.
var errUntold = errors.New("no numbers of transactions")

// moment gives the span of the transaction and whose it is: another cluster counts for itself. errUntold from a server before PostgreSQL 13, or one that
// keeps them to itself.
func (c *Conn) moment(ctx context.Context, tx *sql.Tx) (s span, cluster string, err error) {
	err = tx.QueryRowContext(ctx, spanSQL).Scan(&s.oldest, &s.next, &cluster)
	if of := new(pq.Error); errors.As(err, &of) && (of.Code.Name() == "undefined_function" || of.Code.Name() == "insufficient_privilege") {
		return s, "", errUntold
	}
	return s, cluster, c.readError(err, "connectionString")
}

// cookieOf is cluster:number:stamp. What a transaction from the number on wrote is not known yet.
func cookieOf(cluster string, s span, stamp string) string {
	return cluster + ":" + strconv.FormatUint(s.oldest, 10) + ":" + stamp
}

// Cookies gives a moment in the history of each table that Stamps tells of.
func (c *Conn) Cookies(ctx context.Context) (map[string]string, error) {
	found := map[string]string{}
	err := c.reading(ctx, func(tx *sql.Tx) error {
		s, cluster, err := c.moment(ctx, tx)
		if err != nil {
			return err
		}
		stamps, err := c.stamps(ctx, tx)
		for name, stamp := range stamps {
			found[name] = cookieOf(cluster, s, stamp)
		}
		return err
	})
	if errors.Is(err, errUntold) {
		return nil, nil
	}
	return found, err
}

// Since reads the rows that transactions after the cookie wrote, and those to which they wrote links. PostgreSQL keeps in each row which transaction
// made it; of rows that are gone nothing is left, so how many there are is counted. That links are gone only the counters of their table tell: then,
// and when the counters are not those of a later moment, it cannot be told.
func (c *Conn) Since(ctx context.Context, name, cookie string, most int) (delta *fulfil.Delta, err error) {
	parts := strings.SplitN(cookie, ":", 3)
	if len(parts) != 3 {
		return nil, nil
	}
	from, err := strconv.ParseUint(parts[1], 10, 64)
	if err != nil {
		return nil, nil //nolint:nilerr // no cookie of ours: it cannot be told
	}
	err = c.reading(ctx, func(tx *sql.Tx) error {
		s, cluster, err := c.moment(ctx, tx)
		if err != nil {
			return err
		}
		stamps, err := c.stamps(ctx, tx)
		if err != nil {
			return err
		}
		// A row keeps 32 bits of the number: from half of them on nobody can tell before from behind.
		if cluster != parts[0] || from > s.next || s.next-from > 1<<31 || !grown(parts[2], stamps[name]) {
			return nil
		}
		delta, err = c.since(ctx, tx, name, s, from, most)
		if delta != nil {
			delta.Cookie = cookieOf(cluster, s, stamps[name])
		}
		return err
	})
	if errors.Is(err, errUntold) {
		return nil, nil
	}
	return delta, err
}

func (c *Conn) since(ctx context.Context, tx *sql.Tx, name string, s span, from uint64, most int) (*fulfil.Delta, error) {
	cat, err := c.catalog(ctx, tx, true)
	if err != nil {
		return nil, c.readError(err, "connectionString")
	}
	links, err := c.linksOf(cat, name)
	if err != nil {
		return nil, err
	}
	places, err := c.written(ctx, tx, name, links, s, from, most+1)
	if err != nil || len(places) > most {
		return nil, err
	}
	statement, err := c.selecting(cat, name, true)
	if err != nil {
		return nil, err
	}
	delta := &fulfil.Delta{}
	if err := tx.QueryRowContext(ctx, "select count(*) from "+c.qualified(name)).Scan(&delta.Count); err != nil {
		return nil, c.readError(err, "connectionString")
	}
	rows, err := tx.QueryContext(ctx, statement+"\nwhere t.ctid = any ($1::tid[])", pq.Array(places))
	if err != nil {
		return nil, c.readError(err, "connectionString")
	}
	defer rows.Close()
	read, err := c.reader(rows, cat, name)
	if err != nil {
		return nil, err
	}
	for bytes := 0; rows.Next(); {
		row, err := read()
		if err != nil {
			return nil, c.readError(err, "connectionString")
		}
		if bytes += width(row); bytes > fetchBytes {
			return nil, nil
		}
		delta.Rows = append(delta.Rows, row)
	}
	return delta, c.readError(rows.Err(), "connectionString")
}

// written gives where the rows stand that transactions from a number on wrote, or wrote links of; most of them.
func (c *Conn) written(ctx context.Context, tx *sql.Tx, name string, links []link, s span, from uint64, most int) (places []string, err error) {
	// the number of a row is one of those before next: the distance to it, modulo 2^32, is right
	behind := func(alias string) string {
		return fmt.Sprintf("(%d - %s.xmin::text::bigint + 4294967296) %% 4294967296 <= %d", s.next%(1<<32), alias, s.next-from)
	}
	statement := "select t.ctid from " + c.qualified(name) + " t where " + behind("t")
	for _, l := range links {
		statement += fmt.Sprintf("\nunion select t.ctid from %s k join %s t on k.%s = t.%s where %s", c.qualified(l.table), c.qualified(name), quote(l.owner), quote(l.ref), behind("k"))
	}
	rows, err := tx.QueryContext(ctx, fmt.Sprintf("select ctid::text from (%s) x limit %d", statement, most))
	if err != nil {
		return nil, c.readError(err, "connectionString")
	}
	defer rows.Close()
	for rows.Next() {
		var place string
		if err := rows.Scan(&place); err != nil {
			return nil, c.readError(err, "connectionString")
		}
		places = append(places, place)
	}
	return places, c.readError(rows.Err(), "connectionString")
}

// grown reports whether one stamp of a table can come after another, and no link of it was taken away or moved between them.
func grown(from, to string) bool {
	was, is := counted(from), counted(to)
	if was == nil || len(was) != len(is) {
		return false
	}
	for i := range was {
		a, b := was[i], is[i]
		if a.oid != b.oid || a.node != b.node || b.counters[0] < a.counters[0] || b.counters[1] < a.counters[1] || b.counters[2] < a.counters[2] {
			return false
		}
		if i > 0 && (a.counters[1] != b.counters[1] || a.counters[2] != b.counters[2]) {
			return false
		}
	}
	return true
}
