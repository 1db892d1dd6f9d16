package dbtest

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// Seed is what a test draws its random history from, and says so: RAPID_SEED, or another one each time. A gate sets it, so that the same sources give the
// same answer.
func Seed(tb testing.TB) uint64 {
	tb.Helper()
	seed := rand.Uint64()
	if text := os.Getenv("RAPID_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			tb.Fatalf("RAPID_SEED: %v", err)
		}
	}
	tb.Logf("RAPID_SEED=%d", seed)
	return seed
}
