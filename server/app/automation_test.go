package app

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/assignment"
	"writ/server/catalogue"
	"writ/server/cli"
	"writ/server/config"
	"writ/server/evaluation"
	"writ/server/manifest"
	"writ/server/permit"
	"writ/server/reconciliation"
)

// mustAutomate is mustLab with automation rules; Ann is in a group of the role Lab.
func mustAutomate(t testing.TB, rules string) *small {
	t.Helper()
	s := mustLab(t)
	s.rules(rules)
	s.byHand(`insert into account_group values ('alee', 'lab'), ('alee', 'bench')`)
	return s
}

// rules adds to the configuration, and has everything computed that this concerns.
func (s *small) rules(text string) {
	s.t.Helper()
	if text == "" {
		return
	}
	m, err := manifest.Parse("rules.yaml", []byte(text))
	require.NoError(s.t, err)
	_, err = s.Manifest.Apply(s.ctx, m)
	require.NoError(s.t, err)
	s.compute()
}

// due lets the time of the clock come for whoever is due, and computes them.
func (s *small) due() {
	s.t.Helper()
	_, err := s.Assignments.MarkDue(s.ctx)
	require.NoError(s.t, err)
	s.compute()
}

// labs lists what is known of Ann's role Lab now: state, who decided, the comment.
func (s *small) labs() []string {
	s.t.Helper()
	return s.list(s.DB, `select concat_ws(' | ', a.workflow_state, regexp_replace(a.reviewed_by, '\d+$', 'N'), nullif(a.comment, '')) from assigned_role a join role r on r.id = a.role_id
		where r.identifier = 'Lab' and a.valid_to = 'infinity' order by a.id`)
}

// decisions lists what was decided, as the history has it.
func (s *small) decisions() []string {
	s.t.Helper()
	return s.list(s.DB, `select concat_ws(' | ', action, from_state, to_state, regexp_replace(actor, '\d+$', 'N'), comment) from assignment_history where actor <> 'engine' order by id`)
}

const (
	labDecline = "automationRules: [{ identifier: Out, displayName: Nothing stays, type: policy, policy: Default, entityType: Person, workflowState: nonConforming, hoursToWait: 48, decision: decline }]"
	labApprove = "automationRules: [{ identifier: In, displayName: Labs may stay, type: singleRole, singleRole: Lab, workflowState: nonConforming, hoursToWait: 0, decision: approve }]"
	declined   = "refuse | 1 | 20 | automation rule N | Nothing stays"
	approved   = "keep | 1 | 16 | automation rule N | Labs may stay"
)

// TestAutomationRuleApprovesAtOnce: what is found is kept by the computation that finds it, exactly as if a reviewer had kept it.
func TestAutomationRuleApprovesAtOnce(t *testing.T) {
	t.Parallel()
	s := mustAutomate(t, labApprove)
	require.Equal(t, []string{"16 | automation rule N | Labs may stay"}, s.labs())
	require.Equal(t, []string{approved}, s.decisions())
	require.Empty(t, s.waiting(), "its differences are decided with it")
	require.Empty(t, s.foundRoles())
	id := s.number(`select id from automation_rule`)
	require.Equal(t, []string{fmt.Sprint("automation rule ", id)}, s.list(s.DB, `select actor from event where kind = ? and data->>'decision' = 'KEEP_ROLE' and data->>'comment' = 'Labs may stay'`, reconciliation.EventRole))
	s.around()
	require.Equal(t, []string{"alee 7 Ann Lee A bench+lab+staff"}, s.accounts())
	s.settled()
}

