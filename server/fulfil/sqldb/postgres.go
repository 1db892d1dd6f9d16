package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/lib/pq"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/fulfil"
)

// Postgres is the technology "postgres". Roots are folders besides that of the files of connectors in which certificates and keys that a
// connection string names may lie; absolute paths.
type Postgres struct{ Roots []string }

// postgres is the dialect of PostgreSQL.
type postgres struct{ c *Conn }

var (
	_ fulfil.Package  = Postgres{}
	_ fulfil.Exporter = (*Conn)(nil)
	_ fulfil.Applier  = (*Conn)(nil)
	_ fulfil.Reader   = (*Conn)(nil)
	_ fulfil.Watcher  = (*Conn)(nil)
	_ fulfil.Stamper  = (*Conn)(nil)

	_ fulfil.Explainer = (*Conn)(nil)
	_ fulfil.Tracker   = (*Conn)(nil)
)

type config struct {
	ConnectionString string            `setting:"connectionString" required:"true" secret:"true" help:"postgres://user:password@host:5432/database?sslmode=require. Several hosts (host1:5432,host2:5432): the one that takes changes is used, target_session_attrs=any takes the first that answers."`
	Schema           string            `setting:"schema" default:"public"`
	Timeout          time.Duration     `setting:"timeout" default:"30" min:"1" max:"3600" help:"Seconds that one statement, and one change, may take."`
	MaxConnections   int               `setting:"maxConnections" default:"8" min:"1" max:"100"`
	Queries          map[string]string `setting:"query." help:"query.<table>: a SELECT to export instead of the table."`
	Links            map[string]string `setting:"link." form:"nested" help:"link.<column> or link.<table>.<column>: the link table that holds the values of the column, as table(owner_column,value_column)."`
}

// form is what a connection is configured with.
type form = fulfil.Form[config]

// Capability says: export and fulfil with a schema; the connection string is secret.
func (Postgres) Capability() fulfil.Capability {
	return fulfil.Capability{
		Identifier: "postgres", DisplayName: "Database/PostgreSQL", CanExport: true, CanFulfil: true, HasSchema: true,
		Settings: form{}.Schema(), Secrets: form{}.Secrets(), Example: form{}.Example("postgres"),
	}
}

// Open checks the settings; the first call connects.
func (p Postgres) Open(_ context.Context, s fulfil.Settings) (*fulfil.Opened, error) {
	set, err := form{}.Read(s)
	if err != nil {
		return nil, err
	}
	c := &Conn{schema: set.Schema, timeout: set.Timeout}
	c.dialect = postgres{c}
	if err := c.configure(set.Queries, set.Links); err != nil {
		return nil, err
	}
	cfg, err := configOf(set.ConnectionString)
	if err != nil {
		return nil, err
	}
	files, err := certificates(&cfg, s.DataDir, p.Roots)
	if err != nil {
		return nil, err
	}
	connector, err := pq.NewConnectorConfig(c.session(cfg))
	if err != nil {
		return nil, errs.Invalid("connectionString", "The connection string cannot be used: a parameter in it is not known or not possible.")
	}
	connector.Dialer(dialer{patience: c.timeout + 2*time.Second}) // the server's own limit comes first, it has the better message
	c.target = fmt.Sprintf("%s on %s:%d", cfg.Database, cfg.Host, cfg.Port)
	for _, m := range cfg.Multi {
		c.target += fmt.Sprintf(", %s:%d", m.Host, m.Port)
	}
	c.pool(withFiles{connector, files}, set.MaxConnections)
	return &fulfil.Opened{Connector: c, Exporter: c, Applier: c, Exchanger: c, Reader: c, Watcher: c, Stamper: c, Explainer: c, Tracker: c}, nil
}

// nowhere is a file that cannot be there.
const nowhere = "/dev/null/nothing"

