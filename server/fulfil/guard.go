package fulfil

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
	"golang.org/x/time/rate"

	"writ/server/errs"
)

// Guard puts the frame around a connector: rate, concurrency, circuit breaker, timeouts and panics (design 8). The result can do what the
// connector can do and nothing more.
//
// What the frame adds to the outcomes of Apply:
//
//	Throttled    no place within CallTimeout, because of the rate or because other calls hold all places; not sent
//	Unreachable  the breaker is open: the last connections all failed; not sent; RetryAfter says when the next one is tried
//	Unknown      the connector did not answer within CallTimeout, or panicked. It may have sent the change
//
// A connector that hangs in spite of its ended context keeps its place until it returns, so that a dead target cannot collect calls
// without end.
func Guard(name string, o *Opened, l Limits) *Opened {
	l = l.withDefaults()
	g := &guard{inner: *o, name: name, limits: l, places: make(chan struct{}, l.Concurrency), opened: new(atomic.Int64)}
	if l.PerSecond > 0 {
		g.rate = rate.NewLimiter(rate.Limit(l.PerSecond), max(1, int(l.PerSecond)))
	}
	g.breaker = gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
		Name: name, Timeout: l.BreakerPause,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= uint32(l.BreakerFailures) },
		IsExcluded:  func(err error) bool { return errors.Is(err, errNoVerdict) },
		OnStateChange: func(_ string, _, to gobreaker.State) {
			if to == gobreaker.StateOpen {
				g.opened.Store(time.Now().UnixNano())
			}
		},
	})
	return g.framed()
}

// Health is what the frame knows about a guarded connector; a guarded connector implements interface{ Health() Health }.
type Health struct {
	Breaker  string // closed, open, half-open
	InFlight int    // calls that hold a place now
}

// The machine's clock runs the waits below and not the product's: they protect real sockets, and moving the product's clock in a test must
// neither fire nor stretch them.
type guard struct {
	inner   Opened
	name    string
	limits  Limits
	rate    *rate.Limiter // nil: no limit
	places  chan struct{}
	breaker *gobreaker.CircuitBreaker[struct{}]
	opened  *atomic.Int64 // when the breaker opened last, in ns
	release func()        // lent by a Pool: closing gives it back instead
}

type (
	guardedExporter  struct{ *guard }
	guardedApplier   struct{ *guard }
	guardedExchanger struct{ *guard }
	guardedReader    struct{ *guard }
	guardedWatcher   struct{ *guard }
	guardedStamper   struct{ *guard }
	guardedExplainer struct{ *guard }
	guardedTracker   struct{ *guard }
)

// framed gives the guard the abilities of its connector.
func (g *guard) framed() *Opened {
	o := &Opened{Connector: g, IsBlind: g.inner.IsBlind}
	if g.inner.Exporter != nil {
		o.Exporter = guardedExporter{g}
	}
	if g.inner.Applier != nil {
		o.Applier = guardedApplier{g}
	}
	if g.inner.Exchanger != nil {
		o.Exchanger = guardedExchanger{g}
	}
	if g.inner.Reader != nil {
		o.Reader = guardedReader{g}
	}
	if g.inner.Watcher != nil {
		o.Watcher = guardedWatcher{g}
	}
	if g.inner.Stamper != nil {
		o.Stamper = guardedStamper{g}
	}
	if g.inner.Explainer != nil {
		o.Explainer = guardedExplainer{g}
	}
	if g.inner.Tracker != nil {
		o.Tracker = guardedTracker{g}
	}
	return o
}

// Health implements interface{ Health() Health }.
func (g *guard) Health() Health {
	return Health{Breaker: g.breaker.State().String(), InFlight: len(g.places)}
}

// Close closes the connector, or gives it back to the Pool it was lent by.
func (g *guard) Close() error {
	if g.release != nil {
		g.release()
		return nil
	}
	return g.inner.Close()
}

// lent is the same guarded connector with the same limits and breaker, whose Close only gives it back.
func (g *guard) lent(release func()) *Opened {
	c := *g
	c.release = release
	return c.framed()
}

// Check asks the connector past the breaker: whoever asks wants to know how it is now.
func (g *guard) Check(ctx context.Context) error {
	_, err := within(ctx, g, nil, func(ctx context.Context) (struct{}, error) { return struct{}{}, g.inner.Check(ctx) })
	return err
}

func (g guardedWatcher) Token(ctx context.Context) (string, error) {
	return within(ctx, g.guard, nil, g.inner.Watcher.Token)
}

func (g guardedStamper) Stamps(ctx context.Context) (map[string]string, error) {
	return within(ctx, g.guard, nil, g.inner.Stamper.Stamps)
}

// Explains only computes: nothing is to be guarded.
func (g guardedExplainer) Explains(from, to string, effects []string) bool {
	return g.inner.Explainer.Explains(from, to, effects)
}

func (g guardedTracker) Cookies(ctx context.Context) (map[string]string, error) {
	return within(ctx, g.guard, nil, g.inner.Tracker.Cookies)
}

