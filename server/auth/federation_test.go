package auth

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"writ/server/access"
	"writ/server/permit"
)

// company is an OpenID provider whose people are what a test says.
type company struct {
	*httptest.Server
	t   *testing.T
	key *rsa.PrivateKey

	mu    sync.Mutex
	codes map[string][]map[string]any // the claims that each is good for, beside those that every token has
}

var companyKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func newCompany(t *testing.T) *company {
	t.Helper()
	key, err := companyKey()
	require.NoError(t, err)
	c := &company{t: t, key: key, codes: map[string][]map[string]any{}}
	mux := http.NewServeMux()
	write := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		write(w, map[string]any{"issuer": c.URL, "authorization_endpoint": c.URL + "/auth", "token_endpoint": c.URL + "/token", "jwks_uri": c.URL + "/jwks"})
	})
	mux.HandleFunc("/jwks", func(w http.ResponseWriter, _ *http.Request) {
		write(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k", Algorithm: "RS256", Use: "sig"}}})
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		claims, good := c.codes[r.FormValue("code")]
		delete(c.codes, r.FormValue("code"))
		c.mu.Unlock()
		if !good {
			w.WriteHeader(http.StatusBadRequest)
			write(w, map[string]any{"error": "invalid_grant"})
			return
		}
		write(w, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": c.sign(claims...)})
	})
	c.Server = httptest.NewServer(mux)
	t.Cleanup(c.Close)
	return c
}

func (c *company) sign(more ...map[string]any) string {
	claims := map[string]any{"iss": c.URL, "aud": "writ", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix()}
	for _, m := range more {
		for k, v := range m {
			claims[k] = v
		}
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: c.key}, (&jose.SignerOptions{}).WithHeader("kid", "k"))
	require.NoError(c.t, err)
	raw, err := json.Marshal(claims)
	require.NoError(c.t, err)
	jws, err := signer.Sign(raw)
	require.NoError(c.t, err)
	text, err := jws.CompactSerialize()
	require.NoError(c.t, err)
	return text
}

// here is a server with a provider.
type here struct {
	bundle
	provider *company
	handler  http.Handler
}

func setupProvider(t *testing.T, change func(p *access.IdentityProvider)) here {
	t.Helper()
	b := setup(t, Config{PrivateProviders: true, PublicURL: "https://writ.example.org"})
	h := here{bundle: b, provider: newCompany(t)}
	h.handler = b.Middleware(b.Handler())
	p := &access.IdentityProvider{Identifier: "company", DisplayName: "Company", Issuer: h.provider.URL, ClientID: "writ", UsernameClaim: "preferred_username", Scopes: []string{"profile"},
		GroupsClaim: "groups", ProfileDays: 7, CreatesAccounts: true}
	if change != nil {
		change(p)
	}
	require.NoError(t, access.SaveIdentityProvider(t.Context(), b.db, p))
	return h
}

// tab is a browser on its way through a sign-in.
type tab struct {
	here
	cookies map[string]string
}

func (h here) tab() *tab { return &tab{h, map[string]string{}} }

// get asks for a page and gives where it leads.
func (w *tab) get(address string) *url.URL {
	w.t.Helper()
	r := httptest.NewRequest(http.MethodGet, address, nil).WithContext(w.ctx)
	for name, value := range w.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	require.Equal(w.t, http.StatusSeeOther, rec.Code, rec.Body.String())
	require.Equal(w.t, "no-store", rec.Header().Get("Cache-Control"))
	for _, c := range rec.Result().Cookies() {
		require.True(w.t, c.HttpOnly)
		require.Equal(w.t, http.SameSiteLaxMode, c.SameSite)
		require.Less(w.t, len(c.Value), 4000)
		if w.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(w.cookies, c.Name)
		}
	}
	to, err := url.Parse(rec.Header().Get("Location"))
	require.NoError(w.t, err)
	return to
}

