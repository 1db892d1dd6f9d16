package difference

import (
	"writ/server/evaluation"
	"writ/server/evaluation/interval"
)

// askAll asks for the lines of a whole target. When one of them is new or different, a declined or failed whole starts over with it.
func (l *lines) askAll(list []wish) {
	if len(list) == 0 {
		return
	}
	whole := l.find("", list[0].action, list[0].valueID, false)
	if whole != nil && (whole.State == evaluation.Inactive || whole.State == evaluation.Errored) {
		for _, w := range list[1:] {
			x := l.find(w.property, w.action, w.valueID, w.action == evaluation.LineSet)
			if x != nil && !l.sameContent(x, w) {
				l.reenter = true
			}
		}
	}
	for _, w := range list {
		l.ask(w)
	}
}

// ask makes sure that a line exists, in the state it must have.
func (l *lines) ask(w wish) {
	x := l.find(w.property, w.action, w.valueID, w.action == evaluation.LineSet)
	if w.workflow == 0 {
		w.workflow = evaluation.Calculated
	}
	w.decided = w.decided || l.decided
	if x == nil || l.closed(x) {
		l.add(w)
		return
	}
	if l.done[x] {
		return // settled already
	}
	if x.State == evaluation.AwaitingApproval && x.WaitReason == waitMissing {
		w.reviewed = waitMissing // also in the evaluations that find it waiting
	}
	review := l.gate(w)
	d := l.same(x, "refresh")
	d.RuleIDs, d.Confidence, d.IsMapped = w.rules, w.confidence, w.mapped
	d.Start, d.End = interval.Moment(w.from), interval.Moment(w.to)
	if l.sameContent(x, w) && !(l.reenter && (x.State == evaluation.Inactive || x.State == evaluation.Errored)) {
		l.unchanged(x, w, d, review)
		return
	}
	l.refresh(x, w, d, review)
}

func (l *lines) add(w wish) {
	review := l.gate(w)
	to, wait := l.entry(w, review)
	l.changed = true
	if w.property != "" {
		if l.heldBack == nil {
			l.heldBack = map[string]bool{}
		}
		l.heldBack[w.property] = true
	}
	l.deltas = append(l.deltas, evaluation.LineDelta{Property: w.property, Action: w.action, ValueID: w.valueID, Current: w.current, Proposed: w.proposed, To: to, Verb: "compute",
		Workflow: w.workflow, ReviewRequired: review, IsMapped: w.mapped, RuleIDs: w.rules, Confidence: w.confidence, Start: interval.Moment(w.from), End: interval.Moment(w.to),
		WaitReason: wait, Error: w.err})
}

// unchanged moves a line whose content is what it was.
func (l *lines) unchanged(x *evaluation.ExistingLine, w wish, d evaluation.LineDelta, review bool) {
	switch x.State {
	case evaluation.None, evaluation.Pending, evaluation.AwaitingApproval:
		l.unsent(x, w, d, review)
	case evaluation.Error:
		l.failed(x, w, d, review)
	case evaluation.Executed:
		l.executed(x, w, d, review)
	case evaluation.Inactive:
		if x.Workflow != evaluation.Declined && w.to > l.r.Now {
			l.restart(x, w, d, review) // its time was past; it goes on, or another one came (I1)
			return
		}
		l.keep(x)
	default: // Transmitted, Errored: under way, or stopped until something changes (R5)
		if l.again == nil {
			l.again = map[*evaluation.ExistingLine]wish{}
		}
		l.again[x] = w
		l.keep(x)
	}
}

