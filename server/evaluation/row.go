package evaluation

import (
	"slices"
	"time"

	"writ/server/evaluation/interval"
)

// ExistingType is a current row of assigned_resource_type with all that hangs on it.
type ExistingType struct {
	ID             int64
	ResourceTypeID int64
	TargetID       int64 // 0: none
	Workflow       Workflow
	IsExpected     bool
	IsDenied       bool
	IsFrozen       bool
	Start, End     *time.Time
	Confidence     int
	Expected       Expected // as of the last evaluation
	Followed       bool     // Expected is not what is stored: it followed names that passed on
	Passed         []int64  // notes of those, for whoever saves the row
	CreatedKey     string
	WasVerified    bool // the target was seen at least once while expected
	Error          string
	Order          *ExistingOrder
	Gaps           []*Gap
	Kept           []*Kept
}

// ExistingOrder is the open order of an assigned resource type.
type ExistingOrder struct {
	ID       int64
	Kind     OrderKind
	State    State
	TargetID int64
	// IsTargetTaken: somebody else who lives has the target that an association proposes.
	IsTargetTaken bool
	Attempt       int
	IsManual      bool
	InFlight      bool // claimed by a worker that has not answered: must not be changed now
	ExecutedAt    *time.Time
	ReviewedAt    *time.Time
	// UnverifiedCount: later synchronizations that still showed the old value were already counted (X3).
	UnverifiedCount int
	IsSuperseded    bool // marked: look again after the answer
	Lines           []*ExistingLine
}

// ExistingLine is an open order line.
type ExistingLine struct {
	ID             int64
	Property       string
	Action         LineAction
	ValueID        int64
	Current        string
	Proposed       string
	State          State
	Previous       State
	Workflow       Workflow
	ReviewRequired bool
	IsSent         bool
	Start, End     *time.Time
	WaitReason     string
	Error          string
	ErrorClass     string // of an errored line: the outcome
}

// Gap is a difference nobody asked for (spec 1.6).
type Gap struct {
	ID       int64
	Property string // empty: the whole account is unauthorized
	ValueID  int64
	Workflow Workflow // 1 or 3; 24: under a kept value
	Current  string
	Proposed string
	// IsPostponed: somebody put it off. It shows what is so, and nothing else happens to it until it is taken up again or gone.
	IsPostponed bool
	Roles       []int64 // found roles that explain it, by id: deciding about one decides about the other
}

// Same reports whether two differences say the same.
func (g *Gap) Same(h *Gap) bool {
	return g.ID == h.ID && g.Property == h.Property && g.ValueID == h.ValueID && g.Workflow == h.Workflow && g.Current == h.Current && g.Proposed == h.Proposed &&
		g.IsPostponed == h.IsPostponed && slices.Equal(g.Roles, h.Roles)
}

// Kept is a value a person decided to keep (16, 24), declined (17), or gave up for what was computed then (18).
type Kept struct {
	ID          int64
	Property    string
	ValueID     int64
	Workflow    Workflow
	Value       string // the value kept
	KeptAgainst string // what was computed when it was kept or declined
}

// Begun: the target of the row was in use once.
func (x *ExistingType) Begun(now int64) bool {
	return x.Expected.Begun || x.IsExpected && (x.TargetID != 0 || x.WasVerified) && interval.StartOf(x.Start) <= now
}

// Made: the row's target may appear, or appeared, because a creation was sent for it.
func (x *ExistingType) Made() bool { return len(x.Expected.Ours[TheTarget]) > 0 }

// SuggestedOnly reports whether the link of a row is only a guess that nobody confirmed.
func (x *ExistingType) SuggestedOnly() bool {
	return x.Workflow.Found() && x.Confidence > 0 && x.Confidence < 100 && !x.IsFrozen
}

// Associated reports whether a reviewer confirmed the association that the row's order proposes.
func (x *ExistingType) Associated() bool {
	if x.Order == nil || x.Order.Kind != Associate || x.Order.TargetID == 0 || x.TargetID != 0 {
		return false
	}
	for _, l := range x.Order.Lines {
		if l.Action == LineAssociate {
			return l.State == Pending || l.State == Transmitted || l.State == Executed
		}
	}
	return false
}

// Sent reports whether something of the row's order may have reached the system.
func (x *ExistingType) Sent() bool {
	if x.Order == nil {
		return false
	}
	if x.Order.InFlight {
		return true
	}
	for _, l := range x.Order.Lines {
		if l.State == Transmitted || l.State == Executed || l.IsSent {
			return true
		}
	}
	return false
}

// UnderWay reports whether the row's order may still bring a target: what was only done to one that is gone since does not, nor what failed, as
// it begins again only when something changes, or a person says so, and then a guess may be what was looked for.
func (x *ExistingType) UnderWay() bool {
	return x.Order != nil && (x.Order.InFlight || slices.ContainsFunc(x.Order.Lines, func(l *ExistingLine) bool {
		return l.State == Transmitted || (l.Action == LineCreate || l.Action == LineAssociate) && (l.State == Executed || l.IsSent && l.State != Errored)
	}))
}

// Creating reports whether a creation is out; of no order there is none.
func (o *ExistingOrder) Creating() bool {
	return o != nil && slices.ContainsFunc(o.Lines, func(l *ExistingLine) bool { return l.Action == LineCreate && o.IsOut(l) })
}

// IsOut reports whether the target may show what a line of the order brings although no data shows it yet.
func (o *ExistingOrder) IsOut(x *ExistingLine) bool {
	switch x.State {
	case Error:
		return false // what was sent before the rule failed is among what was wanted before
	case Transmitted, Executed:
		return true
	default:
		return x.IsSent || o.InFlight && x.State == Pending
	}
}
