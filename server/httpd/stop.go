package httpd

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// How a listener ends.
const (
	quiet      = 100 * time.Millisecond // nobody new for so long: handshakes that were under way are through
	maxLooks   = 10                     // times it is waited for, where the system cannot be told to refuse
	lastLook   = time.Millisecond
	lookAgain  = 5 * time.Millisecond
	idlePeriod = time.Second // idle connections that do not end by then are closed by the server
)

// errEmpty ends the server when the last connection that waited was taken. It is no net.Error, which would be tried again.
var errEmpty = errors.New("no more connections are taken")

// connections is a listener that can end without dropping anybody, and knows its connections. The system takes connections by itself and lets them wait;
// a closed listener resets those. So it first makes the system take no more (where that can be said), then hands out all that wait, then ends.
// A connection on which nothing was asked is closed only after a last look whether something is there.
type connections struct {
	net.Listener
	patience time.Duration // with one who does not read; 0: for ever
	refusing atomic.Bool
	taken    bool // since the last look
	looks    int  // since it refuses

	mu      sync.Mutex
	open    map[*connection]struct{}
	running int // handlers
}

// Listen gives a listener for Serve. It is plain TCP: one that speaks MPTCP, Go's default, cannot be told to take nobody any more.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	var c net.ListenConfig
	c.SetMultipathTCP(false)
	return c.Listen(ctx, "tcp", address)
}

func newConnections(l net.Listener) *connections {
	return &connections{Listener: l, open: map[*connection]struct{}{}}
}

// deadliner is what a TCP listener can do.
type deadliner interface{ SetDeadline(t time.Time) error }

// refuse takes no more connections; Accept fails with errEmpty once all that wait are taken.
func (c *connections) refuse() {
	l, ok := c.Listener.(deadliner)
	if !ok {
		_ = c.Listener.Close()
		return
	}
	dropNew(c.Listener)
	c.refusing.Store(true)
	_ = l.SetDeadline(time.Now().Add(quiet))
}

// Accept implements net.Listener, for one caller.
func (c *connections) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err == nil {
			c.taken = true
			return c.add(conn), nil
		}
		if !c.refusing.Load() || !errors.Is(err, os.ErrDeadlineExceeded) {
			if errors.Is(err, net.ErrClosed) && c.refusing.Load() {
				err = errEmpty
			}
			return nil, err
		}
		if c.looks++; !c.taken || c.looks == maxLooks {
			return nil, errEmpty
		}
		c.taken = false
		_ = c.Listener.(deadliner).SetDeadline(time.Now().Add(quiet))
	}
}

func (c *connections) add(conn net.Conn) net.Conn {
	out := &connection{Conn: conn, patience: c.patience}
	out.idle.Store(true)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open[out] = struct{}{}
	return out
}

// became is the server's ConnState.
func (c *connections) became(conn net.Conn, state http.ConnState) {
	own, ok := conn.(*connection)
	if !ok {
		return
	}
	switch state {
	case http.StateIdle:
		own.rest()
	case http.StateClosed, http.StateHijacked:
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.open, own)
	}
}

// counted counts the handlers that run, so that wait knows of them.
func (c *connections) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.count(1)
		defer c.count(-1)
		next.ServeHTTP(w, r)
	})
}

func (c *connections) count(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running += n
}

type heldKey struct{}

// Hold makes the server of a request wait for release when it ends, as for a handler that runs: for connections that go on after it (websockets).
func Hold(ctx context.Context) (release func()) {
	c, ok := ctx.Value(heldKey{}).(*connections)
	if !ok {
		return func() {}
	}
	c.count(1)
	return sync.OnceFunc(func() { c.count(-1) })
}

// endIdle lets go of connections on which nothing was asked, and waits until they are gone, at most for idlePeriod.
func (c *connections) endIdle(ctx context.Context) {
	ctx, stop := context.WithTimeout(ctx, idlePeriod)
	defer stop()
	_ = c.until(ctx, func() bool {
		left := 0
		for conn := range c.open {
			if conn.end() {
				left++
			}
		}
		return left == 0
	})
}

// wait waits until no handler runs.
func (c *connections) wait(ctx context.Context) error {
	return c.until(ctx, func() bool { return c.running == 0 })
}

// until looks again and again, under the lock.
func (c *connections) until(ctx context.Context, done func() bool) error {
	for {
		c.mu.Lock()
		is := done()
		c.mu.Unlock()
		if is {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lookAgain):
		}
	}
}

// connection knows whether it is between two requests, and is lost when its other end stops reading.
type connection struct {
	net.Conn
	patience time.Duration

	idle atomic.Bool // nothing of a request was read since it began, or since the last answer

	mu       sync.Mutex
	ending   bool      // it waits for nothing any more
	deadline time.Time // for reading, as the server wants it
	writing  time.Time // the same for writing
}

// Read implements net.Conn.
func (c *connection) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n == 0 && errors.Is(err, os.ErrDeadlineExceeded) && c.lastLook() {
		n, err = c.Conn.Read(b)
	}
	if n > 0 && c.idle.Load() {
		c.begin()
	}
	return n, err
}

// writePiece is how much is written with one patience.
const writePiece = 64 << 10

// Write implements net.Conn.
func (c *connection) Write(b []byte) (sum int, err error) {
	if c.patience == 0 {
		return c.Conn.Write(b)
	}
	for {
		c.mu.Lock()
		end := time.Now().Add(c.patience)
		if !c.writing.IsZero() && c.writing.Before(end) {
			end = c.writing
		}
		err = c.Conn.SetWriteDeadline(end)
		c.mu.Unlock()
		if err != nil {
			return sum, err
		}
		n, err := c.Conn.Write(b[sum:min(len(b), sum+writePiece)])
		if sum += n; err != nil || sum == len(b) {
			return sum, err
		}
	}
}

// SetWriteDeadline implements net.Conn.
func (c *connection) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writing = t
	return c.Conn.SetWriteDeadline(t)
}

// SetDeadline implements net.Conn.
func (c *connection) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline implements net.Conn.
func (c *connection) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = t
	if c.ending {
		return nil
	}
	return c.Conn.SetReadDeadline(t)
}

// begin: a request comes.
func (c *connection) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle.Store(false)
	if c.ending {
		c.ending = false
		_ = c.Conn.SetReadDeadline(c.deadline)
	}
}

// rest: the answer was given.
func (c *connection) rest() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle.Store(true)
}

// end lets the server give up an idle connection; false: it is not idle.
func (c *connection) end() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.idle.Load() {
		return false
	}
	if !c.ending {
		c.ending = true
		_ = c.Conn.SetReadDeadline(time.Now())
	}
	return true
}

// lastLook makes one more Read possible when the connection is given up: what came at the same moment is there then.
func (c *connection) lastLook() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ending && c.Conn.SetReadDeadline(time.Now().Add(lastLook)) == nil
}
