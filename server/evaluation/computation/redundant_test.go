package computation

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/server/evaluation"
	"writ/server/evaluation/interval"
	"writ/server/rolemodel"
)

// approved gives somebody a role by hand.
func (o *organisation) approved(p *evaluation.Owner, role int64, from, to time.Time) *evaluation.AssignedRole {
	row := &evaluation.AssignedRole{ID: o.id(), RoleID: role, Workflow: evaluation.Approved, Origin: evaluation.OriginManual, Start: &from}
	if !to.IsZero() {
		row.End = &to
	}
	p.Roles = append(p.Roles, row)
	return row
}

// release leaves what is redundant to the rules, as server/assignment saves it.
func (o *organisation) release(p *evaluation.Owner) []evaluation.Redundancy {
	list := Redundant(o.c, o.batch(p))[0]
	now := interval.Instant(o.now)
	for _, r := range list {
		if r.Type != nil {
			for _, x := range p.Types {
				if x.ID == r.Type.ID {
					x.Workflow = evaluation.Calculated
				}
			}
			continue
		}
		kept := []*evaluation.AssignedRole{}
		for _, x := range p.Roles {
			if x.ID != r.Role.ID {
				kept = append(kept, x)
			}
		}
		p.Roles = kept
		for _, d := range r.Released(now) {
			if d.Close {
				continue
			}
			if d.Row.ID == 0 {
				d.Row.ID = o.id()
			}
			p.Roles = append(p.Roles, &d.Row)
		}
	}
	return list
}

type piece struct {
	state    evaluation.Workflow
	from, to time.Time
}

func pieces(p *evaluation.Owner, role int64) (list []piece) {
	for _, x := range p.Roles {
		if x.RoleID == role {
			x := piece{x.Workflow, ptrTime(x.Start), ptrTime(x.End)}
			i := 0
			for i < len(list) && list[i].from.Before(x.from) {
				i++
			}
			list = append(list[:i], append([]piece{x}, list[i:]...)...)
		}
	}
	return list
}

func ptrTime(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// TestScenario17Redundant: an approved manual [A,D) and a rule [B,C) are unchanged by a computation, and three pieces once the approval is left to the rules.
func TestScenario17Redundant(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		a, d, b, c float64
		want       []piece
	}{
		"AllAhead":      {1, 8, 3, 5, []piece{{evaluation.Approved, at(1), at(3)}, {evaluation.Calculated, at(3), at(5)}, {evaluation.Approved, at(5), at(8)}}},
		"OverlapAhead":  {-2, 8, 3, 5, []piece{{evaluation.Approved, at(-2), at(3)}, {evaluation.Calculated, at(3), at(5)}, {evaluation.Approved, at(5), at(8)}}},
		"OverlapNow":    {-4, 8, -2, 5, []piece{{evaluation.Calculated, at(-2), at(5)}, {evaluation.Approved, at(5), at(8)}}},
		"Whole":         {-1, 4, -2, 5, []piece{{evaluation.Calculated, at(-2), at(5)}}},
		"EndsInIt":      {-4, 4, -2, 9, []piece{{evaluation.Calculated, at(-2), at(9)}}},
		"OverlapIsOver": {-9, 8, -5, -2, []piece{{evaluation.Approved, at(-9), at(8)}}},
		"None":          {-1, 2, 3, 5, []piece{{evaluation.Approved, at(-1), at(2)}, {evaluation.Calculated, at(3), at(5)}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOrganisation(t)
			it := o.thing(department, "IT", 0)
			role := o.role(rolemodel.Single, "R")
			o.roleRule(rolemodel.RoleRule{RoleID: role, Dimensions: rolemodel.Criteria{"Department": {Key: "IT"}}})
			p := o.hire("Ann", "Lee")
			o.position(p, at(c.b), at(c.c), it, 0)
			row := o.approved(p, role, at(c.a), at(c.d))
			o.evaluate(p)
			before := heldBy(p, interval.Instant(o.now))
			found := o.release(p)
			require.Equal(t, name != "OverlapIsOver" && name != "None", len(found) == 1)
			res := o.evaluate(p)
			require.Equal(t, c.want, pieces(p, role))
			require.Equal(t, before, heldBy(p, interval.Instant(o.now)))
			for _, d := range res.Roles {
				require.True(t, !d.Close || d.Row.ID != row.ID, "the assignment goes on")
			}
			require.Empty(t, Redundant(o.c, o.batch(p))[0], "nothing is redundant any more")
		})
	}
}

