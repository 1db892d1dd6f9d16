package order

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/page"
	"writ/server/rolemodel"
)

// Order is the change wanted for one assigned resource type, from the moment it is computed until it is Verified, Inactive or withdrawn.
// It is the GraphQL type too: columns and joined names are fields, what is computed is a method.
type Order struct {
	bun.BaseModel          `bun:"table:provisioning_order,alias:o"`
	ID                     int64 `bun:",pk,autoincrement"`
	AssignedResourceTypeID int64
	Kind                   OrderKind
	Code                   State   `bun:"state"` // roll-up of the lines
	States                 []int16 `bun:",array"`
	ResourceTypeID         int64
	OwnerID                *int64
	SourceEntityTypeID     int64
	TargetID               *int64
	ConnectorID            *int64
	ConnectionID           *int64
	IsManual               bool
	Wait                   string `bun:"wait_reason"`
	DueAt                  *time.Time
	GeneratedAt            *time.Time
	GenerationID           *int64
	JobInstanceID          *int64
	Attempt                int
	NotBefore              *time.Time
	TransmittedAt          *time.Time
	ExecutedAt             *time.Time
	VerifiedAt             *time.Time
	ErroredAt              *time.Time
	ErrorClass             *string
	ErrorMessage           *string
	ErrorHint              *string
	ErrorCount             int
	UnverifiedCount        int
	CreatedKey             *string
	AnswerOutcome          *string
	AnswerMessage          *string
	AnswerHint             *string
	AnsweredAt             *time.Time
	Assignee               *string
	ReviewedBy             *string
	ReviewedAt             *time.Time
	ReviewComment          *string
	PostponedAt            *time.Time
	Version                int
	CreatedAt              time.Time
	UpdatedAt              time.Time
	ClosedAt               *time.Time
	IsWithdrawn            bool
	HasTicket              bool `bun:",scanonly"`
	NeedsReview            bool `bun:",scanonly"`

	// joined
	OwnerDisplayName        string `bun:",scanonly"`
	OwnerKey                string `bun:",scanonly"`
	TargetDisplayName       string `bun:",scanonly"`
	TargetKey               string `bun:",scanonly"`
	OwnerSearch             string `bun:",scanonly" json:"-"` // what search looks at, of owner and target
	TargetSearch            string `bun:",scanonly" json:"-"`
	ResourceTypeIdentifier  string `bun:",scanonly"`
	ResourceTypeDisplayName string `bun:",scanonly"`
	SourceEntityType        string `bun:",scanonly"`
	ConnectorIdentifier     string `bun:",scanonly"`
	ConnectorDisplayName    string `bun:",scanonly"`

	targetTypeID int64 // entity type of its targets

	// brought by List, Get and ByIDs when the selection asks for it
	owner, target *directory.Resource
	resourceType  *rolemodel.ResourceType
	lines         []*OrderLine
	history       []*OrderHistoryEntry
	attempts      []*OrderAttempt
	payload       json.RawMessage
	isOwn         bool

	waitsFor []*OrderObstacle // always brought for what is pending
	outage   *time.Time       // when its system is asked again, while it counts as away
}

// State is the roll-up of the lines by its name.
func (o *Order) State() ProvisioningState { return NameOf(o.Code) }

// StateCode is the roll-up as a number, 0..8.
func (o *Order) StateCode() int { return int(o.Code) }

// Owner is the resource it is for; nil: an orphan target, or not brought (Selection.Owner).
func (o *Order) Owner() *directory.Resource { return o.owner }

// Target is the resource in the managed system; nil: to be created, or not brought (Selection.Target).
func (o *Order) Target() *directory.Resource { return o.target }

// ResourceType is brought with Selection.ResourceType.
func (o *Order) ResourceType() *rolemodel.ResourceType { return o.resourceType }

// Payload is the document of the last attempt (spec 2.2); nil: never sent, or not brought (Selection.Payload).
func (o *Order) Payload() json.RawMessage { return o.payload }

// IsOwn reports whether the order is about the caller and so for somebody else to decide; brought with Selection.Own.
func (o *Order) IsOwn() bool { return o.isOwn }

// BroughtLines gives the lines the list brought; nil when it did not (then LinesOf).
func (o *Order) BroughtLines() []*OrderLine { return o.lines }

// BroughtHistory gives the history the list brought; nil when it did not (then HistoryOf).
func (o *Order) BroughtHistory() []*OrderHistoryEntry { return o.history }

// BroughtAttempts gives the attempts the list brought; nil when it did not (then AttemptsOf).
func (o *Order) BroughtAttempts() []*OrderAttempt { return o.attempts }

// WaitReason tells why the order waits; nil: it does not.
func (o *Order) WaitReason() *string {
	switch {
	case o.Wait != "none":
		return optional(o.Wait)
	case len(o.waitsFor) > 0:
		return new(string(o.waitsFor[0].Reason))
	case o.NextAttemptAt() != nil:
		return new(string(evaluation.WaitOutage))
	}
	return nil
}