// TestAutomationRuleWaits: nothing before its time; at its time the owner is computed by itself, the role is declined, and its groups go without a
// review. It waits from the last change of the state on, by the clock of the product, wherever that was put meanwhile.
func TestAutomationRuleWaits(t *testing.T) {
	t.Parallel()
	s := mustAutomate(t, labDecline)
	require.Equal(t, []string{"1"}, s.labs())
	require.Equal(t, []string{"172800.000000"}, s.list(s.DB, `select extract(epoch from o.automation_due_at - a.workflow_state_changed_at)::text from owner_state o join assigned_role a on a.owner_id = o.owner_id and a.workflow_state = 1`))
	found := s.Clock.Now()
	s.later(47 * time.Hour)
	s.due()
	s.whole()
	require.Equal(t, []string{"1"}, s.labs(), "not yet, whoever computes")
	s.Clock.SetOffset(s.Clock.Offset() - 30*24*time.Hour)
	s.due()
	require.Equal(t, []string{"1"}, s.labs(), "the clock was put back")
	s.Clock.SetOffset(s.Clock.Offset() + 30*24*time.Hour)
	for s.Clock.Now().Before(found.Add(48 * time.Hour)) {
		s.later(20 * time.Minute)
	}
	n, err := s.Assignments.MarkDue(s.ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n, "nobody touched the owner")
	s.compute()
	require.Equal(t, []string{"20 | automation rule N | Nothing stays"}, s.labs())
	require.Equal(t, []string{declined}, s.decisions())
	require.Equal(t, []string{"UPDATE P0 1  REMOVE Groups , REMOVE Groups "}, s.open(), "decided already: no review")
	s.around()
	require.Equal(t, []string{"alee 7 Ann Lee A staff"}, s.accounts())
	require.Empty(t, s.labs())
	require.Zero(t, s.number(`select count(*) from owner_state where automation_due_at is not null`))
	s.settled()
	require.Equal(t, []string{declined}, s.decisions())
}

// automation gives what an explanation says of automation rules, with times as T.
func (s *small) automation(in assignment.ExplainInput) (texts []string, x *assignment.Explanation) {
	s.t.Helper()
	in.OwnerID = s.number(`select r.id from resource r join entity_type t on t.id = r.entity_type_id where t.identifier = 'Person' order by r.id limit 1`)
	x, err := s.Assignments.Explain(s.ctx, in)
	require.NoError(s.t, err)
	for _, step := range x.Steps {
		if step.Kind == evaluation.StepAutomation {
			texts = append(texts, regexp.MustCompile(`\d+ \w{3} \d{4} \d\d:\d\d UTC`).ReplaceAllString(step.Text, "T"))
			require.NotNil(s.t, step.From)
		}
	}
	return texts, x
}

// TestAutomationIsExplained: which rule will decide and since when something has waited, then which one decided; of roles and of accounts, in the picture
// too, and not before it was so.
func TestAutomationIsExplained(t *testing.T) {
	t.Parallel()
	t.Run("Role", func(t *testing.T) {
		t.Parallel()
		s := mustAutomate(t, labDecline)
		waits, x := s.automation(assignment.ExplainInput{Role: "Lab"})
		require.Equal(t, []string{`Lab has waited as non-conforming since T. The automation rule "Nothing stays" declines it on T, unless somebody decides before.`}, waits)
		i := slices.IndexFunc(x.Steps, func(step evaluation.Step) bool { return step.Kind == evaluation.StepAutomation })
		require.Equal(t, "Out", x.Steps[i].Rule)
		require.Equal(t, 48*time.Hour, x.Steps[i].To.Sub(*x.Steps[i].From))
		require.NotNil(t, x.Steps[i].RuleSince)
		rule := slices.IndexFunc(x.Nodes, func(n *assignment.ExplainNode) bool { return n.Title == "Out" })
		require.GreaterOrEqual(t, rule, 0)
		role := slices.IndexFunc(x.Nodes, func(n *assignment.ExplainNode) bool { return n.Kind == assignment.NodeRole })
		require.True(t, slices.ContainsFunc(x.Links, func(l *assignment.ExplainLink) bool { return l.From == x.Nodes[rule].ID && l.To == x.Nodes[role].ID }))
		other, _ := s.automation(assignment.ExplainInput{ResourceType: "Nope"})
		require.Empty(t, other, "of something else")
		before := s.Clock.Now()

		s.later(49 * time.Hour)
		s.due()
		decided, _ := s.automation(assignment.ExplainInput{Role: "Lab"})
		require.Equal(t, []string{`The automation rule "Nothing stays" declined Lab on T; it had waited as non-conforming since T.`}, decided)
		s.rules("delete: { automationRules: [Out] }")
		gone, _ := s.automation(assignment.ExplainInput{})
		require.Equal(t, decided, gone, "the comment has its name")
		past, _ := s.automation(assignment.ExplainInput{KnownAt: &before})
		require.Empty(t, past, "nothing was decided then")
	})
	t.Run("Account", func(t *testing.T) {
		t.Parallel()
		s := mustSmall(t, smallOptions{edit: edits("    allowRemove: true", "    allowRemove: false")})
		lost(s)
		s.rules("automationRules: [{ identifier: Accounts, type: resourceType, resourceType: User, workflowState: nonConforming, hoursToWait: 24, decision: approve }]")
		waits, _ := s.automation(assignment.ExplainInput{ResourceType: "User"})
		require.Len(t, waits, 1)
		require.Contains(t, waits[0], `The automation rule "Accounts" approves it on T`)
		s.later(25 * time.Hour)
		s.due()
		decided, _ := s.automation(assignment.ExplainInput{ResourceType: "User"})
		require.Len(t, decided, 1)
		require.Contains(t, decided[0], `The automation rule "Accounts" approved `)
	})
	t.Run("Never", func(t *testing.T) {
		t.Parallel()
		s := mustAutomate(t, labDecline)
		s.rules("automationRules: [{ identifier: Keep, displayName: People look at labs, type: singleRole, singleRole: Lab, workflowState: nonConforming, hoursToWait: -1, decision: approve }]")
		waits, _ := s.automation(assignment.ExplainInput{Role: "Lab"})
		require.Equal(t, []string{`Lab has waited as non-conforming since T. The automation rule "People look at labs" never decides about it, so that no wider one does: a person has to.`}, waits)
	})
}

