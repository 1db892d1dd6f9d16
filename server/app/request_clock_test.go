package app

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/order"
	"writ/server/page"
	"writ/server/request"
)

const mayOversee = "/Custom/Workflows/Supervise/Person"

// day lets days pass, one after the other, and does each time what time alone does.
func (s *small) day(n int) {
	s.t.Helper()
	for range n {
		s.later(24 * time.Hour)
		s.due()
		require.NoError(s.t, s.Requests.Sweep(s.ctx))
	}
}

// reachable gives accounts an address.
func (s *small) reachable(usernames ...string) {
	s.t.Helper()
	for _, u := range usernames {
		s.exec(`update local_user set email = username || '@x.org' where username = ?`, u)
	}
}

// letters lists the mails about requests: what, to whom.
func (s *small) letters() []string {
	s.t.Helper()
	s.later(time.Minute + time.Second)
	require.NoError(s.t, s.Requests.Sweep(s.ctx))
	return s.list(s.DB, `select template || ' ' || split_part(recipient, '@', 1) from mail where template like 'Request%' order by id`)
}

// happened lists what happened to the steps of a request, without what moved them.
func (s *small) happened(number string) []string {
	s.t.Helper()
	return s.list(s.DB, `select h.action || ' by ' || h.actor from request_history h join request q on q.id = h.request_id where q.number = ? and h.action in ('remind', 'escalate', 'expire') and h.machine = 'request_step' order by h.id`, number)
}

