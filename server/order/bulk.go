package order

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation"
)

// bulkAction is a verb of a person on orders named by ids or by a filter. One order is a list of one.
type bulkAction struct {
	permission     string // per source entity type
	alsoPermission string // one without entity type that is needed too; "": none
	bulkPermission string // needed too for a filter, or for more than one id; "": not
	alsoOwn        bool   // orders about the caller too: nothing is decided
	among          string // what the filter chooses from: SQL over o
	ids            []int64
	filter         *OrderFilter
	do             func(ctx context.Context, tx bun.Tx, now time.Time, orders []*lockedOrder) error
}

// lockedOrder is an order under its lock, with its open lines, and what becomes of it.
type lockedOrder struct {
	ID                     int64
	AssignedResourceTypeID int64
	Kind                   OrderKind
	State                  State
	OwnerID                *int64
	TargetID               *int64
	TargetEntityTypeID     int64
	ConnectorID            *int64
	IsManual               bool
	IsWithdrawn            bool
	HasTicket              bool
	IsSuperseded           bool
	IsUnsynced             bool // ticket_synchro_is_not_available
	HoursAhead             int
	DueAt                  *time.Time
	ReviewedBy             *string
	ReviewedAt             *time.Time
	Assignee               *string

	lines       []*reviewLine
	steps       []step
	kept        []assignment.Refusal
	err         *errs.Error
	isDecided   bool
	isReviewed  bool
	isPostponed bool
}

// reviewLine is an open line under the lock of its order.
type reviewLine struct {
	ID             int64
	OrderID        int64
	State          State
	Version        int
	Property       *string
	Action         evaluation.LineAction
	ValueID        *int64
	CurrentValue   *string
	ProposedValue  *string
	WorkflowState  evaluation.Workflow
	ReviewRequired bool
	StartDate      *time.Time
}

func (o *lockedOrder) fail(err *errs.Error) {
	if o.err == nil {
		o.err = err.Of(o.ID)
	}
}

// notWaiting is the refusal of a decision on an order that waits for none: somebody was faster, or it never did.
func (o *lockedOrder) notWaiting() *errs.Error {
	if o.ReviewedAt != nil {
		return errs.New(errs.StaleItem, "Order %d was decided by %s meanwhile. It is %s (%d) now.", o.ID, text(o.ReviewedBy), NameOf(o.State), o.State)
	}
	return errs.New(errs.InvalidTransition, "Order %d does not wait for a review: it is %s (%d).", o.ID, NameOf(o.State), o.State)
}

