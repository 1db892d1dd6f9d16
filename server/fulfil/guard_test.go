package fulfil_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"writ/server/errs"
	"writ/server/fulfil"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// conn is a connector whose every part is a function of the test.
type conn struct {
	apply  func(context.Context, fulfil.Change) fulfil.Receipt
	read   func(context.Context) (fulfil.Row, bool, error)
	export func(context.Context) iter.Seq2[fulfil.Row, error]
	check  func(context.Context) error
	closed atomic.Int32
}

func (c *conn) Check(ctx context.Context) error {
	if c.check == nil {
		return nil
	}
	return c.check(ctx)
}
func (c *conn) Close() error { c.closed.Add(1); return nil }
func (c *conn) Apply(ctx context.Context, ch fulfil.Change) fulfil.Receipt {
	return c.apply(ctx, ch)
}
func (c *conn) Read(ctx context.Context, _, _, _ string) (fulfil.Row, bool, error) {
	return c.read(ctx)
}
func (c *conn) Schema(context.Context) ([]fulfil.Table, error) { return nil, nil }
func (c *conn) Export(ctx context.Context, table string) iter.Seq2[fulfil.Entry, error] {
	return fulfil.Numbered(table, c.export(ctx))
}
func (c *conn) ApplyTogether(ctx context.Context, list []fulfil.Change) []fulfil.Receipt {
	return slices.Repeat([]fulfil.Receipt{c.apply(ctx, list[0])}, len(list))
}
func (c *conn) opened() *fulfil.Opened {
	return &fulfil.Opened{Connector: c, Exporter: c, Applier: c, Exchanger: c, Reader: c, Watcher: c}
}
func (c *conn) Token(context.Context) (string, error)              { return "t", nil }
func (c *conn) Stamps(context.Context) (map[string]string, error)  { return nil, nil }
func (c *conn) Explains(string, string, []string) bool             { return false }
func (c *conn) Cookies(context.Context) (map[string]string, error) { return nil, nil }
func (c *conn) Since(context.Context, string, string, int) (*fulfil.Delta, error) {
	return nil, nil
}

// historian is a connector that tells what the test has it tell.
type historian struct {
	*conn
	delta *fulfil.Delta
}

func (h historian) Since(context.Context, string, string, int) (*fulfil.Delta, error) {
	if h.delta == nil {
		panic("broken")
	}
	return h.delta, nil
}

// TestHistoryThroughTheFrame: what cannot be relied on is as if it had not been told, and a panic is an error.
func TestHistoryThroughTheFrame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		delta *fulfil.Delta
		given bool
	}{
		{&fulfil.Delta{Rows: []fulfil.Row{{"a": "1"}}, Gone: []string{"b"}}, true},
		{&fulfil.Delta{Rows: []fulfil.Row{{"a": 1}}}, false},
		{&fulfil.Delta{Rows: []fulfil.Row{{"a": "1"}, {"a": "2"}}, Gone: []string{"b"}}, false},
	} {
		h := historian{&conn{}, c.delta}
		g := fulfil.Guard("hr", &fulfil.Opened{Connector: h, Tracker: h}, fulfil.Limits{})
		d, err := g.Tracker.Since(t.Context(), "person", "c", 2)
		require.NoError(t, err)
		require.Equal(t, c.given, d != nil, "%+v", c.delta)
	}
	h := historian{conn: &conn{}}
	_, err := fulfil.Guard("hr", &fulfil.Opened{Connector: h, Tracker: h}, fulfil.Limits{}).Tracker.Since(t.Context(), "person", "c", 2)
	require.True(t, errs.Is(err, errs.Unavailable), "%v", err)
}

func always(o fulfil.Outcome) func(context.Context, fulfil.Change) fulfil.Receipt {
	return func(context.Context, fulfil.Change) fulfil.Receipt { return fulfil.Receipt{Outcome: o} }
}

func applier(c *fulfil.Opened) fulfil.Applier { return c.Applier }

// Every subset of the abilities survives the frame, and no ability is made up.
func TestGuardKeepsAbilities(t *testing.T) {
	t.Parallel()
	c := &conn{apply: always(fulfil.Done)}
	abilities := reflect.TypeFor[fulfil.Opened]().NumField() - 2 // the first field is the connector, the last one a fact about it
	for subset := range 1 << abilities {
		inner := &fulfil.Opened{Connector: c, IsBlind: subset&1 == 1}
		for i := range abilities {
			if subset>>i&1 == 1 {
				reflect.ValueOf(inner).Elem().Field(i + 1).Set(reflect.ValueOf(c))
			}
		}
		guarded := fulfil.Guard("hr", inner, fulfil.Limits{})
		require.Equal(t, inner.IsBlind, guarded.IsBlind)
		g := reflect.ValueOf(guarded).Elem()
		for i := range abilities {
			ability := g.Field(i + 1)
			require.Equal(t, subset>>i&1 == 1, !ability.IsNil(), "%s of subset %b", g.Type().Field(i+1).Name, subset)
			if !ability.IsNil() {
				require.False(t, ability.Interface() == any(c), "%s goes past the frame", g.Type().Field(i+1).Name)
			}
		}
	}
}

func TestBreaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		answer, calls := fulfil.Unreachable, 0
		g := applier(fulfil.Guard("hr", (&conn{apply: func(context.Context, fulfil.Change) fulfil.Receipt {
			calls++
			return fulfil.Receipt{Outcome: answer}
		}}).opened(), fulfil.Limits{BreakerFailures: 3, BreakerPause: 10 * time.Second}))
		for range 10 {
			require.Equal(t, fulfil.Unreachable, g.Apply(t.Context(), fulfil.Change{}).Outcome)
		}
		require.Equal(t, 3, calls, "an open breaker does not call")
		time.Sleep(4 * time.Second)
		r := g.Apply(t.Context(), fulfil.Change{})
		require.Equal(t, 6*time.Second, r.RetryAfter)
		require.Contains(t, r.Message, "3 times in a row")

		time.Sleep(6*time.Second + time.Millisecond)
		require.Equal(t, fulfil.Unreachable, g.Apply(t.Context(), fulfil.Change{}).Outcome)
		require.Equal(t, 4, calls, "one try after the pause")
		require.Equal(t, fulfil.Unreachable, g.Apply(t.Context(), fulfil.Change{}).Outcome)
		require.Equal(t, 4, calls, "which failed, so it pauses again")

		time.Sleep(10*time.Second + time.Millisecond)
		answer = fulfil.Done
		for range 5 {
			require.Equal(t, fulfil.Done, g.Apply(t.Context(), fulfil.Change{}).Outcome)
		}
	})
}

// Refusals and the like come from a target that is there.
func TestBreakerIgnoresAnswers(t *testing.T) {
	t.Parallel()
	for _, o := range []fulfil.Outcome{fulfil.Refused, fulfil.Conflict, fulfil.NotFound, fulfil.Throttled, fulfil.Unknown} {
		calls := 0
		g := applier(fulfil.Guard("hr", (&conn{apply: func(context.Context, fulfil.Change) fulfil.Receipt {
			calls++
			return fulfil.Receipt{Outcome: o}
		}}).opened(), fulfil.Limits{BreakerFailures: 2}))
		for range 10 {
			require.Equal(t, o, g.Apply(t.Context(), fulfil.Change{}).Outcome)
		}
		require.Equal(t, 10, calls)
	}
}

func TestBreakerCountsReads(t *testing.T) {
	t.Parallel()
	calls := 0
	g := fulfil.Guard("hr", (&conn{read: func(context.Context) (fulfil.Row, bool, error) {
		calls++
		return nil, false, errs.New(errs.Unavailable, "gone")
	}, apply: always(fulfil.Done)}).opened(), fulfil.Limits{BreakerFailures: 2})
	for range 5 {
		_, found, err := g.Reader.Read(t.Context(), "t", "k", "v")
		require.True(t, errs.Is(err, errs.Unavailable))
		require.False(t, found)
	}
	require.Equal(t, 2, calls)
	require.Equal(t, fulfil.Unreachable, applier(g).Apply(t.Context(), fulfil.Change{}).Outcome)
	require.NoError(t, g.Check(t.Context()), "a check goes past the breaker")
}

func TestRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := applier(fulfil.Guard("hr", (&conn{apply: always(fulfil.Done)}).opened(), fulfil.Limits{PerSecond: 10, CallTimeout: 30 * time.Second}))
		begin := time.Now()
		for range 110 {
			require.Equal(t, fulfil.Done, g.Apply(t.Context(), fulfil.Change{}).Outcome)
		}
		require.InDelta(t, 10, time.Since(begin).Seconds(), 0.1) // ten at once, the other hundred at ten per second
	})
}

func TestRateUsedUpIsThrottled(t *testing.T) {
	t.Parallel()
	g := applier(fulfil.Guard("hr", (&conn{apply: always(fulfil.Done)}).opened(), fulfil.Limits{PerSecond: 0.01, CallTimeout: time.Second}))
	require.Equal(t, fulfil.Done, g.Apply(t.Context(), fulfil.Change{}).Outcome)
	r := g.Apply(t.Context(), fulfil.Change{})
	require.Equal(t, fulfil.Throttled, r.Outcome)
	require.Positive(t, r.RetryAfter)
}

