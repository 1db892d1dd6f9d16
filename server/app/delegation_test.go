package app

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/delegation"
	"writ/server/errs"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/request"
)

const (
	maySelf = "/Custom/Delegations/Person/Self"
	mayRead = "/Custom/Resources/Person/View"
)

// now gives the context of an account with its rights of this moment, those that it has as a deputy among them.
func (s *small) now(ctx context.Context) context.Context {
	s.t.Helper()
	ctx = s.again(ctx)
	a := *permit.From(ctx)
	acts, err := delegation.Of(s.ctx, s.DB, a.UserID, true, s.Clock.Now())
	require.NoError(s.t, err)
	a.Deputyships = acts
	return permit.With(s.ctx, &a)
}

func userID(ctx context.Context) int64 { return permit.From(ctx).UserID }

// until is an end some days from now.
func (s *small) until(days int) *time.Time { return new(s.Clock.Now().AddDate(0, 0, days)) }

// lets makes one account the deputy of another, for two days.
func (s *small) lets(delegator, deputy context.Context, more ...func(in *delegation.CreateDelegationInput)) *delegation.Delegation {
	s.t.Helper()
	d, err := s.tries(delegator, deputy, more...)
	require.NoError(s.t, err)
	return d
}

func (s *small) tries(delegator, deputy context.Context, more ...func(in *delegation.CreateDelegationInput)) (*delegation.Delegation, error) {
	s.t.Helper()
	in := delegation.CreateDelegationInput{DeputyID: userID(deputy), Kinds: []delegation.DelegationKind{delegation.Approvals}, EndDate: s.until(2), Reason: new("on holiday")}
	for _, m := range more {
		m(&in)
	}
	p, err := s.Delegations.Create(delegator, in)
	if err != nil {
		return nil, err
	}
	return p.Delegation, nil
}

func ofRoles(roles ...string) func(in *delegation.CreateDelegationInput) {
	return func(in *delegation.CreateDelegationInput) { in.Scope = &permit.DeputyScope{Roles: roles} }
}

// toDecide lists the numbers of the requests that the caller may decide on, with for whom.
func (s *small) toDecide(ctx context.Context) (list []string) {
	s.t.Helper()
	yes := true
	c, err := s.Requests.Items(ctx, page.Args{First: 50}, &request.RequestFilter{ToDecideByMe: &yes}, nil, nil, true)
	require.NoError(s.t, err)
	for _, i := range c.Nodes() {
		require.True(s.t, i.CanDecide)
		text := i.RequestNumber
		for _, f := range i.DecideFor {
			text += " for " + f.Name
		}
		list = append(list, text)
	}
	return list
}

func (s *small) decidedBy() []string {
	s.t.Helper()
	return s.list(s.DB, `select concat_ws(' ', q.number, d.decision, d.decider, 'for ' || d.for_account) from request_decision d join request_item i on i.id = d.item_id join request q on q.id = i.request_id order by d.step_id`)
}

func (s *small) delegations() []string {
	s.t.Helper()
	return s.list(s.DB, `select concat_ws(' ', delegator, '>', deputy, state) from delegation order by id`)
}

func (s *small) actsOf(ctx context.Context, id int64) (list []string) {
	s.t.Helper()
	c, err := s.Delegations.ActsOf(ctx, id, page.Args{First: 50}, nil, true)
	require.NoError(s.t, err)
	for _, a := range c.Nodes() {
		list = append(list, fmt.Sprintf("%s %s %s %s", a.DeputyName, a.Action, *a.Number, *a.About))
	}
	return list
}

// code is the kind of an expected failure.
func code(err error) string {
	if e := errs.As(err); e != nil {
		return string(e.Kind)
	}
	return fmt.Sprint(err)
}

