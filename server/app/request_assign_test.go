package app

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/request"
)

// TestAssigning: scenario 9, requests 4.2 S8 and S22. Where nobody is found who can decide, whoever supervises requests names somebody, with a reason: he
// decides alone, as long as he can. Nobody does so about what he asked for, and nobody is named who may not decide.
func TestAssigning(t *testing.T) {
	t.Parallel()
	s := mustChain(t, 1, managerRule)
	read := "/Custom/Resources"
	ann, dan := s.linked("ann", "P0", mayAsk, mayOversee, read), s.linked("dan", "P3")
	sue, rita := s.account("sue", mayOversee, read), s.account("rita", mayDo, read)
	s.reachable("ann", "dan", "sue")
	give := func(ctx context.Context, number, reason string, to ...string) string {
		in := request.ReassignStepsInput{StepIDs: []int64{s.turnOf(number)}, Reason: reason}
		for _, p := range to {
			in.ToPersonIDs = append(in.ToPersonIDs, s.personID(p))
		}
		return s.code(s.Requests.Reassign(ctx, in))
	}
	assigned := func() []string {
		s.letters()
		return s.list(s.DB, `select template || ' ' || split_part(recipient, '@', 1) from mail where template in ('StepAssigned', 'StepTaken') order by id`)
	}
	r := s.mustWish(ann, request.Add, "Press", "P0")
	require.Equal(t, []string{"1 STUCK"}, s.steps(r.Number))
	require.Equal(t, "VALIDATION", give(sue, r.Number, " ", "P3"))
	require.Equal(t, "VALIDATION", give(sue, r.Number, "so it goes on"))
	require.Equal(t, "VALIDATION", give(sue, r.Number, "so it goes on", "P1"), "he cannot sign in")
	require.Equal(t, "FORBIDDEN", give(sue, r.Number, "so it goes on", "P0"), "it is about her")
	require.Equal(t, "FORBIDDEN", give(sue, r.Number, "so it goes on", "P3", "P0"), "and nothing is written by half")
	require.Equal(t, "FORBIDDEN", give(ann, r.Number, "so it goes on", "P3"), "she asked for it herself")
	require.Equal(t, "FORBIDDEN", give(rita, r.Number, "so it goes on", "P3"))
	require.Equal(t, "NOT_FOUND", s.code(s.Requests.Reassign(sue, request.ReassignStepsInput{StepIDs: []int64{s.turnOf(r.Number)}, ToPersonIDs: []int64{999999}, Reason: "x"})))
	require.Equal(t, []string{"1 STUCK"}, s.steps(r.Number))
	require.EqualValues(t, 0, s.number(`select count(*) from request_candidate where source = 'ASSIGNED'`))
	got, err := s.Requests.Get(sue, &r.ID, nil)
	require.NoError(t, err)
	require.True(t, got.Items[0].CanReassign)
	got, err = s.Requests.Get(ann, &r.ID, nil)
	require.NoError(t, err)
	require.False(t, got.Items[0].CanReassign)

	require.Empty(t, give(sue, r.Number, "so it goes on", "P3"))
	require.Equal(t, []string{"1 OPEN"}, s.steps(r.Number))
	require.Equal(t, []string{r.Number}, s.toDecide(s.again(dan)))
	require.Equal(t, []string{"StepAssigned dan"}, assigned())
	got, err = s.Requests.Get(sue, &r.ID, nil)
	require.NoError(t, err)
	require.Equal(t, []string{"dan"}, got.Items[0].Steps[0].Candidates)

	// Bob gets an account: the rule finds him, and it is Dan who decides all the same, until he cannot any more.
	bob := s.linked("bob", "P1")
	s.reachable("bob")
	require.NoError(t, s.Requests.Sweep(s.ctx))
	require.Empty(t, s.toDecide(s.again(bob)))
	require.Equal(t, "NOT_FOUND", s.answer(bob, request.ApproveStep, r.Number))
	s.exec(`update local_user set is_disabled = true where username = 'dan'`)
	require.NoError(t, s.Requests.Sweep(s.ctx))
	require.Equal(t, []string{r.Number}, s.toDecide(s.again(bob)))
	s.exec(`update local_user set is_disabled = false where username = 'dan'`)
	require.NoError(t, s.Requests.Sweep(s.ctx))
	require.Equal(t, []string{r.Number}, s.toDecide(s.again(bob)), "it went by the rule again, and stays so")
	require.Empty(t, s.toDecide(s.again(dan)))

	// Named in place of Bob, who asked something: his question ends, and he is told.
	require.Empty(t, s.code(s.Requests.AskInformation(s.again(bob), request.AskInformationInput{StepIDs: []int64{s.turnOf(r.Number)}, Question: "What for?"})))
	require.Empty(t, give(sue, r.Number, "he knows it", "P3"))
	require.Equal(t, []string{"1 OPEN"}, s.steps(r.Number))
	require.Equal(t, "FORBIDDEN", s.answer(bob, request.ApproveStep, r.Number))
	require.Equal(t, []string{"StepAssigned dan", "StepAssigned dan", "StepTaken bob"}, assigned())

	// When it is due.
	due := func(ctx context.Context, at time.Time) string {
		return s.code(s.Requests.SetDue(ctx, request.SetStepsDueInput{StepIDs: []int64{s.turnOf(r.Number)}, DueAt: at}))
	}
	require.Equal(t, "VALIDATION", due(sue, *s.in(-1)))
	require.Equal(t, "FORBIDDEN", due(rita, *s.in(2)))
	require.Empty(t, due(sue, *s.in(2)))
	require.EqualValues(t, 1, s.number(`select count(*) from request_step where due_at = ?`, *s.in(2)))
	require.Empty(t, s.answer(dan, request.ApproveStep, r.Number))
	require.Equal(t, "INVALID_TRANSITION", s.code(s.Requests.Reassign(sue, request.ReassignStepsInput{StepIDs: []int64{s.number(`select max(id) from request_step`)}, ToPersonIDs: []int64{s.personID("P3")}, Reason: "x"})))
	require.Equal(t, []string{"assign", "assign", "set_due"}, s.list(s.DB, `select action from request_history where action in ('assign', 'set_due') order by id`))
}
