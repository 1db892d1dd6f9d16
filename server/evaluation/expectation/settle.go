package expectation

import (
	"cmp"
	"slices"
	"time"

	"writ/server/evaluation"
	"writ/server/evaluation/interval"
)

// Wanted is what one row of a resource type must be: when, and with which values.
type Wanted struct {
	Over     interval.Interval // the period that counts now, or the next one
	OK       bool              // expected now or in the future
	Expected evaluation.Expected
	failed   bool
	Forbid   map[string]map[int64]bool
	Manual   bool         // a person approved the row
	past     interval.Set // without ok: when it was wanted, by what is known now
}

// Until tells when a row that is not wanted any more was: as long as the rules say now that they gave it, at most until now.
func (w Wanted) Until(row *evaluation.ExistingType, now int64) (from, to *time.Time) {
	i := interval.Interval{From: interval.StartOf(row.Start), To: interval.EndOf(row.End)}
	for _, p := range w.past {
		if p.From < i.To && i.From < p.To {
			return interval.Moment(p.From), interval.Moment(p.To)
		}
	}
	return row.Start, interval.Moment(min(i.To, now))
}

// want computes what is expected under the intervals of the rules and, for a row that a person approved, its own.
func (r *Run) want(p *Plan, row *evaluation.ExistingType) Wanted {
	base := p.Base
	w := Wanted{Expected: evaluation.Expected{TypeRules: p.expected.TypeRules, Roles: p.expected.Roles}}
	if row != nil && row.Workflow.ByPerson() && !row.IsDenied && !r.Owner.Resource.Gone {
		own := interval.Of(interval.Interval{From: interval.StartOf(row.Start), To: interval.EndOf(row.End)})
		r.edges(own)
		w.Manual = true
		base = base.Union(own)
	}
	base = base.Subtract(p.denied)
	over := r.extend(p, base)
	r.edges(over)
	if w.Over, w.OK = over.CurrentOrNext(r.Now); !w.OK {
		w.Expected, w.past = evaluation.Expected{}, over
		return w
	}
	if ahead := int64(p.FulfillHoursAheadOfTime); ahead > 0 && w.Over.From != interval.Min {
		r.Edge(w.Over.From - ahead*3600*1_000_000)
	}
	w.Expected.Properties = r.values(p, base, over, w.Over.From, w.Over.To)
	for _, c := range p.Lost {
		if c.Interval().To > r.Now {
			w.Expected.Conflicts = append(w.Expected.Conflicts, c)
		}
	}
	w.failed, w.Forbid = p.failed, p.forbid
	return w
}

// alive gives a row's target while it exists.
func (r *Run) alive(id int64) *evaluation.Resource {
	if id == 0 {
		return nil
	}
	if x := r.Batch.Resources[id]; x != nil && !x.Gone {
		return x
	}
	return nil
}

// Seat is a row of a resource type, existing or new, with the target that fell to it.
type Seat struct {
	Row        *evaluation.ExistingType
	Target     *evaluation.Resource // linked; nil: none
	Suggestion *Match               // waits for a reviewer
	Confidence int
	Former     *evaluation.Former // whoever had the target before
	Want       Wanted
	Create     bool   // without a target: one has to be created for it
	Instead    *Match // proposed when nothing of the row's order is on its way any more
	IsOver     bool   // a denial whose time is over
	// What the found roles of the owner say (computation/deduce.go).
	Explained map[evaluation.Pointed][]int64 // values of the target that they explain, and which
	Leaving   map[evaluation.Pointed]bool    // values of the target that go, since somebody refused the role which explained them
}

