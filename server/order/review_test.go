package order

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/permit"
)

func (w *world) review(t *testing.T, in ReviewOrdersInput) OrderResult {
	t.Helper()
	p, err := w.s.Review(w.ctx, in)
	require.NoError(t, err)
	require.Len(t, p.Results, 1)
	return p.Results[0]
}

func whole(o *Order, d LineDecision, comment string) ReviewOrdersInput {
	return ReviewOrdersInput{OrderIDs: []int64{o.ID}, Decision: &d, Comment: &comment}
}

func TestReview(t *testing.T) {
	t.Parallel()
	t.Run("HeldUntilApproved", func(t *testing.T) { // scenario 3
		t.Parallel()
		w := setup(t)
		w.plan(w.creation(0, 5))
		require.Zero(t, w.generate().Generated)
		r := w.review(t, whole(w.order(0), DecideApprove, ""))
		require.Nil(t, r.Error)
		require.Equal(t, StatePending, r.Order.State())
		require.Equal(t, "ann", *r.Order.ReviewedBy)
		require.Equal(t, "Lang", *w.lineOf(0, "sn").ApprovedValue)
		require.Equal(t, 1, w.generate().Generated)
	})
	t.Run("IgnoreCreation", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.plan(w.creation(0, 5))
		_, err := w.s.Review(w.ctx, whole(w.order(0), DecideDecline, "  "))
		require.True(t, errs.Is(err, errs.Validation), "a comment is required")
		r := w.review(t, whole(w.order(0), DecideDecline, "left"))
		require.Nil(t, r.Error)
		require.Equal(t, StateInactive, r.Order.State())
		for _, l := range r.Order.BroughtLines() {
			require.Equal(t, 6, l.StateCode())
			require.Equal(t, 17, l.WorkflowState())
		}
		require.Zero(t, w.generate().Generated)
		require.Equal(t, 3, int(w.id("select count(*) from kept_value where workflow_state = 17 and closed_at is null and comment = 'left'")))

		p, err := w.s.Reconsider(w.ctx, BulkOrdersInput{OrderIDs: []int64{r.ID}})
		require.NoError(t, err)
		require.Nil(t, p.Results[0].Error)
		require.Equal(t, StateAwaitingApproval, p.Results[0].Order.State())
		require.Zero(t, w.id("select count(*) from kept_value where closed_at is null"))
	})
	t.Run("PartialDecision", func(t *testing.T) { // example 3.5
		t.Parallel()
		w := setup(t)
		p := w.creation(0, 5)
		p.Delta.Lines = append(p.Delta.Lines, line("mail", evaluation.LineSet, "a@b", 5))
		w.plan(p)
		var in ReviewOrdersInput
		for _, l := range w.order(0).BroughtLines() {
			d := DecideApprove
			switch l.PropertyName {
			case "sn":
				d = DecideDecline
			case "mail":
				d = DecidePostpone
			}
			in.Lines = append(in.Lines, LineDecisionInput{l.ID, d, l.Version})
		}
		in.Comment = new("no")
		r := w.review(t, in)
		require.Nil(t, r.Error)
		require.Equal(t, map[string]int{"CREATE ": 1, "SET uid": 1, "SET sn": 6, "SET mail": 5}, w.lines(0))
		require.NotNil(t, w.lineOf(0, "mail").PostponedAt)
		require.Equal(t, 1, w.generate().Generated)
		w.drain()
		require.Len(t, w.fake.calls[0].Changes, 1)
		require.Equal(t, "Lang", fmt.Sprint(scan[string](w, "select kept_against from kept_value where property = 'sn'")))
	})
	t.Run("StaleVersion", func(t *testing.T) { // scenario 18
		t.Parallel()
		w := setup(t)
		w.plan(w.creation(0, 5))
		l := w.lineOf(0, "sn")
		in := ReviewOrdersInput{Lines: []LineDecisionInput{{l.ID, DecideApprove, l.Version}}}
		results := make([]*BulkOrdersPayload, 2)
		var wait sync.WaitGroup
		for i := range results {
			wait.Go(func() { results[i], _ = w.s.Review(w.ctx, in) })
		}
		wait.Wait()
		codes := []string{}
		for _, p := range results {
			require.NotNil(t, p)
			if e := p.Results[0].Error; e != nil {
				codes = append(codes, e.Code)
			}
		}
		require.Equal(t, []string{"STALE_ITEM"}, codes, "first wins")
		require.Equal(t, 1, w.lineOf(0, "sn").StateCode())
	})
	t.Run("SecondReviewerOfTheWhole", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.plan(w.creation(0, 5))
		o := w.order(0)
		require.Nil(t, w.review(t, whole(o, DecideApprove, "")).Error)
		require.Equal(t, "STALE_ITEM", w.review(t, whole(o, DecideDecline, "no")).Error.Code)
		w.plan(w.creation(1, 1))
		r := w.review(t, whole(w.order(1), DecideApprove, ""))
		require.Equal(t, "INVALID_TRANSITION", r.Error.Code)
		require.Contains(t, r.Error.Message, "PENDING")
	})
	t.Run("OneStaleLineStopsTheOrder", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.plan(w.creation(0, 5))
		a, b := w.lineOf(0, "sn"), w.lineOf(0, "uid")
		r := w.review(t, ReviewOrdersInput{Lines: []LineDecisionInput{{a.ID, DecideApprove, a.Version}, {b.ID, DecideApprove, b.Version + 1}}})
		require.Equal(t, "STALE_ITEM", r.Error.Code)
		require.Equal(t, 5, w.lineOf(0, "sn").StateCode())
	})
	t.Run("KeepResource", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.plan(w.deletion(0, w.target(0), 5))
		r := w.review(t, whole(w.order(0), DecideDecline, "still needed"))
		require.Nil(t, r.Error)
		require.Equal(t, StateVerified, r.Order.State())
		require.NotNil(t, r.Order.ClosedAt)
		require.Equal(t, 16, int(w.id("select workflow_state from assigned_resource_type where id = ?", w.arts[0])))
	})
	t.Run("DenyAssociation", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id := w.id(`insert into resource (entity_type_id, key, display_name, valid_from) values (?, 'x', 'x', now()) returning id`, w.account)
		w.plan(w.planned(0, &evaluation.OrderDelta{Kind: evaluation.Associate, TargetID: id, Lines: []evaluation.LineDelta{
			line("", evaluation.LineAssociate, "x", 5), line("sn", evaluation.LineSet, "Lang", 5)}}))
		r := w.review(t, whole(w.order(0), DecideDecline, "another person"))
		require.Nil(t, r.Error)
		require.NotNil(t, r.Order.ClosedAt)
		require.Equal(t, 1, int(w.id("select count(*) from denied_association where owner_id = ? and target_id = ?", w.owners[0], id)))
		require.Contains(t, w.dirty, w.owners[0])
	})
	t.Run("ApprovedBeforeDue", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		start := w.s.Clock.Now().Add(48 * time.Hour)
		p := w.creation(0, 5)
		p.Delta.DueAt, p.Delta.Lines[0].Start = &start, &start // values have no date of their own
		w.plan(p)
		r := w.review(t, whole(w.order(0), DecideApprove, ""))
		require.Equal(t, StateNone, r.Order.State())
		require.Equal(t, "not_due", *r.Order.WaitReason())
		w.later(49 * time.Hour)
		_, err := w.s.Tick(t.Context())
		require.NoError(t, err)
		require.Equal(t, StatePending, w.order(0).State(), "the approval is stored")
	})
	t.Run("DeclinedErroredLine", func(t *testing.T) { // R2
		t.Parallel()
		w := setup(t)
		w.plan(w.change(0, w.target(0), "New", 1))
		w.fake.set(answerWith("REFUSED", "no"))
		w.generate()
		w.drain()
		r := w.review(t, whole(w.order(0), DecideDecline, "leave it"))
		require.Nil(t, r.Error)
		require.Equal(t, StateInactive, r.Order.State())
	})
	t.Run("ClosesWithRefusalsInside", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		id := w.target(0)
		w.plan(w.planned(0, &evaluation.OrderDelta{Kind: evaluation.Update, TargetID: id, Lines: []evaluation.LineDelta{
			line("sn", evaluation.LineSet, "New", 1), line("mail", evaluation.LineSet, "a@b", 5)}}))
		l := w.lineOf(0, "mail")
		require.Nil(t, w.review(t, ReviewOrdersInput{Lines: []LineDecisionInput{{l.ID, DecideDecline, l.Version}}, Comment: new("no")}).Error)
		w.generate()
		w.drain()
		d := line("sn", evaluation.LineSet, "New", 4)
		d.LineID, d.Close = w.lineOf(0, "sn").ID, true
		w.plan(w.planned(0, &evaluation.OrderDelta{OrderID: w.order(0).ID, Kind: evaluation.Update, TargetID: id, Lines: []evaluation.LineDelta{d}}))
		o := w.order(0)
		require.Equal(t, StateVerified, o.State())
		require.NotNil(t, o.ClosedAt)
		// the refusal outlives the order, and can be reconsidered
		p, err := w.s.Reconsider(w.ctx, BulkOrdersInput{OrderIDs: []int64{o.ID}})
		require.NoError(t, err)
		require.Nil(t, p.Results[0].Error)
		require.Contains(t, w.dirty, w.owners[0])
	})
	t.Run("EitherIdsOrFilter", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for _, in := range []ReviewOrdersInput{
			{}, {OrderIDs: []int64{1}}, {OrderIDs: []int64{1}, Filter: &OrderFilter{}, Decision: new(DecideApprove)},
			{Decision: new(DecideApprove), Lines: []LineDecisionInput{{1, DecideApprove, 1}}},
			{Lines: []LineDecisionInput{{1, DecideApprove, 1}, {1, DecideDecline, 1}}, Comment: new("x")},
		} {
			_, err := w.s.Review(w.ctx, in)
			require.True(t, errs.Is(err, errs.Validation), "%+v", in)
		}
	})
}

