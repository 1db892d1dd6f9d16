package page

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/db"
)

type thing struct{ id int64 }

var things = Table[thing]{
	From:   "thing x",
	Joins:  []Join{{Alias: "w", SQL: "join w"}, {Alias: "g", SQL: "join g"}},
	Always: []string{"id"},
	Fields: map[string][]string{"id": nil, "name": {"name"}, "owner": {"owner"}},
	Columns: []Column[thing]{
		{Name: "id", SQL: "x.id", Read: func(t *thing, r *db.Row) { t.id = r.Int() }}, {Name: "name", SQL: "x.name"}, {Name: "owner", SQL: "w.name"},
		{Name: "further", SQL: "x.further"},
	},
}

func columnNames(list []Column[thing]) (names []string) {
	for _, c := range list {
		names = append(names, c.Name)
	}
	return names
}

func TestColumnsFor(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"id", "name", "owner", "further"}, columnNames(things.For(nil)), "nothing said: everything")
	require.Equal(t, []string{"id"}, columnNames(things.For(Fields{})))
	require.Equal(t, []string{"id", "name"}, columnNames(things.For(Fields{"id", "name"})))
	require.Equal(t, []string{"id", "name", "further"}, columnNames(things.For(Fields{"name", "name"}, "further")))
	require.Equal(t, []string{"id", "name", "owner", "further"}, columnNames(things.For(Fields{"id", "unknown"})), "a field that nobody declared: everything")
	require.True(t, Fields(nil).Has("a"))
	require.False(t, Fields{}.Has("a"))
	require.True(t, Fields{"b", "a"}.Has("c", "a"))
	require.True(t, Fields{"a"}.Within("a", "b"))
	require.False(t, Fields{"a", "c"}.Within("a", "b"))
	require.False(t, Fields(nil).Within("a"))
}

func TestTables(t *testing.T) {
	t.Parallel()
	require.Equal(t, "thing x", things.Tables(bun.SafeQuery("row.w = x.id and raw.key = 1 and x.g.h = 2"), "x.id"))
	require.Equal(t, "thing x join w", things.Tables(bun.SafeQuery("true"), "x.id, w.name"))
	require.Equal(t, "thing x join g", things.Tables(bun.SafeQuery("(? or ?)", bun.SafeQuery("true"), bun.SafeQuery("coalesce(g.key, '') = ?", 1))))
	require.Equal(t, "thing x join w join g", things.Tables(bun.SafeQuery("?.key = ? and (g.id = 1)", bun.Ident("w"), 2)))
}

// Whoever invents a cursor gets no further than with a wrong one: what it holds can be sent to the database.
func TestInventedCursor(t *testing.T) {
	t.Parallel()
	var key struct{ V string }
	more, err := Args{After: Cursor(map[string]string{"V": "a\x00b"})}.Decode(&key)
	require.NoError(t, err)
	require.True(t, more)
	require.Equal(t, "a\uFFFDb", key.V)
	more, err = Args{After: Cursor(map[string]string{"V": `a\u0000b`})}.Decode(&key)
	require.NoError(t, err)
	require.True(t, more)
	require.Equal(t, `a\u0000b`, key.V, "the six characters are a text like any other")
	_, err = Args{After: Cursor([]int{1})}.Decode(&key)
	require.Error(t, err)
}
