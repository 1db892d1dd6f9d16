package app

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/db"
	"writ/server/request"
)

// TestHandingOver: scenario 41, requests 9.2. One's own place goes to another person, with a reason, three times at most and never round; never to who may not
// decide; and back, until it is decided.
func TestHandingOver(t *testing.T) {
	t.Parallel()
	s := mustAsk(t, 2, "")
	s.people(ann, bob, "P2,3,Cid,Roy,croy,A", "P3,4,Dan,Fox,dfox,A", "P4,5,Eva,Gil,egil,A", "P5,6,Fay,Hay,fhay,A", "P6,7,Gus,Ivy,givy,A")
	s.around()
	read := "/Custom/Resources"
	ella, ana := s.linked("ella", "P0", mayAsk), s.linked("ana", "P1", mayDo, read)
	rita, hal, cem, dan := s.linked("rita", "P2", read), s.linked("hal", "P3", read), s.linked("cem", "P4", read), s.linked("dan", "P5", read)
	s.account("bo", mayDo)
	s.reachable("ella", "ana", "rita", "hal", "cem", "dan", "bo")
	give := func(ctx context.Context, number, to, reason string) string {
		return s.code(s.Requests.Delegate(ctx, request.DelegateStepsInput{StepIDs: []int64{s.turnOf(number)}, ToPersonID: s.personID(to), Reason: reason}))
	}
	back := func(ctx context.Context, number string) string {
		return s.code(s.Requests.TakeBack(ctx, request.RequestStepsInput{StepIDs: []int64{s.turnOf(number)}}))
	}
	asked := func(number string) string {
		x, err := s.Requests.GetItem(s.ctx, s.number(`select i.id from request_item i join request q on q.id = i.request_id where q.number = ?`, number))
		require.NoError(t, err)
		for _, st := range x.Steps {
			if st.ClosedAt == nil && st.OpenedAt != nil {
				return strings.Join(st.Candidates, " ")
			}
		}
		return ""
	}
	r := s.mustWish(ella, request.Add, "Press", "P0")
	require.Equal(t, "ana bo", asked(r.Number))
	require.Equal(t, "VALIDATION", give(ana, r.Number, "P2", " "))
	require.Equal(t, "NOT_FOUND", s.code(s.Requests.Delegate(ana, request.DelegateStepsInput{StepIDs: []int64{s.turnOf(r.Number)}, ToPersonID: 999999, Reason: "x"})))
	require.Equal(t, "FORBIDDEN", give(ana, r.Number, "P0", "please"), "it is about her")
	require.Equal(t, "VALIDATION", give(ana, r.Number, "P1", "please"), "to oneself")
	require.Equal(t, "VALIDATION", give(ana, r.Number, "P6", "please"), "cannot sign in")
	require.Equal(t, "FORBIDDEN", give(ella, r.Number, "P2", "please"))
	require.Equal(t, "NOT_FOUND", give(rita, r.Number, "P3", "please"))

	require.Empty(t, give(ana, r.Number, "P2", "on leave"))
	require.Equal(t, "bo rita", asked(r.Number), "one's own place only")
	require.Equal(t, "FORBIDDEN", s.answer(ana, request.ApproveStep, r.Number), "she gave it away")
	require.Equal(t, "FORBIDDEN", give(ana, r.Number, "P3", "again"))
	require.Equal(t, "VALIDATION", give(rita, r.Number, "P1", "round"), "it never returns")
	require.Empty(t, give(rita, r.Number, "P3", "knows more"))
	require.Empty(t, give(hal, r.Number, "P4", "knows most"))
	require.Equal(t, "bo cem", asked(r.Number))
	require.Equal(t, "VALIDATION", give(cem, r.Number, "P5", "once more"), "three times at most")
	require.Equal(t, "NOT_FOUND", s.answer(dan, request.ApproveStep, r.Number))
	x, err := s.Requests.GetItem(ana, r.Items[0].ID)
	require.NoError(t, err)
	require.True(t, x.CanRecall && !x.CanDecide)
	require.Equal(t, "ana", *x.Steps[0].Handed[0].ByName)
	require.Equal(t, []string{"StepReassigned cem", "StepReassigned hal", "StepReassigned rita"}, s.reassigned())

	require.Empty(t, back(rita, r.Number), "and with it all whom it was handed on to")
	require.Equal(t, "bo rita", asked(r.Number))
	require.Equal(t, "NOT_FOUND", s.answer(cem, request.ApproveStep, r.Number))
	require.Empty(t, give(rita, r.Number, "P4", "now he"))
	require.Empty(t, s.answer(cem, request.ApproveStep, r.Number))
	require.Equal(t, "FORBIDDEN", back(ana, r.Number), "it is decided")
	require.Equal(t, "ana bo", asked(r.Number), "of the next level the place is one's own again")
	require.Equal(t, "FORBIDDEN", give(ana, r.Number, "P4", "you know it"), "he decided a level")

	// Who handed it over turns out to be who gets it: whoever he gave it to may not decide either.
	r = s.mustWish(ella, request.Add, "Press", "P4")
	require.Empty(t, give(ana, r.Number, "P2", "on leave"))
	s.exec(`update local_user set resource_id = ? where username = 'ana'`, s.personID("P4"))
	require.Equal(t, "bo", asked(r.Number))
	require.Contains(t, []string{"FORBIDDEN", "NOT_FOUND"}, s.answer(s.again(rita), request.ApproveStep, r.Number))
}

