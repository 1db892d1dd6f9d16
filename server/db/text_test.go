package db_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/lib/pq"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"pgregory.net/rapid"

	"writ/server/db"
	"writ/server/dbtest"
)

type setting struct {
	bun.BaseModel `bun:"table:setting"`
	Key           string
	Value         json.RawMessage `bun:"type:jsonb"`
}

// TestTextsCanBeStored: whatever a stranger says becomes a text and a document that PostgreSQL takes.
func TestTextsCanBeStored(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	rapid.Check(t, func(t *rapid.T) {
		said := rapid.SampledFrom([]string{"", `\u0000`, `\\u0000`, `it's`, "\x00'"}).Draw(t, "begins") + string(rapid.SliceOf(rapid.OneOf(rapid.Byte(), rapid.SampledFrom([]byte{0, '\\', 'u', '0', '"', 0xff, 0xc3, 0xed, 0xa0, 0x80}))).Draw(t, "said"))
		text := db.Text(said)
		require.True(t, utf8.ValidString(text))
		require.LessOrEqual(t, utf8.RuneCountInString(db.Clip(said, 5)), 6)
		raw, err := json.Marshal(map[string]string{"said": said})
		require.NoError(t, err)
		var back string
		require.NoError(t, b.NewRaw("select ?::jsonb ->> 'said'", string(db.JSON(raw))).Scan(t.Context(), &back))
		same := func(back string) {
			require.Equal(t, strings.ReplaceAll(text, "\uFFFD", ""), strings.ReplaceAll(back, "\uFFFD", ""))
		}
		same(back)
		row := &setting{Key: "said", Value: raw}
		_, err = b.NewInsert().Model(row).On("conflict (key) do update set value = excluded.value").Exec(context.Background())
		require.NoError(t, err)
		require.NoError(t, b.NewRaw("select value ->> 'said' from setting where key = 'said'").Scan(context.Background(), &back))
		same(back)
	})
}

// TestApart: those whom the database refuses are found, all others are done exactly once, and other troubles stop the work.
func TestApart(t *testing.T) {
	t.Parallel()
	refused := fmt.Errorf("save: %w", &pq.Error{Code: "54000"})
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfDistinct(rapid.Int64Range(1, 500), rapid.ID[int64]).Draw(t, "ids")
		bad := map[int64]bool{}
		for _, id := range ids {
			bad[id] = rapid.Float64Range(0, 1).Draw(t, "bad") < 0.2
		}
		var done, aside []int64
		require.NoError(t, db.Apart(ids, func(part []int64) error {
			if slices.ContainsFunc(part, func(id int64) bool { return bad[id] }) {
				return refused
			}
			done = append(done, part...)
			return nil
		}, func(id int64, cause error) error {
			require.ErrorIs(t, cause, refused)
			aside = append(aside, id)
			return nil
		}))
		for _, id := range aside {
			require.True(t, bad[id])
		}
		require.ElementsMatch(t, ids, append(done, aside...))
	})
	gone := errors.New("connection refused")
	require.ErrorIs(t, db.Apart([]int64{1, 2}, func([]int64) error { return gone }, nil), gone)
}
