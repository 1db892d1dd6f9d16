package evaluation

import (
	"fmt"
	"slices"

	"writ/server/rolemodel"
)

// Evaluate computes a batch of owners (role-model 12.4): one Result per owner, in the same order. An owner that cannot be computed has Err
// set and concerns no other.
func (c *Compiled) Evaluate(b *Batch) []Result {
	out := make([]Result, len(b.Owners))
	h, m := hasher{c: c, b: b}, &scratch{}
	for i, o := range b.Owners {
		out[i] = c.evaluate(b, o, &h, m)
	}
	return out
}

func (c *Compiled) evaluate(b *Batch, o *Owner, h *hasher, m *scratch) (res Result) {
	defer func() {
		if p := recover(); p != nil {
			res = Result{OwnerID: o.Resource.ID, Err: fmt.Errorf("the computation of this owner failed: %v", p)}
		}
	}()
	if !b.Force && !b.Explain && o.Fingerprint != nil && o.ModelVersion == c.Version && (o.NextAt == nil || o.NextAt.After(b.Now)) &&
		slices.Equal(h.of(o), o.Fingerprint) {
		return Result{OwnerID: o.Resource.ID, Unchanged: true, Fingerprint: o.Fingerprint, NextAt: o.NextAt}
	}
	m.facts = m.facts[:0]
	r := &run{ground: ground{c: c, b: b, now: instant(b.Now), next: maxTime}, o: o, res: Result{OwnerID: o.Resource.ID}, held: map[int64]set{}, scratch: m}
	if b.Explain {
		r.res.Trace = &Trace{}
	}
	if r.src = c.sources[o.Resource.EntityTypeID]; r.src == nil {
		r.src = &source{entityType: o.Resource.EntityTypeID, matcher: newMatcher(nil, nil), reads: &reads{}}
	}
	r.world = &world{resources: b.Resources, now: r.now, zone: c.shape.Zone(), from: minTime, to: maxTime, read: r.read}
	if err := r.compute(); err != nil {
		return Result{OwnerID: o.Resource.ID, Err: err}
	}
	r.res.Facts = slices.Clone(ascending(r.facts))
	r.res.NextAt = moment(r.next)
	r.res.Fingerprint = h.of(after(o, &r.res))
	return r.res
}

// scratch is memory that the computations of a batch use one after the other.
type scratch struct {
	facts  []int64
	navs   [][]*rule // by position of the property
	values []reached
	spans  []Span // what results hold stays where it is: a full piece is left to them
}

// add puts one more span at the end of the list that begins at begin, and tells where it begins now.
func (m *scratch) add(begin int, s Span) int {
	m.spans, begin = room(m.spans, begin)
	m.spans = append(m.spans, s)
	return begin
}

// give gives the list that begins at begin away.
func (m *scratch) give(begin int) []Span { return m.spans[begin:len(m.spans):len(m.spans)] }

func ascending(ids []int64) []int64 {
	slices.Sort(ids)
	return slices.Compact(ids)
}

// ground is what everything stands on that is computed for one owner: the model, the batch, the instant, and the next one at which anything
// changes by itself.
type ground struct {
	c    *Compiled
	b    *Batch
	now  int64
	next int64
}

// run is the computation of one owner.
type run struct {
	ground
	src   *source
	o     *Owner
	world *world
	res   Result
	*scratch

	contexts [][]context    // by position of the context rule
	free     []context      // for rules without a context rule
	held     map[int64]set  // role id -> when it counts as held
	taken    map[int64]bool // targets that one of the owner's rows has
}

func (r *run) read(id int64) {
	if id != r.o.Resource.ID {
		r.facts = append(r.facts, id)
	}
}

// edge notes an instant at which the result may change by itself.
func (r *ground) edge(at int64) {
	if at > r.now && at < r.next {
		r.next = at
	}
}

func (r *run) edges(s set) {
	for _, i := range s {
		r.edge(i.from)
		r.edge(i.to)
	}
}

func (r *run) compute() error {
	if err := r.context(); err != nil {
		return err
	}
	r.keys()
	r.roles()
	r.types()
	return nil
}

