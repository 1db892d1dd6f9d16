package graph

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/coder/websocket"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"writ/server/auth"
	"writ/server/errs"
	"writ/server/permit"
)

// protocol is the only one spoken here.
const protocol = "graphql-transport-ws"

// Why a connection ends. Clients of the protocol (graphql-ws) connect again after closeForbidden, with a new token, and after the two that say so.
const (
	closeRestart     = websocket.StatusServiceRestart // the process ends, or cannot go on with a subscription: come again with your cursor
	closeTryAgain    = websocket.StatusTryAgainLater  // the database is away at the sign-in, or the client reads too slowly
	closeTooLarge    = websocket.StatusMessageTooBig
	closeInvalid     = websocket.StatusCode(4400)
	closeUnsigned    = websocket.StatusCode(4401) // subscribes before connection_init
	closeForbidden   = websocket.StatusCode(4403) // the token is not valid, or not any more
	closeLate        = websocket.StatusCode(4408)
	closeTwice       = websocket.StatusCode(4409) // an operation has this id already
	closeInitialised = websocket.StatusCode(4429)
)

// How a websocket lives.
const (
	initWithin = 10 * time.Second // connection_init must come within this
	pingEvery  = 25 * time.Second // keeps proxies from closing an idle one; who says nothing for twice as long is gone
	maxWaiting = 1 << 20          // bytes that may wait for a client; whoever is told more than twice as much at once is dropped
	manyWait   = 64 << 20         // bytes that wait for all clients: when it is more, whoever is behind by a little is dropped
	fewWaiting = 16 << 10         // that little
)

// Of each connection: messages of clients are short, and what is pushed to them goes out in one piece.
const (
	readBuffer  = 512
	writeBuffer = 1 << 10
)

// overWebsocket carries any operations (graphql-transport-ws). connection_init brings {"authorization": "Bearer ..."}; the connection ends with its
// access token. An idle connection is one goroutine that reads; another one writes as long as there is something to write.
type overWebsocket struct {
	auth    *auth.Service
	bounds  *bounds
	origins []string
	log     *slog.Logger
	present graphql.ErrorPresenterFunc
	ending  context.Context
	hold    func(ctx context.Context) (release func())
	groups  *groups
	waiting atomic.Int64 // bytes, on all connections
}

// Supports implements graphql.Transport.
func (t *overWebsocket) Supports(r *http.Request) bool { return r.Header.Get("Upgrade") != "" }

// Do implements graphql.Transport. It returns at once: the request is over, the connection goes on.
func (t *overWebsocket) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	conn, err := websocket.Accept(frugal{w}, r, &websocket.AcceptOptions{OriginPatterns: t.origins, Subprotocols: []string{protocol}})
	if err != nil { // it has answered
		t.log.DebugContext(r.Context(), "a websocket was refused", "error", err)
		return
	}
	conn.SetReadLimit(maxBody)
	s := &socket{t: t, exec: exec, conn: conn, active: map[string]context.CancelFunc{}, release: t.hold(r.Context())}
	s.space.L = &s.mu
	s.ends.cut = func() { s.shut(closeRestart, "Service restart") }
	// Nothing of the request is kept but its number: it would take more memory than the rest of the connection.
	ctx := context.WithValue(context.Background(), middleware.RequestIDKey, middleware.GetReqID(r.Context()))
	s.ctx, s.cancel = context.WithCancel(context.WithValue(ctx, endsKey{}, &s.ends))
	s.later = append(s.later, context.AfterFunc(t.ending, s.restart))
	if conn.Subprotocol() != protocol {
		s.shut(closeInvalid, "Speak "+protocol)
	}
	go s.run()
}

// frugal hands the connection over with small buffers.
type frugal struct{ http.ResponseWriter }

// Hijack implements http.Hijacker.
func (f frugal) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, from, err := http.NewResponseController(f.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	there, _ := from.Reader.Peek(from.Reader.Buffered()) // never more than is buffered
	there = bytes.Clone(there)
	reader := bufio.NewReaderSize(io.MultiReader(bytes.NewReader(there), conn), max(readBuffer, len(there)))
	if len(there) > 0 {
		_, _ = reader.Peek(len(there)) // what is buffered goes on, the rest is read from the connection
	}
	return conn, bufio.NewReadWriter(reader, bufio.NewWriterSize(conn, writeBuffer)), nil
}

