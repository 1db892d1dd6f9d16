package order

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/fence"
	"writ/server/fulfil"
)

func answerWith(o fulfil.Outcome, message string) func(fulfil.Change) *fulfil.Receipt {
	return func(fulfil.Change) *fulfil.Receipt { return &fulfil.Receipt{Outcome: o, Message: message} }
}

func TestDispatch(t *testing.T) {
	t.Parallel()
	t.Run("AutomatedSkipsTransmitted", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.plan(w.creation(0, 1))
		w.drain()
		require.Zero(t, w.fake.count(), "not generated yet")
		w.generate()
		w.drain()
		o := w.order(0)
		require.Equal(t, StateExecuted, o.State())
		require.NotNil(t, o.ExecutedAt)
		require.Equal(t, "u000", *o.CreatedKey)
		require.Equal(t, "Lang", w.fake.get("u000")["sn"])
		require.Equal(t, []int64{w.connector}, w.executed)
		for _, h := range o.BroughtHistory() {
			if to := h.To(); to != nil {
				require.NotEqual(t, StateTransmitted, *to)
			}
		}
		a := o.BroughtAttempts()
		require.Len(t, a, 1)
		require.EqualValues(t, "DONE", *a[0].Outcome)
		require.Equal(t, w.fake.calls[0].IdempotencyKey, a[0].IdempotencyKey)
		w.drain()
		require.Equal(t, 1, w.fake.count(), "a second run has nothing to do")
	})

	t.Run("NothingLeavesBehindTheFence", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.plan(w.creation(0, 1))
		w.generate()
		require.NoError(t, fence.Raise(t.Context(), w.s.DB, w.s.Clock.Now(), "restored"))
		w.drain()
		require.Zero(t, w.fake.count())
		require.Equal(t, StatePending, w.order(0).State())
		_, err := w.s.DB.ExecContext(t.Context(), "delete from fence")
		require.NoError(t, err)
		w.drain()
		require.Equal(t, 1, w.fake.count())
	})

	t.Run("Document", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		group := w.id(`insert into resource (entity_type_id, key, display_name, valid_from) values (?, 'cn=crm', 'CRM', now()) returning id`, w.group)
		p := w.creation(0, 1)
		d := line("groups", evaluation.LineAdd, "CRM", 1)
		d.ValueID = group
		p.Delta.Lines = append(p.Delta.Lines, d)
		w.plan(p)
		w.generate()
		w.drain()
		c := w.fake.calls[0]
		require.Equal(t, fulfil.Added, c.Type)
		require.Equal(t, "u000", c.Key)
		require.Equal(t, "entries", c.Table)
		require.Equal(t, "uid", c.KeyColumn)
		require.Equal(t, "Lang", *c.Changes["sn"])
		require.Equal(t, map[string][]fulfil.Link{"memberOf": {{Key: "cn=crm", DisplayName: "CRM"}}}, c.ChangesAdded)
		require.Equal(t, "Sales", c.Owner["Department"])
		var doc document
		require.NoError(t, json.Unmarshal(w.order(0).Payload(), &doc))
		require.Len(t, doc.ProvisioningOrdersList, 1)
		got := doc.ProvisioningOrdersList[0]
		require.Equal(t, 1, got.Attempt)
		require.Equal(t, "Directory_User", got.ResourceType.SourceEntityType.Identifier)
		require.Equal(t, "cn=crm", got.ChangesAdded["groups"][0].Key)
		require.Equal(t, w.arts[0], got.AssignedResourceTypeID)
	})

	t.Run("RefusedThenUnblocked", func(t *testing.T) { // scenario 2 in the room
		t.Parallel()
		w := setup(t)
		w.plan(w.creation(0, 1))
		w.fake.set(answerWith(fulfil.Refused, "LDAP 50 insufficient access rights"))
		w.generate()
		w.drain()
		o := w.order(0)
		require.Equal(t, StateErrored, o.State())
		require.EqualValues(t, "REFUSED", o.Error().Class)
		require.Equal(t, "LDAP 50 insufficient access rights", o.Error().Message)
		w.drain()
		require.Equal(t, 1, w.fake.count(), "not resent by itself (R5)")
		w.fake.set(nil)
		p, err := w.s.Unblock(w.ctx, BulkOrdersInput{OrderIDs: []int64{o.ID}})
		require.NoError(t, err)
		require.Nil(t, p.Results[0].Error)
		require.Equal(t, StatePending, p.Results[0].Order.State())
		require.Nil(t, p.Results[0].Order.Error())
		w.drain()
		require.Equal(t, StateExecuted, w.order(0).State())
		require.Equal(t, 2, w.order(0).Attempt)
	})

	t.Run("OutageStopsTheDrain", func(t *testing.T) {
		t.Parallel()
		w := setup(t, 100)
		w.s.Concurrency = 2
		for i := range 100 {
			w.plan(w.creation(i, 1))
		}
		w.fake.set(answerWith(fulfil.Unreachable, "no route"))
		w.generate()
		w.drain()
		require.Less(t, w.fake.count(), 8, "the tries of the others are not used up")
		require.Zero(t, w.id("select count(*) from provisioning_order where lease_owner is not null"), "and given back")
		w.fake.set(nil)
		w.later(time.Minute)
		w.drain()
		require.Equal(t, 100, int(w.id("select count(*) from provisioning_order where state = 8")))
	})

	t.Run("PostponedPropertyFollowsAsModification", func(t *testing.T) { // example 3.5
		t.Parallel()
		w := setup(t)
		p := w.creation(0, 1)
		p.Delta.Lines = append(p.Delta.Lines, line("mail", evaluation.LineSet, "a@b", 5))
		w.plan(p)
		require.Equal(t, StateAwaitingApproval, w.order(0).State())
		require.Equal(t, 1, w.generate().Generated)
		w.drain()
		require.Equal(t, map[string]int{"CREATE ": 8, "SET uid": 8, "SET sn": 8, "SET mail": 5}, w.lines(0))
		require.NotContains(t, w.fake.calls[0].Changes, "mail")
		l := w.lineOf(0, "mail")
		_, err := w.s.Review(w.ctx, ReviewOrdersInput{Lines: []LineDecisionInput{{l.ID, DecideApprove, l.Version}}})
		require.NoError(t, err)
		require.Equal(t, 1, w.generate().Counts[0].Update)
		w.drain()
		c := w.fake.calls[1]
		require.Equal(t, fulfil.Modified, c.Type)
		require.Equal(t, "u000", c.Key)
		require.Len(t, c.Changes, 1)
		require.Equal(t, StateExecuted, w.order(0).State())
	})

	t.Run("AssociationWithoutChangesCallsNobody", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id := w.id(`insert into resource (entity_type_id, key, display_name, valid_from) values (?, 'x', 'x', now()) returning id`, w.account)
		w.plan(w.planned(0, &evaluation.OrderDelta{Kind: evaluation.Associate, TargetID: id, Lines: []evaluation.LineDelta{line("", evaluation.LineAssociate, "x", 1)}}))
		w.generate()
		w.drain()
		require.Zero(t, w.fake.count())
		require.Equal(t, StateExecuted, w.order(0).State())
		require.Equal(t, id, w.id("select resource_id from assigned_resource_type where id = ?", w.arts[0]))
		require.Contains(t, w.dirty, w.owners[0])
	})
}