// TestClocksOfARequest: scenario 38. Days pass and nobody acts: one reminder, a last one before it is late, others asked besides, warnings, the end; the server
// was away for some of them. What is taken back is left alone.
func TestClocksOfARequest(t *testing.T) {
	t.Parallel()
	t.Run("DayByDay", func(t *testing.T) {
		t.Parallel()
		s := mustAsk(t, 1, "")
		rita := s.account("rita", mayAsk)
		s.account("rob", mayDo)
		sue := s.account("sue", mayOversee)
		s.reachable("rita", "rob", "sue")
		r := s.mustWish(rita, request.Add, "Press", "P0")
		s.day(1)
		require.Empty(t, s.letters())
		s.day(1)
		require.Equal(t, []string{"remind by test"}, s.happened(r.Number))
		require.Equal(t, []string{"RequestReminder rob"}, s.letters())
		s.day(2)
		require.Equal(t, []string{"remind by test", "remind by test"}, s.happened(r.Number), "a day before it is due")
		require.Equal(t, "FORBIDDEN", s.answerOr(sue, r.Number), "she is not asked yet")
		late := request.RequestFilter{Late: new(true)}
		list, err := s.Requests.Items(s.account("ria", mayDo), page.Args{First: 10}, &late, nil, nil, true)
		require.NoError(t, err)
		require.Empty(t, list.Nodes())
		s.exec(`update local_user set is_disabled = true where username = 'ria'`)
		s.day(1)
		require.Equal(t, []string{"remind by test", "remind by test", "escalate by test"}, s.happened(r.Number))
		require.Equal(t, []string{"RequestReminder rob", "RequestReminder rob", "RequestEscalated sue", "RequestEscalated rob"}, s.letters())
		list, err = s.Requests.Items(sue, page.Args{First: 10}, &late, nil, nil, true)
		require.NoError(t, err)
		require.Len(t, list.Nodes(), 1)
		require.True(t, list.Nodes()[0].IsLate && list.Nodes()[0].CanDecide, "she may decide by now")
		require.Equal(t, []string{"1 OPEN"}, s.steps(r.Number), "nothing is decided by time")
		s.day(40)
		require.Equal(t, []string{"remind by test", "remind by test", "escalate by test", "escalate by test", "escalate by test"}, s.happened(r.Number), "three times, and no more")
		s.day(20)
		require.Equal(t, []string{"RQ-1 ADD EXPIRED 1/1 not_decided row 17 over"}, s.wishes())
		mails := s.letters()
		for _, who := range []string{"rita", "rob", "sue"} {
			require.Equal(t, 2, count(mails, "RequestExpiring "+who), "%v", mails)
			require.Equal(t, 1, count(mails, "RequestExpired "+who), "%v", mails)
		}
		s.settled()
	})
	t.Run("Away", func(t *testing.T) {
		t.Parallel()
		s := mustAsk(t, 1, "")
		rita := s.account("rita", mayAsk)
		s.account("rob", mayDo)
		s.account("sue", mayOversee)
		s.reachable("rita", "rob", "sue")
		r := s.mustWish(rita, request.Add, "Press", "P0")
		s.later(30 * 24 * time.Hour)
		var all sync.WaitGroup
		for range 8 { // several processes
			all.Go(func() { _ = s.Requests.Sweep(s.ctx) })
		}
		all.Wait()
		require.NoError(t, s.Requests.Sweep(s.ctx))
		require.Equal(t, []string{"remind by test", "escalate by test"}, s.happened(r.Number))
		require.ElementsMatch(t, []string{"RequestReminder rob", "RequestEscalated sue", "RequestEscalated rob"}, s.letters())
		require.EqualValues(t, 1, s.number(`select count(*) from event where kind = 'request.step_changed' and data ->> 'action' = 'escalate'`))
		require.EqualValues(t, 0, s.number(`select count(*) from event where data ->> 'action' = 'remind'`), "it changes nobody's duty")
	})
	t.Run("TakenBack", func(t *testing.T) {
		t.Parallel()
		s := mustAsk(t, 1, "")
		rita := s.account("rita", mayAsk)
		s.account("rob", mayDo)
		s.reachable("rita", "rob")
		r := s.mustWish(rita, request.Add, "Press", "P0")
		s.day(2)
		s.later(-time.Second)
		_, err := s.Requests.Withdraw(rita, request.CancelRequestInput{RequestID: &r.ID})
		require.NoError(t, err)
		s.day(70)
		require.Equal(t, []string{"remind by test"}, s.happened(r.Number))
		require.Empty(t, s.letters(), "what is over is left out of the mail")
		require.EqualValues(t, 0, s.number(`select count(*) from request_notice`))
	})
	t.Run("ToTheManager", func(t *testing.T) {
		t.Parallel()
		s := mustSmall(t, smallOptions{edit: edits("      - { identifier: Team, column: Team }", "      - { identifier: Team, column: Team }\n      - { identifier: Boss, column: Team, target: Person, reverse: Reports }", "{ property: Dept, binding: Team }", "{ property: Dept, binding: Number }",
			"singleRoles:\n  - { identifier: Staff, displayName: Staff, entityType: Person, rules: [{}] }", asking(1, ""))})
		s.people(ann, "P1,2,Bob,Ray,bray,P0", "P2,3,Cid,Roy,croy,P1")
		s.around()
		rita := s.account("rita", mayAsk)
		bobby, alice := s.linked("bobby", "P1", mayDo), s.linked("alice", "P0")
		s.account("sue", mayOversee)
		s.exec(`insert into access_rule (identifier, display_name, profile_id, entity_type) select 'reports', 'reports', min(id), 'Person' from profile`)
		s.exec(`insert into access_filter (rule_id, binding, is_current_user) select id, 'Boss', true from access_rule where identifier = 'reports'`)
		r := s.mustWish(rita, request.Add, "Press", "P2")
		require.Equal(t, []string{"1 OPEN"}, s.steps(r.Number))
		require.Equal(t, "NOT_FOUND", s.answer(alice, request.ApproveStep, r.Number))
		s.day(5)
		require.Equal(t, []string{"Asked besides: alice."}, s.list(s.DB, `select comment from request_history where action = 'escalate'`))
		x, err := s.Requests.GetItem(bobby, r.Items[0].ID)
		require.NoError(t, err)
		require.Equal(t, []string{"alice", "bobby"}, x.Steps[0].Candidates, "who was asked stays so")
		s.day(5)
		require.Equal(t, []string{"Asked besides: alice.", "Asked besides: sue."}, s.list(s.DB, `select comment from request_history where action = 'escalate' order by id`))
		s.exec(`update local_user set is_disabled = true where username = 'sue'`)
		x, err = s.Requests.GetItem(bobby, r.Items[0].ID)
		require.NoError(t, err)
		require.Equal(t, []string{"alice", "bobby"}, x.Steps[0].Candidates)
		require.Empty(t, s.answer(alice, request.ApproveStep, r.Number))
		require.Equal(t, "ALREADY_DONE", s.answer(bobby, request.ApproveStep, r.Number))
		s.around()
		s.settled()
	})
	t.Run("StuckFindsSupervisors", func(t *testing.T) {
		t.Parallel()
		s := mustAsk(t, 1, "")
		rita := s.account("rita", mayAsk)
		sue := s.account("sue", mayOversee)
		r := s.mustWish(rita, request.Add, "Press", "P0")
		require.Equal(t, []string{"1 STUCK"}, s.steps(r.Number))
		s.day(5)
		require.Equal(t, []string{"1 OPEN"}, s.steps(r.Number))
		require.Empty(t, s.answer(sue, request.ApproveStep, r.Number))
		s.around()
		s.settled()
	})
	t.Run("NeverToWhoAskedOrGetsIt", func(t *testing.T) {
		t.Parallel()
		s := mustAsk(t, 1, "")
		alice, sue := s.linked("alice", "P0", mayAsk, mayOversee), s.account("sue", mayAsk, mayOversee)
		s.account("rob", mayDo)
		r := s.mustWish(sue, request.Add, "Press", "P0")
		s.day(20)
		require.EqualValues(t, 0, s.number(`select count(*) from request_handed`))
		s.refused(s.again(alice), r.Number)
		s.refused(s.again(sue), r.Number)
		s.exec(`insert into request_handed (step_id, user_id, source, since) select s.id, u.id, 'ESCALATION', now() from request_step s, local_user u where u.username in ('alice', 'sue')`)
		s.refused(s.again(alice), r.Number)
		s.refused(s.again(sue), r.Number)
	})
}

