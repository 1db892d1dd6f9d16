package httpd

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-chi/chi/v5/middleware"
	"github.com/google/uuid"
)

// idHeader carries the correlation id in both directions.
const idHeader = "X-Request-Id"

var goodID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// correlate gives every request an id: the caller's when it is harmless, else a new one. The answer says it.
func correlate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(idHeader)
		if !goodID.MatchString(id) {
			id = uuid.NewString()
		}
		w.Header().Set(idHeader, id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), middleware.RequestIDKey, id)))
	})
}

// accessLog writes one line per request: failures as errors, API calls as info, files and health as debug. Query strings
// are left out: they may hold what a person searched.
func accessLog(log *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			began := time.Now()
			ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
			defer func() {
				status := ww.Status()
				if status == 0 {
					status = http.StatusOK
				}
				log.LogAttrs(r.Context(), levelOf(r, status), "request",
					slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Int("status", status),
					slog.Int("bytes", ww.BytesWritten()), slog.Duration("took", time.Since(began).Round(time.Microsecond)),
					slog.String("remote", r.RemoteAddr), slog.String("request", middleware.GetReqID(r.Context())))
			}()
			next.ServeHTTP(ww, r)
		})
	}
}

func levelOf(r *http.Request, status int) slog.Level {
	switch {
	case status >= 500 && r.URL.Path != "/readyz":
		return slog.LevelError
	case r.URL.Path == "/graphql" || strings.HasPrefix(r.URL.Path, "/auth") || strings.HasPrefix(r.URL.Path, "/oauth/"):
		return slog.LevelInfo
	}
	return slog.LevelDebug
}

// recoverPanic keeps the process alive: the panic is logged with its stack, the client learns only the correlation id.
func recoverPanic(log *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				v := recover()
				if v == nil {
					return
				}
				if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) { // the server's own way to drop a connection
					panic(v)
				}
				id := middleware.GetReqID(r.Context())
				log.ErrorContext(r.Context(), "panic", "panic", v, "request", id, "stack", string(debug.Stack()))
				if r.Header.Get("Upgrade") == "" {
					writeGraphQLError(w, http.StatusInternalServerError, "INTERNAL", "Something went wrong inside Writ. The correlation id is "+id+".")
				}
			}()
			next.ServeHTTP(w, r)
		})
	}
}
