package graph

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"writ/server/errs"
)

// FuzzAccept: whatever a header says, the answer has one of our media types, or there is none.
func FuzzAccept(f *testing.F) {
	for _, text := range []string{
		"application/json", "*/*", "text/html, application/graphql-response+json;q=0.9", "application/json;q=nan", ";;;", ",,,", "application/json;charset=\"", "text/event-stream;q=1e9",
		"application/json; q=-1", "application/*;q=0", "a/b;c=d;c=e", "\x00", "application/json;charset=utf-16",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		kind, ok := answerType([]string{text})
		require.Equal(t, ok, slices.Contains([]string{typeJSON, typeResponse}, kind), kind)
		require.Contains(t, []string{"", typeJSON, typeResponse, typeStream}, preferred([]string{text, text}, typeJSON, typeResponse, typeStream))
	})
}

// FuzzDocument: a document within the limits is parsed or refused by the parser, and holds no more than what was counted.
func FuzzDocument(f *testing.F) {
	for _, text := range []string{
		"{ a }", "{ a: b @c(d: [1, {e: $f}]) { ...g ... on H { i } } } fragment g on Query { j }", "query($a: [Int!] = [1]) @b { c }", "{ on fragment query }", "{ ...on }",
		"{ ... on on { on } }", "{ a(b: \"\"\"c\"\"\") }", "#", "{", "}", "{ a @b @c @d }", "{...f a ...f a}", "{ ... @include(if: true) { a } }", "type A { b: C }", "\ufeff{ a }",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if err := checkDocument(text); err != nil {
			require.True(t, errs.Is(err, errs.TooLarge), "%v", err)
			return
		}
		doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, maxTokens)
		if err != nil {
			return
		}
		c, countErr := countDocument(text)
		require.NoError(t, countErr)
		fields, aliases := 0, 0
		var walk func(set ast.SelectionSet)
		walk = func(set ast.SelectionSet) {
			for _, s := range set {
				switch s := s.(type) {
				case *ast.Field:
					fields++
					if s.Alias != s.Name {
						aliases++
					}
					walk(s.SelectionSet)
				case *ast.InlineFragment:
					walk(s.SelectionSet)
				}
			}
		}
		for _, o := range doc.Operations {
			walk(o.SelectionSet)
		}
		for _, fragment := range doc.Fragments {
			walk(fragment.SelectionSet)
		}
		require.GreaterOrEqual(t, c.fields, fields, text)
		require.GreaterOrEqual(t, c.aliases, aliases, text)
		require.GreaterOrEqual(t, c.fragments, len(doc.Fragments), text)
	})
}

// FuzzBody: a request is read or refused as expected, and what is too large for memory never reaches the reader.
func FuzzBody(f *testing.F) {
	for _, text := range []string{`{"query":"{ a }"}`, `[]`, `{"query":1}`, `{"variables":[]}`, `{"query":"a","variables":{"b":[[[]]]}}`, `{"query":"a"} x`, "\xff", `"`, `{"query":"\u0000"}`, `{"a":1e999}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		b, err := readBody(strings.NewReader(text), int64(len(text)))
		if err != nil {
			require.NotNil(t, errs.As(err), "%v", err)
			return
		}
		_, err = json.Marshal(b)
		require.NoError(t, err)
	})
}
