package order

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/evaluation"
	"writ/server/fulfil"
	"writ/server/page"
)

// sweeps is what time does with nobody's help: for as long as it lasts a sweep each step, and the drains it asks for.
func (w *world) sweeps(lasting, step time.Duration) {
	w.t.Helper()
	for ; lasting > 0; lasting -= step {
		w.later(step)
		w.sweep()
	}
}

func (w *world) sweep() {
	w.t.Helper()
	require.NoError(w.t, w.s.Sweep(w.t.Context()))
	if w.id("with gone as (delete from river_job where kind = 'order_dispatch' and state = 'available' returning 1) select count(*) from gone") > 0 {
		w.drain()
	}
}

// waiting counts the orders that a list finds by a wait reason.
func (w *world) waiting(reason evaluation.WaitReason) int {
	w.t.Helper()
	list, err := w.s.List(w.ctx, page.Args{First: 1}, &OrderFilter{WaitReasons: []evaluation.WaitReason{reason}}, nil, Selection{Total: true})
	require.NoError(w.t, err)
	return list.TotalCount
}

// TestOutageOfDays: an order whose system is away waits for as long as that lasts, whatever kind of silence it is, is tried more and more
// seldom, and goes as soon as the system is there again.
func TestOutageOfDays(t *testing.T) {
	t.Parallel()
	lost := answerWith(fulfil.Unknown, "timeout")
	for name, begin := range map[string]func(w *world){
		"Unreachable": func(w *world) { w.fake.goAway() },
		"Throttled":   func(w *world) { w.fake.goAway(); w.fake.set(answerWith(fulfil.Throttled, "too many connections")) },
		"BlackHole":   func(w *world) { w.fake.goAway(); w.fake.set(lost) },
		"WritesHang":  func(w *world) { w.fake.set(lost) }, // a replica lets us in and reads, and nobody writes
		"LetsInOnly":  func(w *world) { w.fake.goAway(); w.fake.shut = nil },
	} {
		for _, orders := range []int{1, 20} {
			t.Run(fmt.Sprint(name, orders), func(t *testing.T) {
				t.Parallel()
				w := setup(t, orders)
				for i := range orders {
					w.plan(w.creation(i, 1))
				}
				w.generate()
				begin(w)
				w.drain()
				w.sweeps(5*time.Minute, 10*time.Second)
				early := w.fake.count()
				w.sweeps(3*time.Hour, 5*time.Minute)
				w.sweeps(3*24*time.Hour, 6*time.Hour)
				require.Zero(t, w.id("select count(*) from order_line where state not in (1, 2)"), "nothing gave up")
				require.Less(t, early, 40, "in five minutes; a probe is one order at most")
				require.LessOrEqual(t, w.fake.count()-early, 12*3+12, "one order at each of these looks at most")
				require.Zero(t, w.id("select count(*) from provisioning_order where lease_owner is not null"))
				for i := range orders {
					o := w.order(i)
					require.Equal(t, evaluation.WaitOutage, *o.Waits())
					require.NotNil(t, o.NextAttemptAt())
					require.Less(t, o.NextAttemptAt().Sub(w.s.Clock.Now()), longestPause+time.Second)
					require.NotNil(t, o.LastAnswer(), "also of those that were not tried")
					require.NotEmpty(t, o.LastAnswer().Message)
				}
				require.Equal(t, orders, w.waiting(evaluation.WaitOutage))
				w.fake.comeBack()
				w.sweeps(longestProbe+10*time.Second, 10*time.Second)
				require.Equal(t, int64(orders), w.id("select count(*) from provisioning_order where state = 8"), "everything went within a minute")
				require.Zero(t, w.id("select count(*) from outage"))
				require.Nil(t, w.order(0).WaitReason())
				require.Zero(t, w.waiting(evaluation.WaitOutage))
				require.Nil(t, w.order(0).LastAnswer())
			})
		}
	}
}

// TestOutageEndsAtOnce: the first answer releases everything that was put off, in the same drain.
func TestOutageEndsAtOnce(t *testing.T) {
	t.Parallel()
	w := setup(t, 30)
	for i := range 30 {
		w.plan(w.creation(i, 1))
	}
	w.generate()
	w.fake.goAway()
	w.drain()
	w.sweeps(time.Hour, 2*time.Minute)
	w.fake.comeBack()
	w.later(longestProbe)
	w.sweep()
	require.Equal(t, int64(30), w.id("select count(*) from provisioning_order where state = 8"))
}

