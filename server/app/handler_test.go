package app

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/assignment"
	"writ/server/synchronization"
)

// TestMetrics: a scrape answers, and tells what waits, once there is something.
func TestMetrics(t *testing.T) {
	t.Parallel()
	ctx, a, _ := mustDemo(t)
	_, err := a.Synchronization.Run(ctx, synchronization.RunInput{Connector: "HR", Force: true})
	require.NoError(t, err)
	_, err = a.Assignments.Run(ctx, assignment.Recompute{EntityTypes: []string{"Directory_User"}}, nil)
	require.NoError(t, err)

	w := httptest.NewRecorder()
	a.metricsHandler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	for _, line := range []string{
		`writ_orders_open\{state="PENDING"\} [1-9]\d*`, `writ_orders_oldest_seconds\{state="AWAITING_APPROVAL"\} \S+`,
		`writ_read_age_seconds\{connector="HR"\} \S+`, `go_sql_open_connections\{db_name="writ"\} [1-9]\d*`, `go_goroutines \d+`,
	} {
		require.Regexp(t, "(?m)^"+line+"$", w.Body.String())
	}
}