// TestAutomationRuleIsRememberedByTheDatabase: another process, which never heard of the owner, decides when the time has come.
func TestAutomationRuleIsRememberedByTheDatabase(t *testing.T) {
	t.Parallel()
	s := mustAutomate(t, labDecline)
	c := config.Config{}
	c.Database.DataDir = s.dir
	c.Serve.Addr = "127.0.0.1:0"
	other, err := New(s.ctx, cli.Session{Config: c, Log: slog.New(slog.DiscardHandler), DB: s.DB, Out: os.Stdout})
	require.NoError(t, err)
	other.Clock.SetOffset(s.Clock.Offset() + 49*time.Hour)
	n, err := other.Assignments.MarkDue(s.ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	_, err = other.Assignments.Drain(s.ctx)
	require.NoError(t, err)
	require.Equal(t, []string{declined}, s.decisions())
}

// TestAutomationRuleNeverRevisits: what is decided stays, whoever decided, however rules are edited; what still waits goes by the new rule at once.
func TestAutomationRuleNeverRevisits(t *testing.T) {
	t.Parallel()
	s := mustAutomate(t, labApprove)
	kept := []string{"16 | automation rule N | Labs may stay"}
	s.rules(strings.ReplaceAll(labApprove, "approve", "decline"))
	s.whole()
	require.Equal(t, kept, s.labs())
	s.rules("delete: { automationRules: [In] }")
	s.whole()
	require.Equal(t, kept, s.labs())
	require.Equal(t, []string{approved}, s.decisions())

	other := mustAutomate(t, labDecline)
	require.Equal(t, []string{"1"}, other.labs())
	other.rules(strings.ReplaceAll(labDecline, "hoursToWait: 48", "hoursToWait: 0"))
	require.Equal(t, []string{declined}, other.decisions(), "it was still undecided")

	third := mustAutomate(t, labDecline)
	third.rules("delete: { automationRules: [Out] }")
	require.Zero(t, third.number(`select count(*) from owner_state where automation_due_at is not null`), "nothing waits for a rule that is gone")
	third.later(100 * time.Hour)
	third.due()
	require.Empty(t, third.decisions())
}

// TestAutomationRuleOfAPolicyThatIsOff decides nothing, and decides when the policy is switched on.
func TestAutomationRuleOfAPolicyThatIsOff(t *testing.T) {
	t.Parallel()
	s := mustAutomate(t, `policies: [{ identifier: Pause }]
categories: [{ identifier: Labs, policy: Pause }]
singleRoles: [{ identifier: Lab, displayName: Lab, entityType: Person, category: Labs }]
automationRules: [{ identifier: Out, displayName: Nothing stays, type: category, category: Labs, entityType: Person, workflowState: nonConforming, hoursToWait: 0, decision: decline }]`)
	require.Equal(t, []string{"1"}, s.labs())
	s.rules("policies: [{ identifier: Pause, isProvisioningEnabled: true }]")
	require.Equal(t, []string{declined}, s.decisions())
}

// TestAutomationRuleLeavesWhatWasPutOff: somebody wanted to think about it.
func TestAutomationRuleLeavesWhatWasPutOff(t *testing.T) {
	t.Parallel()
	s := mustAutomate(t, labDecline)
	decide := func(d reconciliation.Decision) {
		for _, x := range s.foundRoles() {
			_, err := s.Reconciliation.DecideRoles(s.rita(), reconciliation.DecideRoleReconciliationInput{Items: []reconciliation.ReconciliationItemInput{{ID: x.ID}}, Decision: d, Comment: new("later")})
			require.NoError(t, err)
		}
		s.compute()
	}
	decide(reconciliation.Postpone)
	s.later(100 * time.Hour)
	s.due()
	require.Equal(t, []string{"1 | later"}, s.labs())
	decide(reconciliation.TakeUpAgain)
	require.Equal(t, []string{declined}, s.decisions())
}

// TestAutomationRuleDecidesAboutAccounts is 13.3 by a rule: an account that no rule gives any more stays its owner's, or goes although its type allows
// no removal. One without an owner is left to people.
func TestAutomationRuleDecidesAboutAccounts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		decision, history string
		owned             []string
	}{
		{"approve", "keep | 1 | 16 | automation rule N | Accounts", []string{"P0 alee"}},
		{"decline", "refuse | 1 | 20 | automation rule N | Accounts", nil},
	} {
		t.Run(c.decision, func(t *testing.T) {
			t.Parallel()
			s := mustSmall(t, smallOptions{edit: edits("    allowRemove: true", "    allowRemove: false")})
			lost(s)
			require.Equal(t, []string{`UNAUTHORIZED P0 "alee" "" 1`}, s.waiting())
			s.byHand(`insert into account values ('zoe', '99', 'Zoe', 'B')`)
			s.rules("automationRules: [{ identifier: Accounts, type: resourceType, resourceType: User, workflowState: nonConforming, hoursToWait: 24, decision: " + c.decision + " }]")
			require.Empty(t, s.decisions())
			s.later(25 * time.Hour)
			s.due()
			require.Equal(t, []string{c.history}, s.decisions())
			s.around()
			require.Equal(t, c.owned, s.owned())
			require.Empty(t, s.open())
			s.later(1000 * time.Hour)
			s.due()
			require.Equal(t, []string{c.history}, s.decisions())
		})
	}
}

