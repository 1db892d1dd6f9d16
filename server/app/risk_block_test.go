package app

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/server/assignment"
	"writ/server/manifest"
	"writ/server/order"
	"writ/server/page"
	"writ/server/plan"
	"writ/server/reconciliation"
	"writ/server/risk"
)

const (
	labForAll   = "singleRoles: [{ identifier: Lab, displayName: Lab, entityType: Person, rules: [{}] }]"
	labForNone  = "singleRoles: [{ identifier: Lab, displayName: Lab, entityType: Person, rules: [] }]"
	labRisk     = "risks: [{ identifier: Mix, displayName: Lab and press, entityType: Person, level: 80, exemptionPolicy: POLICY, rules: [{ items: [{ resourceType: User, property: Groups, resource: staff }, { resourceType: User, property: Groups, resource: lab }] }] }]"
	labNoRisk   = "delete: { risks: [Mix] }"
	labWarns    = "warning"
	labBlocks   = "blocking"
	labOverride = "blockingUnlessOverride"
)

func riskOf(policy string) string { return edits("POLICY", policy).Replace(labRisk) }

// keptBack lists what risks keep back: from whom, what, together with what.
func (s *small) keptBack() []string {
	s.t.Helper()
	return s.list(s.DB, `select concat_ws(' | ', w.key, r.identifier, b.property, b.rule, b.contributors::text) from risk_block b join resource w on w.id = b.owner_id left join role r on r.id = b.role_id
		where b.closed_at is null order by 1`)
}

// stands is everything that a computation keeps of people, but for ids and times.
func (s *small) stands() [][]string {
	s.t.Helper()
	return [][]string{
		s.list(s.DB, `select concat_ws(' | ', a.owner_id, a.role_id, a.workflow_state, a.origin, a.start_date, a.end_date, a.rule_ids::text, a.found_by::text) from assigned_role a where valid_to = 'infinity' order by 1`),
		s.list(s.DB, `select concat_ws(' | ', a.owner_id, a.resource_type_id, a.resource_id, a.workflow_state, a.is_expected, a.expected::text) from assigned_resource_type a where valid_to = 'infinity' order by 1`),
		s.list(s.DB, `select concat_ws(' | ', owner_id, risk_id, rule, start_date, end_date, contributors::text) from identified_risk where closed_at is null order by 1`),
		s.keptBack(),
	}
}

// mustMix is mustLab with the risk that staff and lab come together.
func mustMix(t testing.TB, policy string) *small {
	t.Helper()
	s := mustLab(t)
	s.rules(riskOf(policy))
	return s
}

// TestARiskKeepsARoleBack: what a rule newly gives is not given, told of once, explained, listed; and given when the risk changes.
func TestARiskKeepsARoleBack(t *testing.T) {
	t.Parallel()
	s := mustMix(t, labBlocks)
	s.rules(labForAll)
	require.Equal(t, []string{"26"}, s.labs())
	require.Empty(t, s.open(), "nothing is ordered")
	require.Len(t, s.keptBack(), 1)
	require.Zero(t, s.number(`select count(*) from identified_risk`))
	told := func(kind string) int64 { return s.number(`select count(*) from event where kind = ?`, kind) }
	require.EqualValues(t, 1, told(assignment.EventRiskBlocked))
	require.Equal(t, []string{"Mix Lab"}, s.list(s.DB, `select data->>'risk' || ' ' || (data->>'role') from event where kind = ?`, assignment.EventRiskBlocked))
	s.whole()
	s.around()
	s.settled()
	require.EqualValues(t, 1, told(assignment.EventRiskBlocked), "once")

	owner := s.number(`select id from resource where key = 'P0'`)
	list, err := s.Risks.Blocked(s.ctx, page.Args{First: 10}, nil, nil, true)
	require.NoError(t, err)
	require.Equal(t, 1, list.TotalCount)
	x := list.Nodes()[0]
	require.Equal(t, "Lab", *x.Role)
	require.Equal(t, "Lab and press", x.Risk.DisplayName)
	require.Len(t, x.Contributors, 2)
	var texts []string
	view, err := s.Assignments.View(s.ctx, assignment.ViewInput{ResourceID: owner})
	require.NoError(t, err)
	for _, e := range view.Entitlements {
		if e.Identifier == "Lab" {
			require.True(t, e.HiddenInSimplifiedView)
			require.False(t, e.InForce)
			require.Equal(t, assignment.StateBlocked, e.Workflow())
			texts = append(texts, e.Reasons[0])
		}
	}
	require.Equal(t, []string{"Blocked by the risk Lab and press (level 80): otherwise staff in Groups of the User (by the role Staff) and lab in Groups of the User (by the role Lab) would come together."}, texts)
	why, err := s.Assignments.Explain(s.ctx, assignment.ExplainInput{OwnerID: owner, Role: "Lab"})
	require.NoError(t, err)
	require.Contains(t, why.Steps[len(why.Steps)-2].Text, "The risk Lab and press (level 80) keeps the role Lab from Ann Lee: otherwise ")
	require.Contains(t, why.Steps[len(why.Steps)-1].Text, "So Ann Lee does not have the role Lab")
	not, err := s.Assignments.WhyNot(s.ctx, assignment.WhyNotInput{OwnerID: owner, Role: "Lab"})
	require.NoError(t, err)
	require.False(t, not.IsGiven)
	require.Equal(t, assignment.ReasonBlocked, not.Reasons[0].Kind)

	s.rules(riskOf(labWarns))
	require.Equal(t, []string{"18"}, s.labs())
	require.Empty(t, s.keptBack())
	require.EqualValues(t, 1, told(assignment.EventRiskUnblocked))
	require.EqualValues(t, 1, told(assignment.EventRiskIdentified))
	s.around()
	require.Equal(t, []string{"alee 7 Ann Lee A bench+lab+staff"}, s.accounts())
	s.rules(riskOf(labBlocks))
	require.Equal(t, []string{"18"}, s.labs(), "what is given already stays")
	require.Equal(t, []string{"give | 26 | 18"}, s.list(s.DB, `select concat_ws(' | ', action, from_state, to_state) from assignment_history where from_state = 26 order by id`))
	s.settled()
}