func TestConcurrency(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int32
	g := applier(fulfil.Guard("hr", (&conn{apply: func(context.Context, fulfil.Change) fulfil.Receipt {
		n := now.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		time.Sleep(2 * time.Millisecond)
		now.Add(-1)
		return fulfil.Receipt{Outcome: fulfil.Done}
	}}).opened(), fulfil.Limits{Concurrency: 3}))
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() {
			if r := g.Apply(t.Context(), fulfil.Change{}); r.Outcome != fulfil.Done {
				t.Errorf("%+v", r)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 3, most.Load())
}

func TestPanicIsUnknown(t *testing.T) {
	t.Parallel()
	g := fulfil.Guard("hr", (&conn{
		apply: func(context.Context, fulfil.Change) fulfil.Receipt { panic("index out of range") },
		read:  func(context.Context) (fulfil.Row, bool, error) { panic("read") },
		check: func(context.Context) error { panic("check") },
		export: func(context.Context) iter.Seq2[fulfil.Row, error] {
			return func(yield func(fulfil.Row, error) bool) { yield(fulfil.Row{}, nil); panic("export") }
		},
	}).opened(), fulfil.Limits{Concurrency: 1})
	for range 3 { // a panic gives its place back
		r := applier(g).Apply(t.Context(), fulfil.Change{})
		require.Equal(t, fulfil.Unknown, r.Outcome)
		require.Contains(t, r.Message, "index out of range")
	}
	_, _, err := g.Reader.Read(t.Context(), "t", "k", "v")
	require.Error(t, err)
	require.Error(t, g.Check(t.Context()))
	n, err := drain(t.Context(), g)
	require.Equal(t, 1, n)
	require.ErrorContains(t, err, "export")
}

func drain(ctx context.Context, c *fulfil.Opened) (n int, err error) {
	for _, e := range fulfil.Rows(c.Exporter.Export(ctx, "t")) {
		if e != nil {
			return n, e
		}
		n++
	}
	return n, nil
}

func TestNoOutcomeIsUnknown(t *testing.T) {
	t.Parallel()
	g := applier(fulfil.Guard("hr", (&conn{apply: always("")}).opened(), fulfil.Limits{}))
	require.Equal(t, fulfil.Unknown, g.Apply(t.Context(), fulfil.Change{}).Outcome)
}

// A connector that ignores its context cannot hold the caller, and keeps its place.
func TestHangIsUnknown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		g := fulfil.Guard("hr", (&conn{apply: func(context.Context, fulfil.Change) fulfil.Receipt {
			<-release
			return fulfil.Receipt{Outcome: fulfil.Done}
		}}).opened(), fulfil.Limits{CallTimeout: 4 * time.Second, Concurrency: 1})
		begin := time.Now()
		r := applier(g).Apply(t.Context(), fulfil.Change{})
		require.Equal(t, fulfil.Unknown, r.Outcome)
		require.Contains(t, r.Message, "did not answer within 4s")
		require.Equal(t, 5*time.Second, time.Since(begin))

		r = applier(g).Apply(t.Context(), fulfil.Change{})
		require.Equal(t, fulfil.Throttled, r.Outcome, "the hanging call holds the only place")
		require.Equal(t, 1, g.Connector.(interface{ Health() fulfil.Health }).Health().InFlight)

		close(release)
		synctest.Wait()
		require.Equal(t, fulfil.Done, applier(g).Apply(t.Context(), fulfil.Change{}).Outcome)
	})
}

// The connector's own words about a timeout win.
func TestTimeoutInTheConnectorsWords(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := applier(fulfil.Guard("hr", (&conn{apply: func(ctx context.Context, _ fulfil.Change) fulfil.Receipt {
			<-ctx.Done()
			return fulfil.Receipt{Outcome: fulfil.Refused, Message: "not sent"}
		}}).opened(), fulfil.Limits{CallTimeout: time.Second}))
		require.Equal(t, "not sent", g.Apply(t.Context(), fulfil.Change{}).Message)
	})
}

func rows(n int, end error) func(context.Context) iter.Seq2[fulfil.Row, error] {
	return func(ctx context.Context) iter.Seq2[fulfil.Row, error] {
		return func(yield func(fulfil.Row, error) bool) {
			for i := range n {
				if ctx.Err() != nil {
					yield(nil, ctx.Err())
					return
				}
				if !yield(fulfil.Row{"id": fmt.Sprint(i)}, nil) {
					return
				}
			}
			if end != nil {
				yield(nil, end)
			}
		}
	}
}

