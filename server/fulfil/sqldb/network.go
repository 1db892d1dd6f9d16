package sqldb

import (
	"context"
	"errors"
	"net"
	"syscall"
	"time"

	"writ/server/outbound"
)

// dialer gives connections whose every read has a deadline. The driver waits for a COMMIT without looking at any context (and is right
// to: nobody may take it back), so a target that swallows the answer would otherwise hold the caller for ever.
type dialer struct{ patience time.Duration }

func (d dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

func (d dialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.DialContext(ctx, network, address)
}

func (d dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	plain := net.Dialer{Control: outbound.OnlyApplications}
	c, err := plain.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &impatient{Conn: c, patience: d.patience}, nil
}

type impatient struct {
	net.Conn
	patience time.Duration
}

// Read waits no longer than patience. An idle connection is not being read, so pooling is not disturbed. The machine's clock and not
// the product's: sockets know no other.
func (c *impatient) Read(b []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.patience)); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

// SetDeadline leaves reading alone; see Read.
func (c *impatient) SetDeadline(t time.Time) error { return c.SetWriteDeadline(t) }

// SyscallConn lets a driver find out whether the other side has ended a session before it is used again.
func (c *impatient) SyscallConn() (syscall.RawConn, error) {
	if s, ok := c.Conn.(syscall.Conn); ok {
		return s.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}
