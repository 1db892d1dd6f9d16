package app

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/db"
	"writ/server/request"
)

// TestNarrowedDates: requests 9.6, 6.3. Who approves may give it for a shorter time than was asked for, whoever decides after him narrows what he left, and
// nobody widens it; both values are told, and what is granted is what is left.
func TestNarrowedDates(t *testing.T) {
	t.Parallel()
	s := mustAsk(t, 2, "")
	ella, ana, bo := s.linked("ella", "P0", mayAsk), s.account("ana", mayDo), s.account("bo", mayDo)
	s.reachable("ella", "ana", "bo")
	in := func(days int) *time.Time {
		return new(s.Clock.Now().Add(time.Duration(days) * 24 * time.Hour).Truncate(time.Second))
	}
	submit := func(action request.RequestAction, start, end *time.Time) *request.Request {
		p, err := s.Requests.Submit(ella, request.RequestAssignmentsInput{Items: []request.RequestItemInput{{Action: &action, Role: "Press", OwnerIDs: []int64{s.personID("P0")}, StartDate: start, EndDate: end}}, Justification: new("because")})
		require.NoError(t, err)
		return p.Request
	}
	decide := func(ctx context.Context, number string, d request.StepDecision, start, end *time.Time) string {
		s.later(time.Second)
		return s.code(s.Requests.Review(ctx, request.ReviewRequestItemsInput{Steps: []request.StepDecisionInput{{StepID: s.turnOf(number), Decision: d, Comment: new("so be it"), StartDate: start, EndDate: end}}}))
	}
	r := submit(request.Add, nil, in(30))
	x := r.Items[0]
	require.Equal(t, "VALIDATION", decide(ana, r.Number, request.ApproveStep, nil, in(60)), "wider")
	require.Equal(t, "VALIDATION", decide(ana, r.Number, request.ApproveStep, in(-1), nil), "before the approval")
	require.Equal(t, "VALIDATION", decide(ana, r.Number, request.ApproveStep, in(20), in(10)), "nothing is left")
	require.Equal(t, "VALIDATION", decide(ana, r.Number, request.ApproveStep, in(400), nil))
	require.Equal(t, "VALIDATION", decide(ana, r.Number, request.DeclineStep, nil, in(10)))
	require.Empty(t, s.decidedBy())

	first, last := in(2), in(10)
	require.Empty(t, decide(ana, r.Number, request.ApproveStep, first, last))
	got, err := s.Requests.GetItem(bo, x.ID)
	require.NoError(t, err)
	require.True(t, got.StartDate.Equal(*first) && got.EndDate.Equal(*last))
	require.True(t, got.RequestedEnd.Equal(*x.EndDate), "what was asked for stays to be read")
	c := got.Steps[0].ChangedDates
	require.True(t, c.StartBefore == nil && c.EndBefore.Equal(*x.EndDate) && c.Start.Equal(*first) && c.End.Equal(*last))
	require.Equal(t, []string{"RequestDecided ella"}, s.letters())

	require.Equal(t, "VALIDATION", decide(bo, r.Number, request.ApproveStep, nil, in(20)), "wider than what the one before left")
	require.Equal(t, "VALIDATION", decide(bo, r.Number, request.ApproveStep, in(1), nil), "earlier than what the one before left")
	_, err = s.DB.NewRaw(`update request_item set end_date = end_date + interval '1 day' where id = ?`, x.ID).Exec(s.ctx)
	require.Equal(t, "request_item_never_widens", db.Constraint(err))
	_, err = s.DB.NewRaw(`update request_item set start_date = start_date - interval '1 day' where id = ?`, x.ID).Exec(s.ctx)
	require.Equal(t, "request_item_never_widens", db.Constraint(err))
	by := `insert into request_decision (step_id, item_id, decision, decider, requester, beneficiary_id, at, changed_dates) select s.id, s.item_id, ?0, 'bo', 'ella', i.beneficiary_id, ?1,
		jsonb_build_object('startBefore', i.start_date, 'endBefore', i.end_date, 'start', i.start_date, 'end', i.end_date + ?2::interval) from request_step s join request_item i on i.id = s.item_id where s.id = ?3`
	_, err = s.DB.NewRaw(by, "APPROVE", s.Clock.Now(), "1 day", s.turnOf(r.Number)).Exec(s.ctx)
	require.Equal(t, "request_decision_only_narrows", db.Constraint(err))
	_, err = s.DB.NewRaw(by, "APPROVE", s.Clock.Now(), "-20 days", s.turnOf(r.Number)).Exec(s.ctx)
	require.Equal(t, "request_decision_only_narrows", db.Constraint(err), "nothing is left")
	_, err = s.DB.NewRaw(by, "DECLINE", s.Clock.Now(), "-1 day", s.turnOf(r.Number)).Exec(s.ctx)
	require.Equal(t, "request_decision_changed_dates", db.Constraint(err))

	end := in(5)
	require.Empty(t, decide(bo, r.Number, request.ApproveStep, nil, end))
	got, err = s.Requests.GetItem(ella, x.ID)
	require.NoError(t, err)
	require.Equal(t, request.Approved, got.State)
	require.True(t, got.StartDate.Equal(*first) && got.EndDate.Equal(*end))
	c = got.Steps[1].ChangedDates
	require.True(t, c.StartBefore.Equal(*first) && c.EndBefore.Equal(*last) && c.Start.Equal(*first) && c.End.Equal(*end))
	require.EqualValues(t, 1, s.number(`select count(*) from assigned_role where valid_to = 'infinity' and start_date = ? and end_date = ? and workflow_state = 16`, *first, *end))
	_, err = s.DB.NewRaw(`update request_decision set changed_dates = null where item_id = ? and changed_dates is not null`, x.ID).Exec(s.ctx)
	require.Equal(t, "request_decision_stays", db.Constraint(err))
	require.Equal(t, []string{"RequestDecided ella", "RequestDecided ella"}, s.letters())
	require.EqualValues(t, 2, s.number(`select count(*) from request_history where item_id = ? and machine = 'request_step' and comment like '%Narrowed: %'`, x.ID))
}
