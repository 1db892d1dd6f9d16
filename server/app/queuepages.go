package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"riverqueue.com/riverui"

	"writ/server/errs"
	"writ/server/event"
	"writ/server/permit"
)

// Kinds of the events that this room publishes.
const (
	EventQueueCommanded = "queue.commanded"
	EventKeyRotated     = "secret.key_rotated"
	EventRestored       = "backup.restored"
)

// queueCookie carries the access token of an administrator to the pages of the queue: a browser that follows a link sends no header.
const queueCookie = "writ_queue"

// queuePages are River's own pages at /riverui: to read for whoever may see monitoring; what changes a job or a queue takes a permission of
// its own and leaves an event. The SPA asks POST /auth/queue first: it puts the access token, for as long as that lives, into a cookie that
// only those pages get and no foreign site can make the browser send.
func (a *App) queuePages(ctx context.Context) (http.Handler, error) {
	pages, err := riverui.NewHandler(&riverui.HandlerOpts{Endpoints: riverui.NewEndpoints(a.Queue.Client(), nil), Logger: a.Log, Prefix: "/riverui"})
	if err != nil {
		return nil, fmt.Errorf("pages of the queue: %w", err)
	}
	if err := pages.Start(ctx); err != nil {
		return nil, fmt.Errorf("pages of the queue: %w", err)
	}
	guarded := a.Auth.Middleware(monitoring(a.queueCommands(pages)))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie(queueCookie); err == nil && r.Header.Get("Authorization") == "" {
			r.Header.Set("Authorization", "Bearer "+c.Value)
		}
		guarded.ServeHTTP(w, r)
	}), nil
}

// authHandler is what lies under /auth: the sign-in room's, and the way to the pages of the queue.
func (a *App) authHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", a.Auth.Handler())
	mux.Handle("POST /auth/queue", a.Auth.Middleware(monitoring(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := r.Header.Get("Authorization")[len("Bearer "):]
		http.SetCookie(w, &http.Cookie{Name: queueCookie, Value: token, Path: "/riverui", MaxAge: 600, HttpOnly: true,
			SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https"})
		w.WriteHeader(http.StatusNoContent)
	}))))
	return mux
}

// monitoring lets only those pass who may see monitoring.
func monitoring(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := permit.RequireWhole(r.Context(), permit.Monitoring); err != nil {
			if errs.Is(err, errs.Unauthenticated) && r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html") {
				http.Redirect(w, r, "/queue?to="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther) // a link: through the sign-in, then on
				return
			}
			refuse(w, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func refuse(w http.ResponseWriter, err error) {
	status := http.StatusForbidden
	if errs.Is(err, errs.Unauthenticated) {
		status = http.StatusUnauthorized
	}
	http.Error(w, err.Error(), status)
}

// maxQueueCommand bounds what a command to the queue may hold: the ids of jobs.
const maxQueueCommand = 64 << 10

// queueCommands lets everybody read, and whoever has the permission command. A command is written down before it is carried out: who, what,
// which jobs or queue.
func (a *App) queueCommands(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions {
			next.ServeHTTP(w, r)
			return
		}
		ctx := r.Context()
		if _, err := permit.RequireWhole(ctx, permit.QueueCommand); err != nil {
			refuse(w, err)
			return
		}
		raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxQueueCommand))
		if err != nil {
			http.Error(w, "The command is too long or could not be read to its end.", http.StatusBadRequest)
			return
		}
		var command struct {
			IDs []json.Number `json:"ids"`
		}
		_ = json.Unmarshal(raw, &command) // what is no such object names no jobs; the pages refuse it
		err = event.Publish(ctx, a.DB, a.Clock.Now(), event.Event{Kind: EventQueueCommanded, SubjectType: "queue",
			Data: map[string]any{"method": r.Method, "command": strings.TrimPrefix(r.URL.Path, "/riverui/api/"), "jobs": command.IDs}})
		if err != nil {
			a.Log.ErrorContext(ctx, "cannot write down a command to the queue", "error", err)
			w.Header().Set("Retry-After", "1")
			http.Error(w, "This does not work at this moment. Please try again.", http.StatusServiceUnavailable)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(raw))
		next.ServeHTTP(w, r)
	})
}
