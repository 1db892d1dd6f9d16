package app

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/server/assignment"
	"writ/server/errs"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/request"
)

const (
	mayAsk = "/Custom/Workflows/ModifyPermissions_Person/Request/ActionPending"
	mayDo  = "/Custom/ProvisioningPolicy"
)

// asking are the roles that people ask for: Press as often approved as said, and Staff, which a rule gives to everybody.
func asking(levels int, more string) string {
	return fmt.Sprintf(`singleRoles:
  - { identifier: Staff, displayName: Staff, entityType: Person, rules: [{}] }
  - { identifier: Press, displayName: Press, entityType: Person, approvalWorkflowType: %d%s }`, levels, more)
}

// mustAsk is a company with Ann and Bob in which people may ask for Press, which brings the group press, and for Staff.
func mustAsk(t testing.TB, levels int, more string) *small {
	t.Helper()
	s := mustSmall(t, smallOptions{edit: edits("navigationRules: [", "navigationRules: [{ property: Groups, resource: press, singleRole: Press }, ", "singleRoles:\n  - { identifier: Staff, displayName: Staff, entityType: Person, rules: [{}] }", asking(levels, more),
		"maximumLinkDeletedLines: 1,", "maximumLinkDeletedLines: 1000,")})
	s.people(ann, bob)
	s.around()
	s.settled()
	return s
}

// linked gives somebody an account that is linked to a person.
func (s *small) linked(username, person string, paths ...string) context.Context {
	s.t.Helper()
	ctx := s.account(username, paths...)
	s.exec(`update local_user set resource_id = (select id from resource where key = ? and valid_to = 'infinity' and entity_type_id = (select id from entity_type where identifier = 'Person')) where username = ?`, person, username)
	a, err := s.actor(s.ctx, permit.From(ctx).UserID)
	require.NoError(s.t, err)
	return permit.With(s.ctx, a)
}

func (s *small) personID(key string) int64 {
	s.t.Helper()
	return s.number(`select r.id from resource r join entity_type e on e.id = r.entity_type_id where e.identifier = 'Person' and r.key = ?`, key)
}

func (s *small) wish(ctx context.Context, action request.RequestAction, role string, people ...string) (*request.RequestAssignmentsPayload, error) {
	s.t.Helper()
	in := request.RequestItemInput{Action: &action, Role: role}
	for _, p := range people {
		in.OwnerIDs = append(in.OwnerIDs, s.personID(p))
	}
	s.later(time.Second)
	return s.Requests.Submit(ctx, request.RequestAssignmentsInput{Items: []request.RequestItemInput{in}, Justification: new("because"), AcknowledgeFindings: []request.FindingCode{request.NoApprover}})
}

func (s *small) mustWish(ctx context.Context, action request.RequestAction, role string, people ...string) *request.Request {
	s.t.Helper()
	p, err := s.wish(ctx, action, role, people...)
	require.NoError(s.t, err)
	return p.Request
}

// answer decides the open step of the only item of a request.
func (s *small) answer(ctx context.Context, d request.StepDecision, number string) string {
	s.t.Helper()
	s.later(time.Second)
	id := s.number(`select s.id from request_step s join request_item i on i.id = s.item_id join request q on q.id = i.request_id where q.number = ? order by s.state in ('OPEN', 'STUCK') desc, s.level desc limit 1`, number)
	p, err := s.Requests.Review(ctx, request.ReviewRequestItemsInput{StepIDs: []int64{id}, Decision: &d, Comment: new("so be it")})
	require.NoError(s.t, err)
	if e := p.Results[0].Error; e != nil {
		return e.Code
	}
	return ""
}

// wishes lists what was asked for: number, wish, state, level, outcome and reason, and the state of the row.
func (s *small) wishes() []string {
	s.t.Helper()
	return s.list(s.DB, `select concat_ws(' ', q.number, i.action, i.state, i.level || '/' || i.levels, i.outcome, i.closed_reason, 'row', a.workflow_state, case when a.valid_to <> 'infinity' then 'over' end, a.pending_action, a.pending_state)
		from request_item i join request q on q.id = i.request_id left join assigned_role a on a.id = i.assigned_role_id order by i.id`)
}

func (s *small) steps(number string) []string {
	s.t.Helper()
	return s.list(s.DB, `select concat_ws(' ', s.level, s.state, s.skip_reason) from request_step s join request_item i on i.id = s.item_id join request q on q.id = i.request_id where q.number = ? order by s.level`, number)
}

