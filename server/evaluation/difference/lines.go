package difference

import (
	"slices"
	"time"

	"writ/server/evaluation"
	"writ/server/evaluation/expectation"
	"writ/server/evaluation/interval"
)

// Reasons why a line stays in 0 or is held in 1 (provisioning 1.3).
const (
	waitNone      = "none"
	waitNotDue    = string(evaluation.WaitNotDue)
	waitItemError = string(evaluation.WaitItemError)
	waitNoLink    = string(evaluation.WaitNoConnection)
	waitNoAdd     = string(evaluation.WaitNoCreation)
	waitMissing   = string(evaluation.WaitMissing)
	waitAmbiguous = string(evaluation.WaitAmbiguousOwner)
	waitFound     = string(evaluation.WaitFoundRole)
)

// wish is a line that should exist.
type wish struct {
	property   string
	action     evaluation.LineAction
	valueID    int64
	current    string
	proposed   string
	from, to   int64
	due        int64 // begins to be true; orders may leave the type's hours before
	rules      []int64
	confidence int
	mapped     bool
	review     bool   // always reviewed, whatever the type says
	reviewed   string // why it is always reviewed: waitMissing, waitAmbiguous; empty: for no reason of its own
	decided    bool   // a person already decided it: never reviewed
	workflow   evaluation.Workflow
	err        string
	hold       string
}

// lines settles the order of one row line by line, by the columns POLICY, SYNC and CLOCK of the transition table (provisioning 1.4).
type lines struct {
	r        *expectation.Ground
	p        *expectation.Plan
	order    *evaluation.ExistingOrder // nil: none open
	kind     evaluation.OrderKind      // of the order afterwards; empty: as it is
	target   int64
	due      *time.Time
	deltas   []evaluation.LineDelta
	done     map[*evaluation.ExistingLine]bool
	reenter  bool                              // an open ticket or a failed attempt was overtaken: its other lines go round again
	again    map[*evaluation.ExistingLine]wish // the unchanged lines that are out or failed, for when they go round again
	frozen   bool                              // a rule fails for a line of an open ticket: the ticket stays until the rule works again
	changed  bool                              // the wanted content differs from what is under way
	heldBack map[string]bool                   // properties whose new lines an order in flight kept out
	renamed  map[evaluation.Pointed]bool       // values that had another name when they were sent: nil none
	decided  bool                              // a person decided about the whole owner: nothing of it is reviewed
}

func newLines(r *expectation.Ground, p *expectation.Plan, o *evaluation.ExistingOrder) *lines {
	l := &lines{r: r, p: p, order: o}
	if o != nil {
		l.done = make(map[*evaluation.ExistingLine]bool, len(o.Lines))
		l.kind, l.target = o.Kind, o.TargetID
	}
	return l
}

func (l *lines) existing() []*evaluation.ExistingLine {
	if l.order == nil {
		return nil
	}
	return l.order.Lines
}

func (l *lines) has(a evaluation.LineAction) bool {
	return slices.ContainsFunc(l.existing(), func(x *evaluation.ExistingLine) bool { return x.Action == a })
}

// find gives the open line for a property; any: whatever its value.
func (l *lines) find(property string, a evaluation.LineAction, value int64, any bool) *evaluation.ExistingLine {
	for _, x := range l.existing() {
		if x.Property == property && x.Action == a && (any || x.ValueID == value) {
			return x
		}
	}
	return nil
}

// locked: the order is out and cannot be changed until it is answered.
func (l *lines) locked() bool {
	return l.order != nil && (l.order.InFlight || !l.order.IsManual && slices.ContainsFunc(l.order.Lines, func(x *evaluation.ExistingLine) bool { return x.State == evaluation.Transmitted }))
}

// waiting: a creation was carried out and the target was not seen yet.
func (l *lines) waiting() bool {
	x := l.find("", evaluation.LineCreate, 0, true)
	return x != nil && x.State == evaluation.Executed
}

// waitsForDeletion: a deletion was carried out and the target is still there in the data.
func (l *lines) waitsForDeletion() bool {
	x := l.find("", evaluation.LineDelete, 0, true)
	if x == nil || x.State != evaluation.Executed {
		return false
	}
	l.unverified()
	l.keepAll()
	return true
}

// synced: a synchronization of the target's entity type began after the order was carried out.
func (l *lines) synced() bool {
	at, ok := l.r.Batch.SyncedAt[l.p.TargetEntityTypeID]
	return ok && (l.order == nil || l.order.ExecutedAt == nil || at.After(*l.order.ExecutedAt))
}

// unverified flags the executed lines that a later synchronization still shows as they were (X3).
func (l *lines) unverified() {
	for _, x := range l.existing() {
		if x.State == evaluation.Executed && !l.done[x] {
			l.unverifiedLine(x)
		}
	}
}

