package order

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/evaluation"
	"writ/server/fulfil"
)

func TestPolicyOpens(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.plan(w.creation(0, 1), w.creation(1, 5))
	o := w.order(0)
	require.Equal(t, StatePending, o.State())
	require.Equal(t, evaluation.Create, o.Kind)
	require.Equal(t, "Person 000", o.OwnerDisplayName)
	require.Equal(t, w.connection, *o.ConnectionID)
	require.Equal(t, map[string]int{"CREATE ": 1, "SET uid": 1, "SET sn": 1}, w.lines(0))
	require.Equal(t, StateAwaitingApproval, w.order(1).State())
	require.Equal(t, 1, o.Version)

	var e Changed
	events := w.events("order.changed")
	require.Len(t, events, 2)
	require.NoError(t, json.Unmarshal(events[0], &e))
	require.Nil(t, e.From)
	require.Equal(t, 1, e.To)
	require.Equal(t, "LDAP", e.Connector)
	require.Equal(t, "LDAP_User", e.ResourceType)
	require.Len(t, e.LineIDs, 3)

	entered := 0
	for _, h := range o.BroughtHistory() {
		if h.From() == nil {
			entered++
			require.Equal(t, "policy", h.Actor)
		}
	}
	require.Equal(t, 3, entered)

	require.Equal(t, 1, int(w.id("select count(*) from river_job where kind = 'order_generate'")), "one wake-up of the connector, not one per order")

	t.Run("AgainChangesNothing", func(t *testing.T) {
		w.plan(w.creation(0, 1))
		require.Equal(t, 1, int(w.id("select count(*) from provisioning_order where assigned_resource_type_id = ?", w.arts[0])))
		require.Equal(t, 3, int(w.id("select count(*) from order_line where order_id = ?", o.ID)))
	})
}

// TestPolicyIsSetBased: two thousand orders take as many statements as two.
func TestPolicyIsSetBased(t *testing.T) {
	t.Parallel()
	w := setup(t, 0)
	const n = 2000
	w.exec(`insert into resource (entity_type_id, key, display_name, valid_from) select ?, 'P' || i, 'P' || i, now() from generate_series(1, ?) i`, w.userType, n)
	w.exec(`insert into assigned_resource_type (owner_id, resource_type_id, workflow_state, workflow_state_changed_at, is_expected, valid_from)
		select id, ?, 18, now(), true, now() from resource where entity_type_id = ? order by id`, w.rt, w.userType)
	require.NoError(t, w.s.DB.NewRaw("select id from assigned_resource_type order by id").Scan(t.Context(), &w.arts))
	require.NoError(t, w.s.DB.NewRaw("select owner_id from assigned_resource_type order by id").Scan(t.Context(), &w.owners))
	count := func(from, to int) int {
		var planned []assignment.PlannedOrder
		for i := from; i < to; i++ {
			planned = append(planned, w.creation(i, 1))
		}
		ctx, queries := db.CountQueries(t.Context())
		require.NoError(t, db.InTx(ctx, w.s.DB, func(ctx context.Context, tx bun.Tx) error { return w.s.Policy(ctx, tx, w.s.Clock.Now(), planned) }))
		return queries.N()
	}
	few, many := count(0, 2), count(2, n)
	require.LessOrEqual(t, many-few, 1, "events are inserted in chunks")
	require.Equal(t, n, int(w.id("select count(*) from provisioning_order where state = 1")))
	start := time.Now()
	w.generate()
	generated := time.Since(start)
	w.drain()
	t.Logf("%d orders generated in %v, executed in %v", n, generated, time.Since(start)-generated)
	require.Equal(t, n, int(w.id("select count(*) from provisioning_order where state = 8")))
	require.Equal(t, n, w.fake.count())
}

