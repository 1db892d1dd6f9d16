package order

import (
	"cmp"
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/evaluation"
	"writ/server/fulfil"
)

// account makes person i the owner of the account with this key, in the directory and in the system.
func (w *world) accountOf(i int, key string) int64 {
	id := w.id(`insert into resource (entity_type_id, key, display_name, scalars, valid_from) values (?, ?, ?, jsonb_build_object('uid', ?::text, 'mail', ?::text), now()) returning id`,
		w.account, key, key, key, key+"@x")
	w.exec("update assigned_resource_type set resource_id = ? where id = ?", id, w.arts[i])
	w.fake.put(key, fulfil.Row{"uid": key, "mail": key + "@x"})
	return id
}

func (w *world) creationOf(i int, key string, to State) assignment.PlannedOrder {
	return w.planned(i, &evaluation.OrderDelta{Kind: evaluation.Create, Lines: []evaluation.LineDelta{
		line("", evaluation.LineCreate, "", to), line("uid", evaluation.LineSet, key, to), line("mail", evaluation.LineSet, key+"@x", to)}})
}

func (w *world) renaming(i int, target int64, key string, to State) assignment.PlannedOrder {
	return w.planned(i, &evaluation.OrderDelta{Kind: evaluation.Update, TargetID: target, Lines: []evaluation.LineDelta{line("uid", evaluation.LineSet, key, to)}})
}

// dependent is a second type on the same system that depends on the first: person i gets an assigned resource type with an account of it.
func (w *world) dependent(i int, key string) (rt, art, target int64) {
	rt = w.id(`insert into resource_type (identifier, display_name, policy_id, source_entity_type_id, target_entity_type_id, connection_id, depends_on_id)
		select 'LDAP_Admin', 'Admin account', policy_id, source_entity_type_id, target_entity_type_id, connection_id, id from resource_type where id = ? returning id`, w.rt)
	target = w.id(`insert into resource (entity_type_id, key, display_name, scalars, valid_from) values (?, ?, ?, '{}', now()) returning id`, w.account, key, key)
	w.fake.put(key, fulfil.Row{"uid": key})
	art = w.id(`insert into assigned_resource_type (owner_id, resource_type_id, resource_id, workflow_state, workflow_state_changed_at, is_expected, valid_from)
		values (?, ?, ?, 18, now(), true, now()) returning id`, w.owners[i], rt, target)
	return rt, art, target
}

