package sqldb

import (
	"context"
	"database/sql"
	"time"

	"writ/server/fulfil"
)

// dialect is what one kind of database does in its own way. Whatever is in terms of tables, columns, links and changes is not its business.
type dialect interface {
	// quote writes a name so that it is a name, whatever it holds.
	quote(name string) string
	// begin starts a transaction with our settings; nil: one that writes.
	begin(ctx context.Context, o *sql.TxOptions) (*sql.Tx, error)
	// catalog reads what the server says about the tables of the schema.
	catalog(ctx context.Context, q querier) (*catalog, error)
	// said is what the server's own words mean; nil: it said nothing, the connection did.
	said(err error) *said

	// joined gives the expression for the values of a link beside a row t, and the join that it needs: of all rows, or, with one, of the few at hand.
	joined(l link, alias string, one bool) (expression, join string)
	// stream reads a statement row by row, in bounded memory, until take has enough.
	stream(ctx context.Context, tx *sql.Tx, cat *catalog, name, statement string, take func(fulfil.Row) bool) error
	// value is what a column holds; typ is the driver's name of its type.
	value(v any, typ string, of origin) (fulfil.Value, error)
	// having is the condition for rows t with a key, which may hold of a few others, too; isKey tells. The table may be nil, of a query.
	having(t *table, keyColumn, key string) (condition string, args []any)
	isKey(t *table, keyColumn string, have fulfil.Value, key string) bool

	// announce tells the database who is writing.
	announce(ctx context.Context, w *writer, cat *catalog) error
	// look finds the row by key, locks it, and compares it with the wanted values.
	look(ctx context.Context, w *writer, key string) (found bool, same comparison, err error)
	// insert writes the row and gives its key as the database has it.
	insert(ctx context.Context, w *writer, key string) (string, error)
	// update writes the columns that differ; what refers to the row goes with it.
	update(ctx context.Context, w *writer, key string, columns []string) error
	// remove deletes the row and its links, and tells how many rows there were.
	remove(ctx context.Context, w *writer, key string) (int64, error)
	// writeLink adds and removes links of one row.
	writeLink(ctx context.Context, w *writer, l link, owner string, wanted linkChange) (changed bool, err error)
	// effect is what the transaction adds to the stamps of its tables; "": not known.
	effect(ctx context.Context, q querier, m *meant) (string, error)
}

// origin is where a value that was read comes from.
type origin struct {
	column column // of the table; without a name when it is none of it
	isLink bool   // the values of a link, as joined gives them
}

// linkChange is what shall become of the links of one row.
type linkChange struct {
	add, remove []string
	whole       bool // what is not in add goes
}

// said is what the server said, and what it means for a change that it said it about.
type said struct {
	text, detail, hint string
	outcome            fulfil.Outcome // of the change, which the server took back
	retryAfter         time.Duration
	isTaken            bool // another row has such a value
	isLate             bool // the server's own limit of time was over
	isLast             bool // the session ended with it: of a COMMIT it is no plain no
	isStale            bool // the tables may not be as they were when the catalog was read
	isReadOnly         bool // the server takes no changes at all
	isLater            bool // a read may succeed when it is tried again
	isLogin            bool // it concerns user, password or database
}

// isTaken: somebody was faster, or another row stands in the way.
func (c *Conn) isTaken(err error) bool {
	s := c.dialect.said(err)
	return s != nil && s.isTaken
}
