package remedy

import (
	"time"

	"writ/server/evaluation"
)

// Goal is what an owner lacks: a role, a resource type, or a value of one.
type Goal struct {
	RoleID         int64 // 0: a resource type is asked for
	ResourceTypeID int64
	Property       string // identifier of a property of the resource type; empty: the type itself
	Value          string // the value as explanations show it, or the key of the resource that it is; empty: any
}

// gives reports whether the computation of a state gives the goal at the instant.
func (f *finder) gives(s *state) bool {
	switch {
	case f.goal.RoleID != 0:
		return s.held[f.goal.RoleID]
	case f.goal.Property == "":
		return f.typeGiven(s)
	}
	if !f.typeGiven(s) {
		return false
	}
	for i := range s.steps {
		x := &s.steps[i]
		if f.isValue(x) && x.Matched && !x.Denied && !x.Overruled && x.Error == "" && s.inForce(x.From, x.To) && !f.takenAway(s, x) {
			return true
		}
	}
	return false
}

// typeGiven reports whether rules give the type now, and nobody refused it.
func (f *finder) typeGiven(s *state) bool {
	if f.refusal(s) != nil {
		return false
	}
	for i := range s.steps {
		if x := &s.steps[i]; x.Kind == evaluation.StepType && x.ResourceTypeID == f.goal.ResourceTypeID {
			return x.Matched && s.inForce(x.From, x.To)
		}
	}
	return false
}

// refusal is the row by which a person refused the type now; nil: there is none.
func (f *finder) refusal(s *state) *evaluation.ExistingType {
	for _, t := range s.owner.Types {
		if t.ResourceTypeID == f.goal.ResourceTypeID && t.IsDenied && s.inForce(t.Start, t.End) {
			return t
		}
	}
	return nil
}

// takenAway reports whether a rule that forbids takes the resource of a step away.
func (f *finder) takenAway(s *state, x *evaluation.Step) bool {
	for i := range s.steps {
		if y := &s.steps[i]; f.isValue(y) && y.Denied && y.Matched && y.ResourceID == x.ResourceID && s.inForce(y.From, y.To) {
			return true
		}
	}
	return false
}

// isValue reports whether a step is about the value asked for.
func (f *finder) isValue(x *evaluation.Step) bool {
	if x.Kind != evaluation.StepProperty || x.ResourceTypeID != f.goal.ResourceTypeID || x.Property != f.goal.Property || x.NotComputed {
		return false
	}
	if f.goal.Value == "" || x.Value == f.goal.Value {
		return true
	}
	r := f.typeRules[x.RuleID]
	return r != nil && r.ValueKey != nil && *r.ValueKey == f.goal.Value
}

// inForce reports whether something holds at the instant of the question, or at that until which a change waits.
func (s *state) inForce(from, to *time.Time) bool {
	return (from == nil || !from.After(s.batch.Now)) && (to == nil || to.After(s.batch.Now))
}

// begins is when the goal comes by itself; nil: it does not.
func (f *finder) begins(s *state) *time.Time {
	for i := range s.steps {
		x := &s.steps[i]
		if f.isVerdict(x) && x.Matched && !x.Denied && !x.Overruled && x.From != nil && x.From.After(s.batch.Now) {
			return x.From
		}
	}
	return nil
}

// isVerdict reports whether a step says what the rules of the goal come to.
func (f *finder) isVerdict(x *evaluation.Step) bool {
	switch {
	case f.goal.RoleID != 0:
		return x.Kind == evaluation.StepRole && x.RoleID == f.goal.RoleID
	case f.goal.Property == "":
		return x.Kind == evaluation.StepType && x.ResourceTypeID == f.goal.ResourceTypeID
	default:
		return f.isValue(x)
	}
}
