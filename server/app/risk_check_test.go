package app

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/server/assignment"
	"writ/server/errs"
	"writ/server/permit"
	"writ/server/risk"
)

const (
	basketRoles = `rules: [{}] }
  - { identifier: Lab, displayName: Lab, entityType: Person }
  - { identifier: Press, displayName: Press, entityType: Person }
  - { identifier: Bench, displayName: Bench, entityType: Person, rules: [{ compositeRole: Crew }] }
  - { identifier: Desk, displayName: Desk, entityType: Person }
compositeRoles: [{ identifier: Crew, displayName: Crew, entityType: Person }]`
	basketRules = `    navigationRules: [{ property: Groups, resource: lab, singleRole: Lab }, { property: Groups, resource: press, singleRole: Press }, { property: Groups, resource: bench, singleRole: Bench }, `
	// the blanks are filled with exemption policies
	basketRisks = `risks:
  - { identifier: Mix, displayName: Lab and staff, entityType: Person, level: 80, exemptionPolicy: ONE, remediation: Give one back, rules: [{ items: [{ resourceType: User, property: Groups, resource: staff }, { resourceType: User, property: Groups, resource: lab }] }] }
  - { identifier: News, displayName: Press, riskType: highPrivilege, entityType: Person, level: 20, exemptionPolicy: TWO, rules: [{ items: [{ resourceType: User, property: Groups, resource: press }] }] }
  - { identifier: Both, displayName: Lab and bench, entityType: Person, level: 60, exemptionPolicy: THREE, rules: [{ items: [{ resourceType: User, property: Groups, resource: lab }, { resourceType: User, property: Groups, resource: bench }] }, { items: [{ resourceType: User, property: Groups, resource: press }, { resourceType: User, property: Groups, resource: bench }] }] }`
	warns, asks, override = "warning", "approvalRequired", "approvalRequiredUnlessOverride"
)

// mustBasket is a company in which Ann has the role Staff by a rule, and three others and a composite role are there for the asking.
func mustBasket(t testing.TB, one, two, three string) *small {
	t.Helper()
	s := mustSmall(t, smallOptions{edit: edits("rules: [{}] }", basketRoles, "    navigationRules: [", basketRules)})
	s.byHand(`insert into grp values ('lab'), ('bench')`)
	s.people(ann)
	s.around()
	s.settled()
	s.rules(edits("ONE", one, "TWO", two, "THREE", three).Replace(basketRisks))
	return s
}

func (s *small) idOf(key string) int64 {
	s.t.Helper()
	return s.number(`select id from resource where key = ? and valid_to = 'infinity'`, key)
}

// check asks what a basket of Ann's would raise.
func (s *small) check(ctx context.Context, in risk.CheckRisksInput) *risk.RiskCheck {
	s.t.Helper()
	in.OwnerID = s.idOf("P0")
	c, err := s.Risks.CheckRisks(ctx, in)
	require.NoError(s.t, err)
	return c
}

// raises lists the risks of a check with what they mean and what brings them.
func raises(c *risk.RiskCheck) []string {
	out := []string{}
	for _, x := range c.Risks {
		names := func(list []*risk.RiskContributor) string {
			var of []string
			for _, p := range list {
				of = append(of, p.Value.DisplayName)
			}
			return strings.Join(of, "+")
		}
		text := x.Risk.Identifier + " " + string(x.Effect) + " " + names(x.Granted) + "/" + names(x.Held)
		for _, n := range x.Items {
			text += " " + string(rune('0'+n))
		}
		out = append(out, text)
	}
	return out
}

func roles(names ...string) (list []risk.RiskGrantInput) {
	for _, n := range names {
		list = append(list, risk.RiskGrantInput{Role: n})
	}
	return list
}

// byManual gives a role as an approved request would.
func (s *small) byManual(role string, from, to *time.Time) {
	s.t.Helper()
	s.exec(`insert into assigned_role (owner_id, role_id, workflow_state, workflow_state_changed_at, origin, start_date, end_date, valid_from)
		select ?, id, 16, now(), 'MANUAL', ?, ?, now() from role where identifier = ?`, s.idOf("P0"), from, to, role)
}