// reassigned lists who was told that a step was handed to him.
func (s *small) reassigned() []string {
	s.letters()
	return s.list(s.DB, `select template || ' ' || split_part(recipient, '@', 1) from mail where template = 'StepReassigned' order by 1`)
}

// TestHandingOverAttacked: a place goes to nobody who could not decide, comes back from who cannot any more, is given once however often it is asked at once,
// and is nobody else's to give; what SQL by hand may not do.
func TestHandingOverAttacked(t *testing.T) {
	t.Parallel()
	s := mustAsk(t, 1, "")
	s.people(ann, bob, "P2,3,Cid,Roy,croy,A", "P3,4,Dan,Fox,dfox,A", "P4,5,Eva,Gil,egil,A", "P5,6,Fay,Hay,fhay,A")
	s.around()
	read := "/Custom/Resources"
	ella, ana := s.linked("ella", "P0", mayAsk), s.linked("ana", "P1", mayDo, read, maySelf)
	rita, hal := s.linked("rita", "P2", read, maySelf), s.linked("hal", "P3", read)
	s.linked("bot", "P4")
	s.exec(`update local_user set is_client = true, scopes = '{/}', password_hash = '' where username = 'bot'`)
	dave := s.linked("dave", "P5", read)
	give := func(ctx context.Context, number, to string) string {
		return s.code(s.Requests.Delegate(ctx, request.DelegateStepsInput{StepIDs: []int64{s.turnOf(number)}, ToPersonID: s.personID(to), Reason: "on leave"}))
	}
	back := func(ctx context.Context, number string) string {
		return s.code(s.Requests.TakeBack(ctx, request.RequestStepsInput{StepIDs: []int64{s.turnOf(number)}}))
	}
	once := func(number, action string) int64 {
		return s.number(`select count(*) from request_history h join request q on q.id = h.request_id where q.number = ? and h.action = ?`, number, action)
	}

	// Twenty at once: once.
	r := s.mustWish(ella, request.Add, "Press", "P0")
	require.Equal(t, "VALIDATION", give(ana, r.Number, "P4"), "to a program")
	codes := make(chan string, 20)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { codes <- give(ana, r.Number, "P2") })
	}
	all.Wait()
	close(codes)
	said := map[string]int{}
	for c := range codes {
		said[c]++
	}
	require.Equal(t, map[string]int{"": 1, "FORBIDDEN": 19}, said)
	require.EqualValues(t, 1, once(r.Number, "delegate"))

	// Who stands in for her has no place to decide by, and none to give; who stands in for him decides for him.
	s.lets(ana, dave)
	require.Equal(t, "FORBIDDEN", s.answer(s.now(dave), request.ApproveStep, r.Number))
	require.Equal(t, "FORBIDDEN", give(s.now(dave), r.Number, "P3"))
	require.Empty(t, back(ana, r.Number))
	require.Equal(t, "FORBIDDEN", give(s.now(dave), r.Number, "P3"), "the place is hers")
	require.Equal(t, "FORBIDDEN", back(ana, r.Number), "it is hers already")
	require.Empty(t, give(ana, r.Number, "P2"))

	// Who has it leaves: the place is hers again, and she gives it to another.
	require.Empty(t, give(rita, r.Number, "P3"))
	s.exec(`update local_user set is_disabled = true where username = 'hal'`)
	require.Equal(t, []string{"RQ-1"}, s.toDecide(rita), "it came back to who gave it to him")
	require.Empty(t, s.toDecide(ana))
	s.exec(`update local_user set is_disabled = true where username = 'rita'`)
	require.Equal(t, []string{"RQ-1"}, s.toDecide(ana))
	s.exec(`update local_user set is_disabled = false where username in ('rita', 'hal')`)
	require.Equal(t, []string{"RQ-1"}, s.toDecide(hal))
	require.Empty(t, s.toDecide(ana))
	s.people(ann, bob, "P2,3,Cid,Roy,croy,A", "P4,5,Eva,Gil,egil,A", "P5,6,Fay,Hay,fhay,A")
	s.around()
	require.Empty(t, give(rita, r.Number, "P5"), "he has left")
	require.Equal(t, []string{"RQ-1"}, s.toDecide(s.again(dave)))
	require.Contains(t, []string{"FORBIDDEN", "NOT_FOUND"}, s.answer(s.again(hal), request.ApproveStep, r.Number))

	// SQL by hand.
	step, item := s.turnOf(r.Number), r.Items[0].ID
	user := func(name string) int64 { return s.number(`select id from local_user where username = ?`, name) }
	bo := s.account("bo", mayDo, read)
	by := `insert into request_handed (step_id, user_id, source, since, by_user_id, reason, chain) values (?, ?, 'DELEGATED', now(), ?, 'x', ?)`
	decide := `insert into request_decision (step_id, item_id, decision, decider, decider_user_id, decider_id, requester, requester_user_id, requester_id, beneficiary_id, comment, at)
		select ?0, i.id, 'APPROVE', u.username, u.id, u.resource_id, q.requester, q.requester_user_id, q.requester_id, i.beneficiary_id, '', now() from request_item i join request q on q.id = i.request_id, local_user u where i.id = ?1 and u.username = ?2`
	for _, x := range []struct {
		why, sql, constraint string
		args                 []any
	}{
		{"to who asked", by, "request_handed_to_excluded", []any{step, user("ella"), user("bo"), 1}},
		{"by who asked", by, "request_handed_to_excluded", []any{step, user("bo"), user("ella"), 1}},
		{"to a program", by, "request_handed_to_excluded", []any{step, user("bot"), user("bo"), 1}},
		{"by who gave it away", by, "request_handed_to_excluded", []any{step, user("bo"), user("ana"), 1}},
		{"round", by, "request_handed_to_excluded", []any{step, user("ana"), user("dave"), 3}},
		{"a wrong count", by, "request_handed_chain", []any{step, user("bo"), user("dave"), 1}},
		{"once more than three times", by, "request_handed_chain", []any{step, user("bo"), user("dave"), 4}},
		{"to another afterwards", `update request_handed set user_id = ?1 where step_id = ?0`, "request_handed_stays", []any{step, user("bo")}},
		{"deciding without one's place", decide, "request_decision_not_own", []any{step, item, "ana"}},
	} {
		_, err := s.DB.NewRaw(x.sql, x.args...).Exec(s.ctx)
		require.Equal(t, x.constraint, db.Constraint(err), "%s: %v", x.why, err)
	}

	// Taken back or decided: one of them.
	require.Empty(t, s.answer(s.again(dave), request.ApproveStep, r.Number))
	for range 8 {
		r := s.mustWish(ella, request.Add, "Press", "P1")
		require.Empty(t, give(bo, r.Number, "P2"))
		step := s.turnOf(r.Number)
		var both sync.WaitGroup
		var taken, decided string
		both.Go(func() { taken = s.code(s.Requests.TakeBack(bo, request.RequestStepsInput{StepIDs: []int64{step}})) })
		both.Go(func() {
			no, why := request.DeclineStep, "no"
			decided = s.code(s.Requests.Review(rita, request.ReviewRequestItemsInput{StepIDs: []int64{step}, Decision: &no, Comment: &why}))
		})
		both.Wait()
		if decided == "" {
			require.Equal(t, "INVALID_TRANSITION", taken)
			continue
		}
		require.Empty(t, taken)
		require.Contains(t, []string{"FORBIDDEN", "NOT_FOUND"}, decided)
		require.Empty(t, s.answer(bo, request.DeclineStep, r.Number))
	}
}

