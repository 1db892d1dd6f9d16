package db_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/lib/pq"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/dbtest"
	"writ/server/errs"
)

func TestOpenHidesPassword(t *testing.T) {
	t.Parallel()
	_, err := db.Open(t.Context(), "postgres://a:s3cretword@127.0.0.1:1/x")
	require.Error(t, err)
	require.NotContains(t, err.Error(), "s3cretword")
}

func TestInTx(t *testing.T) {
	t.Parallel()
	setup := func(t *testing.T) *bun.DB {
		b := dbtest.MustOpen(t)
		_, err := b.ExecContext(t.Context(), "create table t (id int primary key, n int not null default 0); insert into t values (1), (2)")
		require.NoError(t, err)
		return b
	}
	sum := func(t *testing.T, b *bun.DB) (n int) {
		require.NoError(t, b.NewRaw("select sum(n) from t").Scan(t.Context(), &n))
		return n
	}

	t.Run("ErrorRollsBack", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		err := db.InTx(t.Context(), b, func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.ExecContext(ctx, "update t set n = 5")
			require.NoError(t, err)
			return errs.New(errs.Conflict, "No.")
		})
		require.True(t, errs.Is(err, errs.Conflict))
		require.Zero(t, sum(t, b))
	})

	t.Run("PanicRollsBack", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		require.Panics(t, func() {
			_ = db.InTx(t.Context(), b, func(ctx context.Context, tx bun.Tx) error {
				_, _ = tx.ExecContext(ctx, "update t set n = 5")
				panic("oops")
			})
		})
		require.Zero(t, sum(t, b))
	})

	t.Run("DeadlockIsRepeated", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		var both, runs sync.WaitGroup
		both.Add(2)
		errors := make([]error, 2)
		for i := range 2 {
			runs.Add(1)
			go func() {
				defer runs.Done()
				first := true
				errors[i] = db.InTx(t.Context(), b, func(ctx context.Context, tx bun.Tx) error {
					if _, err := tx.ExecContext(ctx, "update t set n = n + 1 where id = ?", 1+i); err != nil {
						return err
					}
					if first { // each holds its first row before either asks for the other's
						first = false
						both.Done()
						both.Wait()
					}
					_, err := tx.ExecContext(ctx, "update t set n = n + 1 where id = ?", 2-i)
					return err
				})
			}()
		}
		runs.Wait()
		require.NoError(t, errors[0])
		require.NoError(t, errors[1])
		require.Equal(t, 4, sum(t, b))
	})

	t.Run("GivesUpAsUnavailable", func(t *testing.T) {
		t.Parallel()
		calls := 0
		err := db.InTx(t.Context(), setup(t), func(context.Context, bun.Tx) error {
			calls++
			return &pq.Error{Code: "40001"}
		})
		require.True(t, errs.Is(err, errs.Unavailable))
		require.Equal(t, 4, calls)
	})
}

func TestExplain(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	_, err := b.ExecContext(t.Context(), `
		create table room (id int primary key, name text not null, floor int,
			constraint room_unique_name unique (name), constraint room_floor_above_ground check (floor > 0));
		create table desk (id int primary key, room_id int, constraint desk_room_exists foreign key (room_id) references room);
		insert into room values (1, 'a', 1); insert into desk values (1, 1)`)
	require.NoError(t, err)
	for _, c := range []struct {
		name, sql string
		kind      errs.Kind
		says      string
	}{
		{"Unique", "insert into room values (2, 'a', 1)", errs.Conflict, "unique name"},
		{"Check", "insert into room values (2, 'b', 0)", errs.Validation, "floor above ground"},
		{"NotNull", "insert into room values (2, null, 1)", errs.Validation, "lacks a value for name"},
		{"StillUsed", "delete from room", errs.Conflict, "still used by a desk"},
		{"Dangling", "insert into desk values (2, 7)", errs.Validation, "does not exist"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := db.InTx(t.Context(), b, func(ctx context.Context, tx bun.Tx) error {
				_, err := tx.ExecContext(ctx, c.sql)
				return err
			})
			e := errs.As(err)
			require.NotNil(t, e, "%v", err)
			require.Equal(t, c.kind, e.Kind)
			require.Contains(t, e.Message, c.says)
			require.NotContains(t, e.Message, "_")
		})
	}
	t.Run("Unreachable", func(t *testing.T) {
		t.Parallel()
		away, err := db.Open(t.Context(), "postgres://nobody@127.0.0.1:1/nowhere?sslmode=disable")
		if err == nil {
			_, err = away.ExecContext(t.Context(), "select 1")
		}
		require.True(t, db.Unreachable(err), "%v", err)
		own := dbtest.MustOpen(t)
		_, err = own.ExecContext(t.Context(), "select pg_terminate_backend(pg_backend_pid())")
		require.True(t, db.Unreachable(err), "%v", err)
		_, err = own.ExecContext(t.Context(), "select nonsense")
		require.False(t, db.Unreachable(err), "%v", err)
		require.False(t, db.Unreachable(nil))
	})
	t.Run("OtherErrorsPass", func(t *testing.T) {
		t.Parallel()
		other := errors.New("other")
		require.Equal(t, other, db.Explain(other))
		_, err := b.ExecContext(t.Context(), "select nonsense")
		require.Nil(t, errs.As(db.Explain(err)))
	})
}

func TestCopyIn(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	_, err := b.ExecContext(t.Context(), "create table c (id bigint primary key, s text, j jsonb, a text[], raw bytea)")
	require.NoError(t, err)
	columns := []string{"id", "s", "j", "a", "raw"}
	copyRows := func(rows ...[]any) error {
		return db.InTx(t.Context(), b, func(ctx context.Context, tx bun.Tx) error {
			return db.CopyIn(ctx, tx, "c", columns, slices.Values(rows))
		})
	}
	require.NoError(t, copyRows(
		[]any{1, "tab\tand\\n", json.RawMessage(`{"k":"v\n"}`), []string{"x", "y,z"}, []byte{0, 255}},
		[]any{int64(2), nil, nil, nil, nil},
	))
	var got struct {
		S   string
		K   string
		A   []string `bun:",array"`
		Raw []byte
	}
	require.NoError(t, b.NewRaw("select s, j ->> 'k' as k, a, raw from c where id = 1").Scan(t.Context(), &got))
	require.Equal(t, "tab\tand\\n", got.S)
	require.Equal(t, "v\n", got.K)
	require.Equal(t, []string{"x", "y,z"}, got.A)
	require.Equal(t, []byte{0, 255}, got.Raw)

	require.True(t, errs.Is(copyRows([]any{1, nil, nil, nil, nil}), errs.Conflict), "a broken rule is explained")
	require.ErrorContains(t, copyRows([]any{3}), "1 values for 5 columns")
	n, err := b.NewSelect().Table("c").Count(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 2, n)
}

func TestCountQueries(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	ctx, queries := db.CountQueries(t.Context())
	require.NoError(t, db.InTx(ctx, b, func(ctx context.Context, tx bun.Tx) error {
		var one int
		return tx.NewRaw("select 1").Scan(ctx, &one)
	}))
	_, err := b.ExecContext(t.Context(), "select 2") // another context does not count
	require.NoError(t, err)
	require.Equal(t, []string{"select 1"}, queries.Texts())
	require.Equal(t, 1, queries.N())
}