// TestDelegation: the table of requests 10.2, one case for each rule.
func TestDelegation(t *testing.T) {
	t.Parallel()
	type people struct{ max, bo, alice context.Context }
	begin := func(t *testing.T) (*small, people) {
		s := mustAsk(t, 1, "")
		return s, people{max: s.account("max", mayDo, maySelf, mayRead), bo: s.account("bo"), alice: s.linked("alice", "P0", mayAsk)}
	}
	t.Run("1RightsOfNow", func(t *testing.T) {
		t.Parallel()
		s, p := begin(t)
		first, second := s.mustWish(p.alice, request.Add, "Press", "P0"), s.account("rita", mayAsk)
		require.Empty(t, s.toDecide(s.now(p.bo)))
		s.lets(p.max, p.bo)
		bo := s.now(p.bo)
		require.Equal(t, []string{"RQ-1 for max"}, s.toDecide(bo))
		require.Empty(t, s.answer(bo, request.ApproveStep, first.Number))
		require.Equal(t, []string{"RQ-1 APPROVE bo for max"}, s.decidedBy())
		r := s.mustWish(second, request.Add, "Press", "P1")
		s.exec(`delete from assigned_profile where user_id = ?`, userID(p.max))
		require.Equal(t, "FORBIDDEN", s.answer(bo, request.ApproveStep, r.Number), "the page was open when he lost his profile")
		bo = s.now(p.bo)
		require.Empty(t, s.toDecide(bo))
		require.Equal(t, "NOT_FOUND", s.answer(bo, request.ApproveStep, r.Number))
	})
	t.Run("1FilterOnHimself", func(t *testing.T) { // what is narrowed to the delegator is narrowed to him, not to the deputy
		t.Parallel()
		s, p := begin(t)
		ann := s.linked("ann", "P0", maySelf, mayRead)
		s.exec(`insert into access_rule (identifier, display_name, profile_id, entity_type) select 'own', 'own', id, 'Person' from profile where identifier = 'ann'`)
		s.exec(`insert into access_entry (rule_id, permission, can_execute) select id, ?, true from access_rule where identifier = 'own'`, mayDo)
		s.exec(`insert into access_filter (rule_id, binding, is_current_user) select id, 'Id', true from access_rule where identifier = 'own'`)
		ann = s.again(ann)
		bob := s.linked("bob", "P1")
		s.lets(ann, bob)
		rita := s.account("rita", mayAsk)
		r := s.mustWish(rita, request.Add, "Press", "P0", "P1")
		require.Len(t, r.Items, 2)
		c, err := s.Requests.Items(s.now(bob), page.Args{First: 50}, nil, nil, nil, true)
		require.NoError(t, err)
		var seen []string
		for _, i := range c.Nodes() {
			require.False(t, i.CanDecide, "Ann may not decide about herself, nor Bob for her")
			seen = append(seen, i.Owner.Key)
		}
		require.ElementsMatch(t, []string{"P0", "P1"}, seen, "Bob sees what is about himself, and what Ann sees of others")
		_ = p
	})
	t.Run("2NotTransitive", func(t *testing.T) {
		t.Parallel()
		s, p := begin(t)
		ana := s.account("ana")
		s.lets(p.max, p.bo)
		s.exec(`insert into access_entry (rule_id, permission, can_execute) select id, ?, true from access_rule where identifier = 'bo'`, maySelf)
		_, err := s.tries(s.now(p.bo), ana)
		require.Equal(t, "CONFLICT", code(err), "he has nothing of his own to give")
		s.exec(`insert into access_entry (rule_id, permission, can_execute) select id, ?, true from access_rule where identifier = 'bo'`, mayDo+"/ReviewRoles/Person")
		s.lets(s.now(p.bo), ana)
		s.exec(`delete from access_entry where permission = ?`, mayDo+"/ReviewRoles/Person")
		r := s.mustWish(p.alice, request.Add, "Press", "P0")
		require.Empty(t, s.toDecide(s.now(ana)))
		require.Equal(t, "NOT_FOUND", s.answer(s.now(ana), request.ApproveStep, r.Number))
		require.Empty(t, s.answer(s.now(p.bo), request.ApproveStep, r.Number))
	})
	t.Run("3NothingElse", func(t *testing.T) {
		t.Parallel()
		s, p := begin(t)
		s.lets(p.max, p.bo)
		bo := s.now(p.bo)
		require.Empty(t, permit.From(bo).Grants, "no right by itself")
		require.False(t, permit.May(bo, permit.For(permit.ReviewRoles, "Person"), permit.For(permit.ReviewProvisioning, "Person"), permit.OrderQuery, permit.RoleModelQuery))
		require.EqualValues(t, 0, s.number(`select count(*) from assigned_profile where user_id = ? and profile_id in (select id from profile where identifier = 'max')`, userID(bo)))
		as := permit.As(bo, permit.From(bo).Deputyships[0], permit.DeputyApprovals)
		require.False(t, permit.May(as, permit.For(permit.ReviewProvisioning, "Person"), permit.For(permit.MassReviewRoles, "Person"), permit.DelegateSelf("Person")))
		require.True(t, permit.May(as, permit.For(permit.ReviewRoles, "Person")))
	})
	t.Run("4BothInHistoryAndBothDistinct", func(t *testing.T) {
		t.Parallel()
		s := mustAsk(t, 2, "")
		max, bo, alice, ana := s.account("max", mayDo, maySelf), s.account("bo"), s.linked("alice", "P0", mayAsk), s.account("ana", mayDo, maySelf)
		d := s.lets(max, bo)
		r := s.mustWish(alice, request.Add, "Press", "P0")
		require.Empty(t, s.answer(s.now(bo), request.ApproveStep, r.Number))
		require.Equal(t, []string{"bo approve RQ-1 Press"}, s.actsOf(max, d.ID))
		require.Equal(t, []string{"bo approve RQ-1 Press"}, s.actsOf(bo, d.ID))
		require.Equal(t, []string{"approve bo for max", "approve bo for max", "open bo for max"}, s.list(s.DB, `select concat_ws(' ', action, actor, 'for ' || for_account) from request_history where actor = 'bo' order by action, id`))
		require.EqualValues(t, 3, s.number(`select count(*) from event where actor = 'bo' and data ->> 'for' = 'max'`))
		got, err := s.Requests.Get(alice, &r.ID, nil)
		require.NoError(t, err)
		require.Equal(t, "max", *got.Items[0].Steps[0].DecidedFor)
		require.Equal(t, "FORBIDDEN", s.answer(max, request.ApproveStep, r.Number), "for him it was decided already")
		require.Equal(t, "FORBIDDEN", s.answer(s.now(bo), request.ApproveStep, r.Number), "he decided already")
		s.lets(ana, bo)
		require.Equal(t, "FORBIDDEN", s.answer(s.now(bo), request.ApproveStep, r.Number), "nor for another one")
		require.Empty(t, s.toDecide(max))
		require.Empty(t, s.toDecide(s.now(bo)))
		require.Empty(t, s.answer(ana, request.ApproveStep, r.Number))
	})
	t.Run("4DistinctBackwards", func(t *testing.T) { // scenario 13: who decided himself decides no other level for somebody
		t.Parallel()
		s := mustAsk(t, 2, "")
		ana, bo, alice := s.account("ana", mayDo, maySelf), s.account("bo", mayDo, maySelf), s.linked("alice", "P0", mayAsk)
		s.lets(bo, ana)
		r := s.mustWish(alice, request.Add, "Press", "P0")
		require.Empty(t, s.answer(s.now(ana), request.ApproveStep, r.Number))
		require.Equal(t, []string{"RQ-1 APPROVE ana"}, s.decidedBy(), "by his own right first")
		require.Equal(t, "FORBIDDEN", s.answer(s.now(ana), request.ApproveStep, r.Number))
		p, err := s.Requests.Review(s.now(ana), request.ReviewRequestItemsInput{StepIDs: []int64{s.number(`select id from request_step where state = 'OPEN'`)}, Decision: new(request.ApproveStep), Comment: new("x"), ForDelegatorID: new(userID(bo))})
		require.NoError(t, err)
		require.Equal(t, "FORBIDDEN", p.Results[0].Error.Code)
		require.Empty(t, s.answer(bo, request.ApproveStep, r.Number))
		require.Equal(t, []string{"RQ-1 ADD APPROVED 2/2 row 16"}, s.wishes())
	})
	t.Run("5Refused", func(t *testing.T) {
		t.Parallel()
		s, p := begin(t)
		d := s.lets(p.max, p.bo)
		_, err := s.Delegations.Refuse(p.max, delegation.EndDelegationInput{ID: d.ID})
		require.Equal(t, "FORBIDDEN", code(err))
		bo := s.now(p.bo)
		_, err = s.Delegations.Refuse(bo, delegation.EndDelegationInput{ID: d.ID, Comment: new("no time")})
		require.NoError(t, err)
		require.Equal(t, []string{"max > bo REFUSED"}, s.delegations())
		r := s.mustWish(p.alice, request.Add, "Press", "P0")
		require.Equal(t, "FORBIDDEN", s.answer(bo, request.ApproveStep, r.Number))
		got, err := s.Delegations.Get(p.max, d.ID)
		require.NoError(t, err)
		require.Equal(t, "no time", got.History[1].Comment)
		require.Empty(t, got.Can)
	})
	t.Run("6OpenStepsFromTheFirstMoment", func(t *testing.T) {
		t.Parallel()
		s, p := begin(t)
		r := s.mustWish(p.alice, request.Add, "Press", "P0")
		d := s.lets(p.max, p.bo, func(in *delegation.CreateDelegationInput) { in.StartDate, in.EndDate = s.until(1), s.until(3) })
		require.Equal(t, delegation.Planned, d.State)
		require.Empty(t, s.toDecide(s.now(p.bo)))
		s.later(24 * time.Hour)
		require.Equal(t, []string{"RQ-1 for max"}, s.toDecide(s.now(p.bo)), "the dates say it, whether the clock has told or not")
		require.NoError(t, s.Delegations.Sweep(s.ctx))
		require.Equal(t, []string{"max > bo ACTIVE"}, s.delegations())
		require.Empty(t, s.answer(s.now(p.bo), request.DeclineStep, r.Number))
		require.Equal(t, []string{"bo decline RQ-1 Press"}, s.actsOf(p.max, d.ID))
	})
	t.Run("7FirstDecisionWins", func(t *testing.T) {
		t.Parallel()
		s, p := begin(t)
		s.lets(p.max, p.bo)
		r := s.mustWish(p.alice, request.Add, "Press", "P0")
		bo := s.now(p.bo)
		codes := make([]string, 20)
		var all sync.WaitGroup
		id := s.number(`select id from request_step`)
		for i := range codes {
			all.Go(func() {
				who := bo
				if i%2 == 0 {
					who = p.max
				}
				x, err := s.Requests.Review(who, request.ReviewRequestItemsInput{StepIDs: []int64{id}, Decision: new(request.ApproveStep), Comment: new("x")})
				if err == nil && x.Results[0].Error != nil {
					codes[i] = x.Results[0].Error.Code
				} else if err != nil {
					codes[i] = err.Error()
				}
			})
		}
		all.Wait()
		for _, c := range codes {
			require.Contains(t, []string{"", "ALREADY_DONE"}, c)
		}
		require.Len(t, s.decidedBy(), 1)
		require.LessOrEqual(t, s.number(`select count(*) from delegation_act`), int64(1))
		require.EqualValues(t, 1, s.number(`select count(*) from event where kind = 'request.changed' and data ->> 'action' = 'approve_last'`))
		_ = r
	})
	t.Run("8OverlappingAddUp", func(t *testing.T) {
		t.Parallel()
		s, p := begin(t)
		ana := s.account("ana")
		s.rules(`singleRoles: [{ identifier: Radio, displayName: Radio, entityType: Person, approvalWorkflowType: 1 }]`)
		s.lets(p.max, p.bo, ofRoles("Press"))
		s.lets(p.max, p.bo, ofRoles("Radio"))
		s.lets(p.max, ana)
		s.mustWish(p.alice, request.Add, "Press", "P0")
		s.mustWish(p.alice, request.Add, "Radio", "P0")
		for _, who := range []context.Context{p.bo, ana} {
			require.ElementsMatch(t, []string{"RQ-1 for max", "RQ-2 for max"}, s.toDecide(s.now(who)))
		}
		require.Empty(t, s.answer(s.now(p.bo), request.ApproveStep, "RQ-1"))
		require.Empty(t, s.answer(s.now(ana), request.ApproveStep, "RQ-2"))
	})
	t.Run("8ForWhom", func(t *testing.T) {
		t.Parallel()
		s, p := begin(t)
		mia := s.account("mia", mayDo, maySelf)
		s.lets(p.max, p.bo)
		s.lets(mia, p.bo)
		r := s.mustWish(p.alice, request.Add, "Press", "P0")
		require.Equal(t, []string{"RQ-1 for max for mia"}, s.toDecide(s.now(p.bo)))
		require.Equal(t, "VALIDATION", s.answer(s.now(p.bo), request.ApproveStep, r.Number))
		x, err := s.Requests.Review(s.now(p.bo), request.ReviewRequestItemsInput{StepIDs: []int64{s.number(`select id from request_step`)}, Decision: new(request.ApproveStep), Comment: new("x"), ForDelegatorID: new(userID(mia))})
		require.NoError(t, err)
		require.Nil(t, x.Results[0].Error)
		require.Equal(t, []string{"RQ-1 APPROVE bo for mia"}, s.decidedBy())
	})
	t.Run("9CirclesAreHarmless", func(t *testing.T) {
		t.Parallel()
		s, p := begin(t)
		ana := s.linked("ana", "P1", mayAsk, mayDo, maySelf)
		s.lets(p.max, ana)
		s.lets(ana, p.max)
		r := s.mustWish(ana, request.Add, "Press", "P1")
		require.Empty(t, s.toDecide(s.now(ana)), "not for herself, and not for Max, who could")
		require.Equal(t, "FORBIDDEN", s.answer(s.now(ana), request.ApproveStep, r.Number))
		x, err := s.Requests.Review(s.now(p.max), request.ReviewRequestItemsInput{StepIDs: []int64{s.number(`select id from request_step`)}, Decision: new(request.ApproveStep), Comment: new("x"), ForDelegatorID: new(userID(ana))})
		require.NoError(t, err)
		require.Equal(t, "FORBIDDEN", x.Results[0].Error.Code, "acts_for_excluded: Ana asked")
		require.Empty(t, s.answer(s.now(p.max), request.ApproveStep, r.Number), "by his own right, though he is her deputy")
		require.Equal(t, []string{"RQ-1 APPROVE max"}, s.decidedBy())
	})
	t.Run("10Leaves", func(t *testing.T) {
		t.Parallel()
		for _, way := range []string{"disabled", "left", "gone"} {
			for _, who := range []string{"max", "bo"} {
				t.Run(way+" "+who, func(t *testing.T) {
					t.Parallel()
					s := mustAsk(t, 1, "")
					max, bo, rita := s.linked("max", "P0", mayDo, maySelf, mayRead), s.linked("bo", "P1"), s.account("rita", mayAsk)
					d := s.lets(max, bo)
					s.people(ann, bob, "P2,3,Cleo,Kim,ckim,A")
					s.around()
					r := s.mustWish(rita, request.Add, "Press", "P2")
					open := s.now(bo)
					require.Equal(t, []string{"RQ-1 for max"}, s.toDecide(open))
					switch way {
					case "disabled":
						s.exec(`update local_user set is_disabled = true where username = ?`, who)
					case "left":
						s.exec(`update owner_state set left_at = ? where owner_id = (select resource_id from local_user where username = ?)`, s.Clock.Now(), who)
						require.EqualValues(t, 1, s.number(`select count(*) from owner_state where left_at is not null`))
					case "gone":
						s.exec(`delete from local_user where username = ?`, who)
					}
					require.NotEmpty(t, s.answer(open, request.ApproveStep, r.Number))
					require.Empty(t, s.decidedBy())
					require.NoError(t, s.Delegations.Sweep(s.ctx))
					require.Equal(t, []string{"max > bo ENDED"}, s.delegations())
					require.EqualValues(t, 1, s.number(`select count(*) from event where kind = 'delegation.changed' and data ->> 'action' = 'end' and subject_id = ?`, d.ID))
				})
			}
		}
	})
	t.Run("11WhoSees", func(t *testing.T) {
		t.Parallel()
		s, p := begin(t)
		d := s.lets(p.max, p.bo)
		sue, stranger := s.account("sue", "/Custom/Delegations"), s.account("stranger", mayDo, maySelf)
		for _, who := range []context.Context{p.max, p.bo, sue} {
			_, err := s.Delegations.Get(who, d.ID)
			require.NoError(t, err)
			_, err = s.Delegations.ActsOf(who, d.ID, page.Args{First: 1}, nil, true)
			require.NoError(t, err)
		}
		for _, call := range []func(context.Context) error{
			func(ctx context.Context) error { _, err := s.Delegations.Get(ctx, d.ID); return err },
			func(ctx context.Context) error {
				_, err := s.Delegations.ActsOf(ctx, d.ID, page.Args{First: 1}, nil, true)
				return err
			},
			func(ctx context.Context) error {
				_, err := s.Delegations.Revoke(ctx, delegation.EndDelegationInput{ID: d.ID})
				return err
			},
			func(ctx context.Context) error {
				_, err := s.Delegations.Refuse(ctx, delegation.EndDelegationInput{ID: d.ID})
				return err
			},
			func(ctx context.Context) error {
				_, err := s.Delegations.Update(ctx, delegation.UpdateDelegationInput{ID: d.ID, EndDate: *s.until(1)})
				return err
			},
		} {
			require.Equal(t, "NOT_FOUND", code(call(stranger)))
			require.Equal(t, "UNAUTHENTICATED", code(call(permit.With(s.ctx, nil))))
		}
		c, err := s.Delegations.List(stranger, page.Args{First: 10}, nil, nil, true)
		require.NoError(t, err)
		require.Empty(t, c.Nodes())
		require.Zero(t, c.TotalCount)
		_, err = s.Delegations.Revoke(sue, delegation.EndDelegationInput{ID: d.ID, Comment: new("asked by phone")})
		require.NoError(t, err)
		require.Equal(t, []string{"max > bo REVOKED"}, s.delegations())
	})
	t.Run("12NeverCovered", func(t *testing.T) {
		t.Parallel()
		s, p := begin(t)
		root := s.account("root", mayDo, "/Custom/Delegations", "/Custom/Resources", "/AccessControl", "/Connectors", "/Settings", "/ProvisioningPolicy", "/Custom/Workflows")
		s.lets(root, p.bo)
		bo := s.now(p.bo)
		for kind, grants := range permit.From(bo).Deputyships[0].Rights {
			for _, g := range grants {
				require.Equal(t, permit.For(permit.ReviewRoles, g.Path[len(permit.ReviewRoles)+1:]), g.Path, kind)
			}
			as := permit.As(bo, permit.From(bo).Deputyships[0], kind)
			require.False(t, permit.May(as, permit.DelegateSelf("Person"), permit.DelegateManage("Person"), permit.AccessUpdate, permit.AccessQuery, permit.ConnectorUpdate, permit.RiskOverrideApproval, permit.RiskOverrideBlocking, permit.SettingsManage))
			require.Empty(t, permit.From(as).Deputyships)
		}
		_, err := s.tries(bo, p.max, func(in *delegation.CreateDelegationInput) { in.DelegatorID = new(userID(root)) })
		require.Equal(t, "NOT_FOUND", code(err))
		_, err = s.tries(bo, p.max)
		require.Equal(t, "FORBIDDEN", code(err))
	})
}

