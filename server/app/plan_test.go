package app

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/riverqueue/river"
	"github.com/stretchr/testify/require"

	"writ/server/assignment"
	"writ/server/dbtest"
	"writ/server/errs"
	"writ/server/manifest"
	"writ/server/page"
	"writ/server/plan"
	"writ/server/synchronization"
)

// planned is a demo at rest, in which plans are made and applied.
type planned struct {
	t   *testing.T
	ctx context.Context
	*App
	dir string
}

func setupPlanned(t *testing.T) *planned {
	ctx, a, dir := mustDemo(t)
	p := &planned{t, ctx, a, dir}
	for _, connector := range []string{"HR", "Badge"} {
		_, err := a.Synchronization.Run(ctx, synchronization.RunInput{Connector: connector, Force: true})
		require.NoError(t, err)
	}
	_, err := a.Assignments.ComputeCorrelationKeys(ctx, nil)
	require.NoError(t, err)
	p.compute(assignment.Recompute{})
	return p
}

// grace lets the roles of the policy stay for so many minutes when rules take them away.
func (p *planned) grace(minutes int) {
	p.t.Helper()
	mustGrace(p.t, p.ctx, p.App, minutes)
	p.compute(assignment.Recompute{Dirty: true})
}

func mustGrace(t *testing.T, ctx context.Context, a *App, minutes int) {
	t.Helper()
	current, err := manifest.Export(ctx, a.DB, a.Manifest.Keyring)
	require.NoError(t, err)
	policy := current.Policies[slices.IndexFunc(current.Policies, func(p manifest.Policy) bool { return p.Identifier == "Default" })]
	policy.GracePeriod = minutes
	_, err = a.Manifest.Apply(ctx, &manifest.Manifest{Policies: []manifest.Policy{policy}})
	require.NoError(t, err)
}

func (p *planned) compute(r assignment.Recompute) {
	p.t.Helper()
	r.EntityTypes = []string{"Directory_User"}
	report, err := p.Assignments.Run(p.ctx, r, nil)
	require.NoError(p.t, err)
	require.Zero(p.t, report.Failed)
}

// facts are what a plan speaks of, as rows: the roles of everybody, the accounts, the open lines, the open differences.
func (p *planned) facts() map[string]int {
	p.t.Helper()
	var rows []struct{ Fact string }
	require.NoError(p.t, p.DB.NewRaw(`
		select 'ROLE ' || a.owner_id || ' ' || r.identifier || ' ' || a.workflow_state || ' ' || a.is_denied || ' ' || coalesce(a.start_date::text, '-') || '/' || coalesce(a.end_date::text, '-') || ' ' || a.parameters as fact
		from assigned_role a join role r on r.id = a.role_id where a.valid_to = 'infinity'
		union all
		select 'ACCOUNT ' || a.owner_id || ' ' || t.identifier || ' ' || a.workflow_state || ' ' || a.is_expected || ' ' || coalesce(a.start_date::text, '-') || '/' || coalesce(a.end_date::text, '-')
		from assigned_resource_type a join resource_type t on t.id = a.resource_type_id where a.valid_to = 'infinity' and a.owner_id is not null
		union all
		select 'LINE ' || o.owner_id || ' ' || t.identifier || ' ' || o.kind || ' ' || coalesce(l.property, '') || ' ' || l.action || ' ' || coalesce(l.proposed_value, '') || ' ' || l.state
		from order_line l join provisioning_order o on o.id = l.order_id join resource_type t on t.id = o.resource_type_id where l.closed_at is null and o.closed_at is null and o.owner_id is not null
		union all
		select 'DIFFERENCE ' || a.owner_id || ' ' || t.identifier || ' ' || coalesce(g.property, '') || ' ' || coalesce(g.current_value, '') || ' ' || coalesce(g.proposed_value, '') || ' ' || g.workflow_state
		from gap g join assigned_resource_type a on a.id = g.assigned_resource_type_id join resource_type t on t.id = a.resource_type_id where g.closed_at is null and a.owner_id is not null
		union all
		select 'BLOCKED ' || b.owner_id || ' ' || t.identifier || ' ' || b.property || ' ' || coalesce(b.value_id, 0)
		from risk_block b join resource_type t on t.id = b.resource_type_id where b.closed_at is null`).Scan(p.ctx, &rows))
	out := map[string]int{}
	for _, r := range rows {
		out[r.Fact]++
	}
	return out
}

