package oidc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"writ/server/db"
	"writ/server/outbound"
)

const (
	askFor      = 10 * time.Second // one request to a provider
	keepFor     = 10 * time.Minute // what a provider says of itself, before it is read again
	failedFor   = 5 * time.Second  // how long a provider that could not be read is left alone
	largest     = 1 << 20          // bytes of an answer
	mostFlights = 50               // requests to one provider at one time, of this process
)

// Errors of a sign-in, by what somebody can do about it.
var (
	ErrUnreachable = errors.New("the identity provider cannot be reached, or does not say what it must")
	ErrRefused     = errors.New("the identity provider refused the sign-in")
	ErrInvalid     = errors.New("what came back from the identity provider is not valid")
	ErrBusy        = errors.New("too many sign-ins are on their way")
)

// Provider is an OpenID provider as this server knows it.
type Provider struct {
	Issuer       string
	ClientID     string
	ClientSecret string   // "": a public client, which PKCE alone protects
	Scopes       []string // beside openid
}

// Client talks to providers. Make it with New.
type Client struct {
	http         *http.Client
	allowPrivate bool
	now          func() time.Time // the machine's time
	asking       singleflight.Group

	mu      sync.Mutex
	known   map[string]*published    // by issuer
	flights map[string]chan struct{} // by issuer and purpose: one provider that hangs, or whoever sends junk to it, holds up nobody else
}

// New makes a client. allowPrivate lets providers lie on private addresses, and be asked by plain http.
func New(allowPrivate bool, now func() time.Time) *Client {
	c := &Client{http: outbound.NewClient(allowPrivate, askFor), allowPrivate: allowPrivate, now: now, flights: map[string]chan struct{}{}, known: map[string]*published{}}
	c.http.Transport = bounded{c.http.Transport}
	return c
}

// published is what a provider says of itself.
type published struct {
	provider *gooidc.Provider
	metadata metadata
	keys     *keys // for sign-ins
	leaving  *keys // for who leaves: anybody may send what looks like that, and shall keep nobody from signing in
	readAt   time.Time
	failedAt time.Time // of the last try that failed; zero: it did not
}

// metadata is the part of a discovery document that go-oidc does not hand out.
type metadata struct {
	JWKS        string   `json:"jwks_uri"`
	UserInfo    string   `json:"userinfo_endpoint"`
	TokenAuth   []string `json:"token_endpoint_auth_methods_supported"`
	NamesIssuer bool     `json:"authorization_response_iss_parameter_supported"` // RFC 9207
}

// about gives what a provider says of itself: remembered, or read. One that cannot be read now but could before is taken as it was.
func (c *Client) about(ctx context.Context, issuer string) (*published, error) {
	if p, fresh := c.remembered(issuer); fresh {
		if p.provider == nil {
			return nil, ErrUnreachable
		}
		return p, nil
	}
	_, err, _ := c.asking.Do(issuer, func() (any, error) {
		if _, fresh := c.remembered(issuer); fresh {
			return nil, nil //nolint:nilnil // somebody else has just read it
		}
		// Others wait for the same answer: it does not end with the request that asked first.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askFor)
		defer cancel()
		read, err := c.discover(ctx, issuer)
		c.mu.Lock()
		defer c.mu.Unlock()
		before := c.known[issuer]
		switch {
		case err == nil:
			if before != nil && before.keys != nil && before.keys.address == read.keys.address {
				read.keys, read.leaving = before.keys, before.leaving
			}
			c.known[issuer] = read
		case before != nil:
			failed := *before
			failed.failedAt = c.now()
			c.known[issuer] = &failed
		default:
			c.known[issuer] = &published{failedAt: c.now()}
		}
		return nil, err
	})
	p, _ := c.remembered(issuer)
	if p == nil || p.provider == nil {
		return nil, errors.Join(ErrUnreachable, err)
	}
	return p, nil
}

// remembered gives what is known of a provider; fresh: it need not be read again yet.
func (c *Client) remembered(issuer string) (p *published, fresh bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p = c.known[issuer]
	if p == nil {
		return nil, false
	}
	now := c.now()
	return p, p.provider != nil && now.Sub(p.readAt) < keepFor || now.Sub(p.failedAt) < failedFor
}

