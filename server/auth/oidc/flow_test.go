package oidc

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
)

func TestBegin(t *testing.T) {
	t.Parallel()
	l := newLiar(t)
	try := NewTry()
	address, err := l.client().Begin(t.Context(), l.provider(), redirect, try)
	require.NoError(t, err)
	u, err := url.Parse(address)
	require.NoError(t, err)
	q := u.Query()
	require.Equal(t, "S256", q.Get("code_challenge_method"))
	require.NotEmpty(t, q.Get("code_challenge"))
	require.NotContains(t, address, try.Verifier)
	require.NotContains(t, address, "s&cret")
	require.Equal(t, []string{try.State, try.Nonce, "writ", redirect, "openid profile", "code"},
		[]string{q.Get("state"), q.Get("nonce"), q.Get("client_id"), q.Get("redirect_uri"), q.Get("scope"), q.Get("response_type")})
	require.NotEqual(t, NewTry(), NewTry())
}

// TestFinish: what the browser brings back is believed only when it belongs to this try and this provider.
func TestFinish(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		query     func(try Try, l *liar) string
		discovery map[string]any
		want      error // nil: he is in
	}{
		"right":                {func(y Try, _ *liar) string { return "code=c&state=" + y.State }, nil, nil},
		"with the issuer":      {func(y Try, l *liar) string { return "code=c&state=" + y.State + "&iss=" + url.QueryEscape(l.URL) }, nil, nil},
		"no state":             {func(Try, *liar) string { return "code=c" }, nil, ErrInvalid},
		"empty state":          {func(Try, *liar) string { return "code=c&state=" }, nil, ErrInvalid},
		"state of another try": {func(Try, *liar) string { return "code=c&state=" + NewTry().State }, nil, ErrInvalid},
		"state twice":          {func(y Try, _ *liar) string { return "code=c&state=" + y.State + "&state=x" }, nil, ErrInvalid},
		"code twice":           {func(y Try, _ *liar) string { return "code=c&code=d&state=" + y.State }, nil, ErrInvalid},
		"no code":              {func(y Try, _ *liar) string { return "state=" + y.State }, nil, ErrInvalid},
		"a very long code":     {func(y Try, _ *liar) string { return "state=" + y.State + "&code=" + strings.Repeat("x", 5000) }, nil, ErrInvalid},
		"mixed up":             {func(y Try, _ *liar) string { return "code=c&state=" + y.State + "&iss=https%3A%2F%2Fevil.example.org" }, nil, ErrInvalid},
		"empty issuer":         {func(y Try, _ *liar) string { return "code=c&state=" + y.State + "&iss=" }, nil, ErrInvalid},
		"without the issuer that it promises": {func(y Try, _ *liar) string { return "code=c&state=" + y.State },
			map[string]any{"authorization_response_iss_parameter_supported": true}, ErrInvalid},
		"refused": {func(y Try, _ *liar) string {
			return "error=access_denied&error_description=" + strings.Repeat("x", 5000) + "&state=" + y.State
		}, nil, ErrRefused},
		"refused for another try": {func(Try, *liar) string { return "error=access_denied&state=x" }, nil, ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, try := newLiar(t), NewTry()
			l.as(func() { l.discovery = c.discovery })
			l.gives(l.mint(forged{payload: mustJSON(t, l.claims(try.Nonce))}))
			query, err := url.ParseQuery(c.query(try, l))
			require.NoError(t, err)
			who, err := l.client().Finish(t.Context(), l.provider(), redirect, try, query)
			if c.want != nil {
				require.ErrorIs(t, err, c.want)
				require.Less(t, len(err.Error()), 1000)
				if errors.Is(c.want, ErrInvalid) {
					require.Empty(t, l.form, "the code was exchanged")
				}
				return
			}
			require.NoError(t, err)
			require.Equal(t, "u-1", who.Subject)
			require.Equal(t, []string{try.Verifier, redirect, "authorization_code", ""},
				[]string{l.form.Get("code_verifier"), l.form.Get("redirect_uri"), l.form.Get("grant_type"), l.form.Get("client_secret")})
			require.NotEmpty(t, l.basic)
		})
	}
}

