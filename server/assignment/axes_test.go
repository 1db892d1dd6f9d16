package assignment_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/assignment"
	"writ/server/dbtest"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation"
)

// dated is the office with dates: who is in a department has its role from the start to the end of the employment, and a salesperson an account.
const dated = `
insert into entity_type (identifier, display_name) values ('Department', 'Department');
insert into property (entity_type_id, identifier, display_name, type, target_entity_type_id) values
	(1, 'Start', 'Start', 'DATE_TIME', null), (1, 'End', 'End', 'DATE_TIME', null), (1, 'Department', 'Department', 'FOREIGN_KEY', 4);
insert into dimension (identifier, display_name, entity_type_id, column_mapping) values ('Dept', 'Department', 4, 0);
insert into resource (entity_type_id, key, display_name, scalars, refs, valid_from) values (4, 'SAL', 'Sales', '{}', '{}', '2025-01-01'), (4, 'SUP', 'Support', '{}', '{}', '2025-01-01');
insert into dimension_closure (dimension_id, descendant_id, ancestor_id, depth) select 1, id, id, 0 from resource where entity_type_id = 4;
update context_rule set resources_start_binding = 'Start', resources_end_binding = 'End', dimensions = '{"Dept": "Department"}';
delete from resource_type_rule where identifier = 'group';
delete from role_rule;
update role set identifier = 'Sales', display_name = 'Sales';
insert into role (kind, identifier, display_name, policy_id, entity_type_id) values ('SINGLE', 'Support', 'Support', 1, 1);
insert into role_rule (identifier, policy_id, role_id, dimensions) values ('sales', 1, 1, '{"Dept": {"key": "SAL"}}'), ('support', 1, 2, '{"Dept": {"key": "SUP"}}');
update resource_type_rule set dimensions = '{"Dept": {"key": "SAL"}}' where identifier = 'user';
`

// life is what is true of a person at a moment of the history.
type life struct {
	alive      bool
	start, end *time.Time
	dept, name string
}

func (l life) over(now time.Time) bool { return l.end != nil && !l.end.After(now) }

// believed is one assignment in the model: the versions of what was known of it, oldest first.
type believed struct {
	what     string
	versions []belief
	closed   *time.Time
}

type belief struct {
	known      time.Time
	start, end *time.Time
	value      string
}

// memory is the model: it keeps both axes in the plainest way.
type memory struct{ rows []*believed }

func (m *memory) open(what string) *believed {
	for _, r := range m.rows {
		if r.what == what && r.closed == nil {
			return r
		}
	}
	return nil
}

// learn takes in what is true of a person from now on.
func (m *memory) learn(now time.Time, l life) {
	exists := l.alive && (l.start == nil || l.end == nil || l.start.Before(*l.end))
	for _, what := range []string{"SAL", "SUP", "account"} {
		fits := exists && (l.dept == what || what == "account" && l.dept == "SAL")
		row := m.open(what)
		b := belief{known: now, start: l.start, end: l.end}
		if what == "account" {
			b.value = l.name
		}
		switch {
		case fits && !l.over(now) && row == nil:
			m.rows = append(m.rows, &believed{what: what, versions: []belief{b}})
		case fits && !l.over(now):
			row.versions = append(row.versions, b)
		case row != nil:
			last := row.versions[len(row.versions)-1]
			b.start, b.end, b.value = last.start, last.end, last.value
			if fits && crosses(last, l) {
				b.start, b.end = l.start, l.end // it was over earlier than was known
			}
			if b.end == nil || b.end.After(now) {
				b.end = &now
			}
			row.closed = &now
			row.versions = append(row.versions, b)
		}
	}
}

func crosses(b belief, l life) bool {
	return (b.start == nil || l.end == nil || b.start.Before(*l.end)) && (l.start == nil || b.end == nil || l.start.Before(*b.end))
}