// TestWhatAnExemptionPolicyMeans is the table of requests 7.4: five policies, with and without the right to override, for oneself and for another.
func TestWhatAnExemptionPolicyMeans(t *testing.T) {
	t.Parallel()
	s := mustBasket(t, warns, warns, warns)
	id := s.idOf("P0")
	may := func(self bool, paths ...string) context.Context {
		a := &permit.Actor{Username: "max", Name: "Max"}
		if self {
			a.ResourceID = id
		}
		for _, p := range append(paths, permit.IdentifiedRiskQuery, "/Custom/Resources") {
			a.Grants = append(a.Grants, permit.Grant{Path: p, CanExecute: true, EntityType: map[bool]string{true: "*", false: "Person"}[p == "/Custom/Resources"], Profile: "Of" + p[strings.LastIndex(p, "/")+1:]})
		}
		return permit.With(s.ctx, a)
	}
	for _, c := range []struct {
		policy              string
		plain, with, itself risk.RiskEffect // without the right, with it, with it for oneself
		permission          string
	}{
		{"warning", risk.EffectWarning, risk.EffectWarning, risk.EffectWarning, ""},
		{"blocking", risk.EffectBlock, risk.EffectBlock, risk.EffectBlock, ""},
		{"approvalRequired", risk.EffectApproval, risk.EffectApproval, risk.EffectApproval, ""},
		{"blockingUnlessOverride", risk.EffectBlock, risk.EffectWarning, risk.EffectBlock, permit.RiskOverrideBlocking},
		{"approvalRequiredUnlessOverride", risk.EffectApproval, risk.EffectWarning, risk.EffectApproval, permit.RiskOverrideApproval},
	} {
		s.rules(edits("ONE", c.policy, "TWO", warns, "THREE", warns).Replace(basketRisks))
		for _, asked := range []struct {
			ctx    context.Context
			effect risk.RiskEffect
		}{
			{may(false), c.plain}, {may(false, permit.RiskOverrideBlocking, permit.RiskOverrideApproval), c.with}, {may(true, permit.RiskOverrideBlocking, permit.RiskOverrideApproval), c.itself},
			{s.ctx, c.plain}, // a part of the server overrides nothing
		} {
			got := s.check(asked.ctx, risk.CheckRisksInput{Grant: roles("Lab")})
			require.Equal(t, asked.effect, got.Effect, c.policy)
			require.Equal(t, []string{"Mix " + string(asked.effect) + " lab/staff 0"}, raises(got))
			if c.permission == "" {
				require.Nil(t, got.Risks[0].Override)
				require.Empty(t, got.Risks[0].OverriddenBy)
				continue
			}
			require.Equal(t, c.permission, *got.Risks[0].Override)
			require.Equal(t, asked.effect != c.plain, slices.Equal(got.Risks[0].OverriddenBy, []string{"Of" + c.permission[strings.LastIndex(c.permission, "/")+1:]}), "%v", got.Risks[0].OverriddenBy)
		}
	}
	other := permit.With(s.ctx, &permit.Actor{Username: "max", Grants: []permit.Grant{
		{Path: permit.IdentifiedRiskQuery, CanExecute: true}, {Path: "/Custom/Resources", CanExecute: true},
		{Path: permit.RiskOverrideApproval, CanExecute: true, EntityType: "Person", Profile: "Elsewhere", Filters: []permit.Filter{{Binding: "Team", Value: "B"}}},
		{Path: permit.RiskOverrideApproval, CanExecute: true, EntityType: "Person", Profile: "Here", Filters: []permit.Filter{{Binding: "Team", Value: "A"}}},
	}})
	require.Equal(t, []string{"Here"}, s.check(other, risk.CheckRisksInput{Grant: roles("Lab")}).Risks[0].OverriddenBy, "by what is about her")
}