// TestSecretIsSentAsTheProviderWants: once, in one way.
func TestSecretIsSentAsTheProviderWants(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		methods []string
		secret  string
		basic   bool
	}{{nil, "s", true}, {[]string{"client_secret_basic", "client_secret_post"}, "s", true}, {[]string{"client_secret_post", "client_secret_basic"}, "s", true},
		{[]string{"client_secret_post"}, "s", false}, {[]string{"none"}, "", false}, {nil, "", false}} {
		l, try := newLiar(t), NewTry()
		asked := 0
		l.as(func() {
			l.discovery = map[string]any{"token_endpoint_auth_methods_supported": c.methods}
			l.answer = func(w http.ResponseWriter, _ *http.Request) {
				asked++
				http.Error(w, `{"error":"invalid_client"}`, http.StatusUnauthorized)
			}
		})
		p := l.provider()
		p.ClientSecret = c.secret
		_, err := l.client().Finish(t.Context(), p, redirect, try, url.Values{"state": {try.State}, "code": {"c"}})
		require.ErrorIs(t, err, ErrRefused)
		require.Equal(t, 1, asked, "a code is good for one try")
		require.Equal(t, c.basic, l.basic != "", c)
		require.Equal(t, !c.basic && c.secret != "", l.form.Get("client_secret") != "", c)
	}
}

// TestUserInfo is asked only for what is missing, and believed only about the same person.
func TestUserInfo(t *testing.T) {
	t.Parallel()
	l := newLiar(t)
	c := l.client()
	finish := func(info any, extra map[string]any, wanted ...string) (*Identity, error) {
		try := NewTry()
		claims := l.claims(try.Nonce)
		for k, v := range extra {
			claims[k] = v
		}
		l.as(func() { l.info = info })
		l.gives(l.mint(forged{payload: mustJSON(t, claims)}))
		return l.finish(c, try, wanted...)
	}
	who, err := finish(map[string]any{"sub": "u-1", "groups": []string{"a", "b"}, "name": "Other"}, nil, "groups")
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b"}, who.Texts("groups"))
	require.Equal(t, "Ida", who.Text("name"), "the token comes first")
	_, err = finish(map[string]any{"sub": "u-2", "groups": []string{"admins"}}, nil, "groups")
	require.ErrorIs(t, err, ErrInvalid)
	_, err = finish(map[string]any{"groups": []string{"admins"}}, nil, "groups")
	require.ErrorIs(t, err, ErrInvalid)
	_, err = finish(json.RawMessage(`{"sub":"u-1","groups":["a"],"groups":["admins"]}`), nil, "groups")
	require.ErrorIs(t, err, ErrInvalid)
	who, err = finish("not asked", map[string]any{"groups": "one"}, "groups")
	require.NoError(t, err)
	require.Equal(t, []string{"one"}, who.Texts("groups"))
	// That a mail address is verified is said of one address.
	who, err = finish(map[string]any{"sub": "u-1", "groups": []string{}, "email": "ida@x.org", "email_verified": true}, map[string]any{"email": "boss@x.org"}, "groups")
	require.NoError(t, err)
	require.Empty(t, who.Mail())
	who, err = finish(map[string]any{"sub": "u-1", "groups": []string{}, "email": "boss@x.org", "email_verified": false}, map[string]any{"email_verified": true}, "groups")
	require.NoError(t, err)
	require.Empty(t, who.Mail())
	who, err = finish(map[string]any{"sub": "u-1", "groups": []string{}, "email": "ida@x.org", "email_verified": true}, nil, "groups")
	require.NoError(t, err)
	require.Equal(t, "ida@x.org", who.Mail())
	who, err = finish(map[string]any{"sub": "u-1"}, map[string]any{"_claim_names": map[string]any{"groups": "src1"}, "_claim_sources": map[string]any{"src1": map[string]any{"endpoint": l.URL}}}, "groups")
	require.NoError(t, err)
	require.True(t, who.IsElsewhere("groups"))
}

func TestClaims(t *testing.T) {
	t.Parallel()
	claims, err := claimsOf([]byte(`{"a":{"b":{"c":["x",7,true,null,{}]}},"a.b":"literal","https://x.org/n":12345678901234567890,"e":[],"two":["x","y"]}`))
	require.NoError(t, err)
	who := &Identity{claims: claims}
	require.Equal(t, []string{"x", "7", "true"}, who.Texts("a.b.c"))
	require.Equal(t, "literal", who.Text("a.b"))
	require.Equal(t, "12345678901234567890", who.Text("https://x.org/n"))
	require.Empty(t, who.Texts("e"))
	require.Empty(t, who.Text("two"), "one of two is nobody's name")
	require.Empty(t, who.Text("missing.path"))
	who = &Identity{claims: map[string]any{"email": []any{"a"}, "email_verified": true}}
	who.add(map[string]any{"email": []any{"b"}, "email_verified": true})
	require.Equal(t, "a", who.Mail())
}