// TestRedundantOnlyWhatIsTheSame: other parameters, a denial, a risk that was approved, a grace period and a suggestion make nothing redundant.
func TestRedundantOnlyWhatIsTheSame(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(o *organisation, rule *rolemodel.RoleRule, row *evaluation.AssignedRole)
		want   int
	}{
		"TheSame": {func(*organisation, *rolemodel.RoleRule, *evaluation.AssignedRole) {}, 1},
		"OtherParameters": {func(o *organisation, _ *rolemodel.RoleRule, row *evaluation.AssignedRole) {
			row.Parameters = map[string]int64{"Title": 1}
		}, 0},
		"Denial": {func(_ *organisation, _ *rolemodel.RoleRule, row *evaluation.AssignedRole) { row.IsDenied = true }, 0},
		"AtRisk": {func(_ *organisation, _ *rolemodel.RoleRule, row *evaluation.AssignedRole) {
			row.Workflow = evaluation.ApprovedRisk
		}, 0},
		"Suggested": {func(_ *organisation, rule *rolemodel.RoleRule, _ *evaluation.AssignedRole) {
			rule.Type = rolemodel.Suggested
		}, 0},
		"DenyingRule": {func(_ *organisation, rule *rolemodel.RoleRule, _ *evaluation.AssignedRole) { rule.IsDenied = true }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOrganisation(t)
			role := o.role(rolemodel.Single, "R")
			rule := rolemodel.RoleRule{RoleID: role}
			p := o.employ("Ann", "Lee", 0)
			row := o.approved(p, role, at(-1), time.Time{})
			c.change(o, &rule, row)
			o.roleRule(rule)
			o.compile()
			require.Len(t, Redundant(o.c, o.batch(p))[0], c.want)
		})
	}
}

// TestRedundantByComposite: what a composite role brings is redundant beside it, also while somebody approved the composite role.
func TestRedundantByComposite(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	pack, role := o.role(rolemodel.Composite, "Pack"), o.role(rolemodel.Single, "R")
	o.roleRule(rolemodel.RoleRule{RoleID: role, CompositeRoleID: &pack})
	o.compile()
	p := o.employ("Ann", "Lee", 0)
	o.approved(p, role, at(-1), time.Time{})
	require.Empty(t, Redundant(o.c, o.batch(p))[0])
	o.approved(p, pack, at(-2), time.Time{})
	found := o.release(p)
	require.Len(t, found, 1)
	require.Equal(t, pack, found[0].Given[0].Through)
	o.evaluate(p)
	require.Equal(t, []piece{{evaluation.Calculated, at(-2), time.Time{}}}, pieces(p, role), "as long as the composite role is held")
	require.Equal(t, []piece{{evaluation.Approved, at(-2), time.Time{}}}, pieces(p, pack))
}

