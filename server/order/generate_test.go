package order

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/page"
	"writ/server/permit"
)

// TestThresholds is scenario 6 in the room, and the example of spec 8.4.
func TestThresholds(t *testing.T) {
	t.Parallel()
	w := setup(t, 200)
	w.exec("update resource_type set maximum_delete = 20")
	targets := make([]int64, 200)
	for i := range targets {
		targets[i] = w.target(i)
	}
	for i := range 25 {
		w.plan(w.deletion(i, targets[i], 1))
	}
	for i := 25; i < 28; i++ {
		w.plan(w.change(i, targets[i], "New", 1))
	}
	g := w.generate()
	require.Zero(t, g.Generated)
	require.Len(t, g.Blocked, 1)
	require.Equal(t, Exceeded{ResourceType: "LDAP_User", Name: "LDAP account", Action: "delete", Count: 25, Limit: 20, Base: 200, Message: g.Blocked[0].Message}, g.Blocked[0])
	require.Equal(t, 28, int(w.id("select count(*) from provisioning_order where state = 1 and generated_at is null")), "nothing is published")
	require.Equal(t, 1, int(w.id("select count(*) from generation where blocked is not null")))

	p, err := w.s.Preview(w.ctx, GenerateInput{Connector: "LDAP"}, page.Args{First: 5})
	require.NoError(t, err)
	require.Equal(t, 28, p.Orders.TotalCount)
	require.Equal(t, 25, p.Counts[0].Delete)
	require.Len(t, p.Blocked, 1)

	// Somebody approves what he saw; what comes meanwhile goes with it as long as it is no more of what a limit is about.
	seen := g.Blocked
	w.plan(w.deletion(30, targets[30], 1), w.change(31, targets[31], "New", 1))
	forced, err := w.s.Generate(t.Context(), GenerateInput{Connector: "LDAP", Force: true, Approved: seen, JobInstanceID: 1})
	require.NoError(t, err)
	require.Zero(t, forced.Generated)
	require.Equal(t, 26, forced.Blocked[0].Count)
	for _, other := range [][]Exceeded{{}, {{ResourceType: "LDAP_User", Action: "insert", Count: 1000}}, {{ResourceType: "Other", Action: "delete", Count: 1000}}} {
		forced, err = w.s.Generate(t.Context(), GenerateInput{Connector: "LDAP", Force: true, Approved: other, JobInstanceID: 1})
		require.NoError(t, err)
		require.Zero(t, forced.Generated, "it was something else")
	}
	forced, err = w.s.Generate(t.Context(), GenerateInput{Connector: "LDAP", Force: true, Approved: forced.Blocked, JobInstanceID: 1})
	require.NoError(t, err)
	require.Equal(t, 30, forced.Generated)
	require.Zero(t, w.generate().Generated, "again: nothing left")
}

func TestThresholdPercent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		base, deletes int
		blocked       bool
	}{
		{"BelowMinimumPopulation", 9, 9, false},
		{"Equal", 10, 3, false},
		{"StrictlyGreater", 10, 4, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t, c.base)
			for i := range c.base {
				id := w.target(i)
				if i < c.deletes {
					w.plan(w.deletion(i, id, 1))
				}
			}
			require.Equal(t, c.blocked, len(w.generate().Blocked) > 0)
		})
	}
}

// TestThresholdOfContinuousMode counts over a rolling hour, and says so once.
func TestThresholdOfContinuousMode(t *testing.T) {
	t.Parallel()
	w := setup(t, 6)
	w.exec("update resource_type set maximum_insert = 2, maximum_insert_percent = 0")
	run := func() *Generation {
		g, err := w.s.Generate(t.Context(), GenerateInput{Connector: "LDAP", Continuous: true})
		require.NoError(t, err)
		return g
	}
	w.plan(w.creation(0, 1))
	require.Equal(t, 1, run().Generated)
	w.plan(w.creation(1, 1))
	require.Equal(t, 1, run().Generated)
	w.plan(w.creation(2, 1))
	require.NotEmpty(t, run().Blocked)
	require.Equal(t, "threshold", *w.order(2).WaitReason())
	run()
	require.Len(t, w.events("generation.blocked"), 1, "told once")
	w.later(61 * time.Minute)
	require.Equal(t, 1, run().Generated)
	require.Nil(t, w.order(2).WaitReason())

	w.exec("update entity_type set initialized_at = null")
	w.plan(w.creation(3, 1))
	require.Zero(t, run().Generated, "the first computation must be a complete one")
	w.exec("update entity_type set initialized_at = now()")
	w.exec("update connector set mode = 'scheduled'")
	require.Zero(t, run().Generated)
	require.Equal(t, 1, w.generate().Generated, "a job moves it")
}