// TestAutomationRuleDecidesStepByStep: of a bundle that was found, the rule about composite roles decides and takes the single roles along; what is
// decided so is computed before rules about single roles look.
func TestAutomationRuleDecidesStepByStep(t *testing.T) {
	t.Parallel()
	s := mustLab(t)
	s.rules(`compositeRoles: [{ identifier: Science, displayName: Science, entityType: Person }]
singleRoles: [{ identifier: Lab, displayName: Lab, entityType: Person, rules: [{ compositeRole: Science }] }]
automationRules:
  - { identifier: Bundle, displayName: Bundles stay, type: compositeRole, compositeRole: Science, workflowState: nonConforming, hoursToWait: 0, decision: approve }
  - { identifier: Out, displayName: Nothing stays, type: policy, policy: Default, entityType: Person, workflowState: nonConforming, hoursToWait: 0, decision: decline }`)
	s.byHand(`insert into account_group values ('alee', 'lab'), ('alee', 'bench')`)
	require.Equal(t, []string{"keep | 1 | 16 | automation rule N | Bundles stay"}, s.decisions())
	require.Equal(t, []string{"18"}, s.labs(), "the bundle gives it by now")
	s.around()
	require.Equal(t, []string{"alee 7 Ann Lee A bench+lab+staff"}, s.accounts())
	s.settled()
}

