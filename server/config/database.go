package config

import (
	"fmt"
	"net/url"
)

// Database says which PostgreSQL to use.
type Database struct {
	URL         string            `name:"database-url" env:"WRIT_DATABASE_URL" help:"PostgreSQL 15 or newer, postgres://user:password@host:5432/name. Empty: a PostgreSQL of our own in the data folder."`
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
	if d.URL == "" {
		return nil
	}
	if u, err := url.Parse(d.URL); err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return fmt.Errorf("the database URL (--database-url, WRIT_DATABASE_URL) must look like postgres://user:password@host:5432/name")
	}
	return nil
}