// message is one of the protocol.
type message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// socket is one connection.
type socket struct {
	ends
	t       *overWebsocket
	exec    graphql.GraphExecutor
	conn    *websocket.Conn
	ctx     context.Context // ends with the connection; of whoever signed in, after connection_init
	cancel  context.CancelFunc
	release func()
	heard   atomic.Int64 // when the client last said something, in Unix nanoseconds

	mu       sync.Mutex
	space    sync.Cond // somebody may wait until less waits for the client
	waiting  [][]byte  // messages to write
	size     int       // of waiting
	writing  bool
	code     websocket.StatusCode // how it ends once all is written; 0: it goes on
	reason   string
	signedIn bool
	active   map[string]context.CancelFunc // operations by their id
	later    []func() bool                 // timers and the like that go with the connection
}

// run reads until the connection is over.
func (s *socket) run() {
	defer s.over()
	late := time.AfterFunc(initWithin, func() {
		if !s.isSignedIn() {
			s.shut(closeLate, "Connection initialisation timeout")
		}
	})
	defer late.Stop()
	for {
		_, raw, err := s.conn.Read(context.Background())
		if err != nil {
			return
		}
		s.heard.Store(time.Now().UnixNano())
		if err := checkJSON(raw); err != nil {
			s.shut(closeTooLarge, "Too large")
			return
		}
		var m message
		if err := json.Unmarshal(raw, &m); err != nil {
			s.shut(closeInvalid, "Invalid message")
			return
		}
		if !s.take(m) {
			return
		}
	}
}

// take does what a message asks for. false: nothing more is read.
func (s *socket) take(m message) bool {
	switch m.Type {
	case "connection_init":
		if s.isSignedIn() {
			return s.shut(closeInitialised, "Too many initialisation requests")
		}
		return s.signIn(m.Payload)
	case "ping":
		s.say(message{Type: "pong", Payload: m.Payload})
	case "pong":
	case "subscribe":
		if !s.isSignedIn() {
			return s.shut(closeUnsigned, "Unauthorized")
		}
		return s.begin(m)
	case "complete":
		s.mu.Lock()
		stop := s.active[m.ID]
		s.mu.Unlock()
		if stop != nil {
			stop()
		}
	default:
		return s.shut(closeInvalid, "Invalid message")
	}
	return true
}

func (s *socket) isSignedIn() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.signedIn
}

// signIn reads connection_init.
func (s *socket) signIn(payload json.RawMessage) bool {
	var init transport.InitPayload
	if len(payload) > 0 && json.Unmarshal(payload, &init) != nil {
		return s.shut(closeInvalid, "Invalid message")
	}
	ctx, err := s.t.auth.Authenticate(s.ctx, init.Authorization())
	switch {
	case err != nil && errs.As(err) == nil:
		s.t.log.WarnContext(ctx, "cannot recognise a caller", "error", err)
		return s.shut(closeTryAgain, "Try again later")
	case err != nil:
		return s.shut(closeForbidden, "Forbidden")
	}
	forbid := func() { s.shut(closeForbidden, "Forbidden") }
	end, _ := auth.Expires(ctx)
	expires := time.AfterFunc(s.t.auth.Left(end), forbid)
	forget := s.t.auth.OnEnd(ctx, forbid)
	var ping *time.Timer
	ping = time.AfterFunc(pingEvery, func() {
		if time.Since(time.Unix(0, s.heard.Load())) > 2*pingEvery {
			_ = s.conn.CloseNow() // who does not hear would not hear that either
			return
		}
		s.say(message{Type: "ping"})
		ping.Reset(pingEvery)
	})
	s.mu.Lock()
	s.later = append(s.later, expires.Stop, ping.Stop, func() bool { forget(); return true })
	s.ctx, s.signedIn = ctx, true
	s.mu.Unlock()
	s.say(message{Type: "connection_ack"})
	return true
}

