package assignment_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/assignment"
	"writ/server/permit"
)

// TestPictureOfExplanation: what leads to what, for something that is held, something that is lacking, and everything.
func TestPictureOfExplanation(t *testing.T) {
	t.Parallel()
	s := setup(t)
	for name, in := range map[string]assignment.ExplainInput{
		"everything": {OwnerID: 1},
		"held":       {OwnerID: 1, ResourceType: "User"},
		"lacking":    {OwnerID: 1, ResourceType: "Admin"},
		"role":       {OwnerID: 1, Role: "Finance_Reports"},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := s.Explain(permit.With(t.Context(), permit.System("test")), in)
			require.NoError(t, err)
			var out strings.Builder
			ids := map[string]bool{}
			for _, n := range e.Nodes {
				mark := "no "
				if n.Matched {
					mark = "yes"
				}
				require.False(t, ids[n.ID])
				ids[n.ID] = true
				require.NotEmpty(t, n.Texts, n.ID)
				fmt.Fprintf(&out, "%s %-12s %s\n", mark, n.Kind, n.Title)
			}
			for _, l := range e.Links {
				require.True(t, ids[l.From] && ids[l.To])
				fmt.Fprintf(&out, "%s -> %s\n", l.From, l.To)
			}
			golden := filepath.Join("testdata", "picture-"+name+".txt")
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(out.String()), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), out.String())
		})
	}
}
