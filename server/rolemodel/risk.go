package rolemodel

import (
	"fmt"

	"github.com/uptrace/bun"

	"writ/server/directory"
)

// RiskKind tells why something is dangerous (role-model 9.2).
type RiskKind int16

const (
	SegregationOfDuties RiskKind = 0 // things that nobody should have together
	HighPrivilege       RiskKind = 1 // one thing is enough
)

// RiskTypeWords are the words of risk types in a configuration, by number.
var RiskTypeWords = []string{"segregationOfDuties", "highPrivilege"}

// Exemption is what a risk means for who is about to get it (role-model 9.2).
type Exemption int16

const (
	RiskWarns                  Exemption = 0
	RiskBlocks                 Exemption = 1
	RiskAsksApproval           Exemption = 2
	RiskBlocksUnlessOverridden Exemption = 3 // as RiskBlocks, but for who may override it
	RiskAsksUnlessOverridden   Exemption = 4 // as RiskAsksApproval, but for who may override it
)

const (
	mostRiskLevel        = 100
	leastSegregatedItems = 2
)

// ExemptionPolicyWords are the words of exemption policies in a configuration, by number.
var ExemptionPolicyWords = []string{"warning", "blocking", "approvalRequired", "blockingUnlessOverride", "approvalRequiredUnlessOverride"}

// RiskFactor tells how the levels of somebody's risks make his score (role-model 9.6).
type RiskFactor int16

const (
	NoRiskScore      RiskFactor = 0
	HighestRiskLevel RiskFactor = 1
	MeanRiskLevel    RiskFactor = 2 // rounded half up
)

// RiskFactorWords are the words of risk factors in a configuration, by number.
var RiskFactorWords = []string{"none", "max", "average"}

// RiskFactorOf tells how the scores of an entity type are made: by its context rule of the policy Default, else by the first that says so; NoRiskScore: there are none.
func (m *Model) RiskFactorOf(entityTypeID int64) RiskFactor {
	if c := m.ContextRuleOf(entityTypeID, 0); c != nil && c.RiskFactorType != NoRiskScore {
		return c.RiskFactorType
	}
	factor, first := NoRiskScore, int64(0)
	for _, c := range m.ContextRules {
		if c.EntityTypeID == entityTypeID && c.RiskFactorType != NoRiskScore && (first == 0 || c.ID < first) {
			factor, first = c.RiskFactorType, c.ID
		}
	}
	return factor
}

// Risk is a dangerous combination of entitlements (role-model 9).
type Risk struct {
	bun.BaseModel     `bun:"table:risk,alias:rk"`
	ID                int64 `bun:",pk,autoincrement"`
	Identifier        string
	DisplayName       string
	Description       string
	Remediation       string // what to do about it, for who has it
	PolicyID          int64
	EntityTypeID      int64  // of those who can have it
	OwnerEntityTypeID *int64 // of the resource that answers for it; with OwnerKey, or both nil
	OwnerKey          *string
	RiskType          RiskKind
	Level             int // 0 to 100
	ExemptionPolicy   Exemption
	Rules             []RiskRule `bun:"type:jsonb"`
	Version           int
}

// RiskRule holds for an owner who has every item at one time. Of the rules of a risk one is enough.
type RiskRule struct {
	// Name of the rule, unique in its risk. Default: that of the risk, - and its number.
	Identifier string `json:"identifier" yaml:"identifier,omitempty"`
	// What must be there at the same time, all of it.
	Items []RiskItem `json:"items" yaml:"items"`
}

// RiskItem holds for an owner whose account of a resource type has a value.
type RiskItem struct {
	// Identifier of the resource type of the account.
	ResourceType string `json:"resourceType" yaml:"resourceType" ref:"resource_type"`
	// Identifier of the property of the account.
	Property string `json:"property" yaml:"property"`
	// Key of the resource that a navigation must point to; empty: any. A scalar has none: any value that is not empty.
	Resource string `json:"resource,omitempty" yaml:"resource,omitempty"`
}

// TypeWord is why it is dangerous, as a word.
func (r *Risk) TypeWord() string { return RiskTypeWords[r.RiskType] }

