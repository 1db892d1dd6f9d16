package graph_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// The names that integrators rely on from the first day (testdata/contract.graphqls) are all there, with the same types. Add to the
// schema, never rename.
func TestContract(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/contract.graphqls")
	require.NoError(t, err)
	contract, err := parser.ParseSchema(&ast.Source{Name: "contract", Input: string(raw)})
	require.NoError(t, err)
	schema := mustSchema(t)
	checked := 0
	for _, want := range contract.Definitions {
		got := schema.Types[want.Name]
		require.NotNil(t, got, want.Name)
		require.Equal(t, want.Kind, got.Kind, want.Name)
		for _, v := range want.EnumValues {
			require.NotNil(t, got.EnumValues.ForName(v.Name), "%s.%s", want.Name, v.Name)
		}
		for _, f := range want.Fields {
			checked++
			there := got.Fields.ForName(f.Name)
			require.NotNil(t, there, "%s.%s", want.Name, f.Name)
			require.Equal(t, f.Type.String(), there.Type.String(), "%s.%s", want.Name, f.Name)
			for _, a := range f.Arguments {
				arg := there.Arguments.ForName(a.Name)
				require.NotNil(t, arg, "%s.%s(%s)", want.Name, f.Name, a.Name)
				require.Equal(t, a.Type.String(), arg.Type.String(), "%s.%s(%s)", want.Name, f.Name, a.Name)
			}
			for _, a := range there.Arguments {
				if f.Arguments.ForName(a.Name) == nil {
					require.False(t, a.Type.NonNull && a.DefaultValue == nil, "%s.%s(%s) is new and required: old calls break", want.Name, f.Name, a.Name)
				}
			}
		}
		if want.Kind != ast.InputObject {
			continue
		}
		for _, f := range got.Fields {
			if want.Fields.ForName(f.Name) == nil {
				require.False(t, f.Type.NonNull && f.DefaultValue == nil, "%s.%s is new and required: old calls break", want.Name, f.Name)
			}
		}
	}
	require.Greater(t, checked, 100)
}
