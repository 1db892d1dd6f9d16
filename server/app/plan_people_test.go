package app

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/assignment"
	"writ/server/dbtest"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/permit"
	"writ/server/plan"
	"writ/server/synchronization"
)

// position finds a position of somebody who has one only.
func (p *planned) position(department string) (id int64, version int, key, person string) {
	p.t.Helper()
	var r struct {
		ID          int64
		Version     int
		Key, Person string
	}
	require.NoError(p.t, p.DB.NewRaw(`select r.id, r.version, r.key, r.refs ->> 'Person' as person from resource r join entity_type t on t.id = r.entity_type_id and t.identifier = 'Directory_Position'
		where r.valid_to = 'infinity' and r.refs ->> 'Department' = ? and coalesce(r.scalars ->> 'EndDate', '') = ''
			and (select count(*) from resource o where o.entity_type_id = t.id and o.valid_to = 'infinity' and o.refs ->> 'Person' = r.refs ->> 'Person') = 1
		order by random() limit 1`, department).Scan(p.ctx, &r))
	return r.ID, r.Version, r.Key, r.Person
}

func value(property string, keys ...string) directory.PropertyValueInput {
	return directory.PropertyValueInput{Property: property, Keys: keys}
}

// TestPlanOfPeople: what data of people would do is what it does, for edits that are applied and for those that only their system can make.
func TestPlanOfPeople(t *testing.T) {
	t.Parallel()
	p := setupPlanned(t)
	departments := []string{"FIN", "SAL", "IT", "HR"}

	// somebody moves: that is read from a system, so it can be thought through and not applied
	id, version, key, person := p.position("SAL")
	untouched := p.checksum()
	made, err := p.Plans.Compute(p.ctx, plan.MakePlanInput{UpdateResources: []directory.UpdateResourceInput{{ID: id, Version: version, Values: []directory.PropertyValueInput{value("Department", "FIN")}}}})
	require.NoError(t, err)
	require.Equal(t, untouched, p.checksum(), "a plan writes nothing")
	sums, err := p.Plans.Summaries(p.ctx, []*plan.Plan{made})
	require.NoError(t, err)
	sum := sums[made]
	require.True(t, sum.IsImagined)
	require.Less(t, sum.Looked, 20, "only whom it concerns is computed")
	require.NotZero(t, sum.RolesAdded)
	require.NotZero(t, sum.RolesRemoved)
	all, err := p.Plans.Edits(p.ctx, []*plan.Plan{made})
	require.NoError(t, err)
	edits := all[made]
	require.Len(t, edits, 1)
	require.Equal(t, "FIN", *edits[0].Fields[0].After)
	require.Equal(t, "SAL", *edits[0].Fields[0].Before)
	_, err = p.Plans.CarryOut(p.ctx, plan.ApplyPlanInput{ID: made.ID})
	require.True(t, errs.Is(err, errs.Validation), "%v", err)
	before := p.facts()
	edit(t, p.dir, "hr/Positions.csv", func(rows [][]string) [][]string {
		for _, r := range rows {
			if r[0] == key {
				r[2] = "FIN"
			}
		}
		return rows
	})
	_, err = p.Synchronization.Run(p.ctx, synchronization.RunInput{Connector: "HR", Force: true})
	require.NoError(t, err)
	p.compute(assignment.Recompute{Dirty: true})
	require.NotZero(t, p.asSaid(made.ID, before, p.facts(), "moved "+person))

	// positions by hand: added, changed, ended, at random, each applied as it was said
	seed := dbtest.Seed(t)
	random := rand.New(rand.NewPCG(seed, 3))
	own := map[string]string{} // key -> person
	for round := range 8 {
		in := plan.MakePlanInput{}
		department := departments[random.IntN(len(departments))]
		what := ""
		switch {
		case len(own) == 0 || random.IntN(3) == 0:
			_, _, _, person := p.position(departments[random.IntN(len(departments))])
			key := fmt.Sprintf("BYHAND-%d", round)
			own[key] = person
			what = "add " + key + " " + person + " " + department
			in.CreateResources = []directory.CreateResourceInput{{EntityType: "Directory_Position", Key: key, Values: []directory.PropertyValueInput{value("Person", person), value("Department", department)}}}
		default:
			for key := range own {
				var r struct {
					ID      int64
					Version int
				}
				require.NoError(t, p.DB.NewRaw(`select r.id, r.version from resource r join entity_type t on t.id = r.entity_type_id where t.identifier = 'Directory_Position' and r.key = ? and r.valid_to = 'infinity'`, key).Scan(p.ctx, &r))
				if random.IntN(3) == 0 {
					what = "end " + key
					in.DeleteResources = []directory.DeleteResourceInput{{ID: r.ID, Version: r.Version}}
					delete(own, key)
				} else {
					what = "change " + key + " " + department
					in.UpdateResources = []directory.UpdateResourceInput{{ID: r.ID, Version: r.Version, Values: []directory.PropertyValueInput{value("Department", department)}}}
				}
				break
			}
		}
		made, err := p.Plans.Compute(p.ctx, in)
		require.NoError(t, err, what)
		before := p.facts()
		done, err := p.Plans.CarryOut(p.ctx, plan.ApplyPlanInput{ID: made.ID})
		require.NoError(t, err, what)
		require.Equal(t, plan.Applied, done.State)
		p.compute(assignment.Recompute{Dirty: true})
		t.Logf("%s: %d things", what, p.asSaid(made.ID, before, p.facts(), what))
	}

	// somebody else was faster
	_, err = p.Directory.Create(p.ctx, directory.CreateResourceInput{EntityType: "Directory_Position", Key: "LAST", Values: []directory.PropertyValueInput{value("Person", person), value("Department", "IT")}})
	require.NoError(t, err)
	p.compute(assignment.Recompute{Dirty: true})
	var last struct {
		ID      int64
		Version int
	}
	require.NoError(t, p.DB.NewRaw(`select id, version from resource where key = 'LAST'`).Scan(p.ctx, &last))
	in := directory.UpdateResourceInput{ID: last.ID, Version: last.Version, Values: []directory.PropertyValueInput{value("Department", "SAL")}}
	made, err = p.Plans.Compute(p.ctx, plan.MakePlanInput{UpdateResources: []directory.UpdateResourceInput{in}})
	require.NoError(t, err)
	in.Values = []directory.PropertyValueInput{value("Department", "HR")}
	_, err = p.Directory.Update(p.ctx, in)
	require.NoError(t, err)
	_, err = p.Plans.CarryOut(p.ctx, plan.ApplyPlanInput{ID: made.ID})
	require.True(t, errs.Is(err, errs.StaleItem), "%v", err)

	// what is refused
	nobody := permit.With(p.ctx, &permit.Actor{UserID: 1, Name: "nobody"})
	_, err = p.Plans.Make(nobody, plan.MakePlanInput{UpdateResources: []directory.UpdateResourceInput{in}})
	require.True(t, errs.Is(err, errs.Forbidden), "%v", err)
	_, err = p.Plans.Make(p.ctx, plan.MakePlanInput{CreateResources: []directory.CreateResourceInput{{EntityType: "Directory_Position", Key: "X", Values: []directory.PropertyValueInput{value("Person", "no such")}}}})
	require.True(t, errs.Is(err, errs.Validation), "%v", err)
	require.Equal(t, "input.createResources[0].values[0]", errs.As(err).Field)
	_, err = p.Plans.Compute(p.ctx, plan.MakePlanInput{CreateResources: []directory.CreateResourceInput{{EntityType: "Directory_User", Key: "NEW1"}}})
	require.True(t, errs.Is(err, errs.Validation), "%v", err)
	_, err = p.Plans.Make(p.ctx, plan.MakePlanInput{UpdateResources: make([]directory.UpdateResourceInput, 501)})
	require.True(t, errs.Is(err, errs.TooLarge), "%v", err)
}

