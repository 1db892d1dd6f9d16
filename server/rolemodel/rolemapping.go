package rolemodel

import "github.com/uptrace/bun"

// RoleMapping makes single roles of entitlements by a naming convention (role-model 3.3). What it made stays, whatever becomes of it.
type RoleMapping struct {
	bun.BaseModel                 `bun:"table:role_mapping,alias:rm"`
	ID                            int64 `bun:",pk,autoincrement"`
	Identifier                    string
	DisplayName                   string
	PolicyID                      int64 // of the navigation rules it makes
	ResourceTypeID                int64
	PropertyID                    int64        // navigation of the targets, whose values become roles
	Rules                         []NamingRule `bun:"type:jsonb"`
	WhereExpression               *string
	IdentifierBinding             *string
	IdentifierExpression          *string
	DisplayNameBinding            *string
	DisplayNameExpression         *string
	CategoryIdentifierBinding     *string
	CategoryIdentifierExpression  *string
	CategoryDisplayNameBinding    *string
	CategoryDisplayNameExpression *string
	ParentCategoryBinding         *string
	ParentCategoryExpression      *string
	CategoryID                    *int64 // when none is computed
	RolePolicyID                  int64  // of the roles it makes
	ApprovalWorkflowType          int16
	HideOnSimplifiedView          bool
	Version                       int
}

// NamingRule holds for a resource when every item does.
type NamingRule struct {
	// What must hold, all of it.
	Items []NamingItem `json:"items" yaml:"items"`
}

// NamingItem holds for a resource whose property has the value.
type NamingItem struct {
	// Identifier of a scalar property of the resources that become roles.
	Property string `json:"property" yaml:"property"`
	// What it must equal; empty: it has no value.
	Value string `json:"value" yaml:"value"`
}
