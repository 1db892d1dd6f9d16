package rolemodel

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"writ/server/directory"
)

// The words of finders (requests 5.2): how people are found who may approve something.
const (
	FindManager            = "manager"
	FindRequesterManager   = "requesterManager"
	FindRoleOwner          = "roleOwner"
	FindResourceTypeOwner  = "resourceTypeOwner"
	FindRiskOwner          = "riskOwner"
	FindProfile            = "profile"
	FindPerson             = "person"
	FindReviewers          = "reviewers"
	FindManagerOfCandidate = "managerOfCandidate" // of those who were asked; only where a rule says who is asked besides
)

// FinderWords are the words of finders in a configuration.
var FinderWords = []string{FindManager, FindRequesterManager, FindRoleOwner, FindResourceTypeOwner, FindRiskOwner, FindProfile, FindPerson, FindReviewers, FindManagerOfCandidate}

// ApproverCombination tells whom several finders make.
type ApproverCombination int16

const (
	FirstFinder ApproverCombination = 0 // those of the first that finds somebody
	AllFinders  ApproverCombination = 1 // those of all
)

// ApproverCombinationWords are the words of combinations in a configuration, by number.
var ApproverCombinationWords = []string{"first", "all"}

// ApproverActions are what requests that a rule is about may want.
var ApproverActions = []string{"ADD", "EXTEND", "REMOVE", "DENY", "ALLOW"}

// RiskLevel is the level of the approval of a risk.
const RiskLevel = 0

// ApproverRule says who is asked for approvals of requests (requests 5.1).
type ApproverRule struct {
	bun.BaseModel              `bun:"table:approver_rule,alias:apr"`
	ID                         int64 `bun:",pk,autoincrement"`
	Identifier                 string
	DisplayName                string
	TargetCompositeRoleID      *int64 // of these six one, the others are nil
	TargetSingleRoleID         *int64
	TargetCategoryID           *int64
	TargetIncludeSubcategories bool // roles of categories below count, too
	TargetPolicyID             *int64
	TargetRiskID               *int64
	TargetEntityTypeID         *int64
	Levels                     []int    `bun:",array"`
	Actions                    []string `bun:",array"`
	Dimensions                 Criteria `bun:"type:jsonb"` // what a context of the beneficiary must be
	Parameters                 Criteria `bun:"type:jsonb"` // what the role is asked for with
	Find                       []Finder `bun:"type:jsonb"`
	Combine                    ApproverCombination
	EscalateTo                 []Finder `bun:"type:jsonb"` // who is asked besides when nobody decided in time; none: the managers of those who are asked
	MayDelegate                bool     // who is asked may hand his place over
	Deputies                   bool     // who acts for somebody may decide in his place
	DueAfterDays               *int     // nil: as the policy says; 0: never
	RemindAfterDays            *int
	EscalateAfterDays          *int
	Priority                   int // the smallest first, among rules that are equally specific
	Version                    int
}

// Finder is one way to find people who may approve.
type Finder struct {
	// Who is asked.
	Finder string `json:"finder" yaml:"finder" words:"FinderKind"`
	// How many steps up, 1 to 3; only of managers. Left out: 1.
	Level int `json:"level,omitempty" yaml:"level,omitempty" min:"0" max:"3"`
	// Identifier of the profile whose holders are asked; only of profile.
	Profile string `json:"profile,omitempty" yaml:"profile,omitempty" ref:"profile"`
	// Identifiers of dimensions that the context of the held profile must name as a current context of the beneficiary does; only of profile.
	Match []string `json:"match,omitempty" yaml:"match,omitempty"`
	// Keys of the people, resources of the entity type of the beneficiary; only of person.
	Keys []string `json:"keys,omitempty" yaml:"keys,omitempty"`
}

// Climbs reports whether it finds a manager.
func (f Finder) Climbs() bool {
	return f.Finder == FindManager || f.Finder == FindRequesterManager
}

// CombineWord is whom several finders make, as a word.
func (a *ApproverRule) CombineWord() string { return ApproverCombinationWords[a.Combine] }