// TestLostAnswer: collected, then silence (P4): read back before a repeat.
// TestHostileAnswer: whatever a system says about one order, the answers written with it are written, and what it repeats of its rows
// stands with the attempt alone.
func TestHostileAnswer(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.plan(w.creation(0, 1), w.creation(1, 1), w.creation(2, 1))
	w.generate()
	w.fake.set(func(c fulfil.Change) *fulfil.Receipt {
		switch *c.Changes["uid"] {
		case "u000":
			return &fulfil.Receipt{Outcome: fulfil.Refused, Message: "no\x00\xff" + strings.Repeat("é", 5000), Hint: "\xc3", Detail: "Failing row contains (7, secret\x00)."}
		case "u001":
			return &fulfil.Receipt{Outcome: fulfil.Done, CreatedKey: "u001\x00"}
		}
		return nil
	})
	w.drain()
	require.Equal(t, StateErrored, w.order(0).State())
	require.Equal(t, StateExecuted, w.order(1).State())
	require.Equal(t, StateExecuted, w.order(2).State())
	require.NotContains(t, w.order(0).Error().Message, "secret")
	require.LessOrEqual(t, utf8.RuneCountInString(w.order(0).Error().Message), 1001)
	require.Contains(t, *w.order(0).BroughtAttempts()[0].Message, "Failing row contains (7, secret")
	for _, raw := range w.events("order.changed") {
		require.NotContains(t, string(raw), "secret")
	}
}

