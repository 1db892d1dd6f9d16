package sqldb

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"writ/server/errs"
)

const mariaColumnsSQL = `
select t.TABLE_NAME, t.TABLE_TYPE, coalesce(t.ENGINE, ''), coalesce(e.TRANSACTIONS, 'YES'), c.COLUMN_NAME, c.DATA_TYPE, c.COLUMN_TYPE,
       coalesce(c.CHARACTER_MAXIMUM_LENGTH, 0), coalesce(c.COLLATION_NAME, ''), coalesce(c.DATETIME_PRECISION, 0), c.EXTRA like '%INVISIBLE%'
from information_schema.TABLES t
join information_schema.COLUMNS c on c.TABLE_SCHEMA = t.TABLE_SCHEMA and c.TABLE_NAME = t.TABLE_NAME
left join information_schema.ENGINES e on e.ENGINE = t.ENGINE
where t.TABLE_SCHEMA = ? and t.TABLE_TYPE in ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED')
order by t.TABLE_NAME, c.ORDINAL_POSITION`

// mariaKeysSQL: indexes of one column that hold no value twice.
const mariaKeysSQL = `
select TABLE_NAME, INDEX_NAME, max(COLUMN_NAME) from information_schema.STATISTICS
where TABLE_SCHEMA = ? and NON_UNIQUE = 0 group by TABLE_NAME, INDEX_NAME having count(*) = 1 and max(SUB_PART) is null`

// mariaReferencesSQL: foreign keys of one column.
const mariaReferencesSQL = `
select k.TABLE_NAME, max(k.COLUMN_NAME), max(k.REFERENCED_TABLE_NAME), max(k.REFERENCED_COLUMN_NAME), max(r.UPDATE_RULE) = 'CASCADE'
from information_schema.KEY_COLUMN_USAGE k
join information_schema.REFERENTIAL_CONSTRAINTS r on r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA and r.CONSTRAINT_NAME = k.CONSTRAINT_NAME and r.TABLE_NAME = k.TABLE_NAME
where k.TABLE_SCHEMA = ? and k.REFERENCED_TABLE_SCHEMA = k.TABLE_SCHEMA
group by k.TABLE_NAME, k.CONSTRAINT_NAME having count(*) = 1`

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