// settle seats what is wanted of a resource type on the rows there are, after offering them the correlated targets (S5).
func (r *Run) settle(p *Plan, rows []*evaluation.ExistingType, offered []Match) {
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b *evaluation.ExistingType) int { return cmp.Compare(a.ID, b.ID) })
	for _, x := range rows {
		if x.TargetID != 0 {
			r.read(x.TargetID)
		}
		if x.IsDenied {
			own := interval.Of(interval.Interval{From: interval.StartOf(x.Start), To: interval.EndOf(x.End)})
			r.edges(own)
			p.denied = p.denied.Union(own)
		}
	}
	r.redundantTypes(p, rows)
	common := r.want(p, nil)
	g := &seating{Run: r, p: p, common: common, expected: common.OK}
	for _, x := range rows {
		g.row(x, offered)
	}
	g.correlated(offered)
	p.Seats = append(p.Seats, g.seated...)
	// a suggestion may turn out to be what is missing: nothing is created beside it
	has := g.has || slices.ContainsFunc(g.pending, func(s *Seat) bool { return s.Suggestion != nil })
	for _, s := range g.pending {
		s.Create = s.Suggestion == nil && !has
		has = has || s.Create
	}
	p.Seats = append(p.Seats, g.pending...)
}

// seating is the rows of one resource type on their way to a seat.
type seating struct {
	*Run
	p        *Plan
	common   Wanted // of a row for which nobody wants anything else
	expected bool   // some row is
	has      bool   // the owner has a target of the type
	seated   []*Seat
	pending  []*Seat // without a target
}

// row seats a row that is there.
func (g *seating) row(x *evaluation.ExistingType, offered []Match) {
	s := &Seat{Row: x, Want: g.common, Confidence: x.Confidence, Target: g.alive(x.TargetID)}
	if x.Workflow.ByPerson() && !x.IsDenied {
		s.Want = g.want(g.p, x)
		g.expected = g.expected || s.Want.OK
	}
	if s.Target == nil && x.Associated() && !x.Order.InFlight && !x.Order.IsTargetTaken {
		s.Target = g.alive(x.Order.TargetID)
		s.Former = formerOf(offered, x.Order.TargetID)
	}
	if g.interrupted(g.p, s) {
		s.Want = Wanted{}
		if s.Target == nil && !x.IsExpected && !s.Asks(evaluation.LineDelete) {
			g.p.Seats = append(g.p.Seats, s) // taken away as far as anybody can tell: what comes back is another one
			return
		}
	}
	switch {
	case s.Target != nil && x.SuggestedOnly() && g.common.OK:
		// an unauthorized account that was only a guess: now that one is expected, the guess is made again with the others, to be
		// confirmed; one that no rule makes any more is dropped
		delete(g.taken, s.Target.ID)
		s.Target = nil
		g.pending = append(g.pending, s)
	case s.Target != nil:
		g.taken[s.Target.ID] = true // a target has one owner and one resource type
		g.seated = append(g.seated, s)
	case x.IsDenied:
		if x.End != nil && interval.EndOf(x.End) <= g.Now {
			s.IsOver = true
			g.p.Seats = append(g.p.Seats, s)
		}
	default:
		g.pending = append(g.pending, s)
	}
}

// fresh is a seat for a row that is to be.
func (g *seating) fresh() *Seat {
	s := &Seat{Row: &evaluation.ExistingType{ResourceTypeID: g.p.ID}, Want: g.common}
	if !g.common.OK {
		s.Row.Workflow = g.Found()
	}
	return s
}

