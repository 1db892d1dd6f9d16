package page_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"pgregory.net/rapid"

	"writ/server/db"
	"writ/server/dbtest"
	"writ/server/page"
)

type word struct {
	id   int64
	text string
}

func at(w *word) page.Position { return page.Position{Text: w.text, ID: w.id} }

var wordTable = page.Table[word]{
	From: "word w", Always: []string{"id"}, Fields: map[string][]string{"id": nil, "text": {"text"}},
	Columns: []page.Column[word]{
		{Name: "id", SQL: "w.id", Read: func(w *word, r *db.Row) { w.id = r.Int() }},
		{Name: "text", SQL: "w.text", Read: func(w *word, r *db.Row) { w.text = r.Text() }},
	},
}

// Pages of any size, one after the other, give every row once and in order, from memory and from the database, up and down; the total is that of
// all; texts may be equal.
func TestPagesJoin(t *testing.T) {
	t.Parallel()
	b := dbtest.MustOpen(t)
	_, err := b.ExecContext(t.Context(), `create table word (id bigint, text text collate "C")`)
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		var rows []*word
		_, err := b.ExecContext(t.Context(), "truncate word")
		require.NoError(t, err)
		for i := range rapid.IntRange(0, 12).Draw(t, "rows") {
			w := &word{id: int64(i + 1), text: rapid.SampledFrom([]string{"", "a", "b", "B", "é"}).Draw(t, "text")}
			_, err := b.ExecContext(t.Context(), "insert into word values (?, ?)", w.id, w.text)
			require.NoError(t, err)
			rows = append(rows, w)
		}
		slices.SortFunc(rows, func(a, b *word) int { return at(a).Compare(at(b)) })
		size := rapid.IntRange(1, 5).Draw(t, "size")
		walk := func(read func(a page.Args) (*page.Connection[*word], error)) (out []string) {
			a := page.Args{First: size}
			for {
				c, err := read(a)
				require.NoError(t, err)
				require.Equal(t, len(rows), c.TotalCount)
				require.Equal(t, a.After != "", c.PageInfo.HasPreviousPage)
				for _, w := range c.Nodes() {
					out = append(out, fmt.Sprintf("%s %d", w.text, w.id))
				}
				if !c.PageInfo.HasNextPage {
					return out
				}
				require.Len(t, c.Edges, size)
				a.After = *c.PageInfo.EndCursor
			}
		}
		var want []string
		for _, w := range rows {
			want = append(want, fmt.Sprintf("%s %d", w.text, w.id))
		}
		require.Equal(t, want, walk(func(a page.Args) (*page.Connection[*word], error) { return page.InMemory(rows, a, at) }))
		for _, desc := range []bool{false, true} {
			by := page.Sorting[word]{Text: "w.text", ID: "w.id", Desc: desc, Needs: []string{"text"}, At: at}
			got := walk(func(a page.Args) (*page.Connection[*word], error) {
				return wordTable.List(t.Context(), b, a, page.Fields{"text"}, true, page.All(bun.SafeQuery("w.id > ?", 0), bun.SafeQuery("true")), by)
			})
			if desc {
				slices.Reverse(got)
			}
			require.Equal(t, want, got)
		}
	})
	ofParents(t, b)
	_, err = page.InMemory([]*word{}, page.Args{First: page.Max + 1}, at)
	require.Error(t, err)
	_, err = page.InMemory([]*word{}, page.Args{First: 1, After: "?"}, at)
	require.Error(t, err)
}

// ofParents: the pages of several parents are those of each alone, with as many statements for three as for one; a long one is estimated by itself.
func ofParents(t *testing.T, b *bun.DB) {
	_, err := b.ExecContext(t.Context(), `create table leaf as select n as id, (n % 7)::text collate "C" as text, case when n <= 12000 then 1 when n <= 12005 then 2 else 3 end as parent
		from generate_series(1, 24500) n; analyze leaf`)
	require.NoError(t, err)
	leaves := wordTable
	leaves.From = "leaf w"
	for _, desc := range []bool{false, true} {
		by := page.Sorting[word]{Text: "w.text", ID: "w.id", Desc: desc, Needs: []string{"text"}, At: at}
		for range 3 { // written out, then prepared
			alone, err := leaves.List(t.Context(), b, page.Args{First: 3}, nil, true, bun.SafeQuery("w.parent = ?", 2), by)
			require.NoError(t, err)
			ctx, counted := db.CountQueries(t.Context())
			pages, err := leaves.ListOf(ctx, b, "w.parent", []int64{3, 2, 1, 9}, page.Args{First: 3}, nil, true, page.All(), by)
			require.NoError(t, err)
			require.Equal(t, 3, counted.N())
			require.Equal(t, alone, pages[2])
			require.Empty(t, pages[9].Edges)
			for id, rows := range map[int64]int{1: 12000, 3: 12495} {
				require.True(t, pages[id].TotalCountIsEstimate)
				require.InDelta(t, rows, pages[id].TotalCount, 3000)
				require.True(t, pages[id].PageInfo.HasNextPage)
			}
			more, err := leaves.ListOf(t.Context(), b, "w.parent", []int64{2}, page.Args{First: 3, After: *alone.PageInfo.EndCursor}, nil, true, page.All(), by)
			require.NoError(t, err)
			require.Len(t, more[2].Edges, 2)
			require.Equal(t, 5, more[2].TotalCount)
		}
	}
}
