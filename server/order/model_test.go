package order

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"pgregory.net/rapid"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/evaluation"
	"writ/server/fulfil"
	"writ/server/permit"
)

func TestMain(m *testing.M) {
	flag.Parse()
	set := false
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == "rapid.checks" })
	if !set {
		_ = flag.Set("rapid.checks", "30") // each is some thirty moves on a real database
	}
	os.Exit(m.Run())
}

// chance gives random choices: rapid's in the model test, plain ones when actors run at once.
type chance interface {
	pick(label string, n int) int
}

type rapidChance struct{ *rapid.T }

func (r rapidChance) pick(label string, n int) int { return rapid.IntRange(0, n-1).Draw(r.T, label) }

type plainChance struct{ *rand.Rand }

func (r plainChance) pick(_ string, n int) int { return r.IntN(n) }

// actors are everybody who moves orders, doing something random.
type actors struct {
	*world
	check  func(error) // what must never happen
	people []int       // whose orders these actors touch
}

func (a *actors) all() map[string]func(chance) {
	return map[string]func(chance){
		"policy": a.policy, "generation": a.generation, "worker": a.worker, "reviewer": a.reviewer, "operator": a.operator, "clock": a.clock,
	}
}

func pickOf[T any](c chance, label string, list []T) T { return list[c.pick(label, len(list))] }

// policy asks for something an evaluation could want; what the state machine does not allow any more, Policy leaves out.
func (a *actors) policy(c chance) {
	i := pickOf(c, "person", a.people)
	var planned assignment.PlannedOrder
	var orders []int64
	a.check(a.s.DB.NewRaw("select id from provisioning_order where closed_at is null and assigned_resource_type_id = ?", a.arts[i]).Scan(a.ctx, &orders))
	if len(orders) == 0 {
		to := pickOf(c, "enter", []State{0, 1, 1, 5, 6})
		planned = a.creation(i, to)
		if c.pick("kind", 2) == 1 {
			planned = a.planned(i, &evaluation.OrderDelta{Kind: evaluation.Update, Lines: []evaluation.LineDelta{line("sn", evaluation.LineSet, "Lang", to), line("mail", evaluation.LineSet, "a@b", pickOf(c, "other", []State{0, 1, 5}))}})
		}
	} else {
		lines, err := a.s.selectLines(a.ctx, a.s.DB, orders)
		a.check(err)
		d := &evaluation.OrderDelta{OrderID: orders[0], Kind: evaluation.Create}
		switch c.pick("want", 8) {
		case 0:
			d.Withdraw = true
		case 1:
			d.Supersede = true
		case 2:
			d.Lines = append(d.Lines, line("mail", evaluation.LineSet, fmt.Sprint(c.pick("value", 3)), pickOf(c, "enter", []State{1, 5, 0, 7})))
		default:
			for _, l := range lines[orders[0]] {
				if l.ClosedAt != nil || c.pick("this", 2) == 0 {
					continue
				}
				verb := pickOf(c, "verb", []Action{Compute, Review, Verify, Expire, Fail, Withdraw, Refresh, Hold})
				to, ok := verb.target(l.Code)
				if !ok {
					continue
				}
				ld := line(l.PropertyName, l.Verb, fmt.Sprint(c.pick("value", 3)), to)
				ld.LineID, ld.Verb, ld.Close, ld.WaitReason = l.ID, string(verb), verb == Verify && c.pick("close", 2) == 1, "none"
				d.Lines = append(d.Lines, ld)
			}
		}
		planned = a.planned(i, d)
	}
	a.check(db.InTx(a.ctx, a.s.DB, func(ctx context.Context, tx bun.Tx) error {
		return a.s.Policy(ctx, tx, a.s.Clock.Now(), []assignment.PlannedOrder{planned})
	}))
}

func (a *actors) generation(chance) {
	_, err := a.s.Generate(a.ctx, GenerateInput{Connector: "LDAP", JobInstanceID: 1})
	a.check(err)
}

func (a *actors) worker(c chance) {
	outcome := pickOf(c, "outcome", []fulfil.Outcome{fulfil.Done, fulfil.Done, fulfil.Refused, fulfil.Unknown, fulfil.Unreachable, fulfil.Conflict})
	a.fake.set(answerWith(outcome, "because"))
	a.check(a.s.Drain(a.ctx, a.connection))
}

func (a *actors) ids(c chance, where string) []int64 {
	var ids []int64
	a.check(a.s.DB.NewRaw("select id from provisioning_order o where "+where+" order by id").Scan(a.ctx, &ids))
	if len(ids) == 0 {
		return nil
	}
	return []int64{pickOf(c, "order", ids)}
}

func (a *actors) reviewer(c chance) {
	var err error
	switch c.pick("review", 6) {
	case 0:
		if ids := a.ids(c, "3 = any(states)"); ids != nil {
			_, err = a.s.Unblock(a.ctx, BulkOrdersInput{OrderIDs: ids})
		}
	case 1:
		if ids := a.ids(c, "6 = any(states)"); ids != nil {
			_, err = a.s.Reconsider(a.ctx, BulkOrdersInput{OrderIDs: ids})
		}
	default:
		if ids := a.ids(c, "true"); ids != nil {
			d := pickOf(c, "decision", []LineDecision{DecideApprove, DecideApprove, DecideDecline, DecidePostpone})
			_, err = a.s.Review(a.ctx, ReviewOrdersInput{OrderIDs: ids, Decision: &d, Comment: new("so")})
		}
	}
	a.check(err)
}

