package scim

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"writ/server/outbound"
)

// maxAnswer is how long an answer may be. A page that is longer is asked for in halves.
const maxAnswer = 32 << 20

// newClient makes a client that follows no redirect, knows no proxy, and unpacks nothing: a small answer stays small.
func newClient(timeout time.Duration, authorities *x509.CertPool) (client *http.Client, stop func()) {
	client = outbound.NewClient(true, timeout)
	transport := client.Transport.(*http.Transport)
	transport.DialContext = (&net.Dialer{Timeout: min(timeout, 10*time.Second), KeepAlive: 30 * time.Second, Control: outbound.OnlyApplications}).DialContext
	transport.TLSClientConfig = &tls.Config{RootCAs: authorities, MinVersion: tls.VersionTLS12}
	transport.MaxIdleConnsPerHost = 32
	client.Transport = unpacked{transport}
	return client, transport.CloseIdleConnections
}

// unpacked asks for answers that are not packed: without a word of it a server may give what it likes (RFC 9110, 12.5.3).
type unpacked struct{ http.RoundTripper }

func (u unpacked) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Accept-Encoding", "identity")
	return u.RoundTripper.RoundTrip(r)
}

// request is one question to the server.
type request struct {
	method string
	url    string
	body   any    // nil: none
	match  string // If-Match
}

// answer is what came back, with a status that says yes.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// object is an answer that is a JSON object.
func (a *answer) object() (map[string]any, bool) {
	var o map[string]any
	return o, decode(a.body, &o) == nil && o != nil
}

// decode reads one JSON value and nothing behind it. Numbers stay as they are written. A byte order mark, which some servers begin with, is none of it.
func decode(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something stands behind the answer")
	}
	return nil
}

// encode writes JSON as it is read by people: <, > and & stay.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

// do sends a request, once. A token that is not taken any more is fetched anew, and the request is sent again: it was not carried out.
func (c *Conn) do(ctx context.Context, r request) (*answer, *failure) {
	var body []byte
	if r.body != nil {
		var err error
		if body, err = encode(r.body); err != nil {
			return nil, refuse("The change cannot be written as JSON: %s.", err)
		}
	}
	for again := false; ; again = true {
		signature, err := c.signer.sign(ctx)
		if err != nil {
			return nil, c.unsigned(ctx, err)
		}
		a, f := c.once(ctx, r, body, signature)
		if f == nil || f.status != http.StatusUnauthorized || again || !c.signer.refused(signature) {
			return a, f
		}
	}
}

// once is one exchange. net/http repeats a request by itself when it may, so the body of a change is one that cannot be read again.
func (c *Conn) once(ctx context.Context, r request, body []byte, signature string) (*answer, *failure) {
	var sent atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }})
	var content io.Reader
	if body != nil {
		content = struct{ io.Reader }{bytes.NewReader(body)}
	}
	req, err := http.NewRequestWithContext(ctx, r.method, r.url, content)
	if err != nil {
		return nil, refuse("The address %s cannot be used.", r.url)
	}
	req.Header.Set("Accept", "application/scim+json, application/json")
	if body != nil {
		req.ContentLength = int64(len(body))
		req.Header.Set("Content-Type", "application/scim+json")
	}
	if signature != "" {
		req.Header.Set("Authorization", signature)
	}
	if r.match != "" {
		req.Header.Set("If-Match", r.match)
	}
	res, err := c.client.Do(req)
	if err != nil {
		return nil, c.lost(ctx, sent.Load(), err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil && res.StatusCode < 300:
		return nil, c.lost(ctx, true, err)
	case len(text) > maxAnswer:
		f := c.nonsense("An answer of %s is longer than %d MB.", c.server, maxAnswer>>20)
		f.isTooLong = true
		return nil, f
	case res.Header.Get("Content-Encoding") != "" && !strings.EqualFold(res.Header.Get("Content-Encoding"), "identity"):
		return nil, c.nonsense("%s packed its answer (%s), which it was not asked for.", c.server, clip(res.Header.Get("Content-Encoding"), 40))
	case res.StatusCode >= 200 && res.StatusCode < 300 && res.StatusCode != http.StatusAccepted:
		if f := c.disguised(r, res, text); f != nil {
			return nil, f
		}
		return &answer{res.StatusCode, res.Header, text}, nil
	}
	return nil, c.said(r, res, text)
}

// brief is the message of a network failure without the layers around it.
func brief(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		err = op.Err
	}
	return err.Error()
}
