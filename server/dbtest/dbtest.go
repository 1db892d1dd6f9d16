package dbtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"sync"
	"testing"

	"github.com/uptrace/bun"

	"writ/server/db"
)

// maxConns limits the pool of one test. Tests run in parallel against one server, so it is small.
const maxConns = 10

// MustOpen gives a private database with the newest schema, closed and dropped at the end of the test.
func MustOpen(tb testing.TB) *bun.DB {
	tb.Helper()
	b, _ := MustOpenURL(tb)
	return b
}

// MustOpenURL is MustOpen that also tells the database's URL (lib/pq and pgx both take it).
func MustOpenURL(tb testing.TB) (*bun.DB, string) {
	tb.Helper()
	return mustCreate(tb, true)
}

// MustOpenEmpty gives a private database without any table, for tests of the migrations themselves.
func MustOpenEmpty(tb testing.TB) (*bun.DB, string) {
	tb.Helper()
	return mustCreate(tb, false)
}

func mustCreate(tb testing.TB, migrated bool) (*bun.DB, string) {
	tb.Helper()
	ctx := context.Background() // not tb.Context(): the drop runs after that one has ended
	s, err := theServer()
	if err != nil {
		tb.Fatalf("start a PostgreSQL for the tests: %v", err)
	}
	template := "template0"
	if migrated {
		if template, err = s.template(); err != nil {
			tb.Fatalf("make the template database: %v", err)
		}
	}
	name := "writ_test_" + randomName()
	if _, err := s.admin.ExecContext(ctx, "create database ? template ?", bun.Ident(name), bun.Ident(template)); err != nil {
		tb.Fatalf("create a test database: %v", err)
	}
	at := s.url(name)
	b, err := db.Open(ctx, at, db.MaxConns(maxConns))
	if err != nil {
		tb.Fatalf("open the test database: %v", err)
	}
	db.Prepare(b)
	tb.Cleanup(func() {
		_ = b.Close()
		if _, err := s.admin.ExecContext(ctx, "drop database if exists ? with (force)", bun.Ident(name)); err != nil {
			tb.Logf("drop the test database: %v", err)
		}
	})
	return b, at
}

// server is the PostgreSQL of this test process.
type server struct {
	base     string // URL of its maintenance database
	admin    *bun.DB
	template func() (string, error)
}

// theServer connects, or starts an embedded one, at the first call.
var theServer = sync.OnceValues(func() (*server, error) {
	ctx := context.Background()
	base, err := serverURL(ctx)
	if err != nil {
		return nil, err
	}
	admin, err := db.Open(ctx, base, db.MaxConns(4))
	if err != nil {
		return nil, err
	}
	s := &server{base: base, admin: admin}
	s.template = sync.OnceValues(func() (string, error) { return makeTemplate(ctx, s) })
	return s, nil
})

func (s *server) url(database string) string {
	at, err := db.Rename(s.base, database)
	if err != nil {
		panic(err) // db.Open has read it before
	}
	full, err := db.URL(at)
	if err != nil {
		panic(err)
	}
	return full
}

// makeTemplate migrates a database once for this state of the migration files; test processes of all packages share it.
func makeTemplate(ctx context.Context, s *server) (string, error) {
	sum, err := db.Checksum()
	if err != nil {
		return "", err
	}
	name := "writ_template_" + sum[:16]
	conn, err := s.admin.Conn(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	const lock = 0x74656d70 // "temp": one process makes the template, the others wait
	if _, err := conn.ExecContext(ctx, "select pg_advisory_lock(?)", lock); err != nil {
		return "", err
	}
	defer func() { _, _ = conn.ExecContext(ctx, "select pg_advisory_unlock(?)", lock) }()

	var ready bool // datistemplate is set last: without it, an earlier process died half way
	err = conn.NewRaw("select coalesce(bool_or(datistemplate), false) from pg_database where datname = ?", name).Scan(ctx, &ready)
	if err != nil || ready {
		return name, err
	}
	if _, err := conn.ExecContext(ctx, "drop database if exists ? with (force)", bun.Ident(name)); err != nil {
		return "", err
	}
	if _, err := conn.ExecContext(ctx, "create database ? template template0", bun.Ident(name)); err != nil {
		return "", err
	}
	if err := migrate(ctx, s.url(name)); err != nil {
		return "", err
	}
	if _, err := conn.ExecContext(ctx, "alter database ? is_template true", bun.Ident(name)); err != nil {
		return "", err
	}
	return name, nil
}

func migrate(ctx context.Context, at string) error {
	b, err := db.Open(ctx, at)
	if err != nil {
		return err
	}
	defer b.Close() // a database with open connections cannot be copied
	if err := db.Migrate(ctx, b, at); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

func randomName() string {
	raw := make([]byte, 8)
	_, _ = rand.Read(raw) // never fails
	return hex.EncodeToString(raw)
}
