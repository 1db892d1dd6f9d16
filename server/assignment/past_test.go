package assignment_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/dbtest"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/rolemodel"
)

// treed makes the departments of dated a tree: Sales and Support stand below Field, Lab below Research.
const treed = `
insert into property (entity_type_id, identifier, display_name, type, target_entity_type_id) values (4, 'Parent', 'Parent', 'FOREIGN_KEY', 4);
update dimension set is_hierarchical = true, parent_property = 'Parent';
insert into role (kind, identifier, display_name, policy_id, entity_type_id) values ('SINGLE', 'Travel', 'Travel', 1, 1), ('COMPOSITE', 'Lead', 'Lead', 1, 1);
insert into role_rule (identifier, policy_id, role_id, dimensions) values ('travel', 1, 3, '{"Dept": {"key": "FLD", "inherit": true}}'), ('lead', 1, 4, '{"Dept": {"key": "RES", "inherit": true}}');
insert into role_rule (identifier, policy_id, role_id, composite_role_id, dimensions) values ('lead-travels', 1, 3, 4, '{}');
`

// TestExplainThePast changes people, departments, names, the tree and the model at random, asks why after every step, and asks the same again at
// the end, as it was known then: every sentence comes again, and nothing that was kept says otherwise.
func TestExplainThePast(t *testing.T) {
	t.Parallel()
	o := setupOffice(t, 0)
	_, err := o.DB.ExecContext(o.ctx, dated+treed)
	require.NoError(t, err)
	seed := dbtest.Seed(t)
	random := rand.New(rand.NewPCG(seed, 2))
	const people, steps = 3, 20
	department := func(key, name, parent string, c directory.Command) directory.Change {
		d := directory.Change{EntityTypeID: 4, Key: key, Command: c, Scalars: map[string]string{"Name": name}, Refs: map[string]any{"Parent": nil}}
		if parent != "" {
			d.Refs["Parent"] = parent
		}
		return d
	}
	o.write(department("FLD", "Field", "", directory.Insert), department("RES", "Research", "", directory.Insert))
	o.write(department("LAB", "Lab", "RES", directory.Insert), department("SAL", "Sales", "FLD", directory.Update), department("SUP", "Support", "FLD", directory.Update))
	model := func(sql string, args ...any) {
		require.NoError(t, db.InTx(o.ctx, o.DB, func(ctx context.Context, tx bun.Tx) error {
			if _, err := tx.NewRaw(sql, args...).Exec(ctx); err != nil {
				return err
			}
			return rolemodel.AddVersion(ctx, tx, o.Clock.Now(), "test")
		}))
	}
	model("select 1")
	departments := []string{"SAL", "SUP", "LAB", "FLD", "RES"}
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	type answer struct {
		person int
		at     time.Time
		said   []string
	}
	var answers []answer
	alive := make([]bool, people)
	for step := range steps {
		for i := range people {
			c := directory.Change{EntityTypeID: 1, Key: fmt.Sprintf("P%d", i), Command: directory.Update, Refs: map[string]any{"Department": pick(departments...)},
				Scalars: map[string]string{"Number": fmt.Sprintf("P%d", i), "Name": fmt.Sprintf("Name %d", random.IntN(4)), "End": "",
					"Start": o.Clock.Now().AddDate(0, 0, random.IntN(60)-50).Format(time.RFC3339)}}
			switch {
			case step == 0:
				c.Command, alive[i] = directory.Insert, true
			case random.IntN(2) == 0:
				continue
			case !alive[i]:
				c.Command, alive[i] = directory.Insert, true
			case random.IntN(8) == 0:
				c, alive[i] = directory.Change{EntityTypeID: 1, Key: c.Key, Command: directory.Delete}, false
			}
			o.write(c)
		}
		switch random.IntN(9) {
		case 0:
			model("update role_rule set dimensions = ?::jsonb where identifier = ?", fmt.Sprintf(`{"Dept": {"key": "%s", "inherit": true}}`, pick(departments...)), pick("sales", "support", "travel", "lead"))
		case 1:
			model("update role set display_name = ? where identifier = ?", fmt.Sprintf("Role %d", step), pick("Sales", "Support", "Travel", "Lead"))
		case 2:
			model("update role_rule set is_denied = not is_denied, priority = -1 where identifier = ?", pick("sales", "support"))
		case 3:
			model("update resource_type_rule set dimensions = ?::jsonb where identifier = 'user'", pick("{}", `{"Dept": {"key": "SAL"}}`, `{"Dept": {"key": "FLD", "inherit": true}}`))
		case 4:
			model("delete from role_rule where identifier = ?", pick("lead-travels", "support"))
		case 5:
			model("insert into role_rule (identifier, policy_id, role_id, dimensions) values (?, 1, ?, '{}')", fmt.Sprintf("more-%d", step), 1+random.IntN(4))
		case 6:
			o.write(department(pick("SAL", "SUP"), pick("Sales", "Trade", "Shops"), pick("FLD", "RES", ""), directory.Update))
		case 7:
			o.write(department("LAB", "Lab", pick("RES", "FLD", "SAL"), directory.Update))
		}
		o.run(assignment.Recompute{})
		if step == 0 {
			require.NoError(t, o.DB.NewRaw("select id from resource where entity_type_id = 1 order by key").Scan(o.ctx, &o.people))
		}
		for i := range people {
			answers = append(answers, answer{i, o.Clock.Now(), o.why(i, assignment.ExplainInput{})})
		}
		o.Clock.SetOffset(o.Clock.Offset() + time.Hour + time.Duration(random.Int64N(int64(20*24*time.Hour))))
	}
	for _, a := range answers {
		require.Equal(t, a.said, o.why(a.person, assignment.ExplainInput{KnownAt: &a.at}), "P%d, known at %s", a.person, a.at)
	}
}

