package sqldb

import "context"

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

// catalog reads what the server says about the tables of the schema.
func (p postgres) catalog(ctx context.Context, q querier) (*catalog, error) {
	rows, err := q.QueryContext(ctx, columnsSQL, p.c.schema)
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
	read.flush, err = flushCall(ctx, q)
	return read, err
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