// touched tells, of two states, for which owner and object how much of each kind was there only before and only after.
func touched(before, after map[string]int) map[string]bool {
	out := map[string]bool{}
	note := func(fact string) {
		f := strings.Fields(fact)
		out[f[0]+" "+f[1]+" "+f[2]] = true
	}
	for f, n := range before {
		if after[f] != n {
			note(f)
		}
	}
	for f, n := range after {
		if before[f] != n {
			note(f)
		}
	}
	return out
}

// said is the same of what a plan says, and the facts that it says will be.
func (p *planned) said(id int64) (about, will map[string]bool) {
	p.t.Helper()
	var rows []struct {
		OwnerID                                   int64
		Kind, Object, OrderKind, Property, Action string
		BeforeValue, AfterValue                   *string
		State, Workflow                           *int
		Effect                                    int
	}
	require.NoError(p.t, p.DB.NewRaw(`select owner_id, kind, object, order_kind, property, action, before_value, after_value, state, workflow, effect from plan_item where plan_id = ?`, id).Scan(p.ctx, &rows))
	about, will = map[string]bool{}, map[string]bool{}
	for _, r := range rows {
		about[fmt.Sprintf("%s %d %s", r.Kind, r.OwnerID, r.Object)] = true
		if r.Kind == "LINE" && r.State != nil && *r.State != 6 && *r.State != 4 {
			value := r.AfterValue
			if r.Action == "REMOVE" {
				value = r.BeforeValue
			}
			v := ""
			if value != nil {
				v = *value
			}
			will[fmt.Sprintf("LINE %d %s %s %s %s %s %d", r.OwnerID, r.Object, r.OrderKind, r.Property, r.Action, v, *r.State)] = true
		}
	}
	return about, will
}

// checksum is what every table holds but those of plans, and what a look leaves by itself: how often sequences were asked.
func (p *planned) checksum() map[string]string {
	p.t.Helper()
	var tables []string
	require.NoError(p.t, p.DB.NewRaw(`select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and relname !~ '^(plan|plan_item|plan_owner|event|event_chain|river_.*)$' order by 1`).Scan(p.ctx, &tables))
	out := map[string]string{}
	for _, name := range tables {
		var sum string
		require.NoError(p.t, p.DB.NewRaw(fmt.Sprintf(`select coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from %s t`, name)).Scan(p.ctx, &sum))
		out[name] = sum
	}
	return out
}

// TestPlanSaysWhatHappens: for random changes of the model, applying a plan and computing does exactly what the plan said, for everybody; and making
// it wrote nothing.
func TestPlanSaysWhatHappens(t *testing.T) {
	t.Parallel()
	for name, seed := range map[string]uint64{
		"any":                  dbtest.Seed(t),
		"grace and its bundle": 9691391176284758663, // what a prolonged role gives ends with its grace, which is counted from when the plan is applied
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			planSaysWhatHappens(t, seed)
		})
	}
}

func planSaysWhatHappens(t *testing.T, seed uint64) {
	p := setupPlanned(t)
	random := rand.New(rand.NewPCG(seed, 2))
	p.grace(1440)
	for round := range 6 {
		current, err := manifest.Export(p.ctx, p.DB, p.Manifest.Keyring)
		require.NoError(t, err)
		text := changeModel(t, current, random)
		untouched := p.checksum()
		made, err := p.Plans.Compute(p.ctx, plan.MakePlanInput{YAML: &text})
		require.NoError(t, err, "round %d:\n%s", round, text)
		require.Equal(t, untouched, p.checksum(), "a plan writes nothing")

		before := p.facts()
		if round%3 == 0 { // the plan as its page applies it; else the configuration alone, as any other way
			_, err = p.Plans.CarryOut(p.ctx, plan.ApplyPlanInput{ID: made.ID})
		} else {
			var m *manifest.Manifest
			m, err = manifest.Parse("change.yaml", []byte(text))
			require.NoError(t, err)
			_, err = p.Manifest.Apply(p.ctx, m)
		}
		require.NoError(t, err, "round %d:\n%s", round, text)
		p.compute(assignment.Recompute{Dirty: true})
		n := p.asSaid(made.ID, before, p.facts(), fmt.Sprintf("round %d:\n%s", round, text))
		t.Logf("round %d: %d things said and done", round, n)
	}
}

