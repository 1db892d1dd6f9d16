package app

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/scripts/demo"
	"writ/server/db"
	"writ/server/errs"
	"writ/server/manifest"
	"writ/server/permit"
	"writ/server/synchronization"
)

// intranetDatabase names the demo's second system: a real database of its own on the same server. It is named after ours, so that several
// demos on one server keep out of each other's way.
func intranetDatabase(ours string) string {
	const suffix, longest = "_intranet", 63 // PostgreSQL cuts longer names, and would make it ours
	return ours[:min(len(ours), longest-len(suffix))] + suffix
}

// intranetReference is the variable the configuration of the demo refers to.
const intranetReference = "WRIT_SECRET_DEMO_INTRANET"

// loadDemo brings the demo organisation, by the way a user has: files into the data folder, `writ apply`, and a synchronization of the
// HR files. What is there already stays: a second start keeps every change. It gives the greeting with the logins.
func (a *App) loadDemo(ctx context.Context) (string, error) {
	ctx = permit.With(ctx, permit.System("demo"))
	unlock, err := db.Hold(ctx, a.DB, 50*time.Millisecond, demoLock)
	if err != nil {
		return "", err
	}
	defer unlock()
	if err := a.prepareIntranet(ctx); err != nil {
		return "", fmt.Errorf("intranet: %w", err)
	}
	dir := filepath.Join(a.Config.Database.FilesDir(), "demo")
	if err := moveOnce(filepath.Join(a.Config.Database.DataDir, "demo"), dir); err != nil {
		return "", err
	}
	fresh, err := copyMissing(demo.Files, dir)
	if err != nil {
		return "", err
	}
	var configured bool
	if err := a.DB.NewRaw(`select exists (select from entity_type)`).Scan(ctx, &configured); err != nil {
		return "", err
	}
	if !configured {
		m, err := manifest.ReadFiles(filepath.Join(dir, "config"))
		if err != nil {
			return "", err
		}
		if _, err := a.Manifest.Apply(ctx, m); err != nil {
			return "", err
		}
		if _, err := a.Synchronization.Run(ctx, synchronization.RunInput{Connector: "HR"}); err != nil {
			return "", err
		}
		a.Log.InfoContext(ctx, "demo organisation loaded", "files", fresh)
	}
	return "Demo logins, password " + demoPassword + ": " + strings.Join(demoLogins, ", ") + "\nSource files to edit: " + dir, nil
}

// demoLock ("demo") lets processes that start together load it one after the other.
const demoLock = 0x64656d6f

// demoPassword opens the demo logins, and only a server started with --demo accepts it.
const demoPassword = "writ-demo"

var demoLogins = []string{"admin", "reviewer", "operator", "supervisor", "night", "manager", "employee"}

// prepareIntranet makes the second database with its tables, and tells the configuration's reference where it is.
func (a *App) prepareIntranet(ctx context.Context) error {
	main, _, err := db.Name(a.databaseURL)
	if err != nil {
		return err
	}
	name := intranetDatabase(main)
	at, err := db.Rename(a.databaseURL, name)
	if err != nil {
		return err
	}
	if err := os.Setenv(intranetReference, at); err != nil {
		return err
	}
	if _, err := a.DB.ExecContext(ctx, "create database ?", bun.Ident(name)); err != nil && !isDuplicate(err) {
		return fmt.Errorf("make the database %s: %w", name, err)
	}
	intranet, err := db.Open(ctx, at)
	if err != nil {
		return err
	}
	defer intranet.Close()
	_, err = intranet.ExecContext(ctx, demo.Intranet)
	return err
}

func isDuplicate(err error) bool {
	if errs.Is(db.Explain(err), errs.Conflict) {
		return true
	}
	return strings.Contains(err.Error(), "already exists")
}

// moveOnce brings the demo's files of a data folder from where they were before connectors had a folder of their own.
func moveOnce(from, to string) error {
	if _, err := os.Stat(to); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := os.Stat(from); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.Rename(from, to)
}

// copyMissing copies the demo's files to where people edit them; files that are there already stay as they are.
func copyMissing(files embed.FS, dir string) (n int, err error) {
	err = fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		to := filepath.Join(dir, path)
		if _, err := os.Stat(to); err == nil || !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		content, err := files.ReadFile(path)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		n++
		return writeWhole(to, content)
	})
	if err != nil {
		return n, fmt.Errorf("copy the demo's files to %s: %w", dir, err)
	}
	return n, nil
}
