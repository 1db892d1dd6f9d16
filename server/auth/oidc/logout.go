package oidc

import (
	"context"
	"errors"
	"strings"
	"time"
)

// Leaving is what a provider says when somebody signs out there: a session, or all of a subject until an instant.
type Leaving struct {
	Subject string // "": not said
	SID     string // "": every session of the subject
	At      time.Time
}

const longestLogoutLife = 24 * time.Hour

// Leaving reads a logout token (OpenID Connect Back-Channel Logout 2.4). ErrInvalid, ErrUnreachable, ErrBusy.
func (c *Client) Leaving(ctx context.Context, p Provider, raw string) (*Leaving, error) {
	leave, err := c.take(p.Issuer + " leaving")
	if err != nil {
		return nil, err
	}
	defer leave()
	if len(raw) > longestToken {
		return nil, invalid(errors.New("the token is too large"))
	}
	about, err := c.about(ctx, p.Issuer)
	if err != nil {
		return nil, err
	}
	by := &strict{keys: about.leaving}
	token, err := c.verifier(p, by).VerifyLogout(ctx, raw)
	if err != nil {
		return nil, by.failure(err)
	}
	now := c.now()
	switch {
	case token.IssuedAt.IsZero() || token.IssuedAt.After(now.Add(skew)) || now.Sub(token.IssuedAt) > longestLogoutLife:
		return nil, invalid(errors.New("the token was made at another time"))
	case token.Subject != "" && !isSubject(token.Subject), len(token.SessionID) > longestSubject || strings.ContainsRune(token.SessionID, 0):
		return nil, invalid(errors.New("the token names nobody"))
	}
	return &Leaving{Subject: token.Subject, SID: token.SessionID, At: token.IssuedAt}, nil
}
