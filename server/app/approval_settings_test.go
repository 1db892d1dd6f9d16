package app

import (
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/permit"
	"writ/server/request"
)

// policy says settings of the policy of everything.
func (s *small) policy(settings string) {
	s.t.Helper()
	s.rules("policies: [{ identifier: Default, displayName: Default, isProvisioningEnabled: true, " + settings + " }]")
}

// TestDaysOfApprovals: how long approvals wait is said by the policy, and by an approver rule otherwise; 0 is never; what waits keeps the days it began with
// (requests 2.5, 5.1, 9.4).
func TestDaysOfApprovals(t *testing.T) {
	t.Parallel()
	s := mustChain(t, 1, "")
	ann := s.linked("ann", "P0", mayAsk)
	s.account("rita", mayDo)
	s.linked("bob", "P1")
	s.reachable("ann", "bob", "rita")
	s.policy("dueAfterDays: 3, remindAfterDays: 1, escalateAfterDays: 0, expireAfterDays: 10")
	r := s.mustWish(ann, request.Add, "Press", "P0")
	s.policy("dueAfterDays: 0, remindAfterDays: 0, escalateAfterDays: 0, expireAfterDays: 0")
	s.rules(`approverRules: [{ identifier: Slow, target: { singleRole: Press }, find: [{ finder: manager }], escalateAfterDays: 4, escalateTo: [{ finder: managerOfCandidate }, { finder: person, keys: [P3] }] }]`)
	dan := s.linked("dan", "P3")
	s.reachable("dan")
	never := s.mustWish(ann, request.Add, "Press", "P1")
	require.EqualValues(t, 1, s.number(`select count(*) from request_item i join request q on q.id = i.request_id where q.number = ? and i.expire_at is null and i.warn_at is null`, never.Number))
	require.EqualValues(t, 1, s.number(`select count(*) from request_step s join request_item i on i.id = s.item_id join request q on q.id = i.request_id
		where q.number = ? and s.due_at is null and s.remind_at is null and s.escalate_days = 4`, never.Number))

	s.day(2)
	require.Equal(t, []string{"remind by test", "remind by test"}, s.happened(r.Number), "after one day, and a day before it is late")
	s.day(7)
	require.Equal(t, []string{"remind by test", "remind by test"}, s.happened(r.Number), "nobody is asked besides")
	require.NotContains(t, s.wishes(), "RQ-1 ADD EXPIRED 1/1 not_decided row 17 over")
	s.day(1)
	require.Contains(t, s.wishes(), "RQ-1 ADD EXPIRED 1/1 not_decided row 17 over")

	// By whom it is asked besides, the rule says: Cem, the manager of Bob, has no account, so it is Dan.
	require.Equal(t, []string{"escalate by test", "escalate by test"}, s.happened(never.Number))
	require.Equal(t, []string{never.Number}, s.toDecide(s.again(dan)))
	require.Empty(t, s.answer(dan, request.DeclineStep, never.Number))
}

// TestFallbackApprovers: when neither a rule nor the right to review roles finds anybody, those are asked whom the policy names for that, until somebody else
// is found (requests 5.4).
func TestFallbackApprovers(t *testing.T) {
	t.Parallel()
	s := mustChain(t, 1, managerRule)
	s.policy("fallbackApprovers: [{ finder: person, keys: [P2] }, { finder: ROLE_OWNER }]")
	bob, dan := s.linked("bob", "P1", mayAsk), s.linked("dan", "P3")
	check, err := s.Requests.Check(bob, request.RequestAssignmentsInput{Items: []request.RequestItemInput{{Role: "Press", OwnerIDs: []int64{s.personID("P0")}}}})
	require.NoError(t, err)
	require.Empty(t, check.Items[0].Findings)
	require.Equal(t, []string{"dan"}, check.Items[0].Levels[0].Approvers)
	r := s.mustWish(bob, request.Add, "Press", "P0")
	require.Equal(t, []string{"1 bob manager is_requester", "1 Cem Oz manager cannot_sign_in", "1 Cem Oz person cannot_sign_in", "1 dan roleOwner"}, s.asks(r.Number))
	require.Equal(t, []string{"person FALLBACK", "roleOwner FALLBACK"}, s.list(s.DB, `select found_by || ' ' || source from request_candidate where source <> 'FOUND' order by id`))
	var may bool
	require.NoError(t, s.DB.NewRaw("select may_be_asked(?)", userID(dan)).Scan(s.ctx, &may))
	require.True(t, may)
	got, err := s.Requests.Get(dan, &r.ID, nil)
	require.NoError(t, err)
	require.True(t, got.Items[0].CanDecide)
	require.Equal(t, "named by the policy for this, since nobody else was found: answers for the role", got.Items[0].Steps[0].Asked[0].FoundBy)

	// Cem gets an account: the rule finds him, and Dan is asked no more.
	cem := s.linked("cem", "P2")
	require.NoError(t, s.Requests.Sweep(s.ctx))
	require.Equal(t, "FORBIDDEN", s.answer(dan, request.ApproveStep, r.Number))
	require.Equal(t, []string{r.Number}, s.toDecide(cem))
	s.exec(`update local_user set is_disabled = true where username = 'cem'`)
	require.NoError(t, s.Requests.Sweep(s.ctx))
	require.Empty(t, s.answer(dan, request.ApproveStep, r.Number))

	// The same where no rule is about it.
	s.rules("delete: { approverRules: [First, Second] }")
	r = s.mustWish(bob, request.Add, "Press", "P3")
	require.Equal(t, []string{"1 STUCK"}, s.steps(r.Number), "Dan gets it, and Cem cannot sign in")
	s.exec(`update local_user set is_disabled = false where username = 'cem'`)
	require.NoError(t, s.Requests.Sweep(s.ctx))
	require.Equal(t, []string{r.Number}, s.toDecide(s.again(cem)))
	rita := s.account("rita", mayDo)
	require.NoError(t, s.Requests.Sweep(s.ctx))
	require.Empty(t, s.toDecide(s.again(cem)), "whoever reviews roles is there now")
	require.Equal(t, "FORBIDDEN", s.answer(cem, request.ApproveStep, r.Number))
	require.Empty(t, s.answer(rita, request.ApproveStep, r.Number))
	require.EqualValues(t, 0, s.number(`select count(*) from request_step where falls_back and closed_at is null`))
}

