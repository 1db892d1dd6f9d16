package evaluation

// Resource is a directory resource as evaluation sees it. Read only.
type Resource struct {
	ID           int64
	EntityTypeID int64
	Key          string
	DisplayName  string
	Scalars      map[string]string   // by property identifier; absent = null
	Links        map[string][]int64  // by navigation identifier, forward and reverse, ids sorted
	Dangling     map[string][]string // by navigation identifier, texts that point to nothing, sorted; only of targets in which one may be our own
	Gone         bool                // vanished from its system
}

// Key is one side of a correlation or query rule.
type Key struct {
	RuleID int64
	Value  string
	Fault  string // why there is no value although there is something to compare: a sentence with value, resource and rule
}