// TestRequestWithoutApproval: scenario 1. Nobody has to approve: it is given at once, written, and fulfilled when it was seen.
func TestRequestWithoutApproval(t *testing.T) {
	t.Parallel()
	s := mustAsk(t, 0, "")
	alice := s.linked("alice", "P0", mayAsk)
	r := s.mustWish(alice, request.Add, "Press", "P0")
	require.Equal(t, []string{"RQ-1 ADD APPROVED 0/0 row 16"}, s.wishes())
	require.Equal(t, request.Approved, r.State)
	s.compute()
	require.Equal(t, []string{"UPDATE P0 1  ADD Groups press"}, s.open())
	require.Equal(t, []string{"RQ-1 ADD APPROVED 0/0 row 16"}, s.wishes(), "approved is not fulfilled")
	s.around()
	require.Equal(t, []string{"alee 7 Ann Lee A press+staff", "bray 1 Bob Ray B staff"}, s.accounts())
	require.Equal(t, []string{"RQ-1 ADD FULFILLED 0/0 COMPLETE row 16"}, s.wishes())
	require.Equal(t, []string{"submit > ", "route_to_end SUBMITTED > APPROVED", "fulfil APPROVED > FULFILLED"}, s.list(s.DB, `select action || ' ' || coalesce(from_state, '') || '> ' || coalesce(to_state, '') from (select id, action, from_state || ' ' as from_state, to_state from request_history) h order by id`))
	require.Equal(t, []string{"submit", "route_to_end", "fulfil"}, s.list(s.DB, `select data ->> 'action' from event where kind = 'request.changed' order by id`))
	got, err := s.Requests.Get(alice, &r.ID, nil)
	require.NoError(t, err)
	require.Len(t, got.Items[0].Orders, 1)
	require.Equal(t, 3, len(got.History))
	s.settled()

	_, err = s.wish(alice, request.Add, "Press", "P0")
	require.Equal(t, errs.Conflict, errs.As(err).Kind, "%v", err)
	require.Contains(t, err.Error(), "has it by hand")
	_, err = s.wish(alice, request.Add, "Staff", "P0")
	require.Contains(t, err.Error(), "has it through a rule")

	s.mustWish(alice, request.Remove, "Press", "P0")
	s.around()
	require.Equal(t, []string{"alee 7 Ann Lee A staff", "bray 1 Bob Ray B staff"}, s.accounts())
	require.Equal(t, []string{"RQ-1 ADD FULFILLED 0/0 COMPLETE row 16 over", "RQ-2 REMOVE FULFILLED 0/0 COMPLETE row 16 over"}, s.wishes())
	s.settled()
}

// TestRequestIsApproved: scenarios 3, 4, 7 and 13. Two levels are answered by two people, neither of whom asked or gets it; a refusal ends it, and no order
// ever existed.
func TestRequestIsApproved(t *testing.T) {
	t.Parallel()
	s := mustAsk(t, 2, "")
	alice, rita, rob := s.linked("alice", "P0", mayAsk, mayDo), s.account("rita", mayDo, mayAsk), s.account("rob", mayDo)
	otto := s.account("otto", "/Jobs")
	second := s.linked("alice2", "P0", mayDo)
	r := s.mustWish(alice, request.Add, "Press", "P0")
	require.Equal(t, []string{"RQ-1 ADD IN_APPROVAL 1/2 row 9 ADD 9"}, s.wishes())
	require.Equal(t, []string{"1 OPEN", "2 WAITING"}, s.steps("RQ-1"))
	s.compute()
	require.Empty(t, s.open(), "what is only asked for gives nothing")
	v, err := s.Assignments.View(s.ctx, assignment.ViewInput{ResourceID: s.personID("P0")})
	require.NoError(t, err)
	require.False(t, slices.ContainsFunc(v.Entitlements, func(e *assignment.Entitlement) bool { return e.Name == "Press" }))
	v, err = s.Assignments.View(s.ctx, assignment.ViewInput{ResourceID: s.personID("P0"), IncludeRequested: true})
	require.NoError(t, err)
	require.True(t, slices.ContainsFunc(v.Entitlements, func(e *assignment.Entitlement) bool { return e.Name == "Press" && e.WorkflowState == 9 }))
	require.Equal(t, "FORBIDDEN", s.answer(alice, request.ApproveStep, "RQ-1"))
	require.Equal(t, "FORBIDDEN", s.answer(second, request.ApproveStep, "RQ-1"), "another account of the same person")
	require.Equal(t, "NOT_FOUND", s.answer(otto, request.ApproveStep, "RQ-1"))
	got, err := s.Requests.GetItem(alice, r.Items[0].ID)
	require.NoError(t, err)
	require.Equal(t, []string{"rita", "rob"}, got.Steps[0].Candidates)
	require.Equal(t, []any{true, false, true}, []any{got.IsOwn, got.CanDecide, got.CanWithdraw})

	require.Empty(t, s.answer(rita, request.ApproveStep, "RQ-1"))
	require.Equal(t, []string{"RQ-1 ADD IN_APPROVAL 2/2 row 10 ADD 10"}, s.wishes())
	require.Equal(t, "FORBIDDEN", s.answer(rita, request.ApproveStep, "RQ-1"), "who decided one level decides no other")
	require.Empty(t, s.answer(rob, request.ApproveStep, "RQ-1"))
	require.Equal(t, []string{"RQ-1 ADD APPROVED 2/2 row 16"}, s.wishes())
	require.Equal(t, "ALREADY_DONE", s.answer(rita, request.DeclineStep, "RQ-1"))
	require.Empty(t, s.answer(rob, request.ApproveStep, "RQ-1"), "the same again is done")
	s.around()
	require.Equal(t, []string{"RQ-1 ADD FULFILLED 2/2 COMPLETE row 16"}, s.wishes())
	require.Equal(t, []string{"ask_two 4 9", "pass_first_of_two 9 10", "approve 10 16"}, s.list(s.DB, `select action || ' ' || from_state || ' ' || to_state from assignment_history where assigned_role_id is not null order by id`))
	s.settled()

	bobs := s.mustWish(rita, request.Add, "Press", "P1")
	require.Equal(t, "FORBIDDEN", s.answer(rita, request.ApproveStep, bobs.Number), "who asked")
	d, no := request.DeclineStep, ""
	p, err := s.Requests.Review(rob, request.ReviewRequestItemsInput{StepIDs: []int64{*bobs.Items[0].StepID}, Decision: &d, Comment: &no})
	require.NoError(t, err)
	require.Equal(t, "VALIDATION", p.Results[0].Error.Code, "a refusal says why")
	require.Empty(t, s.answer(rob, request.DeclineStep, bobs.Number))
	require.Equal(t, "RQ-2 ADD DECLINED 1/2 row 17 over", s.wishes()[1])
	require.Equal(t, []string{"1 DECLINED", "2 CLOSED"}, s.steps("RQ-2"))
	s.around()
	require.Equal(t, []string{"alee 7 Ann Lee A press+staff", "bray 1 Bob Ray B staff"}, s.accounts())
	require.Equal(t, "RQ-3", s.mustWish(rita, request.Add, "Press", "P1").Number, "it may be asked for again")
	s.settled()
}