func (c *Client) discover(ctx context.Context, issuer string) (*published, error) {
	if err := c.check("issuer", issuer); err != nil {
		return nil, err
	}
	provider, err := gooidc.NewProvider(gooidc.ClientContext(ctx, c.http), issuer)
	if err != nil {
		return nil, fmt.Errorf("read what %s says of itself: %w", issuer, err)
	}
	p := &published{provider: provider, readAt: c.now()}
	if err := provider.Claims(&p.metadata); err != nil {
		return nil, fmt.Errorf("read what %s says of itself: %w", issuer, err)
	}
	endpoints := provider.Endpoint()
	for what, address := range map[string]string{"authorization_endpoint": endpoints.AuthURL, "token_endpoint": endpoints.TokenURL, "jwks_uri": p.metadata.JWKS} {
		if err := c.check(what, address); err != nil {
			return nil, err
		}
	}
	if p.metadata.UserInfo != "" {
		if err := c.check("userinfo_endpoint", p.metadata.UserInfo); err != nil {
			return nil, err
		}
	}
	p.keys, p.leaving = newKeys(c.http, p.metadata.JWKS, c.now), newKeys(c.http, p.metadata.JWKS, c.now)
	return p, nil
}

// check refuses an address that no provider may have: plain http but to a private address, if the operator allowed those.
func (c *Client) check(what, address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "":
		return fmt.Errorf("%s of the identity provider is no address: %q", what, shortened(address))
	case u.Scheme == "https":
	case u.Scheme == "http" && c.allowPrivate && outbound.IsPrivateName(u.Hostname()):
	default:
		return fmt.Errorf("%s of the identity provider does not begin with https: %q", what, shortened(address))
	}
	if !c.allowPrivate && outbound.IsPrivateName(u.Hostname()) {
		return fmt.Errorf("%s of the identity provider: %w", what, outbound.ErrPrivate)
	}
	return nil
}

// take waits for nobody: whoever comes when too many are on their way to one provider, for one purpose, is refused.
func (c *Client) take(whither string) (leave func(), err error) {
	c.mu.Lock()
	places := c.flights[whither]
	if places == nil {
		places = make(chan struct{}, mostFlights)
		c.flights[whither] = places
	}
	c.mu.Unlock()
	select {
	case places <- struct{}{}:
		return func() { <-places }, nil
	default:
		return nil, ErrBusy
	}
}

// config is what golang.org/x/oauth2 needs to know.
func (p Provider) config(about *published, redirect string) *oauth2.Config {
	endpoint := about.provider.Endpoint()
	// Never tried one after the other, since a code is good for one try; what discovery leaves unsaid is HTTP Basic.
	endpoint.AuthStyle = oauth2.AuthStyleInParams
	if methods := about.metadata.TokenAuth; p.ClientSecret != "" && (len(methods) == 0 || slices.Contains(methods, "client_secret_basic")) {
		endpoint.AuthStyle = oauth2.AuthStyleInHeader
	}
	scopes := append([]string{gooidc.ScopeOpenID}, p.Scopes...)
	return &oauth2.Config{ClientID: p.ClientID, ClientSecret: p.ClientSecret, Endpoint: endpoint, RedirectURL: redirect, Scopes: scopes}
}

// bounded cuts answers: a provider that never ends one fills no memory.
type bounded struct{ next http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer.Body = &limited{ReadCloser: answer.Body, left: largest}
	return answer, nil
}

type limited struct {
	io.ReadCloser
	left int
}

var errTooLarge = errors.New("the answer is larger than a megabyte")

func (l *limited) Read(b []byte) (int, error) {
	if l.left <= 0 {
		return 0, errTooLarge
	}
	n, err := l.ReadCloser.Read(b[:min(len(b), l.left)])
	l.left -= n
	return n, err
}

// shortened is a text from outside as a message may hold it.
func shortened(text string) string { return db.Clip(text, 200) }
