package computation

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"writ/server/evaluation"
	"writ/server/evaluation/interval"
	"writ/server/evaluation/model"
)

// TestWhatIsUnusualIsExplained lets a random organisation live, in which people also approve what rules give, rules change under a grace period, and risks block.
// What is kept back, prolonged or approved besides the rules has a step of the explanation that says so; and the premise that the step names is what it is about:
// without the risks nothing is kept back, without the time of grace nothing goes on, and without the approval the rules give the same at the time that is told.
func TestWhatIsUnusualIsExplained(t *testing.T) {
	t.Parallel()
	blocked, prolonged, redundant := 0, 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		p := newPlay(t, rt)
		p.check()
		for range rapid.IntRange(1, 15).Draw(rt, "steps") {
			p.act()
			if rapid.IntRange(0, 3).Draw(rt, "rules") == 0 {
				p.changeRule()
			}
			p.check()
			if rapid.IntRange(0, 3).Draw(rt, "approve") == 0 {
				p.approveMore()
				p.check()
			}
			for _, x := range p.people {
				b := forced(p.batch(x))
				b.Explain = true
				res := Evaluate(p.c, b)[0]
				require.NoError(rt, res.Err)
				steps := append(slices.Clone(res.Trace.Steps), ExplainRedundant(p.c, b)...)
				after := x.After(&res)
				for _, row := range after.Roles {
					switch row.Workflow {
					case evaluation.Blocked:
						blocked++
						p.keptBackIsExplained(rt, x, row, steps)
					case evaluation.Prolonged:
						prolonged++
						p.graceIsExplained(rt, after, row, steps)
					}
				}
				for _, s := range steps {
					if s.Kind == evaluation.StepRedundant && s.RoleID != 0 {
						redundant++
						p.approvalIsRedundant(rt, after, s)
					}
				}
			}
		}
	})
	t.Logf("kept back %d, prolonged %d, redundant %d", blocked, prolonged, redundant)
}

func (p *play) keptBackIsExplained(rt *rapid.T, x *evaluation.Owner, row *evaluation.AssignedRole, steps []evaluation.Step) {
	told := slices.IndexFunc(steps, func(s evaluation.Step) bool { return s.Kind == evaluation.StepBlocked && s.RoleID == row.RoleID })
	require.GreaterOrEqual(rt, told, 0, "what keeps the role back")
	require.NotZero(rt, steps[told].RiskID)
	require.NotEmpty(rt, steps[told].With, "and together with what")
	m := *p.m
	m.Risks = nil
	c, _ := model.Compile(&m, p.shape, p.keys)
	res := Evaluate(c, forced(p.batch(x)))[0]
	require.NoError(rt, res.Err)
	for _, other := range x.After(&res).Roles {
		require.NotEqual(rt, evaluation.Blocked, other.Workflow, "without the risks nothing is kept back")
	}
}

func (p *play) graceIsExplained(rt *rapid.T, after *evaluation.Owner, row *evaluation.AssignedRole, steps []evaluation.Step) {
	i := slices.IndexFunc(steps, func(s evaluation.Step) bool {
		return s.Kind == evaluation.StepRole && s.RoleID == row.RoleID && s.ByHand != nil && s.ByHand.Workflow == evaluation.Prolonged
	})
	require.GreaterOrEqual(rt, i, 0, "that the role goes on")
	by := steps[i].ByHand
	require.NotNil(rt, by.Ground)
	require.NotEmpty(rt, by.Ground.Cause, "and what the rules did")
	require.NotNil(rt, by.End, "and until when")
	b := forced(p.batch(after))
	b.Now = *row.End
	res := Evaluate(p.c, b)[0]
	require.NoError(rt, res.Err)
	for _, r := range after.After(&res).Roles {
		require.False(rt, r.RoleID == row.RoleID && r.Workflow == evaluation.Prolonged && r.HasParameters(row.Parameters) && interval.EndOf(r.End) > interval.Instant(b.Now), "then it is over")
	}
}

func (p *play) approvalIsRedundant(rt *rapid.T, after *evaluation.Owner, s evaluation.Step) {
	less := *after
	less.Roles = slices.DeleteFunc(slices.Clone(after.Roles), func(r *evaluation.AssignedRole) bool { return r.ID == s.ByHand.ID })
	b := forced(p.batch(&less))
	res := Evaluate(p.c, b)[0]
	require.NoError(rt, res.Err)
	var given interval.Set
	for _, r := range less.After(&res).Roles {
		if r.RoleID == s.RoleID && !r.IsDenied && r.Workflow.Holds() && r.HasParameters(s.ByHand.Parameters) {
			given = append(given, interval.Interval{From: interval.StartOf(r.Start), To: interval.EndOf(r.End)})
		}
	}
	over := interval.Set{{From: max(interval.StartOf(s.From), interval.Instant(b.Now)), To: interval.EndOf(s.To)}}
	if over[0].From < over[0].To {
		require.Empty(rt, over.Subtract(given.Normal()), "the rules give it without the approval")
	}
}
