package difference

import (
	"cmp"
	"fmt"
	"slices"

	"writ/server/evaluation"
	"writ/server/evaluation/expectation"
	"writ/server/evaluation/interval"
	"writ/server/evaluation/model"
)

// diff compares one row with what is wanted and collects what has to be done about it (role-model 12.7, provisioning 1.4 to 1.6).
type diff struct {
	Input
	r      *expectation.Ground
	p      *expectation.Plan
	row    *evaluation.ExistingType
	target *evaluation.Resource // linked; nil: none
	want   expectation.Wanted
	out    evaluation.TypeDelta
	lines  *lines
	first  bool // first look at a target that this server did not create or know before
	back   map[string]bool
}

// inherits: the target comes from an owner who is gone, and this server kept it under the same resource type.
func (d *diff) inherits() bool {
	f := d.Seat.Former
	return f != nil && d.target != nil && d.row.TargetID != d.target.ID && f.ResourceTypeID == d.p.ID && len(f.Expected.Properties)+len(f.Expected.Ours) > 0
}

// expected settles a row that the rules or a person want.
func (d *diff) expected() {
	if !d.want.Manual {
		d.out.Start, d.out.End = interval.Moment(d.want.Over.From), interval.Moment(d.want.Over.To)
		if d.out.Workflow != evaluation.Declined || d.causeChanged() {
			d.out.Workflow = evaluation.Calculated
			if d.p.ByRole {
				d.out.Workflow = evaluation.GivenByRole
			}
		}
	}
	switch {
	case d.target != nil:
		d.closeGap("", 0)
		if k := d.kept("", 0); k != nil && k.Workflow.ByPerson() {
			d.closeKept(k) // kept when its owner was gone
		}
		d.linked()
	case d.Seat.Suggestion != nil:
		d.associate(d.Seat.Suggestion)
	case d.untraceable():
		d.values(d.believed())
	case d.Seat.Create:
		d.create()
	default:
		// somebody else of the same type already is what is wanted: nothing is created, nothing more is asked for
		for _, g := range d.row.Gaps {
			d.closeGap(g.Property, g.ValueID)
		}
		if d.lines.waiting() {
			d.lines.keepAll() // its account may still appear
			return
		}
		d.lines.withdrawAll()
		d.out.CloseRow = !d.want.Manual && !d.lines.open()
	}
}

// causeChanged reports whether something else than before gives the type: a declined creation then starts over (provisioning 3.4).
func (d *diff) causeChanged() bool {
	old, now := d.row.Expected, d.want.Expected
	return !slices.Equal(old.TypeRules, now.TypeRules) || !slices.Equal(old.Roles, now.Roles)
}

// untraceable: the type can never be read back and the target was confirmed, so it is believed to be as ordered (provisioning 1.4 T2).
func (d *diff) untraceable() bool {
	return d.p.TicketSynchroIsNotAvailable && d.row.WasVerified && d.row.TargetID == 0 && !d.lines.has(evaluation.LineCreate) && d.Seat.Suggestion == nil
}

// believed is a target made of what was last expected, for types that cannot be read back.
func (d *diff) believed() *evaluation.Resource {
	t := &evaluation.Resource{Scalars: map[string]string{}, Links: map[string][]int64{}}
	for _, q := range d.p.Props {
		var list []evaluation.Own
		if ours := d.row.Expected.Ours[q.Identifier]; q.Many() {
			list = ours
		} else if len(ours) > 0 {
			list = ours[:1]
		}
		for _, s := range d.row.Expected.Properties[q.Identifier] {
			if s.InForce && !s.Found && s.Error == "" {
				list = append(slices.Clip(list), ownOf(q, s.Value, s.ID, 0))
			}
		}
		for _, x := range evaluation.Distinct(list) {
			switch {
			case !q.IsNavigation():
				t.Scalars[q.Identifier] = x.Value
			case x.ID == 0:
				delete(t.Links, q.Identifier)
			case q.Many():
				t.Links[q.Identifier] = append(t.Links[q.Identifier], x.ID)
			default:
				t.Links[q.Identifier] = []int64{x.ID}
			}
		}
	}
	for _, l := range d.lines.existing() {
		switch l.Action { // what is still under way is as it was
		case evaluation.LineSet:
			t.Scalars[l.Property] = l.Current
			delete(t.Links, l.Property)
		case evaluation.LineAdd:
			t.Links[l.Property] = slices.DeleteFunc(t.Links[l.Property], func(id int64) bool { return id == l.ValueID })
		case evaluation.LineRemove:
			if q := d.p.ByName[l.Property]; q == nil || !q.Many() {
				t.Links[l.Property] = nil
			}
			t.Links[l.Property] = append(t.Links[l.Property], l.ValueID)
		}
	}
	return t
}

