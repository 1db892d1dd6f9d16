package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"writ/server/backup"
	"writ/server/config"
	"writ/server/db"
)

type backupCommand struct {
	settings `embed:""`

	File string `arg:"" help:"File to write; it must not exist."`
}

// Run writes beside the file and gives it its name at the end: what has the name is whole. Only the owner may read it: it holds everything
// but the keys.
func (c *backupCommand) Run(ctx context.Context, e *environment) error {
	settings := c.config()
	if err := settings.Validate(); err != nil {
		return err
	}
	if _, err := os.Lstat(c.File); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s exists already", c.File)
	}
	half, err := newHalf(filepath.Dir(c.File))
	if err != nil {
		return err
	}
	defer os.Remove(half.Name())
	defer half.Close()
	return withDatabase(ctx, settings, settings.Log.Logger(e.stderr), func(at address) error {
		contents, err := backup.Write(ctx, at.admin, half)
		if err != nil {
			return err
		}
		if err := errors.Join(half.Sync(), half.Close()); err != nil {
			return err
		}
		if err := os.Link(half.Name(), c.File); err != nil { // unlike a rename it replaces nothing
			return err
		}
		syncFolder(filepath.Dir(c.File))
		fmt.Fprintf(e.stdout, "%s: %d tables, %d rows, events up to position %d. It holds no keys: keep secret.key and audit.key of the data folder elsewhere.\n",
			c.File, len(contents.Tables), rowsOf(contents), contents.Position)
		return nil
	})
}

// halves is how the files that are being written are named.
const halves = ".backup-*"

// newHalf makes a file to write into, and takes away those of processes that were killed: nobody holds their lock.
func newHalf(dir string) (*os.File, error) {
	left, err := filepath.Glob(filepath.Join(dir, halves))
	if err != nil {
		return nil, err
	}
	for _, name := range left {
		f, err := os.Open(name)
		if err != nil {
			continue // somebody else's, or gone
		}
		if info, err := f.Stat(); err != nil || time.Since(info.ModTime()) < time.Minute {
			_ = f.Close()
			continue // it may be about to be locked
		}
		if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			_ = os.Remove(name)
		}
		_ = f.Close()
	}
	f, err := os.CreateTemp(dir, halves)
	if err != nil {
		return nil, err
	}
	_ = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) // a folder without locks has leftovers
	return f, nil
}

// syncFolder makes a new name last. A file system that cannot do it loses the name with the power, not what is in the file.
func syncFolder(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}

func rowsOf(c *backup.Contents) (n int64) {
	for _, t := range c.Tables {
		n += t.Rows
	}
	return n
}

type restoreCommand struct {
	settings `embed:""`

	WithoutSecrets bool   `help:"Restore although secrets cannot be opened with the keys at hand: they have to be entered again."`
	File           string `arg:"" help:"Backup that writ backup wrote."`
}

func (c *restoreCommand) Run(ctx context.Context, e *environment) error {
	settings := c.config()
	if err := settings.Validate(); err != nil {
		return err
	}
	file, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if _, err := backup.Inspect(file, info.Size()); err != nil { // before a database is started
		return err
	}
	log := settings.Log.Logger(e.stderr)
	in := backup.Input{File: file, Size: info.Size(), Now: time.Now(), WithoutSecrets: c.WithoutSecrets}
	if in.Sealed, err = e.house.Sealed(settings); err != nil {
		return err
	}
	return withDatabase(ctx, settings, log, func(at address) error {
		r, err := fill(ctx, at, in)
		if err != nil {
			return err
		}
		fmt.Fprintf(e.stdout, "%d tables, %d rows of %s restored.\n", len(r.Tables), rowsOf(r.Contents), r.At.Format(time.DateTime))
		if len(r.LeftOut) > 0 {
			fmt.Fprintf(e.stdout, "Left out, since they are not Writ's: %s.\n", strings.Join(r.LeftOut, ", "))
		}
		if r.Resumed {
			fmt.Fprintln(e.stdout, "The rows were there already: the restore that was cut off goes on.")
			return c.look(ctx, e, settings, log, at, r.Contents)
		}
		fmt.Fprintf(e.stdout, "%d of %d secrets can be opened.\n", r.Secrets.Opened, r.Secrets.Opened+r.Secrets.Closed)
		if r.Secrets.Closed > 0 {
			fmt.Fprintf(e.stdout, "%d secrets have to be entered again, the first is that of %s.\n", r.Secrets.Closed, r.Secrets.First)
		}
		if r.Secrets.Passing > 0 {
			fmt.Fprintf(e.stdout, "%d sessions and signing keys are sealed with another key: people sign in again.\n", r.Secrets.Passing)
		}
		return c.look(ctx, e, settings, log, at, r.Contents)
	})
}

func fill(ctx context.Context, at address, in backup.Input) (*backup.Result, error) {
	b, err := db.Open(ctx, at.admin, db.MaxConns(2))
	if err != nil {
		return nil, err
	}
	defer b.Close()
	in.DB, in.DatabaseURL = b, at.admin
	return backup.Restore(ctx, in)
}

// look hands the database over to the server's role and lets the house look, as the server would see it.
func (c *restoreCommand) look(ctx context.Context, e *environment, settings config.Config, log *slog.Logger, at address, contents *backup.Contents) error {
	if err := migrate(ctx, at); err != nil {
		return err
	}
	b, err := db.Open(ctx, at.server, db.MaxConns(4))
	if err != nil {
		return err
	}
	defer b.Close()
	return e.house.Restored(ctx, Session{Config: settings, Log: log, DB: b, DatabaseURL: at.server, Out: e.stdout}, contents)
}
