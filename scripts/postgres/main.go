// Command postgres runs one PostgreSQL for tests in a temporary folder. It prints its URL on one line and works until its
// standard input ends, so it never outlives the task that started it.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"writ/server/db/embedded"
	"writ/server/dbtest"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "postgres for tests:", err)
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	dir, err := os.MkdirTemp("", "writ-test-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o711); err != nil { // root's PostgreSQL runs as nobody, who must pass
		return err
	}
	server, err := embedded.Start(ctx, embedded.Options{DataDir: dir, Extra: dbtest.Settings()})
	if err != nil {
		return err
	}
	fmt.Println(server.TCP("postgres"))
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	<-ctx.Done()
	return server.Stop(context.Background())
}