// correlated gives the targets that correlation found to the rows that wait for one, else to new ones.
func (g *seating) correlated(offered []Match) {
	// an account that somebody left behind passes to whom it is wanted for; to anybody else it is no concern
	offered = slices.DeleteFunc(slices.Clone(offered), func(m Match) bool { return g.taken[m.Target.ID] || m.former != nil && !g.expected })
	g.p.Linked, g.p.Suggested = correlate(g.p.CorrelateMultipleResources, g.p.SuggestAllCorrelations, len(g.seated) > 0, offered)
	slices.SortStableFunc(g.pending, func(a, b *Seat) int { return cmp.Compare(waitingRank(a.Row), waitingRank(b.Row)) })
	for _, m := range g.p.Linked {
		s := g.fresh()
		if first := g.pending; len(first) > 0 && (first[0].Want.OK || first[0].Row.Sent() || first[0].Row.Made()) {
			// what was only planned and is not wanted any more has no claim on an account that somebody else made
			s, g.pending = first[0], first[1:]
		}
		s.Target, s.Suggestion, s.Confidence, s.Former = m.Target, nil, m.Confidence, m.former
		g.taken[m.Target.ID] = true
		g.seated = append(g.seated, s)
	}
	g.has = len(g.seated) > 0
	switch {
	case g.expected:
		g.pending = g.suggest(g.pending, g.p.Suggested, g.has, g.fresh)
	case !g.has:
		for _, m := range g.p.Suggested {
			if !m.Ambiguous {
				s := g.fresh()
				s.Target, s.Confidence = m.Target, m.Confidence
				g.seated = append(g.seated, s)
			}
		}
	}
	if !g.has && len(g.pending) == 0 && g.common.OK {
		g.pending = append(g.pending, g.fresh())
	}
}

// formerOf gives who had an offered target before.
func formerOf(offered []Match, targetID int64) *evaluation.Former {
	for _, m := range offered {
		if m.Target.ID == targetID {
			return m.former
		}
	}
	return nil
}

// interrupted: what was in use has ended and begins again later. Everything goes until then (role-model 4.7); a target that was there before
// its time, made early or found, stays.
func (r *Run) interrupted(p *Plan, s *Seat) bool {
	x := s.Row
	ahead := int64(p.FulfillHoursAheadOfTime) * 3600 * 1_000_000
	if !s.Want.OK || s.Want.Over.From == interval.Min || s.Want.Over.From-ahead <= r.Now || !x.Begun(r.Now) {
		return false
	}
	return s.Target != nil && s.Target.ID == x.TargetID || x.TargetID == 0 && x.WasVerified && p.TicketSynchroIsNotAvailable && !s.Asks(evaluation.LineCreate)
}

// Asks: the row's order creates the target, takes it away.
func (s *Seat) Asks(what evaluation.LineAction) bool {
	return s.Row.Order != nil && slices.ContainsFunc(s.Row.Order.Lines, func(l *evaluation.ExistingLine) bool { return l.Action == what })
}

// suggest gives the suggestions to the rows whose orders already propose them, else to rows that wait, else to new ones.
func (r *Run) suggest(pending []*Seat, suggested []Match, has bool, fresh func() *Seat) []*Seat {
	for _, m := range suggested {
		i := slices.IndexFunc(pending, func(s *Seat) bool {
			return s.Suggestion == nil && s.Row.Order != nil && s.Row.Order.Kind == evaluation.Associate && s.Row.Order.TargetID == m.Target.ID
		})
		if i < 0 && !has {
			i = slices.IndexFunc(pending, func(s *Seat) bool { return s.Suggestion == nil && !s.Row.UnderWay() })
		}
		if i < 0 && !has && slices.ContainsFunc(pending, func(s *Seat) bool { return s.Row.UnderWay() }) {
			// what was asked for is on its way: a guess would be in its way, as long as it is
			if j := slices.IndexFunc(pending, func(s *Seat) bool { return s.Row.UnderWay() && s.Instead == nil }); j >= 0 {
				pending[j].Instead = &m
			}
			continue
		}
		if i < 0 {
			pending = append(pending, fresh())
			i = len(pending) - 1
		}
		pending[i].Suggestion, pending[i].Confidence = &m, m.Confidence
	}
	return pending
}

// waitingRank sorts the rows that wait for a target: what was sent first, then what a person approved, then the rest.
func waitingRank(x *evaluation.ExistingType) int {
	switch {
	case x.Order != nil && x.Order.Kind == evaluation.Associate:
		return 3
	case x.Sent():
		return 0
	case x.Workflow.ByPerson():
		return 1
	default:
		return 2
	}
}