func (a *actors) operator(c chance) {
	ids := a.ids(c, "true")
	if ids == nil {
		return
	}
	var err error
	switch c.pick("ticket", 3) {
	case 0:
		_, err = a.s.ReportErrors(a.ctx, ReportManualOrderErrorsInput{OrderIDs: ids, Message: "no"})
	case 1:
		_, err = a.s.Take(a.ctx, BulkOrdersInput{OrderIDs: ids})
	default:
		_, err = a.s.Confirm(a.ctx, ConfirmManualOrdersInput{OrderIDs: ids})
	}
	a.check(err)
}

func (a *actors) clock(c chance) {
	a.later(time.Duration(c.pick("minutes", 30)) * time.Minute)
	_, err := a.s.Tick(a.ctx)
	a.check(err)
	a.check(a.s.Sweep(a.ctx))
}

// invariants: the roll-up is right, every line's history is one unbroken legal way to its state, nothing is lost, nothing is held.
func (w *world) invariants(t require.TestingT) {
	ctx := context.Background()
	var orders []struct {
		ID       int64
		State    State
		IsClosed bool
		IsLeased bool
	}
	require.NoError(t, w.s.DB.NewRaw("select id, state, closed_at is not null as is_closed, lease_owner is not null as is_leased from provisioning_order").Scan(ctx, &orders))
	var lines []struct {
		ID, OrderID int64
		State       State
		IsClosed    bool
	}
	require.NoError(t, w.s.DB.NewRaw("select id, order_id, state, closed_at is not null as is_closed from order_line").Scan(ctx, &lines))
	var history []struct {
		LineID    int64
		FromState *State
		ToState   State
	}
	require.NoError(t, w.s.DB.NewRaw("select l.line_id, h.from_state, h.to_state from order_line_history h cross join unnest(h.line_ids) l (line_id) order by h.id").Scan(ctx, &history))
	at := map[int64]State{}
	for _, h := range history {
		from, known := at[h.LineID]
		if h.FromState == nil {
			require.False(t, known, "line %d entered twice", h.LineID)
		} else {
			require.True(t, known, "line %d moved before it entered", h.LineID)
			require.Equal(t, from, *h.FromState, "line %d: history has a gap", h.LineID)
		}
		at[h.LineID] = h.ToState
	}
	counting, open := map[int64][]State{}, map[int64]int{}
	for _, l := range lines {
		require.Equal(t, at[l.ID], l.State, "line %d is not where its history ends", l.ID)
		if !l.IsClosed {
			open[l.OrderID]++
		}
		if !l.IsClosed || slices.Contains([]State{0, 4, 6}, l.State) {
			counting[l.OrderID] = append(counting[l.OrderID], l.State)
		}
	}
	for _, o := range orders {
		require.Equal(t, RollUp(counting[o.ID]), o.State, "roll-up of order %d, lines %v", o.ID, counting[o.ID])
		require.Equal(t, o.IsClosed, open[o.ID] == 0, "order %d closed without its lines, or the other way round", o.ID)
		require.False(t, o.IsLeased, "order %d is still held", o.ID)
	}
}

// TestModel: random interleavings of all actors, one after the other, against the real database.
func TestModel(t *testing.T) {
	t.Parallel()
	for _, manual := range []bool{false, true} {
		t.Run(fmt.Sprintf("Manual=%v", manual), func(t *testing.T) {
			t.Parallel()
			w := setup(t, 2)
			if manual {
				w.manual()
			}
			w.exec("update resource_type set transmitted_state_validity_period = 45, auto_retry_count = 1, maximum_insert_percent = 0")
			rapid.Check(t, func(r *rapid.T) {
				a := &actors{world: w, people: []int{0, 1}, check: func(err error) { require.NoError(r, err) }}
				actions := map[string]func(*rapid.T){"": func(r *rapid.T) { w.invariants(r) }}
				for name, act := range a.all() {
					actions[name] = func(r *rapid.T) { act(rapidChance{r}) }
				}
				r.Repeat(actions)
			})
		})
	}
}

// TestActorsAtOnce: the same actors at the same time. No deadlock gets out, and in the end everything adds up.
func TestActorsAtOnce(t *testing.T) {
	t.Parallel()
	w := setup(t, 4)
	w.exec("update resource_type set transmitted_state_validity_period = 45, auto_retry_count = 1, maximum_insert_percent = 0")
	w.ctx = permit.With(t.Context(), &permit.Actor{Username: "ann", System: true})
	a := &actors{world: w, people: []int{0, 1, 2, 3}, check: func(err error) {
		if err != nil {
			t.Errorf("%v", err)
		}
	}}
	var wait sync.WaitGroup
	for name, act := range a.all() {
		wait.Go(func() {
			c := plainChance{rand.New(rand.NewPCG(1, uint64(len(name))))}
			for range 40 {
				act(c)
			}
		})
	}
	wait.Wait()
	require.NoError(t, w.s.Drain(w.ctx, w.connection))
	w.invariants(t)
	require.NotZero(t, w.id("select count(*) from order_line_history"))
}
