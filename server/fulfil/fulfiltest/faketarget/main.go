// Command faketarget serves a fulfiltest.HTTPTarget on an address of its own, for tests over several processes: the callers may be killed,
// its log stays. Tests only.
//
//	faketarget -addr 127.0.0.1:9000 -folder ./target
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"writ/server/fulfil/fulfiltest"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "where to listen; port 0 takes a free one")
	folder := flag.String("folder", "", "folder of the operation log; empty keeps everything in memory")
	token := flag.String("token", "", "bearer token that callers must bring; empty lets everybody in")
	flag.Parse()
	if err := serve(*addr, *folder, *token); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(addr, folder, token string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	target, err := fulfiltest.NewHTTPTarget(folder, token)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", listener.Addr()) // the first line tells the caller where
	server := &http.Server{Handler: target, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		_ = target.Close() // hanging requests first, or the server would wait for them
		_ = server.Close()
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
