package assignment

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWidth(t *testing.T) {
	t.Parallel()
	var w width
	narrow, wide := &Model{Width: 10}, &Model{Width: 2 * batchValues}
	require.Equal(t, 500, w.owners(narrow, 500))
	require.Equal(t, 1, w.owners(wide, 500), "one fits always")
	w.saw(batchValues, 10)
	require.Equal(t, 10, w.owners(narrow, 500), "as many as had so many values")
	require.Equal(t, 3, w.owners(narrow, 3))
	for range 30 {
		w.saw(100, 10)
	}
	require.Equal(t, 500, w.owners(narrow, 500), "it shrinks again")
	w.saw(0, 0)
}
