package app

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/page"
	"writ/server/reconciliation"
	"writ/server/request"
)

// in is an instant some days from now.
func (s *small) in(days int) *time.Time {
	return new(s.Clock.Now().Add(time.Duration(days) * 24 * time.Hour).Truncate(time.Second))
}

// wishUntil asks for something until a day.
func (s *small) wishUntil(ctx context.Context, action request.RequestAction, role, person string, end *time.Time) (*request.RequestAssignmentsPayload, error) {
	s.t.Helper()
	s.later(time.Second)
	return s.Requests.Submit(ctx, request.RequestAssignmentsInput{Items: []request.RequestItemInput{{Action: &action, Role: role, OwnerIDs: []int64{s.personID(person)}, EndDate: end}}, Justification: new("because")})
}

// finds lists the findings that stand against a wish.
func (s *small) finds(ctx context.Context, in request.RequestItemInput) []string {
	s.t.Helper()
	c, err := s.Requests.Check(ctx, request.RequestAssignmentsInput{Items: []request.RequestItemInput{in}})
	require.NoError(s.t, err)
	var list []string
	for _, f := range c.Items[0].Findings {
		if f.Severity == request.Blocks {
			list = append(list, string(f.Code))
		}
	}
	return list
}

// given asks for Press until a day, and has it approved.
func (s *small) given(ella, ana context.Context, end *time.Time) *request.Request {
	s.t.Helper()
	p, err := s.wishUntil(ella, request.Add, "Press", "P0", end)
	require.NoError(s.t, err)
	require.Empty(s.t, s.answer(ana, request.ApproveStep, p.Request.Number))
	s.around()
	return p.Request
}

// ends lists the rows of Press, with their ends as days from now.
func (s *small) ends() []string {
	s.t.Helper()
	return s.list(s.DB, `select concat_ws(' ', workflow_state, 'until', round(extract(epoch from end_date - ?) / 86400), pending_action, case when valid_to <> 'infinity' then 'over' end) from assigned_role
		where role_id = (select id from role where identifier = 'Press') order by id`, s.Clock.Now())
}

