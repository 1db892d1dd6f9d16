package difference

import (
	"slices"

	"writ/server/evaluation"
	"writ/server/evaluation/formula"
	"writ/server/evaluation/model"
)

// ownLimit bounds what is remembered of a mono-valued property whose target never shows what is wanted of it.
const ownLimit = 20

// own lists what of a property is Writ's own work, oldest first: what it wanted before and has not seen gone, what it wanted at the last
// computation, and what it sent. Whatever else the target shows is somebody else's.
func (d *diff) own(q *model.Property) []evaluation.Own {
	if d.first {
		return nil
	}
	var out []evaluation.Own
	if !d.gone() {
		out = slices.Clone(d.row.Expected.Ours[q.Identifier])
	}
	if d.target != nil || d.untraceable() || d.row.Made() {
		for _, s := range d.row.Expected.Properties[q.Identifier] {
			if s.InForce && !s.Found && s.Error == "" && !s.CreateOnly {
				out = append(out, ownOf(q, s.Value, s.ID, s.Comparison))
			}
		}
	}
	if d.target != nil && d.row.TargetID == 0 && (d.lines.has(evaluation.LineCreate) || d.row.Made()) && !q.Many() {
		out = append(out, evaluation.Own{}) // the account is Writ's own making, with what it left empty
	}
	if d.target == nil && !d.untraceable() && !d.row.Order.Creating() {
		return out // what is on its way goes to a target that is gone
	}
	for _, l := range d.lines.existing() {
		if l.Property != q.Identifier || l.Action != evaluation.LineRemove && l.Workflow.Found() || l.Action == evaluation.LineRemove && l.Workflow == evaluation.Cancellation {
			continue // what only a found role wanted, or explained until somebody refused it, is not Writ's own work
		}
		if q.Many() && l.ValueID == 0 {
			out = append(out, evaluation.Own{Value: l.Current}) // what points to nothing
			continue
		}
		if l.Action == evaluation.LineRemove || d.row.Order.IsOut(l) {
			out = append(out, ownOf(q, l.Proposed, l.ValueID, 0))
		}
	}
	return evaluation.Distinct(out)
}

func ownOf(q *model.Property, value string, id int64, comparison int16) evaluation.Own {
	if q.IsNavigation() {
		return evaluation.Own{ID: id}
	}
	return evaluation.Own{Value: value, Comparison: comparison}
}

// gone: the row had a target, and it is not there any more.
func (d *diff) gone() bool { return d.target == nil && d.row.TargetID != 0 }

// shows reports whether what a target shows of a mono-valued property is one of these values.
func shows(q *model.Property, target *evaluation.Resource, list []evaluation.Own) bool {
	value, id := shownOf(target, q)
	return slices.ContainsFunc(list, func(x evaluation.Own) bool {
		if q.IsNavigation() {
			return x.ID == id
		}
		return formula.Same(x.Comparison, x.Value, value)
	})
}

// shownOf is what a target shows of a mono-valued property.
func shownOf(t *evaluation.Resource, q *model.Property) (value string, id int64) {
	if !q.IsNavigation() {
		return t.Scalars[q.Identifier], 0
	}
	if ids := t.Links[q.Identifier]; len(ids) > 0 {
		return "", ids[0]
	}
	return "", 0
}

// remember notes which values of the target stay Writ's own work although nothing wants them any more. It is kept until the data shows them
// gone, whatever delays that: an order that is withdrawn, held back, errored or never sent takes its lines along, this stays.
func (d *diff) remember() {
	e := &d.out.Expected
	e.Ours = nil
	if d.out.CloseRow || d.gone() && !d.row.Order.Creating() {
		return
	}
	target := d.target
	if target == nil && d.untraceable() {
		target = d.believed()
	}
	left := d.out.Order.After(d.row.Order)
	if x := d.made(left); x != nil {
		e.Ours = map[string][]evaluation.Own{evaluation.TheTarget: {*x}}
	}
	for _, q := range d.p.Props {
		if d.wantedStill(q) {
			continue
		}
		list := d.own(q)
		if d.untraceable() && !q.Many() { // nobody will show it: the first one is what is believed
			value, id := shownOf(target, q)
			list = evaluation.Distinct(append([]evaluation.Own{ownOf(q, value, id, 0)}, list...))
		}
		for i := range list {
			if list[i].Since == 0 {
				list[i].Since = d.r.Now
			}
			list[i].Renamed = list[i].Renamed && d.lines.renamed[list[i].At(q.Identifier)] // else it goes again by its new name
		}
		if list = d.lasting(q, list, target, left); len(list) > 0 {
			if e.Ours == nil {
				e.Ours = map[string][]evaluation.Own{}
			}
			e.Ours[q.Identifier] = list
		}
	}
}

// wantedStill: what was wanted of a property of a target that is there is wanted now, nothing else of it is Writ's own, and nothing is open.
func (d *diff) wantedStill(q *model.Property) bool {
	if d.target == nil || d.row.TargetID == 0 || d.row.Order != nil || len(d.row.Expected.Ours[q.Identifier]) > 0 {
		return false
	}
	now := d.out.Expected.Properties[q.Identifier]
	if p := evaluation.InForce(now); !q.Many() && (p == nil || p.Error != "") {
		return false
	}
	i := 0 // both are sorted
	for _, was := range d.row.Expected.Properties[q.Identifier] {
		if !was.InForce || was.Found || was.Error != "" || was.CreateOnly {
			continue
		}
		for i < len(now) && (!now[i].InForce || now[i].Error != "" || now[i].ID != was.ID || !q.IsNavigation() && now[i].Value != was.Value) {
			i++
		}
		if i == len(now) {
			return false
		}
	}
	return true
}

