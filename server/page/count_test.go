package page_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/dbtest"
	"writ/server/page"
)

// TestCountRows: exact up to the bound, an estimate that is near and never below it beyond; the statement reads no more than the bound.
func TestCountRows(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	_, err := b.ExecContext(t.Context(), "create table thing as select n, n % 4 as part from generate_series(1, 40000) n; analyze thing")
	require.NoError(t, err)
	for want, from := range map[int]string{0: "thing where n < 0", 3: "thing where n <= 3", page.Exact: "thing where n <= 10000"} {
		c, err := page.CountRows(t.Context(), b, bun.SafeQuery(from))
		require.NoError(t, err)
		require.Equal(t, page.Count{Rows: want}, c)
	}
	for range 3 { // the first time, then prepared
		ctx, counted := db.CountQueries(t.Context())
		c, err := page.CountRows(ctx, b, bun.SafeQuery("thing x where x.n <= ? and x.part < ?", 30000, 4))
		require.NoError(t, err)
		require.True(t, c.IsEstimate)
		require.InDelta(t, 30000, c.Rows, 3000)
		require.Equal(t, 2, counted.N())
	}
	c, err := page.CountRows(t.Context(), b, bun.SafeQuery("(?) as c", b.NewSelect().TableExpr("thing").ColumnExpr("1").Where("n = any(array(select generate_series(1, 10001)))")))
	require.NoError(t, err)
	require.True(t, c.IsEstimate)
	require.Greater(t, c.Rows, page.Exact, "never less than what was counted")

	_, err = page.CountRows(t.Context(), b, bun.SafeQuery("nothing"))
	require.Error(t, err)
}
