package graph

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"writ/server/errs"
	"writ/server/permit"
)

// What one caller may have open, and for how long.
const (
	// DefaultSubscriptions is how many subscriptions a user may have open in one process, on all connections together; ten times as many where they
	// ask for the same.
	DefaultSubscriptions = 1_000

	maxOnSocket = 100              // operations at once on one websocket, subscriptions included
	queryWithin = 60 * time.Second // what a query may take; its statements are cut off then
)

// What a subscription counts: one that joins others who ask for the same costs a tenth of one of its own.
const (
	ownWeight    = 10
	joinedWeight = 1
)

// bounds counts what is open.
type bounds struct {
	limit int // subscriptions of a user
	mu    sync.Mutex
	users map[int64]int // the weight of what is open
}

// charge is what one subscription weighs, while it is open.
type charge struct {
	user   int64 // 0: nobody is charged
	weight int   // under bounds.mu
}

// enter takes an operation into account until its context ends: TOO_LARGE when the caller has too many open. own is what a subscription weighs.
func (b *bounds) enter(ctx context.Context, kind ast.Operation, own *charge) error {
	socket, onSocket := ctx.Value(endsKey{}).(*ends)
	if onSocket {
		if socket.open.Add(1) > maxOnSocket {
			socket.open.Add(-1)
			return errs.New(errs.TooLarge, "This connection has %d operations open, more are not taken. Complete some, or open another connection.", maxOnSocket)
		}
	}
	if onSocket && kind != ast.Subscription {
		socket.running.Add(1)
	}
	leave := func() {
		if onSocket {
			socket.open.Add(-1)
			if kind != ast.Subscription {
				socket.running.Add(-1)
			}
		}
	}
	if actor := permit.From(ctx); kind == ast.Subscription && actor != nil {
		own.user = actor.UserID
		if !b.take(own) {
			leave()
			return errs.New(errs.TooLarge, "You have %d subscriptions open, more are not taken. Complete some first.", b.limit)
		}
		alone := leave
		leave = func() { alone(); b.free(own) }
	}
	context.AfterFunc(ctx, leave)
	return nil
}

func (b *bounds) take(c *charge) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.users[c.user]+c.weight > b.limit*ownWeight {
		return false
	}
	if b.users == nil {
		b.users = map[int64]int{}
	}
	b.users[c.user] += c.weight
	return true
}

// raise lets a subscription weigh as one of its own, however much its user has open: what it joined is left to it. false: it is over.
func (b *bounds) raise(c *charge) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c.weight == 0 {
		return false
	}
	b.users[c.user] += ownWeight - c.weight
	c.weight = ownWeight
	return true
}

func (b *bounds) free(c *charge) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.users[c.user] -= c.weight; b.users[c.user] <= 0 {
		delete(b.users, c.user)
	}
	c.weight = 0
}

// within runs a query under its time limit; the context ends with the answer. When the session of the caller ends meanwhile, so does the query, and he
// gets nothing of it.
func (r *Resolver) within(ctx context.Context, next func(context.Context) graphql.ResponseHandler, present graphql.ErrorPresenterFunc) graphql.ResponseHandler {
	limited, stop := context.WithTimeout(ctx, queryWithin)
	var once, isOver atomic.Bool
	forget := r.Auth.OnEnd(ctx, func() { isOver.Store(true); stop() })
	answer := next(limited)
	return func(ctx context.Context) *graphql.Response {
		defer stop()
		defer forget()
		if once.Swap(true) {
			return nil
		}
		response := answer(ctx)
		if isOver.Load() {
			return &graphql.Response{Errors: gqlerror.List{present(ctx, errs.New(errs.Unauthenticated, "Your session has ended. Sign in again."))}}
		}
		return response
	}
}
