package assignment

import "writ/server/evaluation"

// PlannedOrder is what an evaluation wants done about one assigned resource type: server/order carries it out inside the same
// transaction, through its state machine.
type PlannedOrder struct {
	AssignedResourceTypeID int64
	OwnerID                int64 // 0: an orphan target
	SourceEntityTypeID     int64
	ResourceTypeID         int64
	Delta                  *evaluation.OrderDelta
}
