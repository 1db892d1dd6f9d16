package ldap

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-ldap/ldap/v3"

	"writ/server/errs"
	"writ/server/fulfil"
	"writ/server/outbound"
)

// address is one server that may be asked.
type address struct {
	host, port string
	tls        bool // from the first byte; else by StartTLS, unless the settings say otherwise
}

func (a address) String() string { return net.JoinHostPort(a.host, a.port) }

// addressOf reads ldap://host:389 or ldaps://host:636.
func addressOf(text string) (address, error) {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || u.Hostname() == "" || u.Scheme != "ldap" && u.Scheme != "ldaps" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil {
		return address{}, errs.Invalid("url", "Setting url must hold addresses like ldaps://ldap.example:636 or ldap://ldap.example:389.")
	}
	a := address{host: u.Hostname(), port: u.Port(), tls: u.Scheme == "ldaps"}
	if a.port == "" {
		a.port = map[bool]string{true: "636", false: "389"}[a.tls]
	}
	return a, nil
}

// session is one connection to a server, bound. It does one thing at a time.
type session struct {
	*ldap.Conn
	raw     *measured
	at      address
	since   time.Time
	reused  bool
	timeout time.Duration
	most    int // entries that a list may have
	ad      bool
	always  []ldap.Control // sent with every question
}

// maxAnswer is how many bytes the server may send for one request. A page of many photographs, or a group of a million, stays below it.
const maxAnswer = 256 << 20

// measured is a socket that gives no more than was asked for.
type measured struct {
	net.Conn
	left atomic.Int64
}

// errFlood: the server sends without end.
var errFlood = fmt.Errorf("more than %d MB came as one answer", maxAnswer>>20)

func (m *measured) Read(b []byte) (int, error) {
	if m.left.Load() <= 0 {
		return 0, errFlood
	}
	n, err := m.Conn.Read(b)
	m.left.Add(int64(-n))
	return n, err
}

// pool keeps sessions that are not in use.
type pool struct {
	room   chan struct{} // one for every session that may be open
	mu     sync.Mutex
	idle   []*session
	closed bool
}

// idleFor is how long a session may lie about before it is not trusted any more: firewalls forget it.
const idleFor = time.Minute

// errClosed: somebody asks after Close.
var errClosed = errors.New("the connection is closed")

// take gives a session that was used before, or a new one. fresh: only a new one will do. The session ends with the context.
func (c *Conn) take(ctx context.Context, fresh bool) (*session, func(), error) {
	select {
	case c.pool.room <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	s := c.pool.pop(fresh)
	if s == nil {
		var err error
		if s, err = c.dial(ctx); err != nil {
			<-c.pool.room
			return nil, nil, err
		}
	}
	stop := context.AfterFunc(ctx, func() { _ = s.raw.Close() }) // whoever waits for an answer is told at once
	return s, func() {
		if stop() && !s.IsClosing() {
			c.pool.push(s)
		} else {
			s.end()
		}
		<-c.pool.room
	}, nil
}

func (p *pool) pop(fresh bool) *session {
	p.mu.Lock()
	defer p.mu.Unlock()
	if fresh {
		if len(p.idle) > 0 { // no more than may be open; the others are of use still
			p.idle[0].end()
			p.idle = slices.Delete(p.idle, 0, 1)
		}
		return nil
	}
	for len(p.idle) > 0 {
		s := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		if !s.IsClosing() && time.Since(s.since) < idleFor { // the machine's clock: sockets know no other
			s.reused = true
			return s
		}
		s.end()
	}
	return nil
}

func (p *pool) push(s *session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		s.end()
		return
	}
	s.since = time.Now()
	p.idle = append(p.idle, s)
}

// flooded reports whether the session ended because the server sent without end.
func (s *session) flooded() bool { return s.raw.left.Load() <= 0 }

// end closes the socket first: then nothing that the library does can wait for it.
func (s *session) end() {
	_ = s.raw.Close()
	_ = s.Conn.Close()
}

// Close ends the idle sessions; the others end when they are given back.
func (c *Conn) Close() error {
	c.pool.mu.Lock()
	defer c.pool.mu.Unlock()
	c.pool.closed = true
	for _, s := range c.pool.idle {
		s.end()
	}
	c.pool.idle = nil
	return nil
}