// begin clicks on the provider and gives the query with which the provider would send the browser back, once somebody with these claims signed in there.
func (w *tab) begin(to string, claims map[string]any) url.Values {
	w.t.Helper()
	there := w.get("/auth/oidc/company/sign-in?to=" + url.QueryEscape(to))
	require.Equal(w.t, w.provider.URL+"/auth", there.Scheme+"://"+there.Host+there.Path, there.String())
	require.Equal(w.t, "https://writ.example.org/auth/oidc/company/callback", there.Query().Get("redirect_uri"))
	code := rand.Text()
	w.provider.mu.Lock()
	w.provider.codes[code] = []map[string]any{{"nonce": there.Query().Get("nonce")}, claims}
	w.provider.mu.Unlock()
	return url.Values{"code": {code}, "state": {there.Query().Get("state")}}
}

// through signs somebody in and gives where he ends.
func (w *tab) through(to string, claims map[string]any) string {
	w.t.Helper()
	return w.get("/auth/oidc/company/callback?" + w.begin(to, claims).Encode()).String()
}

func (w *tab) me() *LoginPayload {
	w.t.Helper()
	out, err := (&browser{bundle: w.bundle, cookie: w.cookies[cookieName]}).refreshed()
	require.NoError(w.t, err)
	return out
}

func ida(more ...any) map[string]any {
	claims := map[string]any{"sub": "u-ida", "preferred_username": "ida", "name": "Ida Braun", "email": "ida@example.org", "email_verified": true, "sid": "s-ida"}
	for i := 0; i+1 < len(more); i += 2 {
		name, _ := more[i].(string)
		if claims[name] = more[i+1]; more[i+1] == nil {
			delete(claims, name)
		}
	}
	return claims
}

func (b bundle) count(query string, args ...any) (n int) {
	b.t.Helper()
	require.NoError(b.t, b.db.NewRaw(query, args...).Scan(b.ctx, &n))
	return n
}

func (b bundle) profileID(identifier string) (id int64) {
	b.t.Helper()
	require.NoError(b.t, b.db.NewRaw("SELECT id FROM profile WHERE identifier = ?", identifier).Scan(b.ctx, &id))
	return id
}

// TestSignInThroughProvider: the first time makes an account, the next one finds it whatever it is called by then; groups give profiles and take them.
func TestSignInThroughProvider(t *testing.T) {
	t.Parallel()
	h := setupProvider(t, nil)
	p, err := access.ProviderOf(h.ctx, h.db, "company", false)
	require.NoError(t, err)
	p.ID = 0
	p.Groups = []access.GroupProfile{{Ordinal: 0, GroupName: "writ-admins", ProfileID: h.profileID("Admin")}}
	require.NoError(t, access.SaveIdentityProvider(h.ctx, h.db, p))

	w := h.tab()
	require.Equal(t, "/orders?state=ERROR", w.through("/orders?state=ERROR", ida("groups", []string{"x", "writ-admins"})))
	me := w.me().Me
	require.Equal(t, []any{"ida", "Ida Braun"}, []any{me.Username, me.DisplayName})
	require.Len(t, me.Profiles, 1)
	require.Equal(t, []string{permit.JobQuery}, me.Permissions)
	require.Len(t, w.cookies, 1, "the cookie of the try is gone")
	require.Equal(t, 1, h.events(EventIdentityLinked))
	require.Equal(t, 1, h.events(EventSignedIn))

	require.Equal(t, "/", h.tab().through("/", ida("preferred_username", "ida.braun", "groups", nil)))
	require.Equal(t, 1, h.count("SELECT count(*) FROM federated_identity"))
	require.Zero(t, h.count("SELECT count(*) FROM assigned_profile WHERE provider_id IS NOT NULL"), "he is in no group any more")
	require.Equal(t, 1, h.events(EventIdentityLinked))
	h.actors.forget(h.session(w))
	require.Empty(t, w.me().Me.Permissions)

	// What a group gave ends by itself.
	require.Equal(t, "/", h.tab().through("/", ida("groups", "writ-admins")))
	const given = "SELECT count(*) FROM assigned_profile WHERE origin = 'PROVIDER'"
	place := func() (at string) {
		require.NoError(t, h.db.NewRaw("SELECT ctid::text FROM assigned_profile WHERE origin = 'PROVIDER'").Scan(h.ctx, &at))
		return at
	}
	before := place()
	require.Equal(t, "/", h.tab().through("/", ida("groups", "writ-admins")))
	require.Equal(t, before, place(), "a row that lasts is not written again")
	require.Equal(t, 1, h.count("SELECT count(*) FROM assigned_profile WHERE origin = 'PROVIDER' AND end_date > now() + interval '6 days 23 hours' AND end_date < now() + interval '7 days 1 hour'"))
	// With the mapping goes what it gave, and with the provider all of it.
	p.ID, p.Groups = 0, nil
	require.NoError(t, access.SaveIdentityProvider(h.ctx, h.db, p))
	require.Zero(t, h.count(given))
	p.ID, p.Groups = 0, []access.GroupProfile{{GroupName: access.AnyGroup, ProfileID: h.profileID("Admin")}}
	require.NoError(t, access.SaveIdentityProvider(h.ctx, h.db, p))
	require.Equal(t, "/", h.tab().through("/", ida()))
	require.Equal(t, 1, h.count(given))
	_, err = h.db.ExecContext(h.ctx, "UPDATE identity_provider SET is_disabled = true")
	require.NoError(t, err)
	require.Zero(t, h.count(given))
}