func TestLostAnswer(t *testing.T) {
	t.Parallel()
	t.Run("WasDone", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.plan(w.creation(0, 1))
		w.fake.drop = true
		w.generate()
		w.drain()
		require.Equal(t, 1, w.fake.count(), "not written twice")
		require.Equal(t, 1, w.fake.reads)
		o := w.order(0)
		require.Equal(t, StateExecuted, o.State())
		require.Len(t, o.BroughtAttempts(), 1)
		var way []ProvisioningState
		for _, h := range o.BroughtHistory() {
			if h.LineID != nil && *h.LineID == o.BroughtLines()[0].ID {
				way = append(way, *h.To())
			}
		}
		require.Equal(t, []ProvisioningState{StatePending, StateTransmitted, StateExecuted}, way)
	})
	t.Run("WasNotDone", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.plan(w.creation(0, 1))
		lost := 0
		w.fake.set(func(fulfil.Change) *fulfil.Receipt {
			if lost++; lost == 1 {
				return &fulfil.Receipt{Outcome: fulfil.Unknown, Message: "timeout"}
			}
			return nil
		})
		w.generate()
		w.drain()
		require.Equal(t, 2, w.fake.count())
		require.Equal(t, 1, w.fake.reads)
		o := w.order(0)
		require.Equal(t, StateExecuted, o.State())
		require.Len(t, o.BroughtAttempts(), 2)
		require.EqualValues(t, "UNKNOWN", *o.BroughtAttempts()[0].Outcome)
		require.NotEqual(t, w.fake.calls[0].IdempotencyKey, w.fake.calls[1].IdempotencyKey)
	})
	t.Run("KeyNotKnown", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.creation(0, 1)
		p.Delta.Lines = p.Delta.Lines[:1]
		w.plan(p)
		w.fake.set(answerWith(fulfil.Unknown, "timeout"))
		w.generate()
		w.drain()
		require.Equal(t, StateErrored, w.order(0).State(), "a person must look: a second creation could be a second account")
		require.Equal(t, 1, w.fake.count())
	})
	t.Run("FailedLineDoesNotKeepItSilent", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.plan(w.creation(0, 1))
		w.fake.drop, w.fake.readErr = true, errors.New("down")
		w.generate()
		w.drain()
		require.Equal(t, StateTransmitted, w.order(0).State())
		w.plan(w.planned(0, &evaluation.OrderDelta{OrderID: w.order(0).ID, Kind: evaluation.Create, Lines: []evaluation.LineDelta{
			line("mail", evaluation.LineSet, "", 7)}}))
		w.fake.readErr = nil
		w.later(time.Minute)
		w.drain()
		require.Equal(t, map[string]int{"CREATE ": 8, "SET uid": 8, "SET sn": 8, "SET mail": 7}, w.lines(0))
	})
}