// TestRedundantAccount: an account that a person approved and rules give is the rules' then, and nothing is ordered; one that rules give for a part of its time stays.
func TestRedundantAccount(t *testing.T) {
	t.Parallel()
	for name, byRole := range map[string]bool{"ByRule": false, "ByRole": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOrganisation(t)
			it := o.thing(department, "IT", 0)
			typ := o.accounts()
			o.correlation(typ, 100)
			g := o.thing(group, "G", 0)
			if byRole {
				role := o.role(rolemodel.Single, "R")
				o.roleRule(rolemodel.RoleRule{RoleID: role, Dimensions: rolemodel.Criteria{"Department": {Key: "IT"}}})
				o.member(typ, "G", role)
			} else {
				o.typeRule(typ).Dimensions = rolemodel.Criteria{"Department": {Key: "IT"}}
			}
			o.compile()
			p := o.hire("Ann", "Lee")
			o.position(p, at(-5), at(20), it, 0)
			target := o.account(p)
			if byRole {
				target.Links["MemberOf"] = []int64{g}
			}
			o.correlate()
			o.evaluate(p)
			row := o.one(p)
			row.Workflow, row.End = evaluation.Approved, ptr(at(10))
			o.evaluate(p)
			require.Equal(t, evaluation.Approved, o.one(p).Workflow, "an approval stays")
			found := o.release(p)
			require.Len(t, found, 1)
			o.evaluate(p)
			row = o.one(p)
			require.Equal(t, map[bool]evaluation.Workflow{false: evaluation.Calculated, true: evaluation.GivenByRole}[byRole], row.Workflow)
			require.Nil(t, row.Order)
			require.Empty(t, Redundant(o.c, o.batch(p))[0])

			row.Workflow, row.End = evaluation.Approved, nil
			o.evaluate(p)
			require.Empty(t, Redundant(o.c, o.batch(p))[0], "rules give it for a part of its time only")
		})
	}
}

// TestRedundancyTakesNothing lets a random organisation live, in which now and then all that is redundant is left to the rules: from then on nobody has another
// role, account or value at any instant than somebody for whom nothing was done, as long as rules and data stay as they are; and life goes on soundly.
func TestRedundancyTakesNothing(t *testing.T) {
	t.Parallel()
	released := 0
	rapid.Check(t, func(rt *rapid.T) {
		p := newPlay(t, rt)
		p.check()
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			p.act()
			p.check()
			if rapid.IntRange(0, 2).Draw(rt, "release") == 0 {
				p.approveMore()
				p.check()
				for _, x := range p.people {
					twin := Evaluate(p.c, forced(p.batch(x)))[0]
					was := x.After(&twin)
					if len(p.release(x)) == 0 {
						continue
					}
					released++
					is := x.After(ptr(Evaluate(p.c, forced(p.batch(x)))[0]))
					now := interval.Instant(p.now)
					require.Equal(rt, heldBy(was, now), heldBy(is, now))
					require.Equal(rt, valuesOf(was, now), valuesOf(is, now))
					require.True(rt, slices.EqualFunc(twin.Exposures, Evaluate(p.c, forced(p.batch(x)))[0].Exposures, sameRisk))
				}
				p.check()
				for _, x := range p.people {
					require.Empty(rt, Redundant(p.c, p.batch(x))[0], "what is left to the rules is not redundant again")
				}
			}
		}
	})
	t.Logf("left to the rules: %d", released)
}

// approveMore has a person approve some of what rules give already, for any time.
func (p *play) approveMore() {
	some := func() bool { return rapid.IntRange(0, 2).Draw(p.rt, "approved besides") == 0 }
	for _, x := range p.people {
		for _, row := range x.Roles {
			if row.Workflow != evaluation.Calculated || !some() {
				continue
			}
			more := p.approved(x, row.RoleID, p.now.Add(time.Duration(rapid.IntRange(-72, 72).Draw(p.rt, "from"))*time.Hour), time.Time{})
			more.Parameters = row.Parameters
			if rapid.Bool().Draw(p.rt, "ends") {
				more.End = ptr(more.Start.Add(time.Duration(rapid.IntRange(1, 200).Draw(p.rt, "hours")) * time.Hour))
			}
		}
		for _, row := range x.Types {
			if (row.Workflow == evaluation.Calculated || row.Workflow == evaluation.GivenByRole) && row.IsExpected && some() {
				row.Workflow = evaluation.Approved
			}
		}
	}
}

func forced(b *evaluation.Batch) *evaluation.Batch {
	b.Force = true
	return b
}
