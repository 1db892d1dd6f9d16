package app

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/riverqueue/river"
	"github.com/stretchr/testify/require"

	"writ/server/assignment"
	"writ/server/bulk"
	"writ/server/errs"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/redundancy"
)

const rolesNow = `select concat_ws(' | ', w.key, r.identifier, a.workflow_state, a.origin, to_char(a.start_date at time zone 'UTC', 'YYYY-MM-DD'), to_char(a.end_date at time zone 'UTC', 'YYYY-MM-DD'))
	from assigned_role a join role r on r.id = a.role_id join resource w on w.id = a.owner_id where a.valid_to = 'infinity' order by w.key, r.identifier, a.start_date nulls first, a.id`

// mustApprove is a company in which people were given by hand what rules give: Ann her only role, since before anybody knew her, Bob his account, and Cid the role
// until long after. Dan has a role that no rule gives.
func mustApprove(t *testing.T) *small {
	t.Helper()
	s := mustSmall(t, smallOptions{})
	s.people("P1,7,Ann,Lee,alee,A", "P2,8,Bob,Ray,bray,A", "P3,9,Cid,Sun,csun,A", "P4,10,Dan,Moe,dmoe,A")
	s.rules("singleRoles: [{ identifier: Guest, displayName: Guest, entityType: Person }]")
	s.around()
	s.settled()
	s.exec(`insert into assigned_role (owner_id, role_id, workflow_state, workflow_state_changed_at, origin, start_date, end_date, comment, valid_from)
		select w.id, r.id, 16, ?0, 'MANUAL', '2020-01-01Z', case w.key when 'P3' then '2200-01-01Z'::timestamptz end, 'he asked', ?0 from resource w, role r
		where (w.key, r.identifier) in (('P1', 'Staff'), ('P3', 'Staff'), ('P4', 'Guest'))`, s.Clock.Now())
	s.exec(`update assigned_resource_type a set workflow_state = 16 from resource w where w.id = a.owner_id and w.key = 'P2'`)
	require.NoError(t, assignment.MarkDirty(s.ctx, s.DB, "test", s.who("P1"), s.who("P2"), s.who("P3"), s.who("P4")))
	s.around()
	s.settled()
	return s
}

// analyse has the server look, and gives what it found.
func (s *small) analyse(ctx context.Context) []*redundancy.RedundantAssignment {
	s.t.Helper()
	p, err := s.Redundancy.Start(ctx, redundancy.StartRedundancyAnalysisInput{})
	require.NoError(s.t, err)
	s.analysis(p.Run.ID)
	run, err := s.Redundancy.Run(ctx, p.Run.ID)
	require.NoError(s.t, err)
	require.Equal(s.t, redundancy.Completed, run.State, run.Error)
	require.Equal(s.t, run.Total, run.Done)
	list := s.redundant(ctx)
	require.Len(s.t, list, run.Found)
	return list
}

func (s *small) analysis(id int64) {
	s.t.Helper()
	require.NoError(s.t, (&redundancy.AnalyseWorker{Service: s.Redundancy}).Work(s.ctx, &river.Job[redundancy.AnalyseArgs]{Args: redundancy.AnalyseArgs{RunID: id}}))
}

func (s *small) redundant(ctx context.Context) []*redundancy.RedundantAssignment {
	s.t.Helper()
	list, err := s.Redundancy.List(ctx, page.Args{First: 100}, nil, nil, true)
	require.NoError(s.t, err)
	return list.Nodes()
}

func (s *small) leaveToRules(ctx context.Context) *bulk.BulkChange {
	s.t.Helper()
	kind, decision := bulk.Redundant, bulk.LeaveToRules
	c := s.start(ctx, bulk.StartBulkChangeInput{Kind: &kind, Decision: &decision, Filters: bulk.Filters{Redundant: &redundancy.RedundantAssignmentFilter{}}, Comment: new("tidy up")})
	require.NoError(s.t, s.drainBulk(s.ctx, c.ID))
	c, err := s.Bulk.Get(ctx, c.ID)
	require.NoError(s.t, err)
	return c
}