// asSaid demands that what happened between two states is what a plan said, and tells how much that was.
func (p *planned) asSaid(id int64, before, after map[string]int, what string) int {
	p.t.Helper()
	about, will := p.said(id)
	is := touched(before, after)
	for key := range about { // another rule behind the same, a line that waits for another reason: nothing that facts tell
		if !is[key] && !strings.HasPrefix(key, "LINE") && !strings.HasPrefix(key, "ACCOUNT") {
			require.Fail(p.t, "the plan said what did not happen", "%s\n%s", key, what)
		}
	}
	for key := range is {
		require.True(p.t, about[key], "the plan did not say %s\n%s", key, what)
	}
	for line := range will {
		require.NotZero(p.t, after[line], "the plan said %q\n%s", line, what)
	}
	for f := range after {
		if strings.HasPrefix(f, "LINE") && before[f] == 0 {
			require.True(p.t, will[f], "the plan did not say %q\n%s", f, what)
		}
	}
	return len(is)
}

// changeModel makes a configuration that changes the model somewhere.
func changeModel(t *testing.T, m *manifest.Manifest, random *rand.Rand) string {
	t.Helper()
	out := &manifest.Manifest{}
	departments := []string{"FIN", "SAL", "IT", "HR"}
	criterion := func() map[string]manifest.Criterion {
		return map[string]manifest.Criterion{"Department": {Key: departments[random.IntN(len(departments))], Inherit: true}}
	}
	for range 1 + random.IntN(2) {
		switch random.IntN(10) {
		case 9: // a grace period, or none
			policy := m.Policies[slices.IndexFunc(m.Policies, func(p manifest.Policy) bool { return p.Identifier == "Default" })]
			policy.GracePeriod = []int{0, 60, 2880}[random.IntN(3)]
			out.Policies = []manifest.Policy{policy}
		case 0: // another rule of a composite role
			r := m.CompositeRoles[random.IntN(len(m.CompositeRoles))]
			r.Rules = append(r.Rules, manifest.RoleRule{Identifier: fmt.Sprintf("random-%d", random.Uint32()), Dimensions: criterion()})
			out.CompositeRoles = []manifest.Role{r}
		case 1: // one rule less
			r := m.CompositeRoles[random.IntN(len(m.CompositeRoles))]
			if len(r.Rules) > 0 {
				r.Rules = r.Rules[:len(r.Rules)-1]
			}
			out.CompositeRoles = []manifest.Role{r}
		case 2: // a single role for a department
			r := m.SingleRoles[random.IntN(len(m.SingleRoles))]
			r.Rules = append(r.Rules, manifest.RoleRule{Identifier: fmt.Sprintf("random-%d", random.Uint32()), Dimensions: criterion()})
			out.SingleRoles = []manifest.Role{r}
		case 3: // nobody gets it any more
			r := m.SingleRoles[random.IntN(len(m.SingleRoles))]
			r.Rules = nil
			out.SingleRoles = []manifest.Role{r}
		case 4: // held for a review, or not
			r := m.ResourceTypes[random.IntN(len(m.ResourceTypes))]
			block := random.IntN(2) == 0
			r.BlockProvisioning = &block
			out.ResourceTypes = []manifest.ResourceType{r}
		case 5: // a value made in another way
			r := m.ResourceTypes[random.IntN(len(m.ResourceTypes))]
			r.ScalarRules = slices.Clone(r.ScalarRules)
			if len(r.ScalarRules) > 0 {
				at := random.IntN(len(r.ScalarRules))
				r.ScalarRules = slices.Delete(r.ScalarRules, at, at+1)
			}
			out.ResourceTypes = []manifest.ResourceType{r}
		case 7: // found by something else
			r := m.ResourceTypes[slices.IndexFunc(m.ResourceTypes, func(r manifest.ResourceType) bool { return r.Identifier == "Badge_Card" })]
			r.CorrelationRules = slices.Clone(r.CorrelationRules)
			r.CorrelationRules[0].SourceExpression = []string{"", "ToUpper", "ToLower"}[random.IntN(3)]
			out.ResourceTypes = []manifest.ResourceType{r}
		case 8: // another account for a department, which some have already
			name := fmt.Sprintf("Second_%d", random.IntN(1000))
			r := m.ResourceTypes[slices.IndexFunc(m.ResourceTypes, func(r manifest.ResourceType) bool { return r.Identifier == "Intranet_Administrator" })]
			r.Identifier, r.DisplayName = name, name
			r.TypeRules = []manifest.TypeRule{{Dimensions: criterion()}}
			r.ScalarRules = []manifest.ScalarRule{{Property: "Login", Expression: `"adm-" + ToLower(source.EmployeeId)`}, {Property: "FullName", Expression: "Literal:Second"}}
			r.NavigationRules, r.ClassificationRules, r.QueryRules = nil, nil, nil
			r.CorrelationRules = []manifest.CorrelationRule{{SourceExpression: `"adm-" + ToLower(source.EmployeeId)`, TargetBinding: "Login", Confidence: 100}}
			out.ResourceTypes = []manifest.ResourceType{r}
		case 6: // everybody of a department has a role of their own
			name := fmt.Sprintf("Random_%d", random.IntN(1000))
			out.SingleRoles = []manifest.Role{{Identifier: name, DisplayName: name, EntityType: "Directory_User", Category: m.SingleRoles[0].Category,
				Rules: []manifest.RoleRule{{Dimensions: criterion()}}}}
		}
	}
	raw, err := yaml.Marshal(out)
	require.NoError(t, err)
	return string(raw)
}