// TestFrozenWorker: a process that stood still for longer than its leases, and wakes with orders it marked as called but did not send, sends
// none of them: another process has done them meanwhile.
func TestFrozenWorker(t *testing.T) {
	t.Parallel()
	const people = 20
	w := setup(t, people)
	for i := range people {
		w.plan(w.creation(i, 1))
	}
	w.generate()
	w.s.Concurrency, w.s.Lease = 1, 500*time.Millisecond
	other := w.service(w.s.DB)
	var frozen atomic.Bool
	w.fake.before = func(fulfil.Change) {
		if !frozen.CompareAndSwap(false, true) {
			return
		}
		until := time.After(w.s.Lease)
		w.exec("update provisioning_order set lease_until = clock_timestamp() - interval '1 second' where lease_owner = ?", w.s.Worker)
		require.NoError(t, other.Drain(t.Context(), w.connection))
		<-until
	}
	w.drain()
	require.Equal(t, people+1, w.fake.count(), "the call that was on its way, and no other")
	require.Equal(t, int64(people), w.id("select count(*) from provisioning_order where state = 8"))
	require.Zero(t, w.id("select count(*) from order_attempt where worker = ? and outcome not in (?, 'NOT_SENT')", w.s.Worker, string(fulfil.Unknown)), "no answer of it counts")
	require.Zero(t, w.id("select count(*) from provisioning_order where lease_owner is not null"))
}

