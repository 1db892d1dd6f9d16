package synchronization_test

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/dbtest"
	"writ/server/fulfil"
	"writ/server/fulfil/sqldb"
	"writ/server/synchronization"
)

// hostileValues are values as a database holds them: by type, what an application or a person with psql can write into one row.
var hostileValues = map[string][]string{
	"text": {"''", "' '", "repeat('x', 6000)", "repeat('é', 600000)", "repeat(E'e\\u0301', 800)", "repeat('[', 20000)", "E'a\\nb'", "E'\\x01\\x1a'", "E'\\u202eX'", "'NULL'", "'IT'", "'1'",
		"repeat('x', 4000000)", "'1e400'", "'=cmd()'", "'-infinity'"},
	"bytea":       {`'\x00'`, `'\xff00ff'`, "''", `'\xeda080'`, "decode(repeat('ff', 100000), 'hex')"},
	"jsonb":       {"'{}'", "'null'", `'{"a": "\\u0001"}'`, "(repeat('[', 2000) || repeat(']', 2000))::jsonb", "'1e400'", "to_jsonb(repeat('x', 6000))"},
	"json":        {`'{"a": "\u0000"}'`, "(repeat('[', 2000) || repeat(']', 2000))::json", `'{"a": 1, "a": 2}'`},
	"numeric":     {"'NaN'", "'Infinity'", "'-Infinity'", "'1e400'::numeric", "'1e-400'::numeric", "'1e100000'::numeric", "-0.0"},
	"float8":      {"'NaN'", "'Infinity'", "'-Infinity'", "1e308", "5e-324", "'-0'"},
	"date":        {"'infinity'", "'-infinity'", "'4713-01-01 BC'", "'0044-03-15 BC'", "'0001-01-01'", "'10000-01-01'", "'5874897-12-31'"},
	"timestamptz": {"'infinity'", "'-infinity'", "'294276-12-31 23:59:59.999999+00'", "'4713-01-02 00:00:00+00 BC'", "'10000-01-01'", "'0001-01-01 00:00:00+00'", "'1800-01-01 00:00:00+00'"},
	"timestamp":   {"'infinity'", "'-infinity'", "'294276-12-31 23:59:59.999999'", "'4713-01-02 00:00:00 BC'"},
	"time":        {"'24:00:00'", "'00:00:00.000001'"},
	"timetz":      {"'24:00:00-15:59:59'", "'00:00:00+15:59:59'"},
	"interval":    {"'178000000 years'", "'-1 mons +2 days -03:00:00.5'", "'0'"},
	"text[]": {"'{}'", "array[null]::text[]", "array['', ' ']", "array[repeat('x', 6000)]", "'{{a,b},{c,d}}'", "'[5:6]={a,b}'", `array[E'a\nb', '"', '\', '{', ',']`,
		"array(select 'g' || i from generate_series(1, 20000) i)"},
	"int[]":         {"'{1,null,-5}'", "'{}'"},
	"timestamptz[]": {"'{infinity,-infinity}'", "array['0044-03-15 BC'::timestamptz]"},
	"bytea[]":       {`array['\x00ff'::bytea]`},
	"bool[]":        {"'{t,f,null}'"},
	"uuid":          {"'ffffffff-ffff-ffff-ffff-ffffffffffff'"},
	"inet":          {"'::ffff:1.2.3.4/128'"},
	"money":         {"'-92233720368547758.08'"},
	"bit varying":   {"repeat('1', 6000)::bit varying", "''"},
	"char(5)":       {"''", "'é'"},
	"tstzrange":     {"'empty'", "'[-infinity,infinity)'", "'(,)'"},
	"xml":           {"'<a>&#233;</a>'", "''"},
	"point":         {"'(NaN,Infinity)'"},
	"tsvector":      {"repeat('x', 2000)::tsvector"},
	"oid":           {"4294967295"},
	`"char"`:        {"'\\377'", "''"},
	"name":          {"repeat('x', 63)"},
	"pg_lsn":        {"'FFFFFFFF/FFFFFFFF'"},
	"int4range":     {"'[1,5)'"},
	"boolean":       {"true"},
}

// bytesOfNoText are what a database without an encoding (SQL_ASCII) can hold as text.
var bytesOfNoText = map[string][]string{
	"text":   {`E'a\xffb'`, `E'\xed\xa0\x80'`, `E'\xc3'`, `E'\xf8\x88\x80\x80\x80'`, "repeat(E'\\xff', 6000)"},
	"text[]": {`array[E'a\xffb']`},
	"json":   {`E'{"a": "\xff"}'`},
	"name":   {`E'\xff'`},
}

