package oidc

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Try is one sign-in on its way. Its secrets stay with the browser that began it, sealed.
type Try struct {
	State    string
	Nonce    string
	Verifier string // of PKCE
}

// NewTry makes one that nobody can guess.
func NewTry() Try {
	return Try{State: oauth2.GenerateVerifier(), Nonce: oauth2.GenerateVerifier(), Verifier: oauth2.GenerateVerifier()}
}

const longestCode = 4096

// Begin gives the address to which a browser goes to sign in. redirect is where the provider sends it afterwards. ErrUnreachable, ErrBusy.
func (c *Client) Begin(ctx context.Context, p Provider, redirect string, try Try) (string, error) {
	leave, err := c.take(p.Issuer)
	if err != nil {
		return "", err
	}
	defer leave()
	about, err := c.about(ctx, p.Issuer)
	if err != nil {
		return "", err
	}
	return p.config(about, redirect).AuthCodeURL(try.State, gooidc.Nonce(try.Nonce), oauth2.S256ChallengeOption(try.Verifier)), nil
}

// Finish takes what a browser came back with (the query of the redirect address), exchanges the code, and gives who it is. The provider is asked
// further for claims that are wanted and not in the token. ErrInvalid, ErrRefused, ErrUnreachable, ErrBusy.
func (c *Client) Finish(ctx context.Context, p Provider, redirect string, try Try, answer url.Values, wanted ...string) (*Identity, error) {
	leave, err := c.take(p.Issuer)
	if err != nil {
		return nil, err
	}
	defer leave()
	for name, values := range answer {
		if len(values) != 1 {
			return nil, invalid(fmt.Errorf("%s is there twice", shortened(name)))
		}
	}
	if !same(answer.Get("state"), try.State) {
		return nil, invalid(errors.New("the answer belongs to another sign-in"))
	}
	about, err := c.about(ctx, p.Issuer)
	if err != nil {
		return nil, err
	}
	issuer, named := answer.Get("iss"), answer.Has("iss")
	if named && issuer != p.Issuer || !named && about.metadata.NamesIssuer {
		return nil, invalid(fmt.Errorf("the answer comes from another provider, or does not say from which: %q", shortened(issuer)))
	}
	if answer.Has("error") {
		return nil, fmt.Errorf("%w: %s %s", ErrRefused, shortened(answer.Get("error")), shortened(answer.Get("error_description")))
	}
	code := answer.Get("code")
	if code == "" || len(code) > longestCode {
		return nil, invalid(errors.New("the answer holds no code"))
	}
	ctx = gooidc.ClientContext(ctx, c.http)
	token, err := p.config(about, redirect).Exchange(ctx, code, oauth2.VerifierOption(try.Verifier))
	if refused := (*oauth2.RetrieveError)(nil); errors.As(err, &refused) {
		if refused.Response != nil && refused.Response.StatusCode >= http.StatusInternalServerError {
			return nil, fmt.Errorf("%w: it answered %s", ErrUnreachable, refused.Response.Status)
		}
		return nil, fmt.Errorf("%w: the code was not taken: %s %s", ErrRefused, shortened(refused.ErrorCode), shortened(refused.ErrorDescription))
	}
	if err != nil {
		return nil, errors.Join(ErrUnreachable, err)
	}
	raw, _ := token.Extra("id_token").(string)
	if raw == "" {
		return nil, invalid(errors.New("there is no ID token"))
	}
	who, err := c.verify(ctx, p, about, raw, try.Nonce, token.AccessToken)
	if err != nil {
		return nil, err
	}
	if about.metadata.UserInfo == "" || who.has(wanted) {
		return who, nil
	}
	return who, c.ask(ctx, about, token, who)
}

// ask adds what the provider tells at its userinfo endpoint.
func (c *Client) ask(ctx context.Context, about *published, token *oauth2.Token, who *Identity) error {
	info, err := about.provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return errors.Join(ErrUnreachable, err)
	}
	if info.Subject != who.Subject {
		return invalid(errors.New("the provider tells about somebody else than it signed in"))
	}
	var payload json.RawMessage
	if err := info.Claims(&payload); err != nil {
		return invalid(err)
	}
	if err := unambiguous(payload); err != nil {
		return invalid(err)
	}
	claims, err := claimsOf(payload)
	if err != nil {
		return invalid(err)
	}
	who.add(claims)
	return nil
}

func invalid(err error) error { return errors.Join(ErrInvalid, err) }

// same compares secrets in constant time; nothing is the same as "".
func same(a, b string) bool { return b != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
