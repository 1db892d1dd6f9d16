package db

import (
	"context"
	"strings"
	"sync"

	"github.com/uptrace/bun"
)

// Queries remembers the statements that ran under one context.
type Queries struct {
	mu   sync.Mutex
	text []string
}

// N is how many statements ran so far.
func (q *Queries) N() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.text)
}

// Texts gives the statements in their order, for the message of a failing test.
func (q *Queries) Texts() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return append([]string(nil), q.text...)
}

type countKey struct{}

// CountQueries gives a context under which every statement sent through bun or Select is counted; begin, commit, rollback and
// savepoints are not. Tests use it to assert that a list needs the same number of statements for one row and for many.
func CountQueries(ctx context.Context) (context.Context, *Queries) {
	q := &Queries{}
	return context.WithValue(ctx, countKey{}, q), q
}

type countHook struct{}

func (countHook) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

func (countHook) AfterQuery(ctx context.Context, e *bun.QueryEvent) {
	if !isTxControl(e.Query) {
		count(ctx, e.Query)
	}
}

func count(ctx context.Context, text string) {
	q, ok := ctx.Value(countKey{}).(*Queries)
	if !ok {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.text = append(q.text, text)
}

func isTxControl(query string) bool {
	word, _, _ := strings.Cut(query, " ")
	switch strings.ToUpper(word) {
	case "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE":
		return true
	}
	return false
}
