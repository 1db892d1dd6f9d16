package db

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Pgx gives the configuration of a pool of pgx, for River and for COPY. Nothing is prepared on a connection, which behind a pooler in transaction
// mode is somebody else's at the next statement.
func Pgx(databaseURL string) (*pgxpool.Config, error) {
	full, err := URL(databaseURL)
	if err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig(full)
	if err != nil {
		return nil, errors.New("the database URL cannot be read by pgx") // its error may quote the password
	}
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	config.ConnConfig.DialFunc = Dial
	config.ConnConfig.AfterConnect = func(ctx context.Context, conn *pgconn.PgConn) error { return conn.Exec(ctx, sqlSession).Close() }
	return config, nil
}