// TestOutageOfOneOrder: an order that never gets an answer, while all others do, holds none of them up, and is tried more and more seldom.
func TestOutageOfOneOrder(t *testing.T) {
	t.Parallel()
	w := setup(t, 21)
	w.fake.set(func(c fulfil.Change) *fulfil.Receipt {
		if *c.Changes["uid"] == "u000" {
			return &fulfil.Receipt{Outcome: fulfil.Unreachable, Message: "the server closed the connection"}
		}
		return nil
	})
	w.plan(w.creation(0, 1))
	w.generate()
	for i := 1; i <= 20; i++ {
		w.plan(w.creation(i, 1))
		w.generate()
		w.sweeps(2*time.Minute, 30*time.Second)
		require.Equal(t, StateExecuted, w.order(i).State(), "order %d", i)
	}
	require.Equal(t, StatePending, w.order(0).State())
	require.Less(t, w.fake.count(), 20+60, "in forty minutes")
}

// TestRefusalsCount: what the system itself says no to is Errored at once, in the middle of an outage too.
func TestRefusalsCount(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.plan(w.creation(0, 1), w.creation(1, 1))
	w.generate()
	w.fake.goAway()
	w.drain()
	w.sweeps(time.Hour, 5*time.Minute)
	w.fake.comeBack()
	w.fake.set(answerWith(fulfil.Refused, "no such department"))
	w.sweeps(2*time.Minute, 10*time.Second)
	for i := range 2 {
		require.Equal(t, StateErrored, w.order(i).State())
		require.EqualValues(t, "REFUSED", w.order(i).Error().Class)
	}
	require.Zero(t, w.id("select count(*) from outage"), "it answered")
}

// TestOutageIsSharedByProcesses: a second process does not try what the first one found away, and only one of them asks.
func TestOutageIsSharedByProcesses(t *testing.T) {
	t.Parallel()
	w := setup(t, 20)
	for i := range 20 {
		w.plan(w.creation(i, 1))
	}
	w.generate()
	w.fake.goAway()
	w.drain()
	calls := w.fake.count()
	other := w.service(w.s.DB)
	require.NoError(t, other.Drain(t.Context(), w.connection))
	require.Equal(t, calls, w.fake.count())
	require.Zero(t, w.fake.checks)
	w.later(time.Minute)
	other.Clock.SetOffset(w.s.Clock.Offset())
	w.drain()
	require.NoError(t, other.Drain(t.Context(), w.connection))
	require.Equal(t, 1, w.fake.checks)
	require.Equal(t, calls, w.fake.count())
}

// TestJobAsksAtOnce: a job that is launched does not wait for a back-off, and says soon that a system is away.
func TestJobAsksAtOnce(t *testing.T) {
	t.Parallel()
	w := setup(t, 5)
	w.exec("update connector set mode = 'scheduled'")
	for i := range 5 {
		w.plan(w.creation(i, 1))
	}
	w.generate()
	w.fake.goAway()
	w.s.Patience = time.Millisecond
	_, err := w.s.Fulfil(t.Context(), FulfilInput{Connector: "LDAP"}, nil)
	require.ErrorContains(t, err, "cannot be reached. 5 orders wait")
	require.Equal(t, int64(5), w.id("select count(*) from order_line where state = 1 and action = 'CREATE'"))
	other := w.service(w.s.DB) // another process, that has not seen the outage
	other.Patience = time.Millisecond
	_, err = other.Fulfil(t.Context(), FulfilInput{Connector: "LDAP"}, nil)
	require.ErrorContains(t, err, "cannot be reached")
	w.fake.comeBack()
	res, err := w.s.Fulfil(t.Context(), FulfilInput{Connector: "LDAP"}, nil)
	require.NoError(t, err)
	require.Equal(t, 5, res.Executed)
	require.Equal(t, evaluation.Executed, w.order(0).Code)
}

func TestBackOff(t *testing.T) {
	t.Parallel()
	require.Equal(t, 2*time.Second, backOff(1))
	require.Equal(t, 54*time.Second, backOff(4))
	require.Equal(t, longestPause, backOff(7))
	require.Equal(t, longestPause, backOff(1_000_000))
	require.Equal(t, firstProbe, probePause(0))
	require.Equal(t, longestProbe, probePause(72*time.Hour))
}
