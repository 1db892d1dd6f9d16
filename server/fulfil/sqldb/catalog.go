package sqldb

import (
	"context"
	"database/sql"
)

// catalog is what the database says about the tables of the schema.
type catalog struct {
	tables map[string]*table
	names  []string // in order
	flush  string   // call that publishes a session's write counters at its next commit, see Token; "" where the server has none
}

type table struct {
	name    string
	kind    string // r table, p partitioned, v view, m materialized view, f foreign
	columns []column
	by      map[string]column
	key     string // the column of a one-column primary key; "" otherwise
	refs    map[string]reference
}

type column struct {
	name     string
	typ      string // as the server spells it, good for a cast
	category string // A array, B boolean, S string, ... (pg_type.typcategory)
	limit    int    // characters at most; 0: no limit
}

// reference is a foreign key of one column.
type reference struct {
	table, column string
	follows       bool // the database itself writes a new value of what it refers to into it
	mayWrite      bool // we may
}

func (c column) isArray() bool  { return c.category == "A" }
func (c column) isString() bool { return c.category == "S" }

// hasEquality: the others are compared by their text.
func (c column) hasEquality() bool { return c.typ != "json" && c.typ != "xml" && c.category != "G" }

const columnsSQL = `
select t.relname, t.relkind, a.attname, format_type(a.atttypid, -1), ty.typcategory,
       case when a.atttypid in ('varchar'::regtype, 'bpchar'::regtype) and a.atttypmod > 4 then a.atttypmod - 4 else 0 end,
       coalesce(pk.indnkeyatts = 1 and a.attnum = any(pk.indkey), false),
       coalesce(ft.relname, ''), coalesce(fa.attname, ''), coalesce(f.confupdtype in ('c', 'n', 'd'), false),
       ft.oid is not null and t.relkind in ('r', 'p') and has_column_privilege(t.oid, a.attnum, 'update') and has_column_privilege(t.oid, a.attnum, 'select')
from pg_catalog.pg_class t
join pg_catalog.pg_namespace n on n.oid = t.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
join pg_catalog.pg_type ty on ty.oid = a.atttypid
left join pg_catalog.pg_index pk on pk.indrelid = t.oid and pk.indisprimary
left join lateral (
    select f.confrelid, f.confkey[1] as attnum, f.confupdtype from pg_catalog.pg_constraint f
    where f.conrelid = t.oid and f.contype = 'f' and f.conkey = array[a.attnum] order by f.oid limit 1) f on true
left join pg_catalog.pg_class ft on ft.oid = f.confrelid
left join pg_catalog.pg_attribute fa on fa.attrelid = f.confrelid and fa.attnum = f.attnum
where n.nspname = $1 and t.relkind in ('r', 'p', 'v', 'm', 'f')
order by t.relname, a.attnum`

// querier is a pool or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// catalog gives what is known about the tables; fresh reads it again. A catalog is never changed once it is handed out.
func (c *Conn) catalog(ctx context.Context, q querier, fresh bool) (*catalog, error) {
	c.mu.Lock()
	known := c.cached
	c.mu.Unlock()
	if known != nil && !fresh {
		return known, nil
	}
	rows, err := q.QueryContext(ctx, columnsSQL, c.schema)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	read := &catalog{tables: map[string]*table{}}
	for rows.Next() {
		var name, kind string
		var col column
		var isKey bool
		var ref reference
		if err := rows.Scan(&name, &kind, &col.name, &col.typ, &col.category, &col.limit, &isKey, &ref.table, &ref.column, &ref.follows, &ref.mayWrite); err != nil {
			return nil, err
		}
		t := read.tables[name]
		if t == nil {
			t = &table{name: name, kind: kind, by: map[string]column{}, refs: map[string]reference{}}
			read.tables[name] = t
			read.names = append(read.names, name)
		}
		t.columns = append(t.columns, col)
		t.by[col.name] = col
		if isKey {
			t.key = col.name
		}
		if ref.table != "" {
			t.refs[col.name] = ref
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if err := rows.Close(); err != nil { // the connection is needed
		return nil, err
	}
	if read.flush, err = flushCall(ctx, q); err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.cached = read
	c.mu.Unlock()
	return read, nil
}

// referrers gives the columns whose plain foreign key refers to a column of a table and holds its value back, as links: when the value changes
// they go with it. In the order of their names.
func (c *catalog) referrers(t *table, column string) []link {
	var list []link
	for _, name := range c.names {
		from := c.tables[name]
		for _, col := range from.columns {
			if ref, has := from.refs[col.name]; has && ref.table == t.name && ref.column == column && !ref.follows && ref.mayWrite {
				list = append(list, link{table: from.name, owner: col.name, ref: column, ownerType: col.typ})
			}
		}
	}
	return list
}

// flushCall looks for the function that came with PostgreSQL 15.
func flushCall(ctx context.Context, q querier) (string, error) {
	rows, err := q.QueryContext(ctx, "select 1 from pg_catalog.pg_proc where proname = 'pg_stat_force_next_flush' and has_function_privilege(oid, 'execute')")
	if err != nil {
		return "", err
	}
	defer rows.Close()
	if rows.Next() {
		return "pg_catalog.pg_stat_force_next_flush()", nil
	}
	return "", rows.Err()
}

// forget has the catalog read again: the server said that something in it is not so any more.
func (c *Conn) forget() {
	c.mu.Lock()
	c.cached = nil
	c.mu.Unlock()
}
