package db

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/uptrace/bun"
)

// holdPing keeps the connection of a held lock from being taken for a forgotten one.
const holdPing = 10 * time.Second

// TryHold takes an advisory lock (one or two numbers) that lasts until release or the end of this process, whatever it does meanwhile on other
// connections. ok is false when somebody else has it. The lock belongs to an open transaction and not to a session: behind a pooler in
// transaction mode, a session's lock stays on some server connection that nobody finds again. The transaction reads nothing, so it keeps no old rows.
func TryHold(ctx context.Context, b *bun.DB, key ...int32) (release func(), ok bool, err error) {
	tx, err := b.BeginTx(context.WithoutCancel(ctx), nil) // else database/sql would let go of it with ctx, before the work has ended
	if err != nil {
		return nil, false, fmt.Errorf("begin to hold a lock: %w", err)
	}
	switch len(key) {
	case 1:
		err = tx.NewRaw("select pg_try_advisory_xact_lock(?::bigint)", key[0]).Scan(ctx, &ok)
	case 2:
		err = tx.NewRaw("select pg_try_advisory_xact_lock(?::int, ?::int)", key[0], key[1]).Scan(ctx, &ok)
	default:
		err = errors.New("a lock has one or two numbers")
	}
	if err != nil || !ok {
		return nil, false, errors.Join(err, tx.Rollback())
	}
	ended := make(chan struct{})
	var pinging sync.WaitGroup
	pinging.Go(func() {
		ticks := time.NewTicker(holdPing)
		defer ticks.Stop()
		for {
			select {
			case <-ended:
				return
			case <-ticks.C:
				_, _ = tx.ExecContext(context.WithoutCancel(ctx), "select 1") // a connection that is lost has lost the lock, too
			}
		}
	})
	var once sync.Once
	return func() {
		once.Do(func() {
			close(ended)
			pinging.Wait()
			_ = tx.Rollback() // the lock ends with the transaction, and with the connection at the latest
		})
	}, true, nil
}

// Hold is TryHold that waits until the lock is free or ctx ends. It asks again and again: a statement that waits inside PostgreSQL holds a
// snapshot, which CREATE INDEX CONCURRENTLY of the lock's holder would wait for.
func Hold(ctx context.Context, b *bun.DB, every time.Duration, key ...int32) (release func(), err error) {
	for {
		release, ok, err := TryHold(ctx, b, key...)
		if err != nil || ok {
			return release, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(every):
		}
	}
}
