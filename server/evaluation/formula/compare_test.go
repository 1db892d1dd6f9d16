package formula

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestComparison(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		how  int16
		a, b string
		same bool
	}{
		{CaseSensitive, "a", "A", false},
		{CaseSensitive, "", "", true},
		{IgnoreCase, "aÉ", "Aé", true},
		{IgnoreCase, "e", "é", false},
		{IgnoreDiacritics, "é", "e", true},
		{IgnoreDiacritics, "é", "E", false},
		{Simplified, "Jean-Pierre 2", "jéan pierre", true},
		{Simplified, "a", "b", false},
		{Approximate, "Schmidt", "Scmid", true},
		{Approximate, "Wyzz", "Vis", true},
		{Approximate, "Kassel", "Cacel", true},
		{Approximate, "Meier", "Bayer", false},
	} {
		require.Equal(t, c.same, Same(c.how, c.a, c.b), "%d %q %q", c.how, c.a, c.b)
	}
}
