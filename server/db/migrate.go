package db

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/uptrace/bun"

	"writ/migrations"
)

// migrateLock is the advisory lock that one migrating process holds ("writ" in ASCII).
const migrateLock = 0x77726974

// Migration is one numbered step of the schema.
type Migration struct {
	Version   int64      // the number in front of the file name
	Name      string     // the file name without number and ending
	Checksum  string     // SHA-256 of the up file
	AppliedAt *time.Time // nil: not yet
	up, down  string
}

const createMigrationTable = `create table if not exists schema_migration (
	version    bigint primary key,
	name       text not null,
	applied_at timestamptz not null default now(),
	checksum   text not null
)`

// Migrate brings the schema to the newest version: our numbered files, each in its own transaction, then River's tables.
// Any number of processes may call it at once: one works, the others wait and find everything done. databaseURL must be
// of the same database; River's migrator needs its own connection. It refuses a database whose applied files have
// changed or which was migrated by a newer Writ.
func Migrate(ctx context.Context, db *bun.DB, databaseURL string) error {
	all, err := files(migrations.FS)
	if err != nil {
		return err
	}
	return locked(ctx, db, func(conn bun.Conn) error {
		if err := up(ctx, conn, all); err != nil {
			return err
		}
		return migrateRiver(ctx, databaseURL)
	})
}

// MigrateTo brings an empty database to a step, up or down, for rows that are as old. It gives the newest step that there is.
func MigrateTo(ctx context.Context, db *bun.DB, databaseURL string, version int64) (newest int64, err error) {
	all, err := files(migrations.FS)
	if err != nil {
		return 0, err
	}
	newest = all[len(all)-1].Version
	kept := slices.DeleteFunc(slices.Clone(all), func(m Migration) bool { return m.Version > version })
	return newest, locked(ctx, db, func(conn bun.Conn) error {
		if _, err := conn.ExecContext(ctx, createMigrationTable); err != nil {
			return fmt.Errorf("create the table of migrations: %w", err)
		}
		var ahead int
		if err := conn.NewRaw("select count(*) from schema_migration where version > ?", version).Scan(ctx, &ahead); err != nil {
			return fmt.Errorf("read the applied migrations: %w", err)
		}
		if err := down(ctx, conn, all, ahead); err != nil {
			return err
		}
		if err := up(ctx, conn, kept); err != nil {
			return err
		}
		return migrateRiver(ctx, databaseURL)
	})
}

// MigrateDown takes back the newest steps. River's tables stay. It does nothing when nothing is applied.
func MigrateDown(ctx context.Context, db *bun.DB, steps int) error {
	all, err := files(migrations.FS)
	if err != nil {
		return err
	}
	return locked(ctx, db, func(conn bun.Conn) error { return down(ctx, conn, all, steps) })
}

// Status lists all steps with the time at which each was applied.
func Status(ctx context.Context, db *bun.DB) ([]Migration, error) {
	all, err := files(migrations.FS)
	if err != nil {
		return nil, err
	}
	if _, err := db.ExecContext(ctx, createMigrationTable); err != nil {
		return nil, fmt.Errorf("create the table of migrations: %w", err)
	}
	done, err := applied(ctx, db)
	if err != nil {
		return nil, err
	}
	for i, m := range all {
		if d, ok := done[m.Version]; ok {
			all[i].AppliedAt = &d.AppliedAt
		}
	}
	return all, nil
}

// Checksum identifies the whole schema: it changes when any migration file does. Test templates are keyed by it.
func Checksum() (string, error) {
	all, err := files(migrations.FS)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, m := range all {
		fmt.Fprintln(h, m.Version, m.Checksum)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

var upFile = regexp.MustCompile(`^([0-9]{4})_([a-z0-9_]+)\.up\.sql$`)

// files reads the steps in their order.
func files(dir fs.FS) ([]Migration, error) {
	names, err := fs.Glob(dir, "*.up.sql")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var all []Migration
	for _, name := range names {
		part := upFile.FindStringSubmatch(name)
		if part == nil {
			return nil, fmt.Errorf("migration %s must be named NNNN_what.up.sql", name)
		}
		version, err := strconv.ParseInt(part[1], 10, 64)
		if err != nil {
			return nil, err
		}
		if n := len(all); n > 0 && all[n-1].Version == version {
			return nil, fmt.Errorf("two migrations have the number %04d", version)
		}
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, err
		}
		back, err := fs.ReadFile(dir, part[1]+"_"+part[2]+".down.sql")
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		sum := sha256.Sum256(text)
		all = append(all, Migration{Version: version, Name: part[2], Checksum: hex.EncodeToString(sum[:]), up: string(text), down: string(back)})
	}
	return all, nil
}

// locked runs fn on one connection while another one holds the advisory lock.
func locked(ctx context.Context, db *bun.DB, fn func(conn bun.Conn) error) (err error) {
	release, err := Hold(ctx, db, 50*time.Millisecond, migrateLock)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return fmt.Errorf("another process is still migrating: %w", err)
	}
	if err != nil {
		return fmt.Errorf("lock the migrations: %w", err)
	}
	defer release()
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect to migrate: %w", err)
	}
	defer conn.Close()
	return fn(conn)
}

