package oidc

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
)

// liar is an OpenID provider that signs whatever a test wants, with whatever key and header.
type liar struct {
	*httptest.Server
	t    *testing.T
	rsa  *rsa.PrivateKey
	now  time.Time
	keys atomic.Int32 // how often its keys were asked for
	said atomic.Int32 // how often its discovery was

	mu        sync.Mutex
	published []jose.JSONWebKey
	discovery map[string]any // replaces parts of the discovery document; nil: leaves one out
	form      url.Values     // of the last exchange
	basic     string         // HTTP Basic of the last exchange
	token     func(nonce string) map[string]any
	answer    http.HandlerFunc // instead of the token endpoint
	info      any              // of the userinfo endpoint
	keysDown  bool
}

func mustRSA(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	return key
}

var keyOnce = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil
	}
	return key
})

// ownKey is one for all, since making one takes long.
func ownKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key := keyOnce()
	require.NotNil(t, key)
	return key
}

func newLiar(t *testing.T) *liar {
	t.Helper()
	l := &liar{t: t, rsa: ownKey(t), now: time.Now().UTC().Truncate(time.Second)}
	l.published = []jose.JSONWebKey{{Key: l.rsa.Public(), KeyID: "one", Algorithm: "RS256", Use: "sig"}}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		l.said.Add(1)
		l.mu.Lock()
		defer l.mu.Unlock()
		document := map[string]any{
			"issuer": l.URL, "authorization_endpoint": l.URL + "/authorize", "token_endpoint": l.URL + "/token", "jwks_uri": l.URL + "/jwks",
			"userinfo_endpoint": l.URL + "/userinfo", "id_token_signing_alg_values_supported": []string{"RS256"},
		}
		for name, v := range l.discovery {
			if document[name] = v; v == nil {
				delete(document, name)
			}
		}
		writeJSON(w, document)
	})
	mux.HandleFunc("/jwks", func(w http.ResponseWriter, _ *http.Request) {
		l.keys.Add(1)
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.keysDown {
			http.Error(w, "down", http.StatusBadGateway)
			return
		}
		writeJSON(w, jose.JSONWebKeySet{Keys: l.published})
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		l.mu.Lock()
		defer l.mu.Unlock()
		l.form, l.basic = r.PostForm, r.Header.Get("Authorization")
		if l.answer != nil {
			l.answer(w, r)
			return
		}
		writeJSON(w, l.token(""))
	})
	mux.HandleFunc("/userinfo", func(w http.ResponseWriter, _ *http.Request) {
		l.mu.Lock()
		defer l.mu.Unlock()
		writeJSON(w, l.info)
	})
	l.Server = httptest.NewServer(mux)
	t.Cleanup(l.Close)
	return l
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func (l *liar) as(do func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	do()
}

func (l *liar) provider() Provider {
	return Provider{Issuer: l.URL, ClientID: "writ", ClientSecret: "s&cret", Scopes: []string{"profile"}}
}

func (l *liar) claims(nonce string) map[string]any {
	return map[string]any{"iss": l.URL, "sub": "u-1", "aud": "writ", "exp": l.now.Add(time.Hour).Unix(), "iat": l.now.Unix(), "nonce": nonce, "sid": "s-1", "name": "Ida"}
}

// forged is a token as a test wants it.
type forged struct {
	header  map[string]any
	payload []byte
	sign    func(input []byte) []byte // nil: by the key of the provider, RS256
}

func (l *liar) mint(f forged) string {
	header := map[string]any{"alg": "RS256", "kid": "one"}
	maps.Copy(header, f.header)
	for name, v := range header {
		if v == nil {
			delete(header, name)
		}
	}
	raw, err := json.Marshal(header)
	require.NoError(l.t, err)
	input := base64.RawURLEncoding.EncodeToString(raw) + "." + base64.RawURLEncoding.EncodeToString(f.payload)
	sign := f.sign
	if sign == nil {
		sign = byRSA(l.t, l.rsa)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(sign([]byte(input)))
}

func byRSA(t *testing.T, key *rsa.PrivateKey) func([]byte) []byte {
	return func(input []byte) []byte {
		sum := sha256.Sum256(input)
		signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
		require.NoError(t, err)
		return signature
	}
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	return raw
}

// gives lets the token endpoint answer with a token.
func (l *liar) gives(raw string) {
	l.as(func() {
		l.token = func(string) map[string]any {
			return map[string]any{"access_token": "at", "token_type": "Bearer", "id_token": raw}
		}
	})
}

func (l *liar) client() *Client { return New(true, func() time.Time { return l.now }) }

const redirect = "https://writ.example.org/auth/oidc/company/callback"

func (l *liar) finish(c *Client, try Try, wanted ...string) (*Identity, error) {
	return c.Finish(l.t.Context(), l.provider(), redirect, try, url.Values{"state": {try.State}, "code": {"c"}}, wanted...)
}

func mustEd25519(t *testing.T) (ed25519.PublicKey, ed25519.PrivateKey) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	return public, private
}

func mustECDSA(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return key
}
