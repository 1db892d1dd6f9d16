package app

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/assignment"
	"writ/server/bulk"
	"writ/server/cli"
	"writ/server/config"
	"writ/server/page"
	"writ/server/reconciliation"
)

const (
	staffRule    = "singleRoles: [{ identifier: Staff, displayName: Staff, entityType: Person, rules: [{}] }]"
	staffNoRule  = "singleRoles: [{ identifier: Staff, displayName: Staff, entityType: Person, rules: [] }]"
	graceOfADay  = "policies: [{ identifier: Default, displayName: Default, isProvisioningEnabled: true, gracePeriod: 1440 }]"
	prolongedNow = `select concat_ws(' | ', a.workflow_state, a.origin, a.ground ->> 'cause', extract(epoch from a.end_date - a.workflow_state_changed_at)::int / 3600) from assigned_role a where a.valid_to = 'infinity' order by a.id`
)

// mustProlong is a company in which Ann's only role lost its rule, within a grace period of a day.
func mustProlong(t testing.TB, people ...string) *small {
	t.Helper()
	s := mustSmall(t, smallOptions{edit: edits("isProvisioningEnabled: true }", "isProvisioningEnabled: true, gracePeriod: 1440 }")})
	s.people(append([]string{ann}, people...)...)
	s.around()
	s.settled()
	s.rules(staffNoRule)
	return s
}

func (s *small) prolonged(ctx context.Context) []*reconciliation.ProlongedItem {
	s.t.Helper()
	list, err := s.Reconciliation.Prolonged(ctx, page.Args{First: 100}, nil, nil, nil, true)
	require.NoError(s.t, err)
	return list.Nodes()
}

func (s *small) review(ctx context.Context, d reconciliation.RoleReviewDecision, ids ...int64) []reconciliation.ProlongedResult {
	s.t.Helper()
	in := reconciliation.DecideProlongedRolesInput{Decision: d, Comment: new("because")}
	for _, id := range ids {
		in.Items = append(in.Items, reconciliation.ReconciliationItemInput{ID: id})
	}
	p, err := s.Reconciliation.DecideProlonged(ctx, in)
	require.NoError(s.t, err)
	return p.Results
}

// TestGraceEndsByItself: scenario 18. The role stays for a day with what it brings; at its end the owner is computed although nobody touched him,
// by whichever process is there then.
func TestGraceEndsByItself(t *testing.T) {
	t.Parallel()
	s := mustProlong(t)
	require.Equal(t, []string{"27 | GRACE | RULE_GONE | 24"}, s.list(s.DB, prolongedNow))
	require.Empty(t, s.open())
	r := s.whole()
	require.Zero(t, r.Roles+r.Types+r.Orders, "complete and incremental agree")
	s.around()
	require.Equal(t, []string{"alee 7 Ann Lee A staff"}, s.accounts())
	require.Equal(t, []string{"prolong"}, s.list(s.DB, `select action from assignment_history where assigned_role_id is not null order by id`))
	require.Equal(t, []string{"prolonged_role.changed 1"}, s.list(s.DB, `select kind || ' ' || (data ->> 'opened') from event where kind like 'prolonged%'`))
	s.later(23 * time.Hour)
	s.due()
	s.whole()
	require.Equal(t, []string{"27 | GRACE | RULE_GONE | 24"}, s.list(s.DB, prolongedNow))

	c := config.Config{}
	c.Database.DataDir = s.dir
	c.Serve.Addr = "127.0.0.1:0"
	other, err := New(s.ctx, cli.Session{Config: c, Log: slog.New(slog.DiscardHandler), DB: s.DB, Out: os.Stdout})
	require.NoError(t, err)
	other.Clock.SetOffset(s.Clock.Offset() + 2*time.Hour)
	n, err := other.Assignments.MarkDue(s.ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n, "nobody touched the owner")
	_, err = other.Assignments.Drain(s.ctx)
	require.NoError(t, err)
	require.Empty(t, s.list(s.DB, prolongedNow))
	s.later(2 * time.Hour)
	s.around()
	require.Equal(t, []string{"alee 7 Ann Lee A"}, s.accounts())
	s.settled()
}

