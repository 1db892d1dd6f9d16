package auth

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
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

func (plainRing) Seal(plain []byte) ([]byte, error) { return turned(plain), nil }

func (plainRing) Open(sealed []byte) ([]byte, error) { return turned(sealed), nil }

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
	cookie string
}

// send runs fn inside a request, as the middleware and the GraphQL handler would.
func (w *browser) send(token string, fn func(ctx context.Context) error) error {
	w.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader("{}")).WithContext(w.ctx)
	r.Header.Set("Content-Type", "application/json")
	if w.cookie != "" {
		r.AddCookie(&http.Cookie{Name: cookieName, Value: w.cookie})
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

func TestLogin(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	w := &browser{bundle: b}
	out, err := w.login("ana", "secret") // names have no case
	require.NoError(t, err)
	require.Equal(t, "Ana", out.Me.Username)
	require.Equal(t, []string{permit.JobQuery}, out.Me.Permissions)
	require.Equal(t, "Admin", out.Me.Profiles[0].Identifier)
	require.NotEmpty(t, w.cookie)
	require.WithinDuration(t, b.wall().Add(10*time.Minute), out.ExpiresAt, 5*time.Second)
	require.Equal(t, 1, b.events("access.signed_in"))

	a := b.who(out.AccessToken)
	require.Equal(t, "Ana", a.Username)
	require.Len(t, a.Grants, 1)
	require.Nil(t, b.who(out.AccessToken+"x"))
	require.Nil(t, b.who(""))
}

func TestLoginRefused(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	for name, in := range map[string]LoginInput{
		"WrongPassword": {"ana", "Secret"}, "NoPassword": {"ana", ""}, "NoUser": {"bob", "secret"}, "Disabled": {"gone", "secret"},
		"NoHash": {"nopassword", ""}, "DemoWithoutDemo": {"demo.hr", DefaultDemoPassword}, "NoName": {"", ""},
	} {
		_, err := (&browser{bundle: b}).login(in.Username, in.Password)
		unauthenticated(t, err)
		require.Equal(t, refused().Error(), err.Error(), name+": one sentence for all")
	}
	require.Equal(t, 7, b.events("access.sign_in_failed"))
	_, err := b.Login(b.ctx, LoginInput{"ana", "secret"})
	require.True(t, errs.Is(err, errs.Forbidden), "without a request that can carry the cookie")
}

func TestLoginDemo(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{Demo: true, DemoPassword: "shared"})
	_, err := (&browser{bundle: b}).login("demo.hr", "shared")
	require.NoError(t, err)
	_, err = (&browser{bundle: b}).login("demo.hr", DefaultDemoPassword)
	unauthenticated(t, err)
	_, err = (&browser{bundle: b}).login("ana", "shared")
	unauthenticated(t, err)
}

func TestLockout(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	var all sync.WaitGroup
	for range maxFailures {
		all.Go(func() { _, _ = (&browser{bundle: b}).login("ana", "wrong") })
	}
	all.Wait()
	_, err := (&browser{bundle: b}).login("ana", "secret")
	unauthenticated(t, err)
	b.clock.SetOffset(lockedFor - 30*time.Second)
	_, err = (&browser{bundle: b}).login("ana", "secret")
	unauthenticated(t, err)
	b.clock.SetOffset(lockedFor + time.Second)
	_, err = (&browser{bundle: b}).login("ana", "secret")
	require.NoError(t, err, "trying while locked does not prolong it")
	for range maxFailures - 1 {
		_, _ = (&browser{bundle: b}).login("ana", "wrong")
	}
	_, err = (&browser{bundle: b}).login("ana", "secret")
	require.NoError(t, err, "nine are not ten")
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	w := &browser{bundle: b}
	_, err := w.refreshed()
	unauthenticated(t, err)
	first, err := w.login("ana", "secret")
	require.NoError(t, err)
	before := w.cookie
	b.pass(time.Minute)
	second, err := w.refreshed()
	require.NoError(t, err)
	require.NotEqual(t, before, w.cookie)
	require.True(t, second.ExpiresAt.After(first.ExpiresAt))
	require.NotNil(t, b.who(first.AccessToken), "still valid until it expires")

	var rows []session
	require.NoError(t, b.db.NewSelect().Model(&rows).Scan(b.ctx))
	require.Len(t, rows, 1)
	for _, token := range []string{before, w.cookie} {
		_, secret, ok := parseRefresh(token)
		require.True(t, ok)
		require.NotContains(t, string(rows[0].RefreshHash)+string(rows[0].PreviousHash)+string(rows[0].SealedRefresh), string(secret))
	}
}

