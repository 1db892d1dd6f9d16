package delegation

import (
	"slices"

	"writ/server/permit"
)

// DelegationKind is a part of somebody's work that a deputy may do (requests 10.1). Only what deputies can do wholly is there.
type DelegationKind string

// The kinds.
const (
	Approvals DelegationKind = "APPROVALS" // decide on requests; permit.DeputyApprovals
)

// kindOf is what is to be known of a kind.
type kindOf struct {
	kind        DelegationKind
	permissions []string // each once per entity type
	hasRoles    bool     // it can be narrowed to roles
	byName      bool     // it is also asked of people by name, who need no right for it
}

// kinds is THE table.
var kinds = []kindOf{
	{Approvals, []string{permit.ReviewRoles}, true, true},
}

// find gives a kind; nil: there is none of that name.
func (k DelegationKind) find() *kindOf {
	i := slices.IndexFunc(kinds, func(x kindOf) bool { return x.kind == k })
	if i < 0 {
		return nil
	}
	return &kinds[i]
}
