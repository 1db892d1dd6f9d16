package app

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/assignment"
	"writ/server/cli"
	"writ/server/dbtest"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/manifest"
	"writ/server/page"
	"writ/server/plan"
)

// storing is a company whose people have values that are computed from their own and from those of a mate, who is computed, too: Team holds his id.
// The department of an account is such a value, two steps away.
func storing(t testing.TB, rules string) *small {
	t.Helper()
	s := mustSmall(t, smallOptions{edit: edits(
		"      - { identifier: Team, column: Team }\n", `      - { identifier: Team, column: Team }
      - { identifier: Mate, target: Person, reverse: Mates }
      - { identifier: Shout }
      - { identifier: MateShout }
      - { identifier: Far }
      - { identifier: Share, type: int64 }
`, "{ property: Dept, binding: Team }", "{ property: Dept, binding: Far }", "maximumUpdatedLines: 1,", "maximumUpdatedLines: 1000,")})
	s.rules("propertyExpressions:\n" + rules)
	return s
}

const mates = `
  - { identifier: A-Far, entityType: Person, property: Far, binding: Mate.MateShout }
  - { identifier: Shout, entityType: Person, property: Shout, binding: Last, expression: ToUpper }
  - { identifier: MateShout, entityType: Person, property: MateShout, binding: Mate.Shout }
  - { identifier: Mate, entityType: Person, property: Mate, binding: Team }
  - { identifier: Share, entityType: Person, property: Share, expression: '100 / int(source.Number)' }
`

// values lists a property of everybody who lives.
func (s *small) values(property string) []string {
	s.t.Helper()
	return s.list(s.DB, `select r.key || ' ' || coalesce(r.scalars ->> ?0, r.refs ->> ?0, '-') from resource r join entity_type t on t.id = r.entity_type_id and t.identifier = 'Person'
		where r.valid_to = 'infinity' order by r.key`, property)
}

// TestStoredExpressions: values are computed in the order of what reads what, before anybody is computed who uses them, and follow any number of steps.
func TestStoredExpressions(t *testing.T) {
	t.Parallel()
	s := storing(t, mates)
	s.people("1,1,Ann,Lee,ann,2", "2,2,Bob,Ray,bob,3", "3,4,Cid,Moe,cid,")
	s.around()
	require.Equal(t, []string{"1 LEE", "2 RAY", "3 MOE"}, s.values("Shout"))
	require.Equal(t, []string{"1 2", "2 3", "3 -"}, s.values("Mate"))
	require.Equal(t, []string{"1 RAY", "2 MOE", "3 -"}, s.values("MateShout"))
	require.Equal(t, []string{"1 MOE", "2 -", "3 -"}, s.values("Far"))
	require.Equal(t, []string{"1 100", "2 50", "3 25"}, s.values("Share"))
	require.Equal(t, []string{"ann 1 Ann Lee MOE staff", "bob 2 Bob Ray staff", "cid 4 Cid Moe staff"}, s.accounts(), "what rules read is there already")
	orders := s.number(`select count(*) from provisioning_order`)

	s.people("1,1,Ann,Lee,ann,2", "2,2,Bob,Ray,bob,3", "3,4,Cid,Poe,cid,")
	s.around()
	require.Equal(t, []string{"1 POE", "2 -", "3 -"}, s.values("Far"), "two steps away")
	require.Equal(t, "ann 1 Ann Lee POE staff", s.accounts()[0])
	require.Equal(t, orders+2, s.number(`select count(*) from provisioning_order`), "no order with what was only so for a moment")

	// somebody who goes takes his values along, and one that comes brings them
	s.people("1,1,Ann,Lee,ann,2", "2,2,Bob,Ray,bob,3")
	s.around()
	require.Equal(t, []string{"1 -", "2 -"}, s.values("Far"))
	require.Equal(t, []string{"1 2", "2 3"}, s.values("Mate"))
	s.people("1,1,Ann,Lee,ann,2", "2,2,Bob,Ray,bob,3", "3,4,Cid,Moe,cid,")
	s.around()
	require.Equal(t, "1 MOE", s.values("Far")[0])

	// another expression makes all of them anew
	s.rules(`propertyExpressions: [{ identifier: Shout, entityType: Person, property: Shout, binding: First, expression: ToUpper }]`)
	s.around()
	require.Equal(t, []string{"1 CID", "2 -", "3 -"}, s.values("Far"))
	s.settled()
}