// TestDelegationScope: scenario 42. Inside of its scope, and of its time.
func TestDelegationScope(t *testing.T) {
	t.Parallel()
	s := mustAsk(t, 1, "")
	s.rules(`categories: [{ identifier: News, displayName: News }, { identifier: Media, displayName: Media, parent: News }, { identifier: Other, displayName: Other }]
singleRoles: [{ identifier: Radio, displayName: Radio, entityType: Person, approvalWorkflowType: 1 }, { identifier: Press, displayName: Press, entityType: Person, approvalWorkflowType: 1, category: Media }]`)
	max, bo, alice, bobby := s.account("max", mayDo, maySelf), s.account("bo"), s.linked("alice", "P0", mayAsk), s.linked("bobby", "P1", mayAsk)
	s.lets(max, bo, ofRoles("Press"))
	s.mustWish(alice, request.Add, "Press", "P0")
	s.mustWish(alice, request.Add, "Radio", "P0")
	require.Equal(t, []string{"RQ-1 for max"}, s.toDecide(s.now(bo)))
	require.Equal(t, "NOT_FOUND", s.answer(s.now(bo), request.ApproveStep, "RQ-2"), "outside: not there")
	require.Empty(t, s.answer(s.now(bo), request.ApproveStep, "RQ-1"))
	open := s.now(bo)
	s.mustWish(bobby, request.Add, "Press", "P1")
	s.later(48 * time.Hour)
	require.Equal(t, "FORBIDDEN", s.answer(open, request.ApproveStep, "RQ-3"), "two days are over, and the page is still open")
	require.NoError(t, s.Delegations.Sweep(s.ctx))
	require.Equal(t, []string{"max > bo ENDED"}, s.delegations())

	s.lets(max, bo, func(in *delegation.CreateDelegationInput) {
		in.Scope = &permit.DeputyScope{Categories: []string{"News"}}
	})
	require.Equal(t, []string{"RQ-3 for max"}, s.toDecide(s.now(bo)), "and what is below a category")
	s.lets(max, bo, func(in *delegation.CreateDelegationInput) {
		in.Scope = &permit.DeputyScope{Categories: []string{"Other"}}
	})
	require.Equal(t, []string{"RQ-3 for max"}, s.toDecide(s.now(bo)))
	require.Empty(t, s.answer(s.now(bo), request.ApproveStep, "RQ-3"), "of two delegations the one that covers it")
	require.EqualValues(t, 2, s.number(`select delegation_id from request_decision order by step_id desc limit 1`))
}

