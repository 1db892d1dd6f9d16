package rolemodel

import (
	"maps"
	"slices"

	"github.com/uptrace/bun"
)

// Criterion is one dimension criterion of a rule: Dx = Key, with descendants when Inherit (role-model 1.6).
type Criterion struct {
	// Key of the value, a resource of the entity type of the dimension.
	Key string `json:"key" yaml:"key"`
	// What is below the value counts, too; hierarchical dimensions only. Default: false.
	Inherit bool `json:"inherit,omitempty" yaml:"inherit,omitempty"`
}

// Criteria are the dimension criteria of a rule by dimension identifier, combined with AND.
type Criteria map[string]Criterion

// NamedCriterion is one of them with its dimension, as lists have it.
type NamedCriterion struct {
	Dimension string `json:"dimension"` // identifier
	Key       string `json:"key"`
	Inherit   bool   `json:"inherit"` // what is below counts, too
}

// Named lists criteria by dimension.
func (c Criteria) Named() []*NamedCriterion {
	out := make([]*NamedCriterion, 0, len(c))
	for _, name := range slices.Sorted(maps.Keys(c)) {
		out = append(out, &NamedCriterion{name, c[name].Key, c[name].Inherit})
	}
	return out
}

// Policy is a named subset of the role model for one population (role-model 2.2).
type Policy struct {
	bun.BaseModel         `bun:"table:policy,alias:p"`
	ID                    int64 `bun:",pk,autoincrement"`
	Identifier            string
	DisplayName           string
	IsProvisioningEnabled bool
	IsSimulationEnabled   bool
	IsExternal            bool     // another tool keeps its content: computations neither add, change nor remove assignments of its roles
	Dimensions            Criteria `bun:"type:jsonb"`
	PolicySettings
	PolicyRequests
	Version int
}

// PolicyRequests is how requests for what belongs to a policy wait, and whom they need (requests 2.5, 9.4).
type PolicyRequests struct {
	DueAfterDays            int // of an approval whose turn it is, until it is late; 0: never
	RemindAfterDays         int // until those who are asked are reminded; 0: never
	EscalateAfterDays       int // until others are asked besides; 0: never
	ExpireAfterDays         int // of what was asked for, until it expires; 0: never
	GiveBackWithoutApproval bool
	ImplicitApprovalForSelf bool     // implicit approval holds for what somebody asks for himself, too
	FallbackApprovers       []Finder `bun:"type:jsonb"` // who is asked when nobody else is found
}

// Category organises the catalogue (role-model 2.3).
type Category struct {
	bun.BaseModel `bun:"table:category,alias:c"`
	ID            int64 `bun:",pk,autoincrement"`
	Identifier    string
	DisplayName   string
	Description   string
	PolicyID      int64
	ParentID      *int64
	IsCollapsed   bool // folded when a list opens
	Version       int
}

// RoleKind tells single from composite roles.
type RoleKind string

const (
	Single    RoleKind = "SINGLE"
	Composite RoleKind = "COMPOSITE"
)

// Role is a single or composite role (role-model 2.4).
type Role struct {
	bun.BaseModel        `bun:"table:role,alias:r"`
	ID                   int64 `bun:",pk,autoincrement"`
	Kind                 RoleKind
	Identifier           string
	DisplayName          string
	Description          string
	PolicyID             int64
	EntityTypeID         int64
	CategoryID           *int64
	SecondaryCategoryIDs []int64 `bun:"secondary_category_ids,array"` // show it, too; approvals go by CategoryID only
	HideOnSimplifiedView bool
	Tags                 []string `bun:",array"`
	OwnerEntityTypeID    *int64   // of the resource that answers for the role; with OwnerKey, or both nil
	OwnerKey             *string
	State                RoleMade
	RequiredParameters   []string          `bun:",array"`     // dimensions that every assignment needs a value of (3.4)
	ImposedDimensions    map[string]string `bun:"type:jsonb"` // the key of the value that holders have, by dimension; single roles only
	SharedSettings
	RoleSettings
	Version int
}

// StateWord is how the role was made, as a word.
func (r *Role) StateWord() string { return RoleMadeWords[r.State] }

// RoleMade tells how a role came to be.
type RoleMade int16

const (
	ManualRole    RoleMade = 0 // made by hand
	GeneratedRole RoleMade = 1 // made by a role mapping
)

// RoleMadeWords are the words of role states in a configuration, by number.
var RoleMadeWords = []string{"manual", "generated"}

// RuleType is how strongly a rule gives (role-model 2.1).
type RuleType int16

const (
	Required               RuleType = 0
	RequestedAutomatically RuleType = 1
	Suggested              RuleType = 2
)

// RuleTypeWords are the words of rule types in a configuration, by number.
var RuleTypeWords = []string{"required", "requestedAutomatically", "suggested"}

// RoleRule gives a role (role-model 3.1). For a composite role CompositeRoleID is the parentRole criterion.
type RoleRule struct {
	bun.BaseModel   `bun:"table:role_rule,alias:rr"`
	ID              int64 `bun:",pk,autoincrement"`
	Identifier      string
	PolicyID        int64
	RoleID          int64
	CompositeRoleID *int64
	Dimensions      Criteria `bun:"type:jsonb"`
	IsDenied        bool
	Priority        int
	Type            RuleType
	Version         int
}