// linked settles a row whose target exists.
func (d *diff) linked() {
	l := d.lines
	if l.waitsForDeletion() {
		d.keepBack() // the target is being deleted: what comes after is seen when it is gone
		return
	}
	l.kind, l.target = evaluation.Update, d.target.ID
	if x := l.find("", evaluation.LineCreate, 0, true); d.inherits() && x != nil && (x.State == evaluation.Errored || x.State == evaluation.Transmitted) {
		l.reenter = true // what was to be created is there: the rest goes on as a change
	}
	for _, x := range l.existing() {
		switch x.Action {
		case evaluation.LineCreate, evaluation.LineAssociate:
			l.verify(x, true)
		case evaluation.LineDelete:
			l.withdraw(x)
		case evaluation.LineSet:
			if d.first && d.row.TargetID == 0 {
				// nothing was sent, so the account is somebody else's work: it is looked at, not overwritten
				l.withdraw(x)
			}
		}
	}
	d.values(d.target)
}

// values compares all computed properties with a target.
func (d *diff) values(target *evaluation.Resource) {
	rest := d.resting()
	for _, q := range d.p.Props {
		if rest && d.shown(q, target) {
			continue
		}
		if q.Many() {
			d.collection(q, target)
		} else {
			d.single(q, target)
		}
	}
	d.lines.withdrawRest()
	for _, g := range d.row.Gaps {
		if g.Property != "" && d.p.ByName[g.Property] == nil {
			d.closeGap(g.Property, g.ValueID)
		}
	}
}

// keepBack leaves the whole expectation as it was: what is under way has to end first.
func (d *diff) keepBack() {
	for _, q := range d.p.Props {
		d.keepOld(q.Identifier)
	}
}

func (d *diff) keepOld(property string) {
	if d.back == nil {
		d.back = map[string]bool{}
	}
	d.back[property] = true
}

// resting: nothing is open for the row, and its target is the one it had.
func (d *diff) resting() bool {
	return d.target != nil && d.row.TargetID == d.target.ID && d.row.Order == nil && len(d.row.Gaps)+len(d.row.Kept) == 0
}

// shown reports whether a target shows exactly what is wanted of a property now, and nothing is wanted later: of a resting row there is then
// nothing to settle.
func (d *diff) shown(q *model.Property, target *evaluation.Resource) bool {
	spans := d.want.Expected.Properties[q.Identifier]
	if !q.Many() {
		p := evaluation.InForce(spans)
		if p == nil || p.Error != "" || p.CreateOnly {
			return p != nil && p.Error == ""
		}
		if len(target.Dangling[q.Identifier]) > 0 {
			return false
		}
		_, same := compare(d.r, q, p, target)
		return same
	}
	have := target.Links[q.Identifier]
	if len(have) != len(spans) || len(target.Dangling[q.Identifier]) > 0 {
		return false
	}
	for i := range spans {
		if !spans[i].InForce || spans[i].Error != "" || spans[i].ID != have[i] {
			return false
		}
	}
	return true
}

