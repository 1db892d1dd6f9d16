package evaluation

import (
	"maps"
	"slices"
	"time"

	"writ/server/evaluation/interval"
)

// Span is a computed value over [From, To): nil bounds are infinite. Exactly one of Value and ID counts, by the property.
type Span struct {
	From       *time.Time `json:"from,omitempty"`
	To         *time.Time `json:"to,omitempty"`
	Value      string     `json:"value,omitempty"`      // scalar; or the label of the pointed resource
	ID         int64      `json:"id,omitempty"`         // pointed resource
	Rules      []int64    `json:"rules,omitempty"`      // resource_type_rule ids behind it
	Error      string     `json:"error,omitempty"`      // the rule failed: state 7
	Confidence int        `json:"confidence,omitempty"` // query rule below 100: reviewed
	CreateOnly bool       `json:"createOnly,omitempty"` // isMapped=false
	Comparison int16      `json:"comparison,omitempty"`
	// InForce: the value the target had to have when this was computed. It is what "the value at last save" (role-model 12.7) is read
	// from: comparing it with the next computation tells a change of the source from a change of the target.
	InForce bool `json:"inForce,omitempty"`
	// Found: nothing but a found role wants it. It is asked for with a review, and is never Writ's own work.
	Found bool `json:"found,omitempty"`
}

// Interval is when the value is wanted.
func (s *Span) Interval() interval.Interval {
	return interval.Interval{From: interval.StartOf(s.From), To: interval.EndOf(s.To)}
}

// SameValue compares everything but the interval.
func SameValue(a, b Span) bool {
	return a.Value == b.Value && a.ID == b.ID && a.Error == b.Error && a.Confidence == b.Confidence && a.CreateOnly == b.CreateOnly &&
		a.Comparison == b.Comparison && a.Found == b.Found && slices.Equal(a.Rules, b.Rules)
}

// Expected is what one target must look like over time: property identifier -> spans. A mono-valued property has spans that do not
// overlap; a collection has one span per value and period. Stored in assigned_resource_type.expected.
type Expected struct {
	Properties map[string][]Span `json:"properties,omitempty"`
	TypeRules  []int64           `json:"typeRules,omitempty"` // rules that give the type itself
	Roles      []int64           `json:"roles,omitempty"`     // role ids that induce it
	// Ours: values that are not wanted any more and were wanted once, by property, oldest first, until the target shows them gone (own.go).
	// They stay while the whole target is unwanted, too: whatever comes back then still knows them.
	Ours map[string][]Own `json:"ours,omitempty"`
	// Begun: the target was in use once, so that an interval that lies ahead is a return and no early start.
	Begun bool `json:"begun,omitempty"`
	// Conflicts: values that rules want and the owner does not get, since he holds another one of the group meanwhile (role-model 1.4).
	Conflicts []Conflict `json:"conflicts,omitempty"`
}

// Conflict is a value over [From, To) that gives way to another one of its group, which a stronger rule wants.
type Conflict struct {
	Property string     `json:"property,omitempty"`
	From     *time.Time `json:"from,omitempty"`
	To       *time.Time `json:"to,omitempty"`
	ID       int64      `json:"id,omitempty"`    // what gives way
	Value    string     `json:"value,omitempty"` // its label
	Rules    []int64    `json:"rules,omitempty"` // that want it
	With     int64      `json:"with,omitempty"`  // to what
	Other    string     `json:"other,omitempty"` // its label
}

// Interval is when the value gives way.
func (c *Conflict) Interval() interval.Interval {
	return interval.Interval{From: interval.StartOf(c.From), To: interval.EndOf(c.To)}
}

func sameConflict(a, b Conflict) bool {
	return a.Property == b.Property && a.Interval() == b.Interval() && a.ID == b.ID && a.Value == b.Value && a.With == b.With && a.Other == b.Other && slices.Equal(a.Rules, b.Rules)
}

// Same compares two expectations.
func (e Expected) Same(f Expected) bool {
	if !slices.Equal(e.TypeRules, f.TypeRules) || !slices.Equal(e.Roles, f.Roles) || len(e.Properties) != len(f.Properties) || e.Begun != f.Begun ||
		!maps.EqualFunc(e.Ours, f.Ours, slices.Equal[[]Own]) || !slices.EqualFunc(e.Conflicts, f.Conflicts, sameConflict) {
		return false
	}
	for name, a := range e.Properties {
		if !slices.EqualFunc(a, f.Properties[name], func(x, y Span) bool {
			return x.Interval() == y.Interval() && x.InForce == y.InForce && SameValue(x, y)
		}) {
			return false
		}
	}
	return true
}

// Means reports whether two expectations say the same of the target at every instant. What is only remembered for the next computation, such as
// which value was in force or what is our own work, says nothing.
func (e Expected) Means(f Expected) bool {
	if !slices.Equal(e.TypeRules, f.TypeRules) || !slices.Equal(e.Roles, f.Roles) || len(e.Properties) != len(f.Properties) {
		return false
	}
	for name, a := range e.Properties {
		b, ok := f.Properties[name]
		if !ok || !slices.EqualFunc(a, b, func(x, y Span) bool { return x.Interval() == y.Interval() && SameValue(x, y) }) {
			return false
		}
	}
	return true
}

// InForce is the span of a mono-valued property that counts now.
func InForce(spans []Span) *Span {
	for i := range spans {
		if spans[i].InForce {
			return &spans[i]
		}
	}
	return nil
}