func count(list []string, x string) (n int) {
	for _, y := range list {
		if x == y {
			n++
		}
	}
	return n
}

// answerOr is the code of an approval that is not asked for; NOT_FOUND and FORBIDDEN are the same here.
func (s *small) answerOr(ctx context.Context, number string) string {
	return strings.ReplaceAll(s.answer(ctx, request.ApproveStep, number), "NOT_FOUND", "FORBIDDEN")
}

// TestRemindingByHand: requests 9.3. Who asked, whom it is about, and who supervises reminds, once a day.
func TestRemindingByHand(t *testing.T) {
	t.Parallel()
	s := mustAsk(t, 1, "")
	rita, alice, sue, mo := s.account("rita", mayAsk), s.linked("alice", "P0"), s.account("sue", mayOversee), s.account("mo", mayDo)
	s.account("rob", mayDo)
	s.reachable("rita", "rob", "sue", "mo")
	r := s.mustWish(rita, request.Add, "Press", "P0")
	st := s.number(`select id from request_step`)
	remind := func(ctx context.Context) string {
		p, err := s.Requests.Remind(ctx, request.RequestStepsInput{StepIDs: []int64{st}})
		require.NoError(t, err)
		if e := p.Results[0].Error; e != nil {
			return e.Code
		}
		return ""
	}
	can := func(ctx context.Context) bool {
		x, err := s.Requests.GetItem(ctx, r.Items[0].ID)
		require.NoError(t, err)
		return x.CanRemind
	}
	require.False(t, can(mo))
	require.Equal(t, "FORBIDDEN", remind(mo))
	require.Equal(t, "NOT_FOUND", remind(s.account("nobody")))
	version := s.number(`select version from request_step`)
	require.True(t, can(alice) && can(rita) && can(sue))
	require.Empty(t, remind(alice))
	require.Equal(t, version, s.number(`select version from request_step`), "whoever looks at it decides all the same")
	require.False(t, can(rita))
	require.Equal(t, "CONFLICT", remind(rita))
	s.later(25 * time.Hour)
	var all sync.WaitGroup
	codes := make([]*order.ItemError, 6)
	for i := range codes {
		all.Go(func() {
			p, err := s.Requests.Remind(rita, request.RequestStepsInput{StepIDs: []int64{st}})
			if err == nil {
				codes[i] = p.Results[0].Error
			}
		})
	}
	all.Wait()
	require.Len(t, slices.DeleteFunc(codes, func(e *order.ItemError) bool { return e != nil }), 1, "once")
	require.Equal(t, []string{"RequestReminder mo", "RequestReminder rob"}, s.letters())
}
