package db_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/db"
	"writ/server/dbtest"
)

func TestRefreshStatistics(t *testing.T) {
	t.Parallel()
	d := dbtest.MustOpen(t)
	_, err := d.NewRaw(`create table filled (id int primary key); create table small (id int primary key);
		insert into filled select generate_series(1, 5000); insert into small select generate_series(1, 50)`).Exec(t.Context())
	require.NoError(t, err)
	rows := func(table string) (n int) {
		require.NoError(t, d.NewRaw(`select reltuples::int from pg_class where oid = ?::regclass`, table).Scan(t.Context(), &n))
		return n
	}
	require.Negative(t, rows("filled"), "never looked at")
	require.Eventually(t, func() bool { // sessions report what they changed about once a second
		require.NoError(t, db.RefreshStatistics(t.Context(), d))
		return rows("filled") == 5000
	}, 30*time.Second, 20*time.Millisecond)
	require.Negative(t, rows("small"), "too small to matter")
}
