package app

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/desk"
	"writ/server/manifest"
	"writ/server/permit"
	"writ/server/request"
)

// mustChain is a company in which Ann (P0) reports to Bob (P1), Bob to Cem (P2), and Dan (P3) answers for Press, which takes some approvals.
func mustChain(t testing.TB, levels int, rules string) *small {
	t.Helper()
	s := mustSmall(t, smallOptions{edit: edits("navigationRules: [", "navigationRules: [{ property: Groups, resource: press, singleRole: Press }, ", "singleRoles:\n  - { identifier: Staff, displayName: Staff, entityType: Person, rules: [{}] }",
		asking(levels, ", owner: { entityType: Person, key: P3 }"), "maximumLinkDeletedLines: 1,", "maximumLinkDeletedLines: 1000,", "maximumUpdatedLines: 1,", "maximumUpdatedLines: 1000,",
		"{ identifier: Team, column: Team }", "{ identifier: Team, column: Team, target: Person, reverse: Reports }", "binding: Team", "binding: Number", "displayExpression: \"{First} {Last}\"\n", "displayExpression: \"{First} {Last}\"\n    managerBinding: Team\n")})
	s.chain("P1")
	s.around()
	s.rules(rules)
	return s
}

// chain writes the people; Ann reports to whom is said.
func (s *small) chain(annTo string) {
	s.t.Helper()
	s.people("P0,7,Ann,Lee,alee,"+annTo, "P1,1,Bob,Ray,bray,P2", "P2,2,Cem,Oz,coz,", "P3,3,Dan,Fox,dfox,P2")
}

// moved lets HR say that Ann reports to somebody else, and time pass until that is looked at.
func (s *small) moved(annTo string) {
	s.t.Helper()
	s.chain(annTo)
	s.synchronize("HR")
	require.NoError(s.t, s.Requests.Sweep(s.ctx))
}

const managerRule = `approverRules:
  - { identifier: First, displayName: Managers first, target: { singleRole: Press }, levels: [1], find: [{ finder: MANAGER }, { finder: MANAGER, level: 2 }] }
  - { identifier: Second, displayName: Owners second, target: { policy: Default }, levels: [2], find: [{ finder: ROLE_OWNER }] }
`

// asks lists who is asked at the open step of a request, and who is not and why.
func (s *small) asks(number string) []string {
	s.t.Helper()
	return s.list(s.DB, `select concat_ws(' ', st.level, c.name, c.found_by, c.excluded_because, case when c.until is not null then 'over' end) from request_candidate c join request_step st on st.id = c.step_id
		join request_item i on i.id = st.item_id join request q on q.id = i.request_id where q.number = ? order by c.id`, number)
}