// TestKilledWorker is scenario 15: what a worker leaves behind when it dies at any point.
func TestKilledWorker(t *testing.T) {
	t.Parallel()
	expire := func(w *world) {
		w.exec("update provisioning_order set lease_until = clock_timestamp() - interval '1 second' where lease_owner is not null")
	}
	claimed := func(t *testing.T, w *world) []*errand {
		w.plan(w.creation(0, 1))
		w.generate()
		list, err := w.s.claim(t.Context(), w.connection, 10)
		require.NoError(t, err)
		require.Len(t, list, 1)
		return list
	}
	t.Run("BeforeTheCall", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		claimed(t, w)
		other := w.service(w.s.DB)
		require.NoError(t, other.Drain(t.Context(), w.connection))
		require.Zero(t, w.fake.count(), "the lease holds")
		expire(w)
		require.NoError(t, other.Drain(t.Context(), w.connection))
		require.Equal(t, 1, w.fake.count())
		require.Zero(t, w.fake.reads, "nothing had been called")
		require.Equal(t, StateExecuted, w.order(0).State())
	})
	t.Run("AfterTheCall", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		list := claimed(t, w)
		_, err := w.s.markCalled(t.Context(), list)
		require.NoError(t, err)
		require.Equal(t, fulfil.Done, w.fake.Apply(t.Context(), list[0].Change).Outcome)
		expire(w)
		other := w.service(w.s.DB)
		require.NoError(t, other.Drain(t.Context(), w.connection))
		require.Equal(t, 1, w.fake.count(), "read back, not written again")
		require.Equal(t, 1, w.fake.reads)
		require.Equal(t, StateExecuted, w.order(0).State())
		// the dead one comes back to life: its answer is dropped
		before := w.order(0)
		require.NoError(t, w.s.settle(t.Context(), []answer{{list[0], fulfil.Receipt{Outcome: fulfil.Refused}}}))
		require.Equal(t, before.Version, w.order(0).Version)
	})
	t.Run("ItemShowsAsTransmittedThenLateAnswer", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		list := claimed(t, w)
		_, err := w.s.markCalled(t.Context(), list)
		require.NoError(t, err)
		expire(w)
		other := w.service(w.s.DB)
		other.Open = func(_ context.Context, _ int64) (*fulfil.Opened, fulfil.Capability, error) {
			return nil, fulfil.Capability{}, fmt.Errorf("down")
		}
		require.NoError(t, other.Drain(t.Context(), w.connection))
		require.Equal(t, StateTransmitted, w.order(0).State())
		key := list[0].Key
		require.True(t, errs.Is(other.LateAnswer(t.Context(), list[0].ID, "nonsense", fulfil.Receipt{Outcome: fulfil.Done}), errs.NotFound))
		require.NoError(t, other.LateAnswer(t.Context(), list[0].ID, key, fulfil.Receipt{Outcome: fulfil.Done, CreatedKey: "u000"}))
		require.Equal(t, StateExecuted, w.order(0).State())
		version := w.order(0).Version
		require.True(t, errs.Is(other.LateAnswer(t.Context(), list[0].ID, key, fulfil.Receipt{Outcome: fulfil.Done}), errs.AlreadyDone))
		require.Equal(t, version, w.order(0).Version)
	})
	t.Run("FencedByASecondClaim", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		first := claimed(t, w)
		expire(w)
		other := w.service(w.s.DB)
		second, err := other.claim(t.Context(), w.connection, 10)
		require.NoError(t, err)
		require.Len(t, second, 1)
		require.NoError(t, w.s.settle(t.Context(), []answer{{first[0], fulfil.Receipt{Outcome: fulfil.Done}}}))
		require.Equal(t, StatePending, w.order(0).State())
		called, err := w.s.markCalled(t.Context(), first)
		require.NoError(t, err)
		require.Empty(t, called, "the first may not even begin to call")
		require.NoError(t, other.settle(t.Context(), []answer{{second[0], fulfil.Receipt{Outcome: fulfil.Done}}}))
		require.Equal(t, StateExecuted, w.order(0).State())
	})
	t.Run("FulfilTakesOver", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.s.Lease = 700 * time.Millisecond
		claimed(t, w) // by a process that dies now
		other := w.service(w.s.DB)
		var last [3]int
		res, err := other.Fulfil(t.Context(), FulfilInput{Connector: "LDAP"}, func(done, errors, total int) { last = [3]int{done, errors, total} })
		require.NoError(t, err)
		require.Equal(t, FulfilResult{Total: 1, Executed: 1}, res)
		require.Equal(t, [3]int{1, 0, 1}, last)
	})
	t.Run("FulfilDoesNotWaitForEver", func(t *testing.T) {
		t.Parallel()
		w := setup(t, 50)
		w.s.Patience = 300 * time.Millisecond
		for i := range 50 {
			w.plan(w.creation(i, 1))
		}
		w.generate()
		w.fake.set(answerWith(fulfil.Unreachable, "no route"))
		res, err := w.s.Fulfil(t.Context(), FulfilInput{Connector: "LDAP"}, nil)
		require.True(t, errs.Is(err, errs.Unavailable), "%v", err)
		require.Equal(t, 50, res.Total)
		require.NotZero(t, w.id("select count(*) from provisioning_order where has_pending"), "they wait")
		w.fake.set(nil)
		w.later(time.Hour)
		res, err = w.s.Fulfil(t.Context(), FulfilInput{Connector: "LDAP"}, nil)
		require.NoError(t, err)
		require.Zero(t, w.id("select count(*) from provisioning_order where has_pending"))
		require.Equal(t, res.Total, res.Executed)
	})
	t.Run("LeasesAreRenewed", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.s.Lease = 400 * time.Millisecond
		w.plan(w.creation(0, 1))
		w.generate()
		first := w.id("select (extract(epoch from clock_timestamp()) * 1000)::bigint")
		w.fake.before = func(fulfil.Change) {
			require.Eventually(t, func() bool {
				return w.id("select (extract(epoch from max(lease_until)) * 1000)::bigint from provisioning_order") > first+1000
			}, 10*time.Second, 20*time.Millisecond)
		}
		w.drain()
		require.Equal(t, StateExecuted, w.order(0).State())
	})
}

// TestManyProcesses: each order is called exactly once whoever works.
func TestManyProcesses(t *testing.T) {
	t.Parallel()
	const n = 300
	w := setup(t, n)
	for i := range n {
		w.plan(w.creation(i, 1))
	}
	w.generate()
	services := []*Service{w.s, w.service(w.s.DB), w.service(w.s.DB)}
	var wait sync.WaitGroup
	errors := make([]error, len(services))
	for i, s := range services {
		wait.Go(func() { errors[i] = s.Drain(t.Context(), w.connection) })
	}
	wait.Wait()
	for _, err := range errors {
		require.NoError(t, err)
	}
	require.Equal(t, n, w.fake.count())
	seen := map[int64]bool{}
	for _, c := range w.fake.calls {
		require.False(t, seen[c.OrderID])
		seen[c.OrderID] = true
	}
	require.Equal(t, n, int(w.id("select count(*) from provisioning_order where state = 8")))
}

