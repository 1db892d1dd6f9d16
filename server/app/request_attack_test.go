package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/assignment"
	"writ/server/errs"
	"writ/server/manifest"
	"writ/server/order"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/request"
)

// again gives the rights of an account as they are now.
func (s *small) again(ctx context.Context) context.Context {
	s.t.Helper()
	a, err := s.actor(s.ctx, permit.From(ctx).UserID)
	require.NoError(s.t, err)
	return permit.With(s.ctx, a)
}

// asked is a basket of one role.
func (s *small) asked(role string, people ...string) request.RequestAssignmentsInput {
	in := request.RequestItemInput{Role: role}
	for _, p := range people {
		in.OwnerIDs = append(in.OwnerIDs, s.personID(p))
	}
	return request.RequestAssignmentsInput{Items: []request.RequestItemInput{in}, AcknowledgeFindings: []request.FindingCode{request.NoApprover}}
}

// nobodysOwn: what the caller may decide according to the list, the item and the machine is the same, and it is nothing.
func (s *small) refused(ctx context.Context, number string) {
	s.t.Helper()
	yes := true
	list, err := s.Requests.Items(ctx, page.Args{First: 10}, &request.RequestFilter{ToDecideByMe: &yes, Text: &number}, nil, nil, true)
	require.NoError(s.t, err)
	require.Empty(s.t, list.Nodes(), "nothing of it is for him")
	r, err := s.Requests.Get(ctx, nil, &number)
	require.NoError(s.t, err)
	require.False(s.t, r.Items[0].CanDecide)
	x, err := s.Requests.GetItem(ctx, r.Items[0].ID)
	require.NoError(s.t, err)
	for _, st := range x.Steps {
		require.NotContains(s.t, st.Candidates, permit.From(ctx).Username)
	}
	code := s.answer(ctx, request.ApproveStep, number)
	require.Contains(s.t, []string{"FORBIDDEN", "INVALID_TRANSITION"}, code)
	require.Equal(s.t, int64(0), s.number(`select count(*) from request_decision d where lower(d.decider) = lower(?)  and d.item_id = ?`, permit.From(ctx).Username, x.ID))
}

