package expectation

import (
	"slices"

	"writ/server/evaluation"
	"writ/server/evaluation/formula"
	"writ/server/evaluation/interval"
	"writ/server/evaluation/model"
)

// context computes the contexts under every context rule (S1). Without a context rule no dimension can match, and whoever exists is in.
func (r *Run) context() error {
	r.Contexts = make([][]Context, len(r.Source.Contexts))
	if r.Owner.Resource.Gone {
		r.depart()
		return nil
	}
	none := make([]int64, len(r.Source.Matcher.Dimensions))
	r.free = []Context{{Over: interval.Always, wide: interval.Always, Record: r.Owner.Resource, Match: r.Source.Matcher.Match(none)}}
	for i, rule := range r.Source.Contexts {
		r.World.Vars = [3]*evaluation.Resource{formula.SourceRoot: r.Owner.Resource}
		found, err := chooser{rule}.choose(r.World, r.Now, r.Edge)
		if err != nil && !rule.Off {
			return err
		}
		for j := range found {
			values := make([]int64, len(r.Source.Matcher.Dimensions))
			for name, id := range found[j].Dimensions {
				if at, ok := r.Source.Matcher.At[name]; ok {
					values[at] = id
				}
			}
			found[j].Match = r.Source.Matcher.Match(values)
			if !rule.Off {
				r.Result.Contexts = append(r.Result.Contexts, found[j].Context)
			}
		}
		r.Contexts[i] = found
	}
	r.depart()
	return nil
}

// depart ends, for an owner who was made to leave at once, every context that had begun by then, and leaves out those that his source has planned for later:
// only a person brings him back (requests 12.8).
func (r *Run) depart() {
	if r.Owner.DepartedAt == nil {
		return
	}
	at := interval.Instant(*r.Owner.DepartedAt)
	r.Edge(at)
	r.Departed = at <= r.Now
	left := func(list []Context) []Context {
		list = slices.DeleteFunc(list, func(c Context) bool { return c.Over.From >= at })
		for i := range list {
			if c := &list[i]; c.Over.To > at {
				c.Over.To = at
				c.End = interval.Moment(at)
			}
		}
		return list
	}
	r.free = left(r.free)
	for i := range r.Contexts {
		r.Contexts[i] = left(r.Contexts[i])
	}
	r.Result.Contexts = slices.DeleteFunc(r.Result.Contexts, func(c evaluation.Context) bool { return interval.StartOf(c.Start) >= at })
	for i := range r.Result.Contexts {
		if c := &r.Result.Contexts[i]; interval.EndOf(c.End) > at {
			c.End = interval.Moment(at)
		}
	}
}

// ContextsOf are the contexts that count for a rule.
func (r *Run) ContextsOf(x *model.Rule) []Context {
	if x.Context < 0 {
		return r.free
	}
	return r.Contexts[x.Context]
}

// RecordOf is the record that a rule sees now: that of the context in force.
func (r *Run) RecordOf(x *model.Rule) *evaluation.Resource {
	if c := ContextAt(r.ContextsOf(x), r.Now); c != nil {
		return c.Record
	}
	return nil
}

// When is the set of instants at which all criteria of a rule hold: M(rule) of role-model 3.2. wide takes the contexts as if the first had
// begun always and the last never ended, as the values of an account before and after them need (2.9).
func (r *Run) When(x *model.Rule, wide bool) interval.Set {
	if x.RoleID != 0 && len(x.Criteria) > 0 && (r.imposed != nil || r.variants[x.RoleID] != nil) {
		return r.whenHeld(x, wide)
	}
	var out interval.Set
	contexts := r.ContextsOf(x)
	for i := range contexts {
		if c := &contexts[i]; c.Match.Has(x) {
			over := c.Over
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
		out = out.Intersect(r.Held[x.RoleID])
	}
	return out
}

// Reign is the time during which one context decides what a rule gives.
type Reign struct {
	*Context
	rank int
	On   interval.Set
}

// Reigns divides a time among the contexts: at every instant the best ranked decides of those that satisfy the rule, together all of them. Where none
// does, as before and after what offsets reach, it is the best ranked of all.
func (r *Run) Reigns(x *model.Rule, on interval.Set, together bool) []Reign {
	contexts := r.ContextsOf(x)
	if len(contexts) == 1 {
		return []Reign{{&contexts[0], 0, on}}
	}
	var out []Reign
	rest := on
	for _, satisfied := range []bool{true, false} {
		for i := range contexts {
			c := &contexts[i]
			if c.Match.Has(x) != satisfied {
				continue
			}
			from := rest
			if satisfied && together {
				from = on
			}
			if mine := from.Intersect(interval.Set{c.wide}); len(mine) > 0 {
				out = append(out, Reign{c, i, mine})
				rest = rest.Subtract(mine)
			}
		}
	}
	return out
}

// open calls f with every rule of the contexts that asks for no role and whose criteria hold, once.
func (r *Run) open(list func(*model.Matches) []*model.Rule, f func(*model.Rule)) {
	for i := range r.free {
		for _, x := range list(r.free[i].Match) {
			if x.Context < 0 {
				f(x)
			}
		}
	}
	for i, contexts := range r.Contexts {
		var seen map[*model.Rule]bool
		if len(contexts) > 1 {
			seen = map[*model.Rule]bool{}
		}
		for k := range contexts {
			for _, x := range list(contexts[k].Match) {
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