func scan[T any](w *world, sql string, args ...any) (v T) {
	w.t.Helper()
	require.NoError(w.t, w.s.DB.NewRaw(sql, args...).Scan(w.t.Context(), &v))
	return v
}

// person is somebody with some permissions.
func person(ctx context.Context, resource int64, grants ...permit.Grant) context.Context {
	for i := range grants {
		grants[i].CanExecute = true
	}
	return permit.With(ctx, &permit.Actor{Username: "bob", ResourceID: resource, Grants: grants})
}

func TestReviewPermissions(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.exec(`update resource set scalars = '{"Department": "IT"}' where id = ?`, w.owners[1])
	w.plan(w.creation(0, 5), w.creation(1, 5), w.creation(2, 5))
	all := permit.Grant{Path: permit.For(permit.ReviewProvisioning, "Directory_User")}
	sales := permit.Grant{Path: all.Path, EntityType: "Directory_User", Filters: []permit.Filter{{Binding: "owner.Department", Value: "Sales"}}}

	_, err := w.s.Review(person(t.Context(), 0), whole(w.order(0), DecideApprove, ""))
	require.True(t, errs.Is(err, errs.Forbidden))
	_, err = w.s.Review(t.Context(), whole(w.order(0), DecideApprove, ""))
	require.True(t, errs.Is(err, errs.Unauthenticated))
	_, err = w.s.Review(person(t.Context(), 0, permit.Grant{Path: permit.For(permit.ReviewProvisioning, "Directory_Guest")}), whole(w.order(0), DecideApprove, ""))
	require.True(t, errs.Is(err, errs.Forbidden))

	p, err := w.s.Review(person(t.Context(), 0, sales), ReviewOrdersInput{OrderIDs: []int64{w.order(0).ID, w.order(1).ID}, Decision: new(DecideApprove)})
	require.NoError(t, err)
	require.Nil(t, p.Results[0].Error)
	require.Equal(t, "NOT_FOUND", p.Results[1].Error.Code, "out of scope")
	require.Nil(t, p.Results[1].Order)
	require.Equal(t, StateAwaitingApproval, w.order(1).State())

	p, err = w.s.Review(person(t.Context(), 0, sales), ReviewOrdersInput{Filter: &OrderFilter{}, Decision: new(DecidePostpone)})
	require.NoError(t, err)
	require.Len(t, p.Results, 1)

	// unblocking many needs the bulk permission
	ids := BulkOrdersInput{OrderIDs: []int64{w.order(0).ID, w.order(1).ID}}
	_, err = w.s.Unblock(person(t.Context(), 0, all), ids)
	require.True(t, errs.Is(err, errs.Forbidden))
	p, err = w.s.Unblock(person(t.Context(), 0, all, permit.Grant{Path: permit.BulkReviewProvisioning}), ids)
	require.NoError(t, err)
	require.Equal(t, "INVALID_TRANSITION", p.Results[0].Error.Code, "only errored orders")
}
