package app

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/db"
	"writ/server/desk"
	"writ/server/errs"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/request"
)

func (s *small) desk() *desk.Service {
	return desk.New(desk.Rooms{DB: s.DB, Clock: s.Clock, Assignments: s.Assignments, Requests: s.Requests, Orders: s.Orders, Reconciliation: s.Reconciliation, Readings: s.Synchronization})
}

// has tells what somebody finds under My access.
func (s *small) has(ctx context.Context, view desk.HeldView) (list []string) {
	s.t.Helper()
	c, err := s.desk().MyAccess(ctx, page.Args{First: 50}, &desk.HeldFilter{View: &view}, nil, nil, true)
	require.NoError(s.t, err)
	require.Len(s.t, c.Edges, c.TotalCount)
	for _, h := range c.Nodes() {
		text := fmt.Sprintf("%s %s %s", h.Name, h.State, h.Because)
		if h.Asked != nil {
			text += fmt.Sprintf(" asked %s", *h.Asked)
		}
		if h.GiveBack != nil {
			text += fmt.Sprintf(" back by %s", *h.GiveBack)
		}
		for _, a := range h.Accounts {
			text += fmt.Sprintf(" | %s %s", a.Name, a.State)
			if a.Login != nil {
				text += " " + *a.Login
			}
		}
		list = append(list, text)
	}
	return list
}

func (s *small) tasks(ctx context.Context, f *desk.TaskFilter) (list []string) {
	s.t.Helper()
	c, err := s.desk().MyTasks(ctx, page.Args{First: 50}, f, true)
	require.NoError(s.t, err)
	require.Len(s.t, c.Edges, c.TotalCount)
	for _, t := range c.Nodes() {
		text := fmt.Sprintf("%s %s %s", t.Kind, t.Subject, t.Link)
		if t.Person != nil {
			text += " of " + t.Person.DisplayName
		}
		if t.IsLate {
			text += " late"
		}
		list = append(list, text)
	}
	return list
}

// TestMyAccess: what somebody has is told from the wish to the end, with where it comes from and what is to be done to be rid of it; to himself only.
func TestMyAccess(t *testing.T) {
	t.Parallel()
	s := mustAsk(t, 1, "")
	alice, rita, bob, stranger := s.linked("alice", "P0", mayAsk), s.account("rita", mayDo), s.linked("bob", "P1"), s.account("stranger", mayDo)
	require.Equal(t, []string{"Staff READY RULE back by DENY | User READY alee", "User READY RULE | User READY alee"}, s.has(alice, desk.HeldNow))
	require.Empty(t, s.has(alice, desk.HeldMoving))

	r := s.mustWish(alice, request.Add, "Press", "P0")
	require.Equal(t, "Press WAITS REQUEST asked ADD | User READY alee", s.has(alice, desk.HeldNow)[0])
	require.Equal(t, []string{"Press WAITS REQUEST asked ADD | User READY alee"}, s.has(alice, desk.HeldMoving))
	require.Equal(t, []string{"Staff READY RULE back by DENY | User READY bray", "User READY RULE | User READY bray"}, s.has(bob, desk.HeldNow), "what is whose stays his")
	require.Empty(t, s.has(stranger, desk.HeldNow), "an account that is nobody's has nothing")

	require.Empty(t, s.answer(rita, request.ApproveStep, "RQ-1"))
	s.compute()
	require.Equal(t, []string{"Press ON_THE_WAY REQUEST back by REMOVE | User ON_THE_WAY alee", "User ON_THE_WAY RULE | User ON_THE_WAY alee"}, s.has(alice, desk.HeldMoving), "Staff is not touched by it")
	s.around()
	c, err := s.desk().MyAccess(alice, page.Args{First: 1}, nil, nil, nil, true)
	require.NoError(t, err)
	h := c.Nodes()[0]
	require.Equal(t, []any{"Press", desk.Ready, r.Number, r.Items[0].ID}, []any{h.Name, h.State, *h.RequestNumber, *h.RequestItemID})
	require.Regexp(t, `^You asked for it; rita approved it on \d+ [A-Z][a-z]+ \d{4}\.$`, h.Why)
	require.True(t, c.PageInfo.HasNextPage)
	next, err := s.desk().MyAccess(alice, page.Args{First: 5, After: *c.PageInfo.EndCursor}, nil, nil, nil, false)
	require.NoError(t, err)
	require.Len(t, next.Edges, 2)

	require.Empty(t, s.has(alice, desk.HeldEndsSoon))
	s.exec(`update assigned_role set end_date = ? where origin = 'MANUAL' and valid_to = 'infinity'`, s.Clock.Now().Add(5*24*time.Hour))
	require.Len(t, s.has(alice, desk.HeldEndsSoon), 1)
	s.exec(`update assigned_role set end_date = null where origin = 'MANUAL' and valid_to = 'infinity'`)
	for _, by := range []desk.HeldSort{desk.HeldByName, desk.HeldByEnd, desk.HeldNewest} { // page by page it is the same as at once
		var names []string
		for after := ""; ; {
			c, err := s.desk().MyAccess(alice, page.Args{First: 1, After: after}, nil, &by, page.Fields{"id"}, false)
			require.NoError(t, err)
			if len(c.Edges) == 0 {
				break
			}
			names, after = append(names, c.Nodes()[0].ID), c.Edges[0].Cursor
		}
		require.Len(t, names, 3, by)
		require.Len(t, slices.Compact(slices.Sorted(slices.Values(names))), 3, by)
	}

	s.mustWish(alice, request.Remove, "Press", "P0")
	s.around()
	s.around()
	require.Equal(t, []string{"Staff READY RULE back by DENY | User READY alee", "User READY RULE | User READY alee"}, s.has(alice, desk.HeldNow))
	require.Equal(t, []string{"Press ENDED REQUEST"}, s.has(alice, desk.HeldBefore))
	s.later(3 * 365 * 24 * time.Hour)
	require.Empty(t, s.has(alice, desk.HeldBefore), "two years of the past")

	_, err = s.desk().MyAccess(t.Context(), page.Args{First: 5}, nil, nil, nil, false)
	require.True(t, errs.Is(err, errs.Unauthenticated), "%v", err)
}

