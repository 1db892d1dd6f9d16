package evaluation

import (
	"slices"
	"time"
)

// Reasons why a line stays in 0 or is held in 1 (provisioning 1.3).
const (
	waitNone      = "none"
	waitNotDue    = "not_due"
	waitItemError = "item_error"
	waitNoLink    = "no_connection"
	waitNoAdd     = "creation_not_allowed"
	waitMissing   = "missing_in_target" // 5: a value seen in the target once is gone from it (role-model 12.7)
)

// wish is a line that should exist.
type wish struct {
	property   string
	action     LineAction
	valueID    int64
	current    string
	proposed   string
	from, to   int64
	due        int64 // begins to be true; orders may leave the type's hours before
	rules      []int64
	confidence int
	mapped     bool
	review     bool // always reviewed, whatever the type says
	missing    bool // was there and is gone: always reviewed too, and says so
	decided    bool // a person already decided it: never reviewed
	workflow   Workflow
	err        string
	hold       string
}

// lines settles the order of one row line by line, by the columns POLICY, SYNC and CLOCK of the transition table (provisioning 1.4).
type lines struct {
	r        *run
	p        *plan
	order    *ExistingOrder // nil: none open
	kind     OrderKind      // of the order afterwards; empty: as it is
	target   int64
	due      *time.Time
	deltas   []LineDelta
	done     map[*ExistingLine]bool
	reenter  bool                   // an open ticket or a failed attempt was overtaken: its other lines go round again
	again    map[*ExistingLine]wish // the unchanged lines that are out or failed, for when they go round again
	frozen   bool                   // a rule fails for a line of an open ticket: the ticket stays until the rule works again
	changed  bool                   // the wanted content differs from what is under way
	heldBack map[string]bool        // properties whose new lines an order in flight kept out
}

func newLines(r *run, p *plan, o *ExistingOrder) *lines {
	l := &lines{r: r, p: p, order: o, done: map[*ExistingLine]bool{}}
	if o != nil {
		l.kind, l.target = o.Kind, o.TargetID
	}
	return l
}

func (l *lines) existing() []*ExistingLine {
	if l.order == nil {
		return nil
	}
	return l.order.Lines
}

func (l *lines) has(a LineAction) bool {
	return slices.ContainsFunc(l.existing(), func(x *ExistingLine) bool { return x.Action == a })
}

// find gives the open line for a property; any: whatever its value.
func (l *lines) find(property string, a LineAction, value int64, any bool) *ExistingLine {
	for _, x := range l.existing() {
		if x.Property == property && x.Action == a && (any || x.ValueID == value) {
			return x
		}
	}
	return nil
}

// locked: the order is out and cannot be changed until it is answered.
func (l *lines) locked() bool {
	return l.order != nil && (l.order.InFlight || !l.order.IsManual && slices.ContainsFunc(l.order.Lines, func(x *ExistingLine) bool { return x.State == Transmitted }))
}

// waiting: a creation was carried out and the target was not seen yet.
func (l *lines) waiting() bool {
	x := l.find("", LineCreate, 0, true)
	return x != nil && x.State == Executed
}

// waitsForDeletion: a deletion was carried out and the target is still there in the data.
func (l *lines) waitsForDeletion() bool {
	x := l.find("", LineDelete, 0, true)
	if x == nil || x.State != Executed {
		return false
	}
	l.unverified()
	l.keepAll()
	return true
}

// synced: a synchronization of the target's entity type began after the order was carried out.
func (l *lines) synced() bool {
	at, ok := l.r.b.SyncedAt[l.p.TargetEntityTypeID]
	return ok && (l.order == nil || l.order.ExecutedAt == nil || at.After(*l.order.ExecutedAt))
}

// unverified flags the executed lines that a later synchronization still shows as they were (X3).
func (l *lines) unverified() {
	for _, x := range l.existing() {
		if x.State == Executed && !l.done[x] {
			l.unverifiedLine(x)
		}
	}
}