// TestRequestsOfOneself: requests 19.2. Nobody decides on what he asked for or gets, or on two levels of one thing, by whichever account.
func TestRequestsOfOneself(t *testing.T) {
	t.Parallel()
	t.Run("TwoLevelsByTwoAccountsOfOnePerson", func(t *testing.T) {
		t.Parallel()
		s := mustAsk(t, 2, "")
		rita := s.account("rita", mayAsk)
		ana, ana2 := s.linked("ana", "P1", mayDo), s.linked("ana2", "P1", mayDo)
		s.account("rob", mayDo)
		r := s.mustWish(rita, request.Add, "Press", "P0")
		require.Empty(t, s.answer(ana, request.ApproveStep, r.Number))
		require.Equal(t, "FORBIDDEN", s.answer(ana2, request.ApproveStep, r.Number))
		require.EqualValues(t, 1, s.number(`select count(*) from request_decision`))
		_, err := s.DB.ExecContext(s.ctx, `insert into request_decision (step_id, item_id, decision, decider, requester, beneficiary_id, at) select s.id, s.item_id, 'APPROVE', 'ana2', 'rita', i.beneficiary_id, now()
			from request_step s join request_item i on i.id = s.item_id where s.state = 'OPEN'`)
		require.ErrorContains(t, err, "decided_before")
	})
	t.Run("SameMailbox", func(t *testing.T) {
		t.Parallel()
		s := mustAsk(t, 1, "")
		rita, rita2 := s.account("rita", mayAsk), s.account("rita2", mayDo)
		s.account("rob", mayDo)
		s.exec(`update local_user set email = 'Rita@x.org' where username = 'rita'`)
		s.exec(`update local_user set email = 'rita@x.org' where username = 'rita2'`)
		s.refused(rita2, s.mustWish(rita, request.Add, "Press", "P0").Number)
	})
	t.Run("LinkedLater", func(t *testing.T) {
		t.Parallel()
		s := mustAsk(t, 1, "")
		rita, rita2 := s.account("rita", mayAsk), s.account("rita2", mayDo)
		s.account("rob", mayDo)
		r := s.mustWish(rita, request.Add, "Press", "P0")
		s.exec(`update local_user set resource_id = ? where username in ('rita', 'rita2')`, s.personID("P1"))
		s.refused(s.again(rita2), r.Number)
	})
	t.Run("Renamed", func(t *testing.T) {
		t.Parallel()
		s := mustAsk(t, 1, "")
		rita := s.account("rita", mayAsk, mayDo)
		s.account("rob", mayDo)
		r := s.mustWish(rita, request.Add, "Press", "P0")
		s.exec(`update local_user set username = 'margarita' where username = 'rita'`)
		s.refused(s.again(rita), r.Number)
	})
	t.Run("RelinkedAway", func(t *testing.T) {
		t.Parallel()
		s := mustAsk(t, 1, "")
		alice, alice2 := s.linked("alice", "P0", mayAsk), s.linked("alice2", "P0", mayDo)
		s.account("rob", mayDo)
		r := s.mustWish(alice, request.Add, "Press", "P1")
		s.refused(alice2, r.Number)
		s.exec(`update local_user set resource_id = null where username = 'alice'`)
		s.refused(alice2, r.Number)
	})
	t.Run("ImplicitOnlyForOthers", func(t *testing.T) {
		t.Parallel()
		s := mustAsk(t, 2, ", implicitApproval: implicit")
		alice := s.linked("alice", "P0", mayAsk, mayDo)
		r := s.mustWish(alice, request.Add, "Press", "P1")
		require.Equal(t, []string{"1 SKIPPED implicit", "2 SKIPPED implicit"}, s.steps(r.Number))
		r = s.mustWish(alice, request.Add, "Press", "P0")
		require.Equal(t, []string{"1 STUCK", "2 WAITING"}, s.steps(r.Number))
		rita := s.account("rita", mayAsk)
		require.Equal(t, []string{"1 OPEN", "2 WAITING"}, s.steps(s.mustWish(rita, request.Remove, "Press", "P1").Number))
	})
	t.Run("GiveBack", func(t *testing.T) {
		t.Parallel()
		s := mustAsk(t, 2, "")
		s.rules("singleRoles: [{ identifier: Staff, displayName: Staff, entityType: Person, approvalWorkflowType: 1, rules: [{}] }]")
		alice, rita, rob, mia := s.linked("alice", "P0", mayAsk), s.account("rita", mayAsk), s.account("rob", mayDo), s.account("mia", mayDo)
		r := s.mustWish(alice, request.Add, "Press", "P0")
		require.Empty(t, s.answer(rob, request.ApproveStep, r.Number))
		require.Empty(t, s.answer(mia, request.ApproveStep, r.Number))
		s.around()
		require.Equal(t, []string{"1 OPEN", "2 WAITING"}, s.steps(s.mustWish(rita, request.Remove, "Press", "P0").Number), "another one's")
		p, err := s.Requests.Withdraw(rita, request.CancelRequestInput{ItemIDs: []int64{2}})
		require.NoError(t, err)
		require.Nil(t, p.Results[0].Error)
		r = s.mustWish(alice, request.Remove, "Press", "P0")
		require.Equal(t, []string{"1 SKIPPED give_back", "2 SKIPPED give_back"}, s.steps(r.Number))
		s.around()
		require.Equal(t, "RQ-3 REMOVE FULFILLED 2/2 COMPLETE row 16 over", s.wishes()[2])
		require.Equal(t, "alee 7 Ann Lee A staff", s.accounts()[0])
		s.settled()
		require.Equal(t, []string{"1 OPEN"}, s.steps(s.mustWish(alice, request.Remove, "Staff", "P0").Number), "what a rule gives would come back")
	})
}

