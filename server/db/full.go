package db

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/lib/pq"
	"github.com/uptrace/bun"
)

// fullFor is how long a refusal for lack of room counts: whoever works tries again within that time.
const fullFor = 15 * time.Second

// fullness remembers when PostgreSQL last had no room for a change. It is a query hook of each pool.
type fullness struct {
	last atomic.Int64 // Unix nanoseconds
}

// BeforeQuery implements bun.QueryHook.
func (f *fullness) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

// AfterQuery implements bun.QueryHook.
func (f *fullness) AfterQuery(_ context.Context, e *bun.QueryEvent) {
	if e.Err != nil && isFull(e.Err) {
		f.last.Store(time.Now().UnixNano())
	}
}

func isFull(err error) bool {
	var e *pq.Error
	return errors.As(err, &e) && e.Code == "53100"
}

// HasRoom reports whether the database took the changes of the last seconds: false once it refused one since its disk is full, until it has refused none for a while.
func HasRoom(b *bun.DB) bool {
	d, ok := b.Dialect().(dialect)
	return !ok || time.Since(time.Unix(0, d.full.last.Load())) > fullFor
}
