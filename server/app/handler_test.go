package app

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/assignment"
	"writ/server/httpd"
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

// TestMetricsAreGuarded: with a token for whoever brings it, without one for this machine, and at an address of their own alone.
func TestMetricsAreGuarded(t *testing.T) {
	t.Parallel()
	reached := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	ask := func(h http.Handler, path, peer, authorization string) int {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.RemoteAddr, r.Host = peer, "localhost:8080"
		if authorization != "" {
			r.Header.Set("Authorization", authorization)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	token := guardMetrics(reached, "a-token-of-metrics", true)
	for authorization, want := range map[string]int{"": 401, "Bearer x": 401, "Basic a-token-of-metrics": 401, "Bearer a-token-of-metrics": 200, "bearer  a-token-of-metrics": 200} {
		require.Equal(t, want, ask(token, "/metrics", "127.0.0.1:5", authorization), authorization)
	}
	for peer, want := range map[string]int{"127.0.0.1:5": 200, "[::1]:5": 200, "[::ffff:127.0.0.1]:5": 200, "192.0.2.1:5": 403, "": 403} {
		require.Equal(t, want, ask(guardMetrics(reached, "", true), "/metrics", peer, ""), peer)
	}
	for name, change := range map[string]func(*http.Request){
		"proxy on this machine":  func(r *http.Request) { r.Header.Set("X-Forwarded-For", "192.0.2.1") },
		"proxy that says less":   func(r *http.Request) { r.Header.Set("Via", "1.1 proxy") },
		"forwarded":              func(r *http.Request) { r.Header.Set("Forwarded", "for=192.0.2.1") },
		"a name that leads here": func(r *http.Request) { r.Host = "evil.example:8080" },
	} {
		r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		r.RemoteAddr, r.Host = "127.0.0.1:5", "127.0.0.1:8080"
		w := httptest.NewRecorder()
		guardMetrics(reached, "", true).ServeHTTP(w, r)
		require.Equal(t, 200, w.Code)
		change(r)
		w = httptest.NewRecorder()
		guardMetrics(reached, "", true).ServeHTTP(w, r)
		require.Equal(t, 403, w.Code, name)
		w = httptest.NewRecorder() // as the whole house hands it on: its front takes such headers away from strangers
		httpd.New(httpd.Parts{Logger: slog.New(slog.DiscardHandler), Metrics: guardMetrics(reached, "", true)}).ServeHTTP(w, r)
		require.Equal(t, 403, w.Code, "%s, through the front", name)
	}
	own := onlyMetrics(guardMetrics(reached, "", false))
	require.Equal(t, 200, ask(own, "/metrics", "192.0.2.1:5", ""))
	require.Equal(t, 404, ask(own, "/graphql", "192.0.2.1:5", ""))
}
