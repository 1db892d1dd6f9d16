package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"writ/server/errs"
	"writ/server/fulfil"
)

// Conn is one connection: a small pool of sessions of one user of one database. Safe for concurrent use.
type Conn struct {
	dialect dialect
	db      *sql.DB
	target  string // database and host, for messages; never the user or the password
	schema  string
	timeout time.Duration
	queries map[string]string // table -> statement that replaces it in an export
	links   []linkSetting
	further func(context.Context) error // what Check looks at beyond that; nil: nothing
	local   [][2]string                 // names and values that every transaction of ours sets for itself

	most int         // sessions at once
	old  atomic.Bool // see renew

	mu     sync.Mutex
	cached *catalog // as last read; nil: read it again
}

var (
	_ fulfil.Exporter = (*Conn)(nil)
	_ fulfil.Applier  = (*Conn)(nil)
	_ fulfil.Reader   = (*Conn)(nil)
)

// configure takes the settings that every kind of database has.
func (c *Conn) configure(queries, links map[string]string) (err error) {
	c.queries = queries
	for table, query := range c.queries {
		c.queries[table] = strings.TrimRight(strings.TrimSpace(query), "; \t\r\n")
		if c.queries[table] == "" {
			return errs.Invalid("query."+table, "Setting query.%s is empty.", table)
		}
	}
	c.links, err = linkSettings(links)
	return err
}

// pool opens the sessions, when they are needed.
func (c *Conn) pool(connector driver.Connector, most int) {
	c.db = sql.OpenDB(connector)
	c.db.SetMaxOpenConns(most)
	c.db.SetMaxIdleConns(most)
	c.db.SetConnMaxIdleTime(time.Minute)
	c.db.SetConnMaxLifetime(lifetime) // a name may stand for another server now
	c.most = most
}

// lifetime is how long a session may be used.
const lifetime = 15 * time.Minute

// renew ends the sessions that are not in use once the server said that it takes no changes: the name may stand for another one by now, which a session
// that lasts would never reach. It is called when the session that was told so is free.
func (c *Conn) renew() {
	if c.old.Swap(false) {
		c.db.SetMaxIdleConns(0)
		c.db.SetMaxIdleConns(c.most)
	}
}

// Check connects, and looks whether every table, link and query of the settings is there.
func (c *Conn) Check(ctx context.Context) error {
	tables, err := c.Schema(ctx)
	if err != nil {
		return err
	}
	if len(tables) == 0 {
		return errs.Invalid("schema", "Schema %s of %s holds no table.", c.schema, c.target)
	}
	if c.further != nil {
		return c.further(ctx)
	}
	return nil
}

// Close ends all sessions.
func (c *Conn) Close() error { return c.db.Close() }

// qualified is a table of the connection's schema.
func (c *Conn) qualified(table string) string {
	return c.dialect.quote(c.schema) + "." + c.dialect.quote(table)
}