// TestMyAccessOfMany: a person with 2,000 entitlements costs as many statements as one with few, and no table is read as a whole.
func TestMyAccessOfMany(t *testing.T) {
	t.Parallel()
	s := mustAsk(t, 1, "")
	alice := s.linked("alice", "P0", mayAsk)
	s.exec(`insert into role (kind, identifier, display_name, policy_id, entity_type_id) select 'SINGLE', 'R' || n, 'Role ' || n, p.id, e.id from generate_series(1, 2000) n, policy p, entity_type e where e.identifier = 'Person'`)
	s.exec(`insert into resource (entity_type_id, key, display_name, valid_from) select e.id, 'M' || n, 'Many ' || n, now() from generate_series(1, 2000) n, entity_type e where e.identifier = 'Person'`)
	s.exec(`insert into assigned_role (owner_id, role_id, workflow_state, workflow_state_changed_at, origin, valid_from, end_date)
		select w.id, r.id, 16, now(), 'MANUAL', now(), case when r.id % 3 = 0 then now() + r.id * interval '1 hour' end from role r, resource w where r.identifier like 'R%' and w.key = 'P0'
		union all select w.id, r.id, 16, now(), 'MANUAL', now(), null from role r, resource w where r.identifier like 'R1_' and w.key like 'M%'`)
	s.exec(`analyze`)
	count := func(first int, by desk.HeldSort) (int, []string) {
		ctx, counted := db.CountQueries(alice)
		c, err := s.desk().MyAccess(ctx, page.Args{First: first}, nil, &by, nil, true)
		require.NoError(t, err)
		require.Len(t, c.Edges, first)
		require.Equal(t, 2002, c.TotalCount)
		return counted.N(), counted.Texts()
	}
	for _, by := range []desk.HeldSort{desk.HeldByName, desk.HeldByEnd, desk.HeldNewest} {
		count(1, by)
		few, _ := count(2, by)
		many, texts := count(200, by)
		require.Equal(t, few, many, by)
		for _, text := range texts {
			var lines []string
			if err := s.DB.NewRaw("explain (analyze) "+text).Scan(s.ctx, &lines); err != nil {
				continue // a statement with marks
			}
			for _, l := range lines {
				require.NotRegexp(t, `Seq Scan on (assigned_role|resource)\b`, l, text)
			}
		}
	}
	var seen []string
	for after := ""; ; {
		c, err := s.desk().MyAccess(alice, page.Args{First: 500, After: after}, nil, new(desk.HeldByEnd), page.Fields{"id"}, false)
		require.NoError(t, err)
		for _, h := range c.Nodes() {
			seen = append(seen, h.ID)
		}
		if !c.PageInfo.HasNextPage {
			break
		}
		after = *c.PageInfo.EndCursor
	}
	require.Len(t, seen, 2002)
	slices.Sort(seen)
	require.Len(t, slices.Compact(seen), 2002)
}

