package db_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/dbtest"
)

// TestScratch: each transaction finds its tables empty, whoever used them before, and however many rows, and as this version of the program makes them.
func TestScratch(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	b.SetMaxOpenConns(1) // one session
	use := func(create string, rows int) (n int, place string) {
		t.Helper()
		require.NoError(t, db.InTx(t.Context(), b, func(ctx context.Context, tx bun.Tx) error {
			require.NoError(t, db.Scratch(ctx, tx, create))
			require.NoError(t, tx.NewRaw("select (select count(*) from scratch_one) + (select count(*) from scratch_two), pg_relation_filepath('scratch_one')").Scan(ctx, &n, &place))
			_, err := tx.NewRaw("insert into scratch_one select i, repeat(md5(i::text), 10) from generate_series(1, ?) i", rows).Exec(ctx)
			return err
		}))
		return n, place
	}
	const create = "create temp table scratch_one (id bigint primary key, v text); create temp table scratch_two (id bigint)"
	n, first := use(create, 3)
	require.Zero(t, n)
	n, again := use(create, 50_000)
	require.Zero(t, n)
	require.Equal(t, first, again, "the session keeps them")
	n, emptied := use(create, 3)
	require.Zero(t, n)
	require.NotEqual(t, first, emptied, "a large one is not kept")
	n, other := use("create temp table scratch_one (id bigint, v text, more text); create temp table scratch_two (id bigint)", 3)
	require.Zero(t, n)
	require.NotEqual(t, emptied, other, "another version has others")
	_, err := b.ExecContext(t.Context(), "discard temp")
	require.NoError(t, err)
	n, _ = use(create, 1)
	require.Zero(t, n)
}