// TestApproverRules: who is asked is said by rules; whoever reviews roles sees, and does not decide (scenarios 11, 13, 49).
func TestApproverRules(t *testing.T) {
	t.Parallel()
	s := mustChain(t, 2, managerRule)
	ann, bob, cem, dan := s.linked("ann", "P0", mayAsk), s.linked("bob", "P1"), s.linked("cem", "P2"), s.linked("dan", "P3")
	rita := s.account("rita", mayDo)
	check, err := s.Requests.Check(ann, request.RequestAssignmentsInput{Items: []request.RequestItemInput{{Role: "Press", OwnerIDs: []int64{s.personID("P0")}}}})
	require.NoError(t, err)
	require.Empty(t, check.Items[0].Findings)
	require.Equal(t, []string{"bob"}, check.Items[0].Levels[0].Approvers)
	require.Equal(t, "Managers first", *check.Items[0].Levels[0].Rule)
	require.Equal(t, []string{"dan"}, check.Items[0].Levels[1].Approvers)

	r := s.mustWish(ann, request.Add, "Press", "P0")
	require.Equal(t, []string{"1 bob manager"}, s.asks(r.Number))
	require.Equal(t, "FORBIDDEN", s.answer(rita, request.ApproveStep, r.Number), "whoever reviews roles is not asked")
	got, err := s.Requests.Get(rita, &r.ID, nil)
	require.NoError(t, err)
	require.False(t, got.Items[0].CanDecide)
	require.Equal(t, []string{"bob"}, got.Items[0].Steps[0].Candidates)
	require.Equal(t, "Managers first", *got.Items[0].Steps[0].Rule)
	require.Equal(t, "NOT_FOUND", s.answer(dan, request.ApproveStep, r.Number), "not yet, so he does not see it")
	got, err = s.Requests.Get(bob, &r.ID, nil)
	require.NoError(t, err)
	require.True(t, got.Items[0].CanDecide)

	// By hand, too, nobody else decides.
	step := got.Items[0].Steps[0].ID
	_, err = s.DB.ExecContext(s.ctx, `insert into request_decision (step_id, item_id, decision, decider, requester, beneficiary_id, at) select ?, id, 'APPROVE', 'rita', 'ann', beneficiary_id, now() from request_item`, step)
	require.ErrorContains(t, err, "does not ask rita")

	// HR moves Ann to Cem: he is asked now, and what Bob sees is that it is his no more.
	s.moved("P2")
	require.Equal(t, []string{"1 bob manager over", "1 cem manager"}, s.asks(r.Number))
	require.Equal(t, "FORBIDDEN", s.answer(bob, request.ApproveStep, r.Number))
	got, err = s.Requests.Get(bob, &r.ID, nil)
	require.NoError(t, err)
	require.False(t, got.Items[0].CanDecide)
	require.Equal(t, []string{"submit", "route", "open", "readdress"}, s.list(s.DB, `select action from request_history order by array_position(array['submit', 'route', 'open', 'readdress'], action)`))
	require.Empty(t, s.answer(cem, request.ApproveStep, r.Number))
	require.Equal(t, []string{"1 bob manager over", "1 cem manager", "2 dan roleOwner"}, s.asks(r.Number))
	require.Equal(t, "FORBIDDEN", s.answer(cem, request.ApproveStep, r.Number))
	require.Empty(t, s.answer(dan, request.ApproveStep, r.Number))
	require.Equal(t, []string{"RQ-1 ADD APPROVED 2/2 row 16"}, s.wishes())
}

// TestApproverIsExcluded: who asks, who gets it, and who cannot sign in is found and not asked, and the next way is gone; nobody is left: it is said, and
// somebody is looked for when accounts and rules change (scenarios 9, 12).
func TestApproverIsExcluded(t *testing.T) {
	t.Parallel()
	s := mustChain(t, 1, managerRule)
	bob := s.linked("bob", "P1", "/Custom/Workflows")
	check, err := s.Requests.Check(bob, request.RequestAssignmentsInput{Items: []request.RequestItemInput{{Role: "Press", OwnerIDs: []int64{s.personID("P0")}}}})
	require.NoError(t, err)
	require.Len(t, check.Items[0].Findings, 1)
	require.Contains(t, check.Items[0].Findings[0].Message, "the rule Managers first finds nobody")
	r := s.mustWish(bob, request.Add, "Press", "P0")
	require.Equal(t, []string{"1 bob manager is_requester", "1 Cem Oz manager cannot_sign_in"}, s.asks(r.Number))
	require.Equal(t, []string{"1 STUCK"}, s.steps(r.Number))
	got, err := s.Requests.Get(bob, &r.ID, nil)
	require.NoError(t, err)
	require.Len(t, got.Items[0].Steps[0].Asked, 2, "he supervises requests, and reads why")
	require.Equal(t, "asked for it", *got.Items[0].Steps[0].Asked[1].ExcludedBecause)

	cem := s.linked("cem", "P2")
	require.NoError(t, s.Requests.Sweep(s.ctx))
	require.Equal(t, []string{"1 OPEN"}, s.steps(r.Number))
	require.Equal(t, "FORBIDDEN", s.answer(bob, request.ApproveStep, r.Number))
	s.rules(`approverRules: [{ identifier: First, displayName: Dan, target: { singleRole: Press }, levels: [1], find: [{ finder: person, keys: [P3] }] }]`)
	dan := s.linked("dan", "P3")
	require.Equal(t, "FORBIDDEN", s.answer(cem, request.ApproveStep, r.Number), "the rule is another one")
	require.Empty(t, s.answer(dan, request.ApproveStep, r.Number))
}