// TestAutomationRuleDecidesOnce: many at once compute whoever is due, in two processes, completely and incrementally. One decision is made.
func TestAutomationRuleDecidesOnce(t *testing.T) {
	t.Parallel()
	s := mustAutomate(t, labDecline)
	s.later(50 * time.Hour)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if _, err := s.Assignments.MarkDue(s.ctx); err != nil {
				t.Error(err)
			}
			_, err := s.Assignments.Run(s.ctx, assignment.Recompute{EntityTypes: []string{"Person"}, Dirty: i%2 == 0, Options: assignment.Options{Force: i%2 == 1}}, nil)
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, []string{declined}, s.decisions())
	require.Len(t, s.open(), 1)
}

// TestAutomationRuleDecidesWholly: whatever fails while a decision is written, nothing of it is left, and the next computation makes it.
func TestAutomationRuleDecidesWholly(t *testing.T) {
	t.Parallel()
	s := mustAutomate(t, labDecline)
	s.later(50 * time.Hour)
	_, err := s.DB.ExecContext(s.ctx, `create function die() returns trigger language plpgsql as $$ begin if new.actor like 'automation rule%' then raise exception 'dies' using errcode = 'admin_shutdown'; end if; return new; end $$;
		create trigger die before insert on event for each row execute function die()`)
	require.NoError(t, err)
	_, err = s.Assignments.MarkDue(s.ctx)
	require.NoError(t, err)
	_, err = s.Assignments.Run(s.ctx, assignment.Recompute{EntityTypes: []string{"Person"}, Dirty: true}, nil)
	require.Error(t, err)
	require.Equal(t, []string{"1"}, s.labs())
	require.Empty(t, s.decisions())
	_, err = s.DB.ExecContext(s.ctx, `drop trigger die on event`)
	require.NoError(t, err)
	s.compute()
	require.Equal(t, []string{declined}, s.decisions())
}

// TestAutomationPreview: before a rule is saved, it tells what it would decide now and later, and what a stronger one decides; whoever may not see people
// learns only how many there are. A plan counts by the same choice, and decides nothing.
func TestAutomationPreview(t *testing.T) {
	t.Parallel()
	s := mustAutomate(t, "")
	c := catalogue.Service{DB: s.DB, Clock: s.Clock, Assignments: s.Assignments}
	in := catalogue.AutomationPreviewInput{Type: "policy", Target: "Default", EntityType: new("Person"), WorkflowState: "nonConforming", HoursToWait: new(48), Decision: "decline"}
	look := func(ctx context.Context, now, later, others, hidden int) *catalogue.AutomationPreview {
		t.Helper()
		p, err := c.AutomationPreview(ctx, in)
		require.NoError(t, err)
		require.Equal(t, []int{now, later, others, hidden}, []int{p.Now, p.Later, p.Others, p.Hidden})
		require.Len(t, p.Items.Nodes(), now+later)
		return p
	}
	p := look(s.rita(), 0, 1, 0, 0)
	require.Equal(t, "Lab", p.Items.Nodes()[0].TargetDisplayName)
	require.Equal(t, 48*time.Hour, p.Items.Nodes()[0].At.Sub(p.Items.Nodes()[0].Since))
	s.later(50 * time.Hour)
	look(s.rita(), 1, 0, 0, 0)
	look(permit.With(s.ctx, &permit.Actor{Username: "eve", Grants: []permit.Grant{{Path: permit.RoleModelQuery, CanExecute: true}}}), 0, 0, 0, 1)
	s.rules(strings.ReplaceAll(labApprove, "hoursToWait: 0", "hoursToWait: -1"))
	look(s.rita(), 0, 0, 1, 0)
	s.rules("delete: { automationRules: [In] }")

	m, err := manifest.Parse("rules.yaml", []byte(labDecline))
	require.NoError(t, err)
	_, err = s.Manifest.Apply(s.ctx, m)
	require.NoError(t, err)
	model, err := s.Assignments.Model(s.ctx, s.DB)
	require.NoError(t, err)
	n, err := model.Automated().Total(s.ctx, s.DB, s.Clock.Now())
	require.NoError(t, err)
	require.Equal(t, 1, n)
	n, err = model.Automated().Total(s.ctx, s.DB, s.Clock.Now().Add(-10*time.Hour))
	require.NoError(t, err)
	require.Zero(t, n)
	require.Empty(t, s.decisions())
}
