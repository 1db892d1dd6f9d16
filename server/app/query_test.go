package app

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/assignment"
	"writ/server/dbtest"
	"writ/server/directory"
	"writ/server/manifest"
	"writ/server/plan"
)

// lookingUp is a company with a list of sites that nothing points to: the department of an account is the site above the one that is looked up in it. Two
// values that are kept are looked up, too: the name of that site, and who is of one's crew, among people.
func lookingUp(t testing.TB) *small {
	t.Helper()
	s := mustSmall(t, smallOptions{schema: `create table site (code text primary key, name text, above text)`, edit: edits(
		"      - { identifier: Team, column: Team }\n", `      - { identifier: Team, column: Team }
      - { identifier: Place }
      - { identifier: Crew }
`, "policies: [{", `  - identifier: Site
    displayName: Site
    connector: Target
    source: { connection: Target_Database, table: site }
    displayExpression: "{Title}"
    properties:
      - { identifier: Code, column: code, primaryKey: true }
      - { identifier: Title, column: name }
      - { identifier: Above, column: above, target: Site, reverse: Below }
policies: [{`, "{ property: Dept, binding: Team }", `{ property: Dept, expression: 'query("Site", it.Code == source.Team)[?0].?Above.?Title.orValue("")' }`,
		"maximumUpdatedLines: 1,", "maximumUpdatedLines: 1000,", "maximumLinkDeletedLines: 1,", "maximumLinkDeletedLines: 1000,")})
	s.rules(`propertyExpressions:
  - { identifier: Place, entityType: Person, property: Place, expression: 'query("Site", it.Code == source.Team)[?0].?Title.orValue("")' }
  - { identifier: Crew, entityType: Person, property: Crew, expression: 'query("Person", it.Team == source.Team && it != source).map(p, p.Last).join("+")' }
`)
	return s
}

// sites makes the list what it is, and reads it.
func (s *small) sites(rows ...[3]string) {
	s.t.Helper()
	_, err := s.target.ExecContext(s.ctx, `delete from site`)
	require.NoError(s.t, err)
	for _, r := range rows {
		_, err := s.target.NewRaw(`insert into site values (?, ?, ?)`, r[0], r[1], r[2]).Exec(s.ctx)
		require.NoError(s.t, err)
	}
	s.synchronize("Target")
}