func (h here) session(w *tab) uuid.UUID {
	h.t.Helper()
	uid, _, ok := parseRefresh(w.cookies[cookieName])
	require.True(h.t, ok)
	return uid
}

// TestWhoIsNotLetIn: each way in which somebody whom the provider knows is nobody here, with the word that the page explains; nothing is left behind.
func TestWhoIsNotLetIn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(p *access.IdentityProvider)
		before string // SQL
		claims map[string]any
		want   string
	}{
		"no account":               {func(p *access.IdentityProvider) { p.CreatesAccounts = false }, "", ida(), problemNoAccount},
		"no name":                  {nil, "", ida("preferred_username", nil), problemNoName},
		"a name of spaces":         {nil, "", ida("preferred_username", "  "), problemNoName},
		"a name that is a list":    {nil, "", ida("preferred_username", []string{"a", "b"}), problemNoName},
		"a name with a line":       {nil, "", ida("preferred_username", "a\nb"), problemNoName},
		"a name that turns around": {nil, "", ida("preferred_username", "a\u202eb"), problemNoName},
		"the server's own name":    {nil, "", ida("preferred_username", "Policy"), problemNameTaken},
		"a name of 101":            {nil, "", ida("preferred_username", strings.Repeat("x", 101)), problemNoName},
		"somebody's name":          {nil, "", ida("preferred_username", "ANA"), problemNameTaken},
		"of the demo":              {nil, "", ida("preferred_username", "demo.hr"), problemNameTaken},
		"a disabled one's name":    {nil, "", ida("preferred_username", "gone"), problemNameTaken},
		"groups are elsewhere":     {func(p *access.IdentityProvider) { p.GroupsClaim = "groups" }, "", ida("_claim_names", map[string]any{"groups": "s"}, "_claim_sources", map[string]any{"s": map[string]any{"endpoint": "https://x"}}), problemGroups},
		"the token is not valid":   {nil, "", ida("aud", "other"), problemInvalid},
		"switched off":             {nil, "UPDATE identity_provider SET is_disabled = true", ida(), problemUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := setupProvider(t, c.change)
			if c.want == problemGroups {
				p, err := access.ProviderOf(h.ctx, h.db, "company", false)
				require.NoError(t, err)
				p.ID = 0
				p.Groups = []access.GroupProfile{{GroupName: "a", ProfileID: h.profileID("Admin")}}
				require.NoError(t, access.SaveIdentityProvider(h.ctx, h.db, p))
			}
			w := h.tab()
			query := w.begin("/", c.claims)
			if c.before != "" {
				_, err := h.db.ExecContext(h.ctx, c.before)
				require.NoError(t, err)
			}
			users := h.count("SELECT count(*) FROM local_user")
			require.Equal(t, "/sign-in?problem="+c.want, w.get("/auth/oidc/company/callback?"+query.Encode()).String())
			require.NotContains(t, w.cookies, cookieName)
			require.Equal(t, users, h.count("SELECT count(*) FROM local_user"))
			require.Zero(t, h.count("SELECT count(*) FROM session")+h.count("SELECT count(*) FROM federated_identity"))
			if c.want != problemInvalid && c.want != problemUnknown {
				require.Equal(t, 1, h.events(EventSignInFailed))
			}
		})
	}
}

