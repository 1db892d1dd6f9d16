package difference

import (
	"slices"

	"writ/server/evaluation"
	"writ/server/evaluation/interval"
	"writ/server/evaluation/model"
)

// texts settles what points to nothing in a collection. Only what is our own work is taken away, one text after the other: a line has no other
// name for it.
func (d *diff) texts(q *model.Property, target *evaluation.Resource) {
	name := q.Identifier
	line := d.lines.find(name, evaluation.LineRemove, 0, false)
	if line != nil && !slices.Contains(target.Dangling[name], line.Current) {
		if line.State == evaluation.Executed || line.State == evaluation.Transmitted {
			d.lines.verify(line, false)
		} else {
			d.lines.withdraw(line) // it points to something again, or somebody took it away
		}
	}
	text := ""
	for _, x := range d.own(q) {
		if x.ID == 0 && x.Value != "" && slices.Contains(target.Dangling[name], x.Value) && (text == "" || line != nil && x.Value == line.Current) {
			text = x.Value
		}
	}
	if text != "" {
		d.lines.ask(wish{property: name, action: evaluation.LineRemove, current: text, due: interval.Min, from: interval.Min, to: interval.Max, mapped: true})
	}
}

// ownText is what a mono-valued navigation of a target shows that points to nothing and is our own work; empty: nothing of the kind.
func (d *diff) ownText(q *model.Property, target *evaluation.Resource) string {
	if !q.IsNavigation() || q.Many() {
		return ""
	}
	for _, x := range d.own(q) {
		if x.ID == 0 && x.Value != "" && slices.Contains(target.Dangling[q.Identifier], x.Value) {
			return x.Value
		}
	}
	return ""
}