func TestSequence(t *testing.T) {
	t.Parallel()
	called := func(w *world) (out []string) {
		for _, c := range w.fake.calls {
			out = append(out, string(c.Type)+" "+cmp.Or(c.Key, text(c.Changes["uid"])))
		}
		return out
	}
	t.Run("DeleteBeforeCreate", func(t *testing.T) {
		t.Parallel()
		for name, spelled := range map[string]string{"SameSpelling": "p0", "OtherCase": "P0"} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := setup(t)
				old := w.accountOf(0, "p0")
				w.plan(w.creationOf(1, spelled, 1), w.deletion(0, old, 1))
				require.Equal(t, 2, w.generate().Generated, "both go in one run")
				w.drain()
				require.Equal(t, []string{"Deleted p0", "Added " + spelled}, called(w))
				require.Equal(t, StateExecuted, w.order(1).State())
				require.NotNil(t, w.fake.get(spelled), "nobody is without")
			})
		}
	})
	t.Run("WaitsForARemovalThatIsStuck", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		old := w.accountOf(0, "p0")
		w.plan(w.deletion(0, old, 5), w.creationOf(1, "p0", 1))
		require.Equal(t, map[string]int{"target_key": 1}, w.generate().Held)
		w.drain()
		require.Zero(t, w.fake.count())
		require.Equal(t, "target_key", *w.order(1).WaitReason())
		o := w.order(0)
		_, err := w.s.Review(w.ctx, ReviewOrdersInput{OrderIDs: []int64{o.ID}, Decision: new(DecideApprove)})
		require.NoError(t, err)
		require.Equal(t, 2, w.generate().Generated)
		w.drain()
		require.Equal(t, []string{"Deleted p0", "Added p0"}, called(w))
	})
	t.Run("NeverAdoptsWhatBelongsToAnother", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		old := w.accountOf(0, "p0")
		w.plan(w.creationOf(1, "p0", 1))
		w.generate()
		w.drain()
		require.Zero(t, w.fake.count(), "the system would say that all is well")
		require.Equal(t, StateErrored, w.order(1).State())
		require.EqualValues(t, "CONFLICT", w.order(1).Error().Class)
		w.plan(w.deletion(0, old, 1))
		w.generate()
		w.drain()
		require.Equal(t, []string{"Deleted p0", "Added p0"}, called(w), "taken up by itself when the other one goes")
		require.Equal(t, StateExecuted, w.order(1).State())
	})
	t.Run("ConflictIsTakenUpOnce", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		old := w.accountOf(0, "p0")
		w.plan(w.deletion(0, old, 1))
		w.generate()
		w.fake.set(answerWith(fulfil.Conflict, "another one"))
		w.drain()
		w.fake.set(nil)
		w.plan(w.creationOf(1, "p0", 1))
		require.Equal(t, 1, w.generate().Held["target_key"])
		require.Zero(t, w.generate().Generated, "the removal is errored: nothing is taken up by itself")
	})
	t.Run("TwoCreationsOfOneKey", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.plan(w.creationOf(0, "p0", 1), w.creationOf(1, "p0", 1))
		w.generate()
		w.drain()
		require.Equal(t, []string{"Added p0"}, called(w))
		require.Equal(t, StateExecuted, w.order(0).State())
		require.EqualValues(t, "CONFLICT", w.order(1).Error().Class)
	})
	t.Run("RenameMakesRoom", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		a := w.accountOf(0, "ada")
		w.plan(w.creationOf(1, "ada", 1), w.renaming(0, a, "ada.b", 1))
		w.generate()
		w.drain()
		require.Equal(t, []string{"Modified ada", "Added ada"}, called(w))
	})
	t.Run("DependentGoesFirst", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		a := w.accountOf(0, "ada")
		rt, art, b := w.dependent(0, "adm-ada")
		other := w.planned(0, &evaluation.OrderDelta{Kind: evaluation.Delete, TargetID: b, Lines: []evaluation.LineDelta{line("", evaluation.LineDelete, "", 5)}})
		other.AssignedResourceTypeID, other.ResourceTypeID = art, rt
		w.plan(w.deletion(0, a, 1), other)
		require.Equal(t, map[string]int{"dependency": 1}, w.generate().Held)
		w.drain()
		require.Zero(t, w.fake.count())
		require.Equal(t, "dependency", *w.order(0).WaitReason())
		stuck := w.id("select id from provisioning_order where assigned_resource_type_id = ?", art)
		_, err := w.s.Review(w.ctx, ReviewOrdersInput{OrderIDs: []int64{stuck}, Decision: new(DecideApprove)})
		require.NoError(t, err)
		require.Equal(t, 2, w.generate().Generated)
		w.drain()
		require.Equal(t, []string{"Deleted adm-ada", "Deleted ada"}, called(w))
	})
	t.Run("FulfilEndsWhenTheRestIsStuck", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		old := w.accountOf(0, "p0")
		w.plan(w.deletion(0, old, 1), w.creationOf(1, "p0", 1))
		require.Equal(t, 2, w.generate().Generated)
		w.fake.set(func(c fulfil.Change) *fulfil.Receipt {
			if c.Type == fulfil.Deleted {
				return &fulfil.Receipt{Outcome: fulfil.Refused, Message: "no"}
			}
			return nil
		})
		res, err := w.s.Fulfil(t.Context(), FulfilInput{Connector: "LDAP"}, nil)
		require.NoError(t, err)
		require.Equal(t, FulfilResult{Total: 1, Errors: 1}, res)
		require.Equal(t, []string{"Deleted p0"}, called(w))
	})
	t.Run("SwapInOneCall", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		x := &exchanger{fake: w.fake}
		w.s.Open = func(context.Context, int64) (*fulfil.Opened, fulfil.Capability, error) {
			return x.opened(), fulfil.Capability{}, nil
		}
		a, b := w.accountOf(0, "mcole"), w.accountOf(1, "lcole")
		w.plan(w.renaming(0, a, "lcole", 1), w.renaming(1, b, "mcole", 1))
		require.Equal(t, 2, w.generate().Generated)
		w.drain()
		require.Equal(t, 1, x.together)
		require.Zero(t, w.fake.count())
		require.Equal(t, "mcole@x", w.fake.get("lcole")["mail"])
		require.Equal(t, "lcole@x", w.fake.get("mcole")["mail"])
		for i := range 2 {
			require.Equal(t, StateExecuted, w.order(i).State())
		}
	})
	t.Run("SwapWhereOneHadFailedAlready", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		x := &exchanger{fake: w.fake}
		w.s.Open = func(context.Context, int64) (*fulfil.Opened, fulfil.Capability, error) {
			return x.opened(), fulfil.Capability{}, nil
		}
		a, b := w.accountOf(0, "mcole"), w.accountOf(1, "lcole")
		w.plan(w.renaming(0, a, "lcole", 1))
		w.generate()
		w.drain()
		require.Equal(t, StateErrored, w.order(0).State())
		w.plan(w.renaming(1, b, "mcole", 1))
		require.Equal(t, 2, w.generate().Generated)
		w.drain()
		require.Equal(t, 1, x.together)
	})
	t.Run("SwapWithOneGeneratedBefore", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		x := &exchanger{fake: w.fake}
		w.s.Open = func(context.Context, int64) (*fulfil.Opened, fulfil.Capability, error) {
			return x.opened(), fulfil.Capability{}, nil
		}
		a, b := w.accountOf(0, "mcole"), w.accountOf(1, "lcole")
		w.plan(w.renaming(0, a, "lcole", 1))
		w.generate() // and then the system is away
		w.plan(w.renaming(1, b, "mcole", 1))
		w.generate()
		w.drain()
		require.Equal(t, 1, x.together)
		require.Equal(t, StateExecuted, w.order(0).State())
	})
	t.Run("SwapLost", func(t *testing.T) {
		t.Parallel()
		for name, made := range map[string]bool{"Made": true, "NotMade": false} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := setup(t)
				x := &exchanger{fake: w.fake, lose: true, forget: !made}
				w.s.Open = func(context.Context, int64) (*fulfil.Opened, fulfil.Capability, error) {
					return x.opened(), fulfil.Capability{}, nil
				}
				a, b := w.accountOf(0, "mcole"), w.accountOf(1, "lcole")
				w.plan(w.renaming(0, a, "lcole", 1), w.renaming(1, b, "mcole", 1))
				w.generate()
				w.drain()
				require.Equal(t, map[bool]int{true: 1, false: 2}[made], x.together)
				require.Equal(t, "mcole@x", w.fake.get("lcole")["mail"], "not undone by a second one")
				for i := range 2 {
					require.Equal(t, StateExecuted, w.order(i).State())
				}
			})
		}
	})
	t.Run("SwapThatTheSystemCannotDo", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		a, b := w.accountOf(0, "mcole"), w.accountOf(1, "lcole")
		w.plan(w.renaming(0, a, "lcole", 1), w.renaming(1, b, "mcole", 1))
		w.generate()
		w.drain()
		require.Zero(t, w.fake.count())
		for i := range 2 {
			require.Equal(t, StateErrored, w.order(i).State())
			require.Contains(t, w.order(i).Error().Message, "take each other's values")
		}
		w.generate()
		w.drain()
		require.Equal(t, StateErrored, w.order(0).State(), "no circle of retries")
		_, err := w.s.Unblock(w.ctx, BulkOrdersInput{OrderIDs: []int64{w.order(0).ID}})
		require.NoError(t, err)
		x := &exchanger{fake: w.fake}
		w.s.Open = func(context.Context, int64) (*fulfil.Opened, fulfil.Capability, error) {
			return x.opened(), fulfil.Capability{}, nil
		}
		w.generate()
		w.drain()
		require.Equal(t, 1, x.together, "unblocking one brings the other along")
	})
}