// TestRequestDatesAtTheEdges: requests 6.3, 18.2: what the time does between asking and approving, and between approving and the computation.
func TestRequestDatesAtTheEdges(t *testing.T) {
	t.Parallel()
	until := func(s *small, ctx context.Context, action request.RequestAction, role string, start, end time.Duration) (*request.RequestAssignmentsPayload, error) {
		in := s.asked(role, "P0")
		in.Items[0].Action = &action
		if start != 0 {
			in.Items[0].StartDate = new(s.Clock.Now().Add(start))
		}
		if end != 0 {
			in.Items[0].EndDate = new(s.Clock.Now().Add(end))
		}
		return s.Requests.Submit(ctx, in)
	}
	t.Run("DenialOver", func(t *testing.T) {
		t.Parallel()
		s := mustAsk(t, 1, "")
		s.rules("singleRoles: [{ identifier: Staff, displayName: Staff, entityType: Person, approvalWorkflowType: 1, rules: [{}] }]")
		rita, rob := s.account("rita", mayAsk), s.account("rob", mayDo)
		p, err := until(s, rita, request.Deny, "Staff", 0, 24*time.Hour)
		require.NoError(t, err)
		s.later(48 * time.Hour)
		require.Equal(t, "CONFLICT", s.answer(rob, request.ApproveStep, p.Request.Number))
		require.Equal(t, []string{"RQ-1 DENY EXPIRED 1/1 period_over row 17 over"}, s.wishes())
		s.around()
		s.settled()
	})
	t.Run("DenialEndsBeforeItBegins", func(t *testing.T) {
		t.Parallel()
		s := mustAsk(t, 0, "")
		rita := s.account("rita", mayAsk)
		_, err := until(s, rita, request.Deny, "Staff", 48*time.Hour, 24*time.Hour)
		require.True(t, errs.Is(err, errs.Conflict), "%v", err)
		_, err = until(s, rita, request.Deny, "Staff", 0, -time.Hour)
		require.True(t, errs.Is(err, errs.Conflict), "%v", err)
		p, err := until(s, rita, request.Deny, "Staff", 24*time.Hour, 48*time.Hour)
		require.NoError(t, err)
		s.around()
		require.Equal(t, "alee 7 Ann Lee A staff", s.accounts()[0], "its day has not come: %v", p.Request.Items[0].StartDate)
		s.later(25 * time.Hour)
		s.due()
		s.around()
		require.Equal(t, "alee 7 Ann Lee A", s.accounts()[0])
		s.later(25 * time.Hour)
		s.due()
		s.around()
		require.Equal(t, "alee 7 Ann Lee A staff", s.accounts()[0])
		s.settled()
	})
	t.Run("TakenAwayAtOnce", func(t *testing.T) {
		t.Parallel()
		s := mustAsk(t, 0, "")
		rita := s.account("rita", mayAsk)
		s.mustWish(rita, request.Add, "Press", "P0")
		s.around()
		_, err := until(s, rita, request.Remove, "Press", 24*time.Hour, 0)
		require.ErrorContains(t, err, "approval")
		_, err = until(s, rita, request.Remove, "Press", 0, 24*time.Hour)
		require.ErrorContains(t, err, "approval")
	})
	t.Run("AllowedTooLate", func(t *testing.T) {
		t.Parallel()
		s := mustAsk(t, 0, "")
		rita := s.account("rita", mayAsk)
		s.mustWish(rita, request.Deny, "Staff", "P0")
		s.around()
		s.rules("singleRoles: [{ identifier: Staff, displayName: Staff, entityType: Person, rules: [{ priority: 1, isDenied: true }] }]")
		_, err := until(s, rita, request.Allow, "Staff", 0, time.Hour)
		if err == nil {
			s.later(3 * time.Hour)
			s.compute()
			s.around()
			require.NoError(t, s.Requests.Sweep(s.ctx))
		}
		require.NotContains(t, strings.Join(s.wishes(), "\n"), "ALLOW APPROVED")
		s.settled()
	})
	t.Run("AllowedWithoutARule", func(t *testing.T) {
		t.Parallel()
		s := mustAsk(t, 0, "")
		rita := s.account("rita", mayAsk)
		s.mustWish(rita, request.Deny, "Staff", "P0")
		s.around()
		s.rules("singleRoles: [{ identifier: Staff, displayName: Staff, entityType: Person, rules: [] }]")
		_, err := until(s, rita, request.Allow, "Staff", 0, time.Hour)
		require.NoError(t, err)
		s.later(3 * time.Hour)
		s.compute()
		s.around()
		require.NoError(t, s.Requests.Sweep(s.ctx))
		require.NotContains(t, strings.Join(s.wishes(), "\n"), "ALLOW APPROVED")
		s.settled()
	})
	t.Run("Now", func(t *testing.T) {
		t.Parallel()
		s := mustAsk(t, 0, "")
		rita := s.account("rita", mayAsk)
		now := s.Clock.Now()
		in := s.asked("Press", "P0")
		in.Items[0].StartDate, in.Items[0].EndDate = &now, &now
		_, err := s.Requests.Submit(rita, in)
		require.True(t, errs.Is(err, errs.Conflict), "%v", err)
	})
}

