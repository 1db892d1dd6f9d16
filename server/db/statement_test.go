package db_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/db"
	"writ/server/dbtest"
)

// TestSelect: a read gives the same the first time, prepared, in a transaction, and where nothing may be prepared.
func TestSelect(t *testing.T) {
	t.Parallel()
	prepared, url := dbtest.MustOpenURL(t)
	plain, err := db.Open(t.Context(), url)
	require.NoError(t, err)
	defer plain.Close()
	at := time.Date(2026, 3, 1, 9, 30, 0, 123456000, time.UTC)
	type name string
	q := bun.SafeQuery(`select n, 'x' || n, n % 2 = 0, ?::timestamptz + n * interval '1 second', null::bigint, array[n, 2], array['a', null, ?]::text[], '{"a": 1}'::jsonb, ?::text, ?::bigint
		from generate_series(1, 3) n where n = any(?) and ? and n in (?) and ? order by n`, at, "b?$1", name("it's"), 7, pgdialect.Array([]int64{1, 2, 3}), true, bun.List([]int{2, 3}),
		bun.SafeQuery("n < ?", db.Fixed(9)))
	read := func(b bun.IDB) (rows []string) {
		require.NoError(t, db.Select(t.Context(), b, q, func(r *db.Row) error {
			var doc map[string]int
			rows = append(rows, fmt.Sprint(r.Int(), r.Text(), r.Bool(), r.Time().UTC().Format(time.RFC3339Nano), r.IntOrNil() == nil, r.Ints()))
			r.Bytes()
			r.JSON(&doc)
			rows = append(rows, fmt.Sprint(doc, r.TextOrNil() != nil, r.Int()))
			return nil
		}))
		return rows
	}
	want := []string{"2x2true2026-03-01T09:30:02.123456Ztrue [2 2]", "map[a:1] true 7", "3x3false2026-03-01T09:30:03.123456Ztrue [3 2]", "map[a:1] true 7"}
	for range 4 {
		require.Equal(t, want, read(prepared))
		require.Equal(t, want, read(plain))
		require.NoError(t, db.InTx(t.Context(), prepared, func(_ context.Context, tx bun.Tx) error {
			require.Equal(t, want, read(tx))
			return nil
		}))
	}
	byPlace := bun.SafeQuery("select ?1::text || ?0::text || ?1::text", "a", "b")
	for range 3 {
		require.NoError(t, db.Select(t.Context(), prepared, bun.SafeQuery("select (?)::text", byPlace), func(r *db.Row) error {
			require.Equal(t, "bab", r.Text())
			return nil
		}))
	}

	ctx, counted := db.CountQueries(t.Context())
	none := func(*db.Row) error { return nil }
	require.NoError(t, db.Select(ctx, prepared, q, none))
	require.Equal(t, 1, counted.N())
	require.Contains(t, counted.Texts()[0], "n in (2, 3) and n < 9")
	require.Contains(t, counted.Texts()[0], "n = any($5) and true")

	require.ErrorContains(t, db.Select(t.Context(), prepared, bun.SafeQuery("select 'a'::text as word"), func(r *db.Row) error { r.Int(); return nil }), "column word is string, not int64")
	require.ErrorContains(t, db.Select(t.Context(), prepared, bun.SafeQuery("select 1"), func(r *db.Row) error { r.Int(); r.Int(); return nil }), "a row has 1 columns")
	require.ErrorContains(t, db.Select(t.Context(), prepared, bun.SafeQuery("select 1/0"), none), "division by zero")
}

// TestSelectAfterChange: a statement that was prepared for another schema is not the end.
func TestSelectAfterChange(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	must := func(sql string) {
		_, err := b.ExecContext(t.Context(), sql)
		require.NoError(t, err)
	}
	must("create table thing (id bigint, name varchar(3))")
	must("insert into thing values (1, 'abc')")
	read := func() (got string) {
		require.NoError(t, db.Select(t.Context(), b, bun.SafeQuery("select * from thing where id = ?", 1), func(r *db.Row) error {
			got = fmt.Sprint(r.Int(), r.Text())
			return nil
		}))
		return got
	}
	for range 3 {
		require.Equal(t, "1abc", read())
	}
	must("alter table thing alter name type text")
	must("alter table thing add more text")
	for range 3 {
		require.Equal(t, "1abc", read())
	}
	must("deallocate all")
	require.Equal(t, "1abc", read())
}

// TestSelectBound: however many texts there are, few are kept, and those in use are not closed under their users.
func TestSelectBound(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	b.SetMaxOpenConns(2)
	for i := range 600 {
		q := bun.SafeQuery("select ?::int, n from generate_series(1, ?) n", db.Fixed(i), 2)
		for range 2 {
			rows := 0
			require.NoError(t, db.Select(t.Context(), b, q, func(r *db.Row) error {
				require.Equal(t, int64(i), r.Int())
				rows++
				return nil
			}))
			require.Equal(t, 2, rows)
		}
	}
	conn, err := b.Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	var kept int
	require.NoError(t, conn.NewRaw("select count(*) from pg_prepared_statements").Scan(t.Context(), &kept))
	require.LessOrEqual(t, kept, 200)
}

// TestSelectLong: a list that somebody wrote is no statement of ours, and is kept nowhere.
func TestSelectLong(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	b.SetMaxOpenConns(1)
	var long []string
	for i := range 5_000 {
		long = append(long, fmt.Sprintf("value%d", i))
	}
	for range 3 {
		found := 0
		require.NoError(t, db.Select(t.Context(), b, bun.SafeQuery("select 'value' || n from generate_series(1, 10) n where 'value' || n in (?)", bun.List(long)), func(*db.Row) error {
			found++
			return nil
		}))
		require.Equal(t, 10, found)
	}
	var kept int
	require.NoError(t, b.NewRaw("select count(*) from pg_prepared_statements where length(statement) > 30000").Scan(t.Context(), &kept))
	require.Zero(t, kept)
}
