package computation

import (
	"writ/server/evaluation"
	"writ/server/evaluation/formula"
	"writ/server/evaluation/interval"
	"writ/server/evaluation/model"
)

// context computes the contexts under every context rule (S1). Without a context rule no dimension can match, and whoever exists is in.
func (r *run) context() error {
	r.contexts = make([][]context, len(r.src.Contexts))
	if r.o.Resource.Gone {
		return nil
	}
	none := make([]int64, len(r.src.Matcher.Dimensions))
	r.free = []context{{over: interval.Always, wide: interval.Always, record: r.o.Resource, match: r.src.Matcher.Match(none)}}
	for i, rule := range r.src.Contexts {
		r.world.Vars = [3]*evaluation.Resource{formula.SourceRoot: r.o.Resource}
		found, err := chooser{rule}.choose(r.world, r.now, r.edge)
		if err != nil {
			return err
		}
		for j := range found {
			values := make([]int64, len(r.src.Matcher.Dimensions))
			for name, id := range found[j].Dimensions {
				if at, ok := r.src.Matcher.At[name]; ok {
					values[at] = id
				}
			}
			found[j].match = r.src.Matcher.Match(values)
			r.res.Contexts = append(r.res.Contexts, found[j].Context)
		}
		r.contexts[i] = found
	}
	return nil
}

// contextsOf are the contexts that count for a rule.
func (r *run) contextsOf(x *model.Rule) []context {
	if x.Context < 0 {
		return r.free
	}
	return r.contexts[x.Context]
}

// recordOf is the record that a rule sees now: that of the context in force.
func (r *run) recordOf(x *model.Rule) *evaluation.Resource {
	if c := contextAt(r.contextsOf(x), r.now); c != nil {
		return c.record
	}
	return nil
}

// when is the set of instants at which all criteria of a rule hold: M(rule) of role-model 3.2. wide takes the contexts as if the first had
// begun always and the last never ended, as the values of an account before and after them need (2.9).
func (r *run) when(x *model.Rule, wide bool) interval.Set {
	var out interval.Set
	contexts := r.contextsOf(x)
	for i := range contexts {
		if c := &contexts[i]; c.match.Has(x) {
			over := c.over
			if wide {
				over = c.wide
			}
			if over == interval.Always {
				out = interval.Ever
				break
			}
			out = append(out, over)
		}
	}
	if len(out) > 1 {
		out = out.Normal()
	}
	if x.RoleID != 0 && len(out) > 0 {
		out = out.Intersect(r.held[x.RoleID])
	}
	return out
}

// reign is the time during which one context decides what a rule gives.
type reign struct {
	*context
	rank int
	on   interval.Set
}

// reigns divides a time among the contexts: at every instant the best ranked decides of those that satisfy the rule, together all of them. Where none
// does, as before and after what offsets reach, it is the best ranked of all.
func (r *run) reigns(x *model.Rule, on interval.Set, together bool) []reign {
	contexts := r.contextsOf(x)
	if len(contexts) == 1 {
		return []reign{{&contexts[0], 0, on}}
	}
	var out []reign
	rest := on
	for _, satisfied := range []bool{true, false} {
		for i := range contexts {
			c := &contexts[i]
			if c.match.Has(x) != satisfied {
				continue
			}
			from := rest
			if satisfied && together {
				from = on
			}
			if mine := from.Intersect(interval.Set{c.wide}); len(mine) > 0 {
				out = append(out, reign{c, i, mine})
				rest = rest.Subtract(mine)
			}
		}
	}
	return out
}

// open calls f with every rule of the contexts that asks for no role and whose criteria hold, once.
func (r *run) open(list func(*model.Matches) []*model.Rule, f func(*model.Rule)) {
	for i := range r.free {
		for _, x := range list(r.free[i].match) {
			if x.Context < 0 {
				f(x)
			}
		}
	}
	for i, contexts := range r.contexts {
		var seen map[*model.Rule]bool
		if len(contexts) > 1 {
			seen = map[*model.Rule]bool{}
		}
		for k := range contexts {
			for _, x := range list(contexts[k].match) {
				if x.Context == i && !seen[x] {
					if seen != nil {
						seen[x] = true
					}
					f(x)
				}
			}
		}
	}
}
