package delegation

import (
	"time"

	"writ/server/page"
	"writ/server/permit"
)

// Delegation lets one account act for another.
type Delegation struct {
	ID        int64
	Delegator DelegationParty
	Deputy    DelegationParty
	Kinds     []DelegationKind
	Scope     permit.DeputyScope
	StartDate time.Time
	EndDate   *time.Time // first instant without it; nil: none is known
	Reason    string
	State     DelegationState
	CreatedBy string // by name
	CreatedAt time.Time
	ClosedAt  *time.Time
	ClosedBy  *string // by name; of what time alone did: clock
	Version   int

	IsMine  bool // the caller is the delegator
	IsForMe bool // the caller is the deputy
	Can     []string
	Acts    int // how much was done under it
	History []*DelegationHistoryEntry

	manages bool // the caller manages those of the delegator
}

// DelegationParty is one of the two. ID is nil when the account is not there any more.
type DelegationParty struct {
	ID       *int64
	Username string
	Name     string
}

// DelegationHistoryEntry is something that happened to a delegation.
type DelegationHistoryEntry struct {
	At      time.Time
	Actor   string // by name
	Action  string
	From    *DelegationState
	To      *DelegationState
	EndDate *time.Time // when it was to end after that
	Comment string
}

// DelegationAct is something that was done under a delegation.
type DelegationAct struct {
	ID          int64
	At          time.Time
	DeputyName  string
	Kind        DelegationKind
	Action      string
	SubjectType string // request_item
	SubjectID   int64
	Number      *string // what people call it
	About       *string // what it was about; nil: there is nothing to say, or it is not for the caller
}

// DelegationTarget is an account that may be named in a delegation.
type DelegationTarget struct {
	ID       int64
	Username string
	Name     string
	Person   *string // name of the person in the directory; nil: it belongs to nobody there
}

// ActsFor is for whom somebody acts now.
type ActsFor struct {
	DelegationID int64
	Name         string
	Kinds        []DelegationKind
	Until        *time.Time
}

// DelegationSubjectKind is what a delegation may be narrowed to.
type DelegationSubjectKind string

// The kinds of that.
const (
	OfRole     DelegationSubjectKind = "ROLE"
	OfCategory DelegationSubjectKind = "CATEGORY"
	OfPolicy   DelegationSubjectKind = "POLICY"
)

// DelegationSubject is something that a delegation may be narrowed to.
type DelegationSubject struct {
	ID         string
	Kind       DelegationSubjectKind
	Identifier string
	Name       string

	position int64
}

// DelegationPayload is a delegation as it is after a change.
type DelegationPayload struct{ Delegation *Delegation }

// The inputs. DelegatorID nil: the caller himself.
type (
	CreateDelegationInput struct {
		DelegatorID *int64
		DeputyID    int64
		Kinds       []DelegationKind
		Scope       *permit.DeputyScope
		StartDate   *time.Time // nil: now
		EndDate     *time.Time
		Reason      *string
	}
	UpdateDelegationInput struct {
		ID      int64
		EndDate time.Time
		Version *int
		Comment *string
	}
	EndDelegationInput struct {
		ID      int64
		Comment *string
	}
)

// The pages.
type (
	DelegationConnection       = page.Connection[*Delegation]
	DelegationEdge             = page.Edge[*Delegation]
	DelegationActConnection    = page.Connection[*DelegationAct]
	DelegationActEdge          = page.Edge[*DelegationAct]
	DelegationTargetConnection = page.Connection[*DelegationTarget]
	DelegationTargetEdge       = page.Edge[*DelegationTarget]

	DelegationSubjectConnection = page.Connection[*DelegationSubject]
	DelegationSubjectEdge       = page.Edge[*DelegationSubject]
)