// TestHostileDatabase: whatever one row of a database holds, in whatever column, everybody else's data arrives, and what is stored of the row is never
// taken for vanished.
func TestHostileDatabase(t *testing.T) {
	t.Parallel()
	for encoding, values := range map[string]map[string][]string{"UTF8": hostileValues, "SQL_ASCII": bytesOfNoText} {
		t.Run(encoding, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.exec(t, "update property_mapping set is_unique_key = true where column_name = 'mail'")
			b.exec(t, "update entity_mapping set maximum_rejected = 1000")
			b.exec(t, "update connector set max_percentage_inserted_lines = 0, max_percentage_updated_lines = 0, max_percentage_deleted_lines = 0")
			target, at := targetIn(t, encoding)
			b.Open = func(ctx context.Context, _ int64) (*fulfil.Opened, fulfil.Capability, error) {
				c, err := sqldb.Postgres{}.Open(ctx, fulfil.Settings{Values: map[string]string{"connectionString": at}})
				if err == nil {
					t.Cleanup(func() { _ = c.Close() })
				}
				return c, sqldb.Postgres{}.Capability(), err
			}
			n := 0
			try := func(column, kind string, values []string) {
				n++
				columns := []string{"id", "name", "mail", "start", "department", "groups"}
				types := map[string]string{"id": "text", "name": "text", "mail": "text", "start": "date", "department": "text", "groups": "text[]"}
				types[column] = kind
				var declared, rows []string
				for _, c := range columns {
					declared = append(declared, fmt.Sprintf("%q %s", c, types[c]))
				}
				for i, value := range values {
					cells := map[string]string{"id": fmt.Sprintf("'2%d'", i), "name": "'Ann'", "mail": fmt.Sprintf("'a%d@x'", i), "start": "'2026-03-01'", "department": "'IT'", "groups": "array['IT']"}
					if cells[column] = value; i == 0 && column != "id" {
						cells["id"] = "'2'" // whom we know already
					}
					var row []string
					for _, c := range columns {
						row = append(row, "("+cells[c]+")::"+types[c])
					}
					rows = append(rows, "("+strings.Join(row, ", ")+")")
				}
				other, property := "name", "Name"
				if column == "name" {
					other, property = "mail", "Mail"
				}
				statements := fmt.Sprintf(`drop table if exists person; create table person (%s); insert into person values %s; insert into person (id, %s) values ('1', 'x%d'), ('3', 'y%[4]d')`,
					strings.Join(declared, ", "), strings.Join(rows, ", "), other, n)
				if column == "id" {
					statements += "; insert into person (id, name) values ('2', 'Ann')"
				}
				_, err := target.ExecContext(t.Context(), statements)
				require.NoError(t, err, "%s %s: %.500s", column, kind, statements)
				d, err := b.Run(b.ctx, synchronization.RunInput{Connector: "hr"})
				require.NoError(t, err, "%s %s", column, kind)
				require.Equal(t, synchronization.Applied, d.State)
				require.Equal(t, 2, b.count(t, "select count(*) from resource where entity_type_id = ? and (key, scalars ->> ?) in (('1', ?), ('3', ?)) and valid_to = 'infinity'",
					b.person, property, fmt.Sprintf("x%d", n), fmt.Sprintf("y%d", n)), "%s %s", column, kind)
				require.Equal(t, 1, b.count(t, "select count(*) from resource where entity_type_id = ? and key = '2' and valid_to = 'infinity'", b.person), "%s %s", column, kind)
			}
			try("name", "text", []string{"'Ann'"})
			try("id", "text", slices.DeleteFunc(slices.Clone(values["text"]), func(v string) bool { return v == "'1'" }))
			columns := []string{"name", "start", "groups", "mail", "department"}
			for i, kind := range slices.Sorted(maps.Keys(values)) {
				try(columns[0], kind, values[kind])
				try(columns[1+i%4], kind, values[kind])
			}
		})
	}
}

// targetIn makes a database with an encoding and a table of departments.
func targetIn(t *testing.T, encoding string) (*sql.DB, string) {
	t.Helper()
	base, at := dbtest.MustOpenEmpty(t)
	u, err := url.Parse(at)
	require.NoError(t, err)
	if encoding != "UTF8" {
		name := strings.TrimPrefix(u.Path, "/") + "_raw"
		_, err := base.ExecContext(t.Context(), fmt.Sprintf("create database %q encoding '%s' lc_collate 'C' lc_ctype 'C' locale_provider libc template template0", name, encoding))
		require.NoError(t, err)
		t.Cleanup(func() {
			_, _ = base.ExecContext(context.WithoutCancel(t.Context()), fmt.Sprintf("drop database %q with (force)", name))
		})
		u.Path = "/" + name
	}
	db, err := sql.Open("postgres", u.String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	_, err = db.ExecContext(t.Context(), "create table department (code text primary key, title text, parent text); insert into department values ('IT', 'Technology', null), ('HR', 'People', 'IT')")
	require.NoError(t, err)
	return db, u.String()
}