// TestMyTasks: what waits comes from all lists, once, in the order in which it came, the late first; and goes for everybody when one has done it.
func TestMyTasks(t *testing.T) {
	t.Parallel()
	s := mustAsk(t, 1, "")
	alice, rita, rob := s.linked("alice", "P0", mayAsk), s.account("rita", mayDo, "/Custom/Resources"), s.account("rob", mayDo)
	boss := s.linked("boss", "P0", mayDo, "/Custom/Workflows/Supervise")
	require.Empty(t, s.tasks(alice, nil))
	require.Empty(t, s.tasks(rita, nil))
	s.mustWish(alice, request.Add, "Press", "P0")
	approval := fmt.Sprintf("APPROVAL Press /approvals/%d of Ann Lee", s.number(`select id from request_item`))
	require.Equal(t, []string{approval}, s.tasks(rita, nil))
	require.Equal(t, []string{approval}, s.tasks(rob, nil))
	require.Empty(t, s.tasks(alice, nil), "whoever asked has nothing to do")
	require.Empty(t, s.tasks(boss, nil), "another account of who gets it")
	s.byHand(`update account set name = 'Nick' where login = 'bray'`)
	two := s.tasks(rita, nil)
	require.Len(t, two, 2)
	require.Equal(t, approval, two[0])
	require.Regexp(t, `^RESOURCE_RECONCILIATION User: Name /reconcile/resources/\d+ of `, two[1])
	require.Equal(t, []string{approval}, s.tasks(rita, &desk.TaskFilter{Kinds: []desk.TaskKind{desk.Approval}}))
	require.Len(t, s.tasks(rita, &desk.TaskFilter{Text: new("bob")}), 1)
	require.Empty(t, s.tasks(rita, &desk.TaskFilter{Text: new("' or true --")}))

	s.later(30 * 24 * time.Hour)
	require.Equal(t, approval+" late", s.tasks(rita, nil)[0])
	require.Equal(t, []string{approval + " late"}, s.tasks(rita, &desk.TaskFilter{Late: new(true)}))
	require.Len(t, s.tasks(rita, &desk.TaskFilter{Late: new(false)}), 1)

	var all []string // page by page it is the same as at once
	for after := ""; ; {
		c, err := s.desk().MyTasks(rita, page.Args{First: 1, After: after}, nil, false)
		require.NoError(t, err)
		for _, x := range c.Nodes() {
			all = append(all, x.ID)
		}
		if !c.PageInfo.HasNextPage {
			break
		}
		after = *c.PageInfo.EndCursor
	}
	require.Len(t, all, 2)
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(all))), 2)
	counts, err := s.desk().TaskCounts(rita)
	require.NoError(t, err)
	byKind := map[desk.TaskKind]int{}
	for _, c := range counts {
		byKind[c.Kind] = c.Count
	}
	require.Equal(t, []int{1, 1}, []int{byKind[desk.Approval], byKind[desk.ResourceReconciliation]})

	require.Empty(t, s.answer(rob, request.ApproveStep, "RQ-1"))
	require.Len(t, s.tasks(rita, nil), 1, "what one has done nobody has to do")
	require.Empty(t, s.tasks(rita, &desk.TaskFilter{Kinds: []desk.TaskKind{desk.Approval}}))
	_, err = s.desk().MyTasks(rita, page.Args{First: 1}, &desk.TaskFilter{Kinds: []desk.TaskKind{"X"}}, false)
	require.True(t, errs.Is(err, errs.Validation), "%v", err)
	_, err = s.desk().MyTasks(rita, page.Args{First: 1, After: "nonsense"}, nil, false)
	require.True(t, errs.Is(err, errs.Validation), "%v", err)

	require.Equal(t, []desk.TaskKind{desk.Approval}, desk.MovedBy(rita, []string{request.EventChanged}))
	require.Empty(t, desk.MovedBy(alice, []string{request.EventChanged}), "nothing of it is his")
}

