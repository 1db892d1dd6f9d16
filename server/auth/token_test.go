package auth

import (
	"crypto/ed25519"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
)

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