// TestABlockEndsWhenTheRiskIsDeleted: also when it is told to nobody by then.
func TestABlockEndsWhenTheRiskIsDeleted(t *testing.T) {
	t.Parallel()
	s := mustMix(t, labOverride)
	s.rules(labForAll)
	require.Equal(t, []string{"26"}, s.labs())
	s.rules(labNoRisk)
	require.Equal(t, []string{"18"}, s.labs())
	require.Empty(t, s.keptBack())
	list, err := s.Risks.Blocked(s.ctx, page.Args{First: 10}, &risk.IdentifiedRiskFilter{}, nil, true)
	require.NoError(t, err)
	require.Zero(t, list.TotalCount)
}

// TestTwoComputationsOfOneBlock: two processes compute the same people at once, and keep back once.
func TestTwoComputationsOfOneBlock(t *testing.T) {
	t.Parallel()
	s := mustMix(t, labBlocks)
	s.rules(labForAll)
	_, err := s.DB.ExecContext(s.ctx, `update owner_state set fingerprint = ''`)
	require.NoError(t, err)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			_, _ = s.Assignments.Run(s.ctx, assignment.Recompute{EntityTypes: []string{"Person"}, Options: assignment.Options{Force: true}}, nil)
		})
	}
	all.Wait()
	require.Len(t, s.keptBack(), 1)
	require.EqualValues(t, 1, s.number(`select count(*) from event where kind = ?`, assignment.EventRiskBlocked))
	require.Equal(t, []string{"26"}, s.labs())
}

