package difference

import (
	"cmp"
	"slices"

	"writ/server/evaluation"
	"writ/server/evaluation/expectation"
	"writ/server/evaluation/formula"
	"writ/server/evaluation/interval"
	"writ/server/evaluation/model"
)

// compare gives the current value of a mono-valued property as people read it, and whether it is the computed one.
func compare(r *expectation.Ground, q *model.Property, s *evaluation.Span, target *evaluation.Resource) (current string, same bool) {
	if !q.IsNavigation() {
		c := target.Scalars[q.Identifier]
		return c, formula.Same(s.Comparison, s.Value, c) || q.SameDate(s.Value, c, r.Model.Shape.Zone())
	}
	ids := target.Links[q.Identifier]
	if len(ids) == 0 {
		return "", s.ID == 0
	}
	return r.Label(ids[0]), ids[0] == s.ID
}

// single compares a mono-valued property, scalar or navigation (role-model 12.7, second table; the first matching line wins).
func (d *diff) single(q *model.Property, target *evaluation.Resource) {
	name := q.Identifier
	line, remove := d.lines.find(name, evaluation.LineSet, 0, true), d.lines.find(name, evaluation.LineRemove, 0, true)
	kept := d.kept(name, 0)
	p := evaluation.InForce(d.want.Expected.Properties[name])
	switch {
	case p == nil:
		d.ended(q, target, line, remove)
		return
	case p.Error != "":
		d.lines.ask(d.wish(q, p))
		d.lines.keepProperty(name)
		return
	case p.CreateOnly:
		if line != nil {
			d.lines.withdraw(line) // written once, never compared
		}
		return
	}
	current, same := compare(d.r, q, p, target)
	if text := d.ownText(q, target); text != "" {
		current, same = text, false // nobody is meant any more, and still somebody's name stands there
	}
	w := d.wish(q, p)
	w.current = current
	if remove != nil && d.takenBack(remove, same, len(target.Links[name]) == 0 && d.ownText(q, target) == "") {
		if !same {
			d.lines.ask(w)
		}
		return
	}
	for _, k := range d.row.Kept {
		if k.Property == name && k.ValueID != 0 {
			d.closeKept(k) // a removal that somebody refused: there is a value again
		}
	}
	if same {
		d.closeGap(name, 0)
		d.closeKept(kept)
		if line != nil {
			d.lines.verify(line, false)
		}
		return
	}
	d.differs(q, p, w, target)
}

// differs settles a mono-valued property whose target shows something else than what is wanted.
func (d *diff) differs(q *model.Property, p *evaluation.Span, w wish, target *evaluation.Resource) {
	name, current := q.Identifier, w.current
	line, gap, kept := d.lines.find(name, evaluation.LineSet, 0, true), d.gapOf(name, 0), d.kept(name, 0)
	switch {
	case kept != nil && kept.Workflow == evaluation.Calculated:
		d.take(kept, w)
	case kept != nil && (line == nil || line.State == evaluation.Inactive):
		d.keptSingle(q, kept, line, w, current)
	case line != nil && !d.lines.done[line]:
		if line.State == evaluation.Executed && d.lines.sameContent(line, w) && d.lines.synced() && !formula.Same(p.Comparison, current, line.Current) &&
			!shows(q, target, d.own(q)) {
			// neither the old value nor ours: somebody else wrote (X5)
			d.lines.drop(line)
			d.gap(name, 0, current, w.proposed, d.r.Found())
			return
		}
		d.lines.ask(w)
	case gap != nil:
		if d.p.DiscardManualAssignments && gap.Proposed != w.proposed && !gap.IsPostponed {
			d.closeGap(name, 0)
			d.lines.ask(w)
			return
		}
		d.gap(name, 0, current, w.proposed, gap.Workflow)
	default:
		d.rest(q, p, w, current, target)
	}
}

// rest decides about a difference of a property that was at rest: what the target shows tells which side moved. Our own value is still
// there: the source moved. Anything else is somebody's work, and a person looks at it.
func (d *diff) rest(q *model.Property, p *evaluation.Span, w wish, current string, target *evaluation.Resource) {
	known, own := d.row.Expected.Properties[q.Identifier], d.own(q)
	old := evaluation.InForce(known)
	switch {
	case p.Found:
		d.lines.ask(w) // its place is empty, and a person looks at it
	case d.first || len(known)+len(own) == 0:
		d.gap(q.Identifier, 0, current, w.proposed, d.r.Found()) // first look: a new rule does not overwrite a system
	case old == nil && len(own) == 0, old != nil && old.Error != "":
		d.lines.ask(w) // its time has come
	default:
		moved := old == nil || p.Value != old.Value || p.ID != old.ID
		if shows(q, target, own) || moved && d.p.DiscardManualAssignments {
			d.lines.ask(w)
		} else {
			d.gap(q.Identifier, 0, current, w.proposed, d.r.Found())
		}
	}
}

