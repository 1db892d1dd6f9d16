package auth

import (
	"crypto/ed25519"
	"encoding/base64"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"writ/server/clock"
)

// FuzzToken: nothing but a token signed by us opens anything. The fuzzer has tokens signed with our key and others, and never the key.
func FuzzToken(f *testing.F) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	seed := make([]byte, ed25519.SeedSize)
	private := ed25519.NewKeyFromSeed(seed)
	s := New(nil, clock.New(), plainRing{}, Config{}, slog.New(slog.DiscardHandler))
	s.wall = func() time.Time { return now }
	key := &signingKey{Kid: "ours", PublicKey: private.Public().(ed25519.PublicKey), CreatedAt: now, private: private}
	s.keys.rows, s.keys.readAt = []*signingKey{key}, now // just read: an unknown kid asks no database
	good, _, err := s.mint(key, &user{ID: 7, Username: "ana"}, &session{ID: uuid.New(), ExpiresAt: now.Add(time.Hour)})
	require.NoError(f, err)
	_, err = s.verify(f.Context(), good)
	require.NoError(f, err)
	parts := strings.Split(good, ".")
	f.Add(good)
	for _, header := range []string{
		`{"alg":"none","kid":"ours"}`, `{"alg":"HS256","kid":"ours"}`, `{"alg":"EdDSA","kid":5}`, `{"alg":"EdDSA"}`, `{"alg":"EdDSA","kid":"ours","jku":"http://x"}`,
		`{"alg":"EdDSA","kid":"../ours"}`, `{"alg":["EdDSA"],"kid":"ours"}`, `{"alg":"eddsa","kid":"ours"}`, `{"alg":"EdDSA","kid":"ours","crit":["x"]}`,
	} {
		f.Add(base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + parts[1] + "." + parts[2])
		f.Add(base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + parts[1] + ".")
	}
	hmac, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": "7", "iss": "writ", "aud": "writ"}).SignedString(key.PublicKey)
	require.NoError(f, err)
	f.Add(hmac)
	for _, text := range []string{"", ".", "..", "...", "a.b.c", good + ".", good + "=", " " + good, good + "\n", parts[0] + "." + parts[1]} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, token string) {
		got, err := s.verify(t.Context(), token)
		if err != nil {
			return
		}
		require.EqualValues(t, 7, got.user)
		dot := strings.LastIndexByte(token, '.')
		signature, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
		require.NoError(t, err)
		require.True(t, ed25519.Verify(key.PublicKey, []byte(token[:dot]), signature), "only what we signed")
	})
}

// FuzzCookies: refresh tokens, devices and addresses of requests are read without a fall.
func FuzzCookies(f *testing.F) {
	s := New(nil, clock.New(), plainRing{}, Config{}, slog.New(slog.DiscardHandler))
	id := uuid.New()
	f.Add(refreshToken(id, []byte("secret")))
	device, err := s.newDevice(&user{ID: 7})
	require.NoError(f, err)
	f.Add(device)
	for _, text := range []string{"", ".", "x.y", id.String() + ".", "[::1]:80", "1.2.3.4:5", "[fe80::1%a]:1", "device 7  x"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if id, secret, ok := parseRefresh(text); ok {
			again, same, ok := parseRefresh(refreshToken(id, secret))
			require.True(t, ok)
			require.Equal(t, id, again)
			require.Equal(t, secret, same)
		}
		require.Empty(t, s.deviceOf(&user{ID: 8}, device))
		_ = s.deviceOf(&user{ID: 7}, text)
		if key := addressOf(text); key != "unknown" {
			if !strings.Contains(key, "/") {
				_, err := netip.ParseAddr(key)
				require.NoError(t, err)
			}
		}
	})
}
