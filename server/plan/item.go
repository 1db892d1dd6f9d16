package plan

import (
	"time"

	"writ/server/assignment"
	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/order"
	"writ/server/page"
)

// Kind is what an item is about.
type Kind string

// The kinds of items.
const (
	Role       Kind = "ROLE"       // somebody has a role
	Account    Kind = "ACCOUNT"    // somebody should have an account of a resource type
	Line       Kind = "LINE"       // one value, creation or deletion that an order would ask for
	Difference Kind = "DIFFERENCE" // something that would wait for reconciliation, or not any more
	Blocked    Kind = "BLOCKED"    // one value that a risk would keep back; Error says which
	Failure    Kind = "FAILURE"    // somebody who could not be computed
)

// Effect is what happens to what an item is about.
type Effect string

// The effects, in the order in which they are read: what is lost comes first.
const (
	Removed Effect = "REMOVED"
	Added   Effect = "ADDED"
	Changed Effect = "CHANGED"
)

var effects = []Effect{Removed, Added, Changed}

func (e Effect) code() int {
	for i, x := range effects {
		if x == e {
			return i
		}
	}
	return len(effects)
}

// Item is one difference that a plan would make.
type Item struct {
	ID           int64
	Kind         Kind
	Effect       Effect
	Object       string // identifier of the role or resource type
	ObjectName   string
	System       *string
	SystemName   *string
	Property     *string
	PropertyName *string
	Action       *evaluation.LineAction
	Before       *string
	After        *string
	WorkflowCode *int
	StateCode    *int
	OrderKind    *evaluation.OrderKind
	IsReview     bool // it would wait for somebody
	IsManual     bool // a person would carry it out
	StartDate    *time.Time
	EndDate      *time.Time
	WaitReason   *evaluation.WaitReason
	Error        *string
	Parameters   []int64 // of a role: the resources it is held with, which PropertyName names

	ownerID, typeID                int64
	ownerKey, ownerName, ownerType string
	orderNo                        int64  // groups the lines of one order while it is summed up
	period                         string // of a line, as digests say it
}

// ItemConnection is a page of items.
type ItemConnection = page.Connection[*Item]

// Owner is whom it is about.
func (i *Item) Owner() *directory.ResourceRef {
	return &directory.ResourceRef{ID: i.ownerID, Key: i.ownerKey, DisplayName: i.ownerName, EntityType: i.ownerType}
}

// Workflow is the workflow state afterwards, of roles, accounts and differences; nil: of others.
func (i *Item) Workflow() *assignment.WorkflowState {
	if i.WorkflowCode == nil {
		return nil
	}
	w := assignment.NameOf(evaluation.Workflow(*i.WorkflowCode))
	return &w
}

// State is the provisioning state of a line afterwards; nil: it is no line.
func (i *Item) State() *order.ProvisioningState {
	if i.StateCode == nil {
		return nil
	}
	s := order.NameOf(evaluation.State(*i.StateCode))
	return &s
}
