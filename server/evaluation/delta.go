package evaluation

import "time"

// TypeDelta is the new content of one assigned resource type. Only what differs is returned.
type TypeDelta struct {
	Existing       *ExistingType // nil: a new row
	ResourceTypeID int64
	TargetID       int64
	Workflow       Workflow
	IsExpected     bool
	Start, End     *time.Time
	Confidence     int
	Expected       Expected
	CloseRow       bool // the row is historized
	RowChanged     bool // the row's own columns differ
	Error          string
	Order          *OrderDelta
	Gaps           []GapDelta
	Kept           []KeptDelta
}

// OrderDelta is what has to happen to the order of an assigned resource type. nil in TypeDelta: nothing.
type OrderDelta struct {
	OrderID   int64     // 0: open one
	Kind      OrderKind // of the order afterwards
	TargetID  int64
	Withdraw  bool // close without effect: no longer expected and nothing to undo (A7, P11, R7), or ticket withdrawn (T6, T7)
	Supersede bool // in flight or transmitted by software: keep, mark, look again after the answer (T6)
	Close     bool // every line ends: verified, gone, expired
	DueAt     *time.Time
	Lines     []LineDelta
}

// LineDelta is a move or change of one line.
type LineDelta struct {
	LineID         int64 // 0: a new line
	Property       string
	Action         LineAction
	ValueID        int64
	Current        string
	Proposed       string
	To             State  // the state the line has afterwards (spec 1.4 says whether it may)
	Verb           string // action of the transition: compute, review, verify, expire, fail, withdraw, refresh, hold
	Workflow       Workflow
	ReviewRequired bool
	IsMapped       bool
	RuleIDs        []int64
	Confidence     int
	Start, End     *time.Time
	WaitReason     string // none, not_due, creation_not_allowed, no_connection, ...
	Error          string
	Close          bool // the line ends with this move (verified, withdrawn, expired)
	Unverified     bool // X3: a later synchronization still shows the old value
}

// GapDelta opens (ID 0), refreshes or closes a gap.
type GapDelta struct {
	Gap
	Close bool
}

// KeptDelta changes the workflow state of a kept value or ends it.
type KeptDelta struct {
	ID       int64
	Workflow Workflow
	Close    bool
}

// RoleDelta is a new, changed or closed role row. A closed one says when the role was held, as far as that is known now; a new one that is
// closed was never open: a time that was taken for one with another.
type RoleDelta struct {
	Row   AssignedRole
	Close bool
}
