package cli

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/uptrace/bun"

	"writ/server/config"
	"writ/server/db"
	"writ/server/db/embedded"
)

// settings are those of a command that works on the database and then ends.
type settings struct {
	Database config.Database `embed:"" group:"Database"`
	Log      config.Log      `embed:"" group:"Log"`
	Secret   config.Secret   `embed:"" group:"Secrets"`

	TestHooks bool `env:"WRIT_TEST_HOOKS" help:"Work together with servers that run with test hooks: their clock, and connections to the fake target."`
}

func (s settings) config() config.Config {
	c := config.Config{Database: s.Database, Log: s.Log, Secret: s.Secret}
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
	return withDatabase(ctx, c, log, func(b *bun.DB, at string) error {
		if err := db.Migrate(ctx, b, at); err != nil {
			return fmt.Errorf("migrate the database: %w", err)
		}
		return fn(ctx, Session{Config: c, Log: log, DB: b, DatabaseURL: at, Out: e.stdout})
	})
}

// stopPatience is how long our own PostgreSQL may take to end.
const stopPatience = 45 * time.Second

// withDatabase opens the configured PostgreSQL or starts our own, runs fn with it, and closes it again even when ctx has
// ended meanwhile.
func withDatabase(ctx context.Context, c config.Config, log *slog.Logger, fn func(b *bun.DB, at string) error) (err error) {
	at := c.Database.URL
	if at == "" {
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
		at = server.URL(embedded.Database)
		log.InfoContext(ctx, "using a PostgreSQL of our own", "folder", absolute(c.Database.DataDir))
	} else if at, err = db.URL(at); err != nil {
		return err
	}
	b, err := db.Open(ctx, at, db.MaxConns(c.Database.MaxConns))
	if err != nil {
		return err
	}
	defer b.Close()
	return fn(b, at)
}

func absolute(path string) string {
	full, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	return full
}