// made tells that the target may still appear although nothing of its creation is on its way any more; nil: it will not. left: the order as
// it will be.
func (d *diff) made(left *evaluation.ExistingOrder) *evaluation.Own {
	if d.target != nil || d.row.TargetID != 0 || d.untraceable() {
		return nil
	}
	switch {
	case left.Creating():
		return nil // its line tells
	case d.row.Order.Creating():
		return &evaluation.Own{Since: d.r.Now}
	case d.row.Made():
		if x := d.row.Expected.Ours[evaluation.TheTarget][0]; !d.r.Batch.SeenSince(d.p.TargetEntityTypeID, x) {
			return &x
		}
	}
	return nil
}

// lasting drops what is wanted now, and what the target shows to be gone.
func (d *diff) lasting(q *model.Property, list []evaluation.Own, target *evaluation.Resource, left *evaluation.ExistingOrder) []evaluation.Own {
	if q.Many() {
		return slices.DeleteFunc(list, func(x evaluation.Own) bool { return d.seenGone(q, x, target, left) })
	}
	p := evaluation.InForce(d.out.Expected.Properties[q.Identifier])
	if p == nil && d.want.OK && len(list) > 0 {
		list = evaluation.Distinct(append(list, evaluation.Own{Since: d.r.Now})) // an empty place is what is wanted
	}
	if target != nil {
		settled := d.isAsWanted(q, p, target)
		if p == nil && settled && d.want.OK {
			list = evaluation.Distinct(append(list, evaluation.Own{Since: d.r.Now})) // nothing is wanted and nothing is there: what comes later overwrites nobody's work
		}
		switch is := lined(left, q, 0); {
		case is && d.untraceable():
			return nil
		case settled && !is:
			list = slices.DeleteFunc(list, func(x evaluation.Own) bool {
				return !x.IsEmpty() && (d.untraceable() || d.r.Batch.SeenSince(d.p.TargetEntityTypeID, x))
			})
		}
	}
	list = slices.DeleteFunc(list, func(x evaluation.Own) bool { return d.isWanted(q, x, left) })
	return list[max(0, len(list)-ownLimit):]
}

// isAsWanted: a target shows of a mono-valued property what is wanted, or is not to be compared. p is in force; nil: nothing is wanted.
func (d *diff) isAsWanted(q *model.Property, p *evaluation.Span, target *evaluation.Resource) bool {
	switch {
	case p == nil:
		value, id := shownOf(target, q)
		return value == "" && id == 0 && d.ownText(q, target) == ""
	case p.CreateOnly:
		return true
	case p.Error != "":
		return false
	}
	_, same := compare(d.r, q, p, target)
	return same && d.ownText(q, target) == ""
}

// lined: a line about a value of the property stays open; id 0: about any.
func lined(left *evaluation.ExistingOrder, q *model.Property, id int64) bool {
	return left != nil && slices.ContainsFunc(left.Lines, func(l *evaluation.ExistingLine) bool {
		return l.Property == q.Identifier && (id == 0 || l.ValueID == id) && l.State != evaluation.Error
	})
}

// isWanted: what was our own work is wanted now, so that it need not be remembered.
func (d *diff) isWanted(q *model.Property, x evaluation.Own, left *evaluation.ExistingOrder) bool {
	if x.Renamed && d.lines.renamed[x.At(q.Identifier)] && lined(left, q, x.ID) {
		return false // somebody has to know it when the line does not come true
	}
	if q.IsNavigation() && x.Value != "" {
		return false // a name that is nobody's
	}
	return slices.ContainsFunc(d.out.Expected.Properties[q.Identifier], func(s evaluation.Span) bool {
		return s.InForce && s.Error == "" && (q.IsNavigation() || s.Value == x.Value) && s.ID == x.ID
	})
}

// seenGone: a value of a collection need not be remembered any more: it is wanted, or the data shows it gone.
func (d *diff) seenGone(q *model.Property, x evaluation.Own, target *evaluation.Resource, left *evaluation.ExistingOrder) bool {
	switch {
	case x.ID == 0:
		removed := left != nil && slices.ContainsFunc(left.Lines, func(l *evaluation.ExistingLine) bool {
			return l.Property == q.Identifier && l.ValueID == 0 && l.Current == x.Value
		})
		return target != nil && !slices.Contains(target.Dangling[q.Identifier], x.Value) && !removed && d.r.Batch.SeenSince(d.p.TargetEntityTypeID, x)
	case d.isWanted(q, x, left):
		return true
	case d.untraceable():
		return lined(left, q, x.ID) // the line tells: once it is confirmed the value is gone
	default:
		return target != nil && !slices.Contains(target.Links[q.Identifier], x.ID) && !lined(left, q, x.ID) && d.r.Batch.SeenSince(d.p.TargetEntityTypeID, x)
	}
}