// create asks for a target that does not exist: one line for the target, one per value in force when it begins.
func (d *diff) create() {
	l := d.lines
	vanished := d.row.TargetID != 0 && d.row.IsExpected && !l.has(evaluation.LineDelete) && !l.has(evaluation.LineCreate)
	whole := d.kept("", 0)
	declined := d.row.Workflow == evaluation.Declined || whole != nil && whole.Workflow == evaluation.Declined
	if declined && !d.causeChanged() {
		l.keepAll()
		return
	}
	if l.waiting() {
		// it was carried out and not seen yet: what changed meanwhile is seen when the account is
		l.unverified()
		l.keepAll()
		d.keepBack()
		return
	}
	d.endFormer(declined)
	l.kind, l.target = evaluation.Create, 0
	// a vanished target is always reviewed, also by the evaluations that find the order already waiting (V5)
	asked := l.find("", evaluation.LineCreate, 0, true)
	l.reenter = l.reenter || declined || asked == nil && l.order != nil // what failed, or is out, was for the one that is gone; what was refused, for another cause
	vanished = vanished || asked != nil && asked.ReviewRequired && d.row.WasVerified
	item := wish{action: evaluation.LineCreate, from: d.want.Over.From, to: d.want.Over.To, rules: d.want.Expected.TypeRules, mapped: true,
		due: d.want.Over.From, review: vanished || d.Refused}
	if !d.p.AllowAdd {
		item.hold = "creation_not_allowed"
		l.ask(item)
		l.withdrawRest()
		return
	}
	item.err = d.Unmatched // nothing is created beside an account that could not be looked for
	l.askAll(d.whole(item, declined))
	l.withdrawRest()
	if d.want.Over.From > d.r.Now {
		l.due = interval.Moment(l.ahead(d.want.Over.From))
	}
}

// endFormer ends what was about a target that is gone, or was only proposed. declined: somebody refused the creation.
func (d *diff) endFormer(declined bool) {
	for _, x := range d.lines.existing() {
		if x.Action == evaluation.LineDelete {
			d.lines.verify(x, true) // gone, as it should be
		} else if x.Action == evaluation.LineAssociate {
			d.lines.withdraw(x)
		}
	}
	for _, k := range d.row.Kept {
		if d.row.TargetID != 0 && k.Workflow != evaluation.Declined || declined && k.Workflow == evaluation.Declined { // its values were refused with the target, and are asked for with it
			d.closeKept(k)
		}
	}
	for _, g := range d.row.Gaps {
		d.closeGap(g.Property, g.ValueID)
	}
}

// whole is the wish for a target with those for the values in force when it begins.
func (d *diff) whole(item wish, declined bool) []wish {
	begin := max(d.want.Over.From, d.r.Now)
	wishes, isDesignated := []wish{item}, len(d.p.Designates) == 0
	for _, q := range d.p.Props {
		asked := map[int64]bool{} // of a value that ends and soon begins again both times may be in force already
		for i := range d.want.Expected.Properties[q.Identifier] {
			s := &d.want.Expected.Properties[q.Identifier][i]
			if q.Many() && asked[s.ID] {
				continue
			}
			if !s.Interval().Has(begin) && !(s.InForce && q.Many()) || s.Error == "" && s.ID == 0 && s.Value == "" {
				continue // not its time, or nothing to write
			}
			w := d.wish(q, s)
			w.due, w.review = item.due, w.review || item.review
			var refused *evaluation.Kept
			if !declined {
				refused = d.refused(q, s)
			}
			if refused != nil && q.Many() {
				continue
			}
			designates := slices.Contains(d.p.Designates, q)
			isDesignated = isDesignated || designates
			if refused != nil {
				if !designates {
					continue
				}
				// refused for a target that is gone, or by itself: nothing can be created without it, so it is asked about once more
				d.closeKept(refused)
				w.review, d.lines.reenter = true, true
			}
			wishes, asked[s.ID] = append(wishes, w), true
		}
	}
	if !isDesignated && wishes[0].err == "" {
		wishes[0].err = fmt.Sprintf("%s is empty, and nothing else designates what is to be created. Nothing is sent until a rule gives it a value.", d.p.Designates[0].DisplayName)
	}
	return wishes
}

// refused finds the decision of somebody who refused a value; nil: nobody did, or another value is computed since.
func (d *diff) refused(q *model.Property, s *evaluation.Span) *evaluation.Kept {
	id := int64(0)
	if q.Many() {
		id = s.ID
	}
	k := d.kept(q.Identifier, id)
	if k == nil || k.Workflow != evaluation.Declined || !q.Many() && k.KeptAgainst != s.Value {
		return nil
	}
	return k
}

