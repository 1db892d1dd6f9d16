package computation

import (
	"cmp"
	"maps"
	"slices"

	"writ/server/evaluation"
	"writ/server/evaluation/deduction"
	"writ/server/evaluation/expectation"
	"writ/server/evaluation/exposure"
	"writ/server/evaluation/interval"
	"writ/server/evaluation/model"
)

// computed is one owner computed, with something kept back or nothing.
type computed struct {
	*expectation.Run
	after     *evaluation.Owner // once the result is saved
	holds     []exposure.Holding
	exposures []evaluation.Exposure
}

// compute is everything but the risks (S1 to S10), and which risks that comes to.
func compute(c *model.Compiled, b *evaluation.Batch, o *evaluation.Owner, m *expectation.Scratch, withheld expectation.Withheld) (*computed, error) {
	r, err := expectation.Of(c, b, o, m, withheld)
	if err != nil {
		return nil, err
	}
	deduction.Of(r, deduction.Targets{
		Leaves: func(p *expectation.Plan, s *expectation.Seat) bool { return input(r, p, s).Leaves() },
		Standing: func(p *expectation.Plan, s *expectation.Seat, q *model.Property, id int64) (*evaluation.Kept, bool) {
			return input(r, p, s).Standing(q, id)
		},
	})
	differ(r)
	r.Result.Facts = slices.Clone(r.Facts) // the next run uses that memory again
	out := &computed{Run: r, after: o.After(&r.Result)}
	if risks := c.Risks[o.Resource.EntityTypeID]; len(risks) > 0 {
		out.holds = exposure.Holdings(risks, out.after.Types, b.Resources, r.Now)
		out.exposures = exposure.Of(risks, out.holds, r.Now)
	}
	return out, nil
}

// candidate is a new grant that takes part in a risk that blocks.
type candidate struct {
	expectation.Grant
	of   evaluation.Grant
	name string // what decides between those that begin at one instant
}

// withholding decides what risks that block keep back from an owner (role-model 9.5). Only what is new can be kept back: what rows give already stays, and what
// people gave stays. A risk that the owner has without anything new keeps nothing back, since nothing new raises it.
//
// Of several grants that only together raise a risk those come first that begin first, roles before single values, then by identifier; each that follows is given
// unless it raises a risk with what was given before it. So the same data gives the same result, whatever happened in which order in the database.
type withholding struct {
	c     *model.Compiled
	b     *evaluation.Batch
	o     *evaluation.Owner
	m     *expectation.Scratch
	risks []*model.Risk // that block

	next  int64
	facts []int64
	all   []candidate
	known expectation.Withheld // of all
}

// withhold computes an owner again without what raises a risk that blocks, if anything does. first: with everything.
func withhold(c *model.Compiled, b *evaluation.Batch, o *evaluation.Owner, m *expectation.Scratch, first *computed) (*computed, error) {
	w := &withholding{c: c, b: b, o: o, m: m, next: first.Next, known: expectation.Withheld{}}
	for _, r := range c.Risks[o.Resource.EntityTypeID] {
		if r.Blocks() {
			w.risks = append(w.risks, r)
		}
	}
	if len(w.risks) == 0 || !w.more(first) {
		return first, nil
	}
	base, err := w.base()
	if err != nil {
		return nil, err
	}
	out, err := w.settle(first, base)
	if err != nil {
		return nil, err
	}
	out.Next = min(out.Next, w.next)
	out.Result.Facts = append(out.Result.Facts, w.facts...)
	return out, nil
}

// run computes with something kept back. What it read and when it may change count for the result, whatever that is.
func (w *withholding) run(withheld expectation.Withheld) (*computed, error) {
	x, err := compute(w.c, w.b, w.o, w.m, withheld)
	if err == nil {
		w.next, w.facts = min(w.next, x.Next), append(w.facts, x.Result.Facts...)
	}
	return x, err
}

// base is what the owner has with nothing new that takes part in a risk that blocks. What is kept back may show another rule of the same risk.
func (w *withholding) base() (*computed, error) {
	for {
		x, err := w.run(w.known)
		if err != nil || !w.more(x) {
			return x, err
		}
	}
}

// more adds the new grants behind the risks that block; false when there are none that are not known.
func (w *withholding) more(x *computed) bool {
	n := len(w.all)
	for _, r := range w.risks {
		if len(exposure.Of([]*model.Risk{r}, x.holds, x.Now)) == 0 {
			continue
		}
		for _, c := range exposure.Parts(r, x.holds) { // of all its rules: which of them holds depends on what is given
			w.behind(x, c)
		}
	}
	return len(w.all) > n
}

