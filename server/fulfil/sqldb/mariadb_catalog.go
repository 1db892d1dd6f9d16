package sqldb

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"writ/server/errs"
)

// mariaColumnsSQL: the server compares names of these tables without regard to case, and tables may differ in nothing else.
const mariaColumnsSQL = `
select t.TABLE_NAME, t.TABLE_TYPE, coalesce(t.ENGINE, ''), coalesce(e.TRANSACTIONS, 'YES'), c.COLUMN_NAME, c.DATA_TYPE, c.COLUMN_TYPE,
       coalesce(c.CHARACTER_MAXIMUM_LENGTH, 0), coalesce(c.COLLATION_NAME, ''), coalesce(c.DATETIME_PRECISION, 0), c.EXTRA like '%INVISIBLE%'
from information_schema.TABLES t
join information_schema.COLUMNS c on c.TABLE_SCHEMA = t.TABLE_SCHEMA and c.TABLE_NAME = t.TABLE_NAME and binary c.TABLE_NAME = binary t.TABLE_NAME
left join information_schema.ENGINES e on e.ENGINE = t.ENGINE
where t.TABLE_SCHEMA = ? and t.TABLE_TYPE in ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED')
order by t.TABLE_NAME, c.ORDINAL_POSITION`

// mariaViewsSQL: what views show, as far as we may see it.
const mariaViewsSQL = `select TABLE_NAME, coalesce(VIEW_DEFINITION, '') from information_schema.VIEWS where TABLE_SCHEMA = ?`

// mariaKeysSQL: indexes of one column that hold no value twice.
const mariaKeysSQL = `
select max(TABLE_NAME), INDEX_NAME, max(COLUMN_NAME) from information_schema.STATISTICS
where TABLE_SCHEMA = ? and NON_UNIQUE = 0 group by binary TABLE_NAME, INDEX_NAME having count(*) = 1 and max(SUB_PART) is null`

// mariaReferencesSQL: foreign keys of one column.
const mariaReferencesSQL = `
select max(k.TABLE_NAME), max(k.COLUMN_NAME), max(k.REFERENCED_TABLE_NAME), max(k.REFERENCED_COLUMN_NAME), max(r.UPDATE_RULE) = 'CASCADE'
from information_schema.KEY_COLUMN_USAGE k
join information_schema.REFERENTIAL_CONSTRAINTS r on r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA and r.CONSTRAINT_NAME = k.CONSTRAINT_NAME and binary r.TABLE_NAME = binary k.TABLE_NAME
where k.TABLE_SCHEMA = ? and k.REFERENCED_TABLE_SCHEMA = k.TABLE_SCHEMA
group by binary k.TABLE_NAME, k.CONSTRAINT_NAME having count(*) = 1`

// mariaSilentSQL: tables whose rows the server changes along with others, without a trigger or a time that would tell it. What it deletes, the count tells.
const mariaSilentSQL = `
select TABLE_NAME from information_schema.REFERENTIAL_CONSTRAINTS
where CONSTRAINT_SCHEMA = ? and (UPDATE_RULE in ('CASCADE', 'SET NULL', 'SET DEFAULT') or DELETE_RULE in ('SET NULL', 'SET DEFAULT'))`

// mariaCategories are the letters of column.category: S text, N and D numbers without and with a fraction, F floating, T times, X bytes, B bits, O the rest.
var mariaCategories = map[string]string{
	"char": "S", "varchar": "S", "tinytext": "S", "text": "S", "mediumtext": "S", "longtext": "S", "enum": "S", "set": "S",
	"tinyint": "N", "smallint": "N", "mediumint": "N", "int": "N", "bigint": "N", "year": "N", "decimal": "D", "float": "F", "double": "F",
	"date": "T", "datetime": "T", "timestamp": "T", "time": "T", "bit": "B",
	"binary": "X", "varbinary": "X", "tinyblob": "X", "blob": "X", "mediumblob": "X", "longblob": "X",
	"geometry": "X", "point": "X", "linestring": "X", "polygon": "X", "multipoint": "X", "multilinestring": "X", "multipolygon": "X", "geometrycollection": "X",
}