// TestAnswersOfOthers: an answer is good once, in the browser that began, at the address of its provider, for ten minutes.
func TestAnswersOfOthers(t *testing.T) {
	t.Parallel()
	h := setupProvider(t, nil)
	require.NoError(t, access.SaveIdentityProvider(h.ctx, h.db, &access.IdentityProvider{Identifier: "other", DisplayName: "Other", Issuer: newCompany(t).URL, ClientID: "writ",
		UsernameClaim: "preferred_username", ProfileDays: 7, CreatesAccounts: true, Scopes: []string{}}))
	const expired, invalid = "/sign-in?problem=expired", "/sign-in?problem=invalid"
	w := h.tab()
	query := w.begin("/", ida()).Encode()
	require.Equal(t, expired, h.tab().get("/auth/oidc/company/callback?"+query).String(), "another browser")
	thief := h.tab()
	thief.begin("/", ida())
	require.Equal(t, expired, thief.get("/auth/oidc/company/callback?"+query).String(), "another browser that began, too")
	require.Equal(t, invalid, w.get("/auth/oidc/other/callback?"+query).String(), "at the address of another provider")
	require.Equal(t, expired, w.get("/auth/oidc/company/callback?"+query).String(), "a try is good once")
	require.Equal(t, expired, w.get("/auth/oidc/company/callback").String())
	require.Equal(t, "/sign-in?problem=unknown_provider", w.get("/auth/oidc/nobody/sign-in").String())

	w = h.tab()
	query = w.begin("/", ida()).Encode()
	kept := maps.Clone(w.cookies)
	require.Equal(t, "/", w.get("/auth/oidc/company/callback?"+query).String())
	w.cookies = kept
	require.Equal(t, "/sign-in?problem=refused", w.get("/auth/oidc/company/callback?"+query).String(), "once more with a cookie that was copied: the code is good once")
	w = h.tab()
	query = w.begin("/", ida()).Encode()
	for name, value := range w.cookies {
		w.cookies[name] = value[:len(value)-4] + "AAAA"
	}
	require.Equal(t, expired, w.get("/auth/oidc/company/callback?"+query).String(), "a cookie that was changed")
	w = h.tab()
	query = w.begin("/", ida()).Encode()
	h.pass(tryLife + time.Second)
	require.Equal(t, expired, w.get("/auth/oidc/company/callback?"+query).String())
}

// TestTwoTabs: each has its own try.
func TestTwoTabs(t *testing.T) {
	t.Parallel()
	h := setupProvider(t, nil)
	w := h.tab()
	one := w.begin("/one", ida())
	two := w.begin("/two", ida())
	require.Equal(t, "/two", w.get("/auth/oidc/company/callback?"+two.Encode()).String())
	require.Equal(t, "/one", w.get("/auth/oidc/company/callback?"+one.Encode()).String())
}

// TestWhereOneEnds: on a page of this server, whatever the link said.
func TestWhereOneEnds(t *testing.T) {
	t.Parallel()
	for to, want := range map[string]string{
		"/orders": "/orders", "/orders?a=b#c": "/orders?a=b#c", "": "/", "orders": "/", "//evil.example.org": "/", "/\\evil.example.org": "/", "\\\\evil": "/",
		"https://evil.example.org": "/", "javascript:alert(1)": "/", "/\tevil": "/", "/\n/evil": "/", " /orders": "/", "///evil": "/", "/%2F/evil": "/%2F/evil",
		"/" + strings.Repeat("x", 1500): "/", "http:/orders": "/", "/:80": "/:80",
	} {
		require.Equal(t, want, inside(to), to)
	}
}

func FuzzInside(f *testing.F) {
	for _, text := range []string{"/", "//x", "/\\x", "https://x", "/a?b#c", "/\u2028", "/..//x"} {
		f.Add(text)
	}
	base, err := url.Parse("https://writ.example.org/sign-in")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		to, err := base.Parse(inside(text))
		require.NoError(t, err)
		require.Equal(t, "writ.example.org", to.Host)
		require.Equal(t, "https", to.Scheme)
	})
}

