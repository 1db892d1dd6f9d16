package evaluation

import "time"

// State is a provisioning state: nine numbers and names that never change (provisioning spec 1.1). server/order/state.go moves them.
type State int16

const (
	None             State = 0 // needs no provisioning, or not due yet
	Pending          State = 1 // ready, not sent
	Transmitted      State = 2 // handed over, no answer yet (manual: a ticket is open)
	Errored          State = 3 // the system or the operator reported an error
	Verified         State = 4 // synchronized data shows the expected value
	AwaitingApproval State = 5 // held until reviewed
	Inactive         State = 6 // serves no purpose any more: past, declined
	Error            State = 7 // a rule or expression failed
	Executed         State = 8 // answered OK, not seen in synchronized data yet
)

// Workflow is a workflow state: how an assignment came to be and whether somebody still has to decide (role-model 12.6; the numbers never
// change). server/assignment/state.go moves them.
type Workflow int16

const (
	WorkflowNone             Workflow = 0
	NonConforming            Workflow = 1   // seen in a managed system, and neither a rule nor a person wants it
	RequestMissingParameters Workflow = 2   // requested without a required parameter
	PreExisting              Workflow = 3   // as NonConforming, found by the initial run
	Requested                Workflow = 4   // submitted, not processed yet
	RuleMissingParameters    Workflow = 5   // a rule gives it, and a required parameter is missing
	PendingApproval          Workflow = 8   // one approval
	PendingApproval1Of2      Workflow = 9   // two approvals
	PendingApproval2Of2      Workflow = 10  //
	PendingApproval1Of3      Workflow = 11  // three approvals
	PendingApproval2Of3      Workflow = 12  //
	PendingApproval3Of3      Workflow = 13  //
	Approved                 Workflow = 16  // a person gave it
	Declined                 Workflow = 17  // a person refused it
	Calculated               Workflow = 18  // a rule gives it
	Ended                    Workflow = 19  // "Inactive": its end is reached; never shown
	Cancellation             Workflow = 20  // found and refused: to be removed
	Suggested                Workflow = 21  // by a rule; baskets only, never stored
	SuggestedAutomatic       Workflow = 22  // by a rule that requests for new people; baskets only
	RequestedAutomatic       Workflow = 23  // the same, for a new person; baskets only
	Questioned               Workflow = 24  // a kept value whose source has changed
	PendingApprovalRisk      Workflow = 25  // requested, and a risk asks for an approval of its own
	Blocked                  Workflow = 26  // a rule would give it, and a risk forbids
	Prolonged                Workflow = 27  // lost, and in its grace period
	ApprovedRisk             Workflow = 116 // approved in spite of a risk
	GivenByRole              Workflow = 118 // a resource type that comes with a role
)

// OrderKind is what an order does to the target (spec 2.1).
type OrderKind string

const (
	Create    OrderKind = "CREATE"
	Associate OrderKind = "ASSOCIATE"
	Update    OrderKind = "UPDATE"
	Delete    OrderKind = "DELETE"
)

// LineAction is what one line does.
type LineAction string

const (
	LineCreate    LineAction = "CREATE"    // property empty: the target itself
	LineAssociate LineAction = "ASSOCIATE" // property empty
	LineDelete    LineAction = "DELETE"    // property empty
	LineSet       LineAction = "SET"       // a scalar, or a mono-valued navigation (ValueID set)
	LineAdd       LineAction = "ADD"       // one value of a collection
	LineRemove    LineAction = "REMOVE"
)

// WaitReason is why an order or a line does not move. Who generates and sends has reasons, too.
type WaitReason string

// The reasons to wait. No reason is "none" in the database.
const (
	WaitNotDue            WaitReason = "not_due"
	WaitDependency        WaitReason = "dependency"
	WaitTargetKey         WaitReason = "target_key"
	WaitHeir              WaitReason = "heir" // it is not known yet whether somebody takes the account over
	WaitKey               WaitReason = "key"  // the line that designates what is created may not be sent
	WaitOutage            WaitReason = "outage"
	WaitOwnerProperty     WaitReason = "owner_property"
	WaitConnectorInactive WaitReason = "connector_inactive"
	WaitNoConnection      WaitReason = "no_connection"
	WaitNoCreation        WaitReason = "creation_not_allowed"
	WaitMissing           WaitReason = "missing_in_target" // a value seen in the target once is gone from it (role-model 12.7)
	WaitAmbiguousOwner    WaitReason = "ambiguous_owner"   // somebody else has as good a claim to the target (role-model 5.3)
	WaitItemError         WaitReason = "item_error"
	WaitThreshold         WaitReason = "threshold"
	WaitReading           WaitReason = "reading" // withdrawn before it was seen: the next reading of its system tells whether it is there
	WaitAgentOffline      WaitReason = "agent_offline"
)

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

// Span is a computed value over [From, To): nil bounds are infinite. Exactly one of Value and ID counts, by the property.
type Span struct {
	From       *time.Time `json:"from,omitempty"`
	To         *time.Time `json:"to,omitempty"`
	Value      string     `json:"value,omitempty"`      // scalar; or the label of the pointed resource
	ID         int64      `json:"id,omitempty"`         // pointed resource
	Rules      []int64    `json:"rules,omitempty"`      // resource_type_rule ids behind it
	Error      string     `json:"error,omitempty"`      // the rule failed: state 7
	Confidence int        `json:"confidence,omitempty"` // query rule below 100: reviewed
	CreateOnly bool       `json:"createOnly,omitempty"` // isMapped=false
	Comparison int16      `json:"comparison,omitempty"`
	// InForce: the value the target had to have when this was computed. It is what "the value at last save" (role-model 12.7) is read
	// from: comparing it with the next computation tells a change of the source from a change of the target.
	InForce bool `json:"inForce,omitempty"`
}