// TestExtension: scenarios 26 and 35, requests 6.5. What a person gave is put off by a request, never forward, through the approvals of the role; it ends on
// its day all the same while that waits, and begins anew when it is approved later.
func TestExtension(t *testing.T) {
	t.Parallel()
	s := mustAsk(t, 1, "")
	ella, ana := s.linked("ella", "P0", mayAsk), s.account("ana", mayDo)
	extend := request.Extend
	want := func(role string, start, end *time.Time) request.RequestItemInput {
		return request.RequestItemInput{Action: &extend, Role: role, OwnerIDs: []int64{s.personID("P0")}, StartDate: start, EndDate: end}
	}
	require.Equal(t, []string{"NOT_HELD"}, s.finds(ella, want("Press", nil, s.in(5))))
	require.Equal(t, []string{"GIVEN_BY_RULE"}, s.finds(ella, want("Staff", nil, s.in(5))))
	s.given(ella, ana, s.in(10))
	lines := s.number(`select count(*) from order_line`)
	require.Equal(t, []string{"EMPTY_PERIOD"}, s.finds(ella, want("Press", nil, s.in(9))), "it never ends earlier")
	require.Equal(t, []string{"PARAMETER_INVALID"}, s.finds(ella, want("Press", s.in(3), s.in(30))))
	list, err := s.Requests.Catalogue(ella, s.personID("P0"), page.Args{First: 10}, nil)
	require.NoError(t, err)
	for _, e := range list.Nodes() {
		require.Equal(t, e.Role == "Press", e.HeldUntil != nil, e.Role)
	}

	p, err := s.wishUntil(ella, request.Extend, "Press", "P0", s.in(30))
	require.NoError(t, err)
	require.Equal(t, []string{"16 until 10 EXTEND"}, s.ends(), "it is had as before while that waits")
	require.Equal(t, []string{"ALREADY_REQUESTED"}, s.finds(ella, want("Press", nil, s.in(40))))
	remove := request.Remove
	require.Empty(t, s.finds(ella, request.RequestItemInput{Action: &remove, Role: "Press", OwnerIDs: []int64{s.personID("P0")}}), "nobody keeps it by asking for more")
	require.Empty(t, s.answer(ana, request.DeclineStep, p.Request.Number))
	require.Equal(t, []string{"16 until 10"}, s.ends())
	p, err = s.wishUntil(ella, request.Extend, "Press", "P0", s.in(30))
	require.NoError(t, err)
	_, err = s.Requests.Withdraw(ella, request.CancelRequestInput{RequestID: &p.Request.ID})
	require.NoError(t, err)
	require.Equal(t, []string{"16 until 10"}, s.ends())

	p, err = s.wishUntil(ella, request.Extend, "Press", "P0", s.in(30))
	require.NoError(t, err)
	require.Empty(t, s.answer(ana, request.ApproveStep, p.Request.Number))
	require.Equal(t, []string{"16 until 30"}, s.ends())
	s.compute()
	require.Contains(t, s.wishes(), p.Request.Number+" EXTEND FULFILLED 1/1 COMPLETE row 16")
	require.Equal(t, lines, s.number(`select count(*) from order_line`), "nothing is written anew")

	// An approver lets it last shorter than asked for, and never shorter than it lasts.
	p, err = s.wishUntil(ella, request.Extend, "Press", "P0", s.in(60))
	require.NoError(t, err)
	narrow := func(start, end *time.Time) string {
		s.later(time.Second)
		return s.code(s.Requests.Review(ana, request.ReviewRequestItemsInput{Steps: []request.StepDecisionInput{{StepID: s.turnOf(p.Request.Number), Decision: request.ApproveStep, StartDate: start, EndDate: end}}}))
	}
	require.Equal(t, "VALIDATION", narrow(s.in(40), nil))
	require.Equal(t, "VALIDATION", narrow(nil, s.in(70)))
	require.Empty(t, narrow(nil, s.in(45)))
	require.Equal(t, []string{"16 until 45"}, s.ends())

	// It ends while its extension waits: it ends on its day, and begins anew with the approval, by the same request.
	p, err = s.wishUntil(ella, request.Extend, "Press", "P0", s.in(58))
	require.NoError(t, err)
	s.later(46 * 24 * time.Hour)
	s.compute()
	require.NoError(t, s.Requests.Sweep(s.ctx))
	require.Equal(t, []string{"16 until -1 EXTEND over", "8 until 12 ADD"}, s.ends())
	require.Empty(t, s.answer(ana, request.ApproveStep, p.Request.Number))
	require.Equal(t, []string{"16 until -1 EXTEND over", "16 until 12"}, s.ends())
	require.EqualValues(t, 1, s.number(`select count(*) from assigned_role where workflow_state = 16 and valid_to = 'infinity' and start_date > ?::timestamptz - interval '1 minute'`, s.Clock.Now()))

	// The same, where nothing looked at it before it was approved.
	p, err = s.wishUntil(ella, request.Extend, "Press", "P0", s.in(20))
	require.NoError(t, err)
	s.later(13 * 24 * time.Hour)
	require.Empty(t, s.answer(ana, request.ApproveStep, p.Request.Number))
	require.Contains(t, s.ends(), "16 until 7")
	s.compute()
	require.Contains(t, s.ends(), "16 until 7")

	// And when it is declined then, nothing is left of it.
	p, err = s.wishUntil(ella, request.Extend, "Press", "P0", s.in(20))
	require.NoError(t, err)
	s.later(8 * 24 * time.Hour)
	s.compute()
	require.NoError(t, s.Requests.Sweep(s.ctx))
	require.Empty(t, s.answer(ana, request.DeclineStep, p.Request.Number))
	require.EqualValues(t, 0, s.number(`select count(*) from assigned_role where valid_to = 'infinity' and role_id = (select id from role where identifier = 'Press')`))
	s.around()
	s.settled()
}

// TestExtensionWithoutApproval: where the policy lets ends be put off without an approval, that holds within the longest time the role may be had; beyond it
// the approvals are asked (requests 6.5).
func TestExtensionWithoutApproval(t *testing.T) {
	t.Parallel()
	s := mustAsk(t, 1, "")
	ella, ana := s.linked("ella", "P0", mayAsk), s.account("ana", mayDo)
	s.policy("prolongationWithoutApproval: true")
	s.given(ella, ana, s.in(10))
	p, err := s.wishUntil(ella, request.Extend, "Press", "P0", s.in(20))
	require.NoError(t, err)
	require.Equal(t, []string{"1 SKIPPED prolongation"}, s.steps(p.Request.Number))
	require.Equal(t, []string{"16 until 20"}, s.ends())
	s.compute()

	s.policy("prolongationWithoutApproval: true, maxDuration: 43200") // 30 days
	p, err = s.wishUntil(ella, request.Extend, "Press", "P0", s.in(29))
	require.NoError(t, err)
	require.Equal(t, []string{"1 SKIPPED prolongation"}, s.steps(p.Request.Number))
	s.compute()
	s.later(10 * 24 * time.Hour)
	s.compute()
	p, err = s.wishUntil(ella, request.Extend, "Press", "P0", s.in(90))
	require.NoError(t, err)
	require.Equal(t, []string{"1 OPEN"}, s.steps(p.Request.Number), "longer than 30 days altogether")
	require.Len(t, p.Request.Items[0].Clamps, 1)
	require.Empty(t, s.answer(ana, request.ApproveStep, p.Request.Number))
	require.Equal(t, []string{"16 until 30"}, s.ends(), "30 days from the decision on, at most")
	s.around()
	s.settled()
}