// dial connects to the first server that answers, and binds.
func (c *Conn) dial(ctx context.Context) (*session, error) {
	c.pool.mu.Lock()
	closed := c.pool.closed
	c.pool.mu.Unlock()
	if closed {
		return nil, errClosed
	}
	var failed error
	for _, a := range c.addresses {
		s, err := c.dialOne(ctx, a, c.bindDN, c.password)
		if err == nil {
			c.turn(a)
			return s, nil
		}
		failed = err
		if ctx.Err() != nil || refusedUs(err) { // another one would say the same
			break
		}
	}
	return nil, failed
}

// turn notes that another server answers than before: what was read of one may be older than what the other told.
func (c *Conn) turn(to address) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last != to && c.last != (address{}) {
		c.turned = time.Now().UTC().Format(time.RFC3339Nano)
	}
	c.last = to
}

func (c *Conn) dialOne(ctx context.Context, a address, user, password string) (_ *session, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.connectTimeout)
	defer cancel()
	config, err := c.tlsConfig(a)
	if err != nil {
		return nil, err
	}
	d := net.Dialer{Control: outbound.OnlyApplications}
	socket, err := d.DialContext(ctx, "tcp", a.String())
	if err != nil {
		return nil, &dialError{a, err}
	}
	raw := &measured{Conn: socket}
	raw.left.Store(maxAnswer)
	// The library waits for a server without looking at any context: the socket goes, then it is told.
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	defer stop()
	s := &session{raw: raw, at: a, timeout: c.timeout, most: c.maximumRows, ad: c.ad}
	if c.ad {
		s.always = []ldap.Control{ldap.NewControlString(adDomainScope, false, "")}
	}
	defer func() {
		if err == nil {
			return
		}
		if s.Conn != nil {
			s.end()
		}
		_ = raw.Close()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		err = &dialError{a, err}
	}()
	if a.tls {
		secure := tls.Client(raw, config)
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		s.Conn = ldap.NewConn(secure, true)
	} else {
		s.Conn = ldap.NewConn(raw, false)
	}
	s.Start()
	if !a.tls && c.startTLS {
		if err := s.Conn.StartTLS(config); err != nil {
			return nil, fmt.Errorf("StartTLS: %w", err)
		}
	}
	if user == "" {
		return s, nil
	}
	if err := s.Bind(user, password); err != nil {
		return nil, err
	}
	return s, nil
}

// dialError is a failure before the session was there: nothing was asked yet.
type dialError struct {
	at  address
	err error
}

func (e *dialError) Error() string { return e.err.Error() }
func (e *dialError) Unwrap() error { return e.err }

// refusedUs: the server was there, and does not want us.
func refusedUs(err error) bool {
	return ldap.IsErrorAnyOf(err, ldap.LDAPResultInvalidCredentials, ldap.LDAPResultInappropriateAuthentication, ldap.LDAPResultStrongAuthRequired,
		ldap.LDAPResultConfidentialityRequired, ldap.LDAPResultInsufficientAccessRights, ldap.LDAPResultAuthMethodNotSupported)
}

// maxCertificates is how long a file with certificates may be. That of all authorities of a machine has about 200 kB.
const maxCertificates = 4 << 20

// tlsConfig trusts what the settings say, else what the machine trusts. The file is read for each session, so that a new one counts.
func (c *Conn) tlsConfig(a address) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: a.host}
	if c.serverName != "" {
		config.ServerName = c.serverName
	}
	text := []byte(c.certificates)
	if c.certificateFile != nil {
		var err error
		if text, err = readFile(*c.certificateFile); err != nil {
			return nil, err
		}
	}
	if len(text) == 0 {
		return config, nil
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(text) {
		return nil, errs.Invalid("caCertificate", "Setting caCertificate holds no certificate in PEM form.")
	}
	return config, nil
}