// Two tabs refresh with the same cookie at the same moment: both get the same new one.
func TestRefreshInTwoTabs(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	w := &browser{bundle: b}
	_, err := w.login("ana", "secret")
	require.NoError(t, err)
	tabs := []*browser{{bundle: b, cookie: w.cookie}, {bundle: b, cookie: w.cookie}, {bundle: b, cookie: w.cookie}}
	var all sync.WaitGroup
	for _, tab := range tabs {
		all.Go(func() {
			_, err := tab.refreshed()
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.NotEqual(t, w.cookie, tabs[0].cookie)
	require.Equal(t, tabs[0].cookie, tabs[1].cookie)
	require.Equal(t, tabs[0].cookie, tabs[2].cookie)
	_, err = tabs[0].refreshed()
	require.NoError(t, err)
}

// A refresh token that was replaced and comes again was stolen, by whoever came first: nobody goes on.
func TestRefreshReused(t *testing.T) {
	t.Parallel()
	for name, use := range map[string]func(t *testing.T, b bundle, w *browser){
		"AfterTheGrace": func(t *testing.T, b bundle, w *browser) { b.pass(grace + time.Second) },
		"AfterTheNextWasUsed": func(t *testing.T, _ bundle, w *browser) {
			_, err := w.refreshed()
			require.NoError(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, Config{})
			b.t = t
			w := &browser{bundle: b}
			_, err := w.login("ana", "secret")
			require.NoError(t, err)
			thief := &browser{bundle: b, cookie: w.cookie}
			out, err := w.refreshed()
			require.NoError(t, err)
			require.NotNil(t, b.who(out.AccessToken))
			use(t, b, w)
			_, err = thief.refreshed()
			unauthenticated(t, err)
			require.Empty(t, thief.cookie, "taken away")
			_, err = w.refreshed()
			unauthenticated(t, err)
			require.Nil(t, b.who(out.AccessToken), "its access tokens end too")
			require.Equal(t, 1, b.events("access.session_reused"))
		})
	}
}

func TestSessionEnds(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{SessionIdle: time.Hour, SessionMax: 3 * time.Hour})
	w := &browser{bundle: b}
	_, err := w.login("ana", "secret")
	require.NoError(t, err)
	for range 3 { // sliding
		b.pass(55 * time.Minute)
		_, err = w.refreshed()
		require.NoError(t, err)
	}
	out, err := w.refreshed()
	require.NoError(t, err)
	require.LessOrEqual(t, out.ExpiresAt.Unix(), b.wall().Add(15*time.Minute+time.Second).Unix())
	b.pass(16 * time.Minute)
	_, err = w.refreshed()
	unauthenticated(t, err)

	idle := &browser{bundle: b}
	_, err = idle.login("ana", "secret")
	require.NoError(t, err)
	b.pass(time.Hour + time.Second)
	_, err = idle.refreshed()
	unauthenticated(t, err)
}

func TestLogout(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	logout := func(w *browser, token string) {
		require.NoError(t, w.send(token, func(ctx context.Context) error {
			out, err := w.Logout(ctx)
			require.True(t, out.Ok)
			return err
		}))
		require.Empty(t, w.cookie)
	}
	byToken, byCookie := &browser{bundle: b}, &browser{bundle: b}
	out1, err := byToken.login("ana", "secret")
	require.NoError(t, err)
	out2, err := byCookie.login("ana", "secret")
	require.NoError(t, err)
	require.NotNil(t, b.who(out1.AccessToken))
	require.NotNil(t, b.who(out2.AccessToken))
	kept := byToken.cookie

	logout(byToken, out1.AccessToken)
	require.Nil(t, b.who(out1.AccessToken))
	require.NotNil(t, b.who(out2.AccessToken), "the other session goes on")
	_, err = (&browser{bundle: b, cookie: kept}).refreshed()
	unauthenticated(t, err)

	logout(byCookie, "")
	require.Nil(t, b.who(out2.AccessToken))
	require.Equal(t, 2, b.events("access.signed_out"))
	logout(byCookie, "")
}

// Rights are those of now, not those of the sign-in.
func TestRightsOfNow(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	out, err := (&browser{bundle: b}).login("ana", "secret")
	require.NoError(t, err)
	ctx, err := b.Authenticate(b.ctx, "Bearer "+out.AccessToken)
	require.NoError(t, err)
	require.True(t, permit.Find(ctx, permit.JobQuery).Allowed())

	require.NoError(t, access.DeleteRules(b.ctx, b.db, "R"))
	b.pass(rememberFor + time.Second)
	ctx, err = b.Renew(ctx)
	require.NoError(t, err)
	require.False(t, permit.Find(ctx, permit.JobQuery).Allowed())

	_, err = b.db.ExecContext(b.ctx, "update local_user set is_disabled = true")
	require.NoError(t, err)
	b.pass(rememberFor + time.Second)
	ctx, err = b.Renew(ctx)
	unauthenticated(t, err)
	require.Nil(t, permit.From(ctx))
	require.Nil(t, b.who(out.AccessToken))
}

// A profile that ends is gone at once when a test moves the clock, although the actor is remembered; the session is not.
func TestRightsFollowTheClock(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	out, err := (&browser{bundle: b}).login("ana", "secret")
	require.NoError(t, err)
	_, err = b.db.NewRaw("UPDATE assigned_profile SET end_date = ?", b.clock.Now().Add(time.Hour)).Exec(b.ctx)
	require.NoError(t, err)
	require.Len(t, b.who(out.AccessToken).Grants, 1)
	b.clock.SetOffset(24 * time.Hour)
	a := b.who(out.AccessToken)
	require.NotNil(t, a)
	require.Empty(t, a.Grants)
}

func TestTokenExpires(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	out, err := (&browser{bundle: b}).login("ana", "secret")
	require.NoError(t, err)
	ctx, err := b.Authenticate(b.ctx, out.AccessToken)
	require.NoError(t, err)
	at, ok := Expires(ctx)
	require.True(t, ok)
	require.True(t, at.Equal(out.ExpiresAt))
	b.pass(10*time.Minute + 2*clockSkew)
	require.Nil(t, b.who(out.AccessToken))
	_, err = b.Renew(ctx)
	unauthenticated(t, err)
}

// Tokens that are nearly ours.
func TestTokenForged(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	out, err := (&browser{bundle: b}).login("ana", "secret")
	require.NoError(t, err)
	key, err := b.signingKey(b.ctx)
	require.NoError(t, err)
	real := func() claims {
		var c claims
		_, _, err := jwt.NewParser().ParseUnverified(out.AccessToken, &c)
		require.NoError(t, err)
		return c
	}
	_, stranger, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	sign := func(method jwt.SigningMethod, with any, kid string, change func(*claims)) string {
		c := real()
		if change != nil {
			change(&c)
		}
		token := jwt.NewWithClaims(method, c)
		token.Header["kid"] = kid
		text, err := token.SignedString(with)
		require.NoError(t, err)
		return text
	}
	require.NotNil(t, b.who(sign(jwt.SigningMethodEdDSA, key.private, key.Kid, nil)), "the tests' own way of signing is right")
	for name, token := range map[string]string{
		"None":        sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, key.Kid, nil),
		"PublicAsMAC": sign(jwt.SigningMethodHS256, key.PublicKey, key.Kid, nil),
		"Stranger":    sign(jwt.SigningMethodEdDSA, stranger, key.Kid, nil),
		"UnknownKid":  sign(jwt.SigningMethodEdDSA, key.private, "x", nil),
		"Issuer":      sign(jwt.SigningMethodEdDSA, key.private, key.Kid, func(c *claims) { c.Issuer = "other" }),
		"Audience":    sign(jwt.SigningMethodEdDSA, key.private, key.Kid, func(c *claims) { c.Audience = jwt.ClaimStrings{"other"} }),
		"NoExpiry":    sign(jwt.SigningMethodEdDSA, key.private, key.Kid, func(c *claims) { c.ExpiresAt = nil }),
		"OtherUser":   sign(jwt.SigningMethodEdDSA, key.private, key.Kid, func(c *claims) { c.Subject = "2" }),
		"NoSession":   sign(jwt.SigningMethodEdDSA, key.private, key.Kid, func(c *claims) { c.Session = "" }),
	} {
		b.actors = actors{}
		require.Nil(t, b.who(token), name)
	}
}

