package config

import (
	"fmt"
	"net/url"
)

// Database says which PostgreSQL to use.
type Database struct {
	URL         string            `name:"database-url" env:"WRIT_DATABASE_URL" help:"PostgreSQL 15 or newer, postgres://user:password@host:5432/name. Empty: a PostgreSQL of our own in the data folder."`
	AdminURL    string            `name:"database-admin-url" env:"WRIT_DATABASE_ADMIN_URL" help:"The same database with a role that owns the event log and changes the schema, so that the role of --database-url can add events but never change them. Empty: one role does both."`
	DataDir     string            `default:"./data" env:"WRIT_DATA_DIR" help:"Folder of this process: its own PostgreSQL, the generated key, files that connectors read."`
	PostgresBin string            `env:"WRIT_POSTGRES_BIN" help:"Folder with the programs of the PostgreSQL of our own. Empty: the npm package, else the system's newest."`
	Settings    map[string]string `name:"postgres-settings" env:"WRIT_POSTGRES_SETTINGS" placeholder:"NAME=VALUE;..." help:"Settings for the PostgreSQL of our own, e.g. shared_buffers=1GB."`
	MaxConns    int               `name:"database-conns" default:"24" env:"WRIT_DATABASE_CONNS" help:"Connections to the database at most; the job queue has a few more of its own."`
}

// Validate checks the section.
func (d *Database) Validate() error {
	if d.MaxConns < 2 {
		return fmt.Errorf("the number of connections (--database-conns, WRIT_DATABASE_CONNS) must be 2 or more, got %d", d.MaxConns)
	}
	for setting, at := range map[string]string{"(--database-url, WRIT_DATABASE_URL)": d.URL, "(--database-admin-url, WRIT_DATABASE_ADMIN_URL)": d.AdminURL} {
		if at == "" {
			continue
		}
		if u, err := url.Parse(at); err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
			return fmt.Errorf("the database URL %s must look like postgres://user:password@host:5432/name", setting)
		}
	}
	if d.AdminURL != "" && d.URL == "" {
		return fmt.Errorf("--database-admin-url (WRIT_DATABASE_ADMIN_URL) needs --database-url: a PostgreSQL of our own has its own roles")
	}
	return nil
}
