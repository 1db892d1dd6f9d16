package fulfiltest

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// Mode is what a Proxy does with the connections through it.
type Mode int

const (
	Pass            Mode = iota // everything goes through
	Refuse                      // connections are refused, open ones are cut
	Hang                        // connections are taken, and nothing goes through either way any more
	CutBeforeCommit             // a COMMIT does not reach the server, the connection is cut: not made
	CutAfterCommit              // a COMMIT is made, its answer is lost with the connection
	HangAfterCommit             // a COMMIT is made, its answer never comes, the connection stays
)

// Proxy stands between a client and a database server and reads the client's messages, so the client must not encrypt them.
type Proxy struct {
	read            func(client io.Reader, started *bool) (message []byte, err error) // one message of the client
	network, target string
	addr            string

	mu       sync.Mutex
	mode     Mode
	limit    int64 // bytes of answers after which connections are cut; 0 = none
	commits  int   // COMMITs seen
	listener net.Listener
	pairs    map[*pair]struct{}
	closed   bool
	wg       sync.WaitGroup
}

// pair is one client and its server.
type pair struct {
	client, server net.Conn
	once           sync.Once

	mu      sync.Mutex
	drop    bool // answers are dropped from now on ...
	cut     bool // ... and the first one cuts the connection
	answers int64
}

func (p *pair) close() {
	p.once.Do(func() {
		_ = p.client.Close()
		_ = p.server.Close()
	})
}

// NewProxy listens on a free port of this machine, in front of a PostgreSQL server.
func NewProxy(network, target string) (*Proxy, error) {
	return newProxy(network, target, postgresMessage)
}

func newProxy(network, target string, read func(io.Reader, *bool) ([]byte, error)) (*Proxy, error) {
	p := &Proxy{read: read, network: network, target: target, addr: "127.0.0.1:0", pairs: map[*pair]struct{}{}}
	if err := p.listen(); err != nil {
		return nil, err
	}
	return p, nil
}

// MustProxy is NewProxy in front of an SQLTarget, closed after the test.
func MustProxy(tb testing.TB, t *SQLTarget) *Proxy {
	tb.Helper()
	network, target, err := t.Host()
	if err != nil {
		tb.Fatal(err)
	}
	p, err := NewProxy(network, target)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(p.Close)
	return p
}

// Addr is host:port of the proxy; it stays the same in all modes.
func (p *Proxy) Addr() string { return p.addr }

// Commits tells how many COMMITs came by.
func (p *Proxy) Commits() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.commits
}

// Set changes the mode for connections that are open and for those to come.
func (p *Proxy) Set(m Mode) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mode = m
	if m != Refuse {
		if p.listener != nil {
			return nil
		}
		return p.listen()
	}
	p.stop()
	return nil
}

// CutAnswersAfter cuts every connection after that many bytes of answers, counted from now; 0 ends it.
func (p *Proxy) CutAnswersAfter(bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.limit = bytes
	for c := range p.pairs {
		c.mu.Lock()
		c.answers = 0
		c.mu.Unlock()
	}
}

// Close cuts everything and waits until nothing runs any more.
func (p *Proxy) Close() {
	p.mu.Lock()
	p.closed = true
	p.stop()
	p.mu.Unlock()
	p.wg.Wait()
}

func (p *Proxy) stop() {
	if p.listener != nil {
		_ = p.listener.Close()
		p.listener = nil
	}
	for c := range p.pairs {
		c.close()
	}
}

func (p *Proxy) listen() error {
	l, err := net.Listen("tcp", p.addr)
	if err != nil {
		return err
	}
	p.listener, p.addr = l, l.Addr().String()
	p.wg.Add(1)
	go func() {
		defer p.wg.Done()
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			p.serve(client)
		}
	}()
	return nil
}

