package evaluation

import (
	"slices"
)

// compare gives the current value of a mono-valued property as people read it, and whether it is the computed one.
func compare(r *run, q *prop, s *Span, target *Resource) (current string, same bool) {
	if !q.IsNavigation() {
		c := target.Scalars[q.Identifier]
		return c, Same(s.Comparison, s.Value, c) || q.dates && r.sameDate(q, s.Value, c)
	}
	ids := target.Links[q.Identifier]
	if len(ids) == 0 {
		return "", s.ID == 0
	}
	return r.label(ids[0]), ids[0] == s.ID
}

// single compares a mono-valued property, scalar or navigation (role-model 12.7, second table; the first matching line wins).
func (d *diff) single(q *prop, target *Resource) {
	name := q.Identifier
	line := d.lines.find(name, LineSet, 0, true)
	gap, kept := d.gapOf(name, 0), d.kept(name, 0)
	p := inForce(d.want.expected.Properties[name])
	switch {
	case p == nil:
		d.closeGap(name, 0)
		if line != nil {
			d.lines.withdraw(line)
		}
		return
	case p.Error != "":
		d.lines.ask(d.wish(q, p))
		return
	case p.CreateOnly:
		if line != nil {
			d.lines.withdraw(line) // written once, never compared
		}
		return
	}
	current, same := compare(d.r, q, p, target)
	w := d.wish(q, p)
	w.current = current
	switch {
	case same:
		d.closeGap(name, 0)
		d.closeKept(kept)
		if line != nil {
			d.lines.verify(line, false)
		}
	case kept != nil && (line == nil || line.State == Inactive):
		d.keptSingle(q, kept, line, w, current)
	case line != nil && !d.lines.done[line]:
		if line.State == Executed && d.lines.sameContent(line, w) && d.lines.synced() && !Same(p.Comparison, current, line.Current) {
			// neither the old value nor ours: somebody else wrote (X5)
			d.lines.drop(line)
			d.gap(name, 0, current, w.proposed, d.r.found())
			return
		}
		d.lines.ask(w)
	case gap != nil:
		if d.p.DiscardManualAssignments && gap.Proposed != w.proposed {
			d.closeGap(name, 0)
			d.lines.ask(w)
			return
		}
		d.gap(name, 0, current, w.proposed, gap.Workflow)
	default:
		d.rest(q, p, w, current, target)
	}
}

// rest decides about a difference of a property that was at rest: the side that moved since the last computation tells why.
func (d *diff) rest(q *prop, p *Span, w wish, current string, target *Resource) {
	known := d.row.Expected.Properties[q.Identifier]
	old := inForce(known)
	switch {
	case d.first || len(known) == 0:
		d.gap(q.Identifier, 0, current, w.proposed, d.r.found()) // first look: a new rule does not overwrite a system
	case old == nil || old.Error != "":
		d.lines.ask(w) // its time has come
	default:
		moved := p.Value != old.Value || p.ID != old.ID
		_, untouched := compare(d.r, q, old, target)
		if moved && (untouched || d.p.DiscardManualAssignments) {
			d.lines.ask(w)
		} else {
			d.gap(q.Identifier, 0, current, w.proposed, d.r.found())
		}
	}
}

// keptSingle is what a value that a person kept or declined becomes (role-model 2.7).
func (d *diff) keptSingle(q *prop, k *Kept, line *ExistingLine, w wish, current string) {
	changed := k.KeptAgainst != w.proposed
	switch {
	case k.Workflow == Declined && !changed, k.Workflow != Declined && !changed && current == k.Value && k.Workflow == Approved:
		if line != nil {
			d.lines.keep(line)
		}
	case k.Workflow == Declined, changed && d.p.DiscardManualAssignments:
		d.closeKept(k)
		d.lines.ask(w)
	case current != k.Value:
		d.closeKept(k)
		d.gap(q.Identifier, 0, current, w.proposed, NonConforming)
	case changed && k.Workflow != Questioned:
		d.out.Kept = append(d.out.Kept, KeptDelta{ID: k.ID, Workflow: Questioned})
	case !changed && k.Workflow == Questioned:
		d.out.Kept = append(d.out.Kept, KeptDelta{ID: k.ID, Workflow: Approved})
	}
}

// collection compares a multi-valued navigation, value by value (role-model 12.7, third table).
func (d *diff) collection(q *prop, target *Resource) {
	name := q.Identifier
	spans := d.want.expected.Properties[name]
	for i := range spans {
		if spans[i].Error != "" {
			// what the property should hold is unknown: nothing of it moves until the rule works again
			d.lines.ask(d.wish(q, &spans[i]))
			d.lines.keepProperty(name)
			return
		}
	}
	present := map[int64]bool{}
	values := map[int64]*Span{} // expected now, or at least later
	was := map[int64]bool{}
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
		was[s.ID] = was[s.ID] || s.InForce && !d.first
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
			d.member(q, id, values[id], present[id], was[id])
		}
	}
}

// member settles one value of a collection.
func (d *diff) member(q *prop, id int64, s *Span, present, was bool) {
	name := q.Identifier
	add, remove := d.lines.find(name, LineAdd, id, false), d.lines.find(name, LineRemove, id, false)
	kept := d.kept(name, id)
	now := s != nil && s.InForce
	label := d.r.label(id)
	withdraw := func(l *ExistingLine) {
		if l != nil {
			d.lines.withdraw(l)
		}
	}
	verify := func(l *ExistingLine) {
		if l != nil {
			d.lines.verify(l, false)
		}
	}
	removal := wish{property: name, action: LineRemove, valueID: id, current: label, due: minTime, from: minTime, to: maxTime, mapped: true}
	switch {
	case now && present:
		d.closeGap(name, id)
		d.closeKept(kept)
		verify(add)
		if remove != nil && remove.State == Executed && !d.lines.synced() {
			d.lines.keep(remove) // the data is older than the removal: wait for the next to know
		}
		withdraw(remove)
	case now:
		d.closeGap(name, id)
		verify(remove)
		w := d.wish(q, s)
		switch {
		case kept != nil && kept.Workflow == Declined:
			if add != nil {
				d.lines.keep(add)
			}
		case add == nil && remove == nil && was && !d.p.untraceableKind():
			w.missing = true // seen there once, gone now
			d.lines.ask(w)
		default:
			d.closeKept(kept)
			d.lines.ask(w)
		}
	case s != nil && !present:
		// begins later: reviewed in good time, or waits for its day
		verify(remove)
		if kept == nil || kept.Workflow != Declined {
			d.lines.ask(d.wish(q, s))
		} else if add != nil {
			d.lines.keep(add)
		}
	case present:
		sent := add != nil && (add.State == Transmitted || add.State == Executed || add.IsSent)
		withdraw(add)
		switch {
		case kept != nil && kept.Workflow != Declined:
			withdraw(remove)
		case kept != nil:
			if remove != nil {
				d.lines.keep(remove)
			}
		case d.want.forbid[name][id] && remove == nil:
			d.gap(name, id, label, "", d.r.found())
		case remove != nil || was || sent:
			d.closeGap(name, id)
			d.lines.ask(removal)
		default:
			d.gap(name, id, label, "", d.r.found())
		}
	default:
		d.closeGap(name, id)
		d.closeKept(kept)
		if add != nil && add.State == Executed && !d.lines.synced() {
			d.lines.keep(add) // carried out and not seen yet: what appears is removed then
		}
		withdraw(add)
		verify(remove)
	}
}

// untraceableKind: nothing of the type can ever be seen missing.
func (p *plan) untraceableKind() bool { return p.TicketSynchroIsNotAvailable }