// Waits is the same as WaitReason, of its own type.
func (o *Order) Waits() *evaluation.WaitReason { return (*evaluation.WaitReason)(o.WaitReason()) }

// WaitsFor gives the orders that must be done first.
func (o *Order) WaitsFor() []*OrderObstacle { return orEmpty(o.waitsFor) }

// NextAttemptAt is when an order is sent again whose system could not be reached, or its system is asked again; nil: it is not put off.
func (o *Order) NextAttemptAt() *time.Time {
	switch {
	case !o.isDue():
		return nil
	case o.outage != nil:
		return o.outage
	}
	return o.NotBefore
}

// isDue reports that an order is to be sent, or read back.
func (o *Order) isDue() bool {
	return o.ClosedAt == nil && !o.IsManual && (slices.Contains(o.States, int16(evaluation.Transmitted)) ||
		o.GeneratedAt != nil && slices.Contains(o.States, int16(evaluation.Pending)))
}

// OrderAnswer is what the system answered last, when it was not that all is well.
type OrderAnswer struct {
	Outcome AttemptOutcome
	Message string
	Hint    string
	At      *time.Time
}

// LastAnswer is the last answer of the system; nil: there is none yet, or it was that the change is made.
func (o *Order) LastAnswer() *OrderAnswer {
	if o.AnswerOutcome == nil {
		return nil
	}
	return &OrderAnswer{Outcome: AttemptOutcome(*o.AnswerOutcome), Message: text(o.AnswerMessage), Hint: text(o.AnswerHint), At: o.AnsweredAt}
}

// OrderObstacle is an order that must be done before another one.
type OrderObstacle struct {
	WaitingID    int64
	OrderID      int64
	Reason       evaluation.WaitReason
	ResourceType string // its name for people
	Code         State
}

// State is the state of that order by its name.
func (o *OrderObstacle) State() ProvisioningState { return NameOf(o.Code) }

// OrderError is the last error of an order.
type OrderError struct {
	Class   ErrorClass
	Message string
	Hint    string
	At      *time.Time
}

// Error is the last error; nil: none.
func (o *Order) Error() *OrderError {
	if o.ErrorClass == nil {
		return nil
	}
	return &OrderError{Class: ErrorClass(*o.ErrorClass), Message: text(o.ErrorMessage), Hint: text(o.ErrorHint), At: o.ErroredAt}
}

// OrderConnection is a page of orders.
type OrderConnection = page.Connection[*Order]

// OrderEdge is an order in a page.
type OrderEdge = page.Edge[*Order]

// OrderLine is one property value of an order, or the existence of the target itself (no property). It carries the provisioning state.
type OrderLine struct {
	bun.BaseModel `bun:"table:order_line,alias:l"`
	ID            int64
	OrderID       int64
	PropertyName  string                `bun:"property"`
	DisplayName   string                `bun:"property_display_name"`
	Verb          evaluation.LineAction `bun:"action"`
	ValueID       *int64
	CurrentValue  *string
	ProposedValue *string
	ApprovedValue *string
	Code          State               `bun:"state"`
	Workflow      evaluation.Workflow `bun:"workflow_state"`
	Confidence    *int
	StartDate     *time.Time
	EndDate       *time.Time
	Wait          string `bun:"wait_reason"`
	Error         *string
	IsChanged     bool
	PostponedAt   *time.Time
	RuleIDs       []int64 `bun:"rule_ids,array"` // rules behind the value
	Version       int
	ClosedAt      *time.Time

	position int // among the lines of its order
}

// Property is the property's identifier; nil: the existence of the target itself.
func (l *OrderLine) Property() *string { return optional(l.PropertyName) }

// PropertyDisplayName is the property's name for people.
func (l *OrderLine) PropertyDisplayName() string { return l.DisplayName }

// Action is what the line does.
func (l *OrderLine) Action() evaluation.LineAction { return l.Verb }

// State is the provisioning state by its name.
func (l *OrderLine) State() ProvisioningState { return NameOf(l.Code) }

// StateCode is the provisioning state as a number.
func (l *OrderLine) StateCode() int { return int(l.Code) }

// WorkflowState is the workflow state's number.
func (l *OrderLine) WorkflowState() int { return int(l.Workflow) }

// WorkflowName is the workflow state by its name.
func (l *OrderLine) WorkflowName() assignment.WorkflowState { return assignment.NameOf(l.Workflow) }

// WaitReason tells why the line waits; nil: it does not.
func (l *OrderLine) WaitReason() *string {
	if l.Wait == "none" {
		return nil
	}
	return optional(l.Wait)
}

// Waits is the same as WaitReason, of its own type.
func (l *OrderLine) Waits() *evaluation.WaitReason { return (*evaluation.WaitReason)(l.WaitReason()) }