// TestRequestsTake: the table of requests 8, cell by cell: what is held by hand ends, what a rule gives is forbidden, and allowed again.
func TestRequestsTake(t *testing.T) {
	t.Parallel()
	s := mustAsk(t, 1, "")
	rita, rob := s.account("rita", mayDo, mayAsk), s.account("rob", mayDo)
	both := func(action request.RequestAction, role string) {
		t.Helper()
		r := s.mustWish(rita, action, role, "P0")
		s.around()
		s.around()
		if r.Items[0].Levels > 0 {
			require.Empty(t, s.answer(rob, request.ApproveStep, r.Number))
		}
		s.around()
		s.settled()
	}
	groups := func() string { return s.accounts()[0] }
	for _, wrong := range []struct {
		action request.RequestAction
		role   string
		says   string
	}{{request.Remove, "Press", "does not have"}, {request.Deny, "Press", "does not have"}, {request.Allow, "Staff", "not forbidden"}} {
		_, err := s.wish(rita, wrong.action, wrong.role, "P0")
		require.ErrorContains(t, err, wrong.says)
	}
	both(request.Add, "Press")
	require.Equal(t, "alee 7 Ann Lee A press+staff", groups())
	_, err := s.wish(rita, request.Deny, "Press", "P0")
	require.ErrorContains(t, err, "Ask for its removal")
	r := s.mustWish(rita, request.Remove, "Press", "P0")
	s.around()
	require.Equal(t, "alee 7 Ann Lee A press+staff", groups(), "held while it waits")
	require.Equal(t, "RQ-2 REMOVE IN_APPROVAL 1/1 row 16 REMOVE 8", s.wishes()[1])
	require.Empty(t, s.answer(rob, request.DeclineStep, r.Number))
	s.around()
	require.Equal(t, "RQ-2 REMOVE DECLINED 1/1 row 16", s.wishes()[1], "as it was")
	both(request.Remove, "Press")
	require.Equal(t, "alee 7 Ann Lee A staff", groups())

	both(request.Remove, "Staff")
	require.Equal(t, "alee 7 Ann Lee A", groups(), "a rule's role is forbidden")
	require.Equal(t, "RQ-4 DENY FULFILLED 0/0 COMPLETE row 16", s.wishes()[3])
	s.whole()
	_, err = s.wish(rita, request.Deny, "Staff", "P0")
	require.ErrorContains(t, err, "forbidden")
	both(request.Add, "Staff")
	require.Equal(t, "alee 7 Ann Lee A staff", groups())
	require.Equal(t, "RQ-5 ALLOW FULFILLED 0/0 COMPLETE row 16 over", s.wishes()[4], "the rule gives it, nobody's hand")
}