// PolicyWord is what it means for who is about to get it, as a word.
func (r *Risk) PolicyWord() string { return ExemptionPolicyWords[r.ExemptionPolicy] }

// RiskProperty finds what an item is about: the resource type and its property; nil where there is none.
func (m *Model) RiskProperty(shape *directory.Shape, i RiskItem) (*ResourceType, *directory.Property) {
	for _, t := range m.ResourceTypes {
		if t.Identifier == i.ResourceType {
			return t, shape.Property(t.TargetEntityTypeID, i.Property)
		}
	}
	return nil, nil
}

// risks checks risks (9.2).
func (v *validator) risks() {
	seen := map[string]bool{}
	for _, r := range v.m.Risks {
		v.identifier("risk", r.Identifier, seen)
		v.policy("risk", r.Identifier, r.PolicyID)
		if v.shape.EntityTypes[r.EntityTypeID] == nil {
			v.fault("risk", r.Identifier, "entityType", "The entity type of those who can have the risk does not exist.")
		}
		if r.Level < 0 || r.Level > mostRiskLevel {
			v.fault("risk", r.Identifier, "level", "The level is between 0 and %d.", mostRiskLevel)
		}
		if r.ExemptionPolicy < RiskWarns || r.ExemptionPolicy > RiskAsksUnlessOverridden || r.RiskType < SegregationOfDuties || r.RiskType > HighPrivilege {
			v.fault("risk", r.Identifier, "exemptionPolicy", "There is no such type of risk, or no such exemption policy.")
		}
		v.riskRules(r)
	}
}

func (v *validator) riskRules(r *Risk) {
	most, names := 0, map[string]bool{}
	for n, rule := range r.Rules {
		at := fmt.Sprintf("rules[%d]", n)
		if most = max(most, len(rule.Items)); len(rule.Items) == 0 {
			v.fault("risk", r.Identifier, at+".items", "A rule without items would hold for everybody. Name what is dangerous, or take the rule away.")
		}
		if names[rule.Identifier] {
			v.fault("risk", r.Identifier, at+".identifier", "%q is there twice. Rename one.", rule.Identifier)
		}
		names[rule.Identifier] = true
		for i, item := range rule.Items {
			v.riskItem(r, rule, i, fmt.Sprintf("%s.items[%d]", at, i), item)
		}
	}
	switch {
	case len(r.Rules) == 0:
		v.fault("risk", r.Identifier, "rules", "The risk has no rule, so nobody could ever have it. Say what is dangerous.")
	case r.RiskType == SegregationOfDuties && most < leastSegregatedItems:
		v.fault("risk", r.Identifier, "rules", "Segregation of duties is about things that nobody should have together: at least one rule needs %d items. For one thing alone choose highPrivilege.", leastSegregatedItems)
	}
}

func (v *validator) riskItem(r *Risk, rule RiskRule, n int, at string, item RiskItem) {
	t, p := v.m.RiskProperty(v.shape, item)
	switch {
	case t == nil:
		v.fault("risk", r.Identifier, at+".resourceType", "There is no resource type %q.", item.ResourceType)
		return
	case t.SourceEntityTypeID != r.EntityTypeID:
		v.fault("risk", r.Identifier, at+".resourceType", "%s has owners of another kind, so nobody who can have the risk has one.", t.Identifier)
		return
	case p == nil:
		v.fault("risk", r.Identifier, at+".property", "The target entity type of %s has no property %q.", t.Identifier, item.Property)
		return
	case p.Type == directory.Binary:
		v.fault("risk", r.Identifier, at+".property", "%s holds files. Choose a navigation or a scalar.", p.Identifier)
		return
	case !p.IsNavigation() && item.Resource != "":
		v.fault("risk", r.Identifier, at+".resource", "%s points to nothing: any value that is not empty counts. Leave the resource out.", p.Identifier)
		return
	}
	for _, other := range rule.Items[:n] {
		if other.ResourceType == item.ResourceType && other.Property == item.Property && (other.Resource == item.Resource || other.Resource == "" || item.Resource == "") {
			v.fault("risk", r.Identifier, at, "It is there already: one value would be both items. Name another resource, or take one away.")
			return
		}
	}
}
