package computation

import (
	"maps"
	"slices"

	"writ/server/evaluation"
	"writ/server/evaluation/expectation"
	"writ/server/evaluation/formula"
	"writ/server/evaluation/interval"
	"writ/server/evaluation/model"
	"writ/server/rolemodel"
)

// explain tells of every rule whether it holds and why not, and what all of them come to. It runs after everything is computed.
func explain(of *expectation.Run) {
	r := explaining{of}
	r.Result.Trace = &evaluation.Trace{}
	for _, p := range r.Plans {
		r.explainCorrelation(p)
	}
	r.explainContexts()
	r.explainRoles()
	r.explainTypes()
}

// explaining is what was computed of an owner, with a trace that grows.
type explaining struct{ *expectation.Run }

func (r explaining) step(s evaluation.Step) { r.Result.Trace.Steps = append(r.Result.Trace.Steps, s) }

func (r explaining) explainContexts() {
	for i, rule := range r.Source.Contexts {
		if rule.Off {
			continue
		}
		s := evaluation.Step{Kind: evaluation.StepContext, RuleID: rule.ID, Rule: rule.Identifier}
		if i >= len(r.Contexts) || len(r.Contexts[i]) == 0 {
			r.step(s)
			continue
		}
		for _, c := range r.Contexts[i] {
			s.Matched, s.From, s.To, s.ResourceID, s.Values, s.Sections = true, c.Start, c.End, c.RecordID, c.Dimensions, c.Sections
			r.step(s)
		}
	}
}

// explainRoles goes over the roles that some rule gives or that the owner has: their rules, then what they come to.
func (r explaining) explainRoles() {
	rules := map[int64][]*model.Rule{}
	for _, x := range r.Source.Matcher.Rules {
		if x.Gives != 0 {
			rules[x.Gives] = append(rules[x.Gives], x)
		}
	}
	for id := range r.Readings {
		if rules[id] == nil {
			rules[id] = []*model.Rule{}
		}
	}
	rows := map[int64]*evaluation.AssignedRole{}
	for _, row := range r.Owner.Roles {
		if row.IsDenied || row.Workflow.ByPerson() || row.Workflow.Found() {
			rows[row.RoleID] = row
		}
		if rules[row.RoleID] == nil {
			rules[row.RoleID] = []*model.Rule{}
		}
	}
	for i := range r.Result.Roles {
		if d := &r.Result.Roles[i]; d.Row.Workflow == evaluation.Prolonged && !d.Close {
			rows[d.Row.RoleID] = &d.Row
		}
	}
	for _, id := range slices.Sorted(maps.Keys(rules)) {
		kind := evaluation.StepSingleRole
		if t := r.Source.Roles[id]; t != nil && t.Kind == rolemodel.Composite {
			kind = evaluation.StepCompositeRole
		}
		for _, x := range rules[id] {
			r.explainRule(evaluation.Step{Kind: kind, RoleID: id}, x, r.When(x, false))
		}
		for _, s := range r.Readings[id] {
			r.step(s)
		}
		r.explainBlocked(func(k *evaluation.Withheld) bool { return k.RoleID == id })
		r.verdict(evaluation.Step{Kind: evaluation.StepRole, RoleID: id, ByHand: rows[id], Held: r.HeldWith(id)}, r.Held[id])
	}
}

// explainBlocked tells what risks keep back, and together with what.
func (r explaining) explainBlocked(about func(*evaluation.Withheld) bool) {
	for i := range r.Result.Withheld {
		k := &r.Result.Withheld[i]
		if !about(k) {
			continue
		}
		s := evaluation.Step{Kind: evaluation.StepBlocked, RoleID: k.RoleID, ResourceTypeID: k.ResourceTypeID, Property: k.Property, ResourceID: k.ValueID, RiskID: k.RiskID, With: k.Contributors,
			From: k.Exposure.From, To: k.Exposure.To}
		if k.ValueID != 0 {
			s.Value = r.Label(k.ValueID)
		}
		if len(k.Parameters) > 0 {
			s.Values = k.Parameters
		}
		r.step(s)
	}
}

// verdict adds what the rules come to, by what is in force now, else by what comes next, else by what was.
func (r explaining) verdict(s evaluation.Step, over interval.Set) {
	if len(over) > 0 {
		best := over[len(over)-1]
		for _, i := range slices.Backward(over) {
			if i.To > r.Now {
				best = i
			}
		}
		s.Matched = true
		s.From, s.To = interval.Moments(best)
	}
	r.step(s)
}

