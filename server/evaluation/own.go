package evaluation

import (
	"slices"
	"time"
)

// Own is a value that is Writ's own work: it was wanted in the target once. Exactly one of Value and ID counts, by the property.
type Own struct {
	Value      string `json:"value,omitempty"`
	ID         int64  `json:"id,omitempty"`
	Comparison int16  `json:"comparison,omitempty"` // how the value was compared when it was wanted
	Since      int64  `json:"since,omitempty"`      // microseconds since 1970: the computation that did not want it any more
	// Renamed: it is wanted still, and has had another name since: what was sent before says it wrongly.
	Renamed bool `json:"renamed,omitempty"`
}

// ownLimit bounds what is remembered of a mono-valued property whose target never shows what is wanted of it.
const ownLimit = 20

// own lists what of a property is Writ's own work, oldest first: what it wanted before and has not seen gone, what it wanted at the last
// computation, and what it sent. Whatever else the target shows is somebody else's.
func (d *diff) own(q *prop) []Own {
	if d.first {
		return nil
	}
	var out []Own
	if !d.gone() {
		out = slices.Clone(d.row.Expected.Ours[q.Identifier])
	}
	if d.target != nil || d.untraceable() || d.row.made() {
		for _, s := range d.row.Expected.Properties[q.Identifier] {
			if s.InForce && s.Error == "" && !s.CreateOnly {
				out = append(out, ownOf(q, s.Value, s.ID, s.Comparison))
			}
		}
	}
	if d.target != nil && d.row.TargetID == 0 && (d.lines.has(LineCreate) || d.row.made()) && !q.many() {
		out = append(out, Own{}) // the account is Writ's own making, with what it left empty
	}
	if d.target == nil && !d.untraceable() && !creating(d.row.Order) {
		return out // what is on its way goes to a target that is gone
	}
	for _, l := range d.lines.existing() {
		if l.Property != q.Identifier {
			continue
		}
		if q.many() && l.ValueID == 0 {
			out = append(out, Own{Value: l.Current}) // what points to nothing
			continue
		}
		if l.Action == LineRemove || d.lines.out(l) {
			out = append(out, ownOf(q, l.Proposed, l.ValueID, 0))
		}
	}
	return distinct(out)
}

func ownOf(q *prop, value string, id int64, comparison int16) Own {
	if q.IsNavigation() {
		return Own{ID: id}
	}
	return Own{Value: value, Comparison: comparison}
}

// distinct leaves every value once, where it came first.
func distinct(list []Own) []Own {
	var out []Own
	for _, x := range list {
		if !slices.ContainsFunc(out, func(y Own) bool { return y.Value == x.Value && y.ID == x.ID }) {
			out = append(out, x)
		}
	}
	return out
}

func (x Own) empty() bool { return x.Value == "" && x.ID == 0 }

// seenSince reports whether the data of the target is newer than the computation that did not want the value any more: an answer that was
// lost, or came as an error, may have done something that older data does not show.
func (b *Batch) seenSince(t *typed, x Own) bool {
	at, ok := b.SyncedAt[t.TargetEntityTypeID]
	return ok && instant(at) > x.Since
}

// Unseen tells since when, at the latest, something of what is remembered waits for data of the target that is newer than it; nil: nothing
// does. read: when the newest reading of the target began.
func (e *Expected) Unseen(read time.Time) *time.Time {
	last := int64(0)
	for name, list := range e.Ours {
		for _, x := range list {
			if !x.empty() || name == theTarget {
				last = max(last, x.Since)
			}
		}
	}
	if last == 0 || !read.IsZero() && instant(read) > last {
		return nil
	}
	at := time.UnixMicro(last).UTC()
	return &at
}

// out reports whether the target may show what a line brings although no data shows it yet.
func (l *lines) out(x *ExistingLine) bool {
	switch x.State {
	case Error:
		return false // what was sent before the rule failed is among what was wanted before
	case Transmitted, Executed:
		return true
	default:
		return x.IsSent || l.order.InFlight && x.State == Pending
	}
}

// gone: the row had a target, and it is not there any more.
func (d *diff) gone() bool { return d.target == nil && d.row.TargetID != 0 }

// shows reports whether what a target shows of a mono-valued property is one of these values.
func shows(q *prop, target *Resource, list []Own) bool {
	value, id := target.value(q)
	return slices.ContainsFunc(list, func(x Own) bool {
		if q.IsNavigation() {
			return x.ID == id
		}
		return Same(x.Comparison, x.Value, value)
	})
}

// value is what a target shows of a mono-valued property.
func (t *Resource) value(q *prop) (value string, id int64) {
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
	if d.out.CloseRow || d.gone() && !creating(d.row.Order) {
		return
	}
	target := d.target
	if target == nil && d.untraceable() {
		target = d.believed()
	}
	left := d.out.Order.after(d.row.Order)
	if x := d.made(left); x != nil {
		e.Ours = map[string][]Own{theTarget: {*x}}
	}
	for _, q := range d.p.props {
		if d.wantedStill(q) {
			continue
		}
		list := d.own(q)
		if d.untraceable() && !q.many() { // nobody will show it: the first one is what is believed
			value, id := target.value(q)
			list = distinct(append([]Own{ownOf(q, value, id, 0)}, list...))
		}
		for i := range list {
			if list[i].Since == 0 {
				list[i].Since = d.r.now
			}
		}
		if list = d.lasting(q, list, target, left); len(list) > 0 {
			if e.Ours == nil {
				e.Ours = map[string][]Own{}
			}
			e.Ours[q.Identifier] = list
		}
	}
}