// ours are the settings that the driver would take from this process where a connection string says nothing: its environment, and files in its
// home folder. They are those of our own database, or of somebody who works on this machine: no target is ever offered them.
var ours = []struct{ variable, parameter string }{
	{"", "password=''"}, {"", "passfile=" + nowhere}, {"", "sslcert=" + nowhere}, {"", "sslkey=" + nowhere}, {"", "service=''"},
	{"PGHOST", "host=localhost"}, {"PGPORT", "port=5432"}, {"PGDATABASE", "dbname=''"}, {"PGUSER", "user=writ"}, {"PGOPTIONS", "options=''"},
	{"PGSSLMODE", "sslmode=prefer"}, {"PGSSLROOTCERT", "sslrootcert=''"}, {"PGTARGETSESSIONATTRS", "target_session_attrs=any"},
}

// configOf reads a connection string, and nothing but it. VALIDATION when it cannot be understood, or names files of this machine that hold
// passwords of others.
func configOf(at string) (pq.Config, error) {
	text := at
	var err error
	if strings.HasPrefix(at, "postgres://") || strings.HasPrefix(at, "postgresql://") {
		if text, err = db.Spread(at); err != nil { // its text never repeats the string
			return pq.Config{}, errs.Invalid("connectionString", "The connection string cannot be understood: %s.", err)
		}
		text, err = pq.ParseURL(text) //nolint:staticcheck // what is ours must stand before what it says, which a URL has no place for
	}
	var first []string
	for _, o := range ours {
		if _, set := os.LookupEnv(o.variable); o.variable == "" || set {
			first = append(first, o.parameter)
		}
	}
	var cfg pq.Config
	if err == nil {
		cfg, err = pq.NewConfig(strings.Join(first, " ") + " " + text) // of two, the later counts
	}
	if err != nil { // not kept as a cause: its text repeats the password
		return cfg, errs.Invalid("connectionString", "The connection string cannot be understood. Write postgres://user:password@host:5432/database?sslmode=require.")
	}
	if cfg.Passfile != nowhere || cfg.Service != "" {
		return cfg, errs.Invalid("connectionString", "The connection string must hold the password itself: passfile and service name files of the server, which may hold those of others.")
	}
	return cfg, nil
}

// session sets what every session of ours has. What a pooler does not pass on at the beginning of a session is left to the transactions (begin),
// unless the connection string says it.
func (c *Conn) session(cfg pq.Config) pq.Config {
	cfg = cfg.Clone()
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = min(c.timeout, 10*time.Second)
		if len(cfg.Multi) > 0 { // it is each host's
			cfg.ConnectTimeout = min(c.timeout, 3*time.Second)
		}
	}
	if cfg.TargetSessionAttrs == "" && len(cfg.Multi) > 0 {
		cfg.TargetSessionAttrs = pq.TargetSessionAttrsReadWrite
	}
	if cfg.FallbackApplicationName == "" {
		cfg.FallbackApplicationName = "writ"
	}
	for _, p := range [][2]string{
		{"statement_timeout", strconv.FormatInt(c.timeout.Milliseconds(), 10)}, {"timezone", "UTC"}, {"search_path", pq.QuoteIdentifier(c.schema)},
	} {
		if _, set := cfg.Runtime[p[0]]; !set {
			c.local = append(c.local, p)
		}
	}
	return cfg
}

// begin starts a transaction with our settings, for itself alone: behind a pooler in transaction mode the session is somebody else's afterwards.
func (p postgres) begin(ctx context.Context, o *sql.TxOptions) (*sql.Tx, error) {
	tx, err := p.c.db.BeginTx(ctx, o)
	if err != nil {
		return nil, err
	}
	// A database without an encoding holds any bytes as text, and would refuse a whole table because of one that is none: they come as they are.
	calls := []string{"case when current_setting('server_encoding') = 'SQL_ASCII' then set_config('client_encoding', 'SQL_ASCII', true) end"}
	var args []any
	for i, set := range p.c.local {
		calls = append(calls, fmt.Sprintf("set_config($%d, $%d, true)", 2*i+1, 2*i+2))
		args = append(args, set[0], set[1])
	}
	if _, err := tx.ExecContext(ctx, "select "+strings.Join(calls, ", "), args...); err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	return tx, nil
}

func quote(name string) string { return pq.QuoteIdentifier(name) }

func (postgres) quote(name string) string { return quote(name) }