// TestSignedOutThere: the provider ends the sessions that came from it, and no others.
func TestSignedOutThere(t *testing.T) {
	t.Parallel()
	h := setupProvider(t, nil)
	leave := func(claims map[string]any) int {
		t.Helper()
		claims["events"], claims["jti"] = map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}, fmt.Sprint(claims)
		form := url.Values{"logout_token": {h.provider.sign(claims)}}
		r := httptest.NewRequest(http.MethodPost, "/auth/oidc/company/logout", strings.NewReader(form.Encode())).WithContext(h.ctx)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		rec := httptest.NewRecorder()
		h.handler.ServeHTTP(rec, r)
		return rec.Code
	}
	in := func(claims map[string]any) *tab {
		w := h.tab()
		require.Equal(t, "/", w.through("/", claims))
		return w
	}
	alive := func(w *tab) bool {
		return h.count("SELECT count(*) FROM session WHERE id = ? AND revoked_at IS NULL", h.session(w).String()) == 1
	}
	byPassword := &browser{bundle: h.bundle}
	_, err := byPassword.login("Ana", "secret")
	require.NoError(t, err)
	one, two, other := in(ida("sid", "s-1")), in(ida("sid", "s-2")), in(ida("sub", "u-bob", "preferred_username", "bob", "sid", "s-1b"))
	plain := in(ida("sid", nil))
	token := one.me().AccessToken
	require.NotNil(t, h.who(token))

	require.Equal(t, http.StatusBadRequest, leave(map[string]any{"sub": "u-ida", "aud": "other"}))
	require.Equal(t, http.StatusBadRequest, leave(map[string]any{"sub": "u-ida", "nonce": "n"}))
	require.True(t, alive(one))
	require.Equal(t, http.StatusOK, leave(map[string]any{"sid": "s-1"}))
	require.Equal(t, []bool{false, true, true, true}, []bool{alive(one), alive(two), alive(other), alive(plain)})
	require.Nil(t, h.who(token), "his access token, too")
	require.Equal(t, http.StatusOK, leave(map[string]any{"sid": "s-1"}), "once more does nothing")
	require.Equal(t, http.StatusOK, leave(map[string]any{"sub": "u-ida", "iat": time.Now().Add(-2 * time.Hour).Unix()}), "he signed in since")
	require.True(t, alive(two))
	require.Equal(t, http.StatusOK, leave(map[string]any{"sub": "u-ida", "sid": "s-9"}), "one whose session has no name")
	require.Equal(t, []bool{true, false}, []bool{alive(two), alive(plain)})
	require.Equal(t, http.StatusOK, leave(map[string]any{"sub": "u-ida"}))
	require.Equal(t, []bool{false, true}, []bool{alive(two), alive(other)})
	_, err = byPassword.refreshed()
	require.NoError(t, err)
	require.Equal(t, 3, h.events(EventSignedOut))
	for _, body := range []string{"", "logout_token=", "logout_token=a.b.c", "logout_token=x&logout_token=y", "%zz", strings.Repeat("x", 400<<10)} {
		r := httptest.NewRequest(http.MethodPost, "/auth/oidc/company/logout", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		rec := httptest.NewRecorder()
		h.handler.ServeHTTP(rec, r)
		require.Equal(t, http.StatusBadRequest, rec.Code, shortened(body))
	}

	// Switched off, another issuer, or gone: who came from there leaves.
	for _, change := range []string{"UPDATE identity_provider SET is_disabled = true", "UPDATE identity_provider SET is_disabled = false, issuer = issuer || '/2'", "DELETE FROM identity_provider"} {
		if strings.Contains(change, "issuer ||") {
			_, err := h.db.ExecContext(h.ctx, "UPDATE identity_provider SET is_disabled = false")
			require.NoError(t, err)
			other = in(ida("sub", "u-bob", "preferred_username", "bob"))
		}
		if strings.HasPrefix(change, "DELETE") {
			_, err := h.db.NewRaw("UPDATE identity_provider SET issuer = ?", h.provider.URL).Exec(h.ctx)
			require.NoError(t, err)
			other = in(ida("sub", "u-bob", "preferred_username", "bob"))
		}
		_, err := h.db.ExecContext(h.ctx, change)
		require.NoError(t, err)
		require.False(t, alive(other), change)
	}
	_, err = byPassword.refreshed()
	require.NoError(t, err)
}