// Expected is what one target must look like over time: property identifier -> spans. A mono-valued property has spans that do not
// overlap; a collection has one span per value and period. Stored in assigned_resource_type.expected.
type Expected struct {
	Properties map[string][]Span `json:"properties,omitempty"`
	TypeRules  []int64           `json:"typeRules,omitempty"` // rules that give the type itself
	Roles      []int64           `json:"roles,omitempty"`     // role ids that induce it
	// Ours: values that are not wanted any more and were wanted once, by property, oldest first, until the target shows them gone (own.go).
	// They stay while the whole target is unwanted, too: whatever comes back then still knows them.
	Ours map[string][]Own `json:"ours,omitempty"`
	// Begun: the target was in use once, so that an interval that lies ahead is a return and no early start.
	Begun bool `json:"begun,omitempty"`
}

// AssignedRole is a current row of assigned_role, existing or wanted.
type AssignedRole struct {
	ID           int64 // 0: new
	RoleID       int64
	Workflow     Workflow
	Origin       string // RULE INFERRED MANUAL FOUND GRACE
	IsDenied     bool
	Start, End   *time.Time
	InferredByID int64 // role id of the composite it comes through; 0 = none
	RuleIDs      []int64
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

// Candidate is a target that one rule's key finds for an owner, and that nobody who lives has. RuleID 0: the key is the CreatedKey that an
// operator or a connector reported for an order of this owner (provisioning 4.3); it counts as sure.
type Candidate struct {
	TargetID int64
	RuleID   int64
	Owners   int // how many living owners have the same key under a rule of the same confidence: >1 is ambiguous
	// IsLeaving: its removal is on its way or was decided by a person: it cannot be had. It is listed so that its owner-to-be is looked at again.
	IsLeaving bool
	Former    *Former // nil: nobody has or had it
}

// Former is what is left of an owner who is gone, or of nobody's row whose removal has not begun: it ends when somebody living takes the
// target over. What this server wrote for the former owner stays its own work: a difference to it is a change of the source, not a foreign one.
type Former struct {
	ResourceTypeID int64
	Expected       Expected // as of the last evaluation of the former owner
}

// Owner is one source resource with everything needed to compute it.
type Owner struct {
	Resource     *Resource
	Roles        []*AssignedRole
	Types        []*ExistingType
	Candidates   []Candidate
	Lookups      map[Key][]int64 // key of a QUERY rule -> resources found by it, sorted by id
	Denied       map[int64]bool  // target ids whose association was denied
	Fingerprint  []byte          // of the last evaluation; nil: never
	ModelVersion int64
	NextAt       *time.Time
}

// Batch is what one call computes. Resources holds every resource a binding can reach from the owners, and all their targets.
type Batch struct {
	Now       time.Time
	Initial   bool // first complete run of the entity type: differences are Pre-existing, not Non-conforming
	BlockAll  bool // blockProvisioning / blockAllResourceTypeProvisioning (spec 2.3)
	NoReview  bool // "compute role model, no provisioning review" (spec 3.1)
	Force     bool // compute even when the fingerprint is unchanged
	Explain   bool // keep the reasons
	Owners    []*Owner
	Resources map[int64]*Resource
	// SyncedAt tells, per target entity type, when the newest applied synchronization of it began; absent: never.
	SyncedAt map[int64]time.Time
	// Taken are values that somebody else has, of those that an earlier call claimed: the owner gets the next spelling.
	Taken map[Claim]bool
}

// Claim is a value for which a rule has several spellings (iteration), and which an owner would get although nothing shows that it is his
// already. Whoever saves the result asks first whether somebody else has it.
type Claim struct {
	OwnerID      int64
	EntityTypeID int64 // of the target
	Property     string
	Value        string
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

// Context is a set of dimension values valid over an interval (role-model 4.2).
type Context struct {
	RuleID     int64
	RecordID   int64 // what it is named after; 0: no record says anything
	Start, End *time.Time
	Dimensions map[string]int64 // dimension identifier -> resource id
	Sections   []ContextSection // in the order of the sections; none: the rule has no sections
}

// ContextSection is what stands behind one record section of a context (role-model 4.5).
type ContextSection struct {
	SectionID int64  `json:"section"`
	Key       string `json:"key,omitempty"`    // of the instance, when the section tells instances apart by a key
	RecordID  int64  `json:"record,omitempty"` // that says it; of a gap: the first that lends to it; 0: none
	IsGap     bool   `json:"gap,omitempty"`    // nothing is in force there
}

// Result is what one owner's evaluation gives. Unchanged: the fingerprint matched, nothing else is set.
type Result struct {
	OwnerID     int64
	Unchanged   bool
	Fingerprint []byte
	NextAt      *time.Time // earliest future instant at which the result changes by itself
	Contexts    []Context  // by rule, the best ranked first
	Roles       []RoleDelta
	Types       []TypeDelta
	Facts       []int64 // resources read, without the owner itself, sorted
	Claims      []Claim // values of which another spelling is to be tried when they are taken
	SourceKeys  []Key   // correlation keys of the owner, to store with side S
	Err         error   // this owner could not be computed at all; the others are not concerned
	Trace       *Trace  // with Explain
}

// RoleDelta is a new, changed or closed role row. A closed one says when the role was held, as far as that is known now; a new one that is
// closed was never open: a time that was taken for one with another.
type RoleDelta struct {
	Row   AssignedRole
	Close bool
}

// Key is one side of a correlation or query rule.
type Key struct {
	RuleID int64
	Value  string
	Fault  string // why there is no value although there is something to compare: a sentence with value, resource and rule
}
