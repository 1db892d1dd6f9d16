package assignment

import (
	"errors"

	"writ/server/evaluation"
)

// ErrOvertaken: an order that an evaluation had to withdraw was sent meanwhile. Nothing of the evaluation may stay; the next one sees it.
var ErrOvertaken = errors.New("an order was sent while its target passed to somebody else")

// PlannedOrder is what an evaluation wants done about one assigned resource type: server/order carries it out inside the same
// transaction, through its state machine.
type PlannedOrder struct {
	AssignedResourceTypeID int64
	OwnerID                int64 // 0: an orphan target
	SourceEntityTypeID     int64
	ResourceTypeID         int64
	// PassesOn: the target passes to another owner, so the order must not be carried out. ErrOvertaken when that cannot be had any more.
	PassesOn bool
	Delta    *evaluation.OrderDelta
}