// approverRules checks approver rules (requests 5.1): the declaration of the kind checks what one says by itself.
func (v *validator) approverRules() {
	const kind = "approver_rule"
	seen := map[string]bool{}
	for _, a := range v.m.ApproverRules {
		v.identifier(kind, a.Identifier, seen)
		v.criteria(kind, a.Identifier, a.Dimensions)
		v.criteria(kind, a.Identifier, a.Parameters)
		types := v.approvedTypes(a)
		v.finders(kind, a.Identifier, "find", a.Find, types)
		v.finders(kind, a.Identifier, "escalateTo", a.EscalateTo, types)
		v.neverApproved(kind, a)
	}
	for _, p := range v.m.Policies {
		v.finders("policy", p.Identifier, "fallbackApprovers", p.FallbackApprovers, slices.Collect(maps.Values(v.shape.EntityTypes)))
	}
}

// finders checks ways to find people, about people of some entity types.
func (v *validator) finders(kind, identifier, field string, list []Finder, types []*directory.EntityType) {
	for i, f := range list {
		at := fmt.Sprintf("%s[%d]", field, i)
		switch f.Finder {
		case FindManager:
			if !slices.ContainsFunc(types, func(t *directory.EntityType) bool { return t.ManagerBinding != nil }) {
				v.fault(kind, identifier, at+".finder", "Nobody has a manager: no entity type of the people it is about says where managers are found. Set managerBinding there, or find people in another way.")
			}
		case FindPerson:
			v.warn(kind, identifier, at+".keys", "It names people, and nobody is asked any more when they have left. A profile lasts longer.")
		case FindProfile:
			for n, name := range f.Match {
				if v.shape.Dimensions[name] == nil {
					v.fault(kind, identifier, fmt.Sprintf("%s.match[%d]", at, n), "There is no dimension %q. Declare it or take it off the list.", name)
				}
			}
		}
	}
}

// approvedTypes are the entity types of the people whom a rule may be about.
func (v *validator) approvedTypes(a *ApproverRule) (list []*directory.EntityType) {
	add := func(id int64) {
		if t := v.shape.EntityTypes[id]; t != nil && !slices.Contains(list, t) {
			list = append(list, t)
		}
	}
	if a.TargetEntityTypeID != nil {
		add(*a.TargetEntityTypeID)
	}
	for _, r := range v.m.Risks {
		if a.TargetRiskID != nil && r.ID == *a.TargetRiskID {
			add(r.EntityTypeID)
		}
	}
	for _, r := range v.m.Roles {
		if a.TargetCompositeRoleID != nil && *a.TargetCompositeRoleID == r.ID || a.TargetSingleRoleID != nil && *a.TargetSingleRoleID == r.ID {
			add(r.EntityTypeID)
		}
	}
	if len(list) == 0 { // of a category or a policy, with whatever roles
		for _, t := range v.shape.EntityTypes {
			add(t.ID)
		}
	}
	return list
}

// neverApproved warns of rules that no request can meet as things are; what others changed must not stop them from saving.
func (v *validator) neverApproved(kind string, a *ApproverRule) {
	var r *Role
	for _, id := range []*int64{a.TargetCompositeRoleID, a.TargetSingleRoleID} {
		if id != nil {
			r = v.roles[*id]
		}
	}
	policyID := int64(0)
	if a.TargetPolicyID != nil {
		policyID = *a.TargetPolicyID
	}
	if r != nil {
		policyID = r.PolicyID
	}
	p := v.policies[policyID]
	switch {
	case p != nil && p.IsExternal:
		v.warn(kind, a.Identifier, "target", "Another tool keeps the policy %s, so nothing of it is asked for here. Take the rule away.", p.Identifier)
	case r != nil && p != nil && !slices.Contains(a.Levels, RiskLevel):
		if n := p.OfRole(r).ApprovalWorkflowType; n > 3 {
			v.warn(kind, a.Identifier, "target", "Nobody asks for the role %s: rules alone give it.", r.Identifier)
		} else if slices.Min(a.Levels) > n {
			v.warn(kind, a.Identifier, "levels", "The role %s has %d levels of approval, so the rule is never met.", r.Identifier, n)
		}
	}
}

// managers checks where managers are found (requests 5.2).
func (v *validator) managers(t *directory.EntityType) {
	if t.ManagerBinding == nil {
		return
	}
	at := t.ID
	for _, name := range strings.Split(*t.ManagerBinding, ".") {
		p := v.shape.Property(at, name)
		if p == nil || !p.IsNavigation() || p.TargetEntityTypeID == nil {
			v.fault("entity_type", t.Identifier, "managerBinding", "%q leads nowhere: %q is no navigation. Name one, or several with dots between them, that lead to the manager.", *t.ManagerBinding, name)
			return
		}
		at = *p.TargetEntityTypeID
	}
}