// TestRequestKeys: requests 18.1. A key stands for one basket, whatever became of it, and for no other.
func TestRequestKeys(t *testing.T) {
	t.Parallel()
	s := mustAsk(t, 0, "")
	rita, rob := s.account("rita", mayAsk), s.account("rob", mayAsk)
	in := s.asked("Press", "P0")
	in.ClientKey = new("one")
	first, err := s.Requests.Submit(rita, in)
	require.NoError(t, err)
	s.around()
	same, err := s.Requests.Submit(rita, in)
	require.NoError(t, err)
	require.Equal(t, first.Request.ID, same.Request.ID)
	other := s.asked("Press", "P1")
	other.ClientKey = in.ClientKey
	_, err = s.Requests.Submit(rita, other)
	require.True(t, errs.Is(err, errs.Conflict), "%v", err)
	require.Equal(t, "input.clientKey", errs.As(err).Field)
	_, err = s.Requests.Submit(rob, other)
	require.NoError(t, err, "another one's key")
	s.people(bob)
	s.around()
	s.rules(asking(4, ""))
	same, err = s.Requests.Submit(rita, in)
	require.NoError(t, err, "it was asked, whatever became of the person and the role")
	require.Equal(t, first.Request.ID, same.Request.ID)

	var wg sync.WaitGroup
	mia := s.account("mia", mayAsk)
	s.rules(asking(0, ""))
	s.people(ann, bob)
	s.around()
	results := make(chan error, 20)
	for i := range 20 {
		in := s.asked([]string{"Press", "Staff"}[i%2], []string{"P0", "P1"}[i/2%2])
		in.ClientKey = new("two")
		in.Items[0].Action = new(request.Remove)
		wg.Go(func() { _, err := s.Requests.Submit(mia, in); results <- err })
	}
	wg.Wait()
	close(results)
	for err := range results {
		require.True(t, err == nil || errs.Is(err, errs.Conflict), "%v", err)
	}
}