// Since takes what holds no values, or is more than was asked for, as if it could not be told: the table is read, where each row has its place.
func (g guardedTracker) Since(ctx context.Context, table, cookie string, most int) (*Delta, error) {
	d, err := within(ctx, g.guard, nil, func(ctx context.Context) (*Delta, error) { return g.inner.Tracker.Since(ctx, table, cookie, most) })
	if err != nil || d == nil || len(d.Rows)+len(d.Gone) > most || slices.ContainsFunc(d.Rows, func(r Row) bool { return untyped(r) != "" }) {
		return nil, err
	}
	return d, nil
}

func (g guardedExporter) Schema(ctx context.Context) ([]Table, error) {
	return within(ctx, g.guard, nil, g.inner.Exporter.Schema)
}

// errNoVerdict: the call says nothing about whether the target can be reached.
var errNoVerdict = errors.New("no verdict")

// errUnreachable: the call says that it cannot.
var errUnreachable = errors.New("unreachable")

// enter waits for the rate and for a place, and asks the breaker. nil leaves the caller with a place, which leave gives back.
func (g *guard) enter(ctx context.Context) *Receipt {
	if g.breaker.State() == gobreaker.StateOpen {
		return g.paused()
	}
	ctx, cancel := context.WithTimeout(ctx, g.limits.CallTimeout)
	defer cancel()
	if g.rate != nil {
		if err := g.rate.Wait(ctx); err != nil {
			return &Receipt{Outcome: Throttled, RetryAfter: time.Second, Message: fmt.Sprintf("The limit of %g calls per second of %s is used up.", g.limits.PerSecond, g.name)}
		}
	}
	select {
	case g.places <- struct{}{}:
		return nil
	default:
	}
	select {
	case g.places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return &Receipt{
			Outcome: Throttled, RetryAfter: time.Second,
			Message: fmt.Sprintf("All %d places for calls to %s are taken.", g.limits.Concurrency, g.name),
			Hint:    "Look whether the target hangs, or raise limit.concurrency.",
		}
	}
}

func (g *guard) leave() { <-g.places }

func (g *guard) paused() *Receipt {
	wait := max(g.limits.BreakerPause-time.Since(time.Unix(0, g.opened.Load())), time.Second)
	return &Receipt{
		Outcome: Unreachable, RetryAfter: wait,
		Message: fmt.Sprintf("%s could not be reached %d times in a row; calls to it pause for %s.", g.name, g.limits.BreakerFailures, wait.Round(time.Second)),
		Hint:    "Check the connection.",
	}
}

// Apply sends one change through the frame.
func (g guardedApplier) Apply(ctx context.Context, c Change) Receipt {
	return g.send(ctx, 1, func(ctx context.Context) []Receipt { return []Receipt{g.inner.Applier.Apply(ctx, c)} })[0]
}

// ApplyTogether sends changes that only go together through the frame, as one call.
func (g guardedExchanger) ApplyTogether(ctx context.Context, changes []Change) []Receipt {
	return g.send(ctx, len(changes), func(ctx context.Context) []Receipt { return g.inner.Exchanger.ApplyTogether(ctx, changes) })
}

// CannotExchange is the answer of a system whose changes can be made one by one only.
var CannotExchange = Receipt{Outcome: Conflict, Message: "These changes take each other's values, and this system cannot make them in one step.",
	Hint: "Give one of the targets another value in the managed system and synchronize, then send all of them again; or decline."}

// send is one call with n receipts.
func (g *guard) send(ctx context.Context, n int, call func(context.Context) []Receipt) []Receipt {
	if no := g.enter(ctx); no != nil {
		return slices.Repeat([]Receipt{*no}, n)
	}
	var receipts []Receipt
	_, err := g.breaker.Execute(func() (struct{}, error) {
		receipts = g.answers(ctx, n, call)
		for _, r := range receipts {
			switch r.Outcome {
			case Unreachable:
				return struct{}{}, errUnreachable
			case Unknown, Throttled:
				return struct{}{}, errNoVerdict
			}
		}
		return struct{}{}, nil
	})
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) { // not called
		g.leave()
		return slices.Repeat([]Receipt{*g.paused()}, n)
	}
	return receipts
}

func (g *guard) answers(ctx context.Context, n int, call func(context.Context) []Receipt) []Receipt {
	receipts, err := within(ctx, g, g.leave, func(ctx context.Context) ([]Receipt, error) { return call(ctx), nil })
	if err == nil && len(receipts) != n {
		err = errs.New(errs.Unavailable, "The connector of %s gave %d answers to %d changes.", g.name, len(receipts), n)
	}
	if err != nil {
		hint := "Read the target back before the change is repeated."
		return slices.Repeat([]Receipt{{Outcome: Unknown, Message: errs.As(err).Message, Hint: hint}}, n)
	}
	for i, r := range receipts {
		switch r.Outcome {
		case Done, AlreadySo, TicketOpened, NotFound, Conflict, Refused, Unreachable, Throttled, Unknown:
		default:
			receipts[i] = Receipt{Outcome: Unknown, Message: fmt.Sprintf("The connector of %s answered with the outcome %q, which is none.", g.name, r.Outcome)}
		}
	}
	return receipts
}

