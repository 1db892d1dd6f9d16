package rolemodel

import (
	"slices"

	"github.com/uptrace/bun"
)

// AutomationAbout is what an automation rule is about (role-model 7.2).
type AutomationAbout int16

// The targets. Number 3 is not used.
const (
	AutomatesComposite AutomationAbout = 0
	AutomatesSingle    AutomationAbout = 1
	AutomatesType      AutomationAbout = 2
	AutomatesCategory  AutomationAbout = 4
	AutomatesPolicy    AutomationAbout = 5
)

// AutomationTargetWords are the words of targets in a configuration, by number; there is none for a number that is not used.
var AutomationTargetWords = []string{"compositeRole", "singleRole", "resourceType", "", "category", "policy"}

// AutomationVerdict is what an automation rule decides.
type AutomationVerdict int16

// The decisions.
const (
	Approves AutomationVerdict = 0
	Declines AutomationVerdict = 1
)

// AutomationDecisionWords are the words of decisions in a configuration, by number.
var AutomationDecisionWords = []string{"approve", "decline"}

// AutomationStateWords are the words of the workflow states that automation rules are about, by number (role-model 12.6).
var AutomationStateWords = []string{1: "nonConforming", 3: "preExisting", 5: "missingParameters", 8: "pendingApproval", 9: "pendingFirstOfTwo", 10: "pendingSecondOfTwo",
	11: "pendingFirstOfThree", 12: "pendingSecondOfThree", 13: "pendingThirdOfThree", 25: "pendingRiskApproval", 27: "prolonged"}

// AutomatedStates are those of these states in which something waits that automation rules can decide about, by number.
var AutomatedStates = []int16{1, 3, 27}

// Never is the wait of an automation rule that decides nothing.
const Never = -1

// AutomationRule takes the decision of a reviewer once an assignment has been in a state for long enough (role-model 7).
type AutomationRule struct {
	bun.BaseModel        `bun:"table:automation_rule,alias:atr"`
	ID                   int64 `bun:",pk,autoincrement"`
	Identifier           string
	DisplayName          string
	Type                 AutomationAbout
	CompositeRoleID      *int64 // of these five the one that Type says, the others are nil
	SingleRoleID         *int64
	ResourceTypeID       *int64
	CategoryID           *int64
	PolicyID             *int64
	EntityTypeID         *int64 // of the owners; with a category or a policy
	IncludeSubcategories bool   // what stands in categories below counts, too
	WorkflowState        int16  // of the assignment
	HoursToWait          int    // since it came into that state; Never
	Decision             AutomationVerdict
	Dimensions           Criteria `bun:"type:jsonb"` // what the assignment's own parameters must be
	Version              int
}

// DecisionWord is what it decides, as a word.
func (a *AutomationRule) DecisionWord() string { return AutomationDecisionWords[a.Decision] }

// TargetWord is what it is about, as a word.
func (a *AutomationRule) TargetWord() string { return AutomationTargetWords[a.Type] }

// StateWord is the state that the assignment waits in, as a word.
func (a *AutomationRule) StateWord() string { return AutomationStateWords[a.WorkflowState] }

// TargetID is the id of what it is about.
func (a *AutomationRule) TargetID() int64 {
	for _, id := range []*int64{a.CompositeRoleID, a.SingleRoleID, a.ResourceTypeID, a.CategoryID, a.PolicyID} {
		if id != nil {
			return *id
		}
	}
	return 0
}

// automationRules checks automation rules (7.2): the declaration of the kind checks what they are about.
func (v *validator) automationRules() {
	seen := map[string]bool{}
	for _, a := range v.m.AutomationRules {
		v.identifier("automation_rule", a.Identifier, seen)
		v.criteria("automation_rule", a.Identifier, a.Dimensions)
		if p := v.policies[v.m.PolicyOf(a)]; p != nil && p.IsExternal {
			v.warn("automation_rule", a.Identifier, "", "Another tool keeps the policy %s, so nothing is decided here. Take the rule away.", p.Identifier)
		}
		if a.HoursToWait == Never && !slices.ContainsFunc(v.m.AutomationRules, func(b *AutomationRule) bool {
			return b != a && b.WorkflowState == a.WorkflowState && b.HoursToWait != Never
		}) {
			v.warn("automation_rule", a.Identifier, "hoursToWait", "It never decides anything. Say after how many hours, 0 is at once; -1 is for what a wider rule shall leave alone.")
		}
	}
}

// PolicyOf is the policy that switches an automation rule on or off: the one it is about, or that of what it is about. 0: there is no such thing.
func (m *Model) PolicyOf(a *AutomationRule) int64 {
	switch {
	case a.PolicyID != nil:
		return *a.PolicyID
	case a.CategoryID != nil:
		for _, c := range m.Categories {
			if c.ID == *a.CategoryID {
				return c.PolicyID
			}
		}
	case a.ResourceTypeID != nil:
		for _, t := range m.ResourceTypes {
			if t.ID == *a.ResourceTypeID {
				return t.PolicyID
			}
		}
	default:
		for _, r := range m.Roles {
			if a.CompositeRoleID != nil && r.ID == *a.CompositeRoleID || a.SingleRoleID != nil && r.ID == *a.SingleRoleID {
				return r.PolicyID
			}
		}
	}
	return 0
}