func TestSweep(t *testing.T) {
	t.Parallel()
	w := setup(t)
	jobs := func(kind string) int {
		n := int(w.id("select count(*) from river_job where kind = ?", kind))
		w.exec("delete from river_job")
		return n
	}
	w.plan(w.creation(0, 1))
	jobs("")
	require.NoError(t, w.s.Sweep(t.Context()))
	require.Equal(t, 1, jobs("order_generate"), "a lost wake-up")
	w.generate()
	jobs("")
	require.NoError(t, w.s.Sweep(t.Context()))
	require.Equal(t, 1, jobs("order_dispatch"))
	_, err := w.s.claim(t.Context(), w.connection, 10)
	require.NoError(t, err)
	require.NoError(t, w.s.Sweep(t.Context()))
	require.Zero(t, jobs("order_dispatch"), "somebody has it")
	w.exec("update connector set mode = 'scheduled'")
	w.exec("update provisioning_order set lease_until = clock_timestamp() - interval '1 second'")
	require.NoError(t, w.s.Sweep(t.Context()))
	require.Equal(t, 1, jobs("order_dispatch"), "a dead worker's orders go on in every mode")
	w.exec("update provisioning_order set lease_until = null, lease_owner = null")
	require.NoError(t, w.s.Sweep(t.Context()))
	require.Zero(t, jobs("order_dispatch"), "a scheduled connector waits for its job")
}

// TestPassOn: another process is called as long as there is more than one claim takes, a few times.
func TestPassOn(t *testing.T) {
	t.Parallel()
	w := setup(t, claimBatch+1)
	for i := range claimBatch + 1 {
		w.plan(w.creation(i, 1))
	}
	w.generate()
	jobs := func() (list []DispatchArgs) {
		var raw []json.RawMessage
		require.NoError(t, w.s.DB.NewRaw("delete from river_job where kind = 'order_dispatch' returning args").Scan(w.ctx, &raw))
		for _, r := range raw {
			var a DispatchArgs
			require.NoError(t, json.Unmarshal(r, &a))
			list = append(list, a)
		}
		return list
	}
	jobs()
	connection := w.id("select distinct connection_id from provisioning_order")
	args := DispatchArgs{ConnectionID: connection, Job: true}
	for args.Hops < maxHops {
		require.NoError(t, w.s.passOn(w.ctx, args))
		args.Hops++
		require.Equal(t, []DispatchArgs{args}, jobs())
	}
	require.NoError(t, w.s.passOn(w.ctx, args))
	require.Empty(t, jobs(), "often enough")
	_, err := w.s.DB.ExecContext(w.ctx, "update provisioning_order set lease_until = clock_timestamp() + interval '1 minute' where id = (select min(id) from provisioning_order)")
	require.NoError(t, err)
	require.NoError(t, w.s.passOn(w.ctx, DispatchArgs{ConnectionID: connection}))
	require.Empty(t, jobs(), "one claim takes the rest")
}

// TestDrainIsSetBased: claims, marks and answers are written together, so that an order costs a part of a statement and not a dozen.
func TestDrainIsSetBased(t *testing.T) {
	t.Parallel()
	const n = 2 * claimBatch
	w := setup(t, n)
	var planned []assignment.PlannedOrder
	for i := range n {
		planned = append(planned, w.creation(i, 1))
	}
	w.plan(planned...)
	w.generate()
	ctx, queries := db.CountQueries(w.ctx)
	require.NoError(t, w.s.Drain(ctx, w.connection))
	require.Equal(t, n, w.fake.count())
	require.Equal(t, n, int(w.id("select count(*) from provisioning_order where state = 8 and lease_owner is null")))
	require.Less(t, queries.N(), 2*n)
	require.Equal(t, 3*n, int(w.id("select count(*) from order_line_history")), "a row per order for what moves together: entered, generated, executed")
}
