package config

import (
	"fmt"
	"path/filepath"
	"strings"

	"writ/server/db"
)

// Database says which PostgreSQL to use.
type Database struct {
	URL         string            `name:"database-url" env:"WRIT_DATABASE_URL" help:"PostgreSQL 15 or newer, postgres://user:password@host:5432/name; with replicas postgres://user:password@host1:5432,host2:5432/name. Empty: a PostgreSQL of our own in the data folder."`
	AdminURL    string            `name:"database-admin-url" env:"WRIT_DATABASE_ADMIN_URL" help:"The same database with a role that owns the event log and changes the schema, so that the role of --database-url can add events but never change them. Empty: one role does both."`
	DirectURL   string            `name:"database-direct-url" env:"WRIT_DATABASE_DIRECT_URL" help:"The same database past a pooler (PgBouncer in transaction mode), for notifications and the job queue. Without it both ask once a second."`
	DataDir     string            `default:"./data" env:"WRIT_DATA_DIR" help:"Folder of this process: its own PostgreSQL, the generated key, and below files/ what connectors read."`
	FileRoots   string            `name:"file-roots" env:"WRIT_FILE_ROOTS" placeholder:"FOLDERS" help:"Further folders whose files connectors may read, absolute, separated by semicolons. They may not hold the data folder."`
	Programs    string            `name:"programs" env:"WRIT_PROGRAMS" placeholder:"FOLDER" help:"Folder with the programs that connections of the package exec may run, absolute. Only root and the user of this process may be able to write there. Empty: none is run."`
	PostgresBin string            `env:"WRIT_POSTGRES_BIN" help:"Folder with the programs of the PostgreSQL of our own. Empty: the npm package, else the system's newest."`
	Settings    map[string]string `name:"postgres-settings" env:"WRIT_POSTGRES_SETTINGS" placeholder:"NAME=VALUE;..." help:"Settings for the PostgreSQL of our own, e.g. shared_buffers=1GB."`
	MaxConns    int               `name:"database-conns" default:"24" env:"WRIT_DATABASE_CONNS" help:"Connections to the database at most; the job queue has a few more of its own."`
}

// FilesDir is the folder below which the files of connectors lie: apart from the keys and the database beside it.
func (d *Database) FilesDir() string { return filepath.Join(d.DataDir, "files") }

// Roots are the further folders whose files connectors may read.
func (d *Database) Roots() []string {
	var out []string
	for root := range strings.SplitSeq(d.FileRoots, ";") {
		if root = strings.TrimSpace(root); root != "" {
			out = append(out, filepath.Clean(root))
		}
	}
	return out
}

// checkPrograms refuses a folder for programs in which others than the administrators of the machine put files: connectors read and write below the data
// folder and the roots.
func (d *Database) checkPrograms() error {
	if d.Programs == "" {
		return nil
	}
	if !filepath.IsAbs(d.Programs) {
		return fmt.Errorf("the folder for programs (--programs, WRIT_PROGRAMS) must be absolute, got %q", d.Programs)
	}
	at := resolved(d.Programs)
	for _, other := range append(d.Roots(), d.DataDir) {
		if other = resolved(other); holds(at, other) || holds(other, at) {
			return fmt.Errorf("the folder for programs %s (--programs, WRIT_PROGRAMS) holds %s or lies in it: what is put there as data could be run", d.Programs, other)
		}
	}
	return nil
}

// checkRoots refuses folders through which a connector could read the keys and the database of the data folder.
func (d *Database) checkRoots() error {
	if err := d.checkPrograms(); err != nil {
		return err
	}
	data := resolved(d.DataDir)
	for _, root := range d.Roots() {
		if !filepath.IsAbs(root) {
			return fmt.Errorf("the folders for files (--file-roots, WRIT_FILE_ROOTS) must be absolute, got %q", root)
		}
		if at := resolved(root); holds(at, data) || holds(data, at) {
			return fmt.Errorf("the folder %s (--file-roots, WRIT_FILE_ROOTS) holds the data folder or lies in it: connectors could read keys there", root)
		}
	}
	return nil
}

// resolved follows links as far as the path exists.
func resolved(path string) string {
	full, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if real, err := filepath.EvalSymlinks(full); err == nil {
		return real
	}
	if parent := filepath.Dir(full); parent != full {
		return filepath.Join(resolved(parent), filepath.Base(full))
	}
	return full
}

// holds reports whether inner is outer or lies below it.
func holds(outer, inner string) bool {
	rel, err := filepath.Rel(outer, inner)
	return err == nil && filepath.IsLocal(rel)
}

// Validate checks the section.
func (d *Database) Validate() error {
	if d.MaxConns < 2 {
		return fmt.Errorf("the number of connections (--database-conns, WRIT_DATABASE_CONNS) must be 2 or more, got %d", d.MaxConns)
	}
	if err := d.checkRoots(); err != nil {
		return err
	}
	for setting, at := range map[string]string{"(--database-url, WRIT_DATABASE_URL)": d.URL, "(--database-admin-url, WRIT_DATABASE_ADMIN_URL)": d.AdminURL, "(--database-direct-url, WRIT_DATABASE_DIRECT_URL)": d.DirectURL} {
		if at == "" {
			continue
		}
		if _, err := db.URL(at); err != nil {
			return fmt.Errorf("%w %s", err, setting)
		}
	}
	if d.AdminURL != "" && d.URL == "" {
		return fmt.Errorf("--database-admin-url (WRIT_DATABASE_ADMIN_URL) needs --database-url: a PostgreSQL of our own has its own roles")
	}
	return nil
}
