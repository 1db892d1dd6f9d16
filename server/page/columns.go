package page

import (
	"context"
	"slices"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"writ/server/db"
)

// Fields are the names of the fields that somebody asks of the rows of a list, by the names of the schema; nil: everything.
type Fields []string

// Has reports whether one of the fields is asked for.
func (f Fields) Has(names ...string) bool {
	return f == nil || slices.ContainsFunc(names, func(n string) bool { return slices.Contains(f, n) })
}

// Within reports whether nothing but these fields is asked for.
func (f Fields) Within(names ...string) bool {
	return f != nil && !slices.ContainsFunc(f, func(n string) bool { return !slices.Contains(names, n) })
}

// Column is one value that a list can read: its name, its SQL with the values of its marks, and where it goes.
type Column[T any] struct {
	Name string
	SQL  string
	Args []any
	Read func(row *T, r *db.Row)
}

// Join is a table beside the one of a list; it is there when something speaks of its alias.
type Join struct{ Alias, SQL string }

// Table says how the rows of a list are read: only the columns that somebody asks for, by one statement of constant text, without
// reflection.
type Table[T any] struct {
	From    string // table and alias
	Joins   []Join
	Columns []Column[T]
	// Fields says of which columns the fields of the schema are made. A field that is not named here makes a list read all of them.
	Fields map[string][]string
	Always []string // columns that are read whatever is asked: the id
}

// For gives the columns that fields need, and further ones that the list itself needs.
func (t *Table[T]) For(fields Fields, further ...string) []Column[T] {
	if fields == nil {
		return t.Columns
	}
	wanted := map[string]bool{}
	for _, names := range [][]string{t.Always, further} {
		for _, n := range names {
			wanted[n] = true
		}
	}
	for _, f := range fields {
		names, ok := t.Fields[f]
		if !ok {
			return t.Columns
		}
		for _, n := range names {
			wanted[n] = true
		}
	}
	list := make([]Column[T], 0, len(wanted))
	for _, c := range t.Columns {
		if wanted[c.Name] {
			list = append(list, c)
		}
	}
	return list
}

// Read reads rows under a condition, in an order; limit 0: all of them.
func (t *Table[T]) Read(ctx context.Context, b bun.IDB, columns []Column[T], where schema.QueryWithArgs, order string, limit int) ([]*T, error) {
	return read(ctx, b, columns, t.Statement(columns, where, order, limit), limit)
}

// ReadFrom is Read from another table with the same alias and columns, e.g. of the rows of an instant; there are no joins.
func (t *Table[T]) ReadFrom(ctx context.Context, b bun.IDB, from schema.QueryWithArgs, columns []Column[T], where schema.QueryWithArgs, order string, limit int) ([]*T, error) {
	return read(ctx, b, columns, statement(from, columns, where, order, limit), limit)
}

func read[T any](ctx context.Context, b bun.IDB, columns []Column[T], q schema.QueryWithArgs, limit int) ([]*T, error) {
	rows := make([]*T, 0, limit)
	err := db.Select(ctx, b, q, func(r *db.Row) error {
		row := new(T)
		for i := range columns {
			columns[i].Read(row, r)
		}
		rows = append(rows, row)
		return nil
	})
	return rows, err
}

// Statement writes what Read sends.
func (t *Table[T]) Statement(columns []Column[T], where schema.QueryWithArgs, order string, limit int) schema.QueryWithArgs {
	return statement(bun.SafeQuery(t.Tables(allOf(shown(columns), where), order)), columns, where, order, limit)
}

func shown[T any](columns []Column[T]) schema.QueryWithArgs {
	texts := make([]string, len(columns))
	var values []any
	for i, c := range columns {
		texts[i] = c.SQL
		values = append(values, c.Args...)
	}
	return bun.SafeQuery(strings.Join(texts, ", "), values...)
}

func statement[T any](from schema.QueryWithArgs, columns []Column[T], where schema.QueryWithArgs, order string, limit int) schema.QueryWithArgs {
	sql := "select ? from ? where ? order by " + order
	args := []any{shown(columns), from, where}
	if limit > 0 {
		sql += " limit ?"
		args = append(args, db.Fixed(limit))
	}
	return bun.SafeQuery(sql, args...)
}

func allOf(list ...any) schema.QueryWithArgs {
	return schema.QueryWithArgs{Args: list}
}

// Tables writes the tables of a statement: of the joins only those that its condition, or a piece of SQL, speaks of.
func (t *Table[T]) Tables(where schema.QueryWithArgs, pieces ...string) string {
	text := t.From
	for _, j := range t.Joins {
		if mentions(where, j.Alias) || slices.ContainsFunc(pieces, func(sql string) bool { return names(sql, j.Alias) }) {
			text += " " + j.SQL
		}
	}
	return text
}

// mentions reports whether a condition has a column of an alias, or the alias as a value of its own.
func mentions(q schema.QueryWithArgs, alias string) bool {
	return names(q.Query, alias) || slices.ContainsFunc(q.Args, func(a any) bool {
		switch a := a.(type) {
		case schema.QueryWithArgs:
			return mentions(a, alias)
		case bun.Ident:
			return string(a) == alias
		}
		return false
	})
}

// names reports whether SQL has a column of an alias: w.key, but neither row.key nor x.w.
func names(sql, alias string) bool {
	for rest, before := sql, byte(' '); ; {
		i := strings.Index(rest, alias+".")
		if i < 0 {
			return false
		}
		if i > 0 {
			before = rest[i-1]
		}
		if before != '_' && before != '.' && (before < '0' || before > '9') && (before < 'a' || before > 'z') && (before < 'A' || before > 'Z') {
			return true
		}
		rest = rest[i+len(alias)+1:]
		before = '.'
	}
}