func TestKeysRotate(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	old, err := (&browser{bundle: b}).login("ana", "secret")
	require.NoError(t, err)
	key, err := b.signingKey(b.ctx)
	require.NoError(t, err)
	require.NotContains(t, string(key.PrivateKey), string(key.private.Seed()), "sealed")

	other := on(b.db, plainRing{}, Config{}) // another process
	b.setWall(other)
	_, err = other.Authenticate(b.ctx, old.AccessToken)
	require.NoError(t, err, "one process signs, the other verifies")

	b.pass(30*24*time.Hour - 5*time.Minute)
	late, err := (&browser{bundle: b}).login("ana", "secret")
	require.NoError(t, err)
	b.pass(6 * time.Minute)
	var all sync.WaitGroup
	for _, s := range []*Service{b.Service, other, b.Service, other} {
		all.Go(func() {
			if _, err := s.signingKey(b.ctx); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	var n int
	require.NoError(t, b.db.NewRaw("SELECT count(*) FROM signing_key").Scan(b.ctx, &n))
	require.Equal(t, 2, n, "one of four made the new key")
	next, err := other.signingKey(b.ctx)
	require.NoError(t, err)
	require.NotEqual(t, key.Kid, next.Kid)
	require.NotNil(t, b.who(late.AccessToken), "signed with the retired key, not expired yet")

	set, err := b.jwks(b.ctx)
	require.NoError(t, err)
	require.Len(t, set, 2)
	b.pass(time.Hour)
	set, err = b.jwks(b.ctx)
	require.NoError(t, err)
	require.Len(t, set, 1)
	require.Equal(t, next.Kid, set[0].KeyID)
}

// The keyring was lost: people sign in again, nothing stands still.
func TestKeyringLost(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	first, err := b.signingKey(b.ctx)
	require.NoError(t, err)
	other := on(b.db, lostRing{}, Config{})
	b.setWall(other)
	second, err := other.signingKey(b.ctx)
	require.NoError(t, err)
	require.NotEqual(t, first.Kid, second.Kid)
}

// lostRing opens only what it sealed itself.
type lostRing struct{}

func (lostRing) Seal(plain []byte) ([]byte, error) { return append([]byte("new"), plain...), nil }

func (lostRing) Open(sealed []byte) ([]byte, error) {
	if plain, ok := strings.CutPrefix(string(sealed), "new"); ok {
		return []byte(plain), nil
	}
	return nil, errors.New("sealed with another key")
}

func TestHandler(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{TestHooks: true})
	get := func(s *Service, path string) map[string]any {
		rec := httptest.NewRecorder()
		s.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
		require.Equal(t, http.StatusOK, rec.Code)
		var body map[string]any
		require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &body))
		return body
	}
	require.Equal(t, map[string]any{"demo": false, "testHooks": true}, get(b.Service, "/auth/info"))
	demo := on(b.db, plainRing{}, Config{Demo: true})
	require.Equal(t, map[string]any{
		"demo": true, "testHooks": false, "demoPassword": "demo",
		"logins": []any{map[string]any{"username": "demo.hr", "displayName": "Demo", "role": "Administrator"}},
	}, get(demo, "/auth/info"))

	// Whoever has only the published keys can verify a token.
	out, err := (&browser{bundle: b}).login("ana", "secret")
	require.NoError(t, err)
	key := get(b.Service, "/auth/jwks.json")["keys"].([]any)[0].(map[string]any)
	public, err := base64.RawURLEncoding.DecodeString(key["x"].(string))
	require.NoError(t, err)
	token, err := jwt.Parse(out.AccessToken, func(token *jwt.Token) (any, error) {
		require.Equal(t, key["kid"], token.Header["kid"])
		return ed25519.PublicKey(public), nil
	}, jwt.WithValidMethods([]string{"EdDSA"}))
	require.NoError(t, err)
	require.True(t, token.Valid)
}