// TestStoredIncrementalEqualsComplete changes people at random: what was computed of the changes is what an oracle says, and a complete computation finds nothing.
func TestStoredIncrementalEqualsComplete(t *testing.T) {
	t.Parallel()
	s := storing(t, mates)
	seed := dbtest.Seed(t)
	random := rand.New(rand.NewPCG(seed, 5))
	type somebody struct{ last, team string }
	people := map[int]somebody{}
	for round := range 12 {
		for range 1 + random.IntN(6) {
			id := 1 + random.IntN(9)
			switch random.IntN(5) {
			case 0:
				delete(people, id)
			default:
				p := somebody{last: fmt.Sprintf("x%d", random.IntN(4))}
				if random.IntN(4) > 0 {
					p.team = fmt.Sprint(1 + random.IntN(9))
				}
				people[id] = p
			}
		}
		var rows, shout, far []string
		mate := func(id int) int {
			var to int
			if _, err := fmt.Sscan(people[id].team, &to); err != nil {
				return 0
			}
			if _, there := people[to]; !there {
				return 0
			}
			return to
		}
		for id := range 10 {
			p, there := people[id]
			if !there {
				continue
			}
			rows = append(rows, fmt.Sprintf("%d,%d,F,%s,l%d,%s", id, id, p.last, id, p.team))
			shout = append(shout, fmt.Sprint(id, " ", strings.ToUpper(p.last)))
			value := "-"
			if two := mate(mate(id)); two != 0 {
				value = strings.ToUpper(people[two].last)
			}
			far = append(far, fmt.Sprint(id, " ", value))
		}
		s.people(rows...)
		s.synchronize("HR")
		s.compute()
		require.Equal(t, shout, append([]string(nil), s.values("Shout")...), "round %d", round)
		require.Equal(t, far, append([]string(nil), s.values("Far")...), "round %d", round)
		n, err := s.Assignments.UpdateExpressions(s.ctx, nil)
		require.NoError(t, err)
		require.Zero(t, n, "round %d: a complete run finds something to write", round)
	}
}

// TestStoredFault: an expression that fails stops its value alone, and is told until it does not fail any more.
func TestStoredFault(t *testing.T) {
	t.Parallel()
	s := storing(t, mates)
	s.people("1,1,Ann,Lee,ann,", "2,2,Bob,Ray,bob,")
	s.around()
	s.people("1,0,Ann,Poe,ann,", "2,2,Bob,Ray,bob,")
	s.around()
	require.Equal(t, []string{"1 100", "2 50"}, s.values("Share"), "it keeps what it was")
	require.Equal(t, []string{"1 POE", "2 RAY"}, s.values("Shout"))
	faults, err := s.Assignments.Faults(s.ctx, page.Args{First: 50}, nil, true)
	require.NoError(t, err)
	require.Len(t, faults.Nodes(), 1)
	require.Contains(t, faults.Nodes()[0].Message, "Share has no new value by the property expression Share: ")
	ann := s.number(`select id from resource where key = '1' and valid_to = 'infinity'`)
	values, err := s.Plans.StoredValues(s.ctx, plan.StoredValuesInput{ResourceID: ann})
	require.NoError(t, err)
	for _, v := range values.Values {
		if v.Property != "Share" {
			require.True(t, v.IsSame, v.Property)
			continue
		}
		require.Contains(t, v.Error, "zero")
		require.Equal(t, "100", *v.Kept)
		require.Len(t, v.Inputs, 1)
		require.Equal(t, assignment.StoredInput{Path: "Number", Value: v.Inputs[0].Value}, *v.Inputs[0])
		require.Equal(t, "0", *v.Inputs[0].Value)
	}

	// tried as it is written
	tried, err := s.Plans.StoredValues(s.ctx, plan.StoredValuesInput{ResourceID: ann, Save: &manifest.Manifest{PropertyExpressions: []manifest.PropertyExpression{
		{Identifier: "Share", EntityType: "Person", Property: "Share", Expression: `source.Number == "0" ? 7 : 8`}}}})
	require.NoError(t, err)
	for _, v := range tried.Values {
		if v.Property == "Share" {
			require.Equal(t, "7", *v.Computed)
			require.Empty(t, v.Error)
		}
	}
	require.Equal(t, "1 100", s.values("Share")[0], "nothing was written")

	s.people("1,5,Ann,Poe,ann,", "2,2,Bob,Ray,bob,")
	s.around()
	require.Equal(t, []string{"1 20", "2 50"}, s.values("Share"))
	require.Zero(t, s.number(`select count(*) from property_expression_fault`))
}

