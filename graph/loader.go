package graph

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// A loader waits until no more keys came during loadQuiet looks in a row, loadWait apart, loadLongest at most, and takes at most loadMax
// at once.
const (
	loadWait    = time.Millisecond
	loadQuiet   = 2
	loadLongest = 50 * time.Millisecond // only on a busy machine: the resolvers of a list start together
	loadMax     = 500
)

// loader gathers the keys that resolvers of one operation ask for at about the same time, and reads them by one call of fetch. In a query
// it reads a key once, so that resolvers that come late on a busy machine cost nothing. Else it remembers nothing: the second field of a
// mutation must see what the first one did, and a subscription uses its loaders for hours.
type loader[K comparable, V any] struct {
	fetch func(ctx context.Context, keys []K) (map[K]V, error)

	mu   sync.Mutex
	open *batch[K, V]
	kept map[K]*batch[K, V] // of a query
}

// batch is one call of fetch in the making.
type batch[K comparable, V any] struct {
	ctx  context.Context // of whoever opened it; all belong to one operation
	keys []K
	seen map[K]struct{}
	full chan struct{} // closed when it takes no more keys
	done chan struct{} // closed when found and err are there

	found map[K]V
	err   error
}

func newLoader[K comparable, V any](fetch func(context.Context, []K) (map[K]V, error)) *loader[K, V] {
	return &loader[K, V]{fetch: fetch}
}

// Load gives the value of a key; the zero value if fetch did not find it.
func (l *loader[K, V]) Load(ctx context.Context, key K) (V, error) {
	b := l.join(ctx, key)
	select {
	case <-b.done:
		return b.found[key], b.err
	case <-ctx.Done():
		var none V
		return none, ctx.Err()
	}
}

func (l *loader[K, V]) join(ctx context.Context, key K) *batch[K, V] {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b := l.kept[key]; b != nil {
		return b
	}
	b := l.open
	if b == nil {
		b = &batch[K, V]{ctx: ctx, seen: map[K]struct{}{}, full: make(chan struct{}), done: make(chan struct{})}
		l.open = b
		go l.run(b)
	}
	if _, ok := b.seen[key]; !ok {
		b.seen[key] = struct{}{}
		b.keys = append(b.keys, key)
		if isQuery(ctx) {
			if l.kept == nil {
				l.kept = map[K]*batch[K, V]{}
			}
			l.kept[key] = b
		}
		if len(b.keys) == loadMax {
			l.open = nil
			close(b.full)
		}
	}
	return b
}

// isQuery reports whether the operation only reads, once.
func isQuery(ctx context.Context) bool {
	if !graphql.HasOperationContext(ctx) {
		return false
	}
	op := graphql.GetOperationContext(ctx)
	return op.Operation != nil && op.Operation.Operation == ast.Query
}

func (l *loader[K, V]) run(b *batch[K, V]) {
	defer close(b.done)
	l.gather(b)
	defer func() {
		if fault := recover(); fault != nil { // nobody above this goroutine would catch it
			b.err = fmt.Errorf("panic in a loader: %v\n%s", fault, debug.Stack())
		}
	}()
	b.found, b.err = l.fetch(b.ctx, b.keys)
}

// gather waits for the keys of a batch and closes it.
func (l *loader[K, V]) gather(b *batch[K, V]) {
	pause := time.NewTicker(loadWait)
	defer pause.Stop()
	for waited, keys, quiet := time.Duration(0), 0, 0; ; waited += loadWait {
		select {
		case <-b.full:
			return
		case <-pause.C:
		}
		l.mu.Lock()
		if quiet++; len(b.keys) > keys {
			keys, quiet = len(b.keys), 0
		}
		if l.open == b && (quiet >= loadQuiet || waited >= loadLongest) {
			l.open = nil
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
	}
}