// TestPolicyAllowsSimulations: people make plans only of what is in policies that allow it, as they are in force; the command line of any.
func TestPolicyAllowsSimulations(t *testing.T) {
	t.Parallel()
	p := setupPlanned(t)
	closed := `
policies: [{ identifier: Closed, isProvisioningEnabled: true }]
singleRoles: [{ identifier: Shut, displayName: Shut, entityType: Directory_User, category: Business, policy: Closed }]`
	_, err := p.Plans.Make(p.ctx, plan.MakePlanInput{YAML: &closed})
	require.True(t, errs.Is(err, errs.Validation), "%v", err)
	require.Contains(t, err.Error(), "Closed allows no simulations")
	_, err = p.Plans.Compute(p.ctx, plan.MakePlanInput{YAML: &closed})
	require.NoError(t, err, "the command line")
	open := `
policies: [{ identifier: Open, isProvisioningEnabled: true, isSimulationEnabled: true }]
singleRoles: [{ identifier: Free, displayName: Free, entityType: Directory_User, category: Business, policy: Open }]`
	_, err = p.Plans.Make(p.ctx, plan.MakePlanInput{YAML: &open})
	require.NoError(t, err, "of a policy that is not there yet")
	rule := `
policies: [{ identifier: Closed, isProvisioningEnabled: true }]
singleRoles:
  - identifier: Finance_Reports
    displayName: Finance reports
    entityType: Directory_User
    category: Business
    rules: [{ compositeRole: Finance_Staff }, { identifier: other, policy: Closed, dimensions: { Department: { key: SAL } } }]`
	_, err = p.Plans.Make(p.ctx, plan.MakePlanInput{YAML: &rule})
	require.True(t, errs.Is(err, errs.Validation), "a rule of another policy than its role: %v", err)
	shutting := `policies: [{ identifier: Default, displayName: Default policy, isProvisioningEnabled: true, isSimulationEnabled: false }]`
	_, err = p.Plans.Make(p.ctx, plan.MakePlanInput{YAML: &shutting})
	require.NoError(t, err, "what is in force counts")
}