// TestDelegationInput: what a delegation may not be.
func TestDelegationInput(t *testing.T) {
	t.Parallel()
	s := mustAsk(t, 1, "")
	max, bo, nobody, sue := s.linked("max", "P0", mayDo, maySelf, mayRead), s.account("bo"), s.account("nobody", maySelf), s.account("sue", "/Custom/Delegations", "/Custom/Resources")
	clerk := s.account("clerk", mayDo+"/ReviewRoles/Person", maySelf)
	max2, hidden, off := s.linked("max2", "P0"), s.linked("hidden", "P1"), s.account("off")
	s.exec(`update local_user set is_disabled = true where username = 'off'`)
	past, later := s.Clock.Now().Add(-time.Hour), func(d time.Duration) *time.Time { return new(s.Clock.Now().Add(d)) }
	type in = delegation.CreateDelegationInput
	for _, c := range []struct {
		name      string
		delegator context.Context
		deputy    context.Context
		with      func(x *in)
		code      string
	}{
		{"oneself", max, max, nil, "VALIDATION"},
		{"one's other account", max, max2, nil, "VALIDATION"},
		{"whom one may not see", nobody, hidden, nil, "NOT_FOUND"},
		{"whom there is not", max, bo, func(x *in) { x.DeputyID = 1 << 60 }, "NOT_FOUND"},
		{"who cannot sign in", max, off, nil, "VALIDATION"},
		{"without the right", bo, max, nil, "FORBIDDEN"},
		{"for another one", max, bo, func(x *in) { x.DelegatorID = new(userID(sue)) }, "NOT_FOUND"},
		{"who has nothing to give", nobody, bo, nil, "CONFLICT"},
		{"nothing to give of this scope", clerk, bo, func(x *in) { x.Scope = &permit.DeputyScope{EntityTypes: []string{"Account"}} }, "CONFLICT"},
		{"no kind", max, bo, func(x *in) { x.Kinds = nil }, "VALIDATION"},
		{"a kind twice", max, bo, func(x *in) { x.Kinds = []delegation.DelegationKind{"APPROVALS", "APPROVALS"} }, "VALIDATION"},
		{"no such kind", max, bo, func(x *in) { x.Kinds = []delegation.DelegationKind{"WORKFLOWS"} }, "VALIDATION"},
		{"no such role", max, bo, ofRoles("Press", "Nope"), "VALIDATION"},
		{"no such entity type", max, bo, func(x *in) { x.Scope = &permit.DeputyScope{EntityTypes: []string{"Nope"}} }, "VALIDATION"},
		{"no end", max, bo, func(x *in) { x.EndDate = nil }, "VALIDATION"},
		{"over already", max, bo, func(x *in) { x.EndDate = &past }, "VALIDATION"},
		{"ends before it begins", max, bo, func(x *in) { x.StartDate, x.EndDate = later(48*time.Hour), later(47*time.Hour) }, "VALIDATION"},
		{"too long", max, bo, func(x *in) { x.EndDate = s.until(181) }, "VALIDATION"},
		{"far away", max, bo, func(x *in) { x.StartDate, x.EndDate = s.until(800), s.until(810) }, "VALIDATION"},
		{"a long reason", max, bo, func(x *in) { x.Reason = new(string(make([]rune, 2001))) }, "VALIDATION"},
		{"nobody signed in", permit.With(s.ctx, nil), bo, nil, "UNAUTHENTICATED"},
	} {
		var more []func(*in)
		if c.with != nil {
			more = append(more, c.with)
		}
		_, err := s.tries(c.delegator, c.deputy, more...)
		require.Equal(t, c.code, code(err), "%s: %v", c.name, err)
	}
	require.Empty(t, s.delegations())
	d := s.lets(max, bo, func(x *in) { x.EndDate, x.StartDate = s.until(180), &past })
	require.True(t, d.StartDate.After(past.Add(30*time.Minute)), "nothing begins in the past")
	d = s.lets(sue, bo, func(x *in) { x.DelegatorID, x.EndDate, x.Reason = new(userID(max)), nil, new("a\u202eb\x07\n") })
	require.Nil(t, d.EndDate, "who manages delegations may leave the end open")
	require.Equal(t, "ab", d.Reason)
	require.False(t, d.IsMine)
	require.Equal(t, []string{"revoke", "shorten"}, d.Can)

	_, err := s.Delegations.Update(bo, delegation.UpdateDelegationInput{ID: d.ID, EndDate: *s.until(3)})
	require.Equal(t, "FORBIDDEN", code(err))
	_, err = s.Delegations.Update(max, delegation.UpdateDelegationInput{ID: d.ID, EndDate: *s.until(3), Version: new(9)})
	require.Equal(t, "STALE_ITEM", code(err))
	p, err := s.Delegations.Update(max, delegation.UpdateDelegationInput{ID: d.ID, EndDate: *s.until(3), Version: new(1)})
	require.NoError(t, err)
	require.Equal(t, 2, p.Delegation.Version)
	_, err = s.Delegations.Update(max, delegation.UpdateDelegationInput{ID: d.ID, EndDate: *s.until(4)})
	require.Equal(t, "VALIDATION", code(err), "never wider")
	_, err = s.Delegations.Update(max, delegation.UpdateDelegationInput{ID: d.ID, EndDate: past})
	require.Equal(t, "VALIDATION", code(err))
	for range 2 {
		_, err = s.Delegations.Revoke(max, delegation.EndDelegationInput{ID: d.ID})
	}
	require.Equal(t, "INVALID_TRANSITION", code(err))
	_, err = s.Delegations.Update(max, delegation.UpdateDelegationInput{ID: d.ID, EndDate: *s.until(1)})
	require.Equal(t, "INVALID_TRANSITION", code(err))

	for range 49 {
		s.lets(max, bo)
	}
	_, err = s.tries(max, bo)
	require.Equal(t, "TOO_LARGE", code(err))
}

