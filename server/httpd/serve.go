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

// grace is how long running requests may take when the process ends; streams without end are cut then.
const grace = 3 * time.Second

// bodyPatience is how long a client may take to send a whole request, whatever becomes of it: also one that is refused, or that nobody reads.
const bodyPatience = 30 * time.Second

// Serve answers requests until ctx ends, then lets running ones finish. There is no limit on the time of an answer:
// subscriptions are answers without end.
func Serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) error {
	return serve(ctx, l, h, log, bodyPatience)
}

func serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger, patience time.Duration) error {
	requests, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	s := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: min(10*time.Second, patience),
		ReadTimeout:       patience, // whoever has read a request to its end takes it away: answers may be without end
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return requests },
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	timer := time.AfterFunc(grace, cut)
	defer timer.Stop()
	final, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*grace)
	defer cancel()
	err := s.Shutdown(final)
	cut() // websockets are not waited for: they follow the context of their request
	if err != nil {
		err = s.Close()
	}
	if serveErr := <-ended; !errors.Is(serveErr, http.ErrServerClosed) {
		err = errors.Join(err, serveErr)
	}
	return err
}
