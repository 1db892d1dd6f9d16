package app

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"riverqueue.com/riverui"

	"writ/server/errs"
	"writ/server/permit"
)

// queueCookie carries the access token of an administrator to the pages of the queue: a browser that follows a link sends no header.
const queueCookie = "writ_queue"

// queuePages are River's own pages at /riverui, for whoever may see monitoring. The SPA asks POST /auth/queue first: it puts the access
// token, for as long as that lives, into a cookie that only those pages get and no foreign site can make the browser send.
func (a *App) queuePages(ctx context.Context) (http.Handler, error) {
	pages, err := riverui.NewHandler(&riverui.HandlerOpts{Endpoints: riverui.NewEndpoints(a.Queue.Client(), nil), Logger: a.Log, Prefix: "/riverui"})
	if err != nil {
		return nil, fmt.Errorf("pages of the queue: %w", err)
	}
	if err := pages.Start(ctx); err != nil {
		return nil, fmt.Errorf("pages of the queue: %w", err)
	}
	guarded := a.Auth.Middleware(monitoring(pages))
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
		if _, err := permit.Require(r.Context(), permit.Monitoring); err != nil {
			status := http.StatusForbidden
			if errs.Is(err, errs.Unauthenticated) {
				if r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html") { // a link: through the sign-in, then on
					http.Redirect(w, r, "/queue?to="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
					return
				}
				status = http.StatusUnauthorized
			}
			http.Error(w, err.Error(), status)
			return
		}
		next.ServeHTTP(w, r)
	})
}
