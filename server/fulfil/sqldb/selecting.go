package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"slices"
	"strings"

	"writ/server/errs"
	"writ/server/fulfil"
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
		expression, join := c.dialect.joined(l, alias, one)
		columns += ", " + expression + " as " + c.dialect.quote(l.column)
		joins += join
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
	rows, err := tx.QueryContext(ctx, "select * from ("+statement+") x where 1 = 0")
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
	tx, err := c.dialect.begin(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead})
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
			return c.dialect.stream(ctx, tx, cat, name, statement, func(row fulfil.Row) bool {
				more = yield(row, nil)
				return more
			})
		})
		if err != nil && more {
			yield(nil, err)
		}
	})
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

// reader gives a function that reads the row at hand.
func (c *Conn) reader(rows *sql.Rows, cat *catalog, name string) (func() (fulfil.Row, error), error) {
	t := cat.tables[name]
	columns, err := c.distinct(rows, name)
	if err != nil {
		return nil, err
	}
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	links, err := c.linksOf(cat, name)
	if err != nil {
		return nil, err
	}
	typeNames, of := make([]string, len(columns)), make([]origin, len(columns))
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range columns {
		typeNames[i] = strings.ToUpper(types[i].DatabaseTypeName())
		if t != nil {
			of[i].column = t.by[columns[i]]
		}
		of[i].isLink = slices.ContainsFunc(links, func(l link) bool { return l.column == columns[i] })
		into[i] = &values[i]
	}
	return func() (fulfil.Row, error) {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		row := make(fulfil.Row, len(columns))
		for i, column := range columns {
			if row[column], err = c.dialect.value(values[i], typeNames[i], of[i]); err != nil {
				return nil, err
			}
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
		where, args := c.dialect.having(cat.tables[name], keyColumn, key)
		rows, err := tx.QueryContext(ctx, statement+"\nwhere "+where, args...)
		if err != nil {
			return c.readError(err, "connectionString")
		}
		defer rows.Close()
		read, err := c.reader(rows, cat, name)
		if err != nil {
			return err
		}
		for rows.Next() {
			this, err := read()
			if err != nil {
				return err
			}
			if !c.dialect.isKey(cat.tables[name], keyColumn, this[keyColumn], key) {
				continue
			}
			if found {
				return errs.New(errs.Conflict, "Several rows of table %s have %s = %s. The key of a mapping must be unique.", name, keyColumn, key)
			}
			row, found = this, true
		}
		return c.readError(rows.Err(), "connectionString")
	})
	if err != nil {
		return nil, false, err
	}
	return row, found, nil
}