func (m mariadb) catalog(ctx context.Context, q querier) (*catalog, error) {
	read := &catalog{tables: map[string]*table{}}
	isMariaDB := false
	if err := each(ctx, q, "select 1 from information_schema.COLLATIONS where COLLATION_NAME = ?", "utf8mb4_nopad_bin", func(*sql.Rows) error {
		isMariaDB = true
		return nil
	}); err != nil {
		return nil, err
	}
	if !isMariaDB { // MySQL has other words for what is needed
		return nil, errs.Invalid("connectionString", "%s is no MariaDB 10.5 or newer.", m.c.target)
	}
	err := each(ctx, q, mariaColumnsSQL, m.c.schema, func(rows *sql.Rows) error {
		var name, kind, engine, transactions, full string
		var col column
		var length uint64
		var isHidden bool
		if err := rows.Scan(&name, &kind, &engine, &transactions, &col.name, &col.typ, &full, &length, &col.rules, &col.fraction, &isHidden); err != nil {
			return err
		}
		t := read.tables[name]
		if t == nil {
			t = &table{name: name, kind: "r", by: map[string]column{}, refs: map[string]reference{}}
			if kind == "VIEW" {
				t.kind = "v"
			}
			if transactions != "YES" {
				t.engine = engine
			}
			read.tables[name] = t
			read.names = append(read.names, name)
		}
		if col.category = mariaCategories[col.typ]; col.category == "" {
			col.category = "O"
		}
		if col.typ == "char" || col.typ == "varchar" {
			col.limit = int(min(length, 1<<31-1)) //nolint:gosec // it fits
		}
		col.isUnsigned = strings.Contains(full, "unsigned") && (col.typ == "int" || col.typ == "bigint")
		col.isBool = strings.HasPrefix(full, "tinyint(1)") || full == "bit(1)"
		if !isHidden { // else * leaves it out
			t.columns = append(t.columns, col)
		}
		t.by[col.name] = col
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := m.viewsWithoutTransactions(ctx, q, read); err != nil {
		return nil, err
	}
	if err := each(ctx, q, mariaSilentSQL, m.c.schema, func(rows *sql.Rows) error {
		var name string
		if err := rows.Scan(&name); err != nil {
			return err
		}
		if t := read.tables[name]; t != nil {
			t.isSilent = true
		}
		return nil
	}); err != nil {
		return nil, err
	}
	if err := each(ctx, q, mariaKeysSQL, m.c.schema, func(rows *sql.Rows) error {
		var name, index, of string
		if err := rows.Scan(&name, &index, &of); err != nil {
			return err
		}
		if t := read.tables[name]; t != nil {
			col := t.by[of]
			col.isUnique = true
			t.by[of] = col
			if i := slices.IndexFunc(t.columns, func(c column) bool { return c.name == of }); i >= 0 {
				t.columns[i] = col
			}
			if index == "PRIMARY" {
				t.key = of
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	return read, each(ctx, q, mariaReferencesSQL, m.c.schema, func(rows *sql.Rows) error {
		var name, of string
		var ref reference
		if err := rows.Scan(&name, &of, &ref.table, &ref.column, &ref.follows); err != nil {
			return err
		}
		if t := read.tables[name]; t != nil {
			t.refs[of] = ref // mayWrite stays false: the server checks references row by row, so nothing can go along with a value that has to be there first
		}
		return nil
	})
}

// viewsWithoutTransactions notes of each view the engine of a table below it that knows no transactions. Where we may not see what a view shows, it may
// be any table.
func (m mariadb) viewsWithoutTransactions(ctx context.Context, q querier, read *catalog) error {
	shows := map[string][]string{}
	err := each(ctx, q, mariaViewsSQL, m.c.schema, func(rows *sql.Rows) error {
		var view, definition string
		if err := rows.Scan(&view, &definition); err != nil {
			return err
		}
		for _, name := range read.names {
			if name != view && (definition == "" || strings.Contains(definition, m.c.qualified(name))) {
				shows[view] = append(shows[view], name)
			}
		}
		return nil
	})
	for found := true; found && err == nil; {
		found = false
		for view, names := range shows {
			for _, name := range names {
				if v := read.tables[view]; v != nil && v.engine == "" && read.tables[name].engine != "" {
					v.engine, found = read.tables[name].engine, true
				}
			}
		}
	}
	return err
}

// each hands the rows of a statement to fn, and gives the connection free again.
func each(ctx context.Context, q querier, statement, arg string, fn func(*sql.Rows) error) error {
	rows, err := q.QueryContext(ctx, statement, arg)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
