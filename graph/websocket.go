package graph

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/coder/websocket"

	"writ/server/auth"
	"writ/server/errs"
	"writ/server/permit"
)

// closeForbidden ends a connection whose token is not valid (any more). graphql-ws clients connect again, with a new token.
const closeForbidden = 4403

// closeTryAgain ends a connection that cannot be signed in because the database is away. graphql-ws clients connect again by themselves.
const closeTryAgain = int(websocket.StatusTryAgainLater)

// How a websocket lives.
const (
	initWithin = 10 * time.Second // connection_init must come within this
	pingEvery  = 25 * time.Second // keeps proxies from closing an idle one; without a pong it is closed after twice as long
)

// overWebsocket carries any operations (graphql-transport-ws). connection_init brings {"authorization": "Bearer ..."}; the connection
// ends with its access token.
func overWebsocket(a *auth.Service, origins []string, log *slog.Logger) transport.Websocket {
	limit := int64(maxBody)
	return transport.Websocket{
		Implementation: expiring{transport.CoderWebsocketImplementation{
			AcceptOptions: websocket.AcceptOptions{OriginPatterns: origins},
		}},
		InitTimeout:      initWithin,
		PingPongInterval: pingEvery,
		PayloadReadLimit: &limit,
		InitFunc: func(ctx context.Context, payload transport.InitPayload) (context.Context, *transport.InitPayload, error) {
			signedIn, err := a.Authenticate(ctx, payload.Authorization())
			if errs.As(err) == nil && err != nil {
				log.WarnContext(ctx, "cannot recognise a caller", "error", err)
				ctx = transport.AppendCloseReason(transport.WithWebsocketCloseCode(ctx, closeTryAgain), "Try again later")
				return ctx, nil, err
			}
			if err != nil {
				ctx = transport.AppendCloseReason(transport.WithWebsocketCloseCode(ctx, closeForbidden), "Forbidden")
				return ctx, nil, err
			}
			end, _ := auth.Expires(signedIn)
			left := a.Left(end)
			if ends, ok := ctx.Value(endsKey{}).(*ends); ok {
				ends.at.Store(time.Now().Add(left).UnixNano())
			}
			// The transport cancels the context when the connection is gone; a timer of its own would outlive it.
			limited, stop := context.WithTimeout(signedIn, left)
			forget := a.OnEnd(signedIn, func() {
				if ends, ok := ctx.Value(endsKey{}).(*ends); ok {
					ends.at.Store(time.Now().UnixNano())
				}
				stop()
			})
			context.AfterFunc(ctx, func() { forget(); stop() })
			return limited, nil, nil
		},
		ErrorFunc: func(ctx context.Context, err error) {
			var e transport.WebsocketError
			if errors.As(err, &e) && !errors.Is(e.Err, io.EOF) && websocket.CloseStatus(e.Err) == -1 {
				log.DebugContext(ctx, "a websocket broke", "error", err)
			}
		},
	}
}

// closeRestart ends a connection whose process ends. graphql-ws clients connect again by themselves.
const closeRestart = int(websocket.StatusServiceRestart)

// ends is what belongs to one connection: a websocket, or an event stream.
type ends struct {
	at      atomic.Int64 // when its token expires, in Unix nanoseconds; zero: not signed in yet
	open    atomic.Int64 // operations that run on it
	running atomic.Int64 // those of them that are queries or mutations

	cut        context.CancelFunc // ends its context
	restarting atomic.Bool        // it is given up: the client has to come again, here or elsewhere
	conn       atomic.Pointer[expiringConn]
}

// lookAgain is how often a connection that is given up looks whether its answers are out.
const lookAgain = 5 * time.Millisecond

// restart gives the connection up, once what was asked on it is answered. Its subscriptions are not said to be over: they go on where the client connects next.
func (e *ends) restart() {
	if e.restarting.Swap(true) {
		return
	}
	go func() {
		for e.running.Load() > 0 { // bounded by the limits of the operations, and of the process
			time.Sleep(lookAgain)
		}
		e.cut()
		if c := e.conn.Load(); c != nil && e.at.Load() == 0 { // nobody watches the context before the sign-in
			_ = c.WriteClose(closeRestart, restarted)
		}
	}()
}

// restarted is what a client is told.
const restarted = "Service restart"

// lost is Feed.Lost.
func lost(ctx context.Context) bool {
	e, ok := ctx.Value(endsKey{}).(*ends)
	if ok {
		e.restart()
	}
	return ok
}

type endsKey struct{}

// withEnds prepares a request that may become a websocket: InitFunc writes the end, the connection reads it. One that does not say which page it comes
// from is refused, unless it brings a valid access token as a header and no cookie, which no page can do.
func withEnds(ending context.Context, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" {
			if r.Header.Get("Origin") == "" && (permit.From(r.Context()) == nil || r.Header.Get("Cookie") != "") {
				refuse(w, typeJSON, http.StatusForbidden, errs.New(errs.Forbidden,
					"A websocket must say where it comes from: send the header Origin with the address of this server, or an access token in the header Authorization of the first request."))
				return
			}
			ctx, cut := context.WithCancel(r.Context())
			defer cut()
			e := &ends{cut: cut}
			defer context.AfterFunc(ending, e.restart)()
			r = r.WithContext(context.WithValue(ctx, endsKey{}, e))
		}
		next.ServeHTTP(w, r)
	})
}

// expiring makes connections that say 4403 instead of 1000 when it was the token that ended them, and 1012 when it was the process.
type expiring struct {
	transport.CoderWebsocketImplementation
}

func (e expiring) Accept(w http.ResponseWriter, r *http.Request, o transport.WebsocketAcceptOptions) (transport.WebsocketConn, error) {
	conn, err := e.CoderWebsocketImplementation.Accept(w, r, o)
	if err != nil {
		return nil, err
	}
	full, ok := conn.(fullConn)
	ends, known := r.Context().Value(endsKey{}).(*ends)
	if !ok || !known {
		return conn, nil
	}
	out := &expiringConn{fullConn: full, ends: ends}
	ends.conn.Store(out)
	return out, nil
}

type fullConn interface {
	transport.WebsocketConn
	transport.WebsocketReadLimiter
	transport.WebsocketReadDeadliner
}

type expiringConn struct {
	fullConn
	ends *ends
}

// NextReader gives the next message after a look at it; one that would take too much memory ends the connection.
func (c *expiringConn) NextReader() (int, io.Reader, error) {
	kind, from, err := c.fullConn.NextReader()
	if err != nil {
		return kind, nil, err
	}
	raw, err := readAll(from, -1)
	if err == nil {
		err = checkJSON(raw)
	}
	return kind, bytes.NewReader(raw), err
}

func (c *expiringConn) WriteClose(code int, message string) error {
	if at := c.ends.at.Load(); code == transport.WebsocketCloseNormalClosure && at != 0 && time.Now().UnixNano() >= at {
		code, message = closeForbidden, "Forbidden"
	}
	if code == transport.WebsocketCloseNormalClosure && c.ends.restarting.Load() {
		code, message = closeRestart, restarted
	}
	return c.fullConn.WriteClose(code, message)
}
