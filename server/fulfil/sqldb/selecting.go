package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"strings"

	"writ/server/errs"
	"writ/server/fulfil"
)

// One round trip of an export brings so many rows, and so many are held in memory: few at first, then as many as the widest row so far lets into
// fetchBytes.
const (
	firstRows  = 16
	fetchRows  = 1024
	fetchBytes = 16 << 20
)

// source is what an export of a table reads: the table, or the statement of the settings in its place.
func (c *Conn) source(cat *catalog, name string) (string, error) {
	if query, ok := c.queries[name]; ok {
		return "(" + query + "\n)", nil // the newline ends a comment in the statement's last line
	}
	if cat.tables[name] == nil {
		return "", errs.Missing("There is no table %s in schema %s of %s.", name, c.schema, c.target)
	}
	return c.qualified(name), nil
}

// selecting builds the statement that reads a table with its links.
func (c *Conn) selecting(cat *catalog, name string, one bool) (string, error) {
	source, err := c.source(cat, name)
	if err != nil {
		return "", err
	}
	links, err := c.linksOf(cat, name)
	if err != nil {
		return "", err
	}
	columns, joins := "t.*", ""
	for i, l := range links {
		alias := fmt.Sprintf("l%d", i)
		columns += fmt.Sprintf(", %s.v as %s", alias, quote(l.column))
		if one {
			joins += "\n" + c.joinOne(l, alias)
		} else {
			joins += "\n" + c.joinAll(l, alias)
		}
	}
	return "select " + columns + " from " + source + " t" + joins, nil
}

// Schema lists the tables and views of the schema and the queries of the settings, with the columns that an export would have.
func (c *Conn) Schema(ctx context.Context) ([]fulfil.Table, error) {
	var tables []fulfil.Table
	err := c.reading(ctx, func(tx *sql.Tx) error {
		cat, err := c.catalog(ctx, tx, true)
		if err != nil {
			return c.readError(err, "schema")
		}
		names := append([]string{}, cat.names...)
		for name := range c.queries {
			if cat.tables[name] == nil {
				names = append(names, name)
			}
		}
		used := map[string]bool{}
		for _, name := range names {
			t, err := c.describe(ctx, tx, cat, name)
			if err != nil {
				return err
			}
			tables = append(tables, t)
			links, err := c.linksOf(cat, name)
			if err != nil {
				return err
			}
			for _, l := range links {
				used[l.column] = true
			}
		}
		for _, l := range c.links {
			if !used[l.column] {
				return errs.Invalid(l.name, "The column %s of %s refers to no table that could have a column %s. Write link.<table>.%s.", l.owner, l.table, l.column, l.column)
			}
		}
		return nil
	})
	return tables, err
}

// describe asks the server about a query; a table is in the catalog.
func (c *Conn) describe(ctx context.Context, tx *sql.Tx, cat *catalog, name string) (fulfil.Table, error) {
	t := fulfil.Table{Name: name}
	if _, ok := c.queries[name]; !ok {
		for _, col := range cat.tables[name].columns {
			t.Columns = append(t.Columns, col.name)
		}
		links, err := c.linksOf(cat, name)
		for _, l := range links {
			t.Columns = append(t.Columns, l.column)
		}
		return t, err
	}
	statement, err := c.selecting(cat, name, false)
	if err != nil {
		return t, err
	}
	rows, err := tx.QueryContext(ctx, "select * from ("+statement+") x where $1", false)
	if err != nil {
		return t, c.readError(err, "query."+name)
	}
	defer rows.Close()
	if t.Columns, err = c.distinct(rows, name); err != nil {
		return t, err
	}
	return t, rows.Err()
}

func (c *Conn) distinct(rows *sql.Rows, name string) ([]string, error) {
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, column := range columns {
		if seen[column] {
			return nil, errs.Invalid("query."+name, "The query for table %s gives two columns named %s. Name one of them differently.", name, column)
		}
		seen[column] = true
	}
	return columns, nil
}

// reading runs fn in a transaction that cannot write and sees one moment.
func (c *Conn) reading(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := c.begin(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead})
	if err != nil {
		return c.readError(err, "connectionString")
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	return fn(tx)
}