// TestApproverRuleGone: without its rule a step is open to whoever reviews the roles of the person.
func TestApproverRuleGone(t *testing.T) {
	t.Parallel()
	s := mustChain(t, 1, managerRule)
	ann, bob, rita := s.linked("ann", "P0", mayAsk), s.linked("bob", "P1"), s.account("rita", mayDo)
	r := s.mustWish(ann, request.Add, "Press", "P0")
	_, err := s.Manifest.Apply(s.ctx, &manifest.Manifest{Delete: map[string][]string{"approverRules": {"First"}}})
	require.NoError(t, err)
	require.NoError(t, s.Requests.Sweep(s.ctx))
	require.Equal(t, "FORBIDDEN", s.answer(bob, request.ApproveStep, r.Number))
	require.Empty(t, s.answer(rita, request.ApproveStep, r.Number))
}

// TestApproversOfAPool: of a profile that more hold than are asked by name, whoever holds it decides, and nobody else (scenario 44).
func TestApproversOfAPool(t *testing.T) {
	t.Parallel()
	s := mustChain(t, 1, "")
	s.exec(`insert into profile (identifier, display_name) values ('Officer', 'Officer')`)
	s.rules(`approverRules: [{ identifier: Officers, displayName: Officers, find: [{ finder: profile, profile: Officer }] }]`)
	s.exec(`insert into local_user (username, display_name, password_hash) select 'o' || n, 'Officer ' || n, '' from generate_series(1, 300) n`)
	s.exec(`insert into assigned_profile (user_id, profile_id) select u.id, p.id from local_user u, profile p where u.username like 'o%' and p.identifier = 'Officer'`)
	ann, bob := s.linked("ann", "P0", mayAsk), s.linked("bob", "P1")
	r := s.mustWish(ann, request.Add, "Press", "P0")
	require.Empty(t, s.asks(r.Number))
	require.Equal(t, "NOT_FOUND", s.answer(bob, request.ApproveStep, r.Number))
	id := s.number(`select id from local_user where username = 'o299'`)
	a, err := s.actor(s.ctx, id)
	require.NoError(t, err)
	officer := permit.With(s.ctx, a)
	got, err := s.Requests.Get(officer, &r.ID, nil)
	require.NoError(t, err)
	require.True(t, got.Items[0].CanDecide)
	require.Len(t, got.Items[0].Steps[0].Candidates, 20)
	require.Equal(t, 280, got.Items[0].Steps[0].More)
	s.exec(`update assigned_profile set end_date = ? where user_id = ?`, s.Clock.Now().Add(-time.Hour), id)
	require.Equal(t, "NOT_FOUND", s.answer(officer, request.ApproveStep, r.Number))
	s.exec(`update assigned_profile set end_date = null where user_id = ?`, id)
	require.Empty(t, s.answer(officer, request.ApproveStep, r.Number))
}

// TestApproverHasDeputy: a deputy decides what the one is asked by a rule for whom he acts, and nothing of what that one only sees by his right to review roles.
func TestApproverHasDeputy(t *testing.T) {
	t.Parallel()
	s := mustChain(t, 1, managerRule)
	ann, bob, rita := s.linked("ann", "P0", mayAsk), s.linked("bob", "P1", mayDo, maySelf), s.account("rita", mayDo, maySelf)
	ofBob, ofRita := s.account("dee"), s.account("eve")
	s.lets(bob, ofBob)
	s.lets(rita, ofRita)
	r := s.mustWish(ann, request.Add, "Press", "P0")
	require.Empty(t, s.toDecide(s.now(ofRita)))
	require.Equal(t, "FORBIDDEN", s.answer(s.now(ofRita), request.ApproveStep, r.Number), "rita is not asked")
	require.Equal(t, []string{"RQ-1 for bob"}, s.toDecide(s.now(ofBob)))

	// By hand, too, nobody decides for who is not asked.
	_, err := s.DB.ExecContext(s.ctx, `insert into request_decision (step_id, item_id, decision, decider, requester, beneficiary_id, at, delegation_id, for_account, for_user_id)
		select st.id, i.id, 'APPROVE', 'eve', 'ann', i.beneficiary_id, ?, d.id, 'rita', d.delegator_id from request_item i join request_step st on st.item_id = i.id, delegation d where d.deputy = 'eve'`, s.Clock.Now())
	require.ErrorContains(t, err, "does not ask rita")

	require.Empty(t, s.answer(s.now(ofBob), request.ApproveStep, r.Number))
	require.Equal(t, []string{"RQ-1 APPROVE dee for bob"}, s.decidedBy())
}

