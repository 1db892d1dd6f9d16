package expectation

import (
	"maps"
	"slices"

	"writ/server/evaluation"
	"writ/server/evaluation/interval"
	"writ/server/evaluation/model"
)

// Grace (role-model 12.9): a role that rules gave and that the rules take away, not the data, stays for a while, so that somebody can look. What it
// brings stays with it.

// ground notes what a period stands on; nil: its role has no grace period.
func (r *Run) ground(own *model.Role, p period) *evaluation.Ground {
	if own == nil || own.Grace == 0 {
		return nil
	}
	rules := r.among(own, p.rules)
	if len(rules) == 0 {
		return nil
	}
	g := &evaluation.Ground{Rules: model.PrintOf(rules), All: own.Print, Contexts: []map[string]int64{}, Names: []string{}}
	if at := rules[0].Context; at >= 0 {
		g.ContextRule = r.Source.Contexts[at].ID
	}
	for _, x := range rules {
		g.Names = append(g.Names, x.Identifier)
		if x.Context != rules[0].Context {
			continue
		}
		contexts := r.ContextsOf(x)
		for i := range contexts {
			c := &contexts[i]
			if c.Over.From >= p.To || p.From >= c.Over.To || !r.Applies(x, c) {
				continue
			}
			values := make(map[string]int64, len(x.Tested))
			for _, name := range x.Tested {
				values[name] = c.Dimensions[name]
			}
			if !slices.ContainsFunc(g.Contexts, func(v map[string]int64) bool { return maps.Equal(v, values) }) {
				g.Contexts = append(g.Contexts, values)
			}
		}
	}
	slices.SortFunc(g.Contexts, func(a, b map[string]int64) int {
		if n := slices.Compare(slices.Sorted(maps.Keys(a)), slices.Sorted(maps.Keys(b))); n != 0 {
			return n
		}
		return slices.Compare(evaluation.ListedParameters(a), evaluation.ListedParameters(b))
	})
	return g
}

// among are those of the rules of a role that still are there, by id.
func (r *Run) among(own *model.Role, ids []int64) []*model.Rule {
	var out []*model.Rule
	for _, x := range own.Rules {
		if slices.Contains(ids, x.ID) {
			out = append(out, x)
		}
	}
	return out
}

// contextsNow are the values of what counts now under the context rule that a role stands on.
func (r *Run) contextsNow(g *evaluation.Ground) (now []*Context) {
	contexts := r.free
	if g.ContextRule != 0 {
		contexts = nil
		for i, rule := range r.Source.Contexts {
			if rule.ID == g.ContextRule {
				contexts = r.Contexts[i]
			}
		}
	}
	for i := range contexts {
		if contexts[i].Over.Has(r.Now) {
			now = append(now, &contexts[i])
		}
	}
	return now
}

// cause tells what the rules did to a role that is lost; empty: it was not the rules, or not they alone.
func (r *Run) cause(own *model.Role, x *evaluation.AssignedRole) evaluation.Cause {
	g := x.Ground
	if g.All == own.Print || !slices.ContainsFunc(r.contextsNow(g), func(c *Context) bool {
		return slices.ContainsFunc(g.Contexts, func(values map[string]int64) bool {
			for name, id := range values {
				if c.Dimensions[name] != id {
					return false
				}
			}
			return true
		})
	}) {
		return ""
	}
	rules := r.among(own, x.RuleIDs)
	switch {
	case len(rules) < len(x.RuleIDs):
		return evaluation.CauseGone
	case model.PrintOf(rules) != g.Rules:
		return evaluation.CauseChanged
	case slices.ContainsFunc(rules, func(rule *model.Rule) bool { _, now := r.When(rule, false).At(r.Now); return now }):
		return evaluation.CauseOverruled
	default:
		return "" // what the rule asks for besides is lost: the composite role
	}
}

// staying gives the rows that stay although no rule gives them now, each with what it becomes: what was prolonged before and is within its time, and
// what the rules take away now. Whoever has left, or to whom a person gave or denied the role meanwhile, keeps nothing.
func (r *Run) staying(own *model.Role, wanted []period, rows, kept []*evaluation.AssignedRole) map[*evaluation.AssignedRole]evaluation.AssignedRole {
	if own == nil || r.Owner.Resource.Gone {
		return nil
	}
	var out map[*evaluation.AssignedRole]evaluation.AssignedRole
	for _, x := range rows {
		over := interval.Interval{From: interval.StartOf(x.Start), To: interval.EndOf(x.End)}
		was := x.Workflow == evaluation.Prolonged
		automatic := x.Workflow == evaluation.Calculated && own.Grace > 0 && (x.Origin == evaluation.OriginRule || x.Origin == evaluation.OriginInferred)
		if x.IsDenied || x.Ground == nil || !was && !automatic || !over.Has(r.Now) {
			continue
		}
		if slices.ContainsFunc(wanted, func(p period) bool {
			return p.Has(r.Now) && (!p.missing || !was) && (p.missing || len(x.Parameters) == 0 || x.HasParameters(p.params))
		}) {
			continue // a rule gives it
		}
		denied, approved := decided(kept, x.Parameters)
		if _, decided := denied.Union(approved).At(r.Now); decided {
			continue
		}
		row := *x
		if was {
			if len(r.contextsNow(x.Ground)) == 0 {
				continue // the owner has left
			}
		} else {
			why := r.cause(own, x)
			if why == "" {
				continue
			}
			ground := *x.Ground
			ground.Cause = why
			row.Workflow, row.Origin, row.InferredByID, row.Ground = evaluation.Prolonged, evaluation.OriginGrace, 0, &ground
			row.End = interval.Moment(min(over.To, interval.Shift(r.Now, own.Grace)))
		}
		r.Edge(interval.EndOf(row.End))
		if out == nil {
			out = map[*evaluation.AssignedRole]evaluation.AssignedRole{}
		}
		out[x] = row
	}
	return out
}
