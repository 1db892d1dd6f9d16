package sqldb

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNextRows: narrow rows come in large parts after a few round trips, and a part of wide ones fits into memory.
func TestNextRows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ n, widest, want int }{
		{firstRows, 100, 64}, {64, 100, 256}, {256, 0, 1024}, {1024, 2000, 1024}, {1024, 1 << 20, 16}, {16, 4 << 20, 4}, {4, 4 << 20, 4}, {4, 64 << 20, 1}, {1, 64 << 20, 1}, {1, 100, 4},
	} {
		require.Equal(t, c.want, nextRows(c.n, c.widest), "after %d rows of %d bytes", c.n, c.widest)
	}
}
