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
	engine  string // that cannot take a change back; "" when it can
	refs    map[string]reference

	isSilent bool // the server may change rows without it being told anywhere
}

type column struct {
	name       string
	typ        string // as the server spells it, good for a cast
	category   string // A array, B boolean, S string, ... (pg_type.typcategory)
	limit      int    // characters at most; 0: no limit
	rules      string // the collation: what the server takes for the same text
	isUnique   bool   // no two rows have the same value there
	isBool     bool   // a number that stands for true or false
	isUnsigned bool   // a number of 32 bits or more that is never negative
	fraction   int    // digits of a second that are kept
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
	read, err := c.dialect.catalog(ctx, q)
	if err != nil {
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

// forget has the catalog read again: the server said that something in it is not so any more.
func (c *Conn) forget() {
	c.mu.Lock()
	c.cached = nil
	c.mu.Unlock()
}