// TestIncrementalEqualsCompleteWithRisks lets a company live with risks of all kinds, automation rules, people who write by hand, reviewers and whoever
// reconciles: after whatever happened, a complete computation finds nothing to say after an incremental one, of roles, accounts, risks and what they keep back.
func TestIncrementalEqualsCompleteWithRisks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := mustMix(drawn{t, rt}, rapid.SampledFrom([]string{labWarns, labBlocks, labOverride}).Draw(rt, "policy"))
		groups := rapid.SampledFrom([]string{"lab", "bench", "staff"})
		for range rapid.IntRange(3, 8).Draw(rt, "steps") {
			switch rapid.SampledFrom([]string{"give", "give", "take", "risk", "none", "join", "leave", "agree", "send", "around", "decide", "approve rule", "decline rule", "no rules", "leaver", "joiner"}).Draw(rt, "step") {
			case "give":
				s.rules(labForAll)
			case "take":
				s.rules(labForNone)
			case "risk":
				s.rules(riskOf(rapid.SampledFrom([]string{labWarns, labBlocks, labOverride, "approvalRequired"}).Draw(rt, "policy")))
			case "none":
				if s.number(`select count(*) from risk`) > 0 {
					s.rules(labNoRisk)
				}
			case "join":
				_, err := s.target.ExecContext(s.ctx, `insert into account_group select login, ? from account on conflict do nothing`, groups.Draw(rt, "group"))
				require.NoError(s.t, err)
				s.synchronize("Target")
			case "leave":
				_, err := s.target.ExecContext(s.ctx, `delete from account_group where grp = ?`, groups.Draw(rt, "group"))
				require.NoError(s.t, err)
				s.synchronize("Target")
			case "agree":
				s.agree()
			case "send":
				s.send()
			case "around":
				s.around()
			case "decide":
				for _, x := range s.foundRoles() {
					_, err := s.Reconciliation.DecideRoles(s.rita(), reconciliation.DecideRoleReconciliationInput{Items: []reconciliation.ReconciliationItemInput{{ID: x.ID, Version: &x.Version}},
						Decision: rapid.SampledFrom(x.Decisions()).Draw(rt, "decision"), Comment: new("because")})
					require.NoError(s.t, err)
				}
			case "approve rule":
				s.rules(labApprove)
			case "decline rule":
				s.rules(labDecline)
			case "no rules":
				for _, id := range s.list(s.DB, `select identifier from automation_rule`) {
					s.rules("delete: { automationRules: [" + id + "] }")
				}
			case "leaver":
				s.people()
				s.synchronize("HR")
			case "joiner":
				s.people(ann)
				s.synchronize("HR")
			}
			s.compute()
			s.compute() // what the first one made due
			incremental := s.stands()
			s.whole()
			require.Equal(s.t, incremental, s.stands())
		}
		_, err := s.Orders.Review(s.ctx, order.ReviewOrdersInput{Filter: &order.OrderFilter{}, Decision: new(order.DecideApprove)})
		require.NoError(s.t, err)
	})
}

// TestAPlanTellsOfValuesThatRisksKeepBack: a value that no new role brings and that a risk would keep back is in the plan, once, and no more when it is so; when the
// risk goes, it says that it is kept back no more.
func TestAPlanTellsOfValuesThatRisksKeepBack(t *testing.T) {
	t.Parallel()
	s := mustMix(t, labBlocks)
	current, err := manifest.Export(s.ctx, s.DB, s.Manifest.Keyring)
	require.NoError(t, err)
	user := current.ResourceTypes[slices.IndexFunc(current.ResourceTypes, func(r manifest.ResourceType) bool { return r.Identifier == "User" })]
	user.NavigationRules = append(user.NavigationRules, manifest.NavigationRule{Identifier: "lab-for-staff", Property: "Groups", Resource: "lab", SingleRole: "Staff"})
	raw, err := yaml.Marshal(&manifest.Manifest{ResourceTypes: []manifest.ResourceType{user}})
	require.NoError(t, err)
	text := string(raw)
	p := &planned{t, s.ctx, s.App, s.dir}
	made, err := s.Plans.Compute(s.ctx, plan.MakePlanInput{YAML: &text})
	require.NoError(t, err)
	require.Equal(t, []string{"BLOCKED User Groups  lab Blocked by the risk Lab and press."}, s.list(s.DB, `select concat_ws(' ', kind, object, property, coalesce(before_value, ''), coalesce(after_value, ''), error)
		from plan_item where plan_id = ?`, made.ID))
	before := p.facts()
	_, err = s.Plans.CarryOut(s.ctx, plan.ApplyPlanInput{ID: made.ID})
	require.NoError(t, err)
	s.compute()
	require.Positive(t, p.asSaid(made.ID, before, p.facts(), "a value kept back"))
	require.Empty(t, s.open())
	require.Len(t, s.keptBack(), 1)
	same := strings.Replace(text, "displayName: User", "displayName: A user", 1)
	again, err := s.Plans.Compute(s.ctx, plan.MakePlanInput{YAML: &same})
	require.NoError(t, err)
	require.Zero(t, s.number(`select count(*) from plan_item where plan_id = ?`, again.ID), "what is kept back already is no difference")
	gone, err := s.Plans.Compute(s.ctx, plan.MakePlanInput{YAML: new(labNoRisk)})
	require.NoError(t, err)
	require.Equal(t, []string{"BLOCKED User Groups lab  ", "LINE User Groups  lab "}, s.list(s.DB, `select concat_ws(' ', kind, object, property, coalesce(before_value, ''), coalesce(after_value, ''), coalesce(error, ''))
		from plan_item where plan_id = ? order by 1`, gone.ID))
}