// TestApproverRuleAndDeputyWithoutRights: whoever is asked by a rule alone, and holds no right to review, has a deputy who decides for him, and a page that
// hears of what comes; whom no rule can find has not.
func TestApproverRuleAndDeputyWithoutRights(t *testing.T) {
	t.Parallel()
	s := mustChain(t, 1, managerRule)
	ann, bob, dan := s.linked("ann", "P0", mayAsk), s.linked("bob", "P1", maySelf), s.linked("dan", "P3", maySelf)
	dee, eve := s.account("dee"), s.account("eve", maySelf)
	asked := func(ctx context.Context) bool {
		var is bool
		require.NoError(t, s.DB.NewRaw("select may_be_asked(?)", userID(ctx)).Scan(s.ctx, &is))
		return is
	}
	require.Equal(t, []bool{false, true, true, false}, []bool{asked(ann), asked(bob), asked(dan), asked(eve)})
	_, err := s.tries(eve, dee)
	require.Equal(t, "CONFLICT", code(err), "nothing is asked of her")
	s.lets(bob, dee)
	require.Empty(t, s.toDecide(s.now(dee)))
	r := s.mustWish(ann, request.Add, "Press", "P0")
	require.Equal(t, []string{"RQ-1 for bob"}, s.toDecide(s.now(dee)))
	require.Empty(t, s.toDecide(s.now(dan)))
	require.Equal(t, []desk.TaskKind{desk.Approval}, desk.MovedBy(s.now(dee), []string{request.EventChanged}))
	require.Equal(t, []desk.TaskKind{desk.Approval}, desk.MovedBy(s.again(bob), []string{request.EventChanged}))
	require.Empty(t, desk.MovedBy(s.now(eve), []string{request.EventChanged}))

	// Bob is not asked any more, and no rule finds him: his deputy has nothing, at once.
	s.rules(`approverRules: [{ identifier: First, displayName: Dan, target: { singleRole: Press }, levels: [1], find: [{ finder: person, keys: [P3] }] }]`)
	require.NoError(t, s.Requests.Sweep(s.ctx))
	require.Empty(t, s.toDecide(s.now(dee)))
	require.Contains(t, []string{"FORBIDDEN", "NOT_FOUND"}, s.answer(s.now(dee), request.ApproveStep, r.Number))
	require.Empty(t, permit.ActingFor(s.now(dee), permit.DeputyApprovals))
	require.Empty(t, s.answer(dan, request.ApproveStep, r.Number))
}

// TestApproverIsLate: of a step that a rule asks somebody about the manager of that one is asked besides, wherever his entity type says that managers are found;
// never who asked or who gets it.
func TestApproverIsLate(t *testing.T) {
	t.Parallel()
	s := mustChain(t, 1, managerRule)
	ann := s.linked("ann", "P0", mayAsk)
	s.linked("bob", "P1")
	cem := s.linked("cem", "P2")
	s.reachable("ann", "bob", "cem")
	r := s.mustWish(ann, request.Add, "Press", "P0")
	require.Equal(t, "NOT_FOUND", s.answer(cem, request.ApproveStep, r.Number))
	s.day(5)
	require.Equal(t, []string{"remind by test", "remind by test", "escalate by test"}, s.happened(r.Number))
	require.Equal(t, []string{"RequestReminder bob", "RequestReminder bob", "RequestEscalated cem", "RequestEscalated bob"}, s.letters())
	require.Equal(t, []string{"RQ-1"}, s.toDecide(cem))
	require.True(t, s.isAsked(cem))
	require.Empty(t, s.answer(cem, request.ApproveStep, r.Number))

	// Ann asks for Bob and stands above him: she is not asked besides.
	s.people("P0,7,Ann,Lee,alee,", "P1,1,Bob,Ray,bray,P2", "P2,2,Cem,Oz,coz,P0", "P3,3,Dan,Fox,dfox,P2")
	s.synchronize("HR")
	r = s.mustWish(ann, request.Add, "Press", "P1")
	require.Equal(t, []string{"1 cem manager"}, s.asks(r.Number))
	s.day(20)
	require.Equal(t, "FORBIDDEN", s.answer(ann, request.ApproveStep, r.Number))
	require.EqualValues(t, 0, s.number(`select count(*) from request_handed h join local_user u on u.id = h.user_id where u.username = 'ann'`))
}