// TestRedundantAssignments: what people approved although rules give it is found on demand, with the rules that do, and left to them by a bulk change: nobody loses
// anything, nothing is ordered, and who did it stands in the history.
func TestRedundantAssignments(t *testing.T) {
	t.Parallel()
	s := mustApprove(t)
	rita := s.account("rita", "/ProvisioningPolicy/RedundantAssignment", "/Custom/Resources")
	accounts := s.accounts()
	found := s.analyse(rita)
	require.Len(t, found, 3)
	require.Equal(t, []any{redundancy.SingleRole, "Staff", "P1", "Default", true}, []any{found[0].Kind, found[0].Object, found[0].Owner.Key, found[0].Policy, found[0].IsWhole()})
	require.Equal(t, []string{"Given to everybody."}, found[0].Given[0].Reasons)
	byType := found[1]
	require.Equal(t, []any{redundancy.ResourceType, "P2", true}, []any{byType.Kind, byType.Owner.Key, byType.IsWhole()})
	require.NotEmpty(t, byType.Given[0].Reasons)
	require.Zero(t, s.compute().Owners, "an analysis changes nothing")

	c := s.leaveToRules(rita)
	require.Equal(t, []any{bulk.Done, 3}, []any{c.State, c.Done}, "%+v", s.bulkItems(rita, c.ID))
	require.Empty(t, s.redundant(rita))
	require.Equal(t, 3, s.compute().Owners)
	s.around()
	require.Equal(t, accounts, s.accounts())
	require.Empty(t, s.open())
	s.settled()
	require.Equal(t, []string{"P1 | Staff | 18 | RULE", "P2 | Staff | 18 | RULE", "P3 | Staff | 18 | RULE", "P4 | Guest | 16 | MANUAL | 2020-01-01", "P4 | Staff | 18 | RULE"}, s.list(s.DB, rolesNow))
	require.Empty(t, s.list(s.DB, `select id::text from assigned_resource_type where workflow_state = 16`))
	require.Equal(t, []string{"leave_to_rules rita tidy up 16 18", "leave_to_rules rita tidy up 16 18", "leave_to_rules rita tidy up 16 18"},
		s.list(s.DB, `select concat_ws(' ', action, actor, comment, from_state, to_state) from assignment_history where actor = 'rita' order by id`))
	require.Equal(t, []string{"Person Staff", "Person Account", "Person Staff"},
		s.list(s.DB, `select source_entity_type || ' ' || coalesce(data ->> 'role', 'Account') from event where kind = 'assignment.left_to_rules' order by id`))
	require.Empty(t, s.analyse(rita), "and nothing is redundant any more")
}

// TestRedundantInPieces: an approval beyond the time of the rules is divided (scenario 17 of role-model 12.15): the assignment goes on as what the rules give, and a new one is what stays approved.
func TestRedundantInPieces(t *testing.T) {
	t.Parallel()
	s := mustSmall(t, smallOptions{})
	s.people(ann)
	s.around()
	s.rules(staffNoRule)
	s.around()
	s.exec(`insert into assigned_role (owner_id, role_id, workflow_state, workflow_state_changed_at, origin, start_date, end_date, comment, valid_from)
		select w.id, r.id, 16, ?0, 'MANUAL', '2020-01-01Z', '2200-01-01Z', 'he asked', ?0 from resource w, role r where w.key = 'P0' and r.identifier = 'Staff'`, s.Clock.Now())
	s.exec(`insert into assigned_role (owner_id, role_id, workflow_state, workflow_state_changed_at, origin, is_denied, start_date, end_date, valid_from)
		select w.id, r.id, 16, ?0, 'MANUAL', true, s, e, ?0 from resource w, role r, (values ('2100-01-01Z'::timestamptz, '2300-01-01Z'::timestamptz)) d (s, e)
		where w.key = 'P0' and r.identifier = 'Staff'`, s.Clock.Now())
	s.rules(staffRule)
	require.NoError(t, assignment.MarkDirty(s.ctx, s.DB, "test", s.who("P0")))
	s.around()
	rita := s.account("rita", "/ProvisioningPolicy/RedundantAssignment", "/Custom/Resources")
	found := s.analyse(rita)
	require.Len(t, found, 1)
	require.False(t, found[0].IsWhole())
	require.Len(t, found[0].Remaining, 1)
	id := s.number(`select id from assigned_role where workflow_state = 16 and not is_denied and valid_to = 'infinity'`)
	require.Equal(t, bulk.Done, s.leaveToRules(rita).State)
	s.around()
	s.settled()
	require.Equal(t, []string{"P0 | Staff | 18 | RULE | 2100-01-01", "P0 | Staff | 16 | MANUAL | 2100-01-01 | 2300-01-01", "P0 | Staff | 16 | MANUAL | 2100-01-01 | 2200-01-01", "P0 | Staff | 18 | RULE | 2300-01-01"}, s.list(s.DB, rolesNow))
	require.Equal(t, []string{"he asked"}, s.list(s.DB, `select comment from assigned_role where workflow_state = 16 and not is_denied and valid_to = 'infinity'`))
	require.Equal(t, []string{"18"}, s.list(s.DB, `select workflow_state::text from assigned_role where id = ?`, id), "the assignment goes on as what counts now")
	require.Equal(t, []string{"alee 7 Ann Lee A staff"}, s.accounts())
}

