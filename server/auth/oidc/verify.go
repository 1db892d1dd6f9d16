package oidc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
)

const (
	longestToken   = 256 << 10
	longestSubject = 255             // characters, by the standard
	skew           = 5 * time.Minute // between the clocks of a provider and of this machine
)

// reserved are the claims that decide what a token is.
var reserved = []string{"iss", "sub", "aud", "exp", "nbf", "iat", "nonce", "azp", "at_hash", "sid", "jti", "events", "email", "email_verified"}

// strict is a key set that takes no payload which two readers could understand differently.
type strict struct {
	keys *keys
	err  error // of the last try: go-oidc hands its text on alone
}

func (s *strict) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	if len(token) > longestToken {
		return nil, errors.New("the token is too large")
	}
	payload, err := s.keys.VerifySignature(ctx, token)
	if s.err = err; err != nil {
		return nil, err
	}
	return payload, unambiguous(payload)
}

// failure is what became of a token that was not taken.
func (s *strict) failure(err error) error {
	if errors.Is(s.err, ErrUnreachable) {
		return s.err
	}
	return invalid(err)
}

// unambiguous refuses a claim that is there twice, and one that is another one's name in other letters.
func unambiguous(payload []byte) error {
	d := json.NewDecoder(bytes.NewReader(payload))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return errors.New("the token holds no object")
	}
	seen := map[string]bool{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return fmt.Errorf("read the claims: %w", err)
		}
		text, _ := name.(string)
		if seen[text] {
			return fmt.Errorf("the claim %q is there twice", shortened(text))
		}
		seen[text] = true
		for _, claim := range reserved {
			if text != claim && strings.EqualFold(text, claim) {
				return fmt.Errorf("the claim %q is not written as it must be", shortened(text))
			}
		}
		var skipped json.RawMessage
		if err := d.Decode(&skipped); err != nil {
			return fmt.Errorf("read the claims: %w", err)
		}
	}
	return nil
}

func (c *Client) verifier(p Provider, by *strict) *gooidc.IDTokenVerifier {
	names := make([]string, len(algorithms))
	for i, a := range algorithms {
		names[i] = string(a)
	}
	return gooidc.NewVerifier(p.Issuer, by, &gooidc.Config{ClientID: p.ClientID, SupportedSigningAlgs: names, Now: c.now})
}

// verify gives who an ID token is about. accessToken came with it.
func (c *Client) verify(ctx context.Context, p Provider, about *published, raw, nonce, accessToken string) (*Identity, error) {
	by := &strict{keys: about.keys}
	token, err := c.verifier(p, by).Verify(ctx, raw)
	if err != nil {
		return nil, by.failure(err)
	}
	who, err := c.examined(p, token, nonce, accessToken)
	if err != nil {
		return nil, invalid(err)
	}
	return who, nil
}

// examined checks what go-oidc leaves to others, and reads the claims.
func (c *Client) examined(p Provider, token *gooidc.IDToken, nonce, accessToken string) (*Identity, error) {
	var read struct {
		AuthorizedParty *string `json:"azp"`
		SID             string  `json:"sid"`
	}
	if err := token.Claims(&read); err != nil {
		return nil, fmt.Errorf("read the claims: %w", err)
	}
	var payload json.RawMessage
	if err := token.Claims(&payload); err != nil {
		return nil, fmt.Errorf("read the claims: %w", err)
	}
	claims, err := claimsOf(payload)
	if err != nil {
		return nil, err
	}
	switch {
	case token.Nonce == "" || !same(token.Nonce, nonce):
		return nil, errors.New("the token was made for another sign-in")
	case !isSubject(token.Subject):
		return nil, errors.New("the token names nobody, or not as the standard wants it")
	case token.IssuedAt.IsZero():
		return nil, errors.New("the token does not say when it was made")
	case token.IssuedAt.After(c.now().Add(skew)):
		return nil, errors.New("the token was made in the future: the clocks differ by more than five minutes")
	case read.AuthorizedParty != nil && *read.AuthorizedParty != p.ClientID:
		return nil, errors.New("the token was made for another client")
	case len(token.Audience) > 1 && read.AuthorizedParty == nil:
		return nil, errors.New("the token is for several clients and does not say for which one it was made")
	case len(read.SID) > longestSubject || strings.ContainsRune(read.SID, 0):
		return nil, errors.New("the token names its session in too many characters")
	}
	if token.AccessTokenHash != "" && accessToken != "" {
		if err := token.VerifyAccessToken(accessToken); err != nil {
			return nil, err
		}
	}
	return &Identity{Subject: token.Subject, SID: read.SID, claims: claims}, nil
}

func claimsOf(payload []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(payload))
	d.UseNumber() // an employee number of 19 digits stays what it is
	claims := map[string]any{}
	if err := d.Decode(&claims); err != nil {
		return nil, fmt.Errorf("read the claims: %w", err)
	}
	return claims, nil
}

// isSubject: at most 255 characters of ASCII, none of them a control character.
func isSubject(text string) bool {
	if text == "" || len(text) > longestSubject {
		return false
	}
	for _, b := range []byte(text) {
		if b < ' ' || b > '~' {
			return false
		}
	}
	return true
}