// TestRequestsOfHostileText: requests 19.1. What nobody can mean is refused with words, not with an error of the database.
func TestRequestsOfHostileText(t *testing.T) {
	t.Parallel()
	s := mustAsk(t, 1, "")
	rita, rob := s.account("rita", mayAsk), s.account("rob", mayDo)
	r := s.mustWish(rita, request.Add, "Press", "P0")
	for _, text := range []string{"RQ-1'; drop table request; --", "\u202eevil", strings.Repeat("x", 100_000), "%", "_", `\`, " "} {
		said := func(err error) {
			t.Helper()
			require.True(t, err == nil || errs.As(err) != nil, "%q: %v", text, err)
		}
		_, err := s.Requests.Get(rita, nil, &text)
		said(err)
		_, err = s.Requests.Items(rita, page.Args{First: 10}, &request.RequestFilter{Text: &text, Role: &text}, nil, nil, true)
		said(err)
		_, err = s.Requests.List(rita, page.Args{First: 10}, &request.RequestFilter{Text: &text}, nil, nil, true)
		said(err)
		in := s.asked(text, "P0")
		_, err = s.Requests.Check(rita, in)
		said(err)
		in = s.asked("Press", "P1")
		in.ClientKey, in.Justification, in.BasketDigest = &text, &text, &text
		_, err = s.Requests.Submit(rita, in)
		said(err)
		p, err := s.Requests.Withdraw(rita, request.CancelRequestInput{ItemIDs: []int64{r.Items[0].ID, 99}, Comment: &text})
		said(err)
		if err == nil {
			require.Equal(t, "NOT_FOUND", p.Results[1].Error.Code)
		} else {
			require.Equal(t, "input.comment", errs.As(err).Field)
		}
		q, err := s.Requests.Review(rob, request.ReviewRequestItemsInput{StepIDs: []int64{1}, Decision: new(request.DeclineStep), Comment: &text})
		said(err)
		if err == nil {
			require.NotNil(t, q.Results[0].Error)
		}
		_, err = s.Requests.Catalogue(rita, s.personID("P0"), page.Args{First: 10}, &request.CatalogueFilter{Text: &text})
		said(err)
	}
	require.LessOrEqual(t, s.number(`select max(length(comment)) from request_history`), int64(4000))
}

// TestRequestsAreAllLookedAt: what cannot be moved on does not keep the clock from what can.
func TestRequestsAreAllLookedAt(t *testing.T) {
	t.Parallel()
	s := mustAsk(t, 1, "")
	rows := []string{ann, bob}
	var keys []string
	for i := range 130 {
		key := fmt.Sprintf("X%03d", i)
		rows, keys = append(rows, fmt.Sprintf("%s,%d,Xan,Xu,x%03d,A", key, 1000+i, i)), append(keys, key)
	}
	s.people(rows...)
	s.synchronize("HR")
	s.compute()
	rob, rita := s.account("rob", mayAsk, mayDo), s.account("rita", mayAsk)
	s.mustWish(rob, request.Add, "Press", keys...)
	s.exec(`update local_user set is_disabled = true where username = 'rob'`)
	r := s.mustWish(rita, request.Add, "Press", "P0")
	require.Equal(t, []string{"1 STUCK"}, s.steps(r.Number))
	s.exec(`update local_user set is_disabled = false where username = 'rob'`)
	require.NoError(t, s.Requests.Sweep(s.ctx))
	require.Equal(t, []string{"1 OPEN"}, s.steps(r.Number))
}

// TestRequestSteps: requests 4.2 S6, S7, 5.5 and 4.3 I15: what becomes of a step when the world moves while it waits.
func TestRequestSteps(t *testing.T) {
	t.Parallel()
	const mix = "risks: [{ identifier: Mix, displayName: Staff and press, entityType: Person, level: 80, exemptionPolicy: POLICY, rules: [{ items: [{ resourceType: User, property: Groups, resource: staff }, { resourceType: User, property: Groups, resource: press }] }] }]"
	t.Run("TheLastOneLeaves", func(t *testing.T) {
		t.Parallel()
		s := mustAsk(t, 1, "")
		rita, rob := s.account("rita", mayAsk), s.account("rob", mayDo)
		r := s.mustWish(rita, request.Add, "Press", "P0")
		require.Equal(t, []string{"1 OPEN"}, s.steps(r.Number))
		s.exec(`update local_user set is_disabled = true where username = 'rob'`)
		require.NoError(t, s.Requests.Sweep(s.ctx))
		require.Equal(t, []string{"1 STUCK"}, s.steps(r.Number))
		require.EqualValues(t, 1, s.number(`select count(*) from event where kind = 'request.step_changed' and data ->> 'action' = 'block'`))
		s.exec(`update local_user set is_disabled = false where username = 'rob'`)
		require.NoError(t, s.Requests.Sweep(s.ctx))
		require.Equal(t, []string{"1 OPEN"}, s.steps(r.Number))
		require.Empty(t, s.answer(s.again(rob), request.ApproveStep, r.Number))
	})
	t.Run("ARiskAtTheLastApproval", func(t *testing.T) {
		t.Parallel()
		s := mustAsk(t, 1, "")
		rita, rob, mia := s.account("rita", mayAsk), s.account("rob", mayDo), s.account("mia", mayDo)
		r := s.mustWish(rita, request.Add, "Press", "P0")
		s.rules(edits("POLICY", "approvalRequired").Replace(mix))
		require.Empty(t, s.answer(rob, request.ApproveStep, r.Number))
		require.Equal(t, []string{"RQ-1 ADD IN_APPROVAL 0/1 row 25 ADD 25"}, s.wishes())
		require.Equal(t, []string{"0 OPEN", "1 APPROVED"}, s.steps(r.Number))
		require.Equal(t, "FORBIDDEN", s.answer(rob, request.ApproveStep, r.Number))
		s.around()
		require.Equal(t, "alee 7 Ann Lee A staff", s.accounts()[0])
		require.Empty(t, s.answer(mia, request.ApproveStep, r.Number))
		require.Equal(t, []string{"RQ-1 ADD APPROVED 1/1 row 116"}, s.wishes())
		s.around()
		require.Equal(t, []string{"RQ-1 ADD FULFILLED 1/1 COMPLETE row 116"}, s.wishes())
		s.settled()

		s.rules("risks: []")
		r = s.mustWish(rita, request.Add, "Press", "P1")
		require.Empty(t, s.answer(rob, request.DeclineStep, r.Number))
	})
	t.Run("TheRiskGoes", func(t *testing.T) {
		t.Parallel()
		s := mustAsk(t, 1, "")
		rita, rob := s.account("rita", mayAsk), s.account("rob", mayDo)
		s.rules(edits("POLICY", "approvalRequired").Replace(mix))
		r := s.mustWish(rita, request.Add, "Press", "P0")
		require.Equal(t, []string{"0 OPEN", "1 WAITING"}, s.steps(r.Number))
		_, err := s.Manifest.DeleteOne(s.ctx, "risk", manifest.DeleteConfigurationInput{Identifier: "Mix"})
		require.NoError(t, err)
		require.NoError(t, s.Requests.Sweep(s.ctx))
		require.Equal(t, []string{"0 SKIPPED no_level", "1 OPEN"}, s.steps(r.Number))
		require.Empty(t, s.answer(rob, request.ApproveStep, r.Number))
		s.around()
		require.Contains(t, s.wishes()[0], "FULFILLED 1/1 COMPLETE row")
		s.settled()
	})
	t.Run("ARuleForbidsIt", func(t *testing.T) {
		t.Parallel()
		s := mustAsk(t, 1, "")
		rita, rob := s.account("rita", mayAsk), s.account("rob", mayDo)
		r := s.mustWish(rita, request.Add, "Press", "P0")
		s.rules(asking(1, ", rules: [{ isDenied: true }]"))
		require.Contains(t, []string{"CONFLICT", "INVALID_TRANSITION"}, s.answer(rob, request.ApproveStep, r.Number))
		require.Equal(t, []string{"RQ-1 ADD CANCELLED 1/1 denied_by_rule row 17 over"}, s.wishes())
		_, err := s.wish(rita, request.Add, "Press", "P0")
		require.ErrorContains(t, err, "A rule forbids")
	})
}

// TestRequestsAtTheReview: requests 3.4, I25, I26. Refused by who reviews orders, taken up again, and asked for again.
func TestRequestsAtTheReview(t *testing.T) {
	t.Parallel()
	must := func(t *testing.T) *small {
		s := mustSmall(t, smallOptions{review: true, edit: edits("navigationRules: [", "navigationRules: [{ property: Groups, resource: press, singleRole: Press }, ", "singleRoles:\n  - { identifier: Staff, displayName: Staff, entityType: Person, rules: [{}] }", asking(0, ""),
			"maximumLinkDeletedLines: 1,", "maximumLinkDeletedLines: 1000,")})
		s.people(ann)
		s.synchronize("HR")
		s.compute()
		s.reviewAll(order.DecideApprove)
		s.around()
		s.settled()
		return s
	}
	t.Run("Reconsidered", func(t *testing.T) {
		t.Parallel()
		s := must(t)
		alice := s.linked("alice", "P0", mayAsk)
		s.mustWish(alice, request.Add, "Press", "P0")
		s.compute()
		s.reviewAll(order.DecideDecline)
		s.compute()
		require.NoError(t, s.Requests.Sweep(s.ctx))
		require.Equal(t, []string{"RQ-1 ADD DECLINED 0/0 REFUSED_AT_REVIEW row 16"}, s.wishes())
		id := s.number(`select max(id) from provisioning_order`)
		p, err := s.Orders.Reconsider(s.ctx, order.BulkOrdersInput{OrderIDs: []int64{id}})
		require.NoError(t, err)
		require.Nil(t, p.Results[0].Error)
		s.compute()
		require.NoError(t, s.Requests.Sweep(s.ctx))
		require.Equal(t, []string{"RQ-1 ADD APPROVED 0/0 row 16"}, s.wishes())
		s.reviewAll(order.DecideApprove)
		s.around()
		require.Equal(t, []string{"RQ-1 ADD FULFILLED 0/0 COMPLETE row 16"}, s.wishes())
	})
	t.Run("AskedAgain", func(t *testing.T) {
		t.Parallel()
		s := must(t)
		alice := s.linked("alice", "P0", mayAsk)
		s.mustWish(alice, request.Add, "Press", "P0")
		s.compute()
		s.reviewAll(order.DecideDecline)
		s.compute()
		require.NoError(t, s.Requests.Sweep(s.ctx))
		s.mustWish(alice, request.Remove, "Press", "P0")
		s.compute()
		s.around()
		require.NoError(t, s.Requests.Sweep(s.ctx))
		s.mustWish(alice, request.Add, "Press", "P0")
		s.compute()
		require.NoError(t, s.Requests.Sweep(s.ctx))
		require.Equal(t, []string{"RQ-1 ADD DECLINED 0/0 REFUSED_AT_REVIEW row 16 over", "RQ-2 REMOVE FULFILLED 0/0 COMPLETE row 16 over", "RQ-3 ADD APPROVED 0/0 row 16"}, s.wishes())
	})
}

// TestRequestsBySQL: requests 18.3. What must never be is refused by the database, whoever writes.
func TestRequestsBySQL(t *testing.T) {
	t.Parallel()
	s := mustAsk(t, 2, "")
	rita, rob := s.account("rita", mayAsk), s.account("rob", mayDo)
	alice := s.linked("alice", "P0", mayAsk, mayDo)
	one := s.mustWish(rita, request.Add, "Press", "P0").Items[0].ID
	two := s.mustWish(alice, request.Add, "Press", "P1").Items[0].ID
	decide := `insert into request_decision (step_id, item_id, decision, decider, decider_user_id, requester, requester_user_id, requester_id, beneficiary_id, at)
		select s.id, s.item_id, 'APPROVE', %s, null, %s, null, null, %s, now() from request_step s join request_item i on i.id = s.item_id join request q on q.id = i.request_id where s.item_id = %d and s.level = %d`
	for name, sql := range map[string]string{
		"who asked":                   fmt.Sprintf(decide, "'rita'", "q.requester", "i.beneficiary_id", one, 1),
		"who asked, said otherwise":   fmt.Sprintf(decide, "'rita'", "'nobody'", "i.beneficiary_id", one, 1),
		"who gets it":                 fmt.Sprintf(decide, "'alice'", "q.requester", "i.beneficiary_id", one, 1),
		"who gets it, said otherwise": fmt.Sprintf(decide, "'alice'", "q.requester", "1", one, 1),
		"who asked by record":         fmt.Sprintf(decide, "'alice'", "'nobody'", "i.beneficiary_id", two, 1),
		"a step that does not wait":   fmt.Sprintf(decide, "'rob'", "q.requester", "i.beneficiary_id", one, 2),
		"a step of another item":      fmt.Sprintf(strings.Replace(decide, "s.item_id, 'APPROVE'", fmt.Sprint(two)+", 'APPROVE'", 1), "'rob'", "q.requester", "i.beneficiary_id", one, 1),
		"a step without decision":     fmt.Sprintf(`update request_step set state = 'APPROVED', closed_at = now() where item_id = %d and level = 1`, one),
		"an item without approvals":   fmt.Sprintf(`update request_item set state = 'APPROVED', approved_at = now() where id = %d`, one),
		"the same wish twice":         fmt.Sprintf(`insert into request_item (request_id, position, action, role_id, role_kind, role, object_name, beneficiary_id, state, submitted_at) select request_id, 7, 'ALLOW', role_id, role_kind, role, object_name, beneficiary_id, 'IN_APPROVAL', now() from request_item where id = %d`, one),
		"a move that there is not":    fmt.Sprintf(`update request_item set state = 'FULFILLED', closed_at = now(), approved_at = now() where id = %d`, one),
		"a line of history outside":   fmt.Sprintf(`insert into request_history (request_id, item_id, machine, at, actor, action, from_state, to_state) values (1, %d, 'request_item', now(), 'x', 'x', 'DECLINED', 'FULFILLED')`, one),
		"another beneficiary":         fmt.Sprintf(`update request_item set beneficiary_id = %d where id = %d`, s.personID("P1"), one),
		"another requester":           `update request set requester = 'nobody' where number = 'RQ-1'`,
		"given without approval":      fmt.Sprintf(`update assigned_role a set workflow_state = 10, pending_state = 10 from request_item i where i.assigned_role_id = a.id and i.id = %d; update assigned_role a set workflow_state = 16, pending_state = null, pending_action = null from request_item i where i.assigned_role_id = a.id and i.id = %d`, one, one),
	} {
		_, err := s.DB.ExecContext(s.ctx, sql)
		require.Error(t, err, name)
		t.Logf("%s: %v", name, err)
	}
	require.Empty(t, s.answer(rob, request.ApproveStep, "RQ-1"))
	for name, sql := range map[string]string{
		"another decision": `update request_decision set decision = 'DECLINE'`,
		"another decider":  `update request_decision set decider = 'mia'`,
		"no decision":      `delete from request_decision`,
	} {
		_, err := s.DB.ExecContext(s.ctx, sql)
		require.Error(t, err, name)
	}
	s.exec(`delete from assigned_profile where user_id = (select id from local_user where username = 'rob')`)
	s.exec(`delete from local_user where username = 'rob'`)
}

// TestApprovedOrTakenBack: scenario 15. Approving and taking back at once end in one of the two.
func TestApprovedOrTakenBack(t *testing.T) {
	t.Parallel()
	s := mustAsk(t, 1, "")
	rita, rob := s.account("rita", mayAsk), s.account("rob", mayDo)
	for range 30 {
		r := s.mustWish(rita, request.Add, "Press", "P0")
		x := r.Items[0]
		var wg sync.WaitGroup
		wg.Go(func() {
			_, _ = s.Requests.Review(rob, request.ReviewRequestItemsInput{StepIDs: []int64{*x.StepID}, Decision: new(request.ApproveStep)})
		})
		wg.Go(func() { _, _ = s.Requests.Withdraw(rita, request.CancelRequestInput{ItemIDs: []int64{x.ID}}) })
		wg.Wait()
		got, err := s.Requests.GetItem(rita, x.ID)
		require.NoError(t, err)
		require.Contains(t, []request.RequestState{request.Approved, request.Withdrawn}, got.State)
		if got.State == request.Approved {
			s.compute()
			s.exec(`update assigned_role set end_date = now() where id = (select assigned_role_id from request_item where id = ?)`, x.ID)
			require.NoError(t, assignment.MarkDirty(s.ctx, s.DB, "test", s.personID("P0")))
			s.later(time.Minute)
			s.around()
		}
	}
	require.True(t, slices.Contains([]int64{30}, s.number(`select count(*) from request_item where state in ('APPROVED', 'FULFILLED', 'WITHDRAWN', 'EXPIRED')`)))
}