// unverifiedLine flags one line. An order is flagged once, since nobody counts how many synchronizations went by.
func (l *lines) unverifiedLine(x *ExistingLine) {
	if l.order.UnverifiedCount > 0 || l.order.ExecutedAt == nil || !l.synced() {
		l.keep(x)
		return
	}
	d := l.same(x, "refresh")
	d.Unverified = true
	l.emit(x, d)
}

// ahead is when an order may leave for something that begins at.
func (l *lines) ahead(at int64) int64 {
	return shift(at, -60*l.p.FulfillHoursAheadOfTime)
}

// gate says whether a line has to be reviewed first (provisioning 3.1).
func (l *lines) gate(w wish) bool {
	switch {
	case w.decided:
		return false
	case w.review || w.missing || w.confidence > 0 && w.confidence < 100:
		return true
	case l.r.b.BlockAll:
		return true
	case l.bypass():
		return false
	default:
		return l.p.BlockProvisioning
	}
}

// bypass: this computation runs without provisioning review. Forcing a review for all is stronger.
func (l *lines) bypass() bool { return l.r.b.NoReview && !l.r.b.BlockAll }

// entry is the state in which a line begins, or begins again; review: somebody still has to look at it.
func (l *lines) entry(w wish, review bool) (State, string) {
	hold := w.hold
	if hold == "" && l.p.ConnectionID == nil {
		hold = waitNoLink
	}
	switch {
	case w.err != "":
		return Error, waitNone
	case hold != "":
		return None, hold
	case review && w.missing:
		return AwaitingApproval, waitMissing
	case review:
		return AwaitingApproval, waitNone
	case l.ahead(w.due) > l.r.now && w.due != minTime:
		l.r.edge(l.ahead(w.due))
		return None, waitNotDue
	default:
		return Pending, waitNone
	}
}

func (l *lines) sameContent(x *ExistingLine, w wish) bool {
	return x.Proposed == w.proposed && x.ValueID == w.valueID
}

// same is a delta that leaves the line as it is.
func (l *lines) same(x *ExistingLine, verb string) LineDelta {
	return LineDelta{LineID: x.ID, Property: x.Property, Action: x.Action, ValueID: x.ValueID, Current: x.Current, Proposed: x.Proposed, To: x.State, Verb: verb,
		Workflow: x.Workflow, ReviewRequired: x.ReviewRequired, IsMapped: true, Start: x.Start, End: x.End, WaitReason: x.WaitReason, Error: x.Error}
}

// emit records the end or the change of an existing line.
func (l *lines) emit(x *ExistingLine, d LineDelta) {
	l.done[x] = true
	l.deltas = append(l.deltas, d)
}

// closed reports whether a delta ends the line.
func (l *lines) closed(x *ExistingLine) bool {
	return l.done[x] && slices.ContainsFunc(l.deltas, func(d LineDelta) bool { return d.LineID == x.ID && d.Close })
}

// keep leaves a line as it is.
func (l *lines) keep(x *ExistingLine) { l.done[x] = true }

func (l *lines) keepAll() {
	for _, x := range l.existing() {
		l.done[x] = true
	}
}

func (l *lines) keepProperty(name string) {
	for _, x := range l.existing() {
		if x.Property == name {
			l.done[x] = true
		}
	}
}

// verify ends a line whose value the synchronized data shows. What was carried out is only believed when a synchronization began afterwards
// (X1, X2); seen: the data itself is the proof, as for a target that appeared or vanished.
func (l *lines) verify(x *ExistingLine, seen bool) {
	if l.done[x] {
		return
	}
	if x.State == Executed && !seen && !l.synced() {
		l.keep(x)
		return
	}
	d := l.same(x, "verify")
	d.To, d.Close, d.WaitReason, d.Error = Verified, true, waitNone, ""
	l.emit(x, d)
}

// withdraw ends a line that is not wanted any more. Its time over: it ends as Inactive; else as it was.
func (l *lines) withdraw(x *ExistingLine) {
	if l.done[x] {
		return
	}
	d := l.same(x, "withdraw")
	d.Close = true
	if x.End != nil && endOf(x.End) <= l.r.now && x.State != Executed {
		d.Verb, d.To = "expire", Inactive
	}
	l.emit(x, d)
}

