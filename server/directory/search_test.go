package directory_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"writ/server/dbtest"
	"writ/server/directory"
)

// TestSearch: one meaning, in SQL and in memory.
func TestSearch(t *testing.T) {
	t.Parallel()
	base := dbtest.MustOpen(t)
	sql := func(text, name, key, scalars string) (found bool) {
		q := base.NewSelect().ColumnExpr("?", directory.Search(bun.SafeQuery("search_text(?, ?, ?::jsonb)", name, key, scalars), text))
		require.NoError(t, q.Scan(t.Context(), &found))
		return found
	}
	const mail = `{"Mail": "ann.lee@x.test", "Other": "secret", "Odd": "@", "Second": "boss@y.test"}`
	for _, c := range []struct {
		text, name string
		found      bool
	}{
		{"ann lee", "Ann Lee", true}, {"LEE, Ann", "Ann Lee", true}, {"lee ann e42", "Ann Lee", true}, {"nn ee", "Ann Lee", true}, {"ann bob", "Ann Lee", false},
		{"ann.lee@x.test", "Nobody", true}, {"BOSS@y", "Nobody", true}, {"secret", "Nobody", false}, {"E42", "Nobody", true}, {"(e42)", "Nobody", true},
		{"muller", "Jürg Müller", true}, {"Mueller juerg", "Jürg Müller", true}, {"MÜLLER", "Jürg Müller", true}, {"müller", "Jurg Muller", true},
		{norm.NFD.String("Müller"), norm.NFC.String("Müller"), true}, {norm.NFC.String("Müller"), norm.NFD.String("Müller"), true},
		{"strasse", "Große Straße", true}, {"straße", "Große Strasse", true}, {"lodz", "Łódź", true}, {"Lodz", "łódź", true}, {"soren", "Søren", true}, {"aero", "Ærø", true},
		{"francois", "François", true}, {"zeljko", "Željko", true}, {"100%", "At 100% now", true}, {"1%0", "At 100% now", false}, {"a_b", "aXb", false}, {"a_b", "a_b", true},
		{`a\b`, `a\b`, true}, {"山田", "山田 太郎", true}, {"  ", "Ann", true}, {"ﬁne", "fine", true}, {"jean-pierre", "Jean-Pierre", true},
		{"ΟΔΥΣΣΕΥΣ", "Οδυσσεύς", true}, {"οδυσσευς", "ΟΔΥΣΣΕΥΣ", true}, {"Οδυσσεύ", "Οδυσσεύς", true}, {"istanbul", "İstanbul", true}, {"İSTANBUL", "istanbul", true},
		{"ISIK", "Işık", true}, {"ışık", "ISIK", true}, {"STRASSE", "Straße", true}, {"GROẞ", "groß", true}, {"lee\u200b", "Ann\u200b Lee", true}, {"\u200fann", "Ann Lee", true},
		{"Ann\u00a0Lee", "Ann Lee", true}, {"ann lee", "Ann\u00a0Lee", true}, {"Ａｎｎ", "Ann", true}, {"йогурт", "ЙОГУРТ", true}, {"елка", "Ёлка", true},
	} {
		require.Equal(t, c.found, sql(c.text, c.name, "E42", mail), "%q in %q", c.text, c.name)
		if !strings.Contains(c.text, "@") {
			require.Equal(t, c.found, directory.Matches(c.text, c.name, "E42"), "%q in %q, in memory", c.text, c.name)
		}
	}
	require.Len(t, directory.SearchWords(strings.Repeat("word ", 1000)), 10)
	require.True(t, sql(strings.Repeat("x", 5000), strings.Repeat("x", 200), "k", `{}`))
	rapid.Check(t, func(rt *rapid.T) {
		name := strings.ReplaceAll(rapid.StringMatching(`[\p{Latin}\p{M} '.-]{1,20}`).Draw(rt, "name"), "\x00", "")
		words := directory.SearchWords(name)
		if len(words) == 0 {
			return
		}
		text := strings.Join(rapid.Permutation(words).Draw(rt, "words"), " ")
		if !sql(text, name, "k", `{}`) || !sql(norm.NFD.String(text), name, "k", `{}`) {
			rt.Fatalf("%q is not found by %q", name, text)
		}
	})
}

// TestSearchIsIndexed: among 100,000 resources a search goes by the index, and so do the orders of what it finds.
func TestSearchIsIndexed(t *testing.T) {
	t.Parallel()
	base := dbtest.MustOpen(t)
	exec := func(statement string) {
		_, err := base.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	exec(`insert into entity_type (id, identifier, display_name) overriding system value values (1, 'Person', 'Person')`)
	exec(`insert into resource (entity_type_id, key, display_name, scalars, valid_from)
		select 1, 'E' || n, 'Person ' || md5(n::text), jsonb_build_object('Mail', md5('m' || n) || '@x.test'), now() from generate_series(1, 100000) n`)
	exec(`analyze resource`)
	plan := func(where any) string {
		var lines []string
		require.NoError(t, base.NewRaw("explain select r.id from resource r where r.valid_to = 'infinity' and ?", where).Scan(t.Context(), &lines))
		return strings.Join(lines, "\n")
	}
	for _, text := range []string{"E99999", "person cfcd208495d565ef", "8f14e45fceea167a@x.test"} {
		require.Contains(t, plan(directory.SearchResources("r", text)), "resource_search", text)
	}
}