// TestDiscovery: a provider that says something else than it must is none.
func TestDiscovery(t *testing.T) {
	t.Parallel()
	for name, discovery := range map[string]map[string]any{
		"another issuer":            {"issuer": "https://evil.example.org"},
		"no issuer":                 {"issuer": nil},
		"no keys":                   {"jwks_uri": nil},
		"no token endpoint":         {"token_endpoint": nil},
		"no authorization endpoint": {"authorization_endpoint": nil},
		"script instead of an page": {"authorization_endpoint": "javascript:alert(1)"},
		"page with a password":      {"authorization_endpoint": "https://u:p@login.example.org/"},
		"keys in a file":            {"jwks_uri": "file:///etc/passwd"},
		"data":                      {"token_endpoint": "data:text/plain,x"},
		"userinfo in a file":        {"userinfo_endpoint": "file:///etc/passwd"},
	} {
		l := newLiar(t)
		l.as(func() { l.discovery = discovery })
		_, err := l.client().Begin(t.Context(), l.provider(), redirect, NewTry())
		require.ErrorIs(t, err, ErrUnreachable, name)
	}
}

// TestPrivateProviders: without the operator's word nothing on a private address is asked, whatever name leads there.
func TestPrivateProviders(t *testing.T) {
	t.Parallel()
	l := newLiar(t)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(l.URL, "http://"))
	require.NoError(t, err)
	c := New(false, time.Now)
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0", "[::]", "localhost.", "169.254.169.254", "10.0.0.1"} {
		for _, scheme := range []string{"http", "https"} {
			_, err := c.Begin(t.Context(), Provider{Issuer: scheme + "://" + host + ":" + port, ClientID: "writ"}, redirect, NewTry())
			require.ErrorIs(t, err, ErrUnreachable, host)
		}
	}
	require.Zero(t, l.said.Load())
}

// TestProviderThatIsDown: it is not asked again and again, those who come at one time wait for one answer, and what was known is used on.
func TestProviderThatIsDown(t *testing.T) {
	t.Parallel()
	l := newLiar(t)
	c := l.client()
	l.as(func() { l.discovery = map[string]any{"issuer": "https://evil.example.org"} })
	for range 10 {
		_, err := c.Begin(t.Context(), l.provider(), redirect, NewTry())
		require.ErrorIs(t, err, ErrUnreachable)
	}
	require.EqualValues(t, 1, l.said.Load())
	l.as(func() { l.discovery = nil })
	l.now = l.now.Add(failedFor)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			_, err := c.Begin(t.Context(), l.provider(), redirect, NewTry())
			require.NoError(t, err)
		})
	}
	all.Wait()
	require.EqualValues(t, 2, l.said.Load())

	sign := func() error {
		try := NewTry()
		l.gives(l.mint(forged{payload: mustJSON(t, l.claims(try.Nonce))}))
		_, err := l.finish(c, try)
		return err
	}
	require.NoError(t, sign())
	l.as(func() { l.keysDown, l.discovery = true, map[string]any{"issuer": nil} })
	l.now = l.now.Add(2 * time.Hour)
	require.NoError(t, sign(), "keys of before are good while they cannot be read")
	l.now = l.now.Add(24 * time.Hour)
	require.ErrorIs(t, sign(), ErrUnreachable, "but not for ever")
}

// TestEndlessAnswers fill no memory.
func TestEndlessAnswers(t *testing.T) {
	t.Parallel()
	l, try := newLiar(t), NewTry()
	l.as(func() {
		l.answer = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprint(w, `{"access_token":"`)
			chunk := strings.Repeat("x", 64<<10)
			for range 64 {
				if _, err := fmt.Fprint(w, chunk); err != nil {
					return
				}
			}
		}
	})
	_, err := l.finish(l.client(), try)
	require.ErrorIs(t, err, ErrUnreachable)
	l = newLiar(t)
	l.as(func() { l.discovery = map[string]any{"x": strings.Repeat("x", 2<<20)} })
	_, err = l.client().Begin(t.Context(), l.provider(), redirect, NewTry())
	require.ErrorIs(t, err, ErrUnreachable)
	require.ErrorContains(t, err, errTooLarge.Error())
}

// TestTooManyAtOnce are refused instead of waiting.
func TestTooManyAtOnce(t *testing.T) {
	t.Parallel()
	l := newLiar(t)
	c := l.client()
	for range mostFlights {
		_, err := c.take(l.URL)
		require.NoError(t, err)
	}
	_, err := c.Begin(t.Context(), l.provider(), redirect, NewTry())
	require.ErrorIs(t, err, ErrBusy)
}

// FuzzToken: whatever comes as a token, nobody is signed in by it but by what the provider signed.
func FuzzToken(f *testing.F) {
	for _, text := range []string{"", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJSUzI1NiJ9.e30.AA", "{}", "..", `{"payload":"e30","signatures":[]}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		k := newKeys(nil, "", time.Now)
		k.set, k.readAt, k.inVainAt = []jose.JSONWebKey{}, time.Now(), time.Now()
		_, err := (&strict{keys: k}).VerifySignature(t.Context(), text)
		require.Error(t, err)
		_ = unambiguous([]byte(text))
	})
}