// What a foreign page can send without asking must not reach the cookie.
func TestCarriesCookies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method string
		header map[string]string
		want   bool
	}{
		"JSON":      {http.MethodPost, map[string]string{"Content-Type": "application/json; charset=utf-8"}, true},
		"GET":       {http.MethodGet, map[string]string{"Content-Type": "application/json"}, false},
		"Text":      {http.MethodPost, map[string]string{"Content-Type": "text/plain"}, false},
		"Form":      {http.MethodPost, map[string]string{"Content-Type": "multipart/form-data"}, false},
		"Nothing":   {http.MethodPost, nil, false},
		"CrossSite": {http.MethodPost, map[string]string{"Content-Type": "application/json", "Sec-Fetch-Site": "cross-site"}, false},
		"Stream":    {http.MethodPost, map[string]string{"Content-Type": "application/json", "Accept": "text/event-stream"}, false},
	} {
		r := httptest.NewRequest(c.method, "/graphql", nil)
		for k, v := range c.header {
			r.Header.Set(k, v)
		}
		require.Equal(t, c.want, carriesCookies(r), name)
	}
}

func TestPassword(t *testing.T) {
	t.Parallel()
	stored := mustHash(t, "pässword")
	require.True(t, strings.HasPrefix(stored, "$argon2id$v=19$m=19456,t=2,p=1$"))
	require.NotEqual(t, stored, mustHash(t, "pässword"), "salted")
	require.True(t, matches("pässword", stored))
	require.False(t, matches("password", stored))
	for _, refused := range []string{"", strings.Repeat("x", maxPassword+1)} {
		_, err := HashPassword(refused)
		require.True(t, errs.Is(err, errs.Validation))
	}
	require.True(t, matches("x", encodeHash("x", []byte("0123456789abcdef"), cost{memory: 64, passes: 1, threads: 2})), "old parameters stay valid")
	for _, broken := range []string{"", "x", "$argon2i$v=19$m=64,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=0,t=0,p=0$AAAA$AAAA",
		"$argon2id$v=19$m=99999999,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=64,t=1,p=1$AAAA$"} {
		require.False(t, matches("", broken), broken)
	}
}
