package app

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/assignment"
	"writ/server/synchronization"
)

// TestMetricsCountOrders: a scrape answers, and tells how many orders are open, once there are some.
func TestMetricsCountOrders(t *testing.T) {
	t.Parallel()
	ctx, a, _ := mustDemo(t)
	_, err := a.Synchronization.Run(ctx, synchronization.RunInput{Connector: "HR", Force: true})
	require.NoError(t, err)
	_, err = a.Assignments.Run(ctx, assignment.Recompute{EntityTypes: []string{"Directory_User"}}, nil)
	require.NoError(t, err)

	w := httptest.NewRecorder()
	a.metricsHandler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	require.Regexp(t, `(?m)^writ_orders_open\{state="1"\} [1-9]\d*$`, w.Body.String())
	require.Contains(t, w.Body.String(), "go_goroutines")
}