// Read reads one target through the frame. Unavailable when the frame did not let it through.
func (g guardedReader) Read(ctx context.Context, table, keyColumn, key string) (Row, bool, error) {
	type answer struct {
		row   Row
		found bool
	}
	if no := g.enter(ctx); no != nil {
		return nil, false, errs.New(errs.Unavailable, "%s", no.Message)
	}
	var a answer
	var readErr error
	_, err := g.breaker.Execute(func() (struct{}, error) {
		a, readErr = within(ctx, g.guard, g.leave, func(ctx context.Context) (answer, error) {
			row, found, err := g.inner.Reader.Read(ctx, table, keyColumn, key)
			if column := untyped(row); err == nil && column != "" {
				err = errs.New(errs.Unavailable, "The connector of %s gave a %T in column %s, which is no value.", g.name, row[column], column)
			}
			return answer{row, found}, err
		})
		switch {
		case ctx.Err() != nil:
			return struct{}{}, errNoVerdict
		case errs.Is(readErr, errs.Unavailable):
			return struct{}{}, errUnreachable
		}
		return struct{}{}, nil
	})
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		g.leave()
		return nil, false, errs.New(errs.Unavailable, "%s", g.paused().Message)
	}
	return a.row, a.found, readErr
}

// typed sets an entry aside that holds what is no Value: whoever reads it must be able to rely on the types.
func (g *guard) typed(e *Entry) {
	if column := untyped(e.Row); column != "" {
		e.Fault = &Fault{Column: column, Why: fmt.Sprintf("the connector gave a %T, which is no value", e.Row[column])}
		delete(e.Row, column)
	}
}

// untyped gives a column that holds what is no Value; "" when there is none.
func untyped(row Row) string {
	for column, value := range row {
		if !IsValue(value) {
			return column
		}
	}
	return ""
}

// grace is how long a connector gets to answer after its context ended: its own words are better than ours.
func (g *guard) grace() time.Duration { return min(g.limits.CallTimeout/4, 2*time.Second) }

// within calls fn in a goroutine of its own and waits for it no longer than CallTimeout and a grace. leave, when there is one, is called when
// fn has really returned. A panic and silence become Unavailable.
func within[T any](ctx context.Context, g *guard, leave func(), fn func(context.Context) (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	limited, cancel := context.WithTimeout(ctx, g.limits.CallTimeout)
	answered := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			if p := recover(); p != nil {
				r.err = g.panicked(p)
			}
			cancel()
			if leave != nil {
				leave()
			}
			answered <- r
		}()
		r.value, r.err = fn(limited)
	}()
	select {
	case r := <-answered:
		return r.value, r.err
	case <-limited.Done():
	}
	patience := time.NewTimer(g.grace())
	defer patience.Stop()
	select {
	case r := <-answered:
		return r.value, r.err
	case <-patience.C:
		var none T
		return none, errs.New(errs.Unavailable, "%s did not answer within %s.", g.name, g.limits.CallTimeout)
	}
}

func (g *guard) panicked(p any) error {
	return errs.New(errs.Unavailable, "The connector of %s failed inside: %v.", g.name, p).Because(fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
}

// Export streams entries through the frame: a panic or a row that does not come within CallTimeout ends them with Unavailable. An export takes
// no place and no rate: one long read must not hold changes up.
func (g guardedExporter) Export(ctx context.Context, table string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		rows := g.produce(ctx, table)
		patience := time.NewTimer(g.limits.CallTimeout)
		defer patience.Stop()
		for {
			var item exported
			select {
			case item = <-rows: // the usual case, without touching the timer
			default:
				patience.Reset(g.limits.CallTimeout)
				select {
				case item = <-rows:
				case <-ctx.Done():
					yield(Entry{}, ctx.Err())
					return
				case <-patience.C:
					yield(Entry{}, errs.New(errs.Unavailable, "%s sent no row within %s; the read is not complete.", g.name, g.limits.CallTimeout))
					return
				}
			}
			if item.end {
				return
			}
			if !yield(item.entry, item.err) || item.err != nil {
				return
			}
		}
	}
}

// exported is a row, an error, or the end. A value that says so and not a closed channel: a goroutine that dies must not look like an end.
type exported struct {
	entry Entry
	err   error
	end   bool
}

func (g guardedExporter) produce(ctx context.Context, table string) <-chan exported {
	rows := make(chan exported, 256)
	send := func(item exported) bool {
		select {
		case rows <- item:
			return true
		case <-ctx.Done():
			return false
		}
	}
	go func() {
		defer func() {
			if p := recover(); p != nil {
				send(exported{err: g.panicked(p)})
			}
		}()
		for entry, err := range g.inner.Exporter.Export(ctx, table) {
			g.typed(&entry)
			if !send(exported{entry: entry, err: err}) || err != nil {
				return
			}
		}
		send(exported{end: true})
	}()
	return rows
}