func TestExportThroughTheFrame(t *testing.T) {
	t.Parallel()
	n, err := drain(t.Context(), fulfil.Guard("hr", (&conn{export: rows(10_000, nil)}).opened(), fulfil.Limits{}))
	require.NoError(t, err)
	require.Equal(t, 10_000, n)

	broken := errors.New("broken")
	n, err = drain(t.Context(), fulfil.Guard("hr", (&conn{export: rows(10_000, broken)}).opened(), fulfil.Limits{}))
	require.ErrorIs(t, err, broken)
	require.Equal(t, 10_000, n)
}

// faulty is a system one of whose rows cannot be read.
type faulty struct{ *conn }

func (f faulty) Schema(context.Context) ([]fulfil.Table, error) { return nil, nil }
func (f faulty) Export(context.Context, string) iter.Seq2[fulfil.Entry, error] {
	return func(yield func(fulfil.Entry, error) bool) {
		_ = yield(fulfil.Entry{Line: 2}, nil) && yield(fulfil.Entry{Line: 3, Fault: &fulfil.Fault{Why: "bad"}}, nil) && yield(fulfil.Entry{Line: 4}, nil)
	}
}

// TestFaultsThroughTheFrame: a guarded connector tells of rows that cannot be read, and goes on, as the connector itself does.
func TestFaultsThroughTheFrame(t *testing.T) {
	t.Parallel()
	g := fulfil.Guard("hr", &fulfil.Opened{Connector: &conn{}, Exporter: faulty{&conn{}}}, fulfil.Limits{})
	var lines []string
	for e, err := range g.Exporter.Export(t.Context(), "t") {
		require.NoError(t, err)
		lines = append(lines, fmt.Sprint(e.Line, e.Fault != nil))
	}
	require.Equal(t, []string{"2 false", "3 true", "4 false"}, lines)
	_, err := drain(t.Context(), g)
	require.True(t, errs.Is(err, errs.Validation))
}

func TestExportStoppedEndsTheConnector(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	g := fulfil.Guard("hr", (&conn{export: func(ctx context.Context) iter.Seq2[fulfil.Row, error] {
		return func(yield func(fulfil.Row, error) bool) {
			defer close(ended)
			rows(1_000_000, nil)(ctx)(yield)
		}
	}}).opened(), fulfil.Limits{})
	for _, err := range fulfil.Rows(g.Exporter.Export(t.Context(), "t")) {
		require.NoError(t, err)
		break
	}
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Fatal("the connector goes on reading for nobody")
	}
}

func TestExportCancelledEndsWithAnError(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	g := fulfil.Guard("hr", (&conn{export: rows(1_000_000, nil)}).opened(), fulfil.Limits{})
	n, failed := 0, error(nil)
	for _, err := range fulfil.Rows(g.Exporter.Export(ctx, "t")) {
		if n++; n == 5 {
			cancel()
		}
		failed = err
	}
	require.ErrorIs(t, failed, context.Canceled)
}

func TestExportThatStalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		g := fulfil.Guard("hr", (&conn{export: func(context.Context) iter.Seq2[fulfil.Row, error] {
			return func(yield func(fulfil.Row, error) bool) {
				for range 3 {
					yield(fulfil.Row{}, nil)
					time.Sleep(9 * time.Second) // slow, but it moves
				}
				<-release
			}
		}}).opened(), fulfil.Limits{CallTimeout: 10 * time.Second})
		n, err := drain(t.Context(), g)
		require.Equal(t, 3, n)
		require.True(t, errs.Is(err, errs.Unavailable), "got %v", err)
		close(release)
	})
}

// A slow taker of the rows is not a slow connector.
func TestExportSlowTaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := fulfil.Guard("hr", (&conn{export: rows(1000, nil)}).opened(), fulfil.Limits{CallTimeout: time.Second})
		n := 0
		for _, err := range fulfil.Rows(g.Exporter.Export(t.Context(), "t")) {
			require.NoError(t, err)
			time.Sleep(3 * time.Second)
			n++
		}
		require.Equal(t, 1000, n)
	})
}

func BenchmarkGuardedApply(b *testing.B) {
	g := applier(fulfil.Guard("hr", (&conn{apply: always(fulfil.Done)}).opened(), fulfil.Limits{}))
	for b.Loop() {
		g.Apply(b.Context(), fulfil.Change{})
	}
}

func BenchmarkGuardedExport(b *testing.B) {
	g := fulfil.Guard("hr", (&conn{export: rows(100_000, nil)}).opened(), fulfil.Limits{})
	for b.Loop() {
		n, err := drain(b.Context(), g)
		require.NoError(b, err)
		require.Equal(b, 100_000, n)
	}
}
