package httpd

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestSlowBodies: a body sent byte by byte is cut off after a while, whether it is wanted, refused or for nobody; an answer is not.
func TestSlowBodies(t *testing.T) {
	t.Parallel()
	const patience = 500 * time.Millisecond
	stream := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for range 6 {
			_, _ = io.WriteString(w, "data: x\n")
			_ = http.NewResponseController(w).Flush()
			select {
			case <-r.Context().Done():
				return
			case <-time.After(patience / 2):
			}
		}
		_, _ = io.WriteString(w, "data: end\n")
	})
	h := New(Parts{Logger: slog.New(slog.DiscardHandler), GraphQL: stream, RiverUI: http.NotFoundHandler(), Auth: http.NotFoundHandler(), Metrics: http.NotFoundHandler()})
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = serve(ctx, l, h, slog.New(slog.DiscardHandler), limits{grace: grace, body: patience}) }()

	for name, head := range map[string]string{
		"Wanted":     "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n",
		"Foreign":    "POST /graphql HTTP/1.1\r\nHost: x\r\nOrigin: https://evil.example\r\nContent-Length: 1000\r\n\r\n",
		"Queue":      "POST /riverui/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
		"Auth":       "POST /auth/queue HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
		"Nothing":    "POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
		"Metrics":    "PUT /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
		"Chunked":    "POST /nothing HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n",
		"GETBody":    "GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
		"HalfAHead":  "GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: ",
		"SecondBody": "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nPOST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", l.Addr().String())
			require.NoError(t, err)
			defer conn.Close()
			began := time.Now()
			_, err = io.WriteString(conn, head)
			require.NoError(t, err)
			go func() { _, _ = io.Copy(io.Discard, conn) }()
			for err == nil {
				require.Less(t, time.Since(began), 10*patience, "the connection stays open")
				_, err = io.WriteString(conn, "a")
				time.Sleep(20 * time.Millisecond)
			}
		})
	}
	t.Run("LongAnswer", func(t *testing.T) {
		t.Parallel()
		for _, request := range []string{
			"GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
			"POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
		} {
			conn, err := net.Dial("tcp", l.Addr().String())
			require.NoError(t, err)
			defer conn.Close()
			_, err = fmt.Fprint(conn, request)
			require.NoError(t, err)
			all, err := io.ReadAll(bufio.NewReader(conn))
			require.NoError(t, err)
			require.Contains(t, string(all), "data: end")
		}
	})
}

// TestSlowReaders: whoever does not read an answer loses his connection, and the answer does not wait for ever; one who reads slowly gets it whole.
func TestSlowReaders(t *testing.T) {
	t.Parallel()
	const patience, size = 400 * time.Millisecond, 32 << 20
	gone := make(chan error, 10)
	large := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := w.Write(make([]byte, size))
		if r.URL.RawQuery == "stuck" {
			gone <- err
		}
	})
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() {
		_ = serve(ctx, l, large, slog.New(slog.DiscardHandler), limits{grace: grace, body: grace, answer: patience})
	}()
	ask := func(query string) net.Conn {
		conn, err := net.Dial("tcp", l.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		_, err = fmt.Fprintf(conn, "GET /?%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", query)
		require.NoError(t, err)
		return conn
	}
	ask("stuck")
	select {
	case err := <-gone:
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	case <-time.After(20 * time.Second):
		t.Fatal("the answer still waits for its reader")
	}
	slow := ask("slow")
	sum, pieces := 0, make([]byte, 1<<20)
	for err = nil; err == nil; {
		var n int
		n, err = io.ReadFull(slow, pieces)
		sum += n
		time.Sleep(patience / 20)
	}
	require.Greater(t, sum, size)
}
