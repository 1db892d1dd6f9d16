package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Pooled reports whether a pooler in transaction mode (PgBouncer and its like) stands before the database: two clients that are connected at the
// same time meet on one server connection, or one of them is on another one than before. Between statements such a connection is anybody's, so that
// LISTEN and locks of a session mean nothing.
func Pooled(ctx context.Context, databaseURL string) (bool, error) {
	full, err := URL(databaseURL)
	if err != nil {
		return false, err
	}
	connector, err := newConnector(full)
	if err != nil {
		return false, err
	}
	var clients [2]*sql.Conn
	for i := range clients {
		pool := sql.OpenDB(connector)
		defer pool.Close()
		if clients[i], err = pool.Conn(ctx); err != nil {
			return false, fmt.Errorf("connect to the database: %w", hidePassword(err, full))
		}
		defer clients[i].Close()
	}
	var before [2]int
	for round := range 8 { // others may take the connection in between
		var pids [2]int
		for i, c := range clients {
			if err := c.QueryRowContext(ctx, "select pg_backend_pid()").Scan(&pids[i]); err != nil {
				return false, errors.Join(errors.New("ask the database who it is"), err)
			}
		}
		if pids[0] == pids[1] || round > 0 && pids != before {
			return true, nil
		}
		before = pids
	}
	return false, nil
}