// explainRule adds one step per interval of a rule, or one that says why not.
func (r explaining) explainRule(s evaluation.Step, x *model.Rule, over interval.Set) {
	s.RuleID, s.Rule, s.NeedsRoleID, s.Denied, s.Suggests = x.ID, x.Identifier, x.RoleID, x.Denied, !x.Required()
	s.RoleHeld = x.RoleID != 0 && len(r.Held[x.RoleID]) > 0
	s.NoContext = len(r.ContextsOf(x)) == 0
	if s.Matched = len(over) > 0; !s.Matched {
		r.step(r.because(s, x, r.nearest(x)))
	}
	for _, i := range over {
		s.From, s.To = interval.Moments(i)
		r.step(r.because(s, x, r.reason(x, i)))
	}
}

// because tells what a rule asks of a context, beside what that has.
func (r explaining) because(s evaluation.Step, x *model.Rule, c *expectation.Context) evaluation.Step {
	if c == nil {
		return s
	}
	if len(r.ContextsOf(x)) > 1 {
		s.OfRecord = c.RecordID
	}
	s.OutsidePolicy = x.PolicyBit != x.Bit && !c.Match.Bits.Contains(x.PolicyBit)
	s.Criteria = r.Asked(x, c)
	return s
}

// reason is the context for which a rule applies during a time: of now, if now is in it, else the best ranked; after the time of all, any.
func (r explaining) reason(x *model.Rule, i interval.Interval) *expectation.Context {
	contexts := r.ContextsOf(x)
	var best *expectation.Context
	for n := range contexts {
		c := &contexts[n]
		if !r.Applies(x, c) {
			continue
		}
		switch {
		case best == nil:
			best = c
		case i.Has(r.Now) && best.Over.Has(r.Now):
			return best
		case i.Has(r.Now) && c.Over.Has(r.Now), c.Over.From < i.To && i.From < c.Over.To && !(best.Over.From < i.To && i.From < best.Over.To):
			best = c
		}
	}
	return best
}

// nearest is the context that lacks the least of what a rule asks for; of equal ones that of now, then the best ranked.
func (r explaining) nearest(x *model.Rule) *expectation.Context {
	contexts := r.ContextsOf(x)
	best, most := expectation.ContextAt(contexts, r.Now), -1
	holds := func(c *expectation.Context) (n int) {
		for _, f := range r.Asked(x, c) {
			if f.Holds {
				n++
			}
		}
		return n
	}
	if best != nil {
		most = holds(best)
	}
	for i := range contexts {
		if n := holds(&contexts[i]); n > most {
			best, most = &contexts[i], n
		}
	}
	return best
}

// explainTypes tells of every rule of every resource type whether it gives something, of the type whether the owner gets it, and of the
// values what they are.
func (r explaining) explainTypes() {
	for _, t := range r.Source.Types {
		var base interval.Set
		for _, p := range r.Plans {
			if p.ID == t.ID {
				base = p.Base
			}
		}
		winners := r.winners(t.ID)
		var properties []*model.Rule
		for _, x := range r.Source.Matcher.Rules {
			switch {
			case x.Type != t || x.Kind.Told == model.NotTold:
			case x.Kind.Gives:
				r.explainGiven(x)
			default:
				properties = append(properties, x)
			}
		}
		r.verdict(evaluation.Step{Kind: evaluation.StepType, ResourceTypeID: t.ID}, base)
		for _, x := range properties {
			if x.Kind.Told == model.ToldByValue {
				r.explainComputed(x, len(base) > 0, winners[x.Property.Identifier])
			} else {
				r.explainGiven(x)
			}
		}
		r.explainBlocked(func(k *evaluation.Withheld) bool { return k.ResourceTypeID == t.ID })
	}
}

// explainGiven tells when a rule gives what always is the same: the type, or a fixed value.
func (r explaining) explainGiven(x *model.Rule) {
	s := evaluation.Step{Kind: evaluation.StepResourceType, RoleID: x.RoleID, ResourceTypeID: x.Type.ID}
	if !x.Kind.Gives {
		s = propertyStep(x)
	}
	over := x.Applied(r.When(x, false))
	if x.Kind.Fixed && !x.Denied {
		over = r.explainLost(s, x, over)
		if over == nil {
			return
		}
	}
	r.explainRule(s, x, over)
}

