package auth

import (
	"context"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"writ/server/errs"
)

// cookieName and cookiePath: browsers send both to the GraphQL endpoint only.
const (
	cookieName = "writ_refresh"
	deviceName = "writ_device"
	cookiePath = "/graphql"
)

// exchange is a request that may bring and take away the refresh cookie.
type exchange struct {
	w http.ResponseWriter
	r *http.Request
}

type exchangeKey struct{}

// carriesCookies: only a plain POST of JSON, which no foreign page can send without asking first. Websockets and event streams have sent
// their header long before a resolver runs.
func carriesCookies(r *http.Request) bool {
	if r.Method != http.MethodPost || r.Header.Get("Sec-Fetch-Site") == "cross-site" {
		return false
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "application/json" && !strings.Contains(r.Header.Get("Accept"), "text/event-stream")
}

func exchangeOf(ctx context.Context) (*exchange, error) {
	if ex, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return ex, nil
	}
	return nil, errs.New(errs.Forbidden, "Signing in and out takes a POST request with Content-Type application/json from this site.")
}

func (e *exchange) refresh() string { return e.cookie(cookieName) }

// device is the cookie of an earlier sign-in, "" without one.
func (e *exchange) device() string { return e.cookie(deviceName) }

func (e *exchange) cookie(name string) string {
	c, err := e.r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

func (e *exchange) userAgent() string {
	agent := strings.ToValidUTF8(e.r.UserAgent(), "")
	return agent[:min(len(agent), 200)]
}

func (e *exchange) setRefresh(token string, life time.Duration) {
	e.set(cookieName, token, int(life.Seconds()))
}

func (e *exchange) setDevice(token string) { e.set(deviceName, token, int(deviceLife.Seconds())) }

func (e *exchange) clearRefresh() { e.set(cookieName, "", -1) }

func (e *exchange) set(name, value string, maxAge int) { e.setAt(cookiePath, name, value, maxAge) }

// setAt replaces the cookie of that name in the answer: a repeated transaction must not leave the one of the first try behind.
func (e *exchange) setAt(path, name, value string, maxAge int) {
	h := e.w.Header()
	h["Set-Cookie"] = slices.DeleteFunc(h["Set-Cookie"], func(c string) bool { return strings.HasPrefix(c, name+"=") })
	http.SetCookie(e.w, &http.Cookie{
		Name: name, Value: value, Path: path, MaxAge: maxAge,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: isHTTPS(e.r),
	})
}

// isHTTPS reports how the browser came. X-Forwarded-Proto is believed here: httpd takes it away from whom it does not trust.
func isHTTPS(r *http.Request) bool {
	return r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}