// associate proposes an existing target whose owner is only guessed.
func (d *diff) associate(m *expectation.Match) {
	l := d.lines
	l.kind, l.target = evaluation.Associate, m.Target.ID
	d.closeGap("", 0)
	d.out.Confidence = m.Confidence
	reason := ""
	if m.Ambiguous {
		reason = waitAmbiguous
	}
	wishes := []wish{{action: evaluation.LineAssociate, valueID: m.Target.ID, proposed: cmp.Or(m.Target.DisplayName, m.Target.Key), reviewed: reason, from: d.want.Over.From, to: d.want.Over.To, due: d.want.Over.From,
		confidence: m.Confidence, mapped: true, review: true}}
	for _, q := range d.p.Props {
		if q.Many() {
			asked := map[int64]bool{}
			for i := range d.want.Expected.Properties[q.Identifier] {
				s := &d.want.Expected.Properties[q.Identifier][i]
				if s.InForce && !asked[s.ID] && s.Error == "" && !slices.Contains(m.Target.Links[q.Identifier], s.ID) {
					w := d.wish(q, s)
					w.review = true
					wishes, asked[s.ID] = append(wishes, w), true
				}
			}
			continue
		}
		s := evaluation.InForce(d.want.Expected.Properties[q.Identifier])
		if s == nil || s.Error != "" || s.CreateOnly {
			continue
		}
		if current, same := compare(d.r, q, s, m.Target); !same {
			w := d.wish(q, s)
			w.current, w.review = current, true
			wishes = append(wishes, w)
		}
	}
	l.askAll(wishes)
	l.withdrawRest()
}

// unexpected settles a row that nothing wants.
func (d *diff) unexpected() {
	l := d.lines
	d.out.Expected = evaluation.Expected{}
	if d.row.IsExpected && !d.row.Workflow.ByPerson() && !d.row.IsDenied {
		d.out.Start, d.out.End = d.want.Until(d.row, d.r.Now)
	}
	if d.target != nil && d.OwnerGone {
		d.out.Expected = d.row.Expected // whoever takes the target over has to know what is ours
	}
	switch {
	case d.target != nil:
		d.lost()
	case d.row.TargetID != 0, l.has(evaluation.LineDelete) && !d.p.TicketSynchroIsNotAvailable:
		// its target is gone, by us or by somebody else: nothing is left to do (X7, V6)
		for _, x := range l.existing() {
			if x.Action == evaluation.LineDelete {
				l.verify(x, true)
			} else {
				l.withdraw(x)
			}
		}
		d.out.CloseRow = !l.open()
	case d.untraceable() && d.row.IsExpected || l.has(evaluation.LineDelete) && d.p.TicketSynchroIsNotAvailable:
		d.delete(false)
	case l.waiting():
		// a creation was carried out: when the account appears it is deleted; until then the row stays
		l.unverified()
		l.keepAll()
	default:
		l.withdrawAll()
		d.out.CloseRow = !l.open() && d.made(nil) == nil // what may still appear is ours to take away
	}
	if d.out.CloseRow {
		for _, g := range d.row.Gaps {
			d.closeGap(g.Property, g.ValueID)
		}
	}
}

// lost settles a target that nothing wants: it is deleted when that is allowed and the server once wanted it; else somebody has to look.
func (d *diff) lost() {
	w := d.row.Workflow
	was := d.row.IsExpected || w == evaluation.Calculated || w == evaluation.GivenByRole || w == evaluation.Cancellation || w.ByPerson() || d.lines.has(evaluation.LineDelete) || d.row.Sent() || d.row.Made()
	k := d.kept("", 0)
	switch {
	case w == evaluation.Cancellation:
		d.delete(true) // somebody decided it: already reviewed, allowed even without allowRemove
	case d.Departed && !d.isGuess():
		d.delete(true) // its owner was made to leave: that is the decision about every account that is his
	case k != nil && k.Workflow.ByPerson() && w.ByPerson():
		d.lines.keepAll() // a reviewer kept what its owner left (13.4)
	case d.OwnerGone && d.p.RemoveOrphans && d.p.AllowRemove && !d.isPostponed("", 0), !d.OwnerGone && was && d.p.AllowRemove && !w.Found():
		d.out.Workflow = evaluation.Calculated
		d.delete(false)
	default:
		d.leave()
		d.lines.withdrawAll()
		if !w.Found() {
			d.out.Workflow = d.r.Found()
			if was {
				d.out.Workflow = evaluation.NonConforming
			}
		}
		for _, g := range d.row.Gaps {
			if g.Property != "" {
				d.closeGap(g.Property, g.ValueID) // of an account that nobody wants, nothing is compared
			}
		}
		d.gap("", 0, cmp.Or(d.target.DisplayName, d.target.Key), "", d.out.Workflow)
	}
}