// TestAnotherIssuer: the subjects of a provider that becomes another one are other people, even if they are called alike.
func TestAnotherIssuer(t *testing.T) {
	t.Parallel()
	h := setupProvider(t, nil)
	require.Equal(t, "/", h.tab().through("/", ida()))
	h.provider = newCompany(t)
	_, err := h.db.NewRaw("UPDATE identity_provider SET issuer = ?", h.provider.URL).Exec(h.ctx)
	require.NoError(t, err)
	require.Equal(t, "/sign-in?problem="+problemNameTaken, h.tab().through("/", ida()))
	require.Equal(t, "/", h.tab().through("/", ida("preferred_username", "ida2")))
	require.Equal(t, 2, h.count("SELECT count(DISTINCT user_id) FROM federated_identity"))
}

// TestFirstTimeAtOnce: twenty tabs of one person make one account.
func TestFirstTimeAtOnce(t *testing.T) {
	t.Parallel()
	h := setupProvider(t, nil)
	var all sync.WaitGroup
	for range 20 {
		w := h.tab()
		query := w.begin("/", ida()).Encode()
		all.Go(func() {
			rec := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodGet, "/auth/oidc/company/callback?"+query, nil)
			for name, value := range w.cookies {
				r.AddCookie(&http.Cookie{Name: name, Value: value})
			}
			h.handler.ServeHTTP(rec, r)
			if to := rec.Header().Get("Location"); to != "/" {
				t.Error(to)
			}
		})
	}
	all.Wait()
	require.Equal(t, 1, h.count("SELECT count(*) FROM local_user WHERE username = 'ida'"))
	require.Equal(t, 1, h.count("SELECT count(*) FROM federated_identity"))
	require.Equal(t, 20, h.count("SELECT count(*) FROM session"))
}

// TestOneNameAtOnce: of twenty people who are called alike at the provider one gets the account, and nobody that of another one.
func TestOneNameAtOnce(t *testing.T) {
	t.Parallel()
	h := setupProvider(t, nil)
	var in, taken atomic.Int32
	var all sync.WaitGroup
	for i := range 20 {
		w := h.tab()
		query := w.begin("/", ida("sub", fmt.Sprint("u-", i), "preferred_username", []string{"ida", "Ida", "IDA"}[i%3])).Encode()
		all.Go(func() {
			rec := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodGet, "/auth/oidc/company/callback?"+query, nil)
			for name, value := range w.cookies {
				r.AddCookie(&http.Cookie{Name: name, Value: value})
			}
			h.handler.ServeHTTP(rec, r)
			switch to := rec.Header().Get("Location"); to {
			case "/":
				in.Add(1)
			case "/sign-in?problem=" + problemNameTaken:
				taken.Add(1)
			default:
				t.Error(to)
			}
		})
	}
	all.Wait()
	require.Equal(t, []int32{1, 19}, []int32{in.Load(), taken.Load()})
	require.Equal(t, 1, h.count("SELECT count(*) FROM federated_identity"))
}

