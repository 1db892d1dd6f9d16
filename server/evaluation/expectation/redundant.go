package expectation

import (
	"slices"

	"writ/server/evaluation"
	"writ/server/evaluation/interval"
)

// What people approved although rules give it (role-model 12.10). Only what was plainly approved (16) counts: an approval in spite of a risk is more than
// what rules give, and a denial is none.

// redundantRoles compares what people approved of a role with what rules give of it, of the same parameters.
func (r *Run) redundantRoles(kept []*evaluation.AssignedRole, wanted []period) {
	if !r.Batch.Redundant {
		return
	}
	for _, row := range kept {
		if row.IsDenied || row.Workflow != evaluation.Approved {
			continue
		}
		own := interval.Interval{From: interval.StartOf(row.Start), To: interval.EndOf(row.End)}
		out := evaluation.Redundancy{Role: row, Left: interval.Of(own)}
		counts := false
		for _, p := range wanted {
			if p.missing || !row.HasParameters(p.params) {
				continue
			}
			denied, _ := decided(kept, p.params)
			for _, i := range interval.Of(p.Interval).Subtract(denied).Intersect(out.Left) {
				out.Given = append(out.Given, evaluation.Given{Interval: i, RuleIDs: p.rules, Through: p.through})
				out.Left = out.Left.Subtract(interval.Of(i))
				counts = counts || i.To > r.Now
			}
		}
		if counts {
			slices.SortFunc(out.Given, func(a, b evaluation.Given) int {
				if a.From < b.From {
					return -1
				}
				return 1
			})
			r.Redundant = append(r.Redundant, out)
		}
	}
}

// redundantTypes compares what people approved of a resource type with what rules give. A row is one account, which cannot be divided in time: it is
// redundant when rules give it for all that is left of its time.
func (r *Run) redundantTypes(p *Plan, rows []*evaluation.ExistingType) {
	if !r.Batch.Redundant || r.Owner.Resource.Gone {
		return
	}
	for _, x := range rows {
		if x.IsDenied || x.Workflow != evaluation.Approved || p.failed {
			continue
		}
		own := interval.Of(interval.Interval{From: max(interval.StartOf(x.Start), r.Now), To: interval.EndOf(x.End)})
		if len(own) == 0 || len(own.Subtract(p.Base)) > 0 || len(own.Intersect(p.denied)) > 0 {
			continue
		}
		out := evaluation.Redundancy{Type: x}
		for _, i := range own {
			out.Given = append(out.Given, evaluation.Given{Interval: i, RuleIDs: p.expected.TypeRules, RoleIDs: p.expected.Roles})
		}
		r.Redundant = append(r.Redundant, out)
	}
}
