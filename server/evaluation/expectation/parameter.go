package expectation

import (
	"cmp"
	"maps"
	"slices"

	"writ/server/evaluation"
	"writ/server/evaluation/interval"
	"writ/server/evaluation/model"
	"writ/server/rolemodel"
)

// Parametrised roles (role-model 3.4). An assignment of a role carries values of dimensions that its rules are tested against in place of those of
// the context. What a rule gives carries what the role requires, imposes, or gets from the composite role through which it comes; every other
// dimension is that of the context at each instant, so it is not written down. What a person gave is meant as it is: a dimension without a value
// has none.

// hold is one assignment of a role that counts, with what its rules are tested against.
type hold struct {
	params map[string]int64
	byHand bool // a person gave it: a dimension without a value has none, whatever the context says
	over   interval.Set
}

// imposed is the value that a single role brings along for a dimension, while it is held.
type imposed struct {
	value int64
	over  interval.Set
}

// imposing orders the single roles so that those which bring values along come before those that are tested against them.
func (r *Run) imposing(id int64) int {
	if own := r.Source.Roles[id]; own != nil && len(own.Imposes) > 0 {
		return 0
	}
	return 1
}

// parametrised divides the time that rules give a role by the parameters that it has then, complete or not.
func (r *Run) parametrised(id int64, rules []*model.Rule, periods []period) []period {
	own := r.Source.Roles[id]
	if own == nil {
		return periods
	}
	var out []period
	for _, p := range periods {
		names := slices.Clone(own.RequiredParameters)
		names = slices.AppendSeq(names, maps.Keys(own.Imposes))
		for _, v := range r.variants[p.through] {
			names = slices.AppendSeq(names, maps.Keys(v.params))
		}
		slices.Sort(names)
		names = slices.DeleteFunc(slices.Compact(names), func(name string) bool { return !r.Source.Tests(own, name) })
		if len(names) == 0 {
			out = append(out, p)
			continue
		}
		out = append(out, r.divide(own, rules, p, names)...)
	}
	return out
}

// divide gives the parts of a period, each with its parameters, by beginning.
func (r *Run) divide(own *model.Role, rules []*model.Rule, p period, names []string) []period {
	var parts []hold
	through := r.variants[p.through]
	if p.through == 0 || len(through) == 0 {
		through = []hold{{over: interval.Ever}}
	}
	for _, x := range rules {
		if !slices.Contains(p.rules, x.ID) {
			continue
		}
		for _, c := range r.ContextsOf(x) {
			for _, v := range through {
				if !r.tested(x, &c, v) {
					continue
				}
				some := []hold{{params: map[string]int64{}, over: interval.Set{p.Interval}.Intersect(interval.Set{c.Over}).Intersect(v.over)}}
				for _, name := range names {
					some = with(some, name, r.sources(own, x, &c, v, name))
				}
				parts = append(parts, some...)
			}
		}
	}
	var out []period
	for len(parts) > 0 { // equal parameters are one
		first, over := parts[0], interval.Set(nil)
		parts = slices.DeleteFunc(parts, func(h hold) bool {
			same := maps.Equal(h.params, first.params)
			if same {
				over = over.Union(h.over)
			}
			return same
		})
		missing := slices.ContainsFunc(own.RequiredParameters, func(name string) bool { return first.params[name] == 0 })
		for _, i := range over {
			out = append(out, period{Interval: i, rules: p.rules, through: p.through, params: first.params, missing: missing})
		}
	}
	slices.SortStableFunc(out, func(a, b period) int { return compareParams(a, b) })
	return out
}

// with divides assignments once more, by the values that a dimension has in its time; 0: it has none.
func with(parts []hold, name string, values []imposed) []hold {
	var out []hold
	for _, h := range parts {
		for _, v := range values {
			over := h.over.Intersect(v.over)
			if len(over) == 0 {
				continue
			}
			params := h.params
			if v.value != 0 {
				params = maps.Clone(h.params)
				params[name] = v.value
			}
			out = append(out, hold{params: params, over: over})
		}
	}
	return out
}

