package rolemodel

import "github.com/uptrace/bun"

// MiningRule says which single roles mining explains by rules, and how well (role-model 8.2).
type MiningRule struct {
	bun.BaseModel              `bun:"table:mining_rule,alias:mr"`
	ID                         int64 `bun:",pk,autoincrement"`
	Identifier                 string
	DisplayName                string
	PolicyID                   int64 // of the roles it looks at
	RulePolicyID               int64 // of the rules that it proposes
	EntityTypeID               int64
	CategoryID                 *int64 // of the roles; nil: any
	IncludeNoValidation        bool
	IncludeSimpleValidation    bool
	IncludeDoubleValidation    bool
	IncludeTripleValidation    bool
	ExcludeRole                bool // its roles are left to no rule after it
	RuleType                   RuleType
	PrecisionMinPercentage     float64 // from 0 to 100
	FalsePositiveMaxPercentage float64 // from 0 to 100
	Priority                   int     // the highest first
	Version                    int
}

// Covers reports whether a single role is in its scope. A role that cannot be requested needs no approval.
func (m *MiningRule) Covers(r *Role) bool {
	included := []bool{m.IncludeNoValidation, m.IncludeSimpleValidation, m.IncludeDoubleValidation, m.IncludeTripleValidation, m.IncludeNoValidation}
	return r.Kind == Single && r.PolicyID == m.PolicyID && r.EntityTypeID == m.EntityTypeID && included[r.ApprovalWorkflowType] &&
		(m.CategoryID == nil || r.CategoryID != nil && *r.CategoryID == *m.CategoryID)
}
