package auth

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/access"
	"writ/server/clock"
	"writ/server/dbtest"
	"writ/server/errs"
	"writ/server/permit"
)

// plainRing seals by turning bytes around: enough to see that the stored form is not the key.
type plainRing struct{}

func (plainRing) Seal(_ string, plain []byte) ([]byte, error) { return turned(plain), nil }

func (plainRing) Open(_ string, sealed []byte) ([]byte, error) { return turned(sealed), nil }

func turned(b []byte) []byte {
	out := make([]byte, len(b))
	for i := range b {
		out[i] = ^b[i]
	}
	return out
}

type bundle struct {
	*Service
	t     *testing.T
	ctx   context.Context
	moved *atomic.Int64 // seconds the machine's time was moved
}

func setup(t *testing.T, config Config) bundle {
	t.Helper()
	ctx := t.Context()
	db := dbtest.MustOpen(t)
	require.NoError(t, access.SaveProfiles(ctx, db, []access.ProfileSpec{{Identifier: "Admin", DisplayName: "Administrator"}}))
	_, err := access.SaveRules(ctx, db, []access.RuleSpec{{Identifier: "R", Profile: "Admin", Entries: []access.EntrySpec{{Permission: permit.JobQuery, CanExecute: true}}}})
	require.NoError(t, err)
	require.NoError(t, access.SaveUsers(ctx, db, []access.UserSpec{
		{Username: "Ana", DisplayName: "Ana A", PasswordHash: mustHash(t, "secret"), Profiles: []access.UserProfileSpec{{Profile: "Admin"}}},
		{Username: "demo.hr", DisplayName: "Demo", IsDemo: true, Profiles: []access.UserProfileSpec{{Profile: "Admin"}}},
		{Username: "gone", PasswordHash: mustHash(t, "secret"), IsDisabled: true},
		{Username: "nopassword"},
	}))
	b := bundle{Service: on(db, plainRing{}, config), t: t, ctx: ctx, moved: &atomic.Int64{}}
	b.setWall(b.Service)
	return b
}

func on(db *bun.DB, ring Keyring, config Config) *Service {
	return New(db, clock.New(), ring, config, slog.New(slog.DiscardHandler))
}

func mustHash(t *testing.T, password string) string {
	t.Helper()
	stored, err := HashPassword(password)
	require.NoError(t, err)
	return stored
}

func (b bundle) setWall(s *Service) {
	real := s.wall
	s.wall = func() time.Time { return real().Add(time.Duration(b.moved.Load()) * time.Second) }
}

func (b bundle) pass(d time.Duration) { b.moved.Add(int64(d.Seconds())) }

// browser keeps one cookie, as a browser's jar does for us.
type browser struct {
	bundle
	cookie  string
	device  string
	address string // "": 192.0.2.1
}

// send runs fn inside a request, as the middleware and the GraphQL handler would.
func (w *browser) send(token string, fn func(ctx context.Context) error) error {
	w.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader("{}")).WithContext(w.ctx)
	r.Header.Set("Content-Type", "application/json")
	if w.cookie != "" {
		r.AddCookie(&http.Cookie{Name: cookieName, Value: w.cookie})
	}
	if w.device != "" {
		r.AddCookie(&http.Cookie{Name: deviceName, Value: w.device})
	}
	if w.address != "" {
		r.RemoteAddr = w.address + ":1234"
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	rec := httptest.NewRecorder()
	var err error
	w.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { err = fn(r.Context()) })).ServeHTTP(rec, r)
	for _, c := range rec.Result().Cookies() {
		require.Equal(w.t, cookiePath, c.Path)
		require.True(w.t, c.HttpOnly)
		require.Equal(w.t, http.SameSiteLaxMode, c.SameSite)
		if c.Name == deviceName {
			w.device = c.Value
			continue
		}
		w.cookie = c.Value
	}
	return err
}

func (w *browser) login(username, password string) (out *LoginPayload, err error) {
	err = w.send("", func(ctx context.Context) error {
		out, err = w.Login(ctx, LoginInput{Username: username, Password: password})
		return err
	})
	return out, err
}

func (w *browser) refreshed() (out *LoginPayload, err error) {
	err = w.send("", func(ctx context.Context) error {
		out, err = w.Refresh(ctx)
		return err
	})
	return out, err
}

// who gives the actor that a token stands for; nil: nobody.
func (b bundle) who(token string) (a *permit.Actor) {
	_ = (&browser{bundle: b}).send(token, func(ctx context.Context) error {
		a = permit.From(ctx)
		return nil
	})
	return a
}

func (b bundle) events(kind string) (n int) {
	b.t.Helper()
	require.NoError(b.t, b.db.NewRaw("SELECT count(*) FROM event WHERE kind = ?", kind).Scan(b.ctx, &n))
	return n
}

func unauthenticated(t *testing.T, err error) {
	t.Helper()
	require.Error(t, err)
	require.True(t, errs.Is(err, errs.Unauthenticated), err)
}
