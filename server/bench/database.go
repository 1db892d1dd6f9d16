package bench

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"

	"github.com/uptrace/bun"

	"writ/server/db"
)

// server is the PostgreSQL on which the benchmark makes its databases.
type server struct {
	base  string
	admin *bun.DB
}

func openServer(ctx context.Context, databaseURL string) (*server, error) {
	full, err := db.URL(databaseURL)
	if err != nil {
		return nil, err
	}
	admin, err := db.Open(ctx, full, db.MaxConns(2))
	if err != nil {
		return nil, err
	}
	return &server{base: full, admin: admin}, nil
}

func (s *server) close() { _ = s.admin.Close() }

// database is a fresh, migrated database of the benchmark.
type database struct {
	*bun.DB
	url    string
	name   string
	server *server
}

func (s *server) create(ctx context.Context) (*database, error) {
	raw := make([]byte, 6)
	_, _ = rand.Read(raw) // never fails
	d := &database{name: "writ_bench_" + hex.EncodeToString(raw), server: s}
	if _, err := s.admin.ExecContext(ctx, "create database ? template template0", bun.Ident(d.name)); err != nil {
		return nil, fmt.Errorf("make a database for the benchmark: %w", db.Explain(err))
	}
	var err error
	if d.url, err = db.Rename(s.base, d.name); err != nil {
		return nil, err
	}
	if d.DB, err = db.Open(ctx, d.url); err == nil {
		err = db.Migrate(ctx, d.DB, d.url)
	}
	if err != nil {
		d.drop(ctx)
		return nil, err
	}
	return d, nil
}

// drop removes the database; also when ctx has ended.
func (d *database) drop(ctx context.Context) {
	if d.DB != nil {
		_ = d.Close()
	}
	_, _ = d.server.admin.ExecContext(context.WithoutCancel(ctx), "drop database if exists ? with (force)", bun.Ident(d.name))
}

// settle does what autovacuum would have done by now, so that runs compare.
func (d *database) settle(ctx context.Context) error {
	_, err := d.ExecContext(ctx, "vacuum (analyze)")
	return err
}
