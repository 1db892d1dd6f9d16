package departure

import (
	"time"

	"writ/server/evaluation"
)

// DepartNowInput makes somebody leave at once (requests 12.8).
type DepartNowInput struct {
	PersonID        int64
	Reason          string
	ConfirmAccounts int
}

// DepartNowPayload is the answer.
type DepartNowPayload struct {
	PersonID          int64
	Proof             *DepartureProof // nil: it wants a second person first
	NeedsSecondPerson bool
}

// UndoDepartureInput brings somebody back.
type UndoDepartureInput struct {
	PersonID int64
	Reason   string
}

// UndoDeparturePayload is the answer.
type UndoDeparturePayload struct{ PersonID int64 }

// DepartureKind is what somebody had.
type DepartureKind string

// The kinds.
const (
	KindAccount    DepartureKind = "ACCOUNT"    // in a managed system
	KindSignIn     DepartureKind = "SIGN_IN"    // his account of Writ itself
	KindSession    DepartureKind = "SESSION"    // in which he was signed in
	KindKey        DepartureKind = "KEY"        // token or secret of a program
	KindDelegation DepartureKind = "DELEGATION" // either way
	KindRequest    DepartureKind = "REQUEST"    // open, for him
	KindApproval   DepartureKind = "APPROVAL"   // asked of him
)

// DepartureOutcome is what became of it.
type DepartureOutcome string

// The outcomes.
const (
	OutcomeOpen     DepartureOutcome = "OPEN"       // nothing has happened yet
	OutcomeSent     DepartureOutcome = "SENT"       // on its way, or a ticket for an operator
	OutcomeExecuted DepartureOutcome = "EXECUTED"   // the system said that it is done, nobody has read it back yet
	OutcomeVerified DepartureOutcome = "VERIFIED"   // seen
	OutcomeFailed   DepartureOutcome = "FAILED"     // the system refused
	OutcomeStays    DepartureOutcome = "STAYS"      // nothing can be done about it by order: somebody has to look
	OutcomeToLook   DepartureOutcome = "TO_LOOK_AT" // may be his, nobody has said so: it is never touched by guess
	OutcomeEnded    DepartureOutcome = "ENDED"      // by Writ itself
)

// isDone reports whether nothing more is to come.
func (o DepartureOutcome) isDone() bool { return o == OutcomeVerified || o == OutcomeEnded }

// DepartureProofRow is one thing that somebody had.
type DepartureProofRow struct {
	Kind       DepartureKind
	System     *string // of an account: its connector, as people call it
	Type       *string // of an account: its resource type
	Name       string
	Outcome    DepartureOutcome
	Action     *evaluation.OrderKind // of an account: what is ordered
	By         *string
	AskedAt    *time.Time
	ExecutedAt *time.Time
	VerifiedAt *time.Time
	Why        *string
	OrderID    *int64
	IsManual   bool
}

// DepartureProof is what became of all that somebody had.
type DepartureProof struct {
	PersonID     int64
	Person       string
	State        DepartureState
	At           time.Time
	Actor        string
	AskedBy      *string
	Reason       string
	Complete     bool
	CompletedAt  *time.Time
	Rows         []*DepartureProofRow
	Digest       string
	FromPosition string
	ToPosition   string
}

// DepartureOutlook is what a departure would end, before it is confirmed.
type DepartureOutlook struct {
	PersonID          int64
	Person            string
	Accounts          int
	Rows              []*DepartureProofRow
	Told              []string
	NeedsSecondPerson bool
	AskedBy           *string
	CanDepart         bool
	Obstacle          *string
}