// why gives the sentences of an explanation, without those about keys, which have no past.
func (o *officeOf) why(person int, in assignment.ExplainInput) (out []string) {
	o.t.Helper()
	in.OwnerID = o.people[person]
	e, err := o.Explain(o.ctx, in)
	require.NoError(o.t, err)
	for _, s := range e.Steps {
		if s.Kind != evaluation.StepCorrelation {
			out = append(out, string(s.Kind)+" "+s.Text)
		}
	}
	return out
}

// TestExplainWithHindsight: on 1 March the rule gave Support to everybody in Sales, on 10 March it was mended, and on 20 March it became known
// that Ann had been moved. Each of the two axes is asked for by itself.
func TestExplainWithHindsight(t *testing.T) {
	t.Parallel()
	o := setupOffice(t, 0)
	_, err := o.DB.ExecContext(o.ctx, dated+treed)
	require.NoError(t, err)
	tell := func(c directory.Command, department string) {
		o.write(directory.Change{EntityTypeID: 1, Key: "P0", Command: c, Scalars: map[string]string{"Number": "P0", "Name": "Ann", "Start": "2020-01-01T00:00:00Z", "End": ""},
			Refs: map[string]any{"Department": department}})
	}
	model := func(sql string) {
		require.NoError(t, db.InTx(o.ctx, o.DB, func(ctx context.Context, tx bun.Tx) error {
			if _, err := tx.NewRaw(sql).Exec(ctx); err != nil {
				return err
			}
			return rolemodel.AddVersion(ctx, tx, o.Clock.Now(), "test")
		}))
		o.run(assignment.Recompute{})
	}
	days := func(n int) { o.Clock.SetOffset(o.Clock.Offset() + time.Duration(n)*24*time.Hour) }
	unkept := o.Clock.Now()
	days(1)
	model("select 1")
	before := o.Clock.Now()
	days(1)
	tell(directory.Insert, "SAL")
	model(`update role_rule set dimensions = '{"Dept": {"key": "SAL"}}' where identifier = 'support'`)
	require.NoError(t, o.DB.NewRaw("select id from resource where entity_type_id = 1").Scan(o.ctx, &o.people))
	first := o.Clock.Now()
	days(9)
	model(`update role_rule set dimensions = '{"Dept": {"key": "SUP"}}' where identifier = 'support'`)
	second := o.Clock.Now()
	days(10)
	tell(directory.Update, "SUP")
	o.run(assignment.Recompute{})
	third := o.Clock.Now()
	days(1)

	support := assignment.ExplainInput{Role: "Support"}
	at := func(known time.Time) string {
		in := support
		in.KnownAt = &known
		return strings.Join(o.why(0, in), "\n")
	}
	require.Contains(t, at(first), "ROLE So Ann has the role Support")
	require.Contains(t, at(first), "Department Sales")
	require.Contains(t, at(second), "ROLE So Ann does not have the role Support")
	require.Contains(t, at(second), "Department Sales")
	require.Contains(t, at(third), "ROLE So Ann has the role Support")
	require.Contains(t, at(third), "Department Support")
	require.NotContains(t, at(first)+at(second)+at(third), "RECORD")

	in := support
	in.OwnerID, in.KnownAt = o.people[0], &second
	e, err := o.Explain(o.ctx, in)
	require.NoError(t, err)
	require.EqualValues(t, 4, e.ModelVersion)
	for _, s := range e.Steps {
		if s.Rule == "support" {
			require.True(t, s.RuleSince.Equal(second) || s.RuleSince.Before(second) && s.RuleSince.After(first), "%s", s.RuleSince)
		}
	}

	// she was not known yet; and what was before the first kept version is not told
	in.KnownAt = &before
	_, err = o.Explain(o.ctx, in)
	require.True(t, errs.Is(err, errs.NotFound), "%v", err)
	in.KnownAt = &unkept
	_, err = o.Explain(o.ctx, in)
	require.ErrorContains(t, err, "is not kept")

	// somebody writes into what was kept: it is told
	_, err = o.DB.ExecContext(o.ctx, "delete from assigned_role_version; update assigned_role set valid_from = ?, start_date = null, end_date = null, workflow_state = 18 where role_id = 2", before)
	require.NoError(t, err)
	require.Contains(t, at(second), "RECORD What was kept then is different: Ann had the role Support.")
}