// isAsked is what the pages of somebody go by.
func (s *small) isAsked(ctx context.Context) bool {
	s.t.Helper()
	is, err := s.Requests.IsAsked(s.ctx, userID(ctx))
	require.NoError(s.t, err)
	return is
}

// TestNobodyApprovesForHimself: whichever way finds who asked, or who gets it, he is not asked and cannot decide, by whichever account of his; nor does a
// program, whoever left, or whoever stands above himself.
func TestNobodyApprovesForHimself(t *testing.T) {
	t.Parallel()
	one := func(find string) string {
		return `approverRules: [{ identifier: First, displayName: First, target: { singleRole: Press }, find: [` + find + `] }]`
	}
	for name, c := range map[string]struct {
		find      string
		by, owner string
		prepare   func(s *small)
		asked     []string
		tries     []string // who tries in vain
	}{
		"ManagerAsks":            {"{ finder: manager }", "bob", "P0", nil, []string{"1 bob manager is_requester", "1 bob2 manager same_person"}, []string{"bob", "bob2"}},
		"ManagerAsksByAnother":   {"{ finder: manager }", "bob2", "P0", nil, []string{"1 bob manager same_person", "1 bob2 manager is_requester"}, []string{"bob", "bob2"}},
		"ManagerOfWhoAsksGetsIt": {"{ finder: requesterManager }", "ann", "P1", nil, []string{"1 bob requesterManager is_beneficiary", "1 bob2 requesterManager is_beneficiary"}, []string{"ann", "bob", "bob2"}},
		"OwnerAsks":              {"{ finder: roleOwner }", "dan", "P0", nil, []string{"1 dan roleOwner is_requester"}, []string{"dan"}},
		"OwnerGetsIt":            {"{ finder: roleOwner }", "ann", "P3", nil, []string{"1 dan roleOwner is_beneficiary"}, []string{"ann", "dan"}},
		"ProfileOfWhoAsks":       {"{ finder: profile, profile: dan }", "dan", "P0", nil, []string{"1 dan profile is_requester"}, []string{"dan"}},
		"ProfileOfWhoGetsIt":     {"{ finder: profile, profile: bob2 }", "ann", "P1", nil, []string{"1 bob2 profile is_beneficiary"}, []string{"bob", "bob2"}},
		"ByName":                 {"{ finder: person, keys: [P0, P1] }", "ann", "P1", nil, []string{"1 ann person is_requester", "1 bob person is_beneficiary", "1 bob2 person is_beneficiary"}, []string{"ann", "bob", "bob2"}},
		"Reviewers": {"{ finder: reviewers }", "ann", "P1", func(s *small) {
			s.exec(`insert into access_entry (rule_id, permission, can_execute) select id, ?, true from access_rule where identifier in ('ann', 'bob')`, mayDo)
		}, nil, []string{"ann", "bob"}},
		"AllWays": {"{ finder: manager }, { finder: person, keys: [P0] }, { finder: reviewers }], combine: all, levels: [1", "bob", "P0", nil, []string{"1 bob manager is_requester", "1 bob2 manager same_person", "1 ann person is_beneficiary"}, []string{"ann", "bob", "bob2"}},
		"Program": {"{ finder: profile, profile: robot }", "ann", "P0", func(s *small) {
			s.exec(`update local_user set is_client = true, scopes = '{/}' where username = 'robot'`)
		}, []string{"1 robot profile api_client"}, []string{"robot"}},
		"Left": {"{ finder: manager }", "ann", "P0", func(s *small) {
			s.exec(`update owner_state set left_at = ? where owner_id = ?`, s.Clock.Now().Add(-time.Hour), s.personID("P1"))
		}, []string{"1 bob manager left", "1 bob2 manager left"}, []string{"bob", "bob2"}},
		"SwitchedOff": {"{ finder: manager }", "ann", "P0", func(s *small) {
			s.exec(`update local_user set is_disabled = true where resource_id = ?`, s.personID("P1"))
		}, []string{"1 bob manager disabled", "1 bob2 manager disabled"}, nil},
		"AboveOneself": {"{ finder: manager }, { finder: manager, level: 2 }, { finder: manager, level: 3 }", "dan", "P0", func(s *small) { s.moved("P0") }, nil, []string{"ann", "dan"}},
		"AboveOneselfByTwoSteps": {"{ finder: manager, level: 2 }, { finder: manager, level: 3 }", "dan", "P2", func(s *small) {
			s.people("P0,7,Ann,Lee,alee,P1", "P1,1,Bob,Ray,bray,P2", "P2,2,Cem,Oz,coz,P1", "P3,3,Dan,Fox,dfox,P2")
			s.synchronize("HR")
		}, nil, []string{"bob", "dan"}},
		"NoSuchProfileAnyMore": {"{ finder: profile, profile: robot }", "ann", "P0", func(s *small) {
			s.exec(`delete from assigned_profile where user_id = (select id from local_user where username = 'robot')`)
		}, nil, []string{"robot"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mustChain(t, 1, "")
			who := map[string]context.Context{"ann": s.linked("ann", "P0", mayAsk), "bob": s.linked("bob", "P1", mayAsk), "bob2": s.linked("bob2", "P1", mayAsk), "dan": s.linked("dan", "P3", mayAsk), "robot": s.account("robot")}
			s.account("sue", mayOversee)
			s.reachable("sue")
			s.rules(one(c.find))
			if c.prepare != nil {
				c.prepare(s)
			}
			r := s.mustWish(s.again(who[c.by]), request.Add, "Press", c.owner)
			require.Equal(t, c.asked, s.asks(r.Number))
			require.Equal(t, []string{"1 STUCK"}, s.steps(r.Number))
			for _, x := range c.tries {
				require.Contains(t, []string{"FORBIDDEN", "NOT_FOUND", "INVALID_TRANSITION"}, s.answer(s.again(who[x]), request.ApproveStep, r.Number), x)
				require.Empty(t, s.toDecide(s.again(who[x])))
				_, err := s.DB.ExecContext(s.ctx, `insert into request_decision (step_id, item_id, decision, decider, requester, beneficiary_id, at) select s.id, i.id, 'APPROVE', ?, q.requester, i.beneficiary_id, ?
					from request_step s join request_item i on i.id = s.item_id join request q on q.id = i.request_id`, x, s.Clock.Now())
				require.Error(t, err, "by hand, too: %s", x)
			}
			require.Equal(t, []string{"RequestStuck sue"}, s.letters(), "it stands with whoever supervises requests")
		})
	}
}