// exchanger can swap keys.
type exchanger struct {
	*fake
	together     int
	lose, forget bool // the first answer is lost; the change with it
}

func (x *exchanger) opened() *fulfil.Opened {
	o := x.fake.opened()
	o.Exchanger = x
	return o
}

func (x *exchanger) ApplyTogether(_ context.Context, changes []fulfil.Change) []fulfil.Receipt {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.together++
	out := make([]fulfil.Receipt, len(changes))
	lost := x.lose && x.together == 1
	rows := make([]fulfil.Row, len(changes))
	for i, c := range changes {
		out[i] = fulfil.Receipt{Outcome: fulfil.Done}
		if lost {
			out[i] = fulfil.Receipt{Outcome: fulfil.Unknown, Message: "timeout"}
		}
		rows[i] = x.rows[c.Key]
	}
	if lost && x.forget {
		return out
	}
	for i, c := range changes {
		for column, v := range c.Changes {
			rows[i][column] = text(v)
		}
		x.rows[fulfil.TextOf(rows[i]["uid"])] = rows[i]
	}
	return out
}

// TestOutageSaysSo: an order in back-off, and those behind it, say why they wait, until when, and what the system answered.
func TestOutageSaysSo(t *testing.T) {
	t.Parallel()
	w := setup(t, 12)
	for i := range 12 {
		w.plan(w.creation(i, 1))
	}
	w.generate()
	w.fake.set(func(fulfil.Change) *fulfil.Receipt {
		return &fulfil.Receipt{Outcome: fulfil.Unreachable, Message: "no route to host", Hint: "Check the cable."}
	})
	w.drain()
	w.exec("update provisioning_order set not_before = not_before + interval '1 hour' where not_before is not null") // a slow test
	tried := 0
	for i := range 12 {
		o := w.order(i)
		require.Equal(t, StatePending, o.State())
		require.Equal(t, "outage", text(o.WaitReason()), "order %d", i)
		require.NotNil(t, o.NextAttemptAt())
		if o.LastAnswer() != nil {
			tried++
			require.Equal(t, OrderAnswer{"UNREACHABLE", "no route to host", "Check the cable.", o.LastAnswer().At}, *o.LastAnswer())
			require.NotNil(t, o.LastAnswer().At)
		}
	}
	require.GreaterOrEqual(t, tried, outage)
	quiet, err := w.s.Quiescent(t.Context())
	require.NoError(t, err)
	require.True(t, quiet, "until the system is asked again")
	w.later(2 * firstProbe)
	quiet, err = w.s.Quiescent(t.Context())
	require.NoError(t, err)
	require.False(t, quiet, "it is asked now")

	w.fake.set(nil)
	require.NoError(t, db.InTx(t.Context(), w.s.DB, func(ctx context.Context, tx bun.Tx) error { return w.s.Wake(ctx, tx, w.connector) }))
	require.Equal(t, int64(1), w.id("select count(*) from river_job where kind = 'order_dispatch' and state = 'available' and (args ->> 'connectionId')::bigint = ?", w.connection))
	w.drain()
	for i := range 12 {
		o := w.order(i)
		require.Equal(t, StateExecuted, o.State(), "nothing waits for its back-off any more")
		require.Nil(t, o.WaitReason())
		require.Nil(t, o.LastAnswer())
		require.Nil(t, o.NextAttemptAt())
	}
	quiet, err = w.s.Quiescent(t.Context())
	require.NoError(t, err)
	require.True(t, quiet)
}