// unsent moves a line that was not sent yet: what was approved, or never needed it, is not asked for again.
func (l *lines) unsent(x *evaluation.ExistingLine, w wish, d evaluation.LineDelta, review bool) {
	unseen := l.r.Batch.BlockAll && l.order.ReviewedAt == nil && !w.decided // everything is to be reviewed, and nobody looked yet (P12)
	again := unseen || x.ReviewRequired && (review || !l.bypass())
	if x.State == evaluation.Pending {
		again = unseen
	}
	if x.State == evaluation.AwaitingApproval {
		again = review || !l.bypass()
	}
	if w.workflow.Found() && !x.Workflow.Found() {
		again, d.Workflow = review, w.workflow // a rule asked for it, which nobody had to review; only a found role does now (role-model 12.7)
	}
	d.To, d.WaitReason = l.entry(w, again)
	d.ReviewRequired = again
	if x.State == evaluation.Pending && d.To == evaluation.Pending {
		d.WaitReason = x.WaitReason // who generates and sends has reasons of its own
		if d.WaitReason == waitItemError || d.WaitReason == waitMissing || d.WaitReason == waitAmbiguous || d.WaitReason == waitFound || d.WaitReason == "" {
			d.WaitReason = waitNone
		}
	}
	d.Error = w.err
	if d.To == evaluation.AwaitingApproval {
		d.ReviewRequired = true
	}
	if x.State != evaluation.Pending || d.To != evaluation.Pending {
		d.Current = w.current
	}
	if d.To != x.State {
		d.Verb = verbs[d.To]
	}
	if d.To == x.State && d.WaitReason == OrNone(x.WaitReason) && d.Current == x.Current && d.ReviewRequired == x.ReviewRequired && d.Error == x.Error && d.Workflow == x.Workflow &&
		interval.StartOf(d.Start) == interval.StartOf(x.Start) && interval.EndOf(d.End) == interval.EndOf(x.End) {
		l.keep(x)
		return
	}
	l.emit(x, d)
}

// failed moves a line whose rule failed.
func (l *lines) failed(x *evaluation.ExistingLine, w wish, d evaluation.LineDelta, review bool) {
	if w.err != "" {
		if w.err == x.Error {
			l.keep(x)
			return
		}
		d.Error, d.Verb = w.err, "fail"
		l.emit(x, d)
		return
	}
	l.restart(x, w, d, review)
}

// executed moves a line that was carried out and is not seen yet.
func (l *lines) executed(x *evaluation.ExistingLine, w wish, d evaluation.LineDelta, review bool) {
	if l.kind == evaluation.Create || l.kind == evaluation.Associate {
		l.restart(x, w, d, review) // what it was done to is gone
		return
	}
	v := evaluation.Pointed{Property: x.Property, ID: x.ValueID}
	if x.ValueID == 0 {
		v.Text = x.Current
	}
	if l.renamed[v] && l.synced() {
		delete(l.renamed, v)
		l.restart(x, w, d, false) // it was sent by a name that is another one's now, or nobody's
		return
	}
	l.unverifiedLine(x)
}

// refresh replaces the content of a line; it starts over where it may.
func (l *lines) refresh(x *evaluation.ExistingLine, w wish, d evaluation.LineDelta, review bool) {
	if w.err != "" && (x.State == evaluation.Transmitted || x.State == evaluation.Executed || x.State == evaluation.Inactive) {
		l.keep(x) // what is out is not stopped by a rule that fails now
		l.frozen = l.frozen || x.State == evaluation.Transmitted
		return
	}
	l.changed = true
	if (x.State == evaluation.AwaitingApproval || x.State == evaluation.None && x.ReviewRequired) && !l.bypass() && !w.decided {
		review = true // it waits for somebody already
	}
	if x.State == evaluation.Transmitted || x.State == evaluation.Errored {
		l.reenter = true
	}
	l.restart(x, w, d, review)
}

func (l *lines) restart(x *evaluation.ExistingLine, w wish, d evaluation.LineDelta, review bool) {
	d.Proposed, d.ValueID, d.Current, d.Error = w.proposed, w.valueID, w.current, w.err
	d.To, d.WaitReason = l.entry(w, review)
	d.Verb = verbs[d.To]
	d.ReviewRequired, d.Workflow = review, w.workflow
	if x.State == evaluation.Inactive && (d.To == evaluation.None || d.To == evaluation.Error) {
		l.keep(x) // nothing to begin with yet
		return
	}
	l.emit(x, d)
}

// verbs name the move into each state a computation can lead to; what only changes its content is refreshed.
var verbs = map[evaluation.State]string{evaluation.None: "hold", evaluation.Pending: "compute", evaluation.Verified: "verify", evaluation.AwaitingApproval: "review", evaluation.Inactive: "expire", evaluation.Error: "fail"}

// OrNone is a reason to wait as it is stored: no reason is "none".
func OrNone(s string) string {
	if s == "" {
		return waitNone
	}
	return s
}