type record struct {
	bun.BaseModel `bun:"table:schema_migration"`

	Version   int64
	Name      string
	AppliedAt time.Time
	Checksum  string
}

func applied(ctx context.Context, db bun.IDB) (map[int64]record, error) {
	var rows []record
	if err := db.NewSelect().Model(&rows).Order("version").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read the applied migrations: %w", err)
	}
	byVersion := make(map[int64]record, len(rows))
	for _, r := range rows {
		byVersion[r.Version] = r
	}
	return byVersion, nil
}

func up(ctx context.Context, conn bun.Conn, all []Migration) error {
	if _, err := conn.ExecContext(ctx, createMigrationTable); err != nil {
		return fmt.Errorf("create the table of migrations: %w", err)
	}
	done, err := applied(ctx, conn)
	if err != nil {
		return err
	}
	if err := compare(all, done); err != nil {
		return err
	}
	for _, m := range all {
		if _, ok := done[m.Version]; ok {
			continue
		}
		if err := conn.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error { return apply(ctx, tx, m) }); err != nil {
			return fmt.Errorf("migration %04d_%s: %w", m.Version, m.Name, err)
		}
	}
	return nil
}

// Newer tells why this program must not go on with a database, because a newer Writ has migrated it meanwhile; nil: nobody did.
func Newer(ctx context.Context, db *bun.DB) (why, err error) {
	all, err := files(migrations.FS)
	if err != nil {
		return nil, err
	}
	known := make([]int64, len(all))
	for i, m := range all {
		known[i] = m.Version
	}
	var unknown []record
	if err := db.NewSelect().Model(&unknown).Where("version not in (?)", bun.List(known)).Order("version").Limit(1).Scan(ctx); err != nil {
		return nil, fmt.Errorf("read the applied migrations: %w", err)
	}
	if len(unknown) > 0 {
		return tooOld(unknown[0]), nil
	}
	return nil, nil
}

// tooOld is the error of a program whose database knows more than it does.
func tooOld(r record) error {
	return fmt.Errorf("the database was migrated by a newer version of Writ (step %04d_%s is unknown here)", r.Version, r.Name)
}

// compare refuses a database that our files do not describe.
func compare(all []Migration, done map[int64]record) error {
	known := make(map[int64]bool, len(all))
	for _, m := range all {
		known[m.Version] = true
		if d, ok := done[m.Version]; ok && d.Checksum != m.Checksum {
			return fmt.Errorf("migration %04d_%s was changed after it was applied to this database: restore the file, or start with a new database", m.Version, m.Name)
		}
	}
	for v, d := range done {
		if !known[v] {
			return tooOld(d)
		}
	}
	return nil
}

// apply runs one file. It bypasses bun's formatting: a file has no placeholders, and "?" is an operator of jsonb.
func apply(ctx context.Context, tx bun.Tx, m Migration) error {
	if _, err := tx.Tx.ExecContext(ctx, m.up); err != nil {
		return err
	}
	_, err := tx.NewRaw("insert into schema_migration (version, name, checksum) values (?, ?, ?)", m.Version, m.Name, m.Checksum).Exec(ctx)
	return err
}

func down(ctx context.Context, conn bun.Conn, all []Migration, steps int) error {
	if _, err := conn.ExecContext(ctx, createMigrationTable); err != nil {
		return fmt.Errorf("create the table of migrations: %w", err)
	}
	done, err := applied(ctx, conn)
	if err != nil {
		return err
	}
	for _, m := range slices.Backward(all) {
		if _, ok := done[m.Version]; !ok {
			continue
		}
		if steps--; steps < 0 {
			return nil
		}
		if m.down == "" {
			return fmt.Errorf("migration %04d_%s has no down file", m.Version, m.Name)
		}
		err := conn.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			if _, err := tx.Tx.ExecContext(ctx, m.down); err != nil {
				return err
			}
			_, err := tx.NewRaw("delete from schema_migration where version = ?", m.Version).Exec(ctx)
			return err
		})
		if err != nil {
			return fmt.Errorf("take back migration %04d_%s: %w", m.Version, m.Name, err)
		}
	}
	return nil
}

// migrateRiver brings River's tables to the version our River library expects.
func migrateRiver(ctx context.Context, databaseURL string) error {
	config, err := Pgx(databaseURL)
	if err != nil {
		return err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("connect River's migrator: %w", err)
	}
	defer pool.Close()
	m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("prepare River's migrations: %w", err)
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate River's tables: %w", err)
	}
	return nil
}
