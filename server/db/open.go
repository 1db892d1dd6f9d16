package db

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// The pool's limits. Every process of a deployment has its own pool, so the default stays far below PostgreSQL's usual
// 100 connections.
const (
	DefaultMaxConns = 24
	maxIdleTime     = 5 * time.Minute
	maxLifetime     = time.Hour // a session keeps scratch tables, and while it does, nothing older than them can be frozen
)

// Option changes what Open does.
type Option func(*sql.DB)

// MaxConns limits the pool. Default: DefaultMaxConns.
func MaxConns(n int) Option {
	return func(pool *sql.DB) {
		pool.SetMaxOpenConns(n)
		pool.SetMaxIdleConns(n) // idle ones end by themselves after maxIdleTime
	}
}

// Open makes a pool for a postgres:// URL and checks that the database answers. Of several hosts it uses the one that takes changes, and
// goes over to another by itself. Close it when done.
// Arguments are inlined by bun, so nothing is prepared and a pooler in transaction mode does no harm; Prepare changes that for reads through Select.
func Open(ctx context.Context, databaseURL string, opts ...Option) (*bun.DB, error) {
	full, err := URL(databaseURL)
	if err != nil {
		return nil, err
	}
	connector, err := newConnector(full)
	if err != nil {
		return nil, err
	}
	pool := sql.OpenDB(connector)
	pool.SetConnMaxIdleTime(maxIdleTime)
	pool.SetConnMaxLifetime(maxLifetime)
	MaxConns(DefaultMaxConns)(pool)
	for _, o := range opts {
		o(pool)
	}
	if err := pool.PingContext(ctx); err != nil {
		_ = pool.Close()
		return nil, fmt.Errorf("connect to the database: %w", hidePassword(err, full))
	}
	room := &fullness{}
	return bun.NewDB(pool, dialect{pgdialect.New(), &statements{}, room}).WithQueryHook(countHook{}).WithQueryHook(room), nil
}