// TestHeldOrdersAreReleasedWithAReason lets go what a limit holds in continuous mode, and tells who wanted it and why.
func TestHeldOrdersAreReleasedWithAReason(t *testing.T) {
	t.Parallel()
	w := setup(t, 6)
	w.exec("update resource_type set maximum_insert = 2, maximum_insert_percent = 0")
	for n := range 4 {
		w.plan(w.creation(n, 1))
	}
	g, err := w.s.Generate(t.Context(), GenerateInput{Connector: "LDAP", Continuous: true})
	require.NoError(t, err)
	require.NotEmpty(t, g.Blocked)
	ctx := permit.With(t.Context(), permit.System("Ann"))
	h, err := w.s.Held(ctx, "LDAP")
	require.NoError(t, err)
	require.Equal(t, 4, h.Count)
	require.Contains(t, string(h.Blocked), `"limit": 2`)
	c, err := w.s.Counters(ctx)
	require.NoError(t, err)
	require.Equal(t, []int64{w.connector}, c.Held)

	_, err = w.s.ReleaseHeld(ctx, ReleaseHeldOrdersInput{Connector: "LDAP", Reason: " "})
	require.True(t, errs.Is(err, errs.Validation), "%v", err)
	p, err := w.s.ReleaseHeld(ctx, ReleaseHeldOrdersInput{Connector: "LDAP", Reason: "a new branch"})
	require.NoError(t, err)
	require.Equal(t, 4, p.Released)
	require.Len(t, w.events("generation.released"), 1)
	h, err = w.s.Held(ctx, "LDAP")
	require.NoError(t, err)
	require.Nil(t, h)
	_, err = w.s.ReleaseHeld(ctx, ReleaseHeldOrdersInput{Connector: "LDAP", Reason: "once more"})
	require.True(t, errs.Is(err, errs.InvalidTransition), "no way around the limits of a job: %v", err)
}

func TestHolds(t *testing.T) {
	t.Parallel()
	t.Run("DependsOn", func(t *testing.T) { // scenario 11
		t.Parallel()
		w := setup(t)
		other := w.id(`insert into resource_type (identifier, display_name, policy_id, source_entity_type_id, target_entity_type_id)
			select 'Mailbox', 'Mailbox', policy_id, source_entity_type_id, target_entity_type_id from resource_type returning id`)
		w.exec("update resource_type set depends_on_id = ? where id = ?", other, w.rt)
		art := w.id(`insert into assigned_resource_type (owner_id, resource_type_id, workflow_state, workflow_state_changed_at, is_expected, valid_from)
			values (?, ?, 18, now(), true, now()) returning id`, w.owners[0], other)
		w.plan(w.creation(0, 1))
		require.Equal(t, map[string]int{"dependency": 1}, w.generate().Held)
		require.Equal(t, "dependency", *w.order(0).WaitReason())
		box := w.id(`insert into resource (entity_type_id, key, display_name, valid_from) values (?, 'box', 'box', now()) returning id`, w.account)
		w.exec("update assigned_resource_type set resource_id = ? where id = ?", box, art)
		require.Equal(t, 1, w.generate().Generated)
		require.Nil(t, w.order(0).WaitReason())
	})
	t.Run("OwnerProperty", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.exec("update resource_type set depends_on_owner_property = 'EmployeeId'")
		w.plan(w.creation(0, 1))
		require.Equal(t, map[string]int{"owner_property": 1}, w.generate().Held)
		w.exec(`update resource set scalars = '{"EmployeeId": "7"}' where id = ?`, w.owners[0])
		require.Equal(t, 1, w.generate().Generated)
	})
	t.Run("ConnectorOff", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.exec("update connection set deactivated = 'FULFIL'")
		w.plan(w.creation(0, 1))
		require.Equal(t, map[string]int{"connector_inactive": 1}, w.generate().Held)
	})
	t.Run("ErrorOnOneProperty", func(t *testing.T) { // scenario 13
		t.Parallel()
		w := setup(t)
		p := w.creation(0, 1)
		p.Delta.Lines = append(p.Delta.Lines, evaluation.LineDelta{Property: "mail", Action: evaluation.LineSet, To: 7, Verb: "fail", Error: "no such function", Workflow: 18})
		w.plan(p)
		require.Equal(t, StateError, w.order(0).State())
		require.Equal(t, map[string]int{"item_error": 1}, w.generate().Held)
		d := line("mail", evaluation.LineSet, "a@b", 1)
		d.LineID = w.lineOf(0, "mail").ID
		w.plan(w.planned(0, &evaluation.OrderDelta{OrderID: w.order(0).ID, Kind: evaluation.Create, Lines: []evaluation.LineDelta{d}}))
		require.Equal(t, 1, w.generate().Generated)

		// it fails again after generation and before it was sent: held again
		d.Verb, d.To, d.Error = "fail", 7, "no such function"
		w.plan(w.planned(0, &evaluation.OrderDelta{OrderID: w.order(0).ID, Kind: evaluation.Create, Lines: []evaluation.LineDelta{d}}))
		w.drain()
		require.Zero(t, w.fake.count())
		require.Equal(t, map[string]int{"item_error": 1}, w.generate().Held)
	})
	t.Run("CreationNotReleased", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.creation(0, 1)
		p.Delta.Lines[0].To, p.Delta.Lines[0].Verb = 5, "review"
		w.plan(p)
		require.Zero(t, w.generate().Generated)
	})
}