func TestPolicyRefreshVoidsApproval(t *testing.T) {
	t.Parallel()
	w := setup(t)
	id := w.target(0)
	w.plan(w.change(0, id, "Lang", 5))
	l := w.lineOf(0, "sn")
	d := line("sn", evaluation.LineSet, "Winter", 5)
	d.LineID, d.Verb = l.ID, "refresh"
	w.plan(w.planned(0, &evaluation.OrderDelta{OrderID: w.order(0).ID, Kind: evaluation.Update, TargetID: id, Lines: []evaluation.LineDelta{d}}))
	l2 := w.lineOf(0, "sn")
	require.Equal(t, 5, l2.StateCode())
	require.Equal(t, "Winter", *l2.ProposedValue)
	require.True(t, l2.IsChanged, "A4")
	require.Greater(t, l2.Version, l.Version)

	// approved, then the value changes: what nobody reviewed goes back to review (P8)
	_, err := w.s.Review(w.ctx, ReviewOrdersInput{OrderIDs: []int64{w.order(0).ID}, Decision: new(DecideApprove)})
	require.NoError(t, err)
	require.Equal(t, 1, w.lineOf(0, "sn").StateCode())
	d.Proposed = "Summer"
	w.plan(w.planned(0, &evaluation.OrderDelta{OrderID: w.order(0).ID, Kind: evaluation.Update, TargetID: id, Lines: []evaluation.LineDelta{d}}))
	l3 := w.lineOf(0, "sn")
	require.Equal(t, 5, l3.StateCode())
	require.Nil(t, l3.ApprovedValue)
}

func TestPolicyWithdraws(t *testing.T) {
	t.Parallel()
	t.Run("NeverSent", func(t *testing.T) { // scenario 14
		t.Parallel()
		w := setup(t)
		w.plan(w.creation(0, 1))
		w.plan(w.planned(0, &evaluation.OrderDelta{OrderID: w.order(0).ID, Kind: evaluation.Create, Withdraw: true}))
		o := w.order(0)
		require.NotNil(t, o.ClosedAt)
		require.Equal(t, StateInactive, o.State())
		require.Zero(t, w.generate().Generated)
	})
	t.Run("Ticket", func(t *testing.T) { // T6
		t.Parallel()
		w := setup(t)
		w.manual()
		w.plan(w.creation(0, 1))
		w.generate()
		w.drain()
		o := w.order(0)
		require.Equal(t, StateTransmitted, o.State())
		d := line("sn", evaluation.LineSet, "Winter", 1)
		d.LineID = w.lineOf(0, "sn").ID
		w.plan(w.planned(0, &evaluation.OrderDelta{OrderID: o.ID, Kind: evaluation.Create, Lines: []evaluation.LineDelta{d}}))
		require.Equal(t, map[string]int{"CREATE ": 1, "SET uid": 1, "SET sn": 1}, w.lines(0), "the whole ticket is withdrawn")
		o = w.order(0)
		require.EqualValues(t, "WITHDRAWN", *o.BroughtAttempts()[0].Outcome)
		require.Nil(t, o.TransmittedAt)
		p, err := w.s.Confirm(w.ctx, ConfirmManualOrdersInput{OrderIDs: []int64{o.ID}})
		require.NoError(t, err)
		require.Equal(t, "STALE_ITEM", p.Results[0].Error.Code)
		require.Equal(t, 1, w.generate().Generated, "reissued")
		w.drain()
		require.Len(t, w.order(0).BroughtAttempts(), 2)
	})
	t.Run("SeenBeforeConfirmation", func(t *testing.T) { // T5
		t.Parallel()
		w := setup(t)
		w.manual()
		w.plan(w.creation(0, 1))
		w.generate()
		w.drain()
		o := w.order(0)
		delta := &evaluation.OrderDelta{OrderID: o.ID, Kind: evaluation.Create, Close: true}
		for _, l := range o.BroughtLines() {
			d := line(l.PropertyName, l.Verb, text(l.ProposedValue), 4)
			d.LineID, d.Close = l.ID, true
			delta.Lines = append(delta.Lines, d)
		}
		w.plan(w.planned(0, delta))
		o = w.order(0)
		require.Equal(t, StateVerified, o.State())
		require.NotNil(t, o.ClosedAt)
		require.NotNil(t, o.VerifiedAt)
		require.EqualValues(t, "VERIFIED_WITHOUT_FEEDBACK", *o.BroughtAttempts()[0].Outcome)
		p, err := w.s.Confirm(w.ctx, ConfirmManualOrdersInput{OrderIDs: []int64{o.ID}})
		require.NoError(t, err)
		require.Equal(t, "ALREADY_DONE", p.Results[0].Error.Code)
	})
}

