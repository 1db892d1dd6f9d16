package bulk

import (
	"time"

	"writ/server/page"
)

// BulkState is where a bulk change is.
type BulkState string

// The states of a bulk change.
const (
	Queued         BulkState = "QUEUED"
	Running        BulkState = "RUNNING"
	Done           BulkState = "DONE"
	DoneWithErrors BulkState = "DONE_WITH_ERRORS"
	Cancelled      BulkState = "CANCELLED"
)

// BulkItemState is what became of an item.
type BulkItemState string

// The states of an item.
const (
	Todo        BulkItemState = "TODO"
	ItemDone    BulkItemState = "DONE"
	ItemSkipped BulkItemState = "SKIPPED" // it is not any more what was frozen
	ItemFailed  BulkItemState = "FAILED"
)

// BulkChange is one decision about many.
type BulkChange struct {
	ID        int64
	Kind      BulkKind
	Decision  BulkDecision
	About     string // property that is set, role that is asked for; empty: the kind has none
	Comment   string
	State     BulkState
	UserID    *int64
	Actor     string // who asked for it
	AgainID   *int64 // the bulk change whose failed items it tries again
	Total     int
	Done      int
	Skipped   int
	Failed    int
	Failure   string // why it stopped before the end, when nobody stopped it
	CreatedAt time.Time
	StartedAt *time.Time
	EndedAt   *time.Time

	payload Payload
}

// IsOfRequests reports whether it decides about requests that wait for an approval.
func (c *BulkChange) IsOfRequests() bool { return c.payload.Approvals }

// BulkItem is one of those that a bulk change is about.
type BulkItem struct {
	SubjectID int64 // the difference, found role or order
	Name      string
	About     string
	State     BulkItemState
	Code      *string
	Message   *string
	Before    *string
	After     *string
	EndedAt   *time.Time
}

// The pages.
type (
	BulkChangeConnection = page.Connection[*BulkChange]
	BulkChangeEdge       = page.Edge[*BulkChange]
	BulkItemConnection   = page.Connection[*BulkItem]
	BulkItemEdge         = page.Edge[*BulkItem]
)