// TestCheckOfABasket has a case for each sentence of role-model 9.4 and of requests 7.4.
func TestCheckOfABasket(t *testing.T) {
	t.Parallel()
	in := func(days int) *time.Time { t := time.Now().UTC().AddDate(0, 0, days); return &t }
	for _, c := range []struct {
		name      string
		one, two  string
		before    func(s *small)
		basket    risk.CheckRisksInput
		effect    risk.RiskEffect
		raises    []string
		otherwise string // what is refused
	}{
		{name: "an empty basket", basket: risk.CheckRisksInput{}, effect: risk.NoEffect, raises: []string{}},
		{name: "nothing of it is dangerous", basket: risk.CheckRisksInput{Grant: roles("Desk")}, effect: risk.NoEffect, raises: []string{}},
		{name: "with what is held", one: labBlocks, basket: risk.CheckRisksInput{Grant: roles("Desk", "Lab")}, effect: risk.EffectBlock, raises: []string{"Mix BLOCK lab/staff 1"}},
		{name: "within the basket, through a composite role", one: warns, basket: risk.CheckRisksInput{Grant: roles("Crew", "Desk", "Press")}, effect: risk.EffectApproval,
			raises: []string{"Both APPROVAL press+bench/ 0 2", "News WARNING press/ 2"}},
		{name: "the strongest counts", one: labBlocks, two: asks, basket: risk.CheckRisksInput{Grant: roles("Press", "Lab")}, effect: risk.EffectBlock,
			raises: []string{"Mix BLOCK lab/staff 1", "News APPROVAL press/ 0"}},
		{name: "a consequence of rules that a risk would keep back", one: warns, before: func(s *small) {
			s.rules(edits("ONE", warns, "TWO", warns, "THREE", labBlocks).Replace(basketRisks))
			s.byManual("Lab", nil, nil)
			s.compute1()
		}, basket: risk.CheckRisksInput{Grant: roles("Crew")}, effect: risk.EffectBlock, raises: []string{"Both BLOCK bench/lab 0"}},
		{name: "what he has already is not raised anew", one: labBlocks, before: func(s *small) { s.byManual("Lab", nil, nil); s.compute1() },
			basket: risk.CheckRisksInput{Grant: roles("Lab", "Desk")}, effect: risk.NoEffect, raises: []string{}},
		{name: "what waits counts as held", one: labBlocks, before: func(s *small) {
			s.byManual("Lab", nil, nil)
			s.exec(`alter table assigned_role disable trigger user`)
			s.exec(`update assigned_role set workflow_state = 8 where origin = 'MANUAL'`)
		}, basket: risk.CheckRisksInput{Grant: roles("Crew")}, effect: risk.EffectApproval, raises: []string{"Both APPROVAL bench/lab 0"}},
		{name: "dates that share no instant", one: labBlocks, basket: risk.CheckRisksInput{Grant: []risk.RiskGrantInput{{Role: "Lab", EndDate: in(3)}, {Role: "Crew", StartDate: in(3)}}, Take: []risk.RiskTakeInput{{Role: "Staff"}}},
			effect: risk.NoEffect, raises: []string{}},
		{name: "an instant to come", one: warns, basket: risk.CheckRisksInput{Grant: []risk.RiskGrantInput{{Role: "Lab", EndDate: in(5)}, {Role: "Crew", StartDate: in(3)}}, Take: []risk.RiskTakeInput{{Role: "Staff"}}},
			effect: risk.EffectApproval, raises: []string{"Both APPROVAL lab+bench/ 0 1"}},
		{name: "one for the other", one: labBlocks, basket: risk.CheckRisksInput{Grant: roles("Lab"), Take: []risk.RiskTakeInput{{Role: "Staff"}}}, effect: risk.NoEffect, raises: []string{}},
		{name: "one for the other, too late", one: labBlocks, basket: risk.CheckRisksInput{Grant: roles("Lab"), Take: []risk.RiskTakeInput{{Role: "Staff", At: in(2)}}}, effect: risk.EffectBlock, raises: []string{"Mix BLOCK lab/staff 0"}},
		{name: "what is only taken raises nothing", one: labBlocks, basket: risk.CheckRisksInput{Take: []risk.RiskTakeInput{{ResourceType: "User"}, {Role: "Staff"}}}, effect: risk.NoEffect, raises: []string{}},
		{name: "a resource type is nothing of it", one: labBlocks, basket: risk.CheckRisksInput{Grant: []risk.RiskGrantInput{{ResourceType: "User"}}}, effect: risk.NoEffect, raises: []string{}},
		{name: "no such role", basket: risk.CheckRisksInput{Grant: roles("Nothing")}, otherwise: "grant[0].role"},
		{name: "nothing named", basket: risk.CheckRisksInput{Grant: roles("Lab", "")}, otherwise: "grant[1]"},
		{name: "an end before the beginning", basket: risk.CheckRisksInput{Grant: []risk.RiskGrantInput{{Role: "Lab", EndDate: in(-1)}}}, otherwise: "grant[0].endDate"},
		{name: "no such dimension", basket: risk.CheckRisksInput{Grant: []risk.RiskGrantInput{{Role: "Lab", Parameters: []risk.RiskParameterInput{{Dimension: "Team", Value: 1}}}}}, otherwise: "grant[0].parameters[0].dimension"},
		{name: "nothing to take", basket: risk.CheckRisksInput{Take: []risk.RiskTakeInput{{Role: "Staff", ResourceType: "User"}}}, otherwise: "take[0]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := mustBasket(t, orWarns(c.one), orWarns(c.two), asks)
			if c.before != nil {
				c.before(s)
			}
			if c.otherwise != "" {
				c.basket.OwnerID = s.idOf("P0")
				_, err := s.Risks.CheckRisks(s.rita(), c.basket)
				var e *errs.Error
				require.ErrorAs(t, err, &e)
				require.Equal(t, errs.Validation, e.Kind)
				require.Equal(t, c.otherwise, e.Field)
				return
			}
			before := s.stands()
			got := s.check(s.rita(), c.basket)
			require.Equal(t, c.effect, got.Effect, "%v", raises(got))
			require.Equal(t, c.raises, raises(got))
			require.Equal(t, before, s.stands(), "a check writes nothing")
		})
	}
}

