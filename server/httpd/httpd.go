package httpd

import (
	"context"
	"encoding/json"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
)

// Parts is what New puts together. Everything but Logger may be nil: the route is then not there.
type Parts struct {
	Logger  *slog.Logger
	SPA     fs.FS                           // the built pages; without index.html a hint is served
	GraphQL http.Handler                    // /graphql: POST, GET, websocket, server-sent events
	Schema  http.Handler                    // /graphql/schema: GET, the schema as text
	Auth    http.Handler                    // /auth/*: sign-in through other providers
	Token   http.Handler                    // /oauth/token: access tokens for API clients
	RiverUI http.Handler                    // /riverui/*: brings its own permission check
	Metrics http.Handler                    // /metrics
	Ready   func(ctx context.Context) error // nil error: this process can do its work now
	Missing string                          // what a route that is not there says, without pages; empty: only that it is not

	// Middleware runs inside ours and around every route below, first one outermost: authentication, loaders.
	Middleware []func(http.Handler) http.Handler
	// PublicURL is trusted as an origin besides the request's own host (a proxy that changes the Host header).
	PublicURL string
	// TrustedProxies may say where a request comes from (X-Forwarded-For, X-Forwarded-Proto). Empty: nobody may.
	TrustedProxies []netip.Prefix
}

// MaxGraphQLBody is the size limit of a GraphQL request in bytes.
const MaxGraphQLBody = 1 << 20

// New makes the handler of the whole process.
func New(p Parts) http.Handler {
	r := chi.NewRouter()
	r.Use(forwarded(p.TrustedProxies, p.PublicURL), correlate, accessLog(p.Logger), recoverPanic(p.Logger), securityHeaders)

	r.Get("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	r.Get("/readyz", ready(p))
	if p.Metrics != nil {
		r.Method(http.MethodGet, "/metrics", p.Metrics)
	}
	r.Group(func(r chi.Router) {
		r.Use(p.Middleware...)
		if p.GraphQL != nil {
			r.With(sameOrigin(p.PublicURL), compressed, limitBody(MaxGraphQLBody)).Handle("/graphql", p.GraphQL)
		}
		if p.Schema != nil {
			r.With(sameOrigin(p.PublicURL), compressed).Method(http.MethodGet, "/graphql/schema", p.Schema)
		}
		mount(r.With(sameOrigin(p.PublicURL)), "/auth", p.Auth)
		if p.Token != nil {
			r.With(sameOrigin(p.PublicURL)).Handle("/oauth/token", p.Token)
		}
		mount(r.With(sameOrigin(p.PublicURL)), "/riverui", foreignStyles(p.RiverUI))
	})
	switch {
	case p.SPA != nil:
		r.NotFound(newSPA(p.SPA).ServeHTTP)
	case p.Missing != "":
		r.NotFound(func(w http.ResponseWriter, _ *http.Request) {
			writeGraphQLError(w, http.StatusNotFound, "NOT_FOUND", p.Missing)
		})
	}
	return r
}

func mount(r chi.Router, prefix string, h http.Handler) {
	if h == nil {
		return
	}
	r.Handle(prefix, h)
	r.Handle(prefix+"/*", h)
}

// readyWithin is how long the database may take to say that it is there.
const readyWithin = 2 * time.Second

// ready answers whether this process can do its work: 200, or 503 with the reason in the log.
func ready(p Parts) http.HandlerFunc {
	asking := make(chan struct{}, 1)
	return func(w http.ResponseWriter, r *http.Request) {
		if p.Ready == nil {
			writeJSON(w, http.StatusOK, map[string]string{"status": "ready"})
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
		defer cancel()
		if err := ask(ctx, asking, p.Ready); err != nil {
			p.Logger.WarnContext(ctx, "not ready", "error", err, "request", middleware.GetReqID(ctx))
			w.Header().Set("Retry-After", "1")
			writeJSON(w, http.StatusServiceUnavailable, map[string]string{"status": "not ready"})
			return
		}
		writeJSON(w, http.StatusOK, map[string]string{"status": "ready"})
	}
}

// ask gives what a check says, or the end of ctx when it says nothing by then: a database that hangs keeps even a cancelled statement. The
// check goes on in the background; there is one at a time, so that impatient callers do not pile them up.
func ask(ctx context.Context, asking chan struct{}, check func(context.Context) error) error {
	select {
	case asking <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	answer := make(chan error, 1)
	go func() {
		defer func() { <-asking }()
		answer <- check(ctx)
	}()
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// sameOrigin refuses what another site's page sends in a person's browser. Programs send no Origin and pass.
func sameOrigin(publicURL string) func(http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	if publicURL != "" {
		_ = protection.AddTrustedOrigin(publicURL) // refused only when it has a path: then just the request's own host counts
	}
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeGraphQLError(w, http.StatusForbidden, "FORBIDDEN", "This request comes from a page of another site.")
	}))
	return protection.Handler
}

// packing is how hard answers are packed: half the time of the usual 5, for 2 % more bytes of a page of orders.
const packing = 3

// compressed packs JSON answers; event streams and websockets stay as they are.
func compressed(next http.Handler) http.Handler {
	return middleware.Compress(packing, "application/json", "application/graphql-response+json")(next)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may be gone
}

// writeGraphQLError answers in the form that GraphQL clients read, for requests that never reach GraphQL.
func writeGraphQLError(w http.ResponseWriter, status int, code, message string) {
	writeJSON(w, status, map[string]any{
		"errors": []any{map[string]any{"message": message, "extensions": map[string]string{"code": code}}},
	})
}
