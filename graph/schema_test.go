package graph_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

func mustSchema(t *testing.T) *ast.Schema {
	t.Helper()
	files, err := filepath.Glob("schema/*.graphqls")
	require.NoError(t, err)
	var sources []*ast.Source
	for _, name := range files {
		raw, err := os.ReadFile(name)
		require.NoError(t, err)
		sources = append(sources, &ast.Source{Name: name, Input: string(raw)})
	}
	schema, err := gqlparser.LoadSchema(sources...)
	require.NoError(t, err)
	return schema
}

// A stranger reads the schema before anything else: every type, field, argument and enum value says what it is.
func TestEverythingIsDescribed(t *testing.T) {
	t.Parallel()
	var missing []string
	check := func(description string, path ...string) {
		if strings.TrimSpace(description) == "" {
			missing = append(missing, strings.Join(path, "."))
		}
	}
	for _, d := range mustSchema(t).Types {
		if d.BuiltIn {
			continue
		}
		if d.Name != "Query" && d.Name != "Mutation" && d.Name != "Subscription" {
			check(d.Description, d.Name)
		}
		for _, v := range d.EnumValues {
			check(v.Description, d.Name, v.Name)
		}
		for _, f := range d.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			check(f.Description, d.Name, f.Name)
			for _, a := range f.Arguments {
				check(a.Description, d.Name, f.Name, a.Name)
			}
		}
	}
	require.Empty(t, missing, "add a description for a stranger")
}