// Strength is the type of the rule as a word.
func (r *RoleRule) Strength() string { return RuleTypeWords[r.Type] }

// ResourceType is a class of target resources owned by a kind of source (role-model 2.5).
type ResourceType struct {
	bun.BaseModel        `bun:"table:resource_type,alias:rt"`
	ID                   int64 `bun:",pk,autoincrement"`
	Identifier           string
	DisplayName          string
	Description          string
	PolicyID             int64
	SourceEntityTypeID   int64
	TargetEntityTypeID   int64
	CategoryID           *int64
	ConnectionID         *int64
	HideOnSimplifiedView bool
	Tags                 []string `bun:",array"`
	RequiredParameters   []string `bun:",array"` // dimensions that a request for it has to say
	OwnerEntityTypeID    *int64   // as of a role
	OwnerKey             *string
	SharedSettings
	AllowAdd                       bool
	AllowRemove                    bool
	RemoveOrphans                  bool
	BlockProvisioning              bool
	AllowOwnDecisions              bool // people may decide on orders about themselves
	DiscardManualAssignments       bool
	CorrelateMultipleResources     bool
	SuggestAllCorrelations         bool
	DependsOnID                    *int64
	DependsOnOwnerProperty         *string
	ArgumentsExpression            *string
	FulfillHoursAheadOfTime        int
	TransmittedStateValidityPeriod int // minutes, 0 = off
	AutoRetryCount                 int
	AutoRetryDelayMinutes          int
	MaximumInsert                  int
	MaximumUpdate                  int
	MaximumDelete                  int
	MaximumInsertPercent           int
	MaximumUpdatePercent           int
	MaximumDeletePercent           int
	TicketSynchroIsNotAvailable    bool
	Version                        int
}

// OffsetReference is what a rule's offsets count from (role-model 2.9).
type OffsetReference int16

const (
	OffsetDefault OffsetReference = 0
	OffsetAround  OffsetReference = 1
	OffsetBefore  OffsetReference = 2
	OffsetAfter   OffsetReference = 3
)

// OffsetReferenceWords are the words of offset references in a configuration, by number.
var OffsetReferenceWords = []string{"default", "around", "before", "after"}

// ResourceTypeRule is any rule of a resource type; which fields count depends on Kind (role-model 2.6-2.8, 5.2).
type ResourceTypeRule struct {
	bun.BaseModel    `bun:"table:resource_type_rule,alias:rtr"`
	ID               int64 `bun:",pk,autoincrement"`
	Identifier       string
	Kind             RuleKind
	PolicyID         int64
	ResourceTypeID   int64
	PropertyID       *int64
	SingleRoleID     *int64
	Dimensions       Criteria `bun:"type:jsonb"`
	IsDenied         bool
	Type             RuleType
	ValueKey         *string
	SourceBinding    *string
	SourceExpression *string
	TargetBinding    *string
	TargetExpression *string
	ComparisonType   int16
	IsMapped         bool
	Confidence       int
	OffsetReference  OffsetReference
	OffsetBefore     int // minutes
	OffsetAfter      int // minutes
	Version          int
}

// Reference is what the offsets count from, as a word.
func (r *ResourceTypeRule) Reference() string { return OffsetReferenceWords[r.OffsetReference] }

// ComputedProperty is a property of a resource type that rules compute or computed once: what they brought is taken away when they are gone.
type ComputedProperty struct {
	bun.BaseModel  `bun:"table:computed_property,alias:cp"`
	ResourceTypeID int64
	PropertyID     int64
}

// ContextRule turns the records of an identity into contexts (role-model 4.3): one at a time (4.4), or with record sections as many as there are (4.5).
type ContextRule struct {
	bun.BaseModel         `bun:"table:context_rule,alias:cr"`
	ID                    int64 `bun:",pk,autoincrement"`
	Identifier            string
	DisplayName           string
	PolicyID              int64
	EntityTypeID          int64
	ResourcesBinding      *string
	ResourcesStartBinding *string
	ResourcesEndBinding   *string
	ExcludeExpression     *string
	Dimensions            map[string]string `bun:"type:jsonb"`
	// What mining asks of its proposals (role-model 8.2).
	MinIdentitiesCount         int
	ReductionOutlierPercentage float64
	RiskFactorType             RiskFactor // how risks of people make their score
	Version                    int
}

// ContextRuleOf is the context rule that counts for the rules of a policy: the policy's own, else that of the policy Default, else the only one
// there is; nil without any. Of policies that are switched off none counts (role-model 4.3).
func (m *Model) ContextRuleOf(entityTypeID, policyID int64) *ContextRule {
	on := map[int64]*Policy{}
	for _, p := range m.Policies {
		if p.IsProvisioningEnabled {
			on[p.ID] = p
		}
	}
	var own, standard, only *ContextRule
	count := 0
	for _, r := range m.ContextRules {
		p := on[r.PolicyID]
		if r.EntityTypeID != entityTypeID || p == nil {
			continue
		}
		only, count = r, count+1
		if r.PolicyID == policyID {
			own = r
		}
		if standard == nil && p.Identifier == "Default" {
			standard = r
		}
	}
	switch {
	case own != nil:
		return own
	case standard != nil:
		return standard
	case count == 1:
		return only
	default:
		return nil
	}
}
