package queue

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"time"
)

// Every calls fn now and then again and again until ctx ends: the pause is interval, give or take a tenth, so that processes started
// together drift apart. fn must be harmless when other processes run it at the same moment. Failures and panics are logged under the
// name and do not end it.
func Every(ctx context.Context, log *slog.Logger, name string, interval time.Duration, fn func(context.Context) error) {
	timer := time.NewTimer(rand.N(interval/10 + 1))
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		if err := calm(ctx, fn); err != nil && ctx.Err() == nil {
			log.ErrorContext(ctx, "sweep failed", "sweep", name, "error", err)
		}
		timer.Reset(interval - interval/10 + rand.N(interval/5+1))
	}
}

// calm turns a panic into an error.
func calm(ctx context.Context, fn func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return fn(ctx)
}
