package httpd

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// caller asks again and again, with a new connection each time or as long as the server keeps one, until it is refused.
type caller struct {
	keep     bool
	think    time.Duration
	answered int
	cut      []error
}

func (c *caller) run(address string) {
	for {
		conn, err := net.Dial("tcp", address)
		if errors.Is(err, syscall.ECONNREFUSED) {
			return
		}
		if err != nil {
			c.cut = append(c.cut, fmt.Errorf("connect: %w", err))
			return
		}
		from := bufio.NewReader(conn)
		for again := true; again; {
			if again, err = c.ask(conn, from); err != nil {
				c.cut = append(c.cut, err)
				again = false
			}
			time.Sleep(c.think)
		}
		_ = conn.Close()
	}
}

// ask does one request; again: the server keeps the connection.
func (c *caller) ask(conn net.Conn, from *bufio.Reader) (again bool, err error) {
	kept := "close"
	if c.keep {
		kept = "keep-alive"
	}
	if _, err := fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: %s\r\nContent-Length: 2\r\n\r\n{}", kept); err != nil {
		return false, fmt.Errorf("after %d: send: %w", c.answered, err)
	}
	res, err := http.ReadResponse(from, nil)
	if err != nil {
		return false, fmt.Errorf("after %d: read: %w", c.answered, err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return false, fmt.Errorf("after %d: read the body: %w", c.answered, err)
	}
	c.answered++
	return !res.Close, nil
}

// TestStopCutsNothing: whoever could connect gets his answer, on a new connection as on a kept one, however the end falls between two requests.
func TestStopCutsNothing(t *testing.T) {
	t.Parallel()
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(3 * time.Millisecond)
		_, _ = io.WriteString(w, "{}")
	})
	h := New(Parts{Logger: slog.New(slog.DiscardHandler), GraphQL: answer})
	rounds, err := strconv.Atoi(cmp.Or(os.Getenv("WRIT_STOP_ROUNDS"), "5"))
	require.NoError(t, err)
	for range rounds {
		ctx, stop := context.WithCancel(t.Context())
		l, err := Listen(t.Context(), "127.0.0.1:0")
		require.NoError(t, err)
		ended := make(chan error, 1)
		go func() { ended <- Serve(ctx, l, h, slog.New(slog.DiscardHandler), 100*time.Millisecond) }()
		var callers []*caller
		for i := range 12 {
			callers = append(callers, &caller{keep: i%2 == 0, think: time.Duration(i/2) * 2 * time.Millisecond})
		}
		var all sync.WaitGroup
		for _, c := range callers {
			all.Go(func() { c.run(l.Addr().String()) })
		}
		time.Sleep(60 * time.Millisecond)
		began := time.Now()
		stop()
		require.NoError(t, <-ended)
		require.Less(t, time.Since(began), 5*time.Second)
		all.Wait()
		for _, c := range callers {
			require.Empty(t, c.cut, "kept: %v", c.keep)
			require.Positive(t, c.answered)
		}
	}
}
