package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"

	"golang.org/x/sync/errgroup"

	"writ/frontend"
	"writ/server/config"
	"writ/server/db"
	"writ/server/httpd"
)

type serveCommand struct {
	Config config.Config `embed:""`
}

// Run listens first, so that a taken address is told before a database is started.
func (c *serveCommand) Run(ctx context.Context, e *environment) error {
	if err := c.Config.Validate(); err != nil {
		return err
	}
	l, err := httpd.Listen(ctx, c.Config.Serve.Addr)
	if err != nil {
		return fmt.Errorf("listen on %s (choose another with --addr or WRIT_ADDR): %w", c.Config.Serve.Addr, err)
	}
	defer l.Close()
	var metrics net.Listener
	if at := c.Config.Serve.MetricsAddr; at != "" {
		if metrics, err = httpd.Listen(ctx, at); err != nil {
			return fmt.Errorf("listen on %s for the metrics (choose another with --metrics-addr or WRIT_METRICS_ADDR): %w", at, err)
		}
		defer metrics.Close()
	}
	return withSession(ctx, e, c.Config, func(ctx context.Context, s Session) error {
		if c.Config.Serve.TestHooks {
			s.Log.WarnContext(ctx, "TEST HOOKS ARE ON: clients can move the clock. Never run this in production.")
		}
		if is, err := db.IsSuperuser(ctx, s.DB); err != nil {
			return fmt.Errorf("ask for the role of the database: %w", err)
		} else if is {
			s.Log.WarnContext(ctx, "the role of the database is a superuser, whom nothing keeps from changing the event log: use --database-admin-url")
		}
		open := e.house.Open
		if open == nil {
			open = pagesOnly
		}
		app, err := open(ctx, s)
		if err != nil {
			return fmt.Errorf("build the application: %w", err)
		}
		return run(ctx, e, s, l, metrics, app)
	})
}

// run serves and works until ctx ends or one of both fails; then both end. metrics is where the metrics have an address of their own; nil: nowhere.
// It says that it is ready when everything runs.
func run(ctx context.Context, e *environment, s Session, l, metrics net.Listener, app *Application) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if app.Started != nil {
			select {
			case <-app.Started:
			case <-ctx.Done():
				return nil
			}
		}
		greet(e, s, l, app.Greeting)
		return nil
	})
	if metrics != nil && app.Metrics != nil {
		group.Go(func() error { return httpd.Serve(ctx, metrics, app.Metrics, s.Log, s.Config.Serve.StopDelay) })
	}
	group.Go(func() error { return httpd.Serve(ctx, l, app.Handler, s.Log, s.Config.Serve.StopDelay) })
	if app.Run != nil {
		group.Go(func() error {
			err := app.Run(ctx)
			if err == nil && ctx.Err() == nil {
				err = errors.New("the workers ended by themselves")
			}
			return err
		})
	}
	err := group.Wait()
	if app.Close != nil {
		err = errors.Join(err, app.Close())
	}
	s.Log.InfoContext(context.WithoutCancel(ctx), "stopped")
	return err
}

// greet tells people on the terminal where to go.
func greet(e *environment, s Session, l net.Listener, greeting string) {
	address := s.Config.Serve.URL()
	if _, port, err := net.SplitHostPort(s.Config.Serve.Addr); err == nil && port == "0" && s.Config.Serve.PublicURL == "" {
		address = "http://" + l.Addr().String()
	}
	fmt.Fprintf(e.stdout, "\nWrit is ready: %s\n", address)
	if greeting != "" {
		fmt.Fprintf(e.stdout, "\n%s\n", greeting)
	}
	fmt.Fprintf(e.stdout, "\nStop it with Ctrl-C (process %d).\n\n", os.Getpid())
}

// pagesOnly serves the pages and the state of the database, for a binary built without the application.
func pagesOnly(_ context.Context, s Session) (*Application, error) {
	return &Application{Handler: httpd.New(httpd.Parts{Logger: s.Log, SPA: frontend.Dist(), Ready: s.DB.PingContext})}, nil
}
