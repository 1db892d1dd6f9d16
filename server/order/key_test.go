package order

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/fulfil"
)

// decideLines decides lines of the order of person i by property; "" is the account itself.
func (w *world) decideLines(i int, by map[string]LineDecision) OrderResult {
	w.t.Helper()
	in := ReviewOrdersInput{Comment: new("no")}
	for _, l := range w.order(i).BroughtLines() {
		if d, ok := by[l.PropertyName]; ok {
			in.Lines = append(in.Lines, LineDecisionInput{l.ID, d, l.Version})
		}
	}
	require.Len(w.t, in.Lines, len(by))
	return w.review(w.t, in)
}

// keyIsAssigned makes the system give the keys: what designates an account before is its mail.
func (w *world) keyIsAssigned() {
	w.exec(`update property_mapping set is_primary_key = false, is_unique_key = column_name = 'mail' where is_primary_key or column_name = 'mail'`)
	id := w.id(`insert into property (entity_type_id, identifier, display_name, type, position) values (?, 'id', 'Id', 'STRING', 7) returning id`, w.account)
	w.exec(`insert into property_mapping (property_id, entity_type_id, column_name, is_primary_key) values (?, ?, 'id', true)`, id, w.account)
}

// TestKeyOfCreation: nothing is created without what designates it, whatever is decided about its lines and in whichever order.
func TestKeyOfCreation(t *testing.T) {
	t.Parallel()
	t.Run("DeclinedAlone", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.plan(w.creation(0, 5))
		r := w.decideLines(0, map[string]LineDecision{"": DecideApprove, "uid": DecideDecline, "sn": DecideApprove})
		require.Equal(t, string(errs.Validation), r.Error.Code)
		require.Contains(t, r.Error.Message, "The uid")
		require.Contains(t, r.Error.Message, "decline the whole creation")
		require.Equal(t, map[string]int{"CREATE ": 5, "SET uid": 5, "SET sn": 5}, w.lines(0), "all or nothing")
		require.Zero(t, w.id("select count(*) from kept_value"))
		require.Nil(t, w.order(0).ReviewedAt)
		require.Nil(t, w.decideLines(0, map[string]LineDecision{"": DecideDecline, "uid": DecideDecline, "sn": DecideApprove}).Error, "with the account itself it can be declined")
		require.Equal(t, map[string]int{"CREATE ": 6, "SET uid": 6, "SET sn": 6}, w.lines(0))
		require.Equal(t, 3, int(w.id("select count(*) from kept_value")), "each once")
	})
	t.Run("WaitsWhileTheRestIsApproved", func(t *testing.T) {
		t.Parallel()
		for _, manual := range []bool{false, true} {
			w := setup(t)
			if manual {
				w.manual()
			}
			w.plan(w.creation(0, 5))
			require.Nil(t, w.decideLines(0, map[string]LineDecision{"": DecideApprove, "uid": DecidePostpone, "sn": DecideApprove}).Error)
			require.Zero(t, w.generate().Generated)
			w.drain()
			require.Zero(t, w.fake.count())
			require.Equal(t, map[string]int{"CREATE ": 1, "SET uid": 5, "SET sn": 1}, w.lines(0))
			require.Equal(t, string(evaluation.WaitKey), *w.order(0).WaitReason())
			require.Equal(t, string(errs.Validation), w.decideLines(0, map[string]LineDecision{"uid": DecideDecline}).Error.Code)
			require.Nil(t, w.decideLines(0, map[string]LineDecision{"uid": DecideApprove}).Error)
			require.Equal(t, 1, w.generate().Generated)
			w.drain()
			if manual {
				require.Equal(t, map[string]int{"CREATE ": 2, "SET uid": 2, "SET sn": 2}, w.lines(0))
			} else {
				require.Equal(t, "u000", w.fake.calls[0].Key)
			}
		}
	})
	t.Run("WholeDeclinedLater", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.plan(w.creation(0, 5))
		require.Nil(t, w.decideLines(0, map[string]LineDecision{"": DecideApprove, "sn": DecideApprove}).Error)
		require.Zero(t, w.generate().Generated)
		require.Nil(t, w.review(t, whole(w.order(0), DecideDecline, "left")).Error)
		require.Equal(t, map[string]int{"CREATE ": 6, "SET uid": 6, "SET sn": 6}, w.lines(0))
		for _, l := range w.order(0).BroughtLines() {
			require.Equal(t, 17, l.WorkflowState())
		}
		require.Equal(t, 3, int(w.id("select count(*) from kept_value where workflow_state = 17")))
		require.Zero(t, w.generate().Generated)
	})
	t.Run("Errored", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.plan(w.creation(0, 1))
		w.fake.set(answerWith("REFUSED", "no"))
		w.generate()
		w.drain()
		require.Equal(t, string(errs.Validation), w.decideLines(0, map[string]LineDecision{"uid": DecideDecline}).Error.Code)
		require.Nil(t, w.decideLines(0, map[string]LineDecision{"sn": DecideDecline}).Error)
		require.Nil(t, w.review(t, whole(w.order(0), DecideDecline, "left")).Error)
		require.Equal(t, map[string]int{"CREATE ": 6, "SET uid": 6, "SET sn": 6}, w.lines(0))
	})
	t.Run("GoesBackToReviewOnceGenerated", func(t *testing.T) { // another value is computed (P8), after generation and before the call
		t.Parallel()
		w := setup(t)
		w.plan(w.creation(0, 1))
		require.Equal(t, 1, w.generate().Generated)
		d := line("uid", evaluation.LineSet, "other", 5)
		d.LineID = w.lineOf(0, "uid").ID
		w.plan(w.planned(0, &evaluation.OrderDelta{OrderID: w.order(0).ID, Kind: evaluation.Create, Lines: []evaluation.LineDelta{d}}))
		w.drain()
		require.Zero(t, w.fake.count())
		require.Zero(t, w.generate().Generated)
		require.Nil(t, w.review(t, whole(w.order(0), DecideApprove, "")).Error)
		require.Equal(t, 1, w.generate().Generated)
		w.drain()
		require.Equal(t, "other", w.fake.calls[0].Key)
	})
	t.Run("DeclinedBefore", func(t *testing.T) { // by a server that allowed it, or its time is over
		t.Parallel()
		w := setup(t)
		w.plan(w.creation(0, 1))
		w.generate()
		w.exec(`update order_line set state = 6, workflow_state = 17 where property = 'uid'`)
		w.exec(`update provisioning_order set generated_at = null, states = '{1,6}'`)
		require.Zero(t, w.generate().Generated)
		require.Equal(t, string(evaluation.WaitKey), *w.order(0).WaitReason())
		p, err := w.s.Reconsider(w.ctx, BulkOrdersInput{OrderIDs: []int64{w.order(0).ID}})
		require.NoError(t, err)
		require.Nil(t, p.Results[0].Error)
		require.Equal(t, 1, w.generate().Generated)
	})
	t.Run("GivenByTheSystem", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.keyIsAssigned()
		p := w.creation(0, 5)
		p.Delta.Lines = append(p.Delta.Lines, line("mail", evaluation.LineSet, "a@b", 5))
		w.plan(p)
		require.Contains(t, w.decideLines(0, map[string]LineDecision{"mail": DecideDecline}).Error.Message, "The mail")
		require.Nil(t, w.decideLines(0, map[string]LineDecision{"": DecideApprove, "sn": DecideApprove, "uid": DecideDecline}).Error, "it designates nothing")
		require.Zero(t, w.generate().Generated, "the mail waits")
		require.Nil(t, w.decideLines(0, map[string]LineDecision{"mail": DecideApprove}).Error)
		require.Equal(t, 1, w.generate().Generated)
	})
	t.Run("UniqueBesideAKey", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.exec(`update property_mapping set is_unique_key = true where column_name = 'mail'`)
		p := w.creation(0, 5)
		p.Delta.Lines = append(p.Delta.Lines, line("mail", evaluation.LineSet, "a@b", 5))
		w.plan(p)
		require.Nil(t, w.decideLines(0, map[string]LineDecision{"": DecideApprove, "sn": DecideApprove, "uid": DecideApprove, "mail": DecideDecline}).Error)
		require.Equal(t, 1, w.generate().Generated)
	})
	t.Run("RenameAndAssociation", func(t *testing.T) { // what exists has a key
		t.Parallel()
		w := setup(t)
		w.plan(w.planned(0, &evaluation.OrderDelta{Kind: evaluation.Update, TargetID: w.target(0), Lines: []evaluation.LineDelta{
			line("uid", evaluation.LineSet, "other", 5), line("sn", evaluation.LineSet, "New", 5)}}))
		require.Nil(t, w.decideLines(0, map[string]LineDecision{"uid": DecideDecline, "sn": DecideApprove}).Error)
		require.Equal(t, 1, w.generate().Generated)
		id := w.id(`insert into resource (entity_type_id, key, display_name, valid_from) values (?, 'x', 'x', now()) returning id`, w.account)
		w.plan(w.planned(1, &evaluation.OrderDelta{Kind: evaluation.Associate, TargetID: id, Lines: []evaluation.LineDelta{
			line("", evaluation.LineAssociate, "x", 5), line("uid", evaluation.LineSet, "other2", 5)}}))
		require.Nil(t, w.decideLines(1, map[string]LineDecision{"": DecideApprove, "uid": DecideDecline}).Error)
	})
	t.Run("OthersOfTheSelectionGoOn", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.plan(w.creation(0, 5), w.creation(1, 5))
		require.Nil(t, w.decideLines(0, map[string]LineDecision{"": DecideApprove, "sn": DecideApprove}).Error)
		p, err := w.s.Review(w.ctx, ReviewOrdersInput{Filter: &OrderFilter{}, Decision: new(DecideDecline), Comment: new("left")})
		require.NoError(t, err)
		require.Len(t, p.Results, 2)
		for i := range 2 {
			require.Nil(t, p.Results[i].Error)
			require.Equal(t, map[string]int{"CREATE ": 6, "SET uid": 6, "SET sn": 6}, w.lines(i))
		}
	})
	t.Run("AnotherPropertyBecameTheKey", func(t *testing.T) { // the order was made before
		t.Parallel()
		w := setup(t)
		w.plan(w.creation(0, 1))
		require.Equal(t, 1, w.generate().Generated)
		w.exec(`update property_mapping set is_primary_key = column_name = 'mail' where column_name in ('uid', 'mail')`)
		w.exec("update policy set is_provisioning_enabled = true")
		w.exec(`insert into resource_type_rule (identifier, kind, policy_id, resource_type_id, property_id, source_expression)
			select 'mail', 'SCALAR', t.policy_id, t.id, p.id, 'x' from resource_type t, property p where p.identifier = 'mail'`)
		w.drain()
		require.Zero(t, w.fake.count())
		o := w.order(0)
		require.Equal(t, StateErrored, o.State())
		require.Contains(t, o.Error().Message, "key")
	})
}