// held is what was believed at known of what holds at an instant.
func (m *memory) held(at, known time.Time) []string {
	found, account := map[string]bool{}, "" // what is given back for the same time counts, not what had ended
	for _, r := range slices.Backward(m.rows) {
		var b *belief
		for i := range r.versions {
			if !r.versions[i].known.After(known) {
				b = &r.versions[i]
			}
		}
		if b == nil || b.start != nil && b.start.After(at) || b.end != nil && !b.end.After(at) {
			continue
		}
		if r.what != "account" {
			found[r.what] = true
		} else if account == "" {
			account = "account of " + b.value
			found[account] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// TestBothAxesOfTime lets people be hired, moved, renamed, corrected and dismissed at random, and then asks for any instant as known at any
// other: the answer is that of a model which keeps both axes. Today's answers of every step come again when they are asked for later.
func TestBothAxesOfTime(t *testing.T) {
	t.Parallel()
	o := setupOffice(t, 0)
	_, err := o.DB.ExecContext(o.ctx, dated)
	require.NoError(t, err)
	seed := dbtest.Seed(t)
	random := rand.New(rand.NewPCG(seed, 1))
	day := func(from time.Time, least, most int) *time.Time {
		d := from.Truncate(24*time.Hour).AddDate(0, 0, least+random.IntN(most-least)).Add(10 * time.Hour)
		return &d
	}
	const people, steps = 3, 25
	lives, memories := make([]life, people), make([]memory, people)
	began := o.Clock.Now()
	for i := range lives {
		lives[i] = life{alive: true, start: day(began, -200, 30), dept: []string{"SAL", "SUP", "OPS"}[random.IntN(3)], name: fmt.Sprintf("Name %d", i)}
	}
	known := map[string]bool{} // keys that were written once
	tell := func(i int) {
		l, c := lives[i], directory.Change{EntityTypeID: 1, Key: fmt.Sprintf("P%d", i), Command: directory.Update, Refs: map[string]any{}}
		c.Scalars = map[string]string{"Number": c.Key, "Name": l.name}
		for name, at := range map[string]*time.Time{"Start": l.start, "End": l.end} {
			c.Scalars[name] = "" // left out it would stay
			if at != nil {
				c.Scalars[name] = at.Format(time.RFC3339)
			}
		}
		c.Refs["Department"] = nil
		if l.dept != "OPS" {
			c.Refs["Department"] = l.dept
		}
		if !known[c.Key] {
			c.Command = directory.Insert
		}
		if known[c.Key] = l.alive; !l.alive {
			c = directory.Change{EntityTypeID: 1, Key: c.Key, Command: directory.Delete}
		}
		o.write(c)
	}
	type answer struct {
		person int
		at     time.Time
		said   []string
	}
	var answers []answer
	for step := range steps {
		for i := range lives {
			l, now := &lives[i], o.Clock.Now()
			switch was := *l; {
			case step == 0:
				tell(i)
			case !l.alive:
				l.alive = random.IntN(2) == 0
				if l.alive {
					tell(i)
				}
			default:
				switch random.IntN(8) {
				case 0, 1:
					l.dept = []string{"SAL", "SUP", "OPS"}[random.IntN(3)]
				case 2:
					l.start = day(now, -200, 60)
				case 3, 4:
					l.end = day(now, -100, 200)
				case 5:
					l.end = nil
				case 6:
					l.name = fmt.Sprintf("Name %d of step %d", i, step)
				case 7:
					l.alive = random.IntN(4) != 0
				}
				if *l != was {
					tell(i)
				}
			}
		}
		now := o.Clock.Now()
		o.run(assignment.Recompute{})
		asked := o.Clock.Now()
		if step == 0 {
			require.NoError(t, o.DB.NewRaw("select id from resource where entity_type_id = 1 order by key").Scan(o.ctx, &o.people))
		}
		for i := range lives {
			memories[i].learn(now, lives[i])
			answers = append(answers, answer{i, asked, held(o, i, assignment.ViewInput{})})
		}
		o.Clock.SetOffset(o.Clock.Offset() + time.Hour + time.Duration(random.Int64N(int64(40*24*time.Hour))))
	}
	ended := o.Clock.Now()
	var row, versions int
	require.NoError(t, o.DB.NewRaw("select (select count(*) from assigned_role), (select count(*) from assigned_role_version)").Scan(o.ctx, &row, &versions))
	t.Logf("%d roles, %d versions", row, versions)
	for _, a := range answers {
		require.Equal(t, a.said, held(o, a.person, assignment.ViewInput{AsOf: &a.at}), "P%d as of %s: what was answered then", a.person, a.at)
	}
	ask := func(i int, at, known time.Time) {
		want := memories[i].held(at, known)
		require.Equal(t, want, held(o, i, assignment.ViewInput{At: &at, KnownAt: &known}), "P%d at %s, known at %s", i, at, known)
	}
	span := ended.Sub(began) + 500*24*time.Hour
	for range 300 {
		i := random.IntN(people)
		at := began.AddDate(0, 0, -250).Add(time.Duration(random.Int64N(int64(span))))
		a := answers[random.IntN(len(answers))]
		ask(i, at, a.at.Add(time.Minute))
		ask(i, at, ended)
	}
}

// held is what the view says holds, as the model writes it.
func held(o *officeOf, person int, in assignment.ViewInput) []string {
	o.t.Helper()
	in.ResourceID = o.people[person]
	v, err := o.View(o.ctx, in)
	require.NoError(o.t, err)
	var out []string
	for _, e := range v.Entitlements {
		switch {
		case !e.InForce:
		case e.Kind == assignment.SingleRole:
			out = append(out, map[string]string{"Sales": "SAL", "Support": "SUP"}[e.Identifier])
		case e.Kind == assignment.Property && e.Identifier == "FullName":
			out = append(out, "account of "+*e.Value)
		}
	}
	slices.Sort(out)
	return out
}

// TestCorrection: on 3 March everybody believed that Ann worked on 1 March. On 10 March it became known that she had left in February.
func TestCorrection(t *testing.T) {
	t.Parallel()
	o := setupOffice(t, 0)
	_, err := o.DB.ExecContext(o.ctx, dated)
	require.NoError(t, err)
	now := o.Clock.Now()
	on := func(days int) time.Time { return now.AddDate(0, 0, days).Truncate(time.Second) }
	write := func(c directory.Command, scalars map[string]string) {
		o.write(directory.Change{EntityTypeID: 1, Key: "ann", Command: c, Scalars: scalars, Refs: map[string]any{"Department": "SAL"}})
		o.run(assignment.Recompute{})
	}
	write(directory.Insert, map[string]string{"Number": "ann", "Name": "Ann", "Start": on(-30).Format(time.RFC3339)})
	o.people = []int64{int64(o.count("select id from resource where key = 'ann'"))}
	o.Clock.SetOffset(9 * 24 * time.Hour)
	write(directory.Update, map[string]string{"Number": "ann", "Name": "Ann", "Start": on(-30).Format(time.RFC3339), "End": on(-9).Format(time.RFC3339)})
	o.Clock.SetOffset(10 * 24 * time.Hour)

	at, then, later := on(-2), on(2), on(10)
	both := []string{"SAL", "account of Ann"}
	require.Equal(t, both, held(o, 0, assignment.ViewInput{At: &at, KnownAt: &then}), "what was believed")
	require.Empty(t, held(o, 0, assignment.ViewInput{At: &at, KnownAt: &later}), "what is known since")
	before := on(-20)
	require.Equal(t, both, held(o, 0, assignment.ViewInput{At: &before}), "she did work before")
	require.Equal(t, both, held(o, 0, assignment.ViewInput{AsOf: &then}))
	require.Empty(t, held(o, 0, assignment.ViewInput{}))
	_, err = o.View(o.ctx, assignment.ViewInput{ResourceID: o.people[0], AsOf: &then, KnownAt: &then})
	require.True(t, errs.Is(err, errs.Validation), "%v", err)
	id := o.count("select id from assigned_role")
	require.Equal(t, 1, o.count("select count(*) from assigned_role_version where assigned_role_id = ?", id), "it kept its id, and one version")
}

// TestDecisionsAreVersions: a person's decision and the answer to an order change what is known of an assignment, too.
func TestDecisionsAreVersions(t *testing.T) {
	t.Parallel()
	o := setupOffice(t, 1)
	o.run(assignment.Recompute{})
	art := int64(o.count("select id from assigned_resource_type"))
	before := o.Clock.Now()
	o.Clock.SetOffset(time.Hour)
	target := int64(o.count("insert into resource (entity_type_id, key, display_name, scalars, valid_from) values (2, 'x', 'X', '{}', now()) returning id"))
	tx, err := o.DB.BeginTx(o.ctx, nil)
	require.NoError(t, err)
	require.NoError(t, assignment.KeepTypes(o.ctx, tx, o.Clock.Now(), "rita", "", []int64{art}))
	require.NoError(t, tx.Commit())
	o.Clock.SetOffset(2 * time.Hour)
	tx, err = o.DB.BeginTx(o.ctx, nil)
	require.NoError(t, err)
	answer := assignment.Answer{AssignedResourceTypeID: art, ResourceID: &target}
	require.NoError(t, assignment.Answered(o.ctx, tx, o.Clock.Now(), []assignment.Answer{answer}))
	require.NoError(t, assignment.Answered(o.ctx, tx, o.Clock.Now(), []assignment.Answer{answer}), "twice is as good as once")
	require.NoError(t, tx.Commit())
	var states []evaluation.Workflow
	require.NoError(t, o.DB.NewRaw("select workflow_state from assigned_resource_type_version order by valid_from").Scan(o.ctx, &states))
	require.Equal(t, []evaluation.Workflow{evaluation.Calculated, evaluation.Approved}, states)
	for _, c := range []struct {
		at     time.Time
		target int64
	}{{before, 0}, {before.Add(90 * time.Minute), 0}, {o.Clock.Now(), target}} {
		v, err := o.View(o.ctx, assignment.ViewInput{ResourceID: o.people[0], AsOf: &c.at})
		require.NoError(t, err)
		i := slices.IndexFunc(v.Entitlements, func(e *assignment.Entitlement) bool { return e.Kind == assignment.ResourceType })
		require.Equal(t, c.target, v.Entitlements[i].TargetID)
	}
}

// TestForgottenVersions: what ended long ago goes, what a later instant needs stays, and an instant before that is refused.
func TestForgottenVersions(t *testing.T) {
	t.Parallel()
	o := setupOffice(t, 2)
	o.run(assignment.Recompute{})
	began := o.Clock.Now()
	for step := range 3 {
		o.Clock.SetOffset(time.Duration(step+1) * 24 * time.Hour)
		o.write(person(0, directory.Update, fmt.Sprintf("Name %d", step)))
		o.run(assignment.Recompute{})
	}
	const versions = "select count(*) from assigned_resource_type_version"
	require.Equal(t, 3, o.count(versions))
	ask := func(days int) error {
		at := began.Add(time.Duration(days)*24*time.Hour + time.Hour)
		_, err := o.View(o.ctx, assignment.ViewInput{ResourceID: o.people[0], AsOf: &at})
		return err
	}
	require.NoError(t, o.ForgetVersions(o.ctx, began))
	require.NoError(t, ask(-9), "nothing was dropped")
	require.NoError(t, o.ForgetVersions(o.ctx, began.Add(25*time.Hour)))
	require.Equal(t, 2, o.count(versions))
	require.NoError(t, ask(1))
	require.True(t, errs.Is(ask(0), errs.Validation))
	d := directory.New(o.DB, o.Clock, o.Shapes, dbtest.Idle(directory.Hooks{}))
	require.Equal(t, 3, o.count("select count(*) from resource_version"))
	require.NoError(t, d.ForgetVersions(o.ctx, began.Add(49*time.Hour)))
	require.Equal(t, 1, o.count("select count(*) from resource_version"))
}