// isGuess: the target is only taken for the owner's, and nobody has said so.
func (d *diff) isGuess() bool {
	isNew := d.target != nil && d.row.TargetID != d.target.ID && !d.row.Associated()
	return d.row.SuggestedOnly() || isNew && d.out.Confidence > 0 && d.out.Confidence < 100 && !d.row.IsFrozen
}

// delete asks for the removal of the target. decided: a person already said so.
func (d *diff) delete(decided bool) {
	l := d.lines
	l.kind = evaluation.Delete
	for _, g := range d.row.Gaps {
		d.closeGap(g.Property, g.ValueID)
	}
	w := wish{action: evaluation.LineDelete, due: interval.Min, mapped: true, decided: decided, workflow: d.out.Workflow, from: interval.Min, to: interval.Max}
	if d.target != nil {
		l.target = d.target.ID
		w.current = cmp.Or(d.target.DisplayName, d.target.Key)
	}
	l.ask(w)
	l.withdrawRest()
}

// finish compares the row's own columns and closes the account of the order.
func (d *diff) finish() *evaluation.TypeDelta {
	d.out.Order = d.lines.finish()
	for name := range d.lines.heldBack {
		d.keepOld(name)
		// the line that was to take their place could not be opened: they stay until it can
		d.out.Gaps = slices.DeleteFunc(d.out.Gaps, func(g evaluation.GapDelta) bool { return g.Close && g.Property == name })
		d.out.Kept = slices.DeleteFunc(d.out.Kept, func(k evaluation.KeptDelta) bool {
			return k.Close && slices.ContainsFunc(d.row.Kept, func(x *evaluation.Kept) bool { return x.ID == k.ID && x.Property == name })
		})
	}
	if len(d.back) > 0 && d.out.IsExpected {
		d.holdBack()
	}
	if d.gone() && d.want.OK && !d.out.CloseRow && d.lines.locked() && !d.lines.answeredByData() {
		d.out.TargetID = d.row.TargetID // what follows has to wait for the answer, and must know then that there was one
	}
	d.remember()
	d.out.Expected.Begun = d.begun()
	e := d.row
	d.out.RowChanged = d.out.Existing == nil || d.out.CloseRow || e.Followed || e.TargetID != d.out.TargetID || e.Workflow != d.out.Workflow || e.IsExpected != d.out.IsExpected ||
		interval.StartOf(e.Start) != interval.StartOf(d.out.Start) || interval.EndOf(e.End) != interval.EndOf(d.out.End) || e.Confidence != d.out.Confidence || e.Error != d.out.Error ||
		!e.Expected.Same(d.out.Expected)
	if d.out.Existing == nil && d.out.CloseRow {
		return nil // never was, need not be
	}
	if d.out.RowChanged || d.out.Order != nil || len(d.out.Gaps)+len(d.out.Kept) > 0 {
		return &d.out
	}
	return nil
}

// holdBack keeps the old expectation of properties whose change could not be ordered now, so that the next evaluation still sees it as a
// change of the source and not of the target.
func (d *diff) holdBack() {
	props := make(map[string][]evaluation.Span, len(d.out.Expected.Properties))
	for name, spans := range d.out.Expected.Properties {
		props[name] = spans
	}
	for name := range d.back {
		if old, ok := d.row.Expected.Properties[name]; ok {
			props[name] = old
		} else {
			delete(props, name)
		}
	}
	d.out.Expected.Properties = props
}

// begun: the target was in use at a computation, now or before.
func (d *diff) begun() bool {
	if d.out.CloseRow || d.target == nil && !d.untraceable() {
		return false
	}
	return d.want.OK && d.want.Over.Has(d.r.Now) || d.row.Begun(d.r.Now) && d.out.TargetID == d.row.TargetID
}

func (d *diff) kept(property string, value int64) *evaluation.Kept {
	for _, k := range d.row.Kept {
		if k.Property == property && k.ValueID == value {
			return k
		}
	}
	return nil
}