// behind adds the new grants that bring one value: the new roles whose rules do; the value itself where something else does, or where it stays without them. Where
// roles impose parameters on others, keeping one back would change what the others are: there it is values alone that are kept back.
func (w *withholding) behind(x *computed, c exposure.Holding) {
	if !c.Expected || w.had(c) {
		return
	}
	stays, isNew := true, true
	for _, id := range c.Rules {
		g := x.Model.Rules[id]
		fresh := false
		for _, f := range x.Fresh {
			if g != nil && g.RoleID != 0 && f.RoleID == g.RoleID && !x.Source.Imposing() {
				fresh, stays = true, stays && x.Withheld[f.Grant]
				w.add(candidate{f.Grant, f.Of, x.Source.Roles[f.RoleID].Identifier}) // what rules give is a role of the model
			}
		}
		if g != nil && x.ByHand(g.RoleID) {
			return // a person gave it
		}
		isNew = isNew && fresh
	}
	if !isNew || stays {
		name := c.Property + " " + x.Label(c.ValueID)
		if t := w.c.Types[c.ResourceTypeID]; t != nil {
			name = t.Identifier + " " + name
		}
		w.add(candidate{expectation.Value(c.ResourceTypeID, c.Property, c.ValueID), evaluation.Grant{ResourceTypeID: c.ResourceTypeID, Property: c.Property, ValueID: c.ValueID}, name})
	}
}

func (w *withholding) add(x candidate) {
	if !w.known[x.Grant] {
		w.known[x.Grant] = true
		w.all = append(w.all, x)
	}
}

// had reports whether a value is wanted already, as far as the last computation knew.
func (w *withholding) had(c exposure.Holding) bool {
	return slices.ContainsFunc(w.o.Types, func(x *evaluation.ExistingType) bool {
		return x.ResourceTypeID == c.ResourceTypeID && x.IsExpected && slices.ContainsFunc(x.Expected.Properties[c.Property], func(s evaluation.Span) bool {
			return s.Error == "" && !s.Found && s.ID == c.ValueID && (s.ID != 0 || s.Value != "") && interval.EndOf(s.To) > interval.Instant(w.b.Now)
		})
	})
}

// settle gives the grants one by one, and keeps back what raises a risk that base does not have.
func (w *withholding) settle(first, base *computed) (_ *computed, err error) {
	slices.SortStableFunc(w.all, func(a, b candidate) int {
		begin := func(x candidate) int64 { return max(first.Now, interval.StartOf(x.of.From)) }
		return cmp.Or(cmp.Compare(begin(a), begin(b)), sign(a.of.RoleID == 0, b.of.RoleID == 0), cmp.Compare(a.name, b.name),
			slices.Compare(evaluation.ListedParameters(a.of.Parameters), evaluation.ListedParameters(b.of.Parameters)), cmp.Compare(a.of.ValueID, b.of.ValueID))
	})
	out, back := base, []evaluation.Withheld(nil)
	for left, more := w.all, true; more; { // what was given since may show more of a risk, or less
		var given *computed
		if given, left, back, err = w.round(first, out, left); err != nil {
			return nil, err
		}
		more = given != out && len(left) > 0
		out = given
	}
	out.Result.Withheld = back
	return out, nil
}

// round goes over the grants that are left once. It comes to the computation with those that it gives, and tells what it leaves, and why.
func (w *withholding) round(first, out *computed, left []candidate) (_ *computed, still []candidate, back []evaluation.Withheld, err error) {
	had := map[int64]bool{}
	for _, e := range exposure.Of(w.risks, out.holds, out.Now) {
		had[e.RiskID] = true
	}
	withheld := expectation.Withheld{}
	for _, x := range left {
		withheld[x.Grant] = true
	}
	for _, x := range left {
		delete(withheld, x.Grant)
		with := first
		if len(withheld) > 0 {
			if with, err = w.run(maps.Clone(withheld)); err != nil {
				return nil, nil, nil, err
			}
		}
		raised := slices.DeleteFunc(exposure.Of(w.risks, with.holds, with.Now), func(e evaluation.Exposure) bool { return had[e.RiskID] })
		if len(raised) == 0 {
			out = with
			continue
		}
		withheld[x.Grant] = true
		still = append(still, x)
		for _, e := range raised {
			back = append(back, evaluation.Withheld{Grant: x.of, Exposure: imagined(e)})
		}
	}
	return out, still, back, nil
}

// imagined names no account for what none shows: which one would get it is not settled as long as it is kept back.
func imagined(e evaluation.Exposure) evaluation.Exposure {
	e.Contributors = slices.Clone(e.Contributors)
	for i := range e.Contributors {
		if c := &e.Contributors[i]; !c.Exists {
			c.TargetID = 0
		}
	}
	return e
}

func sign(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