// bulk runs an action over its orders in batches, each in a transaction of its own, and gives a result per order. What the caller may not
// touch is NOT_FOUND in its result; without any permission the whole call is refused.
func (s *Service) bulk(ctx context.Context, a bulkAction) (*BulkOrdersPayload, error) {
	shape, err := s.shape(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	may, err := a.may(ctx, shape, a.filter != nil || len(a.ids) > 1)
	if err != nil {
		return nil, err
	}
	ids := a.ids
	if a.filter != nil {
		where, err := a.filter.condition(ctx, func() (*directory.Shape, error) { return shape, nil })
		if err != nil {
			return nil, err
		}
		where = db.AllOf(bun.SafeQuery(a.among), may, where)
		if err := s.DB.NewRaw("select o.id from "+orders.Tables(where)+" where ? order by o.id", where).Scan(ctx, &ids); err != nil {
			return nil, fmt.Errorf("select orders: %w", err)
		}
	}
	ids = unique(ids)
	failures := map[int64]*errs.Error{}
	for batch := range slices.Chunk(ids, bulkBatch) {
		if err := s.bulkBatch(ctx, a, may, batch, failures); err != nil {
			return nil, err
		}
	}
	return s.results(ctx, shape, ids, failures)
}

// may is the condition of the orders that the caller may handle so; many: more than one at once.
func (a bulkAction) may(ctx context.Context, shape *directory.Shape, many bool) (condition, error) {
	may, err := need(ctx, shape, a.permission)
	if err != nil {
		return may, err
	}
	if a.alsoPermission != "" {
		also, ok := plain(ctx, shape, a.alsoPermission)
		if !ok {
			return may, forbidden(ctx, a.alsoPermission)
		}
		may = db.AllOf(may, also)
	}
	if a.bulkPermission == "" || !many {
		return may, nil
	}
	more, err := need(ctx, shape, a.bulkPermission)
	return db.AllOf(may, more), err
}

func (s *Service) bulkBatch(ctx context.Context, a bulkAction, may condition, ids []int64, failures map[int64]*errs.Error) error {
	var orders []*lockedOrder
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (err error) {
		orders, err = s.bulkIn(ctx, tx, a, may, ids)
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		failures[id] = errs.Missing("There is no order %d, or it is not yours to handle.", id).Of(id)
	}
	for _, o := range orders {
		failures[o.ID] = o.err
	}
	return nil
}

// bulkIn runs an action over some of its orders in the caller's transaction; each tells what became of it.
func (s *Service) bulkIn(ctx context.Context, tx bun.Tx, a bulkAction, may condition, ids []int64) ([]*lockedOrder, error) {
	orders, err := lockOrders(ctx, tx, may, ids)
	if err != nil || len(orders) == 0 {
		return orders, err
	}
	others, err := a.others(ctx, tx, orders)
	if err != nil || len(others) == 0 {
		return orders, err
	}
	return orders, a.do(ctx, tx, s.Clock.Now(), others)
}

// others leaves out the orders about the caller, and says so in their results.
func (a bulkAction) others(ctx context.Context, tx bun.Tx, orders []*lockedOrder) ([]*lockedOrder, error) {
	if a.alsoOwn {
		return orders, nil
	}
	ids := make([]int64, len(orders))
	for i, o := range orders {
		ids[i] = o.ID
	}
	own, err := selectOwn(ctx, tx, ids)
	if err != nil || len(own) == 0 {
		return orders, err
	}
	var others []*lockedOrder
	for _, o := range orders {
		if own[o.ID] {
			o.fail(notYours(o.ID))
			continue
		}
		others = append(others, o)
	}
	return others, nil
}

// lockOrders locks those of the orders that the condition opens, in id order, and reads their open lines.
func lockOrders(ctx context.Context, tx bun.Tx, may condition, ids []int64) ([]*lockedOrder, error) {
	if err := lockTypes(ctx, tx, ids); err != nil {
		return nil, err
	}
	var orders []*lockedOrder
	err := tx.NewRaw(`select o.id, o.assigned_resource_type_id, o.kind, o.state, o.owner_id, o.target_id, t.target_entity_type_id, o.connector_id, o.is_manual, o.is_withdrawn,
			o.has_ticket, o.is_superseded, t.ticket_synchro_is_not_available as is_unsynced, t.fulfill_hours_ahead_of_time as hours_ahead, o.due_at,
			o.reviewed_by, o.reviewed_at, o.assignee
		from provisioning_order o join resource_type t on t.id = o.resource_type_id left join resource w on w.id = o.owner_id
		where o.id = any(?) and ? order by o.id for update of o`, arrayOf(ids), may).Scan(ctx, &orders)
	if err != nil {
		return nil, fmt.Errorf("lock orders: %w", err)
	}
	byID := make(map[int64]*lockedOrder, len(orders))
	locked := make([]int64, len(orders))
	for i, o := range orders {
		byID[o.ID], locked[i] = o, o.ID
	}
	var lines []*reviewLine
	err = tx.NewRaw(`select id, order_id, state, version, property, action, value_id, current_value, proposed_value, workflow_state, review_required, start_date
		from order_line where order_id = any(?) and closed_at is null order by id`, arrayOf(locked)).Scan(ctx, &lines)
	if err != nil {
		return nil, fmt.Errorf("read order lines: %w", err)
	}
	for _, l := range lines {
		byID[l.OrderID].lines = append(byID[l.OrderID].lines, l)
	}
	return orders, nil
}

// lockTypes locks the assigned resource types of orders, before the orders: an evaluation saves them in that order too, so that the two
// never wait for each other.
func lockTypes(ctx context.Context, tx bun.Tx, orderIDs []int64) error {
	_, err := tx.NewRaw(`select id from assigned_resource_type
		where id in (select assigned_resource_type_id from provisioning_order where id = any(?)) order by id for no key update`, arrayOf(orderIDs)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("lock assigned resource types: %w", err)
	}
	return nil
}

// results reads the orders as they are now, those that the caller still may see, and puts them beside their errors.
func (s *Service) results(ctx context.Context, shape *directory.Shape, ids []int64, failures map[int64]*errs.Error) (*BulkOrdersPayload, error) {
	p := &BulkOrdersPayload{Results: make([]OrderResult, len(ids))}
	if len(ids) == 0 {
		return p, nil
	}
	var mine []int64
	for _, id := range ids {
		if !errs.Is(asError(failures[id]), errs.NotFound) {
			mine = append(mine, id)
		}
	}
	// what somebody could decide on, they may see the result of, even when it left their queue by that
	known := func() (*directory.Shape, error) { return shape, nil }
	rows, err := s.read(ctx, s.DB, known, Selection{All: true}, inIDs("o.id", mine), "o.id", 0)
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]*Order, len(rows))
	for _, o := range rows {
		byID[o.ID] = o
	}
	for i, id := range ids {
		p.Results[i] = OrderResult{ID: id, Order: byID[id], Error: itemError(failures[id])}
	}
	return p, nil
}

// asError avoids the typed nil.
func asError(e *errs.Error) error {
	if e == nil {
		return nil
	}
	return e
}

// unique drops repeated ids and keeps the order.
func unique(ids []int64) []int64 {
	seen := make(map[int64]bool, len(ids))
	list := make([]int64, 0, len(ids))
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			list = append(list, id)
		}
	}
	return list
}