// TestClock is scenarios 8 and 12 in the room.
func TestClock(t *testing.T) {
	t.Parallel()
	t.Run("FutureThenPast", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.exec("update resource_type set fulfill_hours_ahead_of_time = 24")
		now := w.s.Clock.Now()
		p := w.creation(0, 0)
		for i := range p.Delta.Lines {
			p.Delta.Lines[i].Start, p.Delta.Lines[i].End, p.Delta.Lines[i].WaitReason = new(now.Add(48*time.Hour)), new(now.Add(96*time.Hour)), "not_due"
		}
		w.plan(p)
		require.Equal(t, StateNone, w.order(0).State())
		require.Equal(t, "not_due", *w.order(0).WaitReason())
		w.later(23 * time.Hour)
		require.Zero(t, w.generate().Generated)
		w.later(2 * time.Hour)
		n, err := w.s.Tick(t.Context())
		require.NoError(t, err)
		require.Equal(t, 3, n)
		require.Equal(t, StatePending, w.order(0).State())
		w.later(96 * time.Hour)
		_, err = w.s.Tick(t.Context())
		require.NoError(t, err)
		require.Equal(t, StateInactive, w.order(0).State())
		n, err = w.s.Tick(t.Context())
		require.NoError(t, err)
		require.Zero(t, n)
	})
	t.Run("SilentTicket", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.manual()
		w.exec("update resource_type set transmitted_state_validity_period = 1")
		w.plan(w.creation(0, 1))
		w.generate()
		w.drain()
		w.later(59 * time.Second)
		_, err := w.s.Tick(t.Context())
		require.NoError(t, err)
		require.Equal(t, StateTransmitted, w.order(0).State())
		w.later(2 * time.Second)
		_, err = w.s.Tick(t.Context())
		require.NoError(t, err)
		o := w.order(0)
		require.Equal(t, StateErrored, o.State())
		require.EqualValues(t, "TIMEOUT", o.Error().Class)
		require.Contains(t, o.Error().Message, "within 1 minutes")
	})
	t.Run("UnverifiedThenRetried", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.exec("update resource_type set transmitted_state_validity_period = 1, auto_retry_count = 1, auto_retry_delay_minutes = 5")
		w.plan(w.creation(0, 1))
		w.generate()
		w.drain()
		require.Equal(t, StateExecuted, w.order(0).State())
		w.later(2 * time.Minute)
		_, err := w.s.Tick(t.Context())
		require.NoError(t, err)
		require.Equal(t, StateErrored, w.order(0).State())
		w.later(6 * time.Minute)
		_, err = w.s.Tick(t.Context())
		require.NoError(t, err)
		require.Equal(t, StatePending, w.order(0).State())
		w.drain()
		require.Equal(t, StateExecuted, w.order(0).State(), "sent again without another generation")
		require.Equal(t, 2, w.order(0).Attempt)
	})
	t.Run("ExpiredTicketIsComputedAgain", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.manual()
		p := w.creation(0, 1)
		for i := range p.Delta.Lines {
			p.Delta.Lines[i].End = new(w.s.Clock.Now().Add(time.Hour))
		}
		w.plan(p)
		w.generate()
		w.drain()
		require.Equal(t, StateTransmitted, w.order(0).State())
		w.dirty = nil
		w.later(2 * time.Hour)
		_, err := w.s.Tick(t.Context())
		require.NoError(t, err)
		require.Equal(t, StateInactive, w.order(0).State())
		require.Equal(t, []int64{w.owners[0]}, w.dirty, "what becomes of it is for the computation to say")
	})
	t.Run("RemovalsDoNotExpire", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		p := w.deletion(0, w.target(0), 1)
		p.Delta.Lines[0].End = new(w.s.Clock.Now().Add(-time.Hour))
		w.plan(p)
		_, err := w.s.Tick(t.Context())
		require.NoError(t, err)
		require.Equal(t, StatePending, w.order(0).State())
	})
}

// TestGenerateOrderOfDispatch: updates first, then creations, deletions last (spec 2.4.6).
func TestGenerateOrderOfDispatch(t *testing.T) {
	t.Parallel()
	w := setup(t, 4)
	w.s.Concurrency = 1
	gone, changed := w.target(0), w.target(1)
	w.plan(w.deletion(0, gone, 1))
	w.plan(w.creation(2, 1))
	w.plan(w.change(1, changed, "New", 1))
	w.generate()
	w.drain()
	var got []string
	for _, c := range w.fake.calls {
		got = append(got, fmt.Sprint(c.Type))
	}
	require.Equal(t, []string{"Modified", "Added", "Deleted"}, got)
}