// TestDelegationRevokedMeanwhile: requests 18.2. Revoked while the deputy decides: one order or the other, both are told, and never a decision after it.
func TestDelegationRevokedMeanwhile(t *testing.T) {
	t.Parallel()
	s := mustAsk(t, 1, "")
	max, bo, alice := s.account("max", mayDo, maySelf), s.account("bo"), s.linked("alice", "P0", mayAsk)
	for range 10 {
		d := s.lets(max, bo)
		r := s.mustWish(alice, request.Add, "Press", "P0")
		open, id := s.now(bo), s.number(`select s.id from request_step s join request_item i on i.id = s.item_id where i.request_id = ?`, r.ID)
		var both sync.WaitGroup
		var refused *request.RequestItemsPayload
		var decideErr, revokeErr error
		both.Go(func() {
			refused, decideErr = s.Requests.Review(open, request.ReviewRequestItemsInput{StepIDs: []int64{id}, Decision: new(request.DeclineStep), Comment: new("x")})
		})
		both.Go(func() { _, revokeErr = s.Delegations.Revoke(max, delegation.EndDelegationInput{ID: d.ID}) })
		both.Wait()
		require.NoError(t, decideErr)
		require.NoError(t, revokeErr)
		decided := s.number(`select count(*) from request_decision where step_id = ?`, id)
		require.Equal(t, decided, s.number(`select count(*) from delegation_act where delegation_id = ?`, d.ID))
		require.Equal(t, decided == 1, refused.Results[0].Error == nil)
		if decided == 0 {
			require.Empty(t, s.answer(max, request.DeclineStep, r.Number))
		}
	}
}