// giveSales makes everybody in sales hold the finance reports, too.
const giveSales = `
singleRoles:
  - identifier: Finance_Reports
    displayName: Finance reports
    entityType: Directory_User
    category: Business
    rules: [{ compositeRole: Finance_Staff }, { identifier: sales-too, dimensions: { Department: { key: SAL, inherit: true } } }]
`

// TestPlanRefusesWhenTheWorldMoved: a plan is applied while it would do exactly what it says, and not any more when one person is another one.
func TestPlanRefusesWhenTheWorldMoved(t *testing.T) {
	t.Parallel()
	p := setupPlanned(t)
	text := giveSales
	first, err := p.Plans.Compute(p.ctx, plan.MakePlanInput{YAML: &text})
	require.NoError(t, err)
	second, err := p.Plans.Compute(p.ctx, plan.MakePlanInput{YAML: &text})
	require.NoError(t, err)
	overlaps, err := p.Plans.Overlaps(p.ctx, []*plan.Plan{second})
	require.NoError(t, err)
	require.Len(t, overlaps[second], 1, "several coexist, and say so")

	var key string // somebody who would get the role leaves sales
	require.NoError(t, p.DB.NewRaw(`select w.key from plan_item i join resource w on w.id = i.owner_id where i.plan_id = ? and i.kind = 'ROLE' and i.effect = 1 order by w.key limit 1`, first.ID).Scan(p.ctx, &key))
	edit(t, p.dir, "hr/Positions.csv", func(rows [][]string) [][]string {
		for _, r := range rows {
			if r[1] == key {
				r[2] = "HR"
			}
		}
		return rows
	})
	_, err = p.Synchronization.Run(p.ctx, synchronization.RunInput{Connector: "HR", Force: true})
	require.NoError(t, err)
	require.NoError(t, p.Assignments.Spread(p.ctx)) // what was read becomes known to the computation in any case
	before := p.checksum()
	moved, err := p.Plans.CarryOut(p.ctx, plan.ApplyPlanInput{ID: first.ID})
	require.True(t, errs.Is(err, errs.StaleItem), "%v", err)
	require.Equal(t, plan.OutOfDate, moved.State)
	list, err := p.Plans.Moved(p.ctx, []*plan.Plan{moved})
	require.NoError(t, err)
	require.NotEmpty(t, list[moved])
	require.Equal(t, before, p.checksum(), "nothing is written")
	_, err = p.Plans.CarryOut(p.ctx, plan.ApplyPlanInput{ID: first.ID})
	require.True(t, errs.Is(err, errs.InvalidTransition), "%v", err)

	third, err := p.Plans.Compute(p.ctx, plan.MakePlanInput{YAML: &text})
	require.NoError(t, err)
	done, err := p.Plans.CarryOut(p.ctx, plan.ApplyPlanInput{ID: third.ID})
	require.NoError(t, err)
	require.Equal(t, plan.Applied, done.State)
	_, err = p.Plans.CarryOut(p.ctx, plan.ApplyPlanInput{ID: third.ID})
	require.True(t, errs.Is(err, errs.AlreadyDone), "%v", err)
	_, err = p.Plans.CarryOut(p.ctx, plan.ApplyPlanInput{ID: second.ID})
	require.True(t, errs.Is(err, errs.StaleItem), "the configuration is another one: %v", err)
}

