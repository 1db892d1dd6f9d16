package assignment

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"writ/server/evaluation"
	"writ/server/rolemodel"
)

// records tells where what was kept then is not what is computed again. Both come from the same function and should be the same; they differ
// when a computation was still to come, when the program was another one, or when the key of something changed since.
func (e *explainer) records(w *wording) []evaluation.Step {
	o := e.batch.Owners[0]
	var out []evaluation.Step
	add := func(s evaluation.Step, format string, args ...any) {
		s.Kind, s.Matched, s.Text = evaluation.StepRecord, true, "What was kept then is different: "+fmt.Sprintf(format, args...)
		out = append(out, s)
	}
	computed := map[int64]bool{}
	for _, s := range e.steps {
		if s.Kind == evaluation.StepRole {
			computed[s.RoleID] = s.Matched && e.axes.inForce(s.From, s.To)
		}
	}
	kept := map[int64]bool{}
	for _, r := range o.Roles {
		kept[r.RoleID] = kept[r.RoleID] || !r.IsDenied && r.Workflow.Holds() && e.axes.inForce(r.Start, r.End)
	}
	for _, id := range slices.Sorted(maps.Keys(computed)) {
		if computed[id] != kept[id] {
			add(evaluation.Step{RoleID: id}, "%s %s the role %s.", w.ownerName(), map[bool]string{true: "had", false: "did not have"}[kept[id]], w.role(id))
		}
	}
	for _, t := range o.Types {
		if t.IsDenied || !t.IsExpected || !e.axes.inForce(t.Start, t.End) {
			continue
		}
		for _, property := range slices.Sorted(maps.Keys(t.Expected.Properties)) {
			was, is := e.keptValues(t, property), e.computedValues(t.ResourceTypeID, property)
			if is != nil && !slices.Equal(was, is) {
				add(evaluation.Step{ResourceTypeID: t.ResourceTypeID, Property: property, Value: strings.Join(was, ", ")}, "%s of the %s was %q.",
					w.property(t.ResourceTypeID, property), w.typeName(t.ResourceTypeID), strings.Join(was, ", "))
			}
		}
	}
	for _, s := range e.steps {
		if s.Kind != evaluation.StepType {
			continue
		}
		got, denied := false, false
		for _, t := range o.Types {
			if t.ResourceTypeID == s.ResourceTypeID {
				got = got || t.IsExpected && e.axes.inForce(t.Start, t.End)
				denied = denied || t.IsDenied
			}
		}
		if gets := s.Matched && e.axes.inForce(s.From, s.To); gets != got && !denied {
			add(evaluation.Step{ResourceTypeID: s.ResourceTypeID}, "%s %s the resource type %s.", w.ownerName(), map[bool]string{true: "got", false: "did not get"}[got], w.typeName(s.ResourceTypeID))
		}
	}
	return out
}

// proposedThen gives lines that were changed since the values that were expected then: a line keeps its last values only.
func (e *explainer) proposedThen(f *follows) {
	rows := map[int64]int64{} // order -> assignment
	for _, o := range f.orders {
		rows[o.ID] = o.AssignedResourceTypeID
	}
	for i := range f.lines {
		l := &f.lines[i]
		if !l.IsOther || l.Action != evaluation.LineSet || l.Property == nil {
			continue
		}
		l.ProposedValue, l.CurrentValue = nil, nil
		for _, t := range e.batch.Owners[0].Types {
			if t.ID == rows[l.OrderID] {
				l.ProposedValue = e.firstValue(t, *l.Property)
			}
		}
	}
}

// firstValue is the value that a property was to have at the instant, or was to get first after it; nil: none was expected.
func (e *explainer) firstValue(t *evaluation.ExistingType, property string) *string {
	for _, span := range t.Expected.Properties[property] {
		if span.Error == "" && (span.To == nil || span.To.After(e.axes.at)) {
			return &span.Value
		}
	}
	return nil
}

// keptValues are the values of a property that were expected at the instant, as they were kept.
func (e *explainer) keptValues(t *evaluation.ExistingType, property string) []string {
	out := []string{}
	for _, span := range t.Expected.Properties[property] {
		if span.Error == "" && e.axes.inForce(span.From, span.To) {
			out = append(out, span.Value)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// computedValues are those that are computed again; nil: the explanation does not speak of the property, or a query found its values, whose
// keys have no past.
func (e *explainer) computedValues(typeID int64, property string) []string {
	var out []string
	for _, s := range e.steps {
		if s.Kind != evaluation.StepProperty || s.ResourceTypeID != typeID || s.Property != property || s.NotComputed {
			continue
		}
		if r := e.m.typeRule(s.RuleID); r == nil || r.Kind == rolemodel.QueryRule {
			return nil
		}
		if out == nil {
			out = []string{}
		}
		if s.Matched && !s.Overruled && !s.Denied && s.Error == "" && e.axes.inForce(s.From, s.To) {
			out = append(out, s.Value)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
