package sqldb

import (
	"context"
	"database/sql"
	"fmt"

	"writ/server/fulfil"
)

// One round trip of an export brings so many rows, and so many are held in memory: few at first, then as many as the widest row so far lets into
// fetchBytes.
const (
	firstRows  = 16
	fetchRows  = 1024
	fetchBytes = 16 << 20
)

// joinedValues is the statement part that joins the values of one owner, in the order that provisioning spec 5.3 asks for.
const joinedValues = `array_agg(v order by lower(v) collate "C", v collate "C")`

// joined passes once over the link table for an export, and looks up the values of the owner at hand for reading one row.
func (p postgres) joined(l link, alias string, one bool) (expression, join string) {
	if one {
		return alias + ".v", fmt.Sprintf("\nleft join lateral (select %s as v from (select distinct %s::text as v from %s where %s = t.%s and %s is not null) d) %s on true",
			joinedValues, quote(l.value), p.c.qualified(l.table), quote(l.owner), quote(l.ref), quote(l.value), alias)
	}
	return alias + ".v", fmt.Sprintf("\nleft join (select o, %s as v from (select distinct %s as o, %s::text as v from %s where %s is not null) d group by o) %s on %s.o = t.%s",
		joinedValues, quote(l.owner), quote(l.value), p.c.qualified(l.table), quote(l.value), alias, alias, quote(l.ref))
}

// stream reads through a cursor: the server's time limit then counts per round trip and not for the whole table, however slow the
// taker of the rows is. Statements are prepared, so that a setting can hold one statement and no more.
func (p postgres) stream(ctx context.Context, tx *sql.Tx, cat *catalog, name, statement string, take func(fulfil.Row) bool) error {
	field := "connectionString"
	if _, ok := p.c.queries[name]; ok {
		field = "query." + name
	}
	if _, err := tx.ExecContext(ctx, "set local cursor_tuple_fraction = 1"); err != nil { // plan for all rows, not for the first ones
		return p.c.readError(err, field)
	}
	declare, err := tx.PrepareContext(ctx, "declare writ_export no scroll cursor for "+statement)
	if err != nil {
		return p.c.readError(err, field)
	}
	defer declare.Close()
	if _, err := declare.ExecContext(ctx); err != nil {
		return p.c.readError(err, field)
	}
	widest := 0
	for n := firstRows; ; n = nextRows(n, widest) {
		batch, err := p.fetch(ctx, tx, n, cat, name)
		if err != nil {
			return p.c.readError(err, field)
		}
		for _, row := range batch {
			widest = max(widest, width(row))
			if !take(row) {
				return nil
			}
		}
		if len(batch) < n {
			return nil
		}
	}
}

// nextRows is how many rows come after n, of which the widest had so many bytes.
func nextRows(n, widest int) int {
	next := min(n*4, fetchRows)
	for next > 1 && next*widest > fetchBytes {
		next /= 2
	}
	return next
}

// fetch reads one batch to its end before anybody gets a row of it: while we wait for the taker of the rows, the server must not be
// waiting for us.
func (p postgres) fetch(ctx context.Context, tx *sql.Tx, n int, cat *catalog, name string) ([]fulfil.Row, error) {
	fetch, err := tx.PrepareContext(ctx, fmt.Sprintf("fetch %d from writ_export", n))
	if err != nil {
		return nil, err
	}
	defer fetch.Close()
	rows, err := fetch.QueryContext(ctx)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	read, err := p.c.reader(rows, cat, name)
	if err != nil {
		return nil, err
	}
	batch := make([]fulfil.Row, 0, n)
	for rows.Next() {
		row, err := read()
		if err != nil {
			return nil, err
		}
		batch = append(batch, row)
	}
	return batch, rows.Err()
}

// tokenSQL counts what was ever written to the tables of the schema; the file node changes when a table is emptied or rewritten.
const tokenSQL = `
select concat_ws(':', coalesce(md5(string_agg(concat_ws(',', t.oid, t.relfilenode), ';' order by t.oid)), ''),
    coalesce(sum(s.n_tup_ins), 0), coalesce(sum(s.n_tup_upd), 0), coalesce(sum(s.n_tup_del), 0))
from pg_catalog.pg_class t
join pg_catalog.pg_namespace n on n.oid = t.relnamespace
left join pg_catalog.pg_stat_all_tables s on s.relid = t.oid
where n.nspname = $1 and t.relkind in ('r', 'p', 'm', 'f', 'v')`

// Token is made from the write counters that PostgreSQL keeps for every table. Our own writes show at once (PostgreSQL 15 and newer); those
// of others when their session ends, or within a second while it works, or when it has been idle for ten. Views and queries over
// other schemas are not covered: use a scheduled job for those.
func (c *Conn) Token(ctx context.Context) (string, error) {
	tx, err := c.dialect.begin(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return "", c.readError(err, "connectionString")
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	var token string
	if err := tx.QueryRowContext(ctx, tokenSQL, c.schema).Scan(&token); err != nil {
		return "", c.readError(err, "connectionString")
	}
	return token, nil
}

// stampSQL is tokenSQL for each table apart. Of what is not one plain table (views, partitions, tables with heirs or with policies for rows) nobody
// can tell it.
const stampSQL = `
select t.relname, concat_ws(',', t.oid, t.relfilenode, s.n_tup_ins, s.n_tup_upd, s.n_tup_del)
from pg_catalog.pg_class t
join pg_catalog.pg_namespace n on n.oid = t.relnamespace
join pg_catalog.pg_stat_all_tables s on s.relid = t.oid
where n.nspname = $1 and t.relkind = 'r' and not t.relhassubclass and not t.relrowsecurity and current_setting('track_counts')::bool`

// Stamps gives for each table its write counters and those of its link tables.
func (c *Conn) Stamps(ctx context.Context) (found map[string]string, err error) {
	err = c.reading(ctx, func(tx *sql.Tx) error {
		found, err = c.stamps(ctx, tx)
		return err
	})
	return found, err
}

func (c *Conn) stamps(ctx context.Context, tx *sql.Tx) (map[string]string, error) {
	found := map[string]string{}
	cat, err := c.catalog(ctx, tx, false)
	if err != nil {
		return nil, c.readError(err, "connectionString")
	}
	counters, err := c.counters(ctx, tx)
	if err != nil {
		return nil, err
	}
	for name, stamp := range counters {
		if _, ok := c.queries[name]; ok || cat.tables[name] == nil {
			continue
		}
		links, err := c.linksOf(cat, name)
		if err != nil {
			c.forget()
			return found, nil //nolint:nilerr // whoever reads it is told what is wrong
		}
		known := true
		for _, l := range links {
			of, ok := counters[l.table]
			stamp += ";" + of
			known = known && ok
		}
		if known {
			found[name] = stamp
		}
	}
	return found, nil
}

func (c *Conn) counters(ctx context.Context, tx *sql.Tx) (map[string]string, error) {
	rows, err := tx.QueryContext(ctx, stampSQL, c.schema)
	if err != nil {
		return nil, c.readError(err, "connectionString")
	}
	defer rows.Close()
	found := map[string]string{}
	for rows.Next() {
		var name, counters string
		if err := rows.Scan(&name, &counters); err != nil {
			return nil, err
		}
		found[name] = counters
	}
	return found, c.readError(rows.Err(), "connectionString")
}
