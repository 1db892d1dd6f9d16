package evaluation

import "slices"

// Means reports whether two expectations say the same of the target at every instant. What is only remembered for the next computation, such as
// which value was in force or what is our own work, says nothing.
func (e Expected) Means(f Expected) bool {
	if !slices.Equal(e.TypeRules, f.TypeRules) || !slices.Equal(e.Roles, f.Roles) || len(e.Properties) != len(f.Properties) {
		return false
	}
	for name, a := range e.Properties {
		b, ok := f.Properties[name]
		if !ok || !slices.EqualFunc(a, b, func(x, y Span) bool { return x.interval() == y.interval() && sameValue(x, y) }) {
			return false
		}
	}
	return true
}
