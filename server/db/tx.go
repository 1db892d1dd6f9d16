package db

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/lib/pq"
	"github.com/uptrace/bun"

	"writ/server/errs"
)

// attempts is how often InTx runs its function at most when PostgreSQL breaks a tie between two transactions.
const attempts = 4

// InTx runs fn in one transaction and commits. When PostgreSQL gives up this transaction for another one
// (serialization failure, deadlock) it runs fn again, up to three more times: so fn must have no effect outside the
// transaction. Errors pass through Explain. A panic in fn rolls back and travels on.
func InTx(ctx context.Context, db *bun.DB, fn func(ctx context.Context, tx bun.Tx) error) error {
	var err error
	for i := range attempts {
		if i > 0 && !pause(ctx, i) {
			break
		}
		if err = db.RunInTx(ctx, nil, fn); !lostTie(err) {
			return Explain(err)
		}
	}
	return errs.New(errs.Unavailable, "Somebody else is changing the same data at this moment. Please try again.").Because(err)
}

// Inside runs fn in a part of a transaction that can be undone alone: when fn fails, what it did is taken back, and the transaction goes on. fn gets the context
// of the caller, with who acts. (bun's own Tx.RunInTx gives it that with which the transaction was begun: whoever acts since then would not be known in it.)
func Inside(ctx context.Context, tx bun.Tx, fn func(ctx context.Context, tx bun.Tx) error) error {
	return tx.RunInTx(ctx, nil, func(_ context.Context, tx bun.Tx) error { return fn(ctx, tx) })
}

// lostTie reports whether PostgreSQL rolled back because of another transaction, so that a repeat may succeed.
func lostTie(err error) bool {
	var e *pq.Error
	return errors.As(err, &e) && (e.Code == "40001" || e.Code == "40P01")
}

// pause waits a little, longer each time and never the same for two rivals. false: the context ended.
func pause(ctx context.Context, attempt int) bool {
	t := time.NewTimer(time.Duration(attempt)*5*time.Millisecond + rand.N(20*time.Millisecond))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
