package evaluation

import (
	"maps"
	"slices"
)

// Ground is what a role stands on that rules give, kept with it while the role has a grace period: so much that a later computation can tell
// whether the rules took the role away, or the data (role-model 12.9).
type Ground struct {
	Rules       int64              `json:"rules"`                 // print of the rules that give it
	All         int64              `json:"all"`                   // print of all rules of the role
	ContextRule int64              `json:"contextRule,omitempty"` // whose contexts they see; 0: there is none
	Contexts    []map[string]int64 `json:"contexts"`              // the values of dimensions that they asked for, of each context that has them, in order
	Names       []string           `json:"names"`                 // of the rules that give it
	Cause       Cause              `json:"cause,omitempty"`       // of a prolonged role: what the rules did
}

// Cause is how rules took a role away.
type Cause string

// The causes.
const (
	CauseGone      Cause = "RULE_GONE"    // the rule was deleted, or its policy was switched off
	CauseChanged   Cause = "RULE_CHANGED" // it asks for something else, or only suggests
	CauseOverruled Cause = "OVERRULED"    // another rule forbids it
)

// Same reports whether two say the same; nil is nothing.
func (g *Ground) Same(h *Ground) bool {
	if g == nil || h == nil {
		return g == h
	}
	return g.Rules == h.Rules && g.All == h.All && g.ContextRule == h.ContextRule && g.Cause == h.Cause && slices.Equal(g.Names, h.Names) &&
		slices.EqualFunc(g.Contexts, h.Contexts, maps.Equal)
}
