package sqldb

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"writ/server/errs"
	"writ/server/fulfil"
)

// MariaDB is the technology "mariadb". Roots are folders besides that of the files of connectors in which certificates may lie; absolute paths.
type MariaDB struct{ Roots []string }

var _ fulfil.Package = MariaDB{}

type mariaConfig struct {
	ConnectionString string            `setting:"connectionString" required:"true" secret:"true" help:"mariadb://user:password@host:3306/database. The connection is encrypted and the server's certificate is checked: ?tls=skip-verify takes any certificate, ?tls=false none."`
	CACertificate    string            `setting:"caCertificate" help:"Certificates in PEM form that the server's must come from, or a file that holds them. Else what the machine trusts."`
	Timeout          time.Duration     `setting:"timeout" default:"30" min:"1" max:"3600" help:"Seconds that one statement, and one change, may take."`
	MaxConnections   int               `setting:"maxConnections" default:"8" min:"1" max:"100"`
	Queries          map[string]string `setting:"query." help:"query.<table>: a SELECT to export instead of the table."`
	Links            map[string]string `setting:"link." form:"nested" help:"link.<column> or link.<table>.<column>: the link table that holds the values of the column, as table(owner_column,value_column)."`
	Changes          map[string]string `setting:"change." help:"change.<table>: the column (timestamp) into which every change of a row writes the time. Then only what changed is read."`
}

type mariaForm = fulfil.Form[mariaConfig]

// Capability says: export and fulfil with a schema; the connection string is secret.
func (MariaDB) Capability() fulfil.Capability {
	return fulfil.Capability{
		Identifier: "mariadb", DisplayName: "Database/MariaDB", CanExport: true, CanFulfil: true, HasSchema: true,
		Settings: mariaForm{}.Schema(), Secrets: mariaForm{}.Secrets(), Example: mariaForm{}.Example("mariadb"),
	}
}

// Open checks the settings; the first call connects.
func (m MariaDB) Open(_ context.Context, s fulfil.Settings) (*fulfil.Opened, error) {
	set, err := mariaForm{}.Read(s)
	if err != nil {
		return nil, err
	}
	c := &Conn{timeout: set.Timeout}
	c.dialect = mariadb{c}
	if err := c.configure(set.Queries, set.Links); err != nil {
		return nil, err
	}
	cfg, err := c.address(set.ConnectionString)
	if err != nil {
		return nil, err
	}
	if set.CACertificate != "" && (cfg.TLS == nil || cfg.TLS.InsecureSkipVerify) {
		return nil, errs.Invalid("caCertificate", "Setting caCertificate is not looked at when the connection string says tls=false or tls=skip-verify: leave out one of the two.")
	}
	if set.CACertificate != "" {
		if cfg.TLS.RootCAs, err = authorities(set.CACertificate, s.DataDir, m.Roots); err != nil {
			return nil, err
		}
	}
	connector, err := mysql.NewConnector(cfg)
	if err != nil { // not kept as a cause: its text may repeat the password
		return nil, errs.Invalid("connectionString", "The connection string cannot be used: something in it is not known or not possible.")
	}
	c.pool(connector, set.MaxConnections)
	opened := &fulfil.Opened{Connector: c, Exporter: c, Applier: c, Exchanger: c, Reader: c}
	if len(set.Changes) > 0 {
		told := changes{c, set.Changes}
		opened.Tracker = told
		c.further = func(ctx context.Context) error {
			_, err := told.Cookies(ctx)
			return err
		}
	}
	return opened, nil
}

const maria = "Write mariadb://user:password@host:3306/database."