// TestStoredIsRefused: what cannot be computed is refused when it is saved, and nobody writes a computed value by hand.
func TestStoredIsRefused(t *testing.T) {
	t.Parallel()
	s := storing(t, mates)
	for name, c := range map[string]struct{ text, says string }{
		"Circle":     {`{ identifier: Shout, entityType: Person, property: Shout, binding: Far }`, "It is computed from itself: Person.Shout needs Person.Far needs Person.MateShout needs Person.Shout"},
		"Itself":     {`{ identifier: Shout, entityType: Person, property: Shout, binding: Shout }`, "It is computed from itself"},
		"WholeRow":   {`{ identifier: Shout, entityType: Person, property: Shout, binding: Mate.Shout }`, "It is computed from itself"},
		"Column":     {`{ identifier: X, entityType: Person, property: Team, binding: Last }`, "is read from a column"},
		"Key":        {`{ identifier: X, entityType: Person, property: PersonId, binding: Last }`, "column"},
		"Many":       {`{ identifier: X, entityType: Account, property: Groups, binding: Login }`, "column"},
		"NoProperty": {`{ identifier: X, entityType: Person, property: Nothing, binding: Last }`, `no property "Nothing"`},
		"NoPath":     {`{ identifier: X, entityType: Person, property: Far, binding: Nothing, priority: 1 }`, "Nothing"},
		"Type":       {`{ identifier: Share, entityType: Person, property: Share, expression: "today()" }`, "Share"},
		"Priority":   {`{ identifier: X, entityType: Person, property: Far, binding: Last }`, "same priority"},
		"Nothing":    {`{ identifier: X, entityType: Person, property: Far, priority: 4 }`, "says nothing to compute"},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := manifest.Parse("x.yaml", []byte("propertyExpressions: ["+c.text+"]"))
			require.NoError(t, err)
			_, err = s.Manifest.Apply(s.ctx, m)
			require.True(t, errs.Is(err, errs.Validation), "%v", err)
			require.Contains(t, fmt.Sprint(err), c.says)
		})
	}
	s.people("1,1,Ann,Lee,ann,")
	s.around()
	ann := s.number(`select id from resource where key = '1' and valid_to = 'infinity'`)
	x := "Y"
	_, err := s.Directory.Update(s.ctx, directory.UpdateResourceInput{ID: ann, Version: int(s.number(`select version from resource where id = ?`, ann)), Values: []directory.PropertyValueInput{{Property: "Shout", Value: &x}}})
	require.ErrorContains(t, err, "is computed by the property expression Shout")
}

// TestStoredPriority: of several the one with the smallest number is asked first, the next when it gives nothing.
func TestStoredPriority(t *testing.T) {
	t.Parallel()
	s := storing(t, `
  - { identifier: Second, entityType: Person, property: Shout, expression: "Literal:none", priority: 2 }
  - { identifier: First, entityType: Person, property: Shout, binding: Team, priority: 1 }
`)
	s.people("1,1,Ann,Lee,ann,red", "2,2,Bob,Ray,bob,")
	s.around()
	require.Equal(t, []string{"1 red", "2 none"}, s.values("Shout"))
}

// TestStoredToday: an expression that asks for the day is computed again on the next one.
func TestStoredToday(t *testing.T) {
	t.Parallel()
	s := storing(t, `  - { identifier: Day, entityType: Person, property: Shout, expression: 'string(today().getDayOfYear())' }`)
	s.people("1,1,Ann,Lee,ann,")
	s.around()
	was := s.values("Shout")
	stale, err := s.Assignments.StoredIsStale(s.ctx)
	require.NoError(t, err)
	require.False(t, stale)
	s.later(24 * time.Hour)
	stale, err = s.Assignments.StoredIsStale(s.ctx)
	require.NoError(t, err)
	require.True(t, stale)
	_, err = s.Assignments.Drain(s.ctx)
	require.NoError(t, err)
	require.NotEqual(t, was, s.values("Shout"))
}

