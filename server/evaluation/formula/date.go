package formula

import (
	"time"

	"writ/server/directory"
)

// Field is a property as values are written into it.
type Field struct {
	*directory.Property
	format string // of its mapping
	Key    bool   // it designates the target in its system: nothing can be sent without it
	dates  bool   // it holds dates in normal form
	days   bool   // the system keeps no time of them
}

// NewField says of a property what its mapping makes of it.
func NewField(shape *directory.Shape, p *directory.Property) Field {
	q := Field{Property: p}
	if m := shape.PropertyMappings[p.ID]; m != nil {
		q.format = m.Format
	}
	q.Key = p == shape.KeyProperty(p.EntityTypeID)
	q.dates, q.days = directory.DateFormat(q.format)
	q.dates = q.dates || p.Type == directory.DateTime
	return q
}

// written is a computed date as the property holds it: in normal form where the property holds dates; in a text as people everywhere read
// it, for no system knows our normal form. The end of an assignment is the first instant after it: where only a day is kept, its last day.
func (q *Field) written(v *Value, text string, zone *time.Location) (string, error) {
	if text == "" || q.dates && !q.days {
		return text, nil
	}
	if v.path != nil && v.path.root == assignmentRoot && v.path.Last == "endDate" {
		if t, isDay, err := directory.ReadDate(text, zone); err == nil && !isDay && t.Equal(directory.FirstInstant(t, zone)) {
			text = directory.FormatDate(directory.Day(t.Add(-time.Second), zone))
		}
	}
	if q.dates {
		return text, nil
	}
	return directory.ToSystem(&directory.Property{Type: directory.DateTime}, "", text, "", zone)
}

// SameDate reports whether the system holds a date as well as it can: it may keep a day only, no seconds, or an instant for a day.
func (q *Field) SameDate(want, current string, zone *time.Location) bool {
	if !q.dates || want == "" || current == "" {
		return false
	}
	if directory.SameDate(want, current, zone) {
		return true
	}
	text, err := directory.ToSystem(q.Property, q.format, want, "", zone)
	if err != nil {
		return false
	}
	kept, err := directory.FromSystem(q.Property, q.format, text, zone)
	return err == nil && directory.SameDate(kept, current, zone)
}