// address reads a connection string, and nothing but it: neither a socket of this machine nor any other way of the driver's can be named in it.
func (c *Conn) address(at string) (*mysql.Config, error) {
	invalid := func(why string) (*mysql.Config, error) {
		return nil, errs.Invalid("connectionString", "The connection string cannot be used: %s. "+maria, why)
	}
	u, err := url.Parse(at)
	if err != nil { // its text repeats the password
		return invalid("it is no address")
	}
	name := strings.TrimPrefix(u.Path, "/")
	switch {
	case u.Scheme != "mariadb" && u.Scheme != "mysql":
		return invalid("it does not begin with mariadb://")
	case u.Hostname() == "":
		return invalid("it names no host")
	case name == "" || strings.Contains(name, "/"):
		return invalid("it names no database")
	case u.User.Username() == "":
		return invalid("it names no user")
	}
	port := u.Port()
	if port == "" {
		port = "3306"
	}
	cfg := mysql.NewConfig()
	cfg.User, cfg.Net, cfg.Addr, cfg.DBName = u.User.Username(), "tcp", net.JoinHostPort(u.Hostname(), port), name
	cfg.Passwd, _ = u.User.Password()
	encryption := "true"
	for parameter, values := range u.Query() {
		if parameter != "tls" || len(values) != 1 {
			return invalid("the only parameter that there is is tls")
		}
		encryption = values[0]
	}
	switch encryption {
	case "true":
		cfg.TLS = &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}
	case "skip-verify":
		cfg.TLS = &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12} //nolint:gosec // whoever configures the connection says so
	case "false":
	default:
		return invalid("tls is true, skip-verify or false")
	}
	c.schema, c.target = name, fmt.Sprintf("%s on %s", name, cfg.Addr)
	patience := dialer{patience: c.timeout + 2*time.Second} // the server's own limit comes first, it has the better message
	cfg.DialFunc = patience.DialContext
	cfg.Timeout = min(c.timeout, 10*time.Second)
	cfg.Logger = &mysql.NopLogger{}
	cfg.ClientFoundRows = true // how many rows there were, not how many got other bytes
	cfg.MaxAllowedPacket = 0   // asks the server: what is too long for it is refused here, and not with a broken connection there
	cfg.Collation = "utf8mb4_general_ci"
	cfg.ConnectionAttributes = "program_name:writ"
	cfg.Params = map[string]string{
		"time_zone": "'+00:00'",
		// A value that does not fit is an error and never cut; the rest of the mode is what statements of the settings were written for.
		"sql_mode":                 "concat(replace(@@sql_mode, 'PAD_CHAR_TO_FULL_LENGTH', ''), ',STRICT_ALL_TABLES,STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO')",
		"max_statement_time":       strconv.FormatFloat(c.timeout.Seconds(), 'f', -1, 64),
		"lock_wait_timeout":        strconv.Itoa(max(1, int(c.timeout.Seconds()/2))),
		"innodb_lock_wait_timeout": strconv.Itoa(max(1, int(c.timeout.Seconds()/2))), // before our patience is over: then it is known that nothing was made
		"net_write_timeout":        "3600",                                           // an export waits for whoever takes the rows
		"group_concat_max_len":     "1073741824",
		"autocommit":               "1",
		"sql_notes":                "1", // what was cut is only noted: all notes of a statement are needed
		"max_error_count":          "65535",
	}
	return cfg, nil
}

// authorities are the certificates of the settings, or of a file.
func authorities(given, dataDir string, roots []string) (*x509.CertPool, error) {
	const field = "caCertificate"
	pem := []byte(given)
	if !strings.Contains(given, "-----BEGIN") {
		p, err := fulfil.PlaceOf(field, given, dataDir, roots)
		if err != nil {
			return nil, err
		}
		root, err := os.OpenRoot(p.Root)
		if err != nil {
			return nil, p.Explain(p.Root, err)
		}
		defer root.Close()
		f, _, err := p.Open(root, p.Path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		if pem, err = io.ReadAll(io.LimitReader(f, maxCertificates)); err != nil {
			return nil, p.Explain(p.Path, err)
		}
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errs.Invalid(field, "Setting %s holds no certificate that can be read.", field)
	}
	return pool, nil
}

// mariadb is the dialect of MariaDB. What the server takes for the same text is not the same to us: two keys that differ in case, accents or blanks
// at their end are two people, though the server finds the row of one by the key of the other.
type mariadb struct{ c *Conn }

func (mariadb) quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// begin: a change sees what others committed meanwhile, and locks no room between rows in which others want to add theirs.
func (m mariadb) begin(ctx context.Context, o *sql.TxOptions) (*sql.Tx, error) {
	if o == nil {
		o = &sql.TxOptions{Isolation: sql.LevelReadCommitted}
	}
	return m.c.db.BeginTx(ctx, o)
}

// effect: the server keeps no counters of what was written.
func (mariadb) effect(context.Context, querier, *meant) (string, error) { return "", nil }
