package computation

import (
	"cmp"
	"slices"
	"time"

	"writ/server/evaluation"
	"writ/server/evaluation/interval"
)

// wanted is what one row of a resource type must be: when, and with which values.
type wanted struct {
	over     interval.Interval // the period that counts now, or the next one
	ok       bool              // expected now or in the future
	expected evaluation.Expected
	failed   bool
	forbid   map[string]map[int64]bool
	manual   bool         // a person approved the row
	past     interval.Set // without ok: when it was wanted, by what is known now
}

// until tells when a row that is not wanted any more was: as long as the rules say now that they gave it, at most until now.
func (w wanted) until(row *evaluation.ExistingType, now int64) (from, to *time.Time) {
	i := interval.Interval{From: interval.StartOf(row.Start), To: interval.EndOf(row.End)}
	for _, p := range w.past {
		if p.From < i.To && i.From < p.To {
			return interval.Moment(p.From), interval.Moment(p.To)
		}
	}
	return row.Start, interval.Moment(min(i.To, now))
}

// want computes what is expected under the intervals of the rules and, for a row that a person approved, its own.
func (r *run) want(p *plan, row *evaluation.ExistingType) wanted {
	base := p.base
	w := wanted{expected: evaluation.Expected{TypeRules: p.expected.TypeRules, Roles: p.expected.Roles}}
	if row != nil && row.Workflow.ByPerson() && !row.IsDenied && !r.o.Resource.Gone {
		own := interval.Of(interval.Interval{From: interval.StartOf(row.Start), To: interval.EndOf(row.End)})
		r.edges(own)
		w.manual = true
		base = base.Union(own)
	}
	base = base.Subtract(p.denied)
	over := r.extend(p, base)
	r.edges(over)
	if w.over, w.ok = over.CurrentOrNext(r.now); !w.ok {
		w.expected, w.past = evaluation.Expected{}, over
		return w
	}
	if ahead := int64(p.FulfillHoursAheadOfTime); ahead > 0 && w.over.From != interval.Min {
		r.edge(w.over.From - ahead*3600*1_000_000)
	}
	w.expected.Properties = r.values(p, base, over, w.over.From, w.over.To)
	w.failed, w.forbid = p.failed, p.forbid
	return w
}

// alive gives a row's target while it exists.
func (r *run) alive(id int64) *evaluation.Resource {
	if id == 0 {
		return nil
	}
	if x := r.b.Resources[id]; x != nil && !x.Gone {
		return x
	}
	return nil
}

// seat is a row of a resource type, existing or new, with the target that fell to it.
type seat struct {
	row        *evaluation.ExistingType
	target     *evaluation.Resource // linked; nil: none
	suggestion *match               // waits for a reviewer
	confidence int
	former     *evaluation.Former // whoever had the target before
	want       wanted
	create     bool   // without a target: one has to be created for it
	instead    *match // proposed when nothing of the row's order is on its way any more
	isOver     bool   // a denial whose time is over
}

