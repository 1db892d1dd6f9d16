package fake

import (
	"context"
	"encoding/json"
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

const schema = `{
  "type": "object",
  "required": ["url"],
  "properties": {
    "url": {"type": "string", "format": "uri", "description": "Where the target listens."},
    "token": {"type": "string", "writeOnly": true, "description": "Bearer token, when the target wants one."},
    "timeout": {"type": "integer", "default": 30, "minimum": 1, "description": "Seconds that one request may take."}
  },
  "additionalProperties": false
}`

// Capability says: everything.
func (Package) Capability() fulfil.Capability {
	return fulfil.Capability{
		Identifier: "fake", DisplayName: "Test/Fake", CanExport: true, CanFulfil: true, HasSchema: true,
		Settings: json.RawMessage(schema), Secrets: []string{"token"},
	}
}

// Open checks the settings; the first call connects.
func (Package) Open(_ context.Context, s fulfil.Settings) (*fulfil.Opened, error) {
	if err := s.Only("url", "token", "timeout"); err != nil {
		return nil, err
	}
	at, err := s.Required("url")
	if err != nil {
		return nil, err
	}
	if u, err := url.Parse(at); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errs.Invalid("url", "Setting url must be an address like http://127.0.0.1:9000.")
	}
	timeout, err := s.Int("timeout", 30, 1, 3600)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 32, IdleConnTimeout: 30 * time.Second}
	c := &Conn{
		base: strings.TrimRight(at, "/"), token: s.Text("token", ""), transport: transport,
		client: &http.Client{
			Transport: transport, Timeout: time.Duration(timeout) * time.Second,
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