// unverifiedLine flags one line. An order is flagged once, since nobody counts how many synchronizations went by.
func (l *lines) unverifiedLine(x *evaluation.ExistingLine) {
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
	return interval.Shift(at, -60*l.p.FulfillHoursAheadOfTime)
}

// gate says whether a line has to be reviewed first (provisioning 3.1).
func (l *lines) gate(w wish) bool {
	switch {
	case w.decided:
		return false
	case w.review || w.reviewed != "" || w.confidence > 0 && w.confidence < 100:
		return true
	case l.r.Batch.BlockAll:
		return true
	case l.bypass():
		return false
	default:
		return l.p.BlockProvisioning
	}
}

// bypass: this computation runs without provisioning review. Forcing a review for all is stronger.
func (l *lines) bypass() bool { return l.r.Batch.NoReview && !l.r.Batch.BlockAll }

// entry is the state in which a line begins, or begins again; review: somebody still has to look at it.
func (l *lines) entry(w wish, review bool) (evaluation.State, string) {
	hold := w.hold
	if hold == "" && l.p.ConnectionID == nil {
		hold = waitNoLink
	}
	switch {
	case w.err != "":
		return evaluation.Error, waitNone
	case hold != "":
		return evaluation.None, hold
	case review:
		return evaluation.AwaitingApproval, OrNone(w.reviewed)
	case l.ahead(w.due) > l.r.Now && w.due != interval.Min:
		l.r.Edge(l.ahead(w.due))
		return evaluation.None, waitNotDue
	default:
		return evaluation.Pending, waitNone
	}
}

func (l *lines) sameContent(x *evaluation.ExistingLine, w wish) bool {
	return x.Proposed == w.proposed && x.ValueID == w.valueID
}

// same is a delta that leaves the line as it is.
func (l *lines) same(x *evaluation.ExistingLine, verb string) evaluation.LineDelta {
	return evaluation.LineDelta{LineID: x.ID, Property: x.Property, Action: x.Action, ValueID: x.ValueID, Current: x.Current, Proposed: x.Proposed, To: x.State, Verb: verb,
		Workflow: x.Workflow, ReviewRequired: x.ReviewRequired, IsMapped: true, Start: x.Start, End: x.End, WaitReason: x.WaitReason, Error: x.Error}
}

// emit records the end or the change of an existing line.
// emit says what becomes of a line. When one of a failed attempt is over, the others go again without it: it may be what the system refused.
func (l *lines) emit(x *evaluation.ExistingLine, d evaluation.LineDelta) {
	l.done[x] = true
	l.reenter = l.reenter || d.Close && x.State == evaluation.Errored
	l.deltas = append(l.deltas, d)
}

// closed reports whether a delta ends the line.
func (l *lines) closed(x *evaluation.ExistingLine) bool {
	return l.done[x] && slices.ContainsFunc(l.deltas, func(d evaluation.LineDelta) bool { return d.LineID == x.ID && d.Close })
}

// keep leaves a line as it is; nil: there is none.
func (l *lines) keep(x *evaluation.ExistingLine) {
	if x != nil {
		l.done[x] = true
	}
}

// keepUnseen leaves a line as it is that was carried out while the data is older: the next will tell.
func (l *lines) keepUnseen(x *evaluation.ExistingLine) {
	if x != nil && x.State == evaluation.Executed && !l.synced() {
		l.keep(x)
	}
}

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
func (l *lines) verify(x *evaluation.ExistingLine, seen bool) {
	if x == nil || l.done[x] {
		return
	}
	if x.State == evaluation.Executed && !seen && !l.synced() {
		l.keep(x)
		return
	}
	d := l.same(x, "verify")
	d.To, d.Close, d.WaitReason, d.Error = evaluation.Verified, true, waitNone, ""
	l.emit(x, d)
}

// withdraw ends a line that is not wanted any more. Its time over: it ends as Inactive; else as it was.
func (l *lines) withdraw(x *evaluation.ExistingLine) {
	if x == nil || l.done[x] {
		return
	}
	d := l.same(x, "withdraw")
	d.Close = true
	if x.End != nil && interval.EndOf(x.End) <= l.r.Now && x.State != evaluation.Executed {
		d.Verb, d.To = "expire", evaluation.Inactive
	}
	l.emit(x, d)
}

// drop ends an executed line whose place a gap takes (X5).
func (l *lines) drop(x *evaluation.ExistingLine) {
	d := l.same(x, "hold")
	d.To, d.Close = evaluation.None, true
	l.emit(x, d)
}

func (l *lines) withdrawAll() {
	for _, x := range l.existing() {
		l.withdraw(x)
	}
}

// withdrawRest ends whatever nothing asked for.
func (l *lines) withdrawRest() { l.withdrawAll() }