// explainLost tells when the value of a rule gives way to others of its group, and gives the rest of the time; nil: nothing is left to tell.
func (r explaining) explainLost(s evaluation.Step, x *model.Rule, over interval.Set) interval.Set {
	told, rest := false, over
	for _, p := range r.Plans {
		if p.ID != x.Type.ID {
			continue
		}
		for i := range p.Lost {
			c := &p.Lost[i]
			if c.ID != x.Resource || c.Property != x.Property.Identifier || !slices.Contains(c.Rules, x.ID) {
				continue
			}
			s.Overruled, s.Instead, told = true, c.Other, true
			r.explainRule(s, x, interval.Set{c.Interval()})
			rest = rest.Subtract(interval.Set{c.Interval()})
		}
	}
	if told && len(rest) == 0 {
		return nil
	}
	return append(interval.Set{}, rest...)
}

func propertyStep(x *model.Rule) evaluation.Step {
	return evaluation.Step{Kind: evaluation.StepProperty, RoleID: x.RoleID, ResourceTypeID: x.Type.ID, Property: x.Property.Identifier, Value: x.Label, ResourceID: x.Resource}
}

// explainComputed tells what a rule computes, when its type is given at all, and whether another rule takes precedence.
func (r explaining) explainComputed(x *model.Rule, given bool, winners []int64) {
	s := propertyStep(x)
	if !given {
		s.RuleID, s.Rule, s.NotComputed = x.ID, x.Identifier, true
		r.step(s)
		return
	}
	s.Overruled = len(winners) > 0 && !slices.Contains(winners, x.ID)
	computed := func(s evaluation.Step, record *evaluation.Resource) evaluation.Step {
		if x.Value == nil {
			return s
		}
		r.World.Vars = [3]*evaluation.Resource{formula.SourceRoot: r.Owner.Resource, formula.RecordRoot: record}
		s.Looked = nil
		r.World.Asked = func(a formula.Asked) {
			one := evaluation.Looked{EntityTypeID: a.EntityTypeID, Count: len(a.Found)}
			for _, found := range a.Found[:min(evaluation.MostLooked, len(a.Found))] {
				one.Found = append(one.Found, found.ID)
			}
			if len(s.Looked) < evaluation.MostLooked { // a query inside another asks once for each candidate
				s.Looked = append(s.Looked, one)
			}
		}
		defer func() { r.World.Asked = nil }()
		var err error
		if s.Value, err = x.Value.Text(r.World); err != nil {
			s.Error = err.Error()
		}
		return s
	}
	over := x.Applied(r.When(x, false))
	if len(r.ContextsOf(x)) < 2 || !x.Value.ByRecord() || len(over) == 0 {
		r.explainRule(computed(s, r.RecordOf(x)), x, over)
		return
	}
	for _, part := range r.Reigns(x, over, x.Property.Many()) { // each context gives a value of its own
		one := computed(s, part.Record)
		one.RuleID, one.Rule, one.NeedsRoleID, one.RoleHeld, one.Matched = x.ID, x.Identifier, x.RoleID, x.RoleID != 0, true
		for _, i := range part.On {
			one.From, one.To = interval.Moments(i)
			r.step(r.because(one, x, part.Context))
		}
	}
}

// winners are, by property, the rules behind the values in force of the owner's targets of one type.
func (r explaining) winners(typeID int64) map[string][]int64 {
	out := map[string][]int64{}
	add := func(e evaluation.Expected) {
		for name, spans := range e.Properties {
			for _, s := range spans {
				if s.InForce {
					out[name] = append(out[name], s.Rules...)
				}
			}
		}
	}
	replaced := map[*evaluation.ExistingType]bool{}
	for _, d := range r.Result.Types {
		if d.ResourceTypeID == typeID {
			replaced[d.Existing] = true
			add(d.Expected)
		}
	}
	for _, x := range r.Owner.Types {
		if x.ResourceTypeID == typeID && !replaced[x] {
			add(x.Expected)
		}
	}
	return out
}

// explainCorrelation tells which targets were found and what becomes of them.
func (r explaining) explainCorrelation(p *expectation.Plan) {
	add := func(m expectation.Match, is bool) {
		r.step(evaluation.Step{Kind: evaluation.StepCorrelation, RuleID: m.Rule, Rule: r.Model.NameOfRule(m.Rule), ResourceTypeID: p.ID, ResourceID: m.Target.ID, Value: m.Target.Key,
			Matched: is, Confidence: m.Confidence, Ambiguous: m.Ambiguous})
	}
	for _, m := range p.Linked {
		add(m, true)
	}
	for _, m := range p.Suggested {
		add(m, false)
	}
}