// OrderHistoryEntry is one move of an order or of a line. Lines that moved together are stored as one row, and shown as an entry each.
type OrderHistoryEntry struct {
	ID        string
	OrderID   int64
	LineID    *int64
	At        time.Time
	Actor     string
	Action    Action
	FromState *State
	ToState   *State
	Comment   string
}

// From is the state before; nil: the line entered.
func (h *OrderHistoryEntry) From() *ProvisioningState { return nameOf(h.FromState) }

// To is the state after.
func (h *OrderHistoryEntry) To() *ProvisioningState { return nameOf(h.ToState) }

func nameOf(s *State) *ProvisioningState {
	if s == nil {
		return nil
	}
	return new(NameOf(*s))
}

// OrderAttempt is one time an order was sent.
type OrderAttempt struct {
	bun.BaseModel  `bun:"table:order_attempt,alias:t"`
	ID             int64
	OrderID        int64
	Attempt        int
	IdempotencyKey string
	Worker         string
	StartedAt      time.Time
	EndedAt        *time.Time
	Outcome        *AttemptOutcome
	Message        *string
	Payload        json.RawMessage `bun:"type:jsonb"`
}

// OrderSort is how a list of orders is ordered.
type OrderSort string

// The sorts; the id breaks ties.
const (
	CreatedDesc OrderSort = "CREATED_DESC" // default
	CreatedAsc  OrderSort = "CREATED_ASC"
	UpdatedDesc OrderSort = "UPDATED_DESC"
	OwnerAsc    OrderSort = "OWNER_ASC"
)

// OrderFilter narrows a list of orders; conditions are joined by AND, values of one by OR.
type OrderFilter struct {
	States          []ProvisioningState
	Kinds           []OrderKind
	ResourceTypes   []string // identifiers
	Connectors      []string // identifiers
	OwnerEntityType *string
	OwnerID         *int64
	Text            *string // owner or target name contains
	CreatedAfter    *time.Time
	CreatedBefore   *time.Time
	Open            *bool
	HidePostponed   *bool
	ErrorClass      *ErrorClass
	WaitReasons     []evaluation.WaitReason

	ids []int64 // not nil: only these
}

// Match reports whether an order, with its joined names, meets the filter: what a list does in SQL, for subscriptions and webhooks.
func (f *OrderFilter) Match(o *Order) bool {
	if f == nil {
		return true
	}
	isTrue := func(b *bool) bool { return b != nil && *b }
	switch {
	case len(f.States) > 0 && !slices.Contains(f.States, o.State()),
		len(f.Kinds) > 0 && !slices.Contains(f.Kinds, o.Kind),
		len(f.ResourceTypes) > 0 && !slices.Contains(f.ResourceTypes, o.ResourceTypeIdentifier),
		len(f.Connectors) > 0 && !slices.Contains(f.Connectors, o.ConnectorIdentifier),
		f.OwnerEntityType != nil && *f.OwnerEntityType != o.SourceEntityType,
		f.OwnerID != nil && *f.OwnerID != number(o.OwnerID),
		f.Text != nil && !directory.Holds(o.OwnerSearch, *f.Text) && !directory.Holds(o.TargetSearch, *f.Text),
		f.CreatedAfter != nil && o.CreatedAt.Before(*f.CreatedAfter),
		f.CreatedBefore != nil && !o.CreatedAt.Before(*f.CreatedBefore),
		f.Open != nil && *f.Open != (o.ClosedAt == nil),
		isTrue(f.HidePostponed) && o.PostponedAt != nil,
		f.ErrorClass != nil && string(*f.ErrorClass) != text(o.ErrorClass),
		len(f.WaitReasons) > 0 && (o.Waits() == nil || !slices.Contains(f.WaitReasons, *o.Waits())),
		f.ids != nil && !slices.Contains(f.ids, o.ID):
		return false
	}
	return true
}

// Selection says what a list brings with it: which columns, and which relations, in a fixed number of statements.
type Selection struct {
	All          bool // everything but history and attempts
	Owner        bool
	Target       bool
	ResourceType bool
	Lines        bool
	History      bool
	Attempts     bool
	Payload      bool
	Own          bool
	Total        bool // count the whole list

	// What is shown of an order, and of its relations, where those are brought; nil: everything.
	Fields, OwnerFields, TargetFields, TypeFields, LineFields page.Fields
}

func (s Selection) owner() bool        { return s.All || s.Owner }
func (s Selection) target() bool       { return s.All || s.Target }
func (s Selection) resourceType() bool { return s.All || s.ResourceType }
func (s Selection) lines() bool        { return s.All || s.Lines }
func (s Selection) sent() bool         { return s.All || s.Payload }
func (s Selection) own() bool          { return s.All || s.Own }
func (s Selection) total() bool        { return s.All || s.Total }
