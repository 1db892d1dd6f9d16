package request

import (
	"time"

	"writ/server/assignment"
	"writ/server/delegation"
	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/order"
	"writ/server/page"
	"writ/server/risk"
	"writ/server/rolemodel"
)

// RequestAction is what an item wants.
type RequestAction string

// The actions (requests 8).
const (
	Add    RequestAction = "ADD"    // the role is to be had
	Remove RequestAction = "REMOVE" // what a person gave is to end
	Deny   RequestAction = "DENY"   // what rules give is to be withheld
	Allow  RequestAction = "ALLOW"  // a denial is to end
	Extend RequestAction = "EXTEND" // what a person gave is to end later
)

// gives reports whether the item wants something to be had.
func (a RequestAction) gives() bool { return a == Add || a == Allow || a == Extend }

// stands reports whether what is asked for already stands against another wish for the same: a taking ends an extension that waits.
func (a RequestAction) stands(other RequestAction) bool {
	return a.gives() == other.gives() || other == Extend
}

// RequestOutcome tells how an item ended, where the state alone does not.
type RequestOutcome string

// The outcomes.
const (
	Complete         RequestOutcome = "COMPLETE"           // all of it was seen
	Partial          RequestOutcome = "PARTIAL"            // some of it was declined at the provisioning review
	AlreadySo        RequestOutcome = "ALREADY_SO"         // it came to be so otherwise
	RefusedAtReview  RequestOutcome = "REFUSED_AT_REVIEW"  // all of it was declined at the provisioning review
	EndedBeforeStart RequestOutcome = "ENDED_BEFORE_START" // its time ended before anything was seen
)

// Request is what somebody asked for at one moment.
type Request struct {
	ID            int64
	Number        string
	State         RequestState
	RequesterName string
	Justification string
	SubmittedAt   time.Time
	ClosedAt      *time.Time
	Version       int
	Items         []*RequestItem // those that the caller may see
	History       []*RequestHistoryEntry
}

// RequestItem is one wish for one beneficiary.
type RequestItem struct {
	ID                  int64
	RequestID           int64
	RequestNumber       string
	RequesterName       string
	Justification       string
	Action              RequestAction
	Role                string // identifier
	RoleKind            rolemodel.RoleKind
	ObjectName          string
	Owner               directory.ResourceRef
	Parameters          []*RequestParameter
	RequestedStart      *time.Time
	RequestedEnd        *time.Time
	StartDate           *time.Time
	EndDate             *time.Time
	Clamps              []RequestClamp
	State               RequestState
	Level               int
	Levels              int
	Problem             *string
	Outcome             *RequestOutcome
	ClosedReason        *string
	ExpireAt            *time.Time
	SubmittedAt         time.Time
	ApprovedAt          *time.Time
	ClosedAt            *time.Time
	Version             int
	DueAt               *time.Time // of the step that waits
	IsLate              bool
	CanRemind           bool
	CanAsk              bool
	CanDelegate         bool
	CanRecall           bool
	CanReassign         bool
	CanAnswer           bool
	CanWithdrawQuestion bool
	Comments            []*RequestComment
	StepID              *int64 // the step that waits for a decision
	StepVersion         *int
	IsStuck             bool
	IsOwn               bool // the caller asked for it or gets it: somebody else has to decide
	CanDecide           bool
	CanWithdraw         bool
	DecideFor           []*delegation.DelegationParty // for whom the caller may decide as deputy, where he may not for himself
	Risks               []*risk.Risk                  // those that it raised when it was asked for, and that there are still
	Steps               []*RequestStep
	Orders              []*RequestedOrder

	roleID        int64
	isAtRisk      bool
	riskIDs       []int64
	rawParameters map[string]int64
	approve       rolemodel.CommentMode
	decline       rolemodel.CommentMode
}

// WorkflowState is the number of the workflow state of the assignment while the item is open (role-model 12.6); nil: it is not.
func (i *RequestItem) WorkflowState() *int {
	switch {
	case i.State.isWaiting():
		return new(int(i.circuit().State(i.Level)))
	case i.State == Approved && i.Action != Remove && i.Action != Allow && i.Action != Extend:
		return new(int(map[bool]evaluation.Workflow{false: evaluation.Approved, true: evaluation.ApprovedRisk}[i.isAtRisk]))
	}
	return nil
}

// circuit is what approvals it has to pass.
func (i *RequestItem) circuit() assignment.Circuit {
	return assignment.Circuit{Levels: i.Levels, AtRisk: i.isAtRisk}
}

// CommentOnApprove is whether approving takes a comment, as a word.
func (i *RequestItem) CommentOnApprove() string { return rolemodel.CommentWords[i.approve] }

// CommentOnDecline is whether declining takes a comment, as a word.
func (i *RequestItem) CommentOnDecline() string { return rolemodel.CommentWords[i.decline] }

// RequestParameter is a value that a role is asked for with.
type RequestParameter struct {
	Dimension string
	Value     directory.ResourceRef
}

// RequestClamp is what a limit made of a date.
type RequestClamp struct {
	Field     string     `json:"field"` // start, end
	Requested *time.Time `json:"requested"`
	Effective *time.Time `json:"effective"`
	Because   string     `json:"because"` // not_before_today, not_before_contract, maximum_duration, contract_end
}

// RequestedOrder is how far an order is that an item caused.
type RequestedOrder struct {
	ID         int64
	Name       string // of the resource type
	IsManual   bool
	VerifiedAt *time.Time
	state      evaluation.State
}

// State is the provisioning state of the order, by its name.
func (o *RequestedOrder) State() order.ProvisioningState { return order.NameOf(o.state) }

// RequestStep is one approval of an item.
type RequestStep struct {
	ID         int64
	ItemID     int64
	Level      int
	State      RequestStepState
	SkipReason *string
	OpenedAt   *time.Time
	DueAt      *time.Time
	IsLate     bool
	RemindAt   *time.Time
	RemindedAt *time.Time
	Reminders  int
	EscalateAt *time.Time
	Escalation int
	AnswerBy   *time.Time
	ClosedAt   *time.Time
	Version    int
	Decider    *string // display name of who decided
	DecidedFor *string // display name of the one for whom the decider acted as deputy; nil: for himself
	Comment    *string
	Candidates []string // display names of those who may decide now; of a step that waits for nobody none
	More       int      // further candidates
	isAssigned bool     // whoever supervises requests named those who are asked
	Rule       *string  // name of the approver rule that says who is asked; nil: whoever reviews the roles of the person
	Asked      []*RequestCandidate
	Handed     []*RequestHanded
	// ChangedDates is what was narrowed with the approval; nil: nothing was.
	ChangedDates *ChangedDates
}

// RequestCandidate is somebody who is or was asked about a step, or is not although a rule found him.
type RequestCandidate struct {
	Name            string
	FoundBy         string
	ExcludedBecause *string
	Since           time.Time
	Until           *time.Time
}

// RequestHanded is a place at a step that was given to somebody besides those whom the rules find.
type RequestHanded struct {
	Name   string  // of who has it
	ByName *string // of who handed it over; nil: it was escalated
	Reason string
	Since  time.Time
}

// RequestHistoryEntry is one thing that happened to a request.
type RequestHistoryEntry struct {
	At      time.Time
	Actor   string
	ItemID  *int64
	StepID  *int64
	Action  string
	From    *string
	To      *string
	Comment string
	// ForPerson is the user name of the one for whom the actor acted as deputy; nil: for himself.
	ForPerson *string
}

// The names of the lists.
type (
	RequestConnection     = page.Connection[*Request]
	RequestItemConnection = page.Connection[*RequestItem]
)