// TestGraceIsReviewed: approved until the context ends, declined at once, given again by a rule; nobody reviews himself, nobody without the right does,
// and who comes second is told.
func TestGraceIsReviewed(t *testing.T) {
	t.Parallel()
	t.Run("Approved", func(t *testing.T) {
		t.Parallel()
		s := mustProlong(t)
		rita := s.account("rita", "/Custom")
		item := s.prolonged(rita)[0]
		require.Equal(t, []any{"Staff", reconciliation.RuleGone, 1}, []any{item.Role, item.Cause, len(item.Rules)})
		require.Nil(t, s.review(rita, reconciliation.ApproveRole, item.ID)[0].Error)
		require.Contains(t, s.review(rita, reconciliation.DeclineRole, item.ID)[0].Error.Message, "decided about this meanwhile")
		s.compute()
		require.Equal(t, []string{"16 | MANUAL"}, s.list(s.DB, prolongedNow))
		s.later(48 * time.Hour)
		s.due()
		s.around()
		require.Equal(t, []string{"alee 7 Ann Lee A staff"}, s.accounts())
		require.Equal(t, []string{"prolong engine", "approve rita"}, s.list(s.DB, `select action || ' ' || actor from assignment_history where assigned_role_id is not null order by id`))
		s.settled()
	})
	t.Run("Declined", func(t *testing.T) {
		t.Parallel()
		s := mustProlong(t)
		rita := s.account("rita", "/Custom")
		require.Nil(t, s.review(rita, reconciliation.DeclineRole, s.prolonged(rita)[0].ID)[0].Error)
		s.compute()
		require.Empty(t, s.list(s.DB, prolongedNow))
		s.around()
		require.Equal(t, []string{"alee 7 Ann Lee A"}, s.accounts())
		s.settled()
	})
	t.Run("GivenAgain", func(t *testing.T) {
		t.Parallel()
		s := mustProlong(t)
		rita := s.account("rita", "/Custom")
		id := s.prolonged(rita)[0].ID
		s.rules(staffRule)
		require.Equal(t, []string{"18 | RULE"}, s.list(s.DB, prolongedNow))
		require.Equal(t, []string{fmt.Sprint(id)}, s.list(s.DB, `select id::text from assigned_role`), "it is the same")
		require.Contains(t, s.review(rita, reconciliation.DeclineRole, id)[0].Error.Message, "not prolonged any more")
		s.around()
		s.settled()
	})
	t.Run("Refused", func(t *testing.T) {
		t.Parallel()
		s := mustProlong(t, "P1,8,Bob,Ray,bray,A")
		rita, nora := s.account("rita", "/Custom"), s.account("nora", "/Custom/ProvisioningPolicy/ReconciliateRoles/Person")
		one := s.account("one", "/Custom/ProvisioningPolicy/ReviewRoles/Person", "/Custom/Resources")
		list := s.prolonged(rita)
		require.Len(t, list, 2)
		_, err := s.Reconciliation.Prolonged(nora, page.Args{First: 1}, nil, nil, nil, true)
		require.ErrorContains(t, err, "ReviewRoles")
		_, err = s.Reconciliation.DecideProlonged(one, reconciliation.DecideProlongedRolesInput{Decision: reconciliation.ApproveRole, Items: []reconciliation.ReconciliationItemInput{{ID: list[0].ID}, {ID: list[1].ID}}})
		require.ErrorContains(t, err, "MassReviewRoles", "many at once need a right of their own")
		p, err := s.Reconciliation.DecideProlonged(one, reconciliation.DecideProlongedRolesInput{Decision: reconciliation.DeclineRole, Items: []reconciliation.ReconciliationItemInput{{ID: list[0].ID}}})
		require.NoError(t, err)
		require.NotNil(t, p.Results[0].Error, "declining needs a comment by default")
		require.Equal(t, "NOT_FOUND", s.review(rita, reconciliation.ApproveRole, 999999)[0].Error.Code)
		s.exec(`update local_user set resource_id = ? where username = 'rita'`, list[0].Owner.ID)
		results := s.review(rita, reconciliation.ApproveRole, list[0].ID, list[1].ID)
		require.Contains(t, results[0].Error.Message, "role of yours")
		require.Nil(t, results[1].Error)
	})
}