func orWarns(policy string) string {
	if policy == "" {
		return warns
	}
	return policy
}

// compute1 computes everybody once, whoever is marked.
func (s *small) compute1() {
	s.t.Helper()
	_, err := s.Assignments.Run(s.ctx, assignment.Recompute{EntityTypes: []string{"Person"}, Options: assignment.Options{Force: true}}, nil)
	require.NoError(s.t, err)
}

// TestCheckIsWhatComesOfIt draws what somebody has and a basket, and gives it to him then: the risks that the check told of are those that a computation finds, or
// keeps something back for, and it told of no others.
func TestCheckIsWhatComesOfIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		policy := rapid.SampledFrom([]string{warns, labBlocks, asks, labOverride, override})
		s := mustBasket(drawn{t, rt}, policy.Draw(rt, "one"), policy.Draw(rt, "two"), policy.Draw(rt, "three"))
		day := func(name string, from, to int) *time.Time {
			if n := rapid.IntRange(from-1, to).Draw(rt, name); n >= from {
				at := s.Clock.Now().UTC().Truncate(time.Microsecond).AddDate(0, 0, n)
				return &at
			}
			return nil
		}
		what := rapid.SampledFrom([]string{"Lab", "Press", "Bench", "Crew", "Desk", "Staff"})
		for range rapid.IntRange(0, 2).Draw(rt, "had") {
			from := day("since", -3, 3)
			s.byManual(what.Draw(rt, "has"), from, nil)
		}
		if rapid.Bool().Draw(rt, "by rule") {
			s.rules(labForAll)
		}
		s.compute1()
		if rapid.Bool().Draw(rt, "carried out") {
			s.around()
		}
		var in risk.CheckRisksInput
		for _, name := range rapid.SliceOfNDistinct(what, 1, 3, rapid.ID[string]).Draw(rt, "grants") {
			g := risk.RiskGrantInput{Role: name, StartDate: day("from", 0, 3)}
			if rapid.Bool().Draw(rt, "ends") {
				end := s.Clock.Now().UTC().Truncate(time.Microsecond).AddDate(0, 0, 4+rapid.IntRange(0, 3).Draw(rt, "to"))
				g.EndDate = &end
			}
			in.Grant = append(in.Grant, g)
		}
		known := func() []string {
			return s.list(s.DB, `select distinct r.identifier || case when k then ' of ' || w else '' end from (select risk_id, false as k, '' as w from identified_risk where closed_at is null
				union all select risk_id, true, concat_ws(' ', role_id, property, value_id) from risk_block where closed_at is null) x join risk r on r.id = x.risk_id order by 1`)
		}
		before := known()
		told := []string{}
		for _, x := range s.check(s.rita(), in).Risks {
			told = append(told, x.Risk.Identifier)
			require.NotEmpty(rt, x.Items)
		}
		slices.Sort(told)
		for _, g := range in.Grant {
			from := g.StartDate
			if from == nil {
				now := s.Clock.Now()
				from = &now
			}
			s.byManual(g.Role, from, g.EndDate)
		}
		s.compute1()
		found := []string{}
		for _, x := range known() {
			name, _, _ := strings.Cut(x, " ")
			if !slices.Contains(before, x) && !slices.Contains(before, name) && !slices.Contains(found, name) {
				found = append(found, name)
			}
		}
		slices.Sort(found)
		require.Equal(rt, found, told)
	})
}
