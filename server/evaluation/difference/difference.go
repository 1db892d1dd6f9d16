package difference

import (
	"slices"

	"writ/server/evaluation"
	"writ/server/evaluation/expectation"
	"writ/server/evaluation/model"
)

// Input is all that it takes to settle one row: what was computed of its type, the seat, and what concerns the owner.
type Input struct {
	Ground    *expectation.Ground
	Plan      *expectation.Plan
	Seat      *expectation.Seat
	OwnerGone bool
	Departed  bool   // somebody made him leave at once: what nothing wants goes, reviewed by that, also what was kept or found (requests 12.8)
	Refused   bool   // somebody refused to give him a target that rules proposed
	Unmatched string // why nobody could look whether he has a target already; empty: all rules could
}

// Settle gives what has to be done about a row; nil: nothing.
func (in Input) Settle() *evaluation.TypeDelta {
	s := in.Seat
	switch {
	case s.IsOver:
		return denialOver(s.Row)
	case s.Instead != nil && !in.staysUnderWay():
		other := *s
		other.Suggestion, other.Confidence, other.Create = s.Instead, s.Instead.Confidence, false
		in.Seat = &other
	}
	return in.compare()
}

// Standing tells what is known of a value that the target shows: what somebody decided about it, nil for nothing, and whether it is Writ's own work, or
// on its way out.
func (in Input) Standing(q *model.Property, id int64) (decision *evaluation.Kept, ours bool) {
	d := in.begin()
	if decision = d.kept(q.Identifier, id); decision == nil && !q.Many() {
		decision = d.kept(q.Identifier, 0)
	}
	return decision, d.lines.find(q.Identifier, evaluation.LineRemove, id, false) != nil || slices.ContainsFunc(d.own(q), func(x evaluation.Own) bool { return x.ID == id })
}

// Leaves reports whether the target goes, as the row will be once this computation is saved.
func (in Input) Leaves() bool {
	leaves := func(x *evaluation.ExistingType) bool {
		return x.Workflow == evaluation.Cancellation || x.Order != nil && slices.ContainsFunc(x.Order.Lines, func(l *evaluation.ExistingLine) bool { return l.Action == evaluation.LineDelete })
	}
	if in.Seat.Want.OK && !leaves(in.Seat.Row) {
		return false // what is wanted is not taken away now
	}
	if out := in.Settle(); out != nil {
		return leaves(out.After())
	}
	return leaves(in.Seat.Row)
}

// compare compares the row with what is wanted.
func (in Input) compare() *evaluation.TypeDelta {
	d := in.begin()
	if d.want.OK {
		d.expected()
	} else {
		d.unexpected()
	}
	return d.finish()
}

// begin puts together what is known of a row before anything is done about it.
func (in Input) begin() *diff {
	p, s, row := in.Plan, in.Seat, in.Seat.Row
	d := &diff{Input: in, r: in.Ground, p: p, row: row, target: s.Target, want: s.Want}
	d.out = evaluation.TypeDelta{ResourceTypeID: p.ID, Workflow: row.Workflow, IsExpected: s.Want.OK, Start: row.Start, End: row.End, Confidence: s.Confidence,
		Expected: s.Want.Expected, Error: row.Error}
	if row.ID != 0 {
		d.out.Existing = row
	}
	if d.inherits() {
		// what was written for the former owner is compared as if it had been written for this one
		known := *row
		known.Expected = s.Former.Expected
		known.Expected.TypeRules, known.Expected.Roles = row.Expected.TypeRules, row.Expected.Roles
		d.row = &known
	}
	if s.Target != nil {
		d.out.TargetID = s.Target.ID
		d.first = row.TargetID != s.Target.ID && !row.Sent() && !row.Associated() && (row.TargetID != 0 || len(row.Expected.Ours) == 0) && !d.inherits()
	}
	d.lines = newLines(d.r, p, row.Order)
	d.lines.decided = in.Departed
	d.lines.renamed = d.row.Expected.Renamed()
	return d
}

// staysUnderWay reports whether the row's order may still bring a target once this computation is saved: a ticket whose content changed is taken back.
func (in Input) staysUnderWay() bool {
	out := in.compare()
	if out == nil {
		return true
	}
	row := *in.Seat.Row
	row.Order = out.Order.After(row.Order)
	return row.UnderWay()
}

// denialOver ends a denial whose time is over.
func denialOver(x *evaluation.ExistingType) *evaluation.TypeDelta {
	return &evaluation.TypeDelta{Existing: x, ResourceTypeID: x.ResourceTypeID, Workflow: x.Workflow, Start: x.Start, End: x.End,
		Confidence: x.Confidence, Expected: x.Expected, Error: x.Error, CloseRow: true}
}