// TestRedundantIsTriedAgain: what changed since the analysis stays as it is, and says so; somebody's own is for somebody else; an older analysis has nothing to say.
func TestRedundantIsTriedAgain(t *testing.T) {
	t.Parallel()
	s := mustApprove(t)
	rita := s.account("rita", "/ProvisioningPolicy/RedundantAssignment", "/Custom/Resources")
	require.Len(t, s.analyse(rita), 3)
	s.rules(staffNoRule) // no rule gives the role any more
	s.around()
	kind, decision := bulk.Redundant, bulk.LeaveToRules
	before := s.list(s.DB, rolesNow)
	accounts := s.accounts()
	c := s.leaveToRules(rita)
	require.Equal(t, []any{1, 2}, []any{c.Done, c.Skipped}, "the account is given still")
	s.around()
	require.Equal(t, before, s.list(s.DB, rolesNow))
	require.Equal(t, accounts, s.accounts())

	s.rules(staffRule)
	s.around()
	require.Len(t, s.analyse(rita), 2)
	late := s.start(rita, bulk.StartBulkChangeInput{Kind: &kind, Decision: &decision})
	require.Len(t, s.analyse(rita), 2)
	require.NoError(t, s.drainBulk(s.ctx, late.ID))
	late, err := s.Bulk.Get(rita, late.ID)
	require.NoError(t, err)
	require.Equal(t, 2, late.Skipped, "a newer analysis took the place of what was frozen")

	self := s.account("alee", "/ProvisioningPolicy/RedundantAssignment", "/Custom/Resources")
	s.exec(`update local_user set resource_id = ? where username = 'alee'`, s.who("P1"))
	require.True(t, s.redundant(self)[0].IsOwn)
	c = s.leaveToRules(self)
	require.Equal(t, []any{1, 1}, []any{c.Done, c.Failed})
	require.Contains(t, *s.bulkItems(self, c.ID, bulk.ItemFailed)[0].Message, "Somebody else")
}