// TestMyTeam: who reports to somebody is told with what he may see of them, and nobody else's people.
func TestMyTeam(t *testing.T) {
	t.Parallel()
	s := mustSmall(t, smallOptions{edit: edits("      - { identifier: Team, column: Team }", "      - { identifier: Team, column: Team }\n      - { identifier: Boss, column: Team, target: Person, reverse: Reports }", "{ property: Dept, binding: Team }", "{ property: Dept, binding: Number }",
		"maximumUpdatedLines: 1,", "maximumUpdatedLines: 1000,")})
	s.people("P0,7,Ann,Lee,Alee,", "P1,1,Bob,Ray,Bray,P0", "P2,2,Cid,Ono,Cono,P0", "P3,3,Dee,Fox,Dfox,P1", "P4,4,Eva,Ash,Eash,P0")
	s.around()
	s.around()
	paths := []string{"/Custom/Resources/Person/Query", "/ProvisioningPolicy/AssignedSingleRole/Query"}
	ann, dee := s.linked("ann", "P0"), s.linked("dee", "P3", paths...)
	s.linked("bob", "P1")
	give := func(username string, paths ...string) context.Context {
		s.exec(`insert into access_rule (identifier, display_name, profile_id, entity_type) select ?0 || '-team', ?0, id, 'Person' from profile where identifier = ?0`, username)
		s.exec(`insert into access_filter (rule_id, binding, is_current_user) select id, 'Boss', true from access_rule where identifier = ? || '-team'`, username)
		for _, p := range paths {
			s.exec(`insert into access_entry (rule_id, permission, can_execute) select id, ?, true from access_rule where identifier = ? || '-team'`, p, username)
		}
		a, err := s.actor(s.ctx, s.number(`select id from local_user where username = ?`, username))
		require.NoError(t, err)
		return permit.With(s.ctx, a)
	}
	team := func(ctx context.Context, f *desk.TeamFilter) (list []string) {
		t.Helper()
		c, err := s.desk().MyTeam(ctx, page.Args{First: 50}, f, nil)
		require.NoError(t, err)
		require.Len(t, c.Edges, c.TotalCount)
		for _, m := range c.Nodes() {
			text := fmt.Sprintf("%s %s", m.Person.DisplayName, m.Standing)
			for _, n := range []*int{m.Roles, m.ByRequest, m.Accounts, m.Waiting, m.Risks} {
				if n == nil {
					text += " -"
				} else {
					text += fmt.Sprintf(" %d", *n)
				}
			}
			list = append(list, text)
		}
		return list
	}
	require.Empty(t, team(ann, nil), "nobody may be seen without a right")
	ann = give("ann", paths...)
	bob := give("bob", "/Custom/Workflows/ModifyPermissions_Person/Request/ActionPending")
	require.Equal(t, []string{"Bob Ray PLAIN 1 0 1 0 -", "Cid Ono PLAIN 1 0 1 0 -", "Eva Ash PLAIN 1 0 1 0 -"}, team(ann, nil))
	require.Equal(t, []string{"Dee Fox PLAIN - - - - -"}, team(bob, nil), "who asks only sees who it is")
	require.Empty(t, team(dee, nil), "nobody reports to her")
	require.Empty(t, team(s.account("nobody", paths...), nil))

	now := s.Clock.Now()
	s.exec(`insert into context (owner_id, end_date) values (?, ?), (?, ?), (?, ?)`, s.personID("P4"), now.Add(-time.Hour), s.personID("P2"), now.Add(12*24*time.Hour), s.personID("P1"), now.Add(90*24*time.Hour))
	require.Equal(t, []string{"Eva Ash LEFT 1 0 1 0 -", "Cid Ono ENDS_SOON 1 0 1 0 -", "Bob Ray PLAIN 1 0 1 0 -"}, team(ann, nil))
	require.Equal(t, []string{"Cid Ono ENDS_SOON 1 0 1 0 -"}, team(ann, &desk.TeamFilter{Standings: []desk.TeamStanding{desk.TeamEndsSoon}}))
	require.Equal(t, []string{"Bob Ray PLAIN 1 0 1 0 -"}, team(ann, &desk.TeamFilter{Text: new("RAY")}))
	c, err := s.desk().TeamCounts(ann)
	require.NoError(t, err)
	require.Equal(t, desk.TeamCounts{People: 3, Left: 1, EndsSoon: 1}, *c)
	for _, of := range []struct {
		ctx  context.Context
		want bool
	}{{ann, true}, {bob, true}, {dee, false}} {
		has, err := s.desk().HasReports(of.ctx, permit.From(of.ctx).ResourceID)
		require.NoError(t, err)
		require.Equal(t, of.want, has)
	}
	var all []int64
	for after := ""; ; {
		c, err := s.desk().MyTeam(ann, page.Args{First: 1, After: after}, nil, page.Fields{"id"})
		require.NoError(t, err)
		if len(c.Edges) == 0 {
			break
		}
		all, after = append(all, c.Nodes()[0].ID), c.Edges[0].Cursor
	}
	require.Equal(t, []int64{s.personID("P4"), s.personID("P2"), s.personID("P1")}, all)
}