// TestPlanOfAProcessThatDied: whoever comes next begins the same plan again and leaves nothing twice; after three times it says that it failed.
func TestPlanOfAProcessThatDied(t *testing.T) {
	t.Parallel()
	p := setupPlanned(t)
	text := giveSales
	whole, err := p.Plans.Compute(p.ctx, plan.MakePlanInput{YAML: &text})
	require.NoError(t, err)
	made, err := p.Plans.Make(p.ctx, plan.MakePlanInput{YAML: &text})
	require.NoError(t, err)
	count := func(id int64) (n int) {
		require.NoError(t, p.DB.NewRaw(`select count(*) from plan_item where plan_id = ?`, id).Scan(p.ctx, &n))
		return n
	}
	// a process wrote some of it, and its lease is over
	_, err = p.DB.NewRaw(`insert into plan_item (plan_id, owner_id, type_id, kind, effect) select ?, owner_id, type_id, kind, effect from plan_item where plan_id = ? limit 5`, made.Plan.ID, whole.ID).Exec(p.ctx)
	require.NoError(t, err)
	_, err = p.DB.NewRaw(`update plan set state = 'RUNNING', fence = 1, lease_until = clock_timestamp() - interval '1 minute' where id = ?`, made.Plan.ID).Exec(p.ctx)
	require.NoError(t, err)
	worker := &plan.RunWorker{Service: p.Plans}
	run := func(id int64) {
		require.NoError(t, worker.Work(p.ctx, &river.Job[plan.RunArgs]{Args: plan.RunArgs{PlanID: id}}))
	}
	run(made.Plan.ID)
	got, err := p.Plans.Get(p.ctx, made.Plan.ID)
	require.NoError(t, err)
	require.Equal(t, plan.Finished, got.State, got.Failure)
	require.Equal(t, count(whole.ID), count(made.Plan.ID))

	_, err = p.DB.NewRaw(`update plan set state = 'RUNNING', fence = 3, lease_until = clock_timestamp() - interval '1 minute', ended_at = null where id = ?`, made.Plan.ID).Exec(p.ctx)
	require.NoError(t, err)
	run(made.Plan.ID)
	got, err = p.Plans.Get(p.ctx, made.Plan.ID)
	require.NoError(t, err)
	require.Equal(t, plan.Failed, got.State)

	stopped, err := p.Plans.Make(p.ctx, plan.MakePlanInput{YAML: &text})
	require.NoError(t, err)
	_, err = p.Plans.Cancel(p.ctx, plan.CancelPlanInput{ID: stopped.Plan.ID})
	require.NoError(t, err)
	run(stopped.Plan.ID)
	got, err = p.Plans.Get(p.ctx, stopped.Plan.ID)
	require.NoError(t, err)
	require.Equal(t, plan.Cancelled, got.State)
	_, err = p.Plans.Delete(p.ctx, plan.DeletePlanInput{ID: stopped.Plan.ID})
	require.NoError(t, err)
}