// TestWhoOneIs: the account of the person that a claim names, whatever it is called; a person that cannot be told is nobody.
func TestWhoOneIs(t *testing.T) {
	t.Parallel()
	setupPeople := func(t *testing.T, claim, property string) here {
		t.Helper()
		h := setupProvider(t, nil)
		_, err := h.db.ExecContext(h.ctx, `
			insert into entity_type (identifier, display_name) values ('Person', 'Person');
			insert into property (entity_type_id, identifier, display_name, type) select id, x, x, 'STRING' from entity_type, unnest(array['Number', 'Mail']) x;
			insert into resource (entity_type_id, key, display_name, scalars, valid_from) select id, k, n, jsonb_build_object('Number', k, 'Mail', m), '2020-01-01' from entity_type,
				(values ('1', 'Ana A', 'ana@example.org'), ('2', 'Ida Braun', 'Ida@Example.org'), ('3', 'Twin', 'twin@example.org'), ('4', 'Twin', 'TWIN@example.org'), ('5', 'Two', 'two@example.org')) v (k, n, m);
			update local_user set resource_id = r.id, resource_entity_type_id = r.entity_type_id, resource_key = r.key from resource r where r.key = '1' and username = 'Ana';
			update local_user set resource_id = r.id, resource_entity_type_id = r.entity_type_id, resource_key = r.key from resource r where r.key = '5' and username in ('gone', 'nopassword')`)
		require.NoError(t, err)
		_, err = h.db.ExecContext(h.ctx, `update identity_provider set person_claim = ?, person_entity_type_id = (select id from entity_type), person_property_id = (select id from property where identifier = ?)`, claim, property)
		require.NoError(t, err)
		return h
	}
	const refused = "/sign-in?problem="
	t.Run("Mail", func(t *testing.T) {
		t.Parallel()
		h := setupPeople(t, "email", "Mail")
		for name, c := range map[string]struct {
			claims map[string]any
			want   string
		}{
			"not verified":   {ida("sub", "1", "email_verified", false), refused + problemNoPerson},
			"does not say":   {ida("sub", "2", "email_verified", nil), refused + problemNoPerson},
			"no mail":        {ida("sub", "3", "email", nil), refused + problemNoPerson},
			"of nobody":      {ida("sub", "4", "email", "x@example.org"), refused + problemNoPerson},
			"with a pattern": {ida("sub", "5", "email", "%@example.org"), refused + problemNoPerson},
			"of two":         {ida("sub", "6", "email", "twin@example.org"), refused + problemPersons},
			"two accounts":   {ida("sub", "7", "email", "two@example.org"), refused + problemAccounts},
		} {
			require.Equal(t, c.want, h.tab().through("/", c.claims), name)
		}
		w := h.tab()
		require.Equal(t, "/", w.through("/", ida("email", "ANA@example.org", "preferred_username", "gone")))
		require.Equal(t, "Ana", w.me().Me.Username, "his own account, not the one that is called as the provider calls him")
		require.Equal(t, refused+problemOtherSubject, h.tab().through("/", ida("sub", "u-other", "email", "ana@example.org")))
		_, err := (&browser{bundle: h.bundle}).login("Ana", "secret")
		require.NoError(t, err, "by password, too")
		w = h.tab()
		require.Equal(t, "/", w.through("/", ida("sub", "u-2")))
		require.Equal(t, []any{"ida", "Ida Braun"}, []any{w.me().Me.Username, w.me().Me.DisplayName})
		require.NotZero(t, w.me().Me.ResourceID)
	})
	t.Run("Number", func(t *testing.T) {
		t.Parallel()
		h := setupPeople(t, "employee.number", "Number")
		w := h.tab()
		require.Equal(t, "/", w.through("/", ida("employee", map[string]any{"number": 2})))
		require.Equal(t, 1, h.count("SELECT count(*) FROM local_user AS u JOIN resource AS r ON r.id = u.resource_id WHERE u.username = 'ida' AND r.key = '2'"))
		for _, number := range []any{nil, "", " ", []int{1, 2}, map[string]int{"a": 1}, "99", "1' or '1'='1", strings.Repeat("1", 2000), "1\x00"} {
			require.Equal(t, refused+problemNoPerson, h.tab().through("/", ida("sub", "x", "employee", map[string]any{"number": number})), number)
		}
	})
	t.Run("TwoSubjectsAtOnce", func(t *testing.T) {
		t.Parallel()
		h := setupPeople(t, "email", "Mail")
		var all sync.WaitGroup
		for i := range 10 {
			w := h.tab()
			query := w.begin("/", ida("sub", fmt.Sprint("s-", i), "preferred_username", fmt.Sprint("name-", i))).Encode()
			all.Go(func() {
				r := httptest.NewRequest(http.MethodGet, "/auth/oidc/company/callback?"+query, nil)
				for name, value := range w.cookies {
					r.AddCookie(&http.Cookie{Name: name, Value: value})
				}
				h.handler.ServeHTTP(httptest.NewRecorder(), r)
			})
		}
		all.Wait()
		require.Equal(t, 1, h.count("SELECT count(*) FROM local_user AS u JOIN resource AS r ON r.id = u.resource_id WHERE r.key = '2'"), "one account for one person")
	})
}

// TestOwnNames: nobody comes in under a name by which the history calls the server.
func TestOwnNames(t *testing.T) {
	t.Parallel()
	said := regexp.MustCompile(`permit\.System\("([^"]+)"\)`)
	found := 0
	require.NoError(t, filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "test/") || strings.Contains(path, "bench/") {
			return err
		}
		raw, err := os.ReadFile(path)
		for _, m := range said.FindAllStringSubmatch(string(raw), -1) {
			found++
			require.Contains(t, ownNames, m[1], path)
		}
		return err
	}))
	require.Positive(t, found)
}