func (d *diff) gapOf(property string, value int64) *evaluation.Gap {
	for _, g := range d.row.Gaps {
		if g.Property == property && g.ValueID == value {
			return g
		}
	}
	return nil
}

// gap opens or refreshes a difference that waits for a person. An open one keeps its workflow state, unless a value was kept before or is not
// any more.
func (d *diff) gap(property string, value int64, current, proposed string, w evaluation.Workflow) {
	g := evaluation.Gap{Property: property, ValueID: value, Workflow: w, Current: current, Proposed: proposed, Roles: d.explainedBy(property, value)}
	if old := d.gapOf(property, value); old != nil {
		g.ID, g.IsPostponed = old.ID, old.IsPostponed
		if w != evaluation.Questioned && old.Workflow != evaluation.Questioned {
			g.Workflow = old.Workflow
		}
		if g.Same(old) {
			return
		}
	}
	d.out.Gaps = append(d.out.Gaps, evaluation.GapDelta{Gap: g})
}

// isPostponed: somebody put the difference off. Nothing that would change it begins by itself meanwhile.
func (d *diff) isPostponed(property string, value int64) bool {
	g := d.gapOf(property, value)
	return g != nil && g.IsPostponed
}

func (d *diff) closeGap(property string, value int64) {
	if old := d.gapOf(property, value); old != nil {
		d.out.Gaps = append(d.out.Gaps, evaluation.GapDelta{Gap: *old, Close: true})
	}
}

func (d *diff) closeKept(k *evaluation.Kept) {
	if k != nil {
		d.out.Kept = append(d.out.Kept, evaluation.KeptDelta{ID: k.ID, Workflow: k.Workflow, Close: true})
	}
}

// wish is the line for one span.
func (d *diff) wish(q *model.Property, s *evaluation.Span) wish {
	w := wish{property: q.Identifier, action: evaluation.LineSet, proposed: s.Value, valueID: s.ID, from: s.Interval().From, to: s.Interval().To, rules: s.Rules,
		confidence: s.Confidence, mapped: !s.CreateOnly, review: s.Confidence > 0 && s.Confidence < 100, err: s.Error, due: interval.Min}
	if s.Found {
		w.reviewed, w.workflow = waitFound, d.r.Found()
	}
	if q.Many() && s.Error == "" {
		w.action = evaluation.LineAdd
		w.due = w.from
	}
	return w
}

// explainedBy gives the found roles that explain a value of the target; of a property that holds one, that one.
func (d *diff) explainedBy(property string, value int64) []int64 {
	if value == 0 && d.target != nil && property != "" && d.Seat.Explained != nil {
		if ids := d.target.Links[property]; len(ids) == 1 {
			value = ids[0]
		}
	}
	return d.Seat.Explained[evaluation.Pointed{Property: property, ID: value}]
}

// isLeaving: a value of the target goes, since somebody refused the role which explained it.
func (d *diff) isLeaving(property string, id int64) bool {
	return d.Seat.Leaving[evaluation.Pointed{Property: property, ID: id}]
}

// removal is the line that takes a value of a navigation away.
func (d *diff) removal(property string, id int64) wish {
	w := wish{property: property, action: evaluation.LineRemove, valueID: id, current: d.r.Label(id), due: interval.Min, from: interval.Min, to: interval.Max, mapped: true}
	if d.isLeaving(property, id) {
		w.decided, w.workflow = true, evaluation.Cancellation
	}
	return w
}

// leave takes values from a target that nobody wants, and that stays until somebody decides about it, where the role which explained them was refused.
func (d *diff) leave() {
	for _, q := range d.p.Props {
		for _, id := range d.target.Links[q.Identifier] {
			if d.isLeaving(q.Identifier, id) {
				d.lines.kind, d.lines.target = evaluation.Update, d.target.ID
				d.lines.ask(d.removal(q.Identifier, id))
			}
		}
	}
	for _, l := range d.lines.existing() {
		if l.Action == evaluation.LineRemove && l.Workflow == evaluation.Cancellation && !slices.Contains(d.target.Links[l.Property], l.ValueID) {
			d.lines.verify(l, false)
		}
	}
}