// TestStoredPlan: a plan of an expression, and one of data that expressions read, says what then happens.
func TestStoredPlan(t *testing.T) {
	t.Parallel()
	s := storing(t, mates)
	s.rules(`policies: [{ identifier: Default, displayName: Default, isProvisioningEnabled: true, isSimulationEnabled: true }]`)
	s.people("1,1,Ann,Lee,ann,2", "2,2,Bob,Ray,bob,3", "3,4,Cid,Moe,cid,")
	s.around()
	lines := func(in plan.MakePlanInput) []string {
		made, err := s.Plans.Compute(s.ctx, in)
		require.NoError(t, err)
		require.Empty(t, made.Failure)
		return s.list(s.DB, `select after_value from plan_item where plan_id = ? and property = 'Dept' order by 1`, made.ID)
	}
	cid := s.number(`select id from resource where key = '3' and valid_to = 'infinity'`)
	poe := "Poe"
	edits := []directory.UpdateResourceInput{{ID: cid, Version: int(s.number(`select version from resource where id = ?`, cid)), Values: []directory.PropertyValueInput{{Property: "Last", Value: &poe}}}}
	require.Equal(t, []string{"POE"}, lines(plan.MakePlanInput{UpdateResources: edits}), "of what stands two steps away")
	require.Equal(t, "1 MOE", s.values("Far")[0], "nothing was written")

	in := plan.MakePlanInput{Save: &manifest.Manifest{PropertyExpressions: []manifest.PropertyExpression{{Identifier: "Shout", EntityType: "Person", Property: "Shout", Binding: "First", Expression: "ToUpper"}}}}
	require.Equal(t, []string{"CID"}, lines(in))
	made, err := s.Plans.Compute(s.ctx, in)
	require.NoError(t, err)
	_, err = s.Plans.CarryOut(s.ctx, plan.ApplyPlanInput{ID: made.ID})
	require.NoError(t, err)
	s.around()
	require.Equal(t, "ann 1 Ann Lee CID staff", s.accounts()[0])
}

// TestStoredAtOnce: two processes compute stored values while people change beneath them; and now and then one dies with a part of them written. Nothing is lost
// and nothing doubled: the values are those of the people there are, each was written once for each time that it changed, and nothing is left to do.
func TestStoredAtOnce(t *testing.T) {
	t.Parallel()
	s := storing(t, mates)
	other, err := New(s.ctx, cli.Session{Config: s.Config, Log: slog.New(slog.DiscardHandler), DB: s.DB, Out: os.Stdout})
	require.NoError(t, err)
	other.Clock.SetOffset(s.Clock.Offset())
	const people = 40
	write := func(round int) {
		var rows []string
		for id := range people {
			rows = append(rows, fmt.Sprintf("%d,%d,F%d,x%d,l%d,%d", id, id+1, id, (id+round)%5, id, (id+round)%people))
		}
		s.people(rows...)
	}
	s.exec(`create sequence killed; create function die() returns trigger language plpgsql as $$ begin
		if new.scalars ->> 'Shout' is distinct from old.scalars ->> 'Shout' and nextval('killed') % 50 = 7 then raise exception 'dies' using errcode = 'admin_shutdown'; end if; return new; end $$;
		create trigger die before update on resource for each row execute function die()`)
	died := 0
	for round := range 4 {
		write(round)
		s.synchronize("HR")
		s.exec(`alter table resource enable trigger die`)
		var all sync.WaitGroup
		var mu sync.Mutex
		for i := range 6 {
			all.Go(func() {
				a := []*App{s.App, other}[i%2]
				var err error
				if i < 4 {
					err = a.Assignments.Spread(s.ctx)
				} else {
					_, err = a.Assignments.UpdateExpressions(s.ctx, nil)
				}
				if err != nil {
					mu.Lock()
					died++
					mu.Unlock()
				}
			})
		}
		all.Wait()
		s.exec(`alter table resource disable trigger die`)
		require.NoError(t, other.Assignments.Spread(s.ctx))
		s.compute()
		var shout []string
		for id := range people {
			shout = append(shout, fmt.Sprintf("%d X%d", id, (id+round)%5))
		}
		slices.Sort(shout)
		got := s.values("Shout")
		slices.Sort(got)
		require.Equal(t, shout, got, "round %d", round)
		n, err := s.Assignments.UpdateExpressions(s.ctx, nil)
		require.NoError(t, err)
		require.Zero(t, n, "round %d: something is left to do", round)
		require.Zero(t, s.number(`select count(*) from changed_resource`))
	}
	require.NotZero(t, died, "the test kills nobody")
	require.Zero(t, s.number(`select count(*) from (select resource_id, valid_from from resource_version group by 1, 2 having count(*) > 1) x`), "no time stands twice in the history")
	require.Zero(t, s.number(`select count(*) from property_expression_fault where message not like '%zero%'`))
}