// TestApproversAtOnce: twenty answers of all who are asked at the same moment, while the rule changes: one decides, and who it was was asked.
func TestApproversAtOnce(t *testing.T) {
	t.Parallel()
	s := mustChain(t, 1, managerRule)
	ann, dan := s.linked("ann", "P0", mayAsk), s.linked("dan", "P3")
	who := []context.Context{s.linked("bob", "P1"), s.linked("bob2", "P1"), dan, s.linked("cem", "P2")}
	s.mustWish(ann, request.Add, "Press", "P0")
	id := s.number(`select id from request_step`)
	codes := make([]string, 20)
	var all sync.WaitGroup
	all.Go(func() {
		m, err := manifest.Parse("rules.yaml", []byte(`approverRules: [{ identifier: First, displayName: Dan, target: { singleRole: Press }, levels: [1], find: [{ finder: person, keys: [P3] }] }]`))
		if err == nil {
			_, err = s.Manifest.Apply(s.ctx, m)
		}
		if err != nil {
			t.Error(err)
		}
	})
	for i := range codes {
		all.Go(func() {
			p, err := s.Requests.Review(who[i%len(who)], request.ReviewRequestItemsInput{StepIDs: []int64{id}, Decision: new(request.ApproveStep), Comment: new("x")})
			if err != nil {
				codes[i] = err.Error()
			} else if p.Results[0].Error != nil {
				codes[i] = p.Results[0].Error.Code
			}
		})
	}
	all.Wait()
	for _, c := range codes {
		require.Contains(t, []string{"", "ALREADY_DONE", "FORBIDDEN", "NOT_FOUND"}, c)
	}
	if s.number(`select count(*) from request_decision`) == 0 { // all were there before the rule, or after it
		require.Empty(t, s.answer(dan, request.ApproveStep, "RQ-1"))
	}
	require.EqualValues(t, 1, s.number(`select count(*) from request_decision`))
	require.EqualValues(t, 1, s.number(`select count(*) from request_decision d join request_candidate c on c.step_id = d.step_id and c.user_id = d.decider_user_id and c.excluded_because is null where c.until is null`))
}