// TestRedundancyRuns: one at a time, stopped, lost by its process and gone on with where it was, refused without the rights.
func TestRedundancyRuns(t *testing.T) {
	t.Parallel()
	s := mustApprove(t)
	rita := s.account("rita", "/ProvisioningPolicy/RedundantAssignment", "/Custom/Resources")
	_, err := s.Redundancy.Start(rita, redundancy.StartRedundancyAnalysisInput{Policies: []string{"Nope"}})
	require.True(t, errs.Is(err, errs.Validation))
	p, err := s.Redundancy.Start(rita, redundancy.StartRedundancyAnalysisInput{Policies: []string{"Default"}})
	require.NoError(t, err)
	_, err = s.Redundancy.Start(rita, redundancy.StartRedundancyAnalysisInput{})
	require.True(t, errs.Is(err, errs.Conflict))

	first := s.who("P1") // a process that died behind the first person
	s.exec(`update redundancy_run set state = 'IN_PROGRESS', taken_by = gen_random_uuid(), updated_at = clock_timestamp(), after_owner = ?, done = 1`, first)
	s.analysis(p.Run.ID)
	run, err := s.Redundancy.Run(rita, p.Run.ID)
	require.NoError(t, err)
	require.Equal(t, redundancy.InProgress, run.State, "it is in other hands")
	s.exec(`update redundancy_run set updated_at = clock_timestamp() - interval '1 hour'`)
	require.NoError(t, s.Redundancy.Sweep(s.ctx))
	s.analysis(p.Run.ID)
	run, err = s.Redundancy.Run(rita, p.Run.ID)
	require.NoError(t, err)
	require.Equal(t, []any{redundancy.Completed, 2, 4}, []any{run.State, run.Found, run.Done})
	_, err = s.Redundancy.Cancel(rita, redundancy.CancelRedundancyAnalysisInput{ID: p.Run.ID})
	require.True(t, errs.Is(err, errs.AlreadyDone))

	p, err = s.Redundancy.Start(rita, redundancy.StartRedundancyAnalysisInput{})
	require.NoError(t, err)
	require.Empty(t, s.redundant(rita), "what the last one found is forgotten first")
	stopped, err := s.Redundancy.Cancel(rita, redundancy.CancelRedundancyAnalysisInput{ID: p.Run.ID})
	require.NoError(t, err)
	require.Equal(t, redundancy.Cancelled, stopped.Run.State)
	s.analysis(p.Run.ID)
	require.Empty(t, s.redundant(rita))

	require.Len(t, s.analyse(rita), 3)
	reader := s.account("reader", "/ProvisioningPolicy/RedundantAssignment/Query", "/Custom/Resources")
	require.Len(t, s.redundant(reader), 3)
	blind := s.account("blind", "/ProvisioningPolicy/RedundantAssignment")
	require.Empty(t, s.redundant(blind), "nobody learns of people whom he may not read")
	kind, decision := bulk.Redundant, bulk.LeaveToRules
	_, err = s.Bulk.Start(blind, bulk.StartBulkChangeInput{Kind: &kind, Decision: &decision})
	require.True(t, errs.Is(err, errs.Validation))
	_, err = s.Bulk.Start(reader, bulk.StartBulkChangeInput{Kind: &kind, Decision: &decision})
	require.True(t, errs.Is(err, errs.Forbidden))
	_, err = s.Redundancy.Start(reader, redundancy.StartRedundancyAnalysisInput{})
	require.True(t, errs.Is(err, errs.Forbidden))
	_, err = s.Redundancy.List(permit.With(t.Context(), &permit.Actor{UserID: 8, Username: "nobody"}), page.Args{First: 50}, nil, nil, true)
	require.True(t, errs.Is(err, errs.Forbidden))
	for f, want := range map[*redundancy.RedundantAssignmentFilter]int{
		{Kinds: []redundancy.RedundantKind{redundancy.ResourceType}}: 1, {Objects: []string{"Staff"}}: 2, {Objects: []string{"nowhere"}}: 0, {Policies: []string{"Default"}}: 3,
		{Text: new("ann")}: 1, {IsWhole: new(true)}: 3, {EntityTypes: []string{"Person"}}: 3, {EntityTypes: []string{"Account"}}: 0, {OwnerID: new(first)}: 1,
	} {
		list, err := s.Redundancy.List(reader, page.Args{First: 50}, f, nil, true)
		require.NoError(t, err)
		require.Len(t, list.Nodes(), want, "%+v", *f)
		require.Equal(t, want, list.TotalCount)
	}
}

func (s *small) who(key string) int64 {
	s.t.Helper()
	return s.number(`select w.id from resource w join entity_type e on e.id = w.entity_type_id where w.key = ? and e.identifier = 'Person' and w.valid_to = 'infinity'`, key)
}

// TestRedundantIsExplained: an approval that rules make redundant says so where one asks why, with the rules, and in the picture.
func TestRedundantIsExplained(t *testing.T) {
	t.Parallel()
	s := mustApprove(t)
	for key, want := range map[string]string{
		"P1": "Somebody approved the role Staff for Ann Lee by hand, although the rule ",
		"P2": "Somebody approved the resource type User for Bob Ray by hand, although ",
		"P4": "",
	} {
		why, err := s.Assignments.Explain(s.ctx, assignment.ExplainInput{OwnerID: s.who(key)})
		require.NoError(t, err)
		if want == "" {
			require.NotContains(t, told(why), "redundant", "no rule gives it")
			continue
		}
		require.Contains(t, told(why), want)
		require.True(t, slices.ContainsFunc(why.Nodes, func(n *assignment.ExplainNode) bool {
			return slices.ContainsFunc(n.Texts, func(text string) bool { return strings.Contains(text, want) })
		}), "in the picture")
	}
	why, err := s.Assignments.Explain(s.ctx, assignment.ExplainInput{OwnerID: s.who("P1"), Role: "Staff"})
	require.NoError(t, err)
	require.Contains(t, told(why), "the approval is redundant")
}
