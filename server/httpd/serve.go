package httpd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// grace is how long running requests may take when the process ends. Streams end by themselves then (graph); what does not is cut.
const grace = 12 * time.Second

// bodyPatience is how long a client may take to send a whole request, whatever becomes of it: also one that is refused, or that nobody reads.
const bodyPatience = 30 * time.Second

// answerPatience is how long a client may take to read a piece of an answer, of writePiece bytes at most: whoever stands still holds the answer
// in our memory, and a place. A stream is as long as it likes, as long as somebody reads it.
const answerPatience = 30 * time.Second

// Serve answers requests until ctx ends, and for delay longer, in which a load balancer sees that the process is not ready any more; every answer
// closes its connection from then on. Then it takes no new connections, answers whatever came before, and ends. There is no limit on the time
// of an answer while it serves and is read: subscriptions are answers without end.
func Serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger, delay time.Duration) error {
	return serve(ctx, l, h, log, limits{delay: delay, grace: grace, body: bodyPatience, answer: answerPatience})
}

// limits are the times of a server; see Serve, grace, bodyPatience, answerPatience. answer 0: for ever.
type limits struct{ delay, grace, body, answer time.Duration }

func serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger, limit limits) error {
	requests, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	conns := newConnections(l)
	conns.patience = limit.answer
	s := &http.Server{
		Handler:           closing(ctx, conns.counted(h)),
		ReadHeaderTimeout: min(10*time.Second, limit.body),
		ReadTimeout:       limit.body, // whoever has read a request to its end takes it away: answers may be without end
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return context.WithValue(requests, heldKey{}, conns) },
		ConnState:         conns.became,
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(conns) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	select {
	case err := <-ended:
		return fmt.Errorf("serve on %s: %w", l.Addr(), err)
	case <-time.After(limit.delay):
	}
	timer := time.AfterFunc(limit.grace, cut)
	defer timer.Stop()
	final, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit.grace+3*time.Second)
	defer cancel()

	conns.refuse()
	serveErr := <-ended
	conns.endIdle(final)
	err := s.Shutdown(final)
	if err == nil {
		err = conns.wait(final) // websockets, which Shutdown does not wait for
	}
	cut()
	if err != nil {
		err = s.Close()
	}
	if !errors.Is(serveErr, errEmpty) {
		err = errors.Join(err, serveErr)
	}
	return err
}

// closing makes every answer the last of its connection once ctx has ended, so that clients leave by themselves.
func closing(ctx context.Context, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if ctx.Err() != nil {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}