// wantedStill: what was wanted of a property of a target that is there is wanted now, nothing else of it is Writ's own, and nothing is open.
func (d *diff) wantedStill(q *prop) bool {
	if d.target == nil || d.row.TargetID == 0 || d.row.Order != nil || len(d.row.Expected.Ours[q.Identifier]) > 0 {
		return false
	}
	now := d.out.Expected.Properties[q.Identifier]
	if p := inForce(now); !q.many() && (p == nil || p.Error != "") {
		return false
	}
	i := 0 // both are sorted
	for _, was := range d.row.Expected.Properties[q.Identifier] {
		if !was.InForce || was.Error != "" || was.CreateOnly {
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

// theTarget stands in Expected.Ours for the target itself: a creation was sent, and no data tells yet what became of it.
const theTarget = ""

// made: the row's target may appear, or appeared, because a creation was sent for it.
func (x *ExistingType) made() bool { return len(x.Expected.Ours[theTarget]) > 0 }

// creating reports whether a creation is out.
func creating(o *ExistingOrder) bool {
	return o != nil && slices.ContainsFunc(o.Lines, func(l *ExistingLine) bool { return l.Action == LineCreate && (&lines{order: o}).out(l) })
}

// made tells that the target may still appear although nothing of its creation is on its way any more; nil: it will not. left: the order as
// it will be.
func (d *diff) made(left *ExistingOrder) *Own {
	if d.target != nil || d.row.TargetID != 0 || d.untraceable() {
		return nil
	}
	switch {
	case creating(left):
		return nil // its line tells
	case creating(d.row.Order):
		return &Own{Since: d.r.now}
	case d.row.made():
		if x := d.row.Expected.Ours[theTarget][0]; !d.r.b.seenSince(d.p.typed, x) {
			return &x
		}
	}
	return nil
}

// lasting drops what is wanted now, and what the target shows to be gone.
func (d *diff) lasting(q *prop, list []Own, target *Resource, left *ExistingOrder) []Own {
	spans := d.out.Expected.Properties[q.Identifier]
	lined := func(id int64) bool {
		return left != nil && slices.ContainsFunc(left.Lines, func(l *ExistingLine) bool {
			return l.Property == q.Identifier && (id == 0 || l.ValueID == id) && l.State != Error
		})
	}
	wanted := func(x Own) bool {
		if x.Renamed && d.lines.renamed[pointed{q.Identifier, x.ID}] && lined(x.ID) {
			return false // somebody has to know it when the line does not come true
		}
		if q.IsNavigation() && x.Value != "" {
			return false // a name that is nobody's
		}
		return slices.ContainsFunc(spans, func(s Span) bool {
			return s.InForce && s.Error == "" && (q.IsNavigation() || s.Value == x.Value) && s.ID == x.ID
		})
	}
	if q.many() {
		return slices.DeleteFunc(list, func(x Own) bool {
			switch {
			case x.ID == 0:
				removed := left != nil && slices.ContainsFunc(left.Lines, func(l *ExistingLine) bool {
					return l.Property == q.Identifier && l.ValueID == 0 && l.Current == x.Value
				})
				return target != nil && !slices.Contains(target.Dangling[q.Identifier], x.Value) && !removed && d.r.b.seenSince(d.p.typed, x)
			case wanted(x):
				return true
			case d.untraceable():
				return lined(x.ID) // the line tells: once it is confirmed the value is gone
			default:
				return target != nil && !slices.Contains(target.Links[q.Identifier], x.ID) && !lined(x.ID) && d.r.b.seenSince(d.p.typed, x)
			}
		})
	}
	p := inForce(spans)
	if p == nil && d.want.ok && len(list) > 0 {
		list = distinct(append(list, Own{Since: d.r.now})) // an empty place is what is wanted
	}
	if target != nil {
		value, id := target.value(q)
		settled := value == "" && id == 0 && d.ownText(q, target) == ""
		switch {
		case p == nil && settled && d.want.ok:
			list = distinct(append(list, Own{Since: d.r.now})) // nothing is wanted and nothing is there: what comes later overwrites nobody's work
		case p != nil && p.CreateOnly:
			settled = true
		case p != nil && p.Error != "":
			settled = false
		case p != nil:
			_, settled = compare(d.r, q, p, target)
			settled = settled && d.ownText(q, target) == ""
		}
		switch is := lined(0); {
		case is && d.untraceable():
			return nil
		case settled && !is:
			list = slices.DeleteFunc(list, func(x Own) bool { return !x.empty() && (d.untraceable() || d.r.b.seenSince(d.p.typed, x)) })
		}
	}
	list = slices.DeleteFunc(list, wanted)
	return list[max(0, len(list)-ownLimit):]
}