// TestDelegationByHand: requests 18.3. What the database refuses, whoever writes it.
func TestDelegationByHand(t *testing.T) {
	t.Parallel()
	s := mustAsk(t, 1, "")
	max, bo, alice, ana := s.account("max", mayDo, maySelf), s.account("bo"), s.linked("alice", "P0", mayAsk, mayDo, maySelf), s.account("ana", mayDo, maySelf)
	d := s.lets(max, bo)
	e := s.lets(alice, bo)
	over := s.lets(ana, bo)
	_, err := s.Delegations.Revoke(ana, delegation.EndDelegationInput{ID: over.ID})
	require.NoError(t, err)
	s.mustWish(alice, request.Add, "Press", "P0")
	decide := func(under int64, decider, of string) error {
		_, err := s.DB.NewRaw(`insert into request_decision (step_id, item_id, decision, decider, requester, beneficiary_id, at, delegation_id, for_account, for_user_id, for_id)
			select s.id, s.item_id, 'APPROVE', ?0, q.requester, i.beneficiary_id, ?3, ?2, ?1, u.id, u.resource_id from request_step s join request_item i on i.id = s.item_id join request q on q.id = i.request_id, local_user u where u.username = ?1`,
			decider, of, under, s.Clock.Now()).Exec(s.ctx)
		return err
	}
	require.Error(t, decide(e.ID, "bo", "alice"), "for who asked")
	require.ErrorContains(t, decide(d.ID, "ana", "max"), "does not act for")
	require.ErrorContains(t, decide(d.ID, "bo", "ana"), "does not act for")
	require.ErrorContains(t, decide(over.ID, "bo", "ana"), "does not act for")
	for _, sql := range []string{
		`update delegation set end_date = end_date + interval '1 day' where id = 1`,
		`update delegation set end_date = null where id = 1`,
		`update delegation set kinds = '{}' where id = 1`,
		`update delegation set deputy = 'ana' where id = 1`,
		`update delegation set deputy_id = (select id from local_user where username = 'ana') where id = 1`,
		`update delegation set scope = '{"roles": ["Radio"]}' where id = 1`,
		`update delegation set state = 'ACTIVE', closed_at = null, closed_by = null where id = 3`,
		`update delegation set state = 'PLANNED' where id = 1`,
		`delete from delegation where id = 1`,
		`insert into delegation (delegator, deputy, kinds, start_date, state, created_by, created_at) values ('x', 'X', '{APPROVALS}', now(), 'ACTIVE', 'x', now())`,
		`insert into delegation (delegator, deputy, kinds, start_date, state, created_by, created_at) values ('x', 'y', '{WORKFLOWS}', now(), 'ACTIVE', 'x', now())`,
		`insert into delegation (delegator, deputy, kinds, start_date, end_date, state, created_by, created_at) values ('x', 'y', '{APPROVALS}', now(), now() - interval '1 day', 'ACTIVE', 'x', now())`,
		`insert into delegation_history (delegation_id, at, actor, action, from_state, to_state) values (1, now(), 'x', 'begin', 'ENDED', 'ACTIVE')`,
		`insert into delegation_act (delegation_id, at, deputy, kind, action, subject_type, subject_id) values (3, now(), 'bo', 'APPROVALS', 'approve', 'request_item', 1)`,
		`insert into delegation_act (delegation_id, at, deputy, kind, action, subject_type, subject_id) values (1, now(), 'ana', 'APPROVALS', 'approve', 'request_item', 1)`,
	} {
		_, err := s.DB.ExecContext(s.ctx, sql)
		require.Error(t, err, sql)
	}
	require.Empty(t, s.answer(s.now(bo), request.ApproveStep, "RQ-1"))
	for _, sql := range []string{
		`update request_decision set for_account = 'ana'`, `update request_decision set for_account = null, delegation_id = null`, `delete from delegation_act`, `update delegation_act set deputy = 'x'`,
	} {
		_, err := s.DB.ExecContext(s.ctx, sql)
		require.Error(t, err, sql)
	}
}