// TestPlanOfLimits: what would stop a generation is said before.
func TestPlanOfLimits(t *testing.T) {
	t.Parallel()
	p := setupPlanned(t)
	// nobody has an account any more: every order that was to come is withdrawn, and a badge for everybody anew is more than the limit
	text := `
resourceTypes:
  - identifier: Second_Card
    sourceEntityType: Directory_User
    targetEntityType: Badge_Holder
    connection: Badge_Tickets
    blockProvisioning: false
    maximumInsert: 10
    typeRules: [{}]
    scalarRules: [{ property: CardNumber, expression: '"C-" + source.EmployeeId' }]
`
	made, err := p.Plans.Compute(p.ctx, plan.MakePlanInput{YAML: &text})
	require.NoError(t, err)
	sums, err := p.Plans.Summaries(p.ctx, []*plan.Plan{made})
	require.NoError(t, err)
	sum := sums[made]
	require.True(t, sum.IsOverLimit)
	require.Equal(t, "insert", sum.Limits[0].Action)
	require.LessOrEqual(t, sum.Limits[0].Count, sum.Creations, "who starts later comes later")
	require.Equal(t, sum.Creations, sum.Tickets)
	require.NotEmpty(t, sum.Mails)

	groups, err := p.Plans.Groups(p.ctx, made.ID, plan.ByDimension, new("Department"), page.Of(nil, nil), nil)
	require.NoError(t, err)
	people := 0
	for _, g := range groups.Nodes() {
		people += g.People
	}
	require.Equal(t, sum.People, people, "everybody stands in one department")
}

// TestPolicies: tests of policies say who has what, at an instant, and by which rule; under a proposal they say what it would make of them.
func TestPolicies(t *testing.T) {
	t.Parallel()
	p := setupPlanned(t)
	var sales string
	require.NoError(t, p.DB.NewRaw(`select w.key from assigned_role a join role r on r.id = a.role_id and r.identifier = 'Sales_Staff' join resource w on w.id = a.owner_id
		where a.valid_to = 'infinity' and a.end_date is null and a.start_date < now() and not exists (select from assigned_role f join role g on g.id = f.role_id and g.identifier = 'Finance_Staff' where f.owner_id = a.owner_id and f.valid_to = 'infinity')
		order by w.key limit 1`).Scan(p.ctx, &sales))
	file := filepath.Join(t.TempDir(), "tests.yaml")
	require.NoError(t, os.WriteFile(file, []byte(fmt.Sprintf(`
tests:
  - name: who sells keeps customers
    person: %[1]s
    entityType: Directory_User
    has: [{ role: Customer_Records }, { resourceType: Badge_Card, property: AccessLevel, value: Standard }, { resourceType: Intranet_User, property: EmployeeId, value: %[1]s }]
    hasNot: [{ role: Finance_Reports }, { resourceType: Intranet_Administrator }]
  - name: who sells reads reports
    person: %[1]s
    entityType: Directory_User
    has: [{ role: Finance_Reports, by: sales-too }]
  - name: later
    person: %[1]s
    entityType: Directory_User
    at: 2035-01-01
    hasNot: [{ role: Finance_Reports }]
  - name: nobody
    person: E99999
    entityType: Directory_User
    hasNot: [{ role: Finance_Reports }]
`, sales)), 0o600))
	tests, err := plan.ReadTests(file)
	require.NoError(t, err)
	before := p.checksum()
	failing := func(m *manifest.Manifest) (names []string) {
		outcomes, err := p.Plans.Check(p.ctx, m, tests)
		require.NoError(t, err)
		for _, o := range outcomes {
			if len(o.Faults) > 0 {
				names = append(names, o.Name)
			}
		}
		return names
	}
	require.Equal(t, []string{"who sells reads reports", "nobody"}, failing(&manifest.Manifest{}))
	m, err := manifest.Parse("x.yaml", []byte(giveSales))
	require.NoError(t, err)
	require.Equal(t, []string{"who sells keeps customers", "later", "nobody"}, failing(m))
	require.Equal(t, before, p.checksum(), "tests write nothing")

	for name, text := range map[string]string{
		"no tests":        "tests: []",
		"unknown field":   "tests: [{ person: x, entityType: y, have: [] }]",
		"nothing to test": "tests: [{ person: x, entityType: y }]",
		"no person":       "tests: [{ entityType: y, has: [{ role: z }] }]",
		"role and type":   "tests: [{ person: x, entityType: y, has: [{ role: z, resourceType: t }] }]",
		"value of a role": "tests: [{ person: x, entityType: y, has: [{ role: z, value: v }] }]",
		"value alone":     "tests: [{ person: x, entityType: y, has: [{ resourceType: z, value: v }] }]",
		"no YAML":         "tests: [",
	} {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		_, err := plan.ReadTests(file)
		require.True(t, errs.Is(err, errs.Validation), "%s: %v", name, err)
	}
}