// takenBack settles the removal of a value of a mono-valued navigation when the rules give it one again. True: nothing but that is to be
// decided: the removal is still under way, or it was done and the place is empty.
func (d *diff) takenBack(remove *evaluation.ExistingLine, same, empty bool) bool {
	l := d.lines
	switch {
	case empty:
		l.verify(remove, false)
		return true
	case same && remove.State == evaluation.Executed && !l.synced():
		l.keep(remove) // the data is older than the removal: wait for the next to know
		return true
	default:
		l.withdraw(remove)
		return false
	}
}

// ended settles a mono-valued property for which nothing is computed any more, whatever the reason: what Writ brought is taken away again,
// what is somebody else's stays, and what a denied rule forbids is looked at by a person (role-model 12.7, third table).
func (d *diff) ended(q *model.Property, target *evaluation.Resource, line, remove *evaluation.ExistingLine) {
	name := q.Identifier
	value, id := shownOf(target, q)
	text := d.ownText(q, target)
	kept := d.kept(name, 0)
	if k := d.kept(name, id); id != 0 && k != nil {
		kept = k
	}
	w := wish{property: name, action: evaluation.LineSet, current: value, due: interval.Min, from: interval.Min, to: interval.Max, mapped: true}
	if q.IsNavigation() {
		w = d.removal(name, id)
		w.current = cmp.Or(text, w.current)
	}
	asked := w.removedBy(line) || w.removedBy(remove)
	switch {
	case value == "" && id == 0 && text == "":
		d.emptied(name)
		if w.removedBy(line) {
			d.lines.verify(line, false)
		}
		d.lines.verify(remove, false)
	case kept != nil && kept.Workflow == evaluation.Calculated:
		d.take(kept, w)
	case d.want.Forbid[name][id] && !asked:
		d.gap(name, 0, w.current, "", d.r.Found())
	case kept != nil && kept.Workflow != evaluation.Declined:
		d.closeGap(name, 0)
	case kept != nil && kept.KeptAgainst == "":
		if asked { // somebody refused to take it away
			d.lines.keepProperty(name)
		}
	case asked, text != "", !q.IsKey && shows(q, target, d.own(q)), d.isLeaving(name, id):
		d.closeGap(name, 0)
		d.closeKept(kept)
		if line != nil && line.Action != w.action && line.ValueID == id {
			d.lines.verify(line, false)
		}
		d.lines.ask(w)
	case q.IsNavigation() && q.Ruled():
		d.gap(name, 0, w.current, "", d.r.Found()) // nobody asked for it
	default:
		d.closeGap(name, 0) // a scalar that no rule computes here is nobody's business
	}
	d.lines.keepUnseen(line) // what appears is removed then
	d.lines.withdraw(line)
	d.lines.withdraw(remove)
}

// removedBy: a line takes the value away that the wish is to take away.
func (w wish) removedBy(l *evaluation.ExistingLine) bool {
	return l != nil && (l.Action == evaluation.LineRemove && l.ValueID == w.valueID || l.Action == evaluation.LineSet && w.action == evaluation.LineSet && l.Proposed == "" && l.ValueID == 0)
}

// emptied ends the questions about a property that is empty, as it should be.
func (d *diff) emptied(name string) {
	d.closeGap(name, 0)
	for _, k := range d.row.Kept {
		if k.Property == name {
			d.closeKept(k)
		}
	}
}

// take brings what is computed where somebody decided that it takes the place of what was found: already reviewed, unless something else is
// computed by now.
func (d *diff) take(k *evaluation.Kept, w wish) {
	d.closeGap(k.Property, k.ValueID)
	d.closeKept(k)
	w.decided = k.KeptAgainst == w.proposed
	d.lines.ask(w)
}

// keptSingle is what a value that a person kept or declined becomes (role-model 2.7). What is computed since may be another value: the kept one
// stays, and the question goes back to people.
func (d *diff) keptSingle(q *model.Property, k *evaluation.Kept, line *evaluation.ExistingLine, w wish, current string) {
	changed := k.KeptAgainst != w.proposed
	switch {
	case k.Workflow == evaluation.Declined && !changed, k.Workflow != evaluation.Declined && !changed && current == k.Value && k.Workflow == evaluation.Approved:
		d.closeGap(q.Identifier, 0)
		if line != nil {
			d.lines.keep(line)
		}
	case k.Workflow == evaluation.Declined, changed && d.p.DiscardManualAssignments && !d.isPostponed(q.Identifier, 0):
		d.closeGap(q.Identifier, 0)
		d.closeKept(k)
		d.lines.ask(w)
	case current != k.Value:
		d.closeKept(k)
		d.gap(q.Identifier, 0, current, w.proposed, evaluation.NonConforming)
	case changed:
		if k.Workflow != evaluation.Questioned {
			d.out.Kept = append(d.out.Kept, evaluation.KeptDelta{ID: k.ID, Workflow: evaluation.Questioned})
		}
		d.gap(q.Identifier, 0, current, w.proposed, evaluation.Questioned)
	case k.Workflow == evaluation.Questioned:
		d.closeGap(q.Identifier, 0)
		d.out.Kept = append(d.out.Kept, evaluation.KeptDelta{ID: k.ID, Workflow: evaluation.Approved})
	}
}

