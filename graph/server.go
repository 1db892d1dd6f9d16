package graph

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"writ/graph/generated"
	"writ/graph/plain"
	"writ/server/auth"
	"writ/server/errs"
)

// Options are what the process decides about the endpoint.
type Options struct {
	Origins []string     // further hosts whose pages may open a websocket, e.g. localhost:5173; the server's own always may
	Log     *slog.Logger // where internal errors go
	// Subscriptions is how many a user may have open in this process; 0: DefaultSubscriptions.
	Subscriptions int
	// Ending ends when the process is asked to: connections with subscriptions are given up then, so that their clients go on elsewhere. nil: never.
	Ending context.Context
	// Hold tells the server of the request that its connection goes on after the answer, until release is called: it waits for that when it ends. nil:
	// nobody waits.
	Hold func(ctx context.Context) (release func())
	// Slowly writes every answer field by field, as gqlgen does, instead of straight from what a list brought (graph/plain): for comparisons.
	Slowly bool
}

// Handler serves the GraphQL endpoint: POST, GET for queries, websocket, event stream. It recognises callers itself (auth.Middleware), so
// mount it as it is, at /graphql.
func Handler(r *Resolver, o Options) http.Handler {
	r.complete()
	r.Feed.Failed = func(ctx context.Context, err error) {
		if why, ok := ctx.Value(failureKey{}).(*failure); ok { // an event stream has no way to say it: it just ends
			why.set(present(o.Log)(ctx, err))
		}
	}
	r.Feed.Lost = lost
	if o.Ending == nil {
		o.Ending = context.Background()
	}
	if o.Hold == nil {
		o.Hold = func(context.Context) func() { return func() {} }
	}
	s := handler.New(generated.NewExecutableSchema(generated.Config{Resolvers: r}))
	b := &bounds{limit: cmp.Or(o.Subscriptions, DefaultSubscriptions)}
	sockets := &overWebsocket{auth: r.Auth, bounds: b, origins: o.Origins, log: o.Log, present: present(o.Log), ending: o.Ending, hold: o.Hold}
	sockets.groups = &groups{t: sockets}
	s.AddTransport(sockets)
	s.AddTransport(overEvents{transport.SSE{KeepAlivePingInterval: 15 * time.Second}})
	s.AddTransport(overHTTP{})
	s.SetQueryCache(newDocuments(maxDocuments))
	s.SetParserTokenLimit(maxTokens)
	s.SetErrorPresenter(present(o.Log))
	s.SetRecoverFunc(recovered(o.Log))
	s.Use(&limits{})
	s.AroundOperations(r.aroundOperation(present(o.Log), b))
	if !o.Slowly {
		s.AroundOperations(func(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
			return next(plain.With(ctx))
		})
	}
	return r.Auth.Middleware(fromPages(streams(r.Auth, o.Ending, s)))
}

// aroundOperation gives every operation the rights of now, which on a websocket may be years after its start, its own loaders, and its bounds.
func (r *Resolver) aroundOperation(present graphql.ErrorPresenterFunc, b *bounds) graphql.OperationMiddleware {
	return func(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
		kind := graphql.GetOperationContext(ctx).Operation.Operation
		ctx, err := r.Auth.Renew(ctx)
		if err == nil && ctx.Value(countedKey{}) == nil {
			err = b.enter(ctx, kind, &charge{weight: ownWeight})
		}
		if s, ok := ctx.Value(streamKey{}).(*stream); ok {
			s.isSubscription.Store(kind == ast.Subscription)
		}
		if err != nil {
			return graphql.OneShot(&graphql.Response{Errors: gqlerror.List{present(ctx, err)}})
		}
		ctx = r.withLoaders(ctx)
		if kind != ast.Query {
			return next(ctx)
		}
		export, err := exportOf(graphql.GetOperationContext(ctx))
		if err != nil {
			return graphql.OneShot(&graphql.Response{Errors: gqlerror.List{present(ctx, err)}})
		}
		answer := r.within(ctx, next, present)
		if export != nil {
			answer = r.exporting(ctx, export, present, answer)
		}
		return answer
	}
}

// overEvents carries one operation as a stream of events, for callers that prefer it.
type overEvents struct{ transport.SSE }

// Supports implements graphql.Transport.
func (t overEvents) Supports(r *http.Request) bool { return WantsStream(r) && t.SSE.Supports(r) }

// stream is an event stream on its way out. One that is given up says nothing more: "complete" would tell its client that the subscription is over.
type stream struct {
	http.ResponseWriter
	*ends
	isSubscription atomic.Bool
	ctx            context.Context
	mu             sync.Mutex
	isOver         bool // its handler has returned: the server has taken the connection back
}

type streamKey struct{}

func (s *stream) isCut() bool {
	return s.restarting.Load() && s.isSubscription.Load() && s.ctx.Err() != nil
}

// Write implements http.ResponseWriter.
func (s *stream) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isOver || s.isCut() {
		return len(b), nil
	}
	return s.ResponseWriter.Write(b)
}

// Flush implements http.Flusher.
func (s *stream) Flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.isOver {
		_ = http.NewResponseController(s.ResponseWriter).Flush()
	}
}

// over takes the connection away from whoever still writes: the signs of life of a subscription come from a goroutine that may outlive its handler, and the
// server must not be written to then.
func (s *stream) over() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.isOver = true
}

// Unwrap is for http.ResponseController.
func (s *stream) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// streams prepares event streams: their body is limited, they end with their access token, and are cut when the process ends.
func streams(a *auth.Service, ending context.Context, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !WantsStream(r) {
			next.ServeHTTP(w, r)
			return
		}
		if r.Body != nil && r.Method == http.MethodPost {
			if err := checked(w, r); err != nil {
				status := http.StatusBadRequest
				if errs.Is(err, errs.TooLarge) {
					status = http.StatusRequestEntityTooLarge
				}
				refuse(w, typeJSON, status, err)
				return
			}
		}
		ctx, cut := context.WithCancel(r.Context())
		defer cut()
		s := &stream{ResponseWriter: w, ends: &ends{cut: cut}, ctx: ctx}
		defer s.over()
		defer context.AfterFunc(ending, s.restart)()
		ctx = context.WithValue(context.WithValue(ctx, streamKey{}, s), endsKey{}, s.ends)
		if end, ok := auth.Expires(ctx); ok {
			var stop context.CancelFunc
			ctx, stop = context.WithTimeout(ctx, a.Left(end))
			defer stop()
			defer a.OnEnd(ctx, stop)()
		}
		next.ServeHTTP(s, r.WithContext(ctx))
		if s.isCut() {
			panic(http.ErrAbortHandler) // the server's way to cut a connection in an answer
		}
	})
}