// TestExtensionOfGrace: a role that the rules took away, and that stays for its grace period, is approved with its extension (requests 8).
func TestExtensionOfGrace(t *testing.T) {
	t.Parallel()
	s := mustAsk(t, 1, "")
	ella, ana := s.linked("ella", "P0", mayAsk), s.account("ana", mayDo)
	s.policy("gracePeriod: 14400") // 10 days
	s.rules("singleRoles: [{ identifier: Staff, displayName: Staff, entityType: Person, approvalWorkflowType: 1 }]")
	s.compute()
	staff := func() []string {
		return s.list(s.DB, `select concat_ws(' ', workflow_state, origin, 'until', round(extract(epoch from end_date - ?) / 86400)) from assigned_role
			where valid_to = 'infinity' and owner_id = ? and role_id = (select id from role where identifier = 'Staff')`, s.Clock.Now(), s.personID("P0"))
	}
	require.Equal(t, []string{"27 GRACE until 10"}, staff())
	p, err := s.wishUntil(ella, request.Extend, "Staff", "P0", s.in(40))
	require.NoError(t, err)
	require.Empty(t, s.answer(ana, request.ApproveStep, p.Request.Number))
	require.Equal(t, []string{"16 MANUAL until 40"}, staff())
	s.compute()
	require.Equal(t, []string{"16 MANUAL until 40"}, staff())
	s.around()
	s.settled()
}

// TestExtensionsAtOnce: of many extensions at once one is made; an approval and the end of the role meet.
func TestExtensionsAtOnce(t *testing.T) {
	t.Parallel()
	s := mustAsk(t, 1, "")
	ella, ana := s.linked("ella", "P0", mayAsk), s.account("ana", mayDo)
	s.given(ella, ana, s.in(10))
	var all sync.WaitGroup
	made := make(chan string, 8)
	extend, end := request.Extend, s.in(30)
	for range 8 {
		all.Go(func() {
			p, err := s.Requests.Submit(ella, request.RequestAssignmentsInput{Items: []request.RequestItemInput{{Action: &extend, Role: "Press", OwnerIDs: []int64{s.personID("P0")}, EndDate: end}}, Justification: new("because")})
			if err == nil {
				made <- p.Request.Number
			}
		})
	}
	all.Wait()
	close(made)
	var numbers []string
	for n := range made {
		numbers = append(numbers, n)
	}
	require.Len(t, numbers, 1)
	s.later(11 * 24 * time.Hour)
	var both sync.WaitGroup
	both.Go(func() { s.compute() })
	both.Go(func() { _ = s.Requests.Sweep(s.ctx) })
	both.Wait()
	require.Empty(t, s.answer(ana, request.ApproveStep, numbers[0]))
	s.compute()
	require.EqualValues(t, 1, s.number(`select count(*) from assigned_role where valid_to = 'infinity' and workflow_state = 16 and role_id = (select id from role where identifier = 'Press')`))
	s.around()
	s.settled()
}

