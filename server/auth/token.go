package auth

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

// claims is the body of an access token. sub is the id of the local user.
type claims struct {
	jwt.RegisteredClaims
	Session  string `json:"sid"`
	Username string `json:"preferred_username"`
	Client   string `json:"client_id,omitempty"` // with the next: of an access token of a client, whose sid is its key (RFC 9068)
	Scope    string `json:"scope,omitempty"`     // what the client asked for, separated by spaces; "": everything it may have
}

// ticket is a verified access token: it says who asks, not what they may.
type ticket struct {
	user    int64
	session uuid.UUID // or the key that it came with
	expires time.Time
	isKey   bool
	proof   []byte   // hash of the secret of a personal token, which is its own access token; nil: a JWT
	scopes  []string // what a client asked for; nil: everything it may have
}

// identity is what an actor is remembered under: tickets of one session or key that open the same have the same.
func (t *ticket) identity() uuid.UUID {
	if t.proof == nil && t.scopes == nil {
		return t.session
	}
	return uuid.NewSHA1(t.session, append([]byte(strings.Join(t.scopes, " ")+"\x00"), t.proof...))
}

type ticketKey struct{}

func withTicket(ctx context.Context, t *ticket) context.Context {
	return context.WithValue(ctx, ticketKey{}, t)
}

func ticketOf(ctx context.Context) *ticket { t, _ := ctx.Value(ticketKey{}).(*ticket); return t }

// Expires is when the access token of the context ends; ok is false without one.
func Expires(ctx context.Context) (at time.Time, ok bool) {
	if t := ticketOf(ctx); t != nil {
		return t.expires, true
	}
	return time.Time{}, false
}

// mint signs an access token; it never outlives its session.
func (s *Service) mint(key *signingKey, u *user, row *session) (string, time.Time, error) {
	return s.sign(key, u, row.ExpiresAt, claims{Session: row.ID.String()})
}

// sign signs an access token that lives for TokenLife, and not after end.
func (s *Service) sign(key *signingKey, u *user, end time.Time, c claims) (string, time.Time, error) {
	now := s.wall()
	expires := now.Add(s.config.TokenLife).Truncate(time.Second)
	if expires.After(end) {
		expires = end.Truncate(time.Second)
	}
	c.RegisteredClaims = jwt.RegisteredClaims{
		Issuer: s.config.Issuer, Audience: jwt.ClaimStrings{s.config.Issuer}, Subject: strconv.FormatInt(u.ID, 10),
		IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(expires), ID: uuid.NewString(),
	}
	c.Username = u.Username
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, c)
	token.Header["kid"] = key.Kid
	signed, err := token.SignedString(key.private)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("sign an access token: %w", err)
	}
	return signed, expires, nil
}

// verify checks signature, method, issuer, audience and time of an access token; nothing of the database but the keys.
func (s *Service) verify(ctx context.Context, token string) (*ticket, error) {
	var c claims
	_, err := jwt.ParseWithClaims(token, &c,
		func(t *jwt.Token) (any, error) {
			kid, _ := t.Header["kid"].(string)
			return s.publicKey(ctx, kid)
		},
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithIssuer(s.config.Issuer), jwt.WithAudience(s.config.Issuer),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(clockSkew), jwt.WithTimeFunc(s.wall))
	if err != nil {
		return nil, err
	}
	t := &ticket{expires: c.ExpiresAt.Time, isKey: c.Client != ""}
	if c.Scope != "" {
		t.scopes = strings.Fields(c.Scope)
	}
	if t.user, err = strconv.ParseInt(c.Subject, 10, 64); err != nil {
		return nil, err
	}
	if t.session, err = uuid.Parse(c.Session); err != nil {
		return nil, err
	}
	return t, nil
}

// clockSkew is how far the clocks of two machines of one deployment may be apart.
const clockSkew = 2 * time.Second