// TestPlacesAreFound: whoever handed his place over is found all the same, and nobody is looked for besides; the place is worth no more than the one it is
// from.
func TestPlacesAreFound(t *testing.T) {
	t.Parallel()
	s := mustChain(t, 1, managerRule)
	s.policy("fallbackApprovers: [{ finder: person, keys: [P2] }]")
	read := "/Custom/Resources"
	ann, bob, cem, dan := s.linked("ann", "P0", mayAsk), s.linked("bob", "P1", read), s.linked("cem", "P2"), s.linked("dan", "P3")
	give := func(ctx context.Context, number, to string) string {
		return s.code(s.Requests.Delegate(ctx, request.DelegateStepsInput{StepIDs: []int64{s.turnOf(number)}, ToPersonID: s.personID(to), Reason: "on leave"}))
	}
	r := s.mustWish(ann, request.Add, "Press", "P0")
	require.Empty(t, give(bob, r.Number, "P3"))
	require.Empty(t, s.toDecide(s.again(cem)), "neither the next way of the rule nor the policy asks anybody besides")
	require.Equal(t, []string{r.Number}, s.toDecide(s.again(dan)))
	require.NoError(t, s.Requests.Sweep(s.ctx))
	require.Empty(t, s.toDecide(s.again(cem)))

	// Ann reports to Cem now: Bob is asked no more, and so nobody is to whom he gave his place.
	s.moved("P2")
	require.Equal(t, []string{r.Number}, s.toDecide(s.again(cem)))
	require.Empty(t, s.toDecide(s.again(dan)))
	require.Contains(t, []string{"FORBIDDEN", "NOT_FOUND"}, s.answer(s.again(dan), request.ApproveStep, r.Number))
	require.Empty(t, s.answer(cem, request.DeclineStep, r.Number))

	// The same without a rule.
	s.rules("delete: { approverRules: [First, Second] }")
	rita := s.linked("rita", "P1", mayDo, read)
	s.exec(`update local_user set resource_id = null where username = 'bob'`)
	r = s.mustWish(ann, request.Add, "Press", "P0")
	require.Empty(t, give(rita, r.Number, "P3"))
	require.NoError(t, s.Requests.Sweep(s.ctx))
	require.Empty(t, s.toDecide(s.again(cem)))
	require.Equal(t, []string{r.Number}, s.toDecide(s.again(dan)))
	s.exec(`delete from assigned_profile where user_id = (select id from local_user where username = 'rita')`)
	require.NoError(t, s.Requests.Sweep(s.ctx))
	require.Empty(t, s.toDecide(s.again(dan)), "she reviews no roles any more")
	require.Equal(t, []string{r.Number}, s.toDecide(s.again(cem)), "nobody else is found: the policy says who is asked")
}

// TestFallbackOfEachPolicy: in one basket the policy of each role says who is asked when nobody else is found.
func TestFallbackOfEachPolicy(t *testing.T) {
	t.Parallel()
	s := mustChain(t, 1, "")
	s.policy("fallbackApprovers: [{ finder: person, keys: [P1, P2] }]")
	s.rules("policies: [{ identifier: Other, displayName: Other, isProvisioningEnabled: true, hasImplicitApproval: true }]\nsingleRoles: [{ identifier: Travel, displayName: Travel, policy: Other, entityType: Person, approvalWorkflowType: 1 }]")
	bob := s.linked("bob", "P1", mayAsk)
	s.linked("cem", "P2")
	person := []int64{s.personID("P0")}
	c, err := s.Requests.Check(bob, request.RequestAssignmentsInput{Items: []request.RequestItemInput{{Role: "Press", OwnerIDs: person}, {Role: "Travel", OwnerIDs: person}}})
	require.NoError(t, err)
	require.Equal(t, []string{"cem"}, c.Items[0].Levels[0].Approvers)
	require.Empty(t, c.Items[1].Levels[0].Approvers)
	require.Nil(t, c.Items[1].Levels[0].SkippedBecause)
}
