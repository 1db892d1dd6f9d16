package app

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/server/assignment"
	"writ/server/order"
	"writ/server/page"
	"writ/server/reconciliation"
)

// mustLab is a company where Ann has an account, and where nobody has the role Lab, which brings two groups.
func mustLab(t testing.TB) *small {
	t.Helper()
	s := mustSmall(t, smallOptions{edit: edits("rules: [{}] }", "rules: [{}] }\n  - { identifier: Lab, displayName: Lab, entityType: Person }",
		"    navigationRules: [", "    navigationRules: [{ property: Groups, resource: lab, singleRole: Lab }, { property: Groups, resource: bench, singleRole: Lab }, ")})
	s.byHand(`insert into grp values ('lab'), ('bench')`)
	s.people(ann)
	s.around()
	s.settled()
	return s
}

// whole computes everybody.
func (s *small) whole() assignment.Report {
	s.t.Helper()
	r, err := s.Assignments.Run(s.ctx, assignment.Recompute{EntityTypes: []string{"Person"}, Options: assignment.Options{Force: true}}, nil)
	require.NoError(s.t, err)
	require.Zero(s.t, r.Failed)
	return r
}

// agree approves whatever waits for a reviewer.
func (s *small) agree() {
	s.t.Helper()
	approve := order.DecideApprove
	_, err := s.Orders.Review(s.ctx, order.ReviewOrdersInput{Filter: &order.OrderFilter{}, Decision: &approve})
	require.NoError(s.t, err)
}

// foundRoles lists the found roles and those that were decided about.
func (s *small) foundRoles() []*reconciliation.RoleItem {
	s.t.Helper()
	var list []*reconciliation.RoleItem
	for _, postponed := range []bool{false, true} {
		c, err := s.Reconciliation.Roles(s.rita(), page.Args{First: 10}, &reconciliation.RoleReconciliationFilter{Postponed: &postponed}, nil, nil, true)
		require.NoError(s.t, err)
		list = append(list, c.Nodes()...)
	}
	return list
}

// TestFoundRoleIsCompleted: a reviewer lets the missing half of a found role in. It stays, whoever computes how often, and is nobody's work but that
// of who waits for the decision about the role.
func TestFoundRoleIsCompleted(t *testing.T) {
	t.Parallel()
	s := mustLab(t)
	s.byHand(`insert into account_group values ('alee', 'lab')`)
	waits := []string{"UPDATE P0 5  ADD Groups bench"}
	require.Equal(t, waits, s.open())
	r := s.whole()
	require.Zero(t, r.Orders+r.Types+r.Gaps, "what was saved says the same: %+v", r)
	require.Equal(t, waits, s.open())
	s.agree()
	for range 3 {
		s.around()
		require.Empty(t, s.open())
		require.Equal(t, []string{"alee 7 Ann Lee A bench+lab+staff"}, s.accounts())
	}
	require.Len(t, s.waiting(), 2, "both are decided about with the role")
	require.Len(t, s.foundRoles(), 1)
	s.settled()
}

// TestRefusedRoleIsFoundAgainAtOnce: what was written for a found role and is not seen yet when the role is refused shows afterwards. It says that the role
// is held again, in the computation that ends the refusal: nobody would compute the owner again for that.
func TestRefusedRoleIsFoundAgainAtOnce(t *testing.T) {
	t.Parallel()
	s := mustLab(t)
	group := func(name string) {
		_, err := s.target.ExecContext(s.ctx, `insert into account_group values ('alee', ?) on conflict do nothing`, name)
		require.NoError(t, err)
	}
	group("lab")
	s.synchronize("Target")
	s.whole()
	s.agree()
	s.send()
	require.Equal(t, []string{"UPDATE P0 8  ADD Groups bench"}, s.open(), "written, and not seen yet")
	for _, x := range s.foundRoles() {
		_, err := s.Reconciliation.DecideRoles(s.rita(), reconciliation.DecideRoleReconciliationInput{Items: []reconciliation.ReconciliationItemInput{{ID: x.ID, Version: &x.Version}},
			Decision: reconciliation.RemoveRole, Comment: new("because")})
		require.NoError(t, err)
	}
	for range 2 {
		s.around()
	}
	require.Len(t, s.foundRoles(), 1, "half a role is there, and somebody is asked")
	require.Equal(t, []string{"UPDATE P0 5  ADD Groups lab"}, s.open())
	r := s.whole()
	require.Zero(t, r.Roles+r.Types+r.Orders+r.Gaps, "nothing was left to find: %+v", r)
}

// TestFoundRolesComeToAnEnd: whatever others put into the groups of a role and take out, reviewers approve and people decide, and in whichever order
// it is sent, read and computed: in the end nothing moves any more, and nothing was taken away that nobody decided.
func TestFoundRolesComeToAnEnd(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := mustLab(drawn{t, rt})
		groups := rapid.SampledFrom([]string{"lab", "bench"})
		decided := false
		for range rapid.IntRange(4, 20).Draw(rt, "steps") {
			switch rapid.SampledFrom([]string{"join", "join", "leave", "agree", "agree", "compute", "whole", "send", "read", "around", "decide"}).Draw(rt, "step") {
			case "join":
				_, err := s.target.ExecContext(s.ctx, `insert into account_group values ('alee', ?) on conflict do nothing`, groups.Draw(rt, "group"))
				require.NoError(s.t, err)
			case "leave":
				_, err := s.target.ExecContext(s.ctx, `delete from account_group where grp = ?`, groups.Draw(rt, "group"))
				require.NoError(s.t, err)
			case "agree":
				s.agree()
			case "compute":
				s.compute()
			case "whole":
				s.whole()
			case "send":
				s.send()
			case "read":
				s.synchronize("Target")
			case "around":
				s.around()
			case "decide":
				for _, x := range s.foundRoles() {
					decided = true
					_, err := s.Reconciliation.DecideRoles(s.rita(), reconciliation.DecideRoleReconciliationInput{Items: []reconciliation.ReconciliationItemInput{{ID: x.ID, Version: &x.Version}},
						Decision: rapid.SampledFrom(x.Decisions()).Draw(rt, "decision"), Comment: new("because")})
					require.NoError(s.t, err)
				}
			}
		}
		for range 4 { // each round a reviewer approves what came meanwhile, and what others undid before it was seen is done again: without a time limit it stays Executed
			s.around()
			for _, name := range s.list(s.DB, `select l.proposed_value from order_line l where l.closed_at is null and l.state = 8 and l.action = 'ADD'`) {
				_, err := s.target.ExecContext(s.ctx, `insert into account_group values ('alee', ?) on conflict do nothing`, name)
				require.NoError(s.t, err)
			}
			s.agree()
		}
		s.around()
		s.settled()
		if !decided {
			require.Zero(s.t, s.number(`select count(*) from order_line where action = 'REMOVE'`), "nobody decided that anything goes")
		}
		has := s.accounts()[0]
		require.True(s.t, slices.Contains([]string{"alee 7 Ann Lee A staff", "alee 7 Ann Lee A bench+lab+staff"}, has) || len(s.foundRoles()) > 0, "half a role and nobody is asked: %s", has)
	})
}
