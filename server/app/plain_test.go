package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"writ/graph"
)

// TestPlainAnswers: every field that can be asked without arguments, of everything that the schema gives, has the same answer, byte for byte,
// whether it is written straight from what was brought or the long way through gqlgen; errors, too.
func TestPlainAnswers(t *testing.T) {
	t.Parallel()
	s := mustSmall(t, smallOptions{})
	s.people(`P1,1,"An""n\, <&>",Lee,alee,A`, "P2,2,Bob,Ørsted\u2028,bob,B", "P3,3,Eve,,eve,A")
	s.around()
	s.people(`P1,1,Ann,Leeds,alee,B`, "P2,2,Bob,Orsted,bob,B", "P4,4,New,One,one,A")
	s.synchronize("HR")
	s.compute() // open orders of three kinds

	var sources []*ast.Source
	files, err := filepath.Glob("../../graph/schema/*.graphqls")
	require.NoError(t, err)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		sources = append(sources, &ast.Source{Name: file, Input: string(raw)})
	}
	schema, err := gqlparser.LoadSchema(sources...)
	require.NoError(t, err)
	plain, slow := graph.Handler(s.resolver(), graph.Options{Log: s.Log}), graph.Handler(s.resolver(), graph.Options{Log: s.Log, Slowly: true})
	ask := func(query string, slowly bool) string {
		raw, err := json.Marshal(map[string]string{"query": query})
		require.NoError(t, err)
		r := httptest.NewRequestWithContext(s.ctx, "POST", "/graphql", bytes.NewReader(raw))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		if slowly {
			slow.ServeHTTP(w, r)
		} else {
			plain.ServeHTTP(w, r)
		}
		return w.Body.String()
	}
	asked, filled := 0, 0
	for _, f := range schema.Query.Fields {
		if strings.HasPrefix(f.Name, "__") {
			continue
		}
		args, ok := argumentsOf(f)
		if !ok {
			continue
		}
		for _, style := range []string{"values", "aliases", "one by one"} {
			for _, query := range selections(schema, f, args, style) {
				want, got := ask(query, true), ask(query, false)
				require.Equal(t, want, got, query)
				asked++
				if strings.Contains(got, `"id":"`) {
					filled++
				}
			}
		}
	}
	require.Greater(t, asked, 200)
	require.Greater(t, filled, 40, "there must be something to compare")
}

// argumentsOf gives the arguments that a query needs; false: this test does not know them.
func argumentsOf(f *ast.FieldDefinition) (string, bool) {
	var list []string
	for _, a := range f.Arguments {
		switch {
		case a.Name == "entityType":
			list = append(list, `entityType: "Person"`)
		case a.Name == "first":
			list = append(list, "first: 3")
		case a.Name == "id" && a.Type.NonNull:
			list = append(list, "id: 1")
		case a.Type.NonNull && a.DefaultValue == nil:
			return "", false
		}
	}
	if len(list) == 0 {
		return "", true
	}
	return "(" + strings.Join(list, ", ") + ")", true
}

// selections writes queries of a field.
func selections(schema *ast.Schema, f *ast.FieldDefinition, args, style string) (queries []string) {
	of := schema.Types[f.Type.Name()]
	if of.Kind != ast.Object {
		return []string{"{ " + f.Name + args + " }"}
	}
	if style != "one by one" {
		return []string{"{ " + f.Name + args + " { " + below(schema, of, 4, style, nil) + " } }"}
	}
	for _, one := range of.Fields {
		if text, ok := selected(schema, one, 4, "values", []string{of.Name}); ok {
			queries = append(queries, "{ "+f.Name+args+" { "+text+" } }")
		}
		if one.Name != "nodes" {
			continue
		}
		for _, value := range schema.Types[one.Type.Name()].Fields { // each field of a row alone: only its columns are read
			if text, ok := selected(schema, value, 2, "values", []string{of.Name, one.Type.Name()}); ok {
				queries = append(queries, "{ "+f.Name+args+" { nodes { "+text+" } } }")
			}
		}
	}
	return queries
}

func below(schema *ast.Schema, of *ast.Definition, depth int, style string, above []string) string {
	list := []string{"__typename"}
	for i, f := range of.Fields {
		text, ok := selected(schema, f, depth, style, append(slices.Clone(above), of.Name))
		if !ok {
			continue
		}
		if style == "aliases" {
			text = fmt.Sprintf("a%d: %s", i, text)
			if i%3 == 0 {
				text = "... on " + of.Name + " { " + text + " }"
			}
			if i%5 == 1 {
				text = strings.Replace(text, f.Name, f.Name+" @skip(if: true)", 1)
			}
		}
		list = append(list, text)
	}
	return strings.Join(list, " ")
}

func selected(schema *ast.Schema, f *ast.FieldDefinition, depth int, style string, above []string) (string, bool) {
	for _, a := range f.Arguments {
		if a.Type.NonNull && a.DefaultValue == nil {
			return "", false
		}
	}
	if f.Name == "serverTime" { // now, and now
		return "", false
	}
	of := schema.Types[f.Type.Name()]
	if of.Kind == ast.Scalar || of.Kind == ast.Enum {
		return f.Name, true
	}
	if of.Kind != ast.Object || depth == 0 || slices.Contains(above, of.Name) {
		return "", false
	}
	return f.Name + " { " + below(schema, of, depth-1, style, above) + " }", true
}
