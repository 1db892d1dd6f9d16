package db

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/lib/pq"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// The pool's limits. Every process of a deployment has its own pool, so the default stays far below PostgreSQL's usual
// 100 connections.
const (
	DefaultMaxConns = 24
	maxIdleTime     = 5 * time.Minute
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

// Open makes a pool for a postgres:// URL and checks that the database answers. Close it when done.
// Arguments are inlined by bun, so nothing is prepared and a pooler in transaction mode does no harm; Prepare changes that for reads through Select.
func Open(ctx context.Context, databaseURL string, opts ...Option) (*bun.DB, error) {
	full, err := URL(databaseURL)
	if err != nil {
		return nil, err
	}
	connector, err := pq.NewConnector(full)
	if err != nil {
		return nil, fmt.Errorf("read the database URL: %w", hidePassword(err, full))
	}
	pool := sql.OpenDB(connector)
	pool.SetConnMaxIdleTime(maxIdleTime)
	MaxConns(DefaultMaxConns)(pool)
	for _, o := range opts {
		o(pool)
	}
	if err := pool.PingContext(ctx); err != nil {
		_ = pool.Close()
		return nil, fmt.Errorf("connect to the database: %w", hidePassword(err, full))
	}
	return bun.NewDB(pool, dialect{pgdialect.New(), &statements{}}).WithQueryHook(countHook{}), nil
}

// URL completes a postgres:// URL with the settings that must always be there: sslmode (lib/pq and pgx have different
// defaults), UTC as time zone, and our name for pg_stat_activity. What the caller wrote wins. lib/pq, pgx (River) and
// listeners all take the result.
func URL(databaseURL string) (string, error) {
	u, err := url.Parse(databaseURL)
	if err != nil {
		return "", fmt.Errorf("the database URL cannot be read (it must look like postgres://user:password@host:5432/name)")
	}
	if u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return "", fmt.Errorf("the database URL must start with postgres://, got %q", u.Scheme)
	}
	q := u.Query()
	if q.Get("sslmode") == "" {
		mode := "prefer"
		if isLocal(u.Hostname(), q.Get("host")) {
			mode = "disable"
		}
		q.Set("sslmode", mode)
	}
	if q.Get("timezone") == "" && q.Get("TimeZone") == "" {
		q.Set("timezone", "UTC")
	}
	if q.Get("application_name") == "" {
		q.Set("application_name", "writ")
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

func isLocal(host, socket string) bool {
	if strings.HasPrefix(socket, "/") {
		return true
	}
	return host == "localhost" || host == "127.0.0.1" || host == "::1"
}

// hidePassword keeps the URL's password out of messages and logs.
func hidePassword(err error, full string) error {
	u, parseErr := url.Parse(full)
	if parseErr != nil || u.User == nil {
		return err
	}
	password, ok := u.User.Password()
	if !ok || password == "" || !strings.Contains(err.Error(), password) {
		return err
	}
	return fmt.Errorf("%s", strings.ReplaceAll(err.Error(), password, "***"))
}