// TestExtensionsAttacked: what an extension must not get past: a person who left, a decision against the role, a rule that forbids it, a risk, the grace of
// what the rules took away; and that nobody keeps a role by asking for more of it.
func TestExtensionsAttacked(t *testing.T) {
	t.Parallel()
	extend, remove := request.Extend, request.Remove
	start := func(t *testing.T, levels int) (s *small, ella, ana context.Context) {
		t.Helper()
		s = mustAsk(t, levels, "")
		return s, s.linked("ella", "P0", mayAsk), s.account("ana", mayDo, mayAsk)
	}
	extended := func(s *small, ella context.Context, role string, end *time.Time) string {
		s.t.Helper()
		p, err := s.wishUntil(ella, extend, role, "P0", end)
		require.NoError(s.t, err)
		return p.Request.Number
	}
	t.Run("TheyLeave", func(t *testing.T) {
		t.Parallel()
		s, ella, ana := start(t, 1)
		s.given(ella, ana, s.in(10))
		number := extended(s, ella, "Press", s.in(30))
		s.people(bob)
		s.synchronize("HR")
		s.compute()
		require.NoError(t, s.Requests.Sweep(s.ctx))
		require.Contains(t, s.wishes(), number+" EXTEND CANCELLED 1/1 beneficiary_left row 16 over EXTEND 8")
	})
	t.Run("Refused", func(t *testing.T) {
		t.Parallel()
		s, ella, ana := start(t, 1)
		s.policy("gracePeriod: 14400, prolongationWithoutApproval: true")
		s.rules("singleRoles: [{ identifier: Staff, displayName: Staff, entityType: Person, approvalWorkflowType: 1 }]")
		s.compute()
		number := extended(s, ella, "Staff", s.in(40))
		require.Equal(t, []string{"1 OPEN"}, s.steps(number), "what the rules took away is approved by somebody")
		var row int64
		require.NoError(t, s.DB.NewRaw(`select id from assigned_role where workflow_state = 27 and owner_id = ?`, s.personID("P0")).Scan(s.ctx, &row))
		_, err := s.Reconciliation.DecideProlonged(ana, reconciliation.DecideProlongedRolesInput{Decision: reconciliation.DeclineRole, Comment: new("not any more"), Items: []reconciliation.ReconciliationItemInput{{ID: row}}})
		require.NoError(t, err)
		s.around()
		require.NoError(t, s.Requests.Sweep(s.ctx))
		require.EqualValues(t, 0, s.number(`select count(*) from request_item where state in ('SUBMITTED', 'IN_APPROVAL')`), "%v", s.wishes())
		require.EqualValues(t, 0, s.number(`select count(*) from assigned_role where valid_to = 'infinity' and owner_id = ? and role_id = (select id from role where identifier = 'Staff')`, s.personID("P0")))
	})
	t.Run("KeptOtherwise", func(t *testing.T) {
		t.Parallel()
		s, ella, ana := start(t, 1)
		s.policy("gracePeriod: 14400")
		s.rules("singleRoles: [{ identifier: Staff, displayName: Staff, entityType: Person, approvalWorkflowType: 1 }]")
		s.compute()
		number := extended(s, ella, "Staff", s.in(40))
		var row int64
		require.NoError(t, s.DB.NewRaw(`select id from assigned_role where workflow_state = 27 and owner_id = ?`, s.personID("P0")).Scan(s.ctx, &row))
		_, err := s.Reconciliation.DecideProlonged(ana, reconciliation.DecideProlongedRolesInput{Decision: reconciliation.ApproveRole, Comment: new("stays"), Items: []reconciliation.ReconciliationItemInput{{ID: row}}})
		require.NoError(t, err)
		require.Empty(t, s.answer(ana, request.ApproveStep, number))
		require.Equal(t, []string{"16"}, s.list(s.DB, `select concat_ws(' ', workflow_state, end_date) from assigned_role where id = ? and valid_to = 'infinity'`, row), "without an end it stays without one")
	})
	t.Run("GivenAgain", func(t *testing.T) {
		t.Parallel()
		s, ella, _ := start(t, 1)
		s.policy("gracePeriod: 14400")
		s.rules("singleRoles: [{ identifier: Staff, displayName: Staff, entityType: Person, approvalWorkflowType: 1 }]")
		s.compute()
		number := extended(s, ella, "Staff", s.in(40))
		s.rules("singleRoles: [{ identifier: Staff, displayName: Staff, entityType: Person, approvalWorkflowType: 1, rules: [{}] }]")
		s.around()
		require.NoError(t, s.Requests.Sweep(s.ctx))
		require.Contains(t, strings.Join(s.wishes(), "\n"), number+" EXTEND CANCELLED 1/1 ALREADY_SO given_by_rule")
	})
	t.Run("Forbidden", func(t *testing.T) {
		t.Parallel()
		s, ella, ana := start(t, 1)
		s.given(ella, ana, s.in(10))
		number := extended(s, ella, "Press", s.in(30))
		s.rules(asking(1, ", rules: [{ isDenied: true }]"))
		in := request.RequestItemInput{Action: &extend, Role: "Press", OwnerIDs: []int64{s.personID("P0")}, EndDate: s.in(40)}
		c, err := s.Requests.Check(ella, request.RequestAssignmentsInput{Items: []request.RequestItemInput{in}})
		require.NoError(t, err)
		require.True(t, slices.ContainsFunc(c.Items[0].Findings, func(f *request.RequestFinding) bool { return f.Code == request.DeniedByRule }))
		s.around()
		require.Contains(t, []string{"CONFLICT", "INVALID_TRANSITION"}, s.answer(ana, request.ApproveStep, number))
		require.Contains(t, strings.Join(s.wishes(), "\n"), number+" EXTEND CANCELLED 1/1 denied_by_rule")
		require.Equal(t, []string{"16 until 10"}, s.ends())
	})
	t.Run("Risky", func(t *testing.T) {
		t.Parallel()
		s, ella, ana := start(t, 1)
		s.given(ella, ana, s.in(10))
		number := extended(s, ella, "Press", s.in(30))
		s.later(11 * 24 * time.Hour)
		s.around()
		require.NoError(t, s.Requests.Sweep(s.ctx))
		risk := func(policy string) {
			s.rules("risks: [{ identifier: Mix, displayName: Staff and press, entityType: Person, level: 80, exemptionPolicy: " + policy + ", rules: [{ items: [{ resourceType: User, property: Groups, resource: staff }, { resourceType: User, property: Groups, resource: press }] }] }]")
		}
		risk("blocking")
		require.Equal(t, "CONFLICT", s.answer(ana, request.ApproveStep, number))
		risk("approvalRequired")
		require.Empty(t, s.answer(ana, request.ApproveStep, number))
		require.Contains(t, strings.Join(s.steps(number), ", "), "0 ", "the risk is approved, too")
		rob := s.account("rob", mayDo)
		require.NoError(t, s.Requests.Sweep(s.ctx))
		require.Empty(t, s.answer(rob, request.ApproveStep, number))
		require.Equal(t, "116 until 19", s.ends()[len(s.ends())-1])
	})
	t.Run("TakenAway", func(t *testing.T) {
		t.Parallel()
		s, ella, ana := start(t, 1)
		rob := s.account("rob", mayDo)
		s.given(ella, ana, s.in(10))
		number := extended(s, ella, "Press", s.in(30))
		p, err := s.wishUntil(ana, remove, "Press", "P0", nil)
		require.NoError(t, err)
		require.Contains(t, strings.Join(s.wishes(), "\n"), number+" EXTEND CANCELLED 1/1 taken_away")
		require.Equal(t, []string{"16 until 10 REMOVE"}, s.ends())
		require.Equal(t, []string{"ALREADY_REQUESTED"}, s.finds(ella, request.RequestItemInput{Action: &extend, Role: "Press", OwnerIDs: []int64{s.personID("P0")}, EndDate: s.in(40)}))
		require.Empty(t, s.answer(rob, request.ApproveStep, p.Request.Number))
		s.around()
		require.EqualValues(t, 0, s.number(`select count(*) from assigned_role where valid_to = 'infinity' and role_id = (select id from role where identifier = 'Press')`))
		s.settled()
	})
	t.Run("TwoInOneBasket", func(t *testing.T) {
		t.Parallel()
		s, ella, ana := start(t, 1)
		s.given(ella, ana, s.in(10))
		add := request.Add
		c, err := s.Requests.Check(ella, request.RequestAssignmentsInput{Items: []request.RequestItemInput{
			{Action: &extend, Role: "Press", OwnerIDs: []int64{s.personID("P0")}, EndDate: s.in(30)}, {Action: &add, Role: "Press", OwnerIDs: []int64{s.personID("P0")}, EndDate: s.in(40)}}})
		require.NoError(t, err)
		require.False(t, c.Submittable)
	})
	t.Run("OneAfterTheOther", func(t *testing.T) {
		t.Parallel()
		s, ella, ana := start(t, 1)
		s.given(ella, ana, s.in(10))
		s.given(ella, ana, s.in(40)) // begins where the first ends
		require.Equal(t, []string{"16 until 10", "16 until 40"}, s.ends())
		number := extended(s, ella, "Press", s.in(50))
		require.Empty(t, s.answer(ana, request.ApproveStep, number))
		require.Equal(t, []string{"16 until 10", "16 until 50"}, s.ends(), "the one that ends last")
	})
	t.Run("ShorterThanItLasts", func(t *testing.T) {
		t.Parallel()
		s, ella, ana := start(t, 1)
		s.given(ella, ana, s.in(30))
		number := extended(s, ella, "Press", s.in(60))
		s.later(time.Second)
		require.Equal(t, "VALIDATION", s.code(s.Requests.Review(ana, request.ReviewRequestItemsInput{Steps: []request.StepDecisionInput{{StepID: s.turnOf(number), Decision: request.ApproveStep, EndDate: s.in(20)}}})))
		s.policy("maxDuration: 14400") // 10 days by now
		require.Equal(t, "CONFLICT", s.answer(ana, request.ApproveStep, number))
		require.Equal(t, []string{"16 until 30"}, s.ends())
	})
}