// sources gives the value of one parameter over time: what the winning rule says, else what the role imposes, else what the composite role carries that
// it comes through, else what other roles that are held impose, else the context (role-model 3.4).
func (r *Run) sources(own *model.Role, x *model.Rule, c *Context, through hold, name string) []imposed {
	for _, k := range x.Criteria {
		if k.Dimension == name && !k.Inherit && k.Value != 0 {
			return []imposed{{k.Value, interval.Ever}}
		}
	}
	if id := own.Imposes[name]; id != 0 {
		return []imposed{{id, interval.Ever}}
	}
	if id := through.params[name]; id != 0 {
		return []imposed{{id, interval.Ever}}
	}
	out, rest := slices.Clone(r.imposed[name]), interval.Ever
	for _, i := range out {
		rest = rest.Subtract(i.over)
	}
	return append(out, imposed{c.Dimensions[name], rest})
}

// impose notes what a single role that is held brings along. Where two roles bring different values, the one with the lower id does.
func (r *Run) impose(id int64, over interval.Set) {
	own := r.Source.Roles[id]
	if own == nil || own.Kind != rolemodel.Single {
		return
	}
	for name, value := range own.Imposes {
		if r.imposed == nil {
			r.imposed = map[string][]imposed{}
		}
		for _, i := range r.imposed[name] {
			over = over.Subtract(i.over)
		}
		if len(over) > 0 && value != 0 {
			r.imposed[name] = append(r.imposed[name], imposed{value, over})
		}
	}
}

// tested reports whether an assignment satisfies the criteria of a rule under one context, whatever the time.
func (r *Run) tested(x *model.Rule, c *Context, v hold) bool {
	if x.RoleID == 0 {
		return c.Match.Has(x)
	}
	if x.PolicyBit != x.Bit && !c.Match.Bits.Contains(x.PolicyBit) {
		return false
	}
	for _, k := range x.Criteria {
		if len(r.satisfied(k, c, v)) == 0 {
			return false
		}
	}
	return true
}

// satisfied is the time during which an assignment satisfies one criterion under a context: by its parameters, else by what roles impose, else by the
// context; what a person gave without a value has none.
func (r *Run) satisfied(k model.Criterion, c *Context, v hold) interval.Set {
	fits := func(value int64) bool { return r.Source.Matcher.Fits(k, value) }
	if value, ok := v.params[k.Dimension]; ok {
		if fits(value) {
			return interval.Ever
		}
		return nil
	}
	var out interval.Set
	rest := interval.Ever
	for _, i := range r.imposed[k.Dimension] {
		if fits(i.value) {
			out = out.Union(i.over)
		}
		rest = rest.Subtract(i.over)
	}
	if !v.byHand && fits(c.Dimensions[k.Dimension]) {
		out = out.Union(rest)
	}
	return out
}

// whenHeld is when for a rule that asks for a role and for dimensions, where assignments of the role differ.
func (r *Run) whenHeld(x *model.Rule, wide bool) interval.Set {
	variants := r.assignments(x.RoleID)
	var out interval.Set
	contexts := r.ContextsOf(x)
	for i := range contexts {
		c := &contexts[i]
		over := c.Over
		if wide {
			over = c.wide
		}
		for _, v := range variants {
			if !r.tested(x, c, v) {
				continue
			}
			on := v.over.Intersect(interval.Set{over})
			for _, k := range x.Criteria {
				on = on.Intersect(r.satisfied(k, c, v))
			}
			out = out.Union(on)
		}
	}
	return out
}

// Applies reports whether the criteria of a rule hold under a context, whatever the time: for a rule that asks for a role, of one of its assignments.
func (r *Run) Applies(x *model.Rule, c *Context) bool {
	if x.RoleID == 0 {
		return c.Match.Has(x)
	}
	return slices.ContainsFunc(r.assignments(x.RoleID), func(v hold) bool { return r.tested(x, c, v) })
}

// assignments are those that the rules of a role are tested against: those with parameters, and one that says nothing.
func (r *Run) assignments(roleID int64) []hold {
	rest := r.Held[roleID] // also what was only found in systems: its rules see the context
	for _, v := range r.variants[roleID] {
		rest = rest.Subtract(v.over)
	}
	out := slices.Clone(r.variants[roleID])
	if len(rest) > 0 || len(out) == 0 {
		return append(out, hold{over: rest})
	}
	return out
}

