package auth

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
)

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