func readFile(p fulfil.Place) ([]byte, error) {
	root, err := os.OpenRoot(p.Root)
	if err != nil {
		return nil, p.Explain(p.Root, err)
	}
	defer root.Close()
	f, info, err := p.Open(root, p.Path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info.Size() > maxCertificates {
		return nil, errs.Invalid(p.Field, "%q is too long for certificates.", p.Path)
	}
	return io.ReadAll(io.LimitReader(f, maxCertificates))
}

// with does some reading on a session, once more on a new one when an old session turns out to be dead.
func (c *Conn) with(ctx context.Context, do func(ctx context.Context, s *session) error) error {
	for _, fresh := range []bool{false, true} {
		s, done, err := c.take(ctx, fresh)
		if err != nil {
			return err
		}
		err = do(ctx, s)
		reused := s.reused
		done()
		if err == nil || !reused || !isNetwork(err) || ctx.Err() != nil {
			return err
		}
	}
	return nil // not reached: a fresh session is not reused
}

// isNetwork: no answer of the server, but of what lies between.
func isNetwork(err error) bool {
	if e := new(ldap.Error); errors.As(err, &e) {
		return isOurs(e)
	}
	return errs.As(err) == nil && !errors.As(err, new(*referral))
}

// page asks for entries, and gives the cookie behind which more follow. Whatever is not a whole answer is an error: entries that the server keeps
// back, or refers to another server for, would look as if they were gone.
func (s *session) page(ctx context.Context, q *ldap.SearchRequest, size int, cookie []byte) (entries []*ldap.Entry, more []byte, err error) {
	q.Controls = slices.Clone(s.always)
	if size > 0 {
		paging := ldap.NewControlPaging(uint32(size))
		paging.SetCookie(cookie)
		q.Controls = append(q.Controls, paging)
	}
	stop := s.patience(ctx)
	result, err := s.Search(q)
	if late := stop(); err == nil && late != nil {
		err = late
	}
	if err != nil && s.flooded() {
		return nil, nil, errs.Invalid("pageSize", "%s sends more than %d MB for one question. Ask for smaller pages.", s.at, maxAnswer>>20)
	}
	if err != nil {
		return nil, nil, err
	}
	if len(result.Referrals) > 0 {
		return nil, nil, &referral{result.Referrals[0]}
	}
	for _, e := range result.Entries {
		if s.ad {
			if err := s.ranges(ctx, e); err != nil {
				return nil, nil, err
			}
		}
		for _, a := range e.Attributes {
			if name, _, part := strings.Cut(strings.ToLower(a.Name), ";range="); part { // the attribute itself comes without values then
				return nil, nil, errs.Invalid("", "%s gives only a part of the values of %s of %s: they cannot be read. Leave the attribute out by columns, or have the server give more values at once.", s.at, name, plain(e.DN))
			}
		}
	}
	if p, ok := ldap.FindControl(result.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging); ok {
		more = p.Cookie
	}
	return result.Entries, more, nil
}

// patience lets one answer take no longer than the settings say; the session is gone afterwards. What it gives ends it, and tells of an end that came
// before.
func (s *session) patience(ctx context.Context) (stop func() error) {
	s.raw.left.Store(maxAnswer)
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	end := context.AfterFunc(ctx, func() { _ = s.raw.Close() })
	return func() error {
		defer cancel()
		if !end() {
			return ctx.Err()
		}
		return nil
	}
}

// referral: a part of what was asked for lies on another server.
type referral struct{ to string }

func (r *referral) Error() string { return "referral to " + plain(r.to) }

// entry reads one entry by its name; nil: it is not there, or does not fit the filter.
func (s *session) entry(ctx context.Context, dn, filter string, attributes ...string) (*ldap.Entry, error) {
	found, _, err := s.page(ctx, ldap.NewSearchRequest(dn, ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false, filter, attributes, nil), 0, nil)
	if ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject) {
		return nil, nil
	}
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// mostEmpty is how many empty pages may follow one another: servers that filter what they found send some.
const mostEmpty = 1000

// each hands out the entries below a base, page by page.
func (s *session) each(ctx context.Context, base string, scope, size int, filter string, attributes []string, take func(*ldap.Entry) error) error {
	q := ldap.NewSearchRequest(base, scope, ldap.NeverDerefAliases, 0, 0, false, filter, attributes, nil)
	var cookie []byte
	first, count := "", 0
	for empty := 0; ; {
		entries, more, err := s.page(ctx, q, size, cookie)
		if err != nil {
			return err
		}
		if empty++; len(entries) > 0 {
			empty = 0
		}
		if empty > mostEmpty {
			return errs.New(errs.Unavailable, "%s gives one empty page after another, and none is the last.", s.at)
		}
		for _, e := range entries {
			if count++; count > s.most {
				return errs.Invalid("maximumRows", "%s gives more than %d entries below %s. Raise maximumRows when there are as many.", s.at, s.most, base)
			}
			if count == 1 {
				first = e.DN
			} else if e.DN == first {
				return errs.New(errs.Unavailable, "%s gives the entry %s again: its pages have no end, or it changed meanwhile.", s.at, plain(e.DN))
			}
			if err := take(e); err != nil {
				return err
			}
		}
		if len(more) == 0 {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		cookie = more
	}
}