// collection compares a multi-valued navigation, value by value (role-model 12.7, third table).
func (d *diff) collection(q *model.Property, target *evaluation.Resource) {
	name := q.Identifier
	spans := d.want.Expected.Properties[name]
	for i := range spans {
		if spans[i].Error != "" {
			// what the property should hold is unknown: nothing of it moves until the rule works again
			d.lines.ask(d.wish(q, &spans[i]))
			d.lines.keepProperty(name)
			return
		}
	}
	present := map[int64]bool{}
	values := map[int64]*evaluation.Span{}         // expected now, or at least later
	was, own := map[int64]bool{}, map[int64]bool{} // expected at the last computation; ours
	var ids []int64
	for _, id := range target.Links[name] {
		present[id] = true
		ids = append(ids, id)
	}
	for i := range spans {
		id := spans[i].ID
		if have := values[id]; have == nil || !have.InForce {
			values[id] = &spans[i]
		}
		ids = append(ids, id)
	}
	for _, s := range d.row.Expected.Properties[name] {
		was[s.ID] = was[s.ID] || s.InForce && !s.Found && !d.first
	}
	for _, x := range d.own(q) {
		own[x.ID] = true
	}
	for _, l := range d.lines.existing() {
		if l.Property == name {
			ids = append(ids, l.ValueID)
		}
	}
	for _, g := range d.row.Gaps {
		if g.Property == name {
			ids = append(ids, g.ValueID)
		}
	}
	for _, k := range d.row.Kept {
		if k.Property == name {
			ids = append(ids, k.ValueID)
		}
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		if id != 0 {
			d.member(q, id, values[id], present[id], was[id], own[id])
		}
	}
	d.texts(q, target)
}

// member settles one value of a collection. was: it was expected at the last computation; own: it is Writ's own work.
func (d *diff) member(q *model.Property, id int64, s *evaluation.Span, present, was, own bool) {
	name, l := q.Identifier, d.lines
	add, remove, kept := l.find(name, evaluation.LineAdd, id, false), l.find(name, evaluation.LineRemove, id, false), d.kept(name, id)
	switch now := s != nil && s.InForce; {
	case now && present:
		d.closeGap(name, id)
		d.closeKept(kept)
		l.verify(add, false)
		l.keepUnseen(remove)
		l.withdraw(remove)
	case now:
		d.closeGap(name, id)
		l.verify(remove, false)
		d.missing(d.wish(q, s), kept, add, add == nil && remove == nil && was && !d.p.TicketSynchroIsNotAvailable) // nothing of such a type can ever be seen missing
	case s != nil && !present:
		// begins later: reviewed in good time, or waits for its day
		l.verify(remove, false)
		if kept == nil || kept.Workflow != evaluation.Declined {
			l.ask(d.wish(q, s))
		} else {
			l.keep(add)
		}
	case present:
		if len(d.explainedBy(name, id)) > 0 {
			l.verify(add, false) // a reviewer wanted it before anybody decided about the role
		}
		l.withdraw(add)
		d.unwanted(q, id, kept, remove, own)
	default:
		d.closeGap(name, id)
		d.closeKept(kept)
		l.keepUnseen(add) // what appears is removed then
		l.withdraw(add)
		l.verify(remove, false)
	}
}

// missing settles a value of a collection that is wanted now and not there. seen: it was there once.
func (d *diff) missing(w wish, kept *evaluation.Kept, add *evaluation.ExistingLine, seen bool) {
	switch {
	case kept != nil && kept.Workflow == evaluation.Declined:
		d.lines.keep(add)
	case seen:
		w.reviewed = waitMissing // and it is gone now
		d.lines.ask(w)
	default:
		d.closeKept(kept)
		d.lines.ask(w)
	}
}

// unwanted settles a value of a collection that is there and not wanted, now or ever.
func (d *diff) unwanted(q *model.Property, id int64, kept *evaluation.Kept, remove *evaluation.ExistingLine, own bool) {
	name, label := q.Identifier, d.r.Label(id)
	removal := d.removal(name, id)
	switch {
	case kept != nil && kept.Workflow == evaluation.Calculated:
		d.take(kept, removal)
	case kept != nil && kept.Workflow != evaluation.Declined:
		d.closeGap(name, id)
		d.lines.withdraw(remove)
	case kept != nil:
		d.lines.keep(remove)
	case d.want.Forbid[name][id] && remove == nil:
		d.gap(name, id, label, "", d.r.Found())
	case remove != nil || own || d.isLeaving(name, id):
		d.closeGap(name, id)
		d.lines.ask(removal)
	case !q.Ruled():
		d.closeGap(name, id) // nobody looks after this property any more
	default:
		d.gap(name, id, label, "", d.r.Found())
	}
}