// Export streams a table, or the query in its place, as it is at one moment. The order of the rows means nothing. The rows end with
// NotFound when there is no such table, Validation when the server refuses the statement, Unavailable when the connection broke.
func (c *Conn) Export(ctx context.Context, name string) iter.Seq2[fulfil.Entry, error] {
	return fulfil.Numbered(name, func(yield func(fulfil.Row, error) bool) {
		more := true
		err := c.reading(ctx, func(tx *sql.Tx) error {
			cat, err := c.catalog(ctx, tx, true)
			if err != nil {
				return c.readError(err, "connectionString")
			}
			statement, err := c.selecting(cat, name, false)
			if err != nil {
				return err
			}
			return c.stream(ctx, tx, cat, name, statement, func(row fulfil.Row) bool {
				more = yield(row, nil)
				return more
			})
		})
		if err != nil && more {
			yield(nil, err)
		}
	})
}

// stream reads through a cursor: the server's time limit then counts per round trip and not for the whole table, however slow the
// taker of the rows is. Statements are prepared, so that a setting can hold one statement and no more.
func (c *Conn) stream(ctx context.Context, tx *sql.Tx, cat *catalog, name, statement string, take func(fulfil.Row) bool) error {
	field := "connectionString"
	if _, ok := c.queries[name]; ok {
		field = "query." + name
	}
	if _, err := tx.ExecContext(ctx, "set local cursor_tuple_fraction = 1"); err != nil { // plan for all rows, not for the first ones
		return c.readError(err, field)
	}
	declare, err := tx.PrepareContext(ctx, "declare writ_export no scroll cursor for "+statement)
	if err != nil {
		return c.readError(err, field)
	}
	defer declare.Close()
	if _, err := declare.ExecContext(ctx); err != nil {
		return c.readError(err, field)
	}
	widest := 0
	for n := firstRows; ; n = nextRows(n, widest) {
		batch, err := c.fetch(ctx, tx, n, cat.tables[name], name)
		if err != nil {
			return c.readError(err, field)
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

// width is about how many bytes a row has.
func width(row fulfil.Row) (n int) {
	for _, v := range row {
		switch v := v.(type) {
		case string:
			n += len(v)
		case []byte:
			n += len(v)
		case []string:
			for _, text := range v {
				n += len(text)
			}
		}
	}
	return n
}

// fetch reads one batch to its end before anybody gets a row of it: while we wait for the taker of the rows, the server must not be
// waiting for us.
func (c *Conn) fetch(ctx context.Context, tx *sql.Tx, n int, t *table, name string) ([]fulfil.Row, error) {
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
	read, err := c.reader(rows, t, name)
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

// reader gives a function that reads the row at hand. t is nil for a query without a table of that name.
func (c *Conn) reader(rows *sql.Rows, t *table, name string) (func() (fulfil.Row, error), error) {
	columns, err := c.distinct(rows, name)
	if err != nil {
		return nil, err
	}
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	typeNames, arrays := make([]string, len(columns)), make([]bool, len(columns))
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range columns {
		typeNames[i] = strings.ToUpper(types[i].DatabaseTypeName())
		arrays[i] = t != nil && t.by[columns[i]].isArray()
		into[i] = &values[i]
	}
	return func() (fulfil.Row, error) {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		row := make(fulfil.Row, len(columns))
		for i, column := range columns {
			row[column] = value(values[i], typeNames[i], arrays[i])
		}
		return row, nil
	}, nil
}

// Read reads the row whose key column has that value. Conflict when several have it.
func (c *Conn) Read(ctx context.Context, name, keyColumn, key string) (row fulfil.Row, found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	err = c.reading(ctx, func(tx *sql.Tx) error {
		cat, err := c.catalog(ctx, tx, false)
		if err != nil {
			return c.readError(err, "connectionString")
		}
		statement, err := c.selecting(cat, name, true)
		if err != nil {
			c.forget()
			return err
		}
		rows, err := tx.QueryContext(ctx, statement+"\nwhere t."+quote(keyColumn)+" = $1 limit 2", key)
		if err != nil {
			return c.readError(err, "connectionString")
		}
		defer rows.Close()
		read, err := c.reader(rows, cat.tables[name], name)
		if err != nil {
			return err
		}
		for rows.Next() {
			if found {
				return errs.New(errs.Conflict, "Several rows of table %s have %s = %s. The key of a mapping must be unique.", name, keyColumn, key)
			}
			if row, err = read(); err != nil {
				return err
			}
			found = true
		}
		return c.readError(rows.Err(), "connectionString")
	})
	if err != nil {
		return nil, false, err
	}
	return row, found, nil
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
	tx, err := c.begin(ctx, &sql.TxOptions{ReadOnly: true})
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