// TestNothingIsCreatedWithoutKey: random decisions about creations, in any order, with generations and drains between them, send nothing that has
// no key; and whoever approves in the end has it sent.
func TestNothingIsCreatedWithoutKey(t *testing.T) {
	t.Parallel()
	w := setup(t, 1)
	rapid.Check(t, func(r *rapid.T) {
		w.exec("delete from kept_value; delete from order_key; delete from order_attempt; delete from order_line_history; delete from order_line; delete from provisioning_order")
		w.fake.mu.Lock()
		w.fake.calls, w.fake.rows = nil, map[string]fulfil.Row{}
		w.fake.mu.Unlock()
		p := w.creation(0, 5)
		for i := range p.Delta.Lines {
			to := rapid.SampledFrom([]State{1, 5}).Draw(r, fmt.Sprint("state ", i))
			p.Delta.Lines[i] = line(p.Delta.Lines[i].Property, p.Delta.Lines[i].Action, p.Delta.Lines[i].Proposed, to)
		}
		w.plan(p)
		for range rapid.IntRange(1, 6).Draw(r, "steps") {
			switch rapid.IntRange(0, 3).Draw(r, "what") {
			case 0, 1:
				in := ReviewOrdersInput{Comment: new("so")}
				for _, l := range w.order(0).BroughtLines() {
					d := rapid.SampledFrom([]LineDecision{DecideApprove, DecideDecline, DecidePostpone, ""}).Draw(r, "decision")
					if l.StateCode() == 5 && d != "" {
						in.Lines = append(in.Lines, LineDecisionInput{l.ID, d, l.Version})
					}
				}
				if len(in.Lines) > 0 {
					_, err := w.s.Review(w.ctx, in)
					require.NoError(r, err)
				}
			case 2:
				_, err := w.s.Reconsider(w.ctx, BulkOrdersInput{OrderIDs: []int64{w.order(0).ID}})
				require.NoError(r, err)
			default:
				w.generate()
				w.drain()
			}
			for _, c := range w.fake.calls {
				require.Equal(r, "u000", c.Key)
			}
		}
		o := w.order(0)
		if o.State() == StateExecuted {
			return
		}
		_, err := w.s.Reconsider(w.ctx, BulkOrdersInput{OrderIDs: []int64{o.ID}})
		require.NoError(r, err)
		_, err = w.s.Review(w.ctx, whole(o, DecideApprove, ""))
		require.NoError(r, err)
		w.generate()
		w.drain()
		require.Equal(r, StateExecuted, w.order(0).State(), "%v", w.lines(0))
		require.Equal(r, "u000", w.fake.calls[0].Key)
	})
}