// TestRequestRaces: scenarios 14 and 16. Of many who answer at once one decides; of many who ask for the same at once one has asked.
func TestRequestRaces(t *testing.T) {
	t.Parallel()
	s := mustAsk(t, 1, "")
	rita := s.account("rita", mayDo, mayAsk)
	var wg sync.WaitGroup
	codes := make(chan string, 20)
	for i := range 20 {
		wg.Go(func() {
			_, err := s.Requests.Submit(rita, request.RequestAssignmentsInput{ClientKey: new(fmt.Sprint(i % 2)), AcknowledgeFindings: []request.FindingCode{request.NoApprover},
				Items: []request.RequestItemInput{{Role: "Press", OwnerIDs: []int64{s.personID("P0")}}}})
			if e := errs.As(err); e != nil {
				codes <- string(e.Kind)
			} else if err != nil {
				codes <- err.Error()
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 1, s.number(`select count(*) from request`))
	close(codes)
	for c := range codes {
		require.Equal(t, "CONFLICT", c)
	}
	step := s.number(`select id from request_step`)
	var people []context.Context
	for i := range 20 {
		people = append(people, s.account(fmt.Sprintf("reviewer%d", i), mayDo))
	}
	done := make(chan string, 20)
	for i, p := range people {
		d := request.ApproveStep
		if i%3 == 0 {
			d = request.DeclineStep
		}
		wg.Go(func() {
			p, err := s.Requests.Review(p, request.ReviewRequestItemsInput{StepIDs: []int64{step}, Decision: &d, Comment: new("so be it")})
			switch {
			case err != nil:
				done <- err.Error()
			case p.Results[0].Error != nil:
				done <- p.Results[0].Error.Code
			default:
				done <- ""
			}
		})
	}
	wg.Wait()
	close(done)
	ok := 0
	for c := range done {
		if c == "" {
			ok++
			continue
		}
		require.Equal(t, "ALREADY_DONE", c)
	}
	require.Equal(t, 1, ok)
	require.EqualValues(t, 1, s.number(`select count(*) from request_decision`))
	require.EqualValues(t, 1, s.number(`select count(*) from request_history where step_id is not null and action in ('approve', 'decline')`))
	s.around()
	s.settled()
}

// TestRequestsLoseTheirSense: scenarios 9, 19, 20, 21, and what time does.
func TestRequestsLoseTheirSense(t *testing.T) {
	t.Parallel()
	s := mustAsk(t, 1, "")
	rita := s.account("rita", mayDo, mayAsk)
	s.mustWish(rita, request.Add, "Press", "P0")
	require.Equal(t, []string{"1 STUCK"}, s.steps("RQ-1"), "whoever asked is the only one who could decide")
	rob := s.account("rob", mayDo)
	require.NoError(t, s.Requests.Sweep(s.ctx))
	require.Equal(t, []string{"1 OPEN"}, s.steps("RQ-1"))
	p, err := s.Requests.Withdraw(rita, request.CancelRequestInput{ItemIDs: []int64{1}})
	require.NoError(t, err)
	require.Nil(t, p.Results[0].Error)
	require.Equal(t, "RQ-1 ADD WITHDRAWN 1/1 row 17 over", s.wishes()[0])
	p, err = s.Requests.Withdraw(rita, request.CancelRequestInput{ItemIDs: []int64{1}})
	require.NoError(t, err)
	require.Equal(t, "INVALID_TRANSITION", p.Results[0].Error.Code)

	s.mustWish(rita, request.Add, "Press", "P0")
	s.later(61 * 24 * time.Hour)
	require.NoError(t, s.Requests.Sweep(s.ctx))
	require.Equal(t, "RQ-2 ADD EXPIRED 1/1 not_decided row 17 over", s.wishes()[1])

	s.mustWish(rita, request.Add, "Press", "P0")
	s.people(bob)
	s.around()
	require.Equal(t, "RQ-3 ADD CANCELLED 1/1 beneficiary_left row 17 over", s.wishes()[2])
	s.people(ann, bob)
	s.around()

	s.mustWish(rita, request.Add, "Press", "P1")
	s.rules(asking(1, ", rules: [{}]"))
	require.Equal(t, "RQ-4 ADD CANCELLED 1/1 ALREADY_SO given_by_rule row 17 over", s.wishes()[3])
	s.around()
	s.settled()
	s.rules(asking(1, ""))
	s.around()
	r := s.mustWish(rita, request.Add, "Press", "P1")
	s.rules(asking(4, ""))
	require.NoError(t, s.Requests.Sweep(s.ctx))
	require.Equal(t, "RQ-5 ADD CANCELLED 1/1 not_requestable row 17 over", s.wishes()[4])
	require.Equal(t, "INVALID_TRANSITION", s.answer(rob, request.ApproveStep, r.Number))
	s.around()
	s.settled()
}

// TestRequestDates: scenarios 29, 32, 33: what limits make of dates, and what became of them when the last level approves.
func TestRequestDates(t *testing.T) {
	t.Parallel()
	s := mustAsk(t, 1, ", maxDuration: 43200")
	rita, rob := s.account("rita", mayDo, mayAsk), s.account("rob", mayDo)
	now := s.Clock.Now()
	ask := func(start, end *time.Time) (*request.RequestAssignmentsPayload, error) {
		return s.Requests.Submit(rita, request.RequestAssignmentsInput{Items: []request.RequestItemInput{{Role: "Press", OwnerIDs: []int64{s.personID("P0")}, StartDate: start, EndDate: end}}})
	}
	_, err := ask(nil, new(now.Add(-time.Hour)))
	require.ErrorContains(t, err, "over already")
	_, err = ask(new(now.Add(48*time.Hour)), new(now.Add(24*time.Hour)))
	require.ErrorContains(t, err, "before the start")
	_, err = ask(new(now.Add(400*24*time.Hour)), nil)
	require.ErrorContains(t, err, "366 days")
	p, err := ask(nil, new(now.Add(90*24*time.Hour)))
	require.NoError(t, err)
	require.Equal(t, "maximum_duration", p.Request.Items[0].Clamps[0].Because)
	s.later(2 * 24 * time.Hour)
	require.Empty(t, s.answer(rob, request.ApproveStep, p.Request.Number))
	got, err := s.Requests.GetItem(rita, p.Request.Items[0].ID)
	require.NoError(t, err)
	require.Equal(t, got.ApprovedAt.UTC(), got.StartDate.UTC(), "it begins with the approval")
	s.around()
	s.settled()
	s.later(31 * 24 * time.Hour)
	s.due()
	s.around()
	require.Equal(t, "alee 7 Ann Lee A staff", s.accounts()[0], "it ended by itself")
	require.Equal(t, "RQ-1 ADD FULFILLED 1/1 COMPLETE row 16 over", s.wishes()[0])

	now = s.Clock.Now()
	p, err = ask(nil, new(now.Add(24*time.Hour)))
	require.NoError(t, err)
	s.later(25 * time.Hour)
	require.Equal(t, "CONFLICT", s.answer(rob, request.ApproveStep, p.Request.Number))
	require.Equal(t, "RQ-2 ADD EXPIRED 1/1 period_over row 17 over", s.wishes()[1])

	now = s.Clock.Now()
	p, err = ask(new(now.Add(10*24*time.Hour)), nil)
	require.NoError(t, err)
	require.Empty(t, s.answer(rob, request.ApproveStep, p.Request.Number))
	s.around()
	require.Equal(t, "alee 7 Ann Lee A staff", s.accounts()[0])
	require.Equal(t, "RQ-3 ADD APPROVED 1/1 row 16", s.wishes()[2], "its day has not come")
	s.later(10 * 24 * time.Hour)
	s.due()
	s.around()
	require.Equal(t, "alee 7 Ann Lee A press+staff", s.accounts()[0])
	require.NoError(t, s.Requests.Sweep(s.ctx))
	require.Equal(t, "RQ-3 ADD FULFILLED 1/1 COMPLETE row 16", s.wishes()[2])
}

// TestRequestScope: requests 14.2. Whoever has nothing to do with it sees nothing, by list, id or number; one beneficiary does not see the others.
func TestRequestScope(t *testing.T) {
	t.Parallel()
	s := mustAsk(t, 1, "")
	rita := s.account("rita", mayDo, mayAsk)
	alice, nobody := s.linked("alice", "P0"), s.account("otto", "/Jobs")
	s.account("rob", mayDo)
	r := s.mustWish(rita, request.Add, "Press", "P0", "P1")
	sees := func(ctx context.Context) (items int) {
		list, err := s.Requests.Items(ctx, page.Args{First: 10}, nil, nil, nil, true)
		require.NoError(t, err)
		require.Equal(t, len(list.Nodes()), list.TotalCount)
		all, err := s.Requests.List(ctx, page.Args{First: 10}, nil, nil, nil, true)
		require.NoError(t, err)
		of := 0
		for _, q := range all.Nodes() {
			of += len(q.Items)
		}
		require.Equal(t, len(list.Nodes()), of)
		if _, err := s.Requests.Get(ctx, nil, &r.Number); of == 0 {
			require.True(t, errs.Is(err, errs.NotFound), "%v", err)
		} else {
			require.NoError(t, err)
		}
		return of
	}
	require.Equal(t, []int{2, 1, 0}, []int{sees(rita), sees(alice), sees(nobody)})
	_, err := s.Requests.GetItem(nobody, r.Items[0].ID)
	require.True(t, errs.Is(err, errs.NotFound))
	p, err := s.Requests.Withdraw(nobody, request.CancelRequestInput{ItemIDs: []int64{r.Items[0].ID}})
	require.NoError(t, err)
	require.Equal(t, "NOT_FOUND", p.Results[0].Error.Code)
	_, err = s.wish(alice, request.Add, "Press", "P0")
	require.True(t, errs.Is(err, errs.Forbidden), "she may ask for nobody: %v", err)
	_, err = s.Requests.Targets(alice, page.Args{First: 10}, nil, nil, true)
	require.True(t, errs.Is(err, errs.Forbidden), "%v", err)
	p, err = s.Requests.Withdraw(alice, request.CancelRequestInput{ItemIDs: []int64{r.Items[0].ID}})
	require.NoError(t, err)
	require.Nil(t, p.Results[0].Error, "who gets it may do without")
}

// TestRequestRisks: requests 7.4, row by row, with and without the permission to override: what a pair that should not come together means for the basket,
// for the circuit and for what is given in the end.
func TestRequestRisks(t *testing.T) {
	t.Parallel()
	const (
		blockingRight = "/ProvisioningPolicy/Risk/OverrideBlocking"
		approvalRight = "/ProvisioningPolicy/Risk/OverrideApproval"
	)
	for policy, row := range map[string]struct{ without, with, right string }{
		"warning": {"warns", "warns", blockingRight}, "blocking": {"blocks", "blocks", blockingRight}, "approvalRequired": {"asks", "asks", approvalRight},
		"blockingUnlessOverride": {"blocks", "warns", blockingRight}, "approvalRequiredUnlessOverride": {"asks", "warns", approvalRight},
	} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			s := mustAsk(t, 1, "")
			s.rules(edits("POLICY", policy).Replace("risks: [{ identifier: Mix, displayName: Staff and press, entityType: Person, level: 80, exemptionPolicy: POLICY, rules: [{ items: [{ resourceType: User, property: Groups, resource: staff }, { resourceType: User, property: Groups, resource: press }] }] }]"))
			rita, rob, mia := s.account("rita", mayDo, mayAsk), s.account("rob", mayDo), s.account("mia", mayDo)
			boss := s.account("boss", mayAsk, mayDo, row.right)
			for i, who := range []context.Context{rita, boss} {
				want, person := []string{row.without, row.with}[i], []string{"P0", "P1"}[i]
				in := request.RequestAssignmentsInput{Items: []request.RequestItemInput{{Role: "Press", OwnerIDs: []int64{s.personID(person)}}}}
				c, err := s.Requests.Check(who, in)
				require.NoError(t, err)
				var codes []request.FindingCode
				for _, f := range c.Items[0].Findings {
					codes = append(codes, f.Code)
				}
				switch want {
				case "blocks":
					require.Equal(t, []request.FindingCode{request.RiskBlocked}, codes)
					_, err := s.Requests.Submit(who, in)
					require.True(t, errs.Is(err, errs.Conflict), "%v", err)
				case "warns":
					require.Equal(t, []request.FindingCode{request.RiskWarning}, codes)
					_, err := s.Requests.Submit(who, in)
					require.True(t, errs.Is(err, errs.Conflict), "it is acknowledged first: %v", err)
					in.AcknowledgeFindings = codes
					p, err := s.Requests.Submit(who, in)
					require.NoError(t, err)
					require.Empty(t, s.answer(rob, request.ApproveStep, p.Request.Number))
					require.Contains(t, s.wishes()[len(s.wishes())-1], "APPROVED 1/1 row 16")
				case "asks":
					require.Equal(t, []request.FindingCode{request.RiskApproval}, codes)
					p, err := s.Requests.Submit(who, in)
					require.NoError(t, err)
					require.Contains(t, s.wishes()[len(s.wishes())-1], "IN_APPROVAL 0/1 row 25 ADD 25")
					require.Empty(t, s.answer(rob, request.ApproveStep, p.Request.Number))
					require.Contains(t, s.wishes()[len(s.wishes())-1], "IN_APPROVAL 1/1 row 8 ADD 8")
					require.Equal(t, "FORBIDDEN", s.answer(rob, request.ApproveStep, p.Request.Number), "somebody else than who approved the risk")
					require.Empty(t, s.answer(mia, request.ApproveStep, p.Request.Number))
					require.Contains(t, s.wishes()[len(s.wishes())-1], "APPROVED 1/1 row 116")
				}
				s.around()
				require.Equal(t, want != "blocks", slices.ContainsFunc(s.accounts(), func(a string) bool {
					return slices.Contains([]string{"alee 7 Ann Lee A press+staff", "bray 1 Bob Ray B press+staff"}, a) && a[0] == "ab"[i]
				}), "%v", s.accounts())
				s.settled()
			}
		})
	}
	t.Run("SeenAtTheLastApproval", func(t *testing.T) {
		t.Parallel()
		s := mustAsk(t, 1, "")
		rita, rob := s.account("rita", mayDo, mayAsk), s.account("rob", mayDo)
		r := s.mustWish(rita, request.Add, "Press", "P0")
		s.rules("risks: [{ identifier: Mix, displayName: Staff and press, entityType: Person, level: 80, exemptionPolicy: blocking, rules: [{ items: [{ resourceType: User, property: Groups, resource: staff }, { resourceType: User, property: Groups, resource: press }] }] }]")
		require.Equal(t, "CONFLICT", s.answer(rob, request.ApproveStep, r.Number))
		require.Equal(t, []string{"RQ-1 ADD IN_APPROVAL 1/1 row 8 ADD 8"}, s.wishes())
		require.Empty(t, s.answer(rob, request.DeclineStep, r.Number))
		s.around()
		s.settled()
	})
}