// begin starts an operation. false: nothing more is read.
func (s *socket) begin(m message) bool {
	s.mu.Lock()
	_, twice := s.active[m.ID]
	s.mu.Unlock()
	if twice {
		return s.shut(closeTwice, "Subscriber for "+cut(m.ID)+" already exists")
	}
	start := graphql.Now()
	params := &graphql.RawParams{}
	if err := decode(m.Payload, params, "The operation"); err != nil {
		s.fail(m.ID, gqlerror.List{s.t.present(s.ctx, err)})
		return true
	}
	params.ReadTime = graphql.TraceTiming{Start: start, End: graphql.Now()}
	traced := graphql.StartOperationTrace(s.ctx)
	op, faults := s.exec.CreateOperationContext(traced, params)
	if faults != nil {
		answer := s.exec.DispatchError(graphql.WithOperationContext(traced, op), faults)
		if errcode.GetErrorKind(faults) == errcode.KindProtocol {
			s.fail(m.ID, answer.Errors)
			return true
		}
		s.next(m.ID, &graphql.Response{Errors: faults})
		s.say(message{ID: m.ID, Type: "complete"})
		return true
	}
	ctx, stop := context.WithCancel(s.ctx)
	s.mu.Lock()
	s.active[m.ID] = stop
	s.mu.Unlock()
	if op.Operation.Operation == ast.Subscription && isShared(op) {
		go s.t.groups.join(ctx, s, m.ID, op)
	} else {
		go s.answer(ctx, m.ID, op)
	}
	return true
}

// cut keeps a reason within what a close may say.
func cut(text string) string {
	if len(text) > 60 {
		return text[:60]
	}
	return text
}

// answer runs an operation of its own to its end.
func (s *socket) answer(ctx context.Context, id string, op *graphql.OperationContext) {
	why := &failure{}
	ctx = context.WithValue(ctx, failureKey{}, why)
	defer func() {
		if r := recover(); r != nil {
			why.set(s.t.present(ctx, op.Recover(ctx, r)))
		}
		s.finish(id, why.get())
	}()
	responses, ctx := s.exec.DispatchOperation(ctx, op)
	for response := responses(ctx); response != nil; response = responses(ctx) {
		s.next(id, response)
	}
}

// finish says that an operation is over, and why when it is too early.
func (s *socket) finish(id string, why gqlerror.List) {
	switch {
	case len(why) > 0:
		s.fail(id, why)
	case s.ctx.Err() == nil: // the end of the connection is not the end of its subscriptions
		s.say(message{ID: id, Type: "complete"})
	}
	s.mu.Lock()
	stop := s.active[id]
	delete(s.active, id)
	s.mu.Unlock()
	if stop != nil {
		stop()
	}
}

// next answers an operation; it waits while much waits for the client already.
func (s *socket) next(id string, response *graphql.Response) {
	payload, err := json.Marshal(response)
	if err != nil {
		panic(err) // made of JSON
	}
	s.mu.Lock()
	for s.size > maxWaiting && s.code == 0 {
		s.space.Wait()
	}
	s.mu.Unlock()
	s.push(frameOf(prefixOf(id), payload))
}

func (s *socket) fail(id string, list gqlerror.List) {
	payload, err := json.Marshal(list)
	if err != nil {
		panic(err) // texts
	}
	s.say(message{ID: id, Type: "error", Payload: payload})
}

func (s *socket) say(m message) {
	raw, err := json.Marshal(m)
	if err != nil {
		panic(err) // made of JSON
	}
	s.push(raw)
}

// prefixOf is how answers to an operation begin; see frameOf.
func prefixOf(id string) []byte {
	raw, err := json.Marshal(id)
	if err != nil {
		panic(err) // a text
	}
	return append(append([]byte(`{"id":`), raw...), `,"type":"next","payload":`...)
}

// frameOf is an answer to an operation.
func frameOf(prefix, payload []byte) []byte {
	out := make([]byte, 0, len(prefix)+len(payload)+1)
	return append(append(append(out, prefix...), payload...), '}')
}