// context computes the contexts under every context rule (S1). Without a context rule no dimension can match, and whoever exists is in.
func (r *run) context() error {
	r.contexts = make([][]context, len(r.src.contexts))
	if r.o.Resource.Gone {
		return nil
	}
	none := make([]int64, len(r.src.matcher.dims))
	r.free = []context{{over: always, wide: always, record: r.o.Resource, match: r.src.matcher.match(none)}}
	for i, rule := range r.src.contexts {
		r.world.vars = [3]*Resource{sourceRoot: r.o.Resource}
		found, err := rule.choose(r.world, r.now, r.edge)
		if err != nil {
			return err
		}
		for j := range found {
			values := make([]int64, len(r.src.matcher.dims))
			for name, id := range found[j].Dimensions {
				if at, ok := r.src.matcher.at[name]; ok {
					values[at] = id
				}
			}
			found[j].match = r.src.matcher.match(values)
			r.res.Contexts = append(r.res.Contexts, found[j].Context)
		}
		r.contexts[i] = found
	}
	return nil
}

// contextsOf are the contexts that count for a rule.
func (r *run) contextsOf(x *rule) []context {
	if x.context < 0 {
		return r.free
	}
	return r.contexts[x.context]
}

// recordOf is the record that a rule sees now: that of the context in force.
func (r *run) recordOf(x *rule) *Resource {
	if c := contextAt(r.contextsOf(x), r.now); c != nil {
		return c.record
	}
	return nil
}

// when is the set of instants at which all criteria of a rule hold: M(rule) of role-model 3.2. wide takes the contexts as if the first had
// begun always and the last never ended, as the values of an account before and after them need (2.9).
func (r *run) when(x *rule, wide bool) set {
	var out set
	contexts := r.contextsOf(x)
	for i := range contexts {
		if c := &contexts[i]; c.match.has(x) {
			over := c.over
			if wide {
				over = c.wide
			}
			if over == always {
				out = everSet
				break
			}
			out = append(out, over)
		}
	}
	if len(out) > 1 {
		out = out.normal()
	}
	if x.roleID != 0 && len(out) > 0 {
		out = out.intersect(r.held[x.roleID])
	}
	return out
}

// reign is the time during which one context decides what a rule gives.
type reign struct {
	*context
	rank int
	on   set
}

// reigns divides a time among the contexts: at every instant the best ranked decides of those that satisfy the rule, together all of them. Where none
// does, as before and after what offsets reach, it is the best ranked of all.
func (r *run) reigns(x *rule, on set, together bool) []reign {
	contexts := r.contextsOf(x)
	if len(contexts) == 1 {
		return []reign{{&contexts[0], 0, on}}
	}
	var out []reign
	rest := on
	for _, satisfied := range []bool{true, false} {
		for i := range contexts {
			c := &contexts[i]
			if c.match.has(x) != satisfied {
				continue
			}
			from := rest
			if satisfied && together {
				from = on
			}
			if mine := from.intersect(set{c.wide}); len(mine) > 0 {
				out = append(out, reign{c, i, mine})
				rest = rest.subtract(mine)
			}
		}
	}
	return out
}

// open calls f with every rule of the contexts that asks for no role and whose criteria hold, once.
func (r *run) open(list func(*matches) []*rule, f func(*rule)) {
	for i := range r.free {
		for _, x := range list(r.free[i].match) {
			if x.context < 0 {
				f(x)
			}
		}
	}
	for i, contexts := range r.contexts {
		var seen map[*rule]bool
		if len(contexts) > 1 {
			seen = map[*rule]bool{}
		}
		for k := range contexts {
			for _, x := range list(contexts[k].match) {
				if x.context == i && !seen[x] {
					if seen != nil {
						seen[x] = true
					}
					f(x)
				}
			}
		}
	}
}

// keys gives side S of the owner.
func (r *run) keys() {
	if r.o.Resource.Gone {
		return
	}
	r.world.from, r.world.to = minTime, maxTime
	r.res.SourceKeys = r.src.sourceKeys(r.world, r.o.Resource, r.contextsOf)
}

// unmatched is why it is not known whether the owner has a target of a type already; empty: all its rules could look.
func (r *run) unmatched(typeID int64) string {
	for _, k := range r.res.SourceKeys {
		if x := r.c.rules[k.RuleID]; k.Fault != "" && x != nil && x.typ != nil && x.typ.ID == typeID && x.kind.owns {
			return k.Fault
		}
	}
	return ""
}

// required reports whether a rule gives something by itself: the other strengths only suggest in a basket.
func (x *rule) required() bool { return x.strength == rolemodel.Required }
