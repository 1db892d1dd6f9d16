package difference

import (
	"slices"

	"writ/server/evaluation"
	"writ/server/evaluation/interval"
)

// open reports whether a line stays open after the deltas so far.
func (l *lines) open() bool {
	if l.locked() && !l.answeredByData() {
		return true
	}
	closed := 0
	for _, d := range l.deltas {
		if d.LineID == 0 {
			return true
		}
		if d.Close {
			closed++
		}
	}
	return closed < len(l.existing())
}

// finish makes the order's delta; nil when there is nothing to do about it.
func (l *lines) finish() *evaluation.OrderDelta {
	if l.frozen {
		l.reenter = false
		l.deltas = slices.DeleteFunc(l.deltas, func(d evaluation.LineDelta) bool {
			return d.LineID == 0 || d.Verb != "verify" && slices.ContainsFunc(l.order.Lines, func(x *evaluation.ExistingLine) bool { return x.ID == d.LineID && x.State == evaluation.Transmitted })
		})
	}
	if l.reenter {
		l.roundAgain()
	}
	if l.order != nil && l.kind == evaluation.Update && !l.more() {
		l.kind = l.order.Kind // what was created is only waited for: that makes it no other order
	}
	out := &evaluation.OrderDelta{Kind: l.kind, TargetID: l.target, DueAt: l.due}
	if l.order != nil {
		out.OrderID = l.order.ID
		if out.DueAt == nil && len(l.deltas) == 0 && l.kind == l.order.Kind && l.target == l.order.TargetID {
			return nil
		}
	}
	if l.locked() && !l.answeredByData() {
		return l.lockedFinish(out)
	}
	if !l.frozen {
		l.heldBack = nil
	}
	l.itemErrors()
	if len(l.deltas) == 0 && (l.order == nil || l.kind == l.order.Kind && l.target == l.order.TargetID) {
		return nil
	}
	out.Lines = l.deltas
	if l.order != nil && !l.open() {
		verified := slices.ContainsFunc(l.deltas, func(d evaluation.LineDelta) bool {
			return d.To == evaluation.Verified || d.To == evaluation.None && d.Verb == "hold"
		})
		out.Close, out.Withdraw = verified, !verified
		out.Kind, out.TargetID = l.order.Kind, l.order.TargetID
	}
	return out
}

// more reports whether something is left to be sent: lines that are new, or in any state but Executed.
func (l *lines) more() bool {
	to := map[int64]evaluation.State{}
	for _, d := range l.deltas {
		if d.LineID == 0 && !d.Close {
			return true
		}
		if to[d.LineID] = d.To; d.Close {
			to[d.LineID] = evaluation.Verified
		}
	}
	return slices.ContainsFunc(l.existing(), func(x *evaluation.ExistingLine) bool {
		s, moved := to[x.ID]
		if !moved {
			s = x.State
		}
		return s != evaluation.Executed && s != evaluation.Verified
	})
}

// answeredByData: the data shows everything that is out, so there is nothing left to wait for (T5).
func (l *lines) answeredByData() bool {
	verified := 0
	for _, d := range l.deltas {
		if d.Verb == "verify" {
			verified++
		}
	}
	return !l.order.InFlight && verified == len(l.order.Lines)
}

// lockedFinish keeps only what an order that is out allows: what the data already shows (T5). Anything else waits for the answer.
func (l *lines) lockedFinish(out *evaluation.OrderDelta) *evaluation.OrderDelta {
	supersede := l.changed
	for _, d := range l.deltas {
		switch {
		case d.Verb == "verify" && !l.order.InFlight:
			out.Lines = append(out.Lines, d)
		case d.Verb == "withdraw" || d.Verb == "expire":
			supersede = true
		}
	}
	out.Kind, out.TargetID, out.DueAt = l.order.Kind, l.order.TargetID, nil
	out.Supersede = supersede && !l.order.IsSuperseded
	if !out.Supersede && len(out.Lines) == 0 {
		return nil
	}
	return out
}

// roundAgain lets the untouched lines of a withdrawn ticket or a failed attempt go again with the changed ones.
func (l *lines) roundAgain() {
	for _, x := range l.existing() {
		changed := slices.ContainsFunc(l.deltas, func(d evaluation.LineDelta) bool { return d.LineID == x.ID })
		if !changed && (x.State == evaluation.Transmitted || x.State == evaluation.Errored) {
			d := l.same(x, "compute")
			w, ok := l.again[x]
			if !ok {
				w.due = interval.Min
			}
			// what was sent had been reviewed, unless reviews are forced and nobody ever looked
			d.ReviewRequired = l.r.Batch.BlockAll && l.order.ReviewedAt == nil
			d.To, d.WaitReason = l.entry(w, d.ReviewRequired)
			d.Verb = verbs[d.To]
			if ok {
				d.Start, d.End = interval.Moment(w.from), interval.Moment(w.to)
			}
			if ok && d.To != evaluation.Pending {
				d.Current = w.current
			}
			l.emit(x, d)
		}
	}
}

// itemErrors holds the lines that could go while another one of the same target failed: half an account would be the result.
func (l *lines) itemErrors() {
	failed := false
	touched := map[int64]bool{}
	for _, d := range l.deltas {
		failed = failed || d.To == evaluation.Error && !d.Close
		touched[d.LineID] = true
	}
	for _, x := range l.existing() {
		failed = failed || x.State == evaluation.Error && !touched[x.ID]
	}
	for i := range l.deltas {
		if d := &l.deltas[i]; d.To == evaluation.Pending && failed && !d.Close {
			d.WaitReason = waitItemError
		}
	}
	for _, x := range l.existing() {
		if touched[x.ID] || x.State != evaluation.Pending {
			continue
		}
		if is := x.WaitReason == waitItemError; is != failed {
			d := l.same(x, "refresh")
			d.WaitReason = map[bool]string{true: waitItemError, false: waitNone}[failed]
			l.deltas = append(l.deltas, d)
		}
	}
	l.deltas = slices.DeleteFunc(l.deltas, l.idle)
}

// idle reports whether a delta changes nothing.
func (l *lines) idle(d evaluation.LineDelta) bool {
	if d.LineID == 0 || d.Close || d.Unverified {
		return false
	}
	for _, x := range l.existing() {
		if x.ID == d.LineID {
			return d.To == x.State && d.Proposed == x.Proposed && d.ValueID == x.ValueID && d.Current == x.Current && OrNone(d.WaitReason) == OrNone(x.WaitReason) &&
				d.Error == x.Error && d.ReviewRequired == x.ReviewRequired && interval.StartOf(d.Start) == interval.StartOf(x.Start) && interval.EndOf(d.End) == interval.EndOf(x.End)
		}
	}
	return false
}
