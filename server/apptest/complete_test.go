package apptest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/apptest"
)

// The complete job on a fresh demo: what software writes goes 1 -> 8 -> 4 and never shows 2, what people do waits in 2, what is reviewed in 5.
func TestCompleteJob(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Demo: true, TestHooks: true})
	admin := h.As(t, "admin")
	require.Empty(t, admin.MustOrders(t, apptest.Filter{}), "nothing moves before the first complete job")

	began := time.Now()
	run := h.MustRunJob(t, "complete", apptest.Completed)
	t.Logf("the complete job took %s", time.Since(began))
	require.InDelta(t, 1, run.Progress, 1e-9)

	automated := admin.MustOrders(t, apptest.Filter{ResourceTypes: []string{"Intranet_User"}})
	require.Greater(t, len(automated), 300)
	for _, o := range automated {
		require.Equal(t, 4, o.StateCode, "order %s of %s", o.ID, o.Key())
		require.Equal(t, [][]int{{1, 8, 4}}, o.Paths(), "order %s of %s", o.ID, o.Key())
	}
}