// drop ends an executed line whose place a gap takes (X5).
func (l *lines) drop(x *ExistingLine) {
	d := l.same(x, "hold")
	d.To, d.Close = None, true
	l.emit(x, d)
}

func (l *lines) withdrawAll() {
	for _, x := range l.existing() {
		l.withdraw(x)
	}
}

// withdrawRest ends whatever nothing asked for.
func (l *lines) withdrawRest() { l.withdrawAll() }

// askAll asks for the lines of a whole target. When one of them is new or different, a declined or failed whole starts over with it.
func (l *lines) askAll(list []wish) {
	if len(list) == 0 {
		return
	}
	whole := l.find("", list[0].action, list[0].valueID, false)
	if whole != nil && (whole.State == Inactive || whole.State == Errored) {
		for _, w := range list[1:] {
			x := l.find(w.property, w.action, w.valueID, w.action == LineSet)
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
	x := l.find(w.property, w.action, w.valueID, w.action == LineSet)
	if w.workflow == 0 {
		w.workflow = Calculated
	}
	if x == nil || l.closed(x) {
		l.add(w)
		return
	}
	if l.done[x] {
		return // settled already
	}
	w.missing = w.missing || x.State == AwaitingApproval && x.WaitReason == waitMissing // also in the evaluations that find it waiting
	review := l.gate(w)
	d := l.same(x, "refresh")
	d.RuleIDs, d.Confidence, d.IsMapped = w.rules, w.confidence, w.mapped
	d.Start, d.End = moment(w.from), moment(w.to)
	if l.sameContent(x, w) && !(l.reenter && (x.State == Inactive || x.State == Errored)) {
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
	l.deltas = append(l.deltas, LineDelta{Property: w.property, Action: w.action, ValueID: w.valueID, Current: w.current, Proposed: w.proposed, To: to, Verb: "compute",
		Workflow: w.workflow, ReviewRequired: review, IsMapped: w.mapped, RuleIDs: w.rules, Confidence: w.confidence, Start: moment(w.from), End: moment(w.to),
		WaitReason: wait, Error: w.err})
}

// unchanged moves a line whose content is what it was.
func (l *lines) unchanged(x *ExistingLine, w wish, d LineDelta, review bool) {
	switch x.State {
	case None, Pending, AwaitingApproval:
		// what was approved, or never needed it, is not asked for again
		unseen := l.r.b.BlockAll && l.order.ReviewedAt == nil && !w.decided // everything is to be reviewed, and nobody looked yet (P12)
		again := unseen || x.ReviewRequired && (review || !l.bypass())
		if x.State == Pending {
			again = unseen
		}
		if x.State == AwaitingApproval {
			again = review || !l.bypass()
		}
		d.To, d.WaitReason = l.entry(w, again)
		d.ReviewRequired = again
		if x.State == Pending && d.To == Pending {
			d.WaitReason = x.WaitReason // who generates and sends has reasons of its own
			if d.WaitReason == waitItemError || d.WaitReason == waitMissing || d.WaitReason == "" {
				d.WaitReason = waitNone
			}
		}
		d.Error = w.err
		if d.To == AwaitingApproval {
			d.ReviewRequired = true
		}
		if x.State != Pending || d.To != Pending {
			d.Current = w.current
		}
		if d.To != x.State {
			d.Verb = verbs[d.To]
		}
		if d.To == x.State && d.WaitReason == orNone(x.WaitReason) && d.Current == x.Current && d.ReviewRequired == x.ReviewRequired && d.Error == x.Error &&
			startOf(d.Start) == startOf(x.Start) && endOf(d.End) == endOf(x.End) {
			l.keep(x)
			return
		}
		l.emit(x, d)
	case Error:
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
	case Executed:
		l.unverifiedLine(x)
	default: // Transmitted, Errored, Inactive: under way, or stopped until something changes (R5)
		if l.again == nil {
			l.again = map[*ExistingLine]wish{}
		}
		l.again[x] = w
		l.keep(x)
	}
}

// refresh replaces the content of a line; it starts over where it may.
func (l *lines) refresh(x *ExistingLine, w wish, d LineDelta, review bool) {
	if w.err != "" && (x.State == Transmitted || x.State == Executed || x.State == Inactive) {
		l.keep(x) // what is out is not stopped by a rule that fails now
		l.frozen = l.frozen || x.State == Transmitted
		return
	}
	l.changed = true
	if (x.State == AwaitingApproval || x.State == None && x.ReviewRequired) && !l.bypass() && !w.decided {
		review = true // it waits for somebody already
	}
	if x.State == Transmitted || x.State == Errored {
		l.reenter = true
	}
	l.restart(x, w, d, review)
}

func (l *lines) restart(x *ExistingLine, w wish, d LineDelta, review bool) {
	d.Proposed, d.ValueID, d.Current, d.Error = w.proposed, w.valueID, w.current, w.err
	d.To, d.WaitReason = l.entry(w, review)
	d.Verb = verbs[d.To]
	d.ReviewRequired, d.Workflow = review, w.workflow
	if x.State == Inactive && (d.To == None || d.To == Error) {
		l.keep(x) // nothing to begin with yet
		return
	}
	l.emit(x, d)
}

// verbs name the move into each state a computation can lead to; what only changes its content is refreshed.
var verbs = map[State]string{None: "hold", Pending: "compute", Verified: "verify", AwaitingApproval: "review", Inactive: "expire", Error: "fail"}

func orNone(s string) string {
	if s == "" {
		return waitNone
	}
	return s
}

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
func (l *lines) finish() *OrderDelta {
	if l.frozen {
		l.reenter = false
		l.deltas = slices.DeleteFunc(l.deltas, func(d LineDelta) bool {
			return d.LineID == 0 || d.Verb != "verify" && slices.ContainsFunc(l.order.Lines, func(x *ExistingLine) bool { return x.ID == d.LineID && x.State == Transmitted })
		})
	}
	if l.reenter {
		l.roundAgain()
	}
	out := &OrderDelta{Kind: l.kind, TargetID: l.target, DueAt: l.due}
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
		verified := slices.ContainsFunc(l.deltas, func(d LineDelta) bool { return d.To == Verified || d.To == None && d.Verb == "hold" })
		out.Close, out.Withdraw = verified, !verified
		out.Kind, out.TargetID = l.order.Kind, l.order.TargetID
	}
	return out
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
func (l *lines) lockedFinish(out *OrderDelta) *OrderDelta {
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
		changed := slices.ContainsFunc(l.deltas, func(d LineDelta) bool { return d.LineID == x.ID })
		if !changed && (x.State == Transmitted || x.State == Errored) {
			d := l.same(x, "compute")
			w, ok := l.again[x]
			if !ok {
				w.due = minTime
			}
			// what was sent had been reviewed, unless reviews are forced and nobody ever looked
			d.ReviewRequired = l.r.b.BlockAll && l.order.ReviewedAt == nil
			d.To, d.WaitReason = l.entry(w, d.ReviewRequired)
			d.Verb = verbs[d.To]
			if ok {
				d.Start, d.End = moment(w.from), moment(w.to)
			}
			if ok && d.To != Pending {
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
		failed = failed || d.To == Error && !d.Close
		touched[d.LineID] = true
	}
	for _, x := range l.existing() {
		failed = failed || x.State == Error && !touched[x.ID]
	}
	for i := range l.deltas {
		if d := &l.deltas[i]; d.To == Pending && failed && !d.Close {
			d.WaitReason = waitItemError
		}
	}
	for _, x := range l.existing() {
		if touched[x.ID] || x.State != Pending {
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
func (l *lines) idle(d LineDelta) bool {
	if d.LineID == 0 || d.Close || d.Unverified {
		return false
	}
	for _, x := range l.existing() {
		if x.ID == d.LineID {
			return d.To == x.State && d.Proposed == x.Proposed && d.ValueID == x.ValueID && d.Current == x.Current && orNone(d.WaitReason) == orNone(x.WaitReason) &&
				d.Error == x.Error && d.ReviewRequired == x.ReviewRequired && startOf(d.Start) == startOf(x.Start) && endOf(d.End) == endOf(x.End)
		}
	}
	return false
}
