package computation

import "writ/server/evaluation"

// difference is all that it takes to settle one row: what was computed of its type, the seat, and what concerns the owner.
type difference struct {
	ground    *ground
	plan      *plan
	seat      *seat
	ownerGone bool
	refused   bool   // somebody refused to give him a target that rules proposed
	unmatched string // why nobody could look whether he has a target already; empty: all rules could
}

// settle gives what has to be done about a row; nil: nothing.
func (in difference) settle() *evaluation.TypeDelta {
	s := in.seat
	switch {
	case s.isOver:
		return denialOver(s.row)
	case s.instead != nil && !in.staysUnderWay():
		other := *s
		other.suggestion, other.confidence, other.create = s.instead, s.instead.confidence, false
		in.seat = &other
	}
	return in.compare()
}

// compare compares the row with what is wanted.
func (in difference) compare() *evaluation.TypeDelta {
	p, s, row := in.plan, in.seat, in.seat.row
	d := &diff{difference: in, r: in.ground, p: p, row: row, target: s.target, want: s.want}
	d.out = evaluation.TypeDelta{ResourceTypeID: p.ID, Workflow: row.Workflow, IsExpected: s.want.ok, Start: row.Start, End: row.End, Confidence: s.confidence,
		Expected: s.want.expected, Error: row.Error}
	if row.ID != 0 {
		d.out.Existing = row
	}
	if d.inherits() {
		// what was written for the former owner is compared as if it had been written for this one
		known := *row
		known.Expected = s.former.Expected
		known.Expected.TypeRules, known.Expected.Roles = row.Expected.TypeRules, row.Expected.Roles
		d.row = &known
	}
	if s.target != nil {
		d.out.TargetID = s.target.ID
		d.first = row.TargetID != s.target.ID && !row.Sent() && !row.Associated() && (row.TargetID != 0 || len(row.Expected.Ours) == 0) && !d.inherits()
	}
	d.lines = newLines(d.r, p, row.Order)
	d.lines.renamed = d.row.Expected.Renamed()
	if s.want.ok {
		d.expected()
	} else {
		d.unexpected()
	}
	return d.finish()
}

// staysUnderWay reports whether the row's order may still bring a target once this computation is saved: a ticket whose content changed is taken back.
func (in difference) staysUnderWay() bool {
	out := in.compare()
	if out == nil {
		return true
	}
	row := *in.seat.row
	row.Order = out.Order.After(row.Order)
	return row.UnderWay()
}

// denialOver ends a denial whose time is over.
func denialOver(x *evaluation.ExistingType) *evaluation.TypeDelta {
	return &evaluation.TypeDelta{Existing: x, ResourceTypeID: x.ResourceTypeID, Workflow: x.Workflow, Start: x.Start, End: x.End,
		Confidence: x.Confidence, Expected: x.Expected, Error: x.Error, CloseRow: true}
}