// Asked tells what a rule asks for beside what it is tested against under a context: of several assignments of its role, the one that comes nearest.
func (r *Run) Asked(x *model.Rule, c *Context) []evaluation.CriterionFact {
	var best []evaluation.CriterionFact
	most := -1
	for _, v := range r.assignments(x.RoleID) {
		var facts []evaluation.CriterionFact
		holding := 0
		for _, k := range x.Criteria {
			f := evaluation.CriterionFact{Dimension: k.Dimension, Key: k.Key, Wanted: k.Value, Below: k.Inherit, Has: c.Dimensions[k.Dimension]}
			if x.RoleID != 0 {
				if value, said := v.params[k.Dimension]; said || v.byHand {
					f.Has, f.ByRole = value, true
				} else if i := slices.IndexFunc(r.imposed[k.Dimension], func(i imposed) bool { return len(i.over.Intersect(v.over)) > 0 }); i >= 0 {
					f.Has, f.ByRole = r.imposed[k.Dimension][i].value, true
				}
			}
			if f.Holds = r.Source.Matcher.Fits(k, f.Has); f.Holds {
				holding++
			}
			facts = append(facts, f)
		}
		if holding > most {
			best, most = facts, holding
		}
	}
	return best
}

// HeldWith lists the assignments of a role that have parameters or lack one, in the order of time.
func (r *Run) HeldWith(id int64) []evaluation.Held {
	var out []evaluation.Held
	for _, v := range r.variants[id] {
		for _, i := range v.over {
			h := evaluation.Held{Parameters: v.params}
			h.From, h.To = interval.Moments(i)
			out = append(out, h)
		}
	}
	out = append(out, r.lacking[id]...)
	if !slices.ContainsFunc(out, func(h evaluation.Held) bool { return len(h.Parameters)+len(h.Missing) > 0 }) {
		return nil // nothing tells them apart
	}
	slices.SortStableFunc(out, func(a, b evaluation.Held) int {
		return cmp.Or(cmp.Compare(interval.StartOf(a.From), interval.StartOf(b.From)), slices.Compare(evaluation.ListedParameters(a.Parameters), evaluation.ListedParameters(b.Parameters)))
	})
	return out
}

// lack notes, for explanations, an assignment that gives nothing because a parameter is missing.
func (r *Run) lack(id int64, p period) {
	if !r.Batch.Explain {
		return
	}
	h := evaluation.Held{Parameters: p.params}
	h.From, h.To = interval.Moments(p.Interval)
	for _, name := range r.Source.Roles[id].RequiredParameters {
		if p.params[name] == 0 {
			h.Missing = append(h.Missing, name)
		}
	}
	if r.lacking == nil {
		r.lacking = map[int64][]evaluation.Held{}
	}
	r.lacking[id] = append(r.lacking[id], h)
}

// compareParams orders periods by beginning, those at once by their parameters.
func compareParams(a, b period) int {
	return cmp.Or(cmp.Compare(a.From, b.From), slices.Compare(evaluation.ListedParameters(a.params), evaluation.ListedParameters(b.params)))
}

// decided gives the time of what people denied and gave of a role with these parameters. A denial without parameters is one of the role altogether.
func decided(kept []*evaluation.AssignedRole, params map[string]int64) (denied, approved interval.Set) {
	for _, row := range kept {
		at := interval.Of(interval.Interval{From: interval.StartOf(row.Start), To: interval.EndOf(row.End)})
		switch {
		case row.IsDenied && (len(row.Parameters) == 0 || row.HasParameters(params)):
			denied = denied.Union(at)
		case !row.IsDenied && row.HasParameters(params):
			approved = approved.Union(at)
		}
	}
	return denied, approved
}

// hold notes when a role counts as held, and by which assignments where it matters which of them counts: the rules of the others see the context.
func (r *Run) hold(id int64, of []hold) {
	var held interval.Set
	for _, h := range of {
		held = held.Union(h.over)
	}
	if len(held) == 0 {
		return
	}
	r.Held[id] = held
	if slices.ContainsFunc(of, func(h hold) bool { return h.byHand || len(h.params) > 0 }) {
		r.variants[id] = of
	}
	r.impose(id, held)
}

// external takes the assignments of a role that another tool keeps as they are: none is added, changed or ended (role-model 2.2). They count as
// held for rules of other policies.
func (r *Run) external(id int64, rows []*evaluation.AssignedRole) {
	var over interval.Set
	for _, row := range rows {
		if r.Owner.Resource.Gone || row.IsDenied || !row.Workflow.Holds() {
			continue
		}
		i := interval.Interval{From: interval.StartOf(row.Start), To: interval.EndOf(row.End)}
		r.Edge(i.From)
		r.Edge(i.To)
		over = over.Union(interval.Of(i))
	}
	if len(over) > 0 {
		r.Held[id] = over
	}
}