// push lets a message wait to be written. It never waits itself: a client who reads too slowly for what comes is told so and dropped.
func (s *socket) push(frame []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.code != 0 {
		return
	}
	if len(s.waiting) > 1 && (s.size > 2*maxWaiting || s.size > fewWaiting && s.t.waiting.Load() > manyWait) {
		s.t.waiting.Add(-int64(s.size))
		s.waiting, s.size = nil, 0
		s.end(closeTryAgain, "You read too slowly: come again with your cursor")
		return
	}
	s.waiting, s.size = append(s.waiting, frame), s.size+len(frame)
	s.t.waiting.Add(int64(len(frame)))
	s.write()
}

// shut ends the connection once all is written that waits. It gives false, for those who read no more then.
func (s *socket) shut(code websocket.StatusCode, reason string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end(code, reason)
	return false
}

// end is shut, under the lock.
func (s *socket) end(code websocket.StatusCode, reason string) {
	if s.code == 0 {
		s.code, s.reason = code, reason
		s.cancel()
		s.space.Broadcast()
		s.write()
	}
}

// write makes somebody write, under the lock.
func (s *socket) write() {
	if !s.writing {
		s.writing = true
		go s.drain()
	}
}

// drain writes what waits.
func (s *socket) drain() {
	for {
		s.mu.Lock()
		list, code, reason := s.waiting, s.code, s.reason
		s.t.waiting.Add(-int64(s.size)) // they are in the hands of the system, or soon
		s.waiting, s.size = nil, 0
		s.writing = len(list) > 0 || code != 0
		s.space.Broadcast()
		s.mu.Unlock()
		for _, frame := range list {
			if s.conn.Write(context.Background(), websocket.MessageText, frame) != nil { // who stands still is given up below (httpd)
				_ = s.conn.CloseNow()
				s.drop()
				return
			}
		}
		switch {
		case len(list) > 0:
		case code != 0:
			_ = s.conn.Close(code, reason) // it waits for the client's answer, some seconds
			return
		default:
			return
		}
	}
}

// drop forgets what waits: nobody writes it any more, and nothing more is to wait.
func (s *socket) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.t.waiting.Add(-int64(s.size))
	s.waiting, s.size = nil, 0
	if s.code == 0 {
		s.code = websocket.StatusNormalClosure
	}
	s.space.Broadcast()
}

// over frees everything. The connection itself is closed by drain where something is left to be said.
func (s *socket) over() {
	if v := recover(); v != nil {
		s.t.log.ErrorContext(s.ctx, "a websocket broke", "panic", v)
	}
	s.mu.Lock()
	isShut := s.code != 0
	later := s.later
	s.later = nil
	if !isShut {
		s.code = websocket.StatusNormalClosure
	}
	s.space.Broadcast()
	s.mu.Unlock()
	for _, stop := range later {
		stop()
	}
	s.cancel()
	if !isShut {
		_ = s.conn.CloseNow()
	}
	s.release()
}

// failure is why an operation ends before its time.
type failure struct {
	mu   sync.Mutex
	list gqlerror.List
}

type failureKey struct{}

func (f *failure) set(err *gqlerror.Error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, err)
}

func (f *failure) get() gqlerror.List {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.list
}

// ends is what belongs to one connection: a websocket, or an event stream.
type ends struct {
	open       atomic.Int64 // operations that run on it
	running    atomic.Int64 // those of them that are queries or mutations
	restarting atomic.Bool  // it is given up: the client has to come again, here or elsewhere
	cut        func()       // ends it
}

type endsKey struct{}

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
	}()
}

// lost is Feed.Lost.
func lost(ctx context.Context) bool {
	if g, ok := ctx.Value(groupKey{}).(*group); ok {
		g.restart()
		return true
	}
	e, ok := ctx.Value(endsKey{}).(*ends)
	if ok {
		e.restart()
	}
	return ok
}

// fromPages refuses websockets that do not say which page they come from, unless they bring a valid access token as a header and no cookie, which no
// page can do.
func fromPages(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" && r.Header.Get("Origin") == "" && (permit.From(r.Context()) == nil || r.Header.Get("Cookie") != "") {
			refuse(w, typeJSON, http.StatusForbidden, errs.New(errs.Forbidden,
				"A websocket must say where it comes from: send the header Origin with the address of this server, or an access token in the header Authorization of the first request."))
			return
		}
		next.ServeHTTP(w, r)
	})
}