// TestPlacesThatStay: a rule lets nobody hand a decision over, or decide for another one (requests 5.1).
func TestPlacesThatStay(t *testing.T) {
	t.Parallel()
	s := mustChain(t, 1, `approverRules: [{ identifier: First, displayName: First, target: { singleRole: Press }, find: [{ finder: manager }], mayDelegate: false, deputies: false }]`)
	ann, bob, dee := s.linked("ann", "P0", mayAsk), s.linked("bob", "P1", maySelf, "/Custom/Resources"), s.account("dee")
	s.linked("dan", "P3")
	s.lets(bob, dee)
	r := s.mustWish(ann, request.Add, "Press", "P0")
	got, err := s.Requests.Get(bob, &r.ID, nil)
	require.NoError(t, err)
	require.True(t, got.Items[0].CanDecide)
	require.False(t, got.Items[0].CanDelegate)
	give := func() string {
		return s.code(s.Requests.Delegate(bob, request.DelegateStepsInput{StepIDs: []int64{s.turnOf(r.Number)}, ToPersonID: s.personID("P3"), Reason: "on leave"}))
	}
	require.Equal(t, "FORBIDDEN", give())
	require.Empty(t, s.toDecide(s.now(dee)))
	require.NotEmpty(t, permit.ActingFor(s.now(dee), permit.DeputyApprovals))
	require.Contains(t, []string{"FORBIDDEN", "NOT_FOUND"}, s.answer(s.now(dee), request.ApproveStep, r.Number))
	_, err = s.DB.ExecContext(s.ctx, `insert into request_decision (step_id, item_id, decision, decider, requester, beneficiary_id, at, delegation_id, for_account, for_user_id)
		select st.id, i.id, 'APPROVE', 'dee', 'ann', i.beneficiary_id, ?, d.id, 'bob', d.delegator_id from request_item i join request_step st on st.item_id = i.id, delegation d where d.deputy = 'dee'`, s.Clock.Now())
	require.ErrorContains(t, err, "takes no deputies")

	// The rule changes its mind: both may, of what waits already.
	s.rules(`approverRules: [{ identifier: First, displayName: First, target: { singleRole: Press }, find: [{ finder: manager }] }]`)
	got, err = s.Requests.Get(bob, &r.ID, nil)
	require.NoError(t, err)
	require.True(t, got.Items[0].CanDelegate)
	require.Equal(t, []string{r.Number + " for bob"}, s.toDecide(s.now(dee)))
	require.Empty(t, give())
	got, err = s.Requests.Get(bob, &r.ID, nil)
	require.NoError(t, err)
	require.False(t, got.Items[0].CanDelegate)
	require.True(t, got.Items[0].CanRecall)
}

// TestWhatNeedsNobody: a policy says whether what one has is given back without an approval, and whether implicit approval holds for oneself (requests 5.6, 8.2).
func TestWhatNeedsNobody(t *testing.T) {
	t.Parallel()
	s := mustChain(t, 1, "")
	ann := s.linked("ann", "P0", mayAsk, mayDo)
	rita := s.account("rita", mayDo)
	s.policy("hasImplicitApproval: true")
	r := s.mustWish(ann, request.Add, "Press", "P0")
	require.Equal(t, []string{"1 OPEN"}, s.steps(r.Number), "not for herself")
	require.Empty(t, s.answer(rita, request.DeclineStep, r.Number))
	s.policy("implicitApprovalForSelf: true")
	r = s.mustWish(ann, request.Add, "Press", "P0")
	require.Equal(t, []string{"1 OPEN"}, s.steps(r.Number), "without implicit approval it says nothing")
	require.Empty(t, s.answer(rita, request.DeclineStep, r.Number))
	s.policy("hasImplicitApproval: true, implicitApprovalForSelf: true")
	r = s.mustWish(ann, request.Add, "Press", "P0")
	require.Equal(t, []string{"1 SKIPPED implicit"}, s.steps(r.Number))
	s.rules(`approverRules: [{ identifier: Owner, target: { singleRole: Press }, find: [{ finder: roleOwner }] }]`)
	require.NoError(t, s.Requests.Sweep(s.ctx))
	dan := s.linked("dan", "P3", mayAsk)
	r = s.mustWish(dan, request.Add, "Press", "P3")
	require.Equal(t, []string{"1 SKIPPED implicit"}, s.steps(r.Number), "he answers for it, and asks for himself")
	s.compute()

	s.policy("giveBackWithoutApproval: false")
	r = s.mustWish(ann, request.Remove, "Press", "P0")
	require.Equal(t, []string{"1 OPEN"}, s.steps(r.Number))
	require.Empty(t, s.answer(dan, request.ApproveStep, r.Number))
	s.policy("giveBackWithoutApproval: true")
	r = s.mustWish(dan, request.Remove, "Press", "P3")
	require.Equal(t, []string{"1 SKIPPED give_back"}, s.steps(r.Number))
}
