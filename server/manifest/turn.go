package manifest

import (
	"context"
	"sync"

	"writ/server/errs"
)

// turn lets one plan or dry run of a process pass at a time: reading a configuration takes a hundred times the memory of its text, and who may only
// look must not be able to fill the machine by asking often. What is written does not wait here. The zero value is ready.
type turn struct {
	once sync.Once
	free chan struct{}
}

// take waits for the turn and gives the function that ends it. UNAVAILABLE when ctx ends before.
func (t *turn) take(ctx context.Context) (leave func(), err error) {
	t.once.Do(func() { t.free = make(chan struct{}, 1) })
	select {
	case t.free <- struct{}{}:
		return func() { <-t.free }, nil
	case <-ctx.Done():
		return nil, errs.New(errs.Unavailable, "Other configurations are being compared at this moment. Try again when they are done.").Because(ctx.Err())
	}
}