// TestDelegationTargets: whom one may choose, and what a delegation may be narrowed to.
func TestDelegationTargets(t *testing.T) {
	t.Parallel()
	s := mustAsk(t, 1, "")
	max, bo, sue := s.account("max", mayDo, maySelf), s.account("bo"), s.account("sue", "/Custom/Delegations", "/Custom/Resources")
	s.linked("hidden", "P1")
	s.account("off")
	s.exec(`update local_user set is_disabled = true where username = 'off'`)
	names := func(ctx context.Context, f *delegation.DelegationTargetFilter) (list []string) {
		c, err := s.Delegations.Targets(ctx, page.Args{First: 50}, f, nil, true)
		require.NoError(t, err)
		require.Len(t, c.Edges, c.TotalCount)
		for _, x := range c.Nodes() {
			list = append(list, x.Username)
		}
		return list
	}
	require.Equal(t, []string{"bo", "sue"}, names(max, nil), "not himself, nobody who cannot sign in, nobody whom he may not see")
	require.Equal(t, []string{"sue"}, names(max, &delegation.DelegationTargetFilter{Text: new("su")}))
	require.Empty(t, names(bo, nil), "who may make none finds nobody")
	require.Empty(t, names(max, &delegation.DelegationTargetFilter{AsDelegator: new(true)}))
	require.Equal(t, []string{"bo", "hidden", "max", "sue"}, names(sue, &delegation.DelegationTargetFilter{AsDelegator: new(true)}))
	c, err := s.Delegations.Subjects(max, page.Args{First: 50}, new("pre"), nil, true)
	require.NoError(t, err)
	require.Equal(t, "Press", c.Nodes()[0].Identifier)
	c, err = s.Delegations.Subjects(bo, page.Args{First: 50}, nil, nil, true)
	require.NoError(t, err)
	require.Empty(t, c.Nodes())
}

// TestDelegatedTasks: what waits for somebody as a deputy says for whom, and the counts hold it.
func TestDelegatedTasks(t *testing.T) {
	t.Parallel()
	s := mustAsk(t, 1, "")
	max, bo, alice := s.account("max", mayDo, maySelf), s.account("bo"), s.linked("alice", "P0", mayAsk)
	s.mustWish(alice, request.Add, "Press", "P0")
	require.Empty(t, s.tasks(s.now(bo), nil))
	s.lets(max, bo)
	c, err := s.desk().MyTasks(s.now(bo), page.Args{First: 10}, nil, true)
	require.NoError(t, err)
	require.Len(t, c.Nodes(), 1)
	require.Equal(t, "max", *c.Nodes()[0].ForPerson)
	counts, err := s.desk().TaskCounts(s.now(bo))
	require.NoError(t, err)
	require.Equal(t, 1, counts[0].Count)
	c, err = s.desk().MyTasks(max, page.Args{First: 10}, nil, true)
	require.NoError(t, err)
	require.Nil(t, c.Nodes()[0].ForPerson)
}