// TestPolicySupersedesSilent: software collected it and is silent; only what the data shows is taken.
func TestPolicySupersedesSilent(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.plan(w.creation(0, 1))
	w.fake.set(answerWith(fulfil.Unknown, "timeout"))
	w.fake.readErr = errors.New("down")
	w.generate()
	w.drain()
	o := w.order(0)
	require.Equal(t, StateTransmitted, o.State())
	d := line("sn", evaluation.LineSet, "Lang", 4)
	d.LineID, d.Close = w.lineOf(0, "sn").ID, true
	w.plan(w.planned(0, &evaluation.OrderDelta{OrderID: o.ID, Kind: evaluation.Create, Supersede: true, Lines: []evaluation.LineDelta{d}}))
	require.Equal(t, map[string]int{"CREATE ": 2, "SET uid": 2, "SET sn": 4}, w.lines(0))
	w.fake.set(nil)
	w.fake.readErr = nil
	w.later(time.Minute)
	w.drain()
	require.Equal(t, StateExecuted, w.order(0).State())
	require.Contains(t, w.dirty, w.owners[0])
	require.False(t, scan[bool](w, "select is_superseded from provisioning_order where id = ?", o.ID))
}

// TestPolicyLeavesInFlightAlone: a worker is calling; the order is only marked, and its owner computed again after the answer.
func TestPolicyLeavesInFlightAlone(t *testing.T) {
	t.Parallel()
	w := setup(t)
	id := w.target(0)
	w.plan(w.change(0, id, "Lang", 1))
	w.generate()
	started, goOn := make(chan struct{}), make(chan struct{})
	w.fake.before = func(fulfil.Change) { close(started); <-goOn }
	done := make(chan error)
	go func() { done <- w.s.Drain(t.Context(), w.connection) }()
	<-started
	d := line("sn", evaluation.LineSet, "Winter", 1)
	d.LineID = w.lineOf(0, "sn").ID
	w.plan(w.planned(0, &evaluation.OrderDelta{OrderID: w.order(0).ID, Kind: evaluation.Update, TargetID: id, Lines: []evaluation.LineDelta{d}}))
	require.Equal(t, "Lang", *w.lineOf(0, "sn").ProposedValue)
	close(goOn)
	require.NoError(t, <-done)
	require.Equal(t, StateExecuted, w.order(0).State())
	require.Equal(t, "Lang", w.fake.get("u000")["sn"])
	require.Contains(t, w.dirty, w.owners[0])
}

// TestPolicyWithdrawsForAnotherOwner: an order whose target passes to somebody else is withdrawn, or nothing of the evaluation stays.
func TestPolicyWithdrawsForAnotherOwner(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.plan(w.creation(0, 1), w.creation(1, 1))
	pass := func(i int) error {
		p := assignment.PlannedOrder{AssignedResourceTypeID: w.arts[i], OwnerID: w.owners[i], ResourceTypeID: w.rt, PassesOn: true,
			Delta: &evaluation.OrderDelta{OrderID: w.order(i).ID, Kind: evaluation.Create, Withdraw: true}}
		return db.InTx(t.Context(), w.s.DB, func(ctx context.Context, tx bun.Tx) error {
			return w.s.Policy(ctx, tx, w.s.Clock.Now(), []assignment.PlannedOrder{p})
		})
	}
	require.NoError(t, pass(0))
	require.Equal(t, StateInactive, w.order(0).State())
	w.exec("update provisioning_order set called_at = now() where id = ?", w.order(1).ID)
	require.ErrorIs(t, pass(1), assignment.ErrOvertaken)
	require.Equal(t, StatePending, w.order(1).State())
}
