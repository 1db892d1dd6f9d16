package graph

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"pgregory.net/rapid"

	"writ/server/errs"
)

func TestCountDocument(t *testing.T) {
	t.Parallel()
	c, err := countDocument(`query A($a: Int = 1, $f: [F!]) @d { # word
		one: orders(first: $a, filter: {a: 1, b: {c: [2]}}) @include(if: true) @skip(if: false) { nodes { id ...f ... on B @x { c } ... { e } } }
		two } fragment f on T { g }`)
	require.NoError(t, err)
	require.Equal(t, counts{tokens: c.tokens, fields: 7, aliases: 1, directives: 4, onOne: 1, fragments: 1, nesting: 5}, c)
	require.NoError(t, checkDocument("{ a @x @x @x }"))
	require.True(t, errs.Is(checkDocument("{ a @x @x(b: 1) @x @x }"), errs.TooLarge))
	require.NoError(t, checkDocument("{ a @x @x @x b @x @x @x }"))
}

// The count agrees with what the parser makes of a document.
func TestCountDocumentAgreesWithTheParser(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var fields, aliases, directives int
		name := rapid.SampledFrom([]string{"a", "on", "fragment", "query", "x1"})
		var set func(depth int) string
		set = func(depth int) string {
			var b strings.Builder
			b.WriteString("{ ")
			for range rapid.IntRange(1, 3).Draw(t, "n") {
				kind := rapid.IntRange(0, 3).Draw(t, "kind")
				if depth > 3 {
					kind = 0
				}
				directive := ""
				if rapid.Bool().Draw(t, "directive") {
					directive = "@d(a: {b: [1, $v]}) "
					directives++
				}
				switch kind {
				case 0, 1:
					fields++
					if rapid.Bool().Draw(t, "alias") {
						aliases++
						b.WriteString(name.Draw(t, "alias name") + ": ")
					}
					b.WriteString(name.Draw(t, "name") + rapid.SampledFrom([]string{" ", "(a: 1, b: {c: d}) ", "#c\n"}).Draw(t, "arguments") + directive)
					if kind == 1 {
						b.WriteString(set(depth + 1))
					}
				case 2:
					b.WriteString("... " + rapid.SampledFrom([]string{"", "on T "}).Draw(t, "type") + directive + set(depth+1))
				default:
					b.WriteString("...f " + directive)
				}
			}
			return b.String() + "} "
		}
		text := "query Q($v: [Int!] = [1]) " + set(0)
		_, err := parser.ParseQuery(&ast.Source{Input: text})
		require.Nil(t, err, text)
		got, _ := countDocument(text)
		require.Equal(t, []int{fields, aliases, directives}, []int{got.fields, got.aliases, got.directives}, text)
	})
}

// What the pages send stays below half of every limit: each file with its fragments is more than any one of its documents.
func TestPagesStayBelowTheLimits(t *testing.T) {
	t.Parallel()
	files := 0
	err := filepath.WalkDir("../frontend/src", func(path string, _ os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".graphql" {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		for part := range strings.SplitSeq(string(raw), "\n}\n") {
			c, err := countDocument(part + "\n}")
			require.NoError(t, err, path)
			require.Less(t, c.fields, maxFields/2, path)
			require.Less(t, c.aliases, maxAliases/2, path)
			require.Less(t, c.tokens, maxTokens/2, path)
			require.Less(t, len(part), maxDocument/2, path)
		}
		return nil
	})
	require.NoError(t, err)
	require.Positive(t, files)
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d := newDocuments(10_000)
	var _ graphql.Cache[*ast.QueryDocument] = d
	text := func(i int) string { return fmt.Sprintf("{ a%03d }", i) }
	for i := range 100 {
		d.Add(ctx, text(i), &ast.QueryDocument{})
		d.Add(ctx, text(i), &ast.QueryDocument{})
		_, ok := d.Get(ctx, text(0))
		require.True(t, ok, "what is used stays")
	}
	require.LessOrEqual(t, d.used, 10_000)
	require.Equal(t, len(d.known), d.order.Len())
	require.Greater(t, len(d.known), 5)
	_, ok := d.Get(ctx, text(1))
	require.False(t, ok)
	d.Add(ctx, "{ "+strings.Repeat("a ", 400)+"}", &ast.QueryDocument{})
	require.Empty(t, d.known, "one that is larger than everything is not kept either")
	require.Zero(t, d.used)
}

func TestCheckJSON(t *testing.T) {
	t.Parallel()
	require.NoError(t, checkJSON([]byte(`{"a":[1,2,{"b":"[[[[,,,\"{"}]}`)))
	require.NoError(t, checkJSON([]byte(`"`+strings.Repeat("[,", 100_000)+`"`)))
	require.NoError(t, checkJSON([]byte(`not json \`)))
	for _, bad := range []string{"[" + strings.Repeat("0,", maxValues) + "0]", strings.Repeat("[", maxValueDepth+1), "[" + strings.Repeat("{}", maxValues+1)} {
		require.True(t, errs.Is(checkJSON([]byte(bad)), errs.TooLarge))
	}
}