// TestQueryFollows: whatever an expression looked up, or would have found, concerns whoever it is computed for.
func TestQueryFollows(t *testing.T) {
	t.Parallel()
	s := lookingUp(t)
	s.sites([3]string{"b", "Berlin", "d"}, [3]string{"d", "Germany"})
	s.people("1,1,Ann,Lee,ann,b", "2,2,Bob,Ray,bob,r", "3,3,Cid,Moe,cid,b")
	s.around()
	require.Equal(t, []string{"1 Berlin", "2 -", "3 Berlin"}, s.values("Place"))
	require.Equal(t, []string{"1 Moe", "2 -", "3 Lee"}, s.values("Crew"))
	require.Equal(t, []string{"ann 1 Ann Lee Germany staff", "bob 2 Bob Ray staff", "cid 3 Cid Moe Germany staff"}, s.accounts())
	s.settled()

	s.sites([3]string{"b", "Berlin", "d"}, [3]string{"d", "Deutschland"}, [3]string{"r", "Rome", "i"}, [3]string{"i", "Italy"})
	s.around()
	require.Equal(t, []string{"1 Berlin", "2 Rome", "3 Berlin"}, s.values("Place"), "one that comes is found")
	require.Equal(t, []string{"ann 1 Ann Lee Deutschland staff", "bob 2 Bob Ray Italy staff", "cid 3 Cid Moe Deutschland staff"}, s.accounts(), "and so is what it leads to")
	s.settled()

	s.sites([3]string{"b", "Berlin"}, [3]string{"d", "Deutschland"})
	s.around()
	require.Equal(t, []string{"1 Berlin", "2 -", "3 Berlin"}, s.values("Place"), "one that goes is found no more")
	require.Equal(t, []string{"ann 1 Ann Lee staff", "bob 2 Bob Ray staff", "cid 3 Cid Moe staff"}, s.accounts())
	s.settled()

	// why, and tried as it is written
	s.sites([3]string{"b", "Berlin", "d"}, [3]string{"d", "Germany"})
	s.compute()
	ann := s.number(`select id from resource where key = '1' and valid_to = 'infinity'`)
	why, err := s.Assignments.Explain(s.ctx, assignment.ExplainInput{OwnerID: ann, ResourceType: "User", Property: "Dept"})
	require.NoError(t, err)
	require.Contains(t, told(why), `Among Site it found Berlin.`)
	values, err := s.Plans.StoredValues(s.ctx, plan.StoredValuesInput{ResourceID: ann})
	require.NoError(t, err)
	inputs := map[string]string{}
	for _, v := range values.Values {
		require.True(t, v.IsSame, v.Property)
		for _, in := range v.Inputs {
			inputs[v.Property+" "+in.Path] = text(in.Value)
		}
	}
	require.Equal(t, "1: b", inputs[`Place query("Site")`])
	require.Equal(t, "1: 3", inputs[`Crew query("Person")`])
	tried, err := s.Plans.StoredValues(s.ctx, plan.StoredValuesInput{ResourceID: ann, Save: &manifest.Manifest{PropertyExpressions: []manifest.PropertyExpression{
		{Identifier: "Place", EntityType: "Person", Property: "Place", Expression: `query("Site", true).map(x, x.Code).join(" ")`}}}})
	require.NoError(t, err)
	for _, v := range tried.Values {
		if v.Property == "Place" {
			require.Equal(t, "b d", text(v.Computed))
		}
	}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// told is an explanation in words.
func told(e *assignment.Explanation) string {
	var out []string
	for _, x := range e.Steps {
		out = append(out, x.Text)
	}
	return strings.Join(out, "\n")
}

// TestQueryExplainedThen: the past is explained with what could be found in it.
func TestQueryExplainedThen(t *testing.T) {
	t.Parallel()
	s := lookingUp(t)
	s.sites([3]string{"b", "Berlin", "d"}, [3]string{"d", "Germany"})
	s.people("1,1,Ann,Lee,ann,b")
	s.around()
	then := s.Clock.Now()
	s.sites([3]string{"b", "Berlin", "p"}, [3]string{"p", "Prussia"})
	s.around()
	ann := s.number(`select id from resource where key = '1' and valid_to = 'infinity'`)
	for want, known := range map[string]bool{`Dept of the User is "Germany"`: true, `Dept of the User is "Prussia"`: false} {
		in := assignment.ExplainInput{OwnerID: ann, ResourceType: "User", Property: "Dept"}
		if known {
			in.KnownAt = &then
		}
		why, err := s.Assignments.Explain(s.ctx, in)
		require.NoError(t, err)
		require.Contains(t, told(why), want)
	}
}

// TestQueryPlan: a plan of data that is looked up concerns whoever finds it.
func TestQueryPlan(t *testing.T) {
	t.Parallel()
	s := lookingUp(t)
	s.rules(`policies: [{ identifier: Default, displayName: Default, isProvisioningEnabled: true, isSimulationEnabled: true }]`)
	s.sites([3]string{"b", "Berlin", "d"}, [3]string{"d", "Germany"})
	s.people("1,1,Ann,Lee,ann,b")
	s.around()
	lines := func(in plan.MakePlanInput) []string {
		made, err := s.Plans.Compute(s.ctx, in)
		require.NoError(t, err)
		require.Empty(t, made.Failure)
		return s.list(s.DB, `select after_value from plan_item where plan_id = ? and property = 'Dept' order by 1`, made.ID)
	}
	germany, other := s.number(`select id from resource where key = 'd' and valid_to = 'infinity'`), "Deutschland"
	require.Equal(t, []string{other}, lines(plan.MakePlanInput{UpdateResources: []directory.UpdateResourceInput{{ID: germany,
		Version: int(s.number(`select version from resource where id = ?`, germany)), Values: []directory.PropertyValueInput{{Property: "Title", Value: &other}}}}}))
	s.settled()
}

// TestQueryIncrementalEqualsComplete changes people and what is looked up at random: what was computed of the changes is what an oracle says, and a complete
// computation finds nothing.
func TestQueryIncrementalEqualsComplete(t *testing.T) {
	t.Parallel()
	s := lookingUp(t)
	seed := dbtest.Seed(t)
	random := rand.New(rand.NewPCG(seed, 6))
	type site struct{ name, above string }
	type somebody struct{ last, team string }
	sites, people := map[string]site{}, map[int]somebody{}
	code := func() string { return string(rune('a' + random.IntN(5))) }
	for round := range 12 {
		for range random.IntN(4) {
			if c := code(); random.IntN(4) == 0 {
				delete(sites, c)
			} else {
				sites[c] = site{fmt.Sprint("s", random.IntN(4)), code()}
			}
		}
		for range random.IntN(4) {
			if id := 1 + random.IntN(7); random.IntN(4) == 0 {
				delete(people, id)
			} else {
				people[id] = somebody{fmt.Sprintf("x%d", random.IntN(4)), code()}
			}
		}
		var rows [][3]string
		for c, x := range sites {
			rows = append(rows, [3]string{c, x.name, x.above})
		}
		var list, place, crew, dept []string
		for id := range 8 {
			p, there := people[id]
			if !there {
				continue
			}
			list = append(list, fmt.Sprintf("%d,%d,F,%s,l%d,%s", id, id, p.last, id, p.team))
			var mates []string
			for other := range 8 {
				if o, there := people[other]; there && other != id && o.team == p.team {
					mates = append(mates, o.last)
				}
			}
			or := func(s string) string { return map[bool]string{true: "-", false: s}[s == ""] }
			place = append(place, fmt.Sprint(id, " ", or(sites[p.team].name)))
			crew = append(crew, fmt.Sprint(id, " ", or(strings.Join(mates, "+"))))
			dept = append(dept, fmt.Sprint(id, " ", or(sites[sites[p.team].above].name)))
		}
		s.people(list...)
		if random.IntN(2) == 0 { // either comes first
			s.sites(rows...)
			s.synchronize("HR")
		} else {
			s.synchronize("HR")
			s.compute()
			s.sites(rows...)
		}
		s.compute()
		require.Equal(t, place, append([]string(nil), s.values("Place")...), "round %d", round)
		require.Equal(t, crew, append([]string(nil), s.values("Crew")...), "round %d", round)
		require.Equal(t, dept, append([]string(nil), s.wanted("Dept")...), "round %d", round)
		n, err := s.Assignments.UpdateExpressions(s.ctx, nil)
		require.NoError(t, err)
		require.Zero(t, n, "round %d: a complete run finds something to write", round)
		r, err := s.Assignments.Run(s.ctx, assignment.Recompute{EntityTypes: []string{"Person"}, Options: assignment.Options{Force: true}}, nil)
		require.NoError(t, err)
		require.Zero(t, r.Orders+r.Failed+r.Types+r.Gaps, "round %d: %+v", round, r)
	}
}

// wanted lists what a property of the account of everybody who lives should be.
func (s *small) wanted(property string) []string {
	s.t.Helper()
	return s.list(s.DB, `select w.key || ' ' || coalesce(nullif((select x ->> 'value' from jsonb_array_elements(a.expected -> 'properties' -> ?) x where (x ->> 'inForce')::bool), ''), '-')
		from assigned_resource_type a join resource w on w.id = a.owner_id and w.valid_to = 'infinity' where a.valid_to = 'infinity' and a.is_expected order by w.key`, property)
}