// settle seats what is wanted of a resource type on the rows there are, after offering them the correlated targets (S5).
func (r *run) settle(p *plan, rows []*evaluation.ExistingType, offered []match) {
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
	common := r.want(p, nil)
	expected := common.ok
	claimed := r.taken // a target has one owner and one resource type
	var seated, pending []*seat
	for _, x := range rows {
		s := &seat{row: x, want: common, confidence: x.Confidence, target: r.alive(x.TargetID)}
		if x.Workflow.ByPerson() && !x.IsDenied {
			s.want = r.want(p, x)
			expected = expected || s.want.ok
		}
		if s.target == nil && x.Associated() && !x.Order.InFlight && !x.Order.IsTargetTaken {
			s.target = r.alive(x.Order.TargetID)
			s.former = formerOf(offered, x.Order.TargetID)
		}
		if r.interrupted(p, s) {
			s.want = wanted{}
			if s.target == nil && !x.IsExpected && !s.asks(evaluation.LineDelete) {
				p.seats = append(p.seats, s) // taken away as far as anybody can tell: what comes back is another one
				continue
			}
		}
		switch {
		case s.target != nil && x.SuggestedOnly() && common.ok:
			// an unauthorized account that was only a guess: now that one is expected, the guess is made again with the others, to be
			// confirmed; one that no rule makes any more is dropped
			delete(claimed, s.target.ID)
			s.target = nil
			pending = append(pending, s)
		case s.target != nil:
			claimed[s.target.ID] = true
			seated = append(seated, s)
		case x.IsDenied:
			if x.End != nil && interval.EndOf(x.End) <= r.now {
				s.isOver = true
				p.seats = append(p.seats, s)
			}
		default:
			pending = append(pending, s)
		}
	}
	// an account that somebody left behind passes to whom it is wanted for; to anybody else it is no concern
	offered = slices.DeleteFunc(slices.Clone(offered), func(m match) bool { return claimed[m.target.ID] || m.former != nil && !expected })
	linked, suggested := correlate(p.CorrelateMultipleResources, p.SuggestAllCorrelations, len(seated) > 0, offered)
	p.linked, p.suggested = linked, suggested

	slices.SortStableFunc(pending, func(a, b *seat) int { return cmp.Compare(waitingRank(a.row), waitingRank(b.row)) })
	fresh := func(w wanted) *seat {
		s := &seat{row: &evaluation.ExistingType{ResourceTypeID: p.ID}, want: w}
		if !w.ok {
			s.row.Workflow = r.found()
		}
		return s
	}
	for _, m := range linked {
		s := fresh(common)
		if len(pending) > 0 && (pending[0].want.ok || pending[0].row.Sent() || pending[0].row.Made()) {
			// what was only planned and is not wanted any more has no claim on an account that somebody else made
			s, pending = pending[0], pending[1:]
		}
		s.target, s.suggestion, s.confidence, s.former = m.target, nil, m.confidence, m.former
		claimed[m.target.ID] = true
		seated = append(seated, s)
	}
	has := len(seated) > 0
	if expected {
		pending = r.suggest(pending, suggested, has, func() *seat { return fresh(common) })
	} else if !has {
		for _, m := range suggested {
			if !m.ambiguous {
				s := fresh(common)
				s.target, s.confidence = m.target, m.confidence
				seated = append(seated, s)
			}
		}
	}
	if !has && len(pending) == 0 && common.ok {
		pending = append(pending, fresh(common))
	}
	p.seats = append(p.seats, seated...)
	// a suggestion may turn out to be what is missing: nothing is created beside it
	has = has || slices.ContainsFunc(pending, func(s *seat) bool { return s.suggestion != nil })
	for _, s := range pending {
		s.create = s.suggestion == nil && !has
		has = has || s.create
	}
	p.seats = append(p.seats, pending...)
}

// formerOf gives who had an offered target before.
func formerOf(offered []match, targetID int64) *evaluation.Former {
	for _, m := range offered {
		if m.target.ID == targetID {
			return m.former
		}
	}
	return nil
}

// interrupted: what was in use has ended and begins again later. Everything goes until then (role-model 4.7); a target that was there before
// its time, made early or found, stays.
func (r *run) interrupted(p *plan, s *seat) bool {
	x := s.row
	ahead := int64(p.FulfillHoursAheadOfTime) * 3600 * 1_000_000
	if !s.want.ok || s.want.over.From == interval.Min || s.want.over.From-ahead <= r.now || !x.Begun(r.now) {
		return false
	}
	return s.target != nil && s.target.ID == x.TargetID || x.TargetID == 0 && x.WasVerified && p.TicketSynchroIsNotAvailable && !s.asks(evaluation.LineCreate)
}

// asks: the row's order creates the target, takes it away.
func (s *seat) asks(what evaluation.LineAction) bool {
	return s.row.Order != nil && slices.ContainsFunc(s.row.Order.Lines, func(l *evaluation.ExistingLine) bool { return l.Action == what })
}

// suggest gives the suggestions to the rows whose orders already propose them, else to rows that wait, else to new ones.
func (r *run) suggest(pending []*seat, suggested []match, has bool, fresh func() *seat) []*seat {
	for _, m := range suggested {
		i := slices.IndexFunc(pending, func(s *seat) bool {
			return s.suggestion == nil && s.row.Order != nil && s.row.Order.Kind == evaluation.Associate && s.row.Order.TargetID == m.target.ID
		})
		if i < 0 && !has {
			i = slices.IndexFunc(pending, func(s *seat) bool { return s.suggestion == nil && !s.row.UnderWay() })
		}
		if i < 0 && !has && slices.ContainsFunc(pending, func(s *seat) bool { return s.row.UnderWay() }) {
			// what was asked for is on its way: a guess would be in its way, as long as it is
			if j := slices.IndexFunc(pending, func(s *seat) bool { return s.row.UnderWay() && s.instead == nil }); j >= 0 {
				pending[j].instead = &m
			}
			continue
		}
		if i < 0 {
			pending = append(pending, fresh())
			i = len(pending) - 1
		}
		pending[i].suggestion, pending[i].confidence = &m, m.confidence
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
