package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/lib/pq"
)

// How long a machine that went away without a word is believed: what we sent stays unanswered, or an idle connection's questions do.
const (
	unanswered = 20 * time.Second
	idleBefore = 10 * time.Second
	idleEvery  = 5 * time.Second
	idleCount  = 3
)

// noConnection says that no host took a session: dead, starting, or a replica that takes no changes.
type noConnection struct{ error }

func (e noConnection) Unwrap() error { return e.error }

// connector opens sessions with one of several hosts: the first in their order that answers and takes changes, beginning with the one that
// did last time, so that a dead machine in the list costs its timeout once and not with every session.
type connector struct {
	hosts []*pq.Connector
	last  atomic.Int32
}

var _ driver.Connector = (*connector)(nil)

// newConnector takes a URL that URL has completed.
func newConnector(full string) (*connector, error) {
	list, err := eachHost(full)
	if err != nil {
		return nil, err
	}
	c := &connector{}
	for _, one := range list {
		host, err := pq.NewConnector(one)
		if err != nil {
			return nil, fmt.Errorf("read the database URL: %w", hidePassword(err, full))
		}
		host.Dialer(dialer{})
		c.hosts = append(c.hosts, host)
	}
	return c, nil
}

// Connect implements driver.Connector.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	var failed []error
	first := int(c.last.Load())
	for i := range c.hosts {
		at := (first + i) % len(c.hosts)
		conn, err := c.hosts[at].Connect(ctx)
		if err == nil {
			err = prepareSession(ctx, conn)
		}
		if err == nil {
			c.last.Store(int32(at))
			return conn, nil
		}
		failed = append(failed, err)
		if ctx.Err() != nil {
			break
		}
	}
	err := errors.Join(failed...)
	var answered *pq.Error
	if errors.As(err, &answered) { // it says itself what it means
		return nil, err
	}
	return nil, noConnection{err}
}

// sqlSession is said to every new session. A process that stands still (stopped, swapped out, its machine asleep) in the middle of a transaction
// keeps its connection, and so its locks, before everybody else: the database takes them back after a minute. No transaction of ours waits
// that long for anything. A statement and no parameter of the connection, which a pooler would refuse.
const sqlSession = "set idle_in_transaction_session_timeout = '60s'"

// prepareSession says sqlSession, or closes the connection.
func prepareSession(ctx context.Context, conn driver.Conn) error {
	e, ok := conn.(driver.ExecerContext)
	if !ok {
		_ = conn.Close()
		return errors.New("the driver cannot execute a statement")
	}
	if _, err := e.ExecContext(ctx, sqlSession, nil); err != nil {
		_ = conn.Close()
		return err
	}
	return nil
}

// Driver implements driver.Connector.
func (c *connector) Driver() driver.Driver { return c.hosts[0].Driver() }

// NewListener is a listener that stays with whichever host of the URL takes changes; failed hears of lost connections and of tries that failed.
func NewListener(full string, failed func(error)) *pq.Listener {
	return pq.NewDialListener(dialer{}, full, 50*time.Millisecond, 2*time.Second, func(_ pq.ListenerEventType, err error) {
		if err != nil {
			failed(err)
		}
	})
}

// Dial connects to a database server so that one which goes away without a word is noticed.
func Dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: idleBefore, Interval: idleEvery, Count: idleCount},
		Control:         impatient,
	}
	return d.DialContext(ctx, network, address)
}

// dialer is Dial as lib/pq wants it.
type dialer struct{}

var _ pq.DialerContext = dialer{}

func (dialer) Dial(network, address string) (net.Conn, error) {
	return Dial(context.Background(), network, address)
}

func (dialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return Dial(ctx, network, address)
}

func (dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return Dial(ctx, network, address)
}
