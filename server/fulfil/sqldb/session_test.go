package sqldb

import (
	"database/sql"
	"testing"

	"github.com/lib/pq"
	"github.com/stretchr/testify/require"

	"writ/server/dbtest"
	"writ/server/fulfil"
)

// Our settings hold in each transaction and for it alone, and are no part of the greeting: a pooler in transaction mode refuses that.
func TestSettingsOfATransaction(t *testing.T) {
	t.Parallel()
	_, at := dbtest.MustOpenURL(t)
	opened, err := Postgres{}.Open(t.Context(), fulfil.Settings{Values: map[string]string{"connectionString": at, "schema": "The one", "timeout": "7", "maxConnections": "1"}})
	require.NoError(t, err)
	defer opened.Close()
	c := opened.Connector.(*Conn)
	read := func(from interface {
		QueryRow(query string, args ...any) *sql.Row
	}) (timeout, path string) {
		require.NoError(t, from.QueryRow("select current_setting('statement_timeout'), current_setting('search_path')").Scan(&timeout, &path))
		return timeout, path
	}
	before, path := read(c.db)
	for _, o := range []*sql.TxOptions{nil, {ReadOnly: true, Isolation: sql.LevelRepeatableRead}} {
		tx, err := c.dialect.begin(t.Context(), o)
		require.NoError(t, err)
		timeout, inside := read(tx)
		require.Equal(t, "7s", timeout)
		require.Equal(t, `"The one"`, inside)
		require.NoError(t, tx.Rollback())
		timeout, outside := read(c.db)
		require.Equal(t, []string{before, path}, []string{timeout, outside}, "the session is as it was")
	}
	cfg, err := pq.NewConfig("postgres://u@h/d?statement_timeout=5000")
	require.NoError(t, err)
	other := &Conn{schema: "public"}
	require.Equal(t, "5000", other.session(cfg).Runtime["statement_timeout"], "what the connection string says is left to it")
	require.NotContains(t, other.session(cfg).Runtime, "search_path")
}
