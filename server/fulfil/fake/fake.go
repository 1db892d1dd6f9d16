package fake

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"writ/server/errs"
	"writ/server/fulfil"
)

// Package is the technology "fake".
type Package struct{}

// Conn is one connection. Safe for concurrent use.
type Conn struct {
	base      string // without a slash at the end
	token     string
	client    *http.Client
	transport *http.Transport
}

var (
	_ fulfil.Package  = Package{}
	_ fulfil.Exporter = (*Conn)(nil)
	_ fulfil.Applier  = (*Conn)(nil)
	_ fulfil.Reader   = (*Conn)(nil)
	_ fulfil.Watcher  = (*Conn)(nil)
)

type config struct {
	URL     string        `setting:"url" required:"true" format:"uri" example:"http://127.0.0.1:9000" help:"Where the target listens."`
	Token   string        `setting:"token" secret:"true" help:"Bearer token, when the target wants one."`
	Timeout time.Duration `setting:"timeout" default:"30" min:"1" max:"3600" help:"Seconds that one request may take."`
}

// form is what a connection is configured with.
type form = fulfil.Form[config]

// Capability says: everything.
func (Package) Capability() fulfil.Capability {
	return fulfil.Capability{
		Identifier: "fake", DisplayName: "Test/Fake", CanExport: true, CanFulfil: true, HasSchema: true,
		Settings: form{}.Schema(), Secrets: form{}.Secrets(), Example: form{}.Example("fake"),
	}
}

// Open checks the settings; the first call connects.
func (Package) Open(_ context.Context, s fulfil.Settings) (*fulfil.Opened, error) {
	set, err := form{}.Read(s)
	if err != nil {
		return nil, err
	}
	if u, err := url.Parse(set.URL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errs.Invalid("url", "Setting url must be an address like http://127.0.0.1:9000.")
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 32, IdleConnTimeout: 30 * time.Second}
	c := &Conn{
		base: strings.TrimRight(set.URL, "/"), token: set.Token, transport: transport,
		client: &http.Client{
			Transport: transport, Timeout: set.Timeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // a change is sent to one place, once
		},
	}
	return &fulfil.Opened{Connector: c, Exporter: c, Applier: c, Reader: c, Watcher: c}, nil
}

// Check asks for the tables.
func (c *Conn) Check(ctx context.Context) error {
	_, err := c.Schema(ctx)
	return err
}

// Close ends the idle connections.
func (c *Conn) Close() error {
	c.transport.CloseIdleConnections()
	return nil
}