func (p *Proxy) serve(client net.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var d net.Dialer
	server, err := d.DialContext(ctx, p.network, p.target)
	if err != nil {
		_ = client.Close()
		return
	}
	c := &pair{client: client, server: server}
	p.mu.Lock()
	if p.closed || p.mode == Refuse {
		p.mu.Unlock()
		c.close()
		return
	}
	p.pairs[c] = struct{}{}
	p.wg.Add(2)
	p.mu.Unlock()
	go p.run(c, p.questions)
	go p.run(c, p.answers)
}

func (p *Proxy) run(c *pair, half func(*pair)) {
	defer p.wg.Done()
	half(c)
	c.close()
	p.mu.Lock()
	delete(p.pairs, c)
	p.mu.Unlock()
}

func (p *Proxy) now() (Mode, int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.mode, p.limit
}

// postgresMessage reads a message: the start-up messages have no type byte, all later ones have.
func postgresMessage(client io.Reader, started *bool) ([]byte, error) {
	const protocol3 = 3
	head := 5
	if !*started {
		head = 4
	}
	message := make([]byte, head)
	if _, err := io.ReadFull(client, message); err != nil {
		return nil, err
	}
	length := int(binary.BigEndian.Uint32(message[head-4:]))
	if length < 4 || length > 1<<28 {
		return nil, errLength
	}
	message = append(message, make([]byte, length-4)...)
	if _, err := io.ReadFull(client, message[head:]); err != nil {
		return nil, err
	}
	if !*started {
		*started = len(message) >= 8 && binary.BigEndian.Uint16(message[4:]) == protocol3
	}
	return message, nil
}

// mariaMessage reads a packet: three bytes of length, one that counts.
func mariaMessage(client io.Reader, _ *bool) ([]byte, error) {
	message := make([]byte, 4)
	if _, err := io.ReadFull(client, message); err != nil {
		return nil, err
	}
	length := int(message[0]) | int(message[1])<<8 | int(message[2])<<16
	message = append(message, make([]byte, length)...)
	_, err := io.ReadFull(client, message[4:])
	return message, err
}

var errLength = errors.New("no length of a message")

// questions passes the client's messages on, one by one.
func (p *Proxy) questions(c *pair) {
	for started := false; ; {
		message, err := p.read(c.client, &started)
		if err != nil {
			return
		}
		if isCommit(message) && !p.onCommit(c) {
			return
		}
		if mode, _ := p.now(); mode == Hang {
			continue
		}
		if _, err := c.server.Write(message); err != nil {
			return
		}
	}
}

// onCommit answers false when the connection is to be cut at once.
func (p *Proxy) onCommit(c *pair) bool {
	p.mu.Lock()
	p.commits++
	mode := p.mode
	p.mu.Unlock()
	switch mode {
	case CutBeforeCommit:
		return false
	case CutAfterCommit, HangAfterCommit:
		c.mu.Lock()
		c.drop, c.cut = true, mode == CutAfterCommit
		c.mu.Unlock()
	}
	return true
}

// isCommit reports a query that is no more than that, of either protocol.
func isCommit(message []byte) bool {
	if len(message) < 5 || message[0] != 'Q' && message[4] != 3 {
		return false
	}
	return strings.EqualFold(strings.Trim(string(message[5:]), "\x00; \n"), "commit")
}

// answers passes the server's bytes back, or loses them.
func (p *Proxy) answers(c *pair) {
	buffer := make([]byte, 16<<10)
	for {
		n, err := c.server.Read(buffer)
		if err != nil {
			return
		}
		mode, limit := p.now()
		c.mu.Lock()
		drop, cut := c.drop, c.cut
		c.answers += int64(n)
		over := limit > 0 && c.answers > limit
		c.mu.Unlock()
		switch {
		case over, drop && cut: // the server has answered the COMMIT, so it is made
			return
		case drop, mode == Hang:
			continue
		}
		if _, err := c.client.Write(buffer[:n]); err != nil {
			return
		}
	}
}
