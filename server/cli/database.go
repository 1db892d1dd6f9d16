package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/alecthomas/kong"

	"writ/server/config"
	"writ/server/db"
	"writ/server/db/embedded"
)

// settings are those of a command that works on the database and then ends.
type settings struct {
	Database config.Database `embed:"" group:"Database"`
	Log      config.Log      `embed:"" group:"Log"`
	Secret   config.Secret   `embed:"" group:"Secrets"`
	Audit    config.Audit    `embed:"" group:"Secrets"`

	TestHooks bool `env:"WRIT_TEST_HOOKS" help:"Work together with servers that run with test hooks: their clock, and connections to the fake target."`
}

func (s settings) config() config.Config {
	c := config.Config{}
	// What a server would have in the sections that these commands have no flags for. What the environment says wrongly of them stays as it is by default:
	// it is the server's to refuse.
	_ = kong.ApplyDefaults(&c)
	c.Database, c.Log, c.Secret, c.Audit = s.Database, s.Log, s.Secret, s.Audit
	c.Serve = config.Serve{Addr: "127.0.0.1:8080", Only: config.All, TestHooks: s.TestHooks}
	c.Mail.From = "Writ <writ@localhost>"
	c.Work.RiverWorkers = 1
	return c
}

// withSession opens and migrates the database, runs fn and closes everything.
func withSession(ctx context.Context, e *environment, c config.Config, fn func(ctx context.Context, s Session) error) error {
	if err := c.Validate(); err != nil {
		return err
	}
	log := c.Log.Logger(e.stderr)
	return withDatabase(ctx, c, log, func(at address) error {
		if err := migrate(ctx, at); err != nil {
			return fmt.Errorf("migrate the database: %w", err)
		}
		b, err := db.Open(ctx, at.server, db.MaxConns(c.Database.MaxConns))
		if err != nil {
			return err
		}
		defer b.Close()
		return fn(ctx, Session{Config: c, Log: log, DB: b, DatabaseURL: at.server, DirectURL: at.direct, Out: e.stdout})
	})
}

// address is where the database is: for the server, and for the role that changes the schema and owns the event log. They may be the same.
// direct is the server's past a pooler.
type address struct{ server, admin, direct string }

// migrate brings the schema up as the administrator and hands it over to the server's role.
func migrate(ctx context.Context, at address) error {
	b, err := db.Open(ctx, at.admin, db.MaxConns(3))
	if err != nil {
		return err
	}
	defer b.Close()
	if err := db.Migrate(ctx, b, at.admin); err != nil || at.admin == at.server {
		return err
	}
	_, role, err := db.Name(at.server)
	if err != nil || role == "" {
		return errors.New("the database URL must name its role when there is an administrator's")
	}
	return db.HandOver(ctx, b, role)
}

// stopPatience is how long our own PostgreSQL may take to end.
const stopPatience = 45 * time.Second

// withDatabase finds the configured PostgreSQL or starts our own, runs fn with it, and stops it again even when ctx has
// ended meanwhile.
func withDatabase(ctx context.Context, c config.Config, log *slog.Logger, fn func(at address) error) (err error) {
	if c.Database.URL == "" {
		server, err := embedded.Start(ctx, embedded.Options{DataDir: c.Database.DataDir, BinDir: c.Database.PostgresBin, Logger: log, Extra: c.Database.Settings})
		if err != nil {
			return err
		}
		defer func() {
			patient, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopPatience)
			defer cancel()
			if stopErr := server.Stop(patient); stopErr != nil {
				log.ErrorContext(patient, "stop the database", "error", stopErr)
			}
		}()
		log.InfoContext(ctx, "using a PostgreSQL of our own", "folder", absolute(c.Database.DataDir))
		return fn(address{server: server.ServerURL(embedded.Database), admin: server.URL(embedded.Database), direct: server.ServerURL(embedded.Database)})
	}
	var at address
	if at.server, err = db.URL(c.Database.URL); err != nil {
		return err
	}
	if at.admin = at.server; c.Database.AdminURL != "" {
		if at.admin, err = db.URL(c.Database.AdminURL); err != nil {
			return err
		}
	}
	if at.direct = at.server; c.Database.DirectURL != "" {
		if at.direct, err = db.URL(c.Database.DirectURL); err != nil {
			return err
		}
	}
	return fn(at)
}

func absolute(path string) string {
	full, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	return full
}