// TestGraceInBulk: all that a filter finds, on the server; what is given again meanwhile is skipped.
func TestGraceInBulk(t *testing.T) {
	t.Parallel()
	s := mustProlong(t, "P1,8,Bob,Ray,bray,A", "P2,9,Cid,Roe,croe,A")
	rita := s.account("rita", "/Custom")
	kind, approve := bulk.ReviewRoles, bulk.Approve
	c := s.start(rita, bulk.StartBulkChangeInput{Kind: &kind, Decision: &approve, Filters: bulk.Filters{Prolonged: &reconciliation.ProlongedFilter{Roles: []string{"Staff"}, Causes: []reconciliation.ProlongedCause{reconciliation.RuleGone}}}})
	require.Equal(t, 3, c.Total)
	gone := s.bulkItems(rita, c.ID)[1].SubjectID
	require.Nil(t, s.review(rita, reconciliation.DeclineRole, gone)[0].Error)
	require.NoError(t, s.drainBulk(s.ctx, c.ID))
	got, err := s.Bulk.Get(rita, c.ID)
	require.NoError(t, err)
	require.Equal(t, []int{2, 1, 0}, []int{got.Done, got.Skipped, got.Failed})
	s.compute()
	require.Equal(t, []string{"16 | MANUAL", "16 | MANUAL"}, s.list(s.DB, prolongedNow))
	s.around()
	s.settled()
}

// TestGraceByAutomationRule: a rule decides about what is prolonged, at once or after a while.
func TestGraceByAutomationRule(t *testing.T) {
	t.Parallel()
	const rule = "automationRules: [{ identifier: Out, displayName: No grace here, type: policy, policy: Default, entityType: Person, workflowState: prolonged, hoursToWait: %d, decision: %s }]"
	t.Run("AtOnce", func(t *testing.T) {
		t.Parallel()
		s := mustSmall(t, smallOptions{edit: edits("isProvisioningEnabled: true }", "isProvisioningEnabled: true, gracePeriod: 1440 }")})
		s.people(ann)
		s.around()
		s.rules(fmt.Sprintf(rule, 0, "approve"))
		s.rules(staffNoRule)
		require.Equal(t, []string{"16 | MANUAL"}, s.list(s.DB, prolongedNow))
		require.Equal(t, []string{"approve | 27 | 16 | automation rule N | No grace here"}, s.decisions())
	})
	t.Run("Waits", func(t *testing.T) {
		t.Parallel()
		s := mustProlong(t)
		s.rules(fmt.Sprintf(rule, 2, "decline"))
		rita := s.account("rita", "/Custom")
		require.NotNil(t, s.prolonged(rita)[0].Automatic)
		s.later(3 * time.Hour)
		s.due()
		require.Empty(t, s.list(s.DB, prolongedNow))
		require.Equal(t, []string{"decline | 27 | 17 | automation rule N | No grace here"}, s.decisions())
		s.around()
		s.settled()
	})
}

// TestGraceIsExplained: the person's page and the explanation say that the role stays, until when and because of which rule.
func TestGraceIsExplained(t *testing.T) {
	t.Parallel()
	s := mustProlong(t)
	ada := s.ctx
	owner := s.number(`select id from resource where key = 'P0'`)
	view, err := s.Assignments.View(ada, assignment.ViewInput{ResourceID: owner})
	require.NoError(t, err)
	at := slices.IndexFunc(view.Entitlements, func(e *assignment.Entitlement) bool { return e.Identifier == "Staff" })
	e := view.Entitlements[at]
	require.Equal(t, 27, e.WorkflowState)
	require.NotNil(t, e.ProlongedRoleID)
	require.Regexp(t, `^It is prolonged until \d+ \w+ \d{4} \d\d:\d\d UTC because the rule .* was deleted or switched off\.$`, e.Reasons[0])
	x, err := s.Assignments.Explain(ada, assignment.ExplainInput{OwnerID: owner, Role: "Staff"})
	require.NoError(t, err)
	require.Contains(t, fmt.Sprint(stepTexts(x)), "it is prolonged until")
}

func stepTexts(x *assignment.Explanation) (list []string) {
	for _, s := range x.Steps {
		list = append(list, s.Text)
	}
	return list
}