// turns are steps whose turn it is.
func (s *small) turns() (list []int64) {
	s.t.Helper()
	require.NoError(s.t, s.DB.NewRaw(`select id from request_step where state in ('OPEN', 'INFO_REQUESTED', 'STUCK') order by id desc limit 2`).Scan(s.ctx, &list))
	return list
}

// TestRequestsOfAnyHistory: scenario 60. People ask, approve, decline and take back, come and go, rules change and days pass. What is held by hand is what was
// approved, no row waits without a request that does, no request is lost, a complete computation changes nothing, and the managed system has what is held.
func TestRequestsOfAnyHistory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		s := mustAsk(drawn{t, r}, 2, "")
		askers := []context.Context{s.linked("alice", "P0", mayAsk), s.account("rita", mayDo, mayAsk)}
		deciders := []context.Context{askers[1], s.account("rob", mayDo), s.account("mia", mayDo), s.linked("bobby", "P1", mayDo)}
		here := map[string]string{"P0": ann, "P1": bob}
		for range rapid.IntRange(5, 25).Draw(r, "steps") {
			person := rapid.SampledFrom([]string{"P0", "P1"}).Draw(r, "person")
			switch rapid.IntRange(0, 11).Draw(r, "what") {
			case 0, 1, 2:
				if !slices.Contains(s.list(s.DB, `select key from resource where valid_to = 'infinity'`), person) {
					continue
				}
				action := rapid.SampledFrom([]request.RequestAction{request.Add, request.Add, request.Remove, request.Deny, request.Allow, request.Extend}).Draw(r, "action")
				in := request.RequestItemInput{Action: &action, Role: rapid.SampledFrom([]string{"Press", "Staff"}).Draw(r, "role"), OwnerIDs: []int64{s.personID(person)}}
				if days := rapid.SampledFrom([]int{0, 3, 20}).Draw(r, "until"); days > 0 && (action == request.Add || action == request.Extend) {
					in.EndDate = s.in(days)
				}
				s.later(time.Second)
				_, err := s.Requests.Submit(rapid.SampledFrom(askers).Draw(r, "asker"), request.RequestAssignmentsInput{Items: []request.RequestItemInput{in}, Justification: new("because"), AcknowledgeFindings: []request.FindingCode{request.NoApprover}})
				require.True(s.t, err == nil || errs.Is(err, errs.Conflict), "%v", err)
			case 3, 4, 5:
				for _, number := range s.list(s.DB, `select q.number from request q where q.state = 'IN_APPROVAL' order by q.id desc limit 2`) {
					code := s.answer(rapid.SampledFrom(deciders).Draw(r, "decider"), rapid.SampledFrom([]request.StepDecision{request.ApproveStep, request.ApproveStep, request.DeclineStep}).Draw(r, "decision"), number)
					require.Contains(s.t, []string{"", "FORBIDDEN", "CONFLICT", "INVALID_TRANSITION"}, code)
				}
			case 6:
				for _, id := range s.list(s.DB, `select id::text from request_item where state = 'IN_APPROVAL' order by id limit 1`) {
					var n int64
					_, err := fmt.Sscan(id, &n)
					require.NoError(s.t, err)
					_, err = s.Requests.Withdraw(askers[1], request.CancelRequestInput{ItemIDs: []int64{n}})
					require.NoError(s.t, err)
				}
			case 7:
				if _, ok := here[person]; ok {
					delete(here, person)
				} else {
					here[person] = map[string]string{"P0": ann, "P1": bob}[person]
				}
				var rows []string
				for _, key := range []string{"P0", "P1"} {
					if row, ok := here[key]; ok {
						rows = append(rows, row)
					}
				}
				s.people(rows...)
				s.around()
			case 8:
				s.rules(asking(rapid.SampledFrom([]int{0, 1, 2, 3, 4}).Draw(r, "levels"), rapid.SampledFrom([]string{"", ", rules: [{}]", ", maxDuration: 14400"}).Draw(r, "more")))
			case 9:
				s.later(time.Duration(rapid.IntRange(1, 70).Draw(r, "days")) * 24 * time.Hour)
				s.due()
				require.NoError(s.t, s.Requests.Sweep(s.ctx))
			case 10:
				for _, st := range s.turns() {
					for _, code := range []string{
						s.code(s.Requests.AskInformation(rapid.SampledFrom(deciders).Draw(r, "inquirer"), request.AskInformationInput{StepIDs: []int64{st}, Question: "What for?"})),
						s.code(s.Requests.Remind(rapid.SampledFrom(askers).Draw(r, "reminder"), request.RequestStepsInput{StepIDs: []int64{st}})),
					} {
						require.Contains(s.t, []string{"", "FORBIDDEN", "NOT_FOUND", "CONFLICT", "INVALID_TRANSITION"}, code)
					}
				}
			case 11:
				for _, st := range s.turns() {
					code := s.code(s.Requests.AnswerInformation(rapid.SampledFrom(askers).Draw(r, "answerer"), request.AnswerInformationInput{StepID: st, Answer: "The quarter."}))
					if rapid.Bool().Draw(r, "back") {
						code = s.code(s.Requests.WithdrawInformation(rapid.SampledFrom(deciders).Draw(r, "withdrawer"), request.RequestStepsInput{StepIDs: []int64{st}}))
					}
					require.Contains(s.t, []string{"", "FORBIDDEN", "NOT_FOUND", "INVALID_TRANSITION"}, code)
				}
			}
			if rapid.Bool().Draw(r, "compute") {
				s.compute()
			}
			require.Empty(s.t, s.list(s.DB, `select 'row ' || a.id from assigned_role a where a.valid_to = 'infinity' and a.pending_action is not null
				and not exists (select from request_item i where i.assigned_role_id = a.id and i.state in ('SUBMITTED', 'IN_APPROVAL'))`), "a row waits without a request")
			require.Empty(s.t, s.list(s.DB, `select 'item ' || i.id from request_item i where i.state = 'IN_APPROVAL' and not exists (select from assigned_role a where a.id = i.assigned_role_id and a.pending_action is not null and a.valid_to = 'infinity')`), "a request waits without a row")
			require.Empty(s.t, s.list(s.DB, `select 'item ' || i.id from request_item i where i.state in ('APPROVED', 'FULFILLED') and exists (select from request_step s where s.item_id = i.id and s.state not in ('APPROVED', 'SKIPPED'))`), "approved without its circuit")
			require.Empty(s.t, s.list(s.DB, `select 'item ' || i.id from request_item i where i.state = 'IN_APPROVAL' and (select count(*) from request_step s where s.item_id = i.id and s.state in ('OPEN', 'INFO_REQUESTED', 'STUCK')) <> 1`), "no step, or several")
			require.Empty(s.t, s.list(s.DB, `select 'step ' || s.id from request_step s where s.state = 'INFO_REQUESTED' and (select count(*) from request_comment c where c.step_id = s.id and c.kind = 'QUESTION' and c.ended_at is null) <> 1`), "waits for no answer, or for several")
			require.Empty(s.t, s.list(s.DB, `select 'step ' || s.id from request_step s where s.closed_at is null and s.state <> 'WAITING' and s.due_at is null or s.stood > 21 * 86400000`), "has no clock")
			require.Empty(s.t, s.list(s.DB, `select 'item ' || i.id from request_item i where i.closed_at is not null and exists (select from request_step s where s.item_id = i.id and s.state in ('WAITING', 'OPEN', 'INFO_REQUESTED', 'STUCK'))`), "a step of what is over")
			require.Empty(s.t, s.list(s.DB, `select 'row ' || a.id from assigned_role a where a.valid_to = 'infinity' and a.origin = 'MANUAL' and a.workflow_state in (16, 116)
				and not exists (select from request_item i where i.assigned_role_id = a.id and i.state in ('APPROVED', 'FULFILLED', 'CANCELLED', 'EXPIRED', 'DECLINED'))`), "held by nobody's approval")
		}
		s.around()
		s.around()
		require.NoError(s.t, s.Requests.Sweep(s.ctx))
		s.compute()
		s.around()
		s.settled()
		require.Empty(s.t, s.list(s.DB, `select concat_ws(' ', q.number, i.action, i.state, i.start_date) from request_item i join request q on q.id = i.request_id where i.state = 'APPROVED' and (i.start_date is null or i.start_date <= ?)`, s.Clock.Now()), "what is approved is fulfilled in the end")
		for _, key := range []string{"P0", "P1"} {
			if _, ok := here[key]; !ok {
				continue
			}
			held := s.list(s.DB, `select distinct lower(r.identifier) from assigned_role a join role r on r.id = a.role_id join resource w on w.id = a.owner_id where w.key = ?0 and a.valid_to = 'infinity' and w.valid_to = 'infinity' and not a.is_denied
				and a.workflow_state in (16, 116, 18) and (a.start_date is null or a.start_date <= ?1) and (a.end_date is null or a.end_date > ?1) order by 1`, key, s.Clock.Now())
			login := map[string]string{"P0": "alee", "P1": "bray"}[key]
			require.Equal(s.t, held, s.list(s.target, `select grp from account_group where login = ? order by 1`, login), "%s", key)
		}
	})
}
