package order

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/evaluation"
)

// newOrder is an order to insert, with its lines.
type newOrder struct {
	id      int64
	art     int64
	kind    evaluation.OrderKind
	route   *route
	ownerID int64
	source  int64
	target  int64
	dueAt   *time.Time
	lines   []newLine
}

// newLine is a line to insert.
type newLine struct {
	orderID    int64
	property   *string
	action     evaluation.LineAction
	state      State
	workflow   evaluation.Workflow
	waitReason string
	error      *string
	isClosed   bool
	content
}

func newLineOf(orderID int64, d evaluation.LineDelta) newLine {
	a := Action(d.Verb)
	to, ok := a.target(entering)
	if !ok || to != d.To {
		if to, ok = verbTo(d.To).target(entering); !ok { // nothing enters as sent or answered
			to = evaluation.Pending
		}
	}
	return newLine{orderID: orderID, property: optional(d.Property), action: d.Action, state: to, workflow: d.Workflow,
		waitReason: cmp.Or(d.WaitReason, "none"), error: optional(d.Error), isClosed: d.Close, content: *contentOf(d)}
}

// open prepares the orders that do not exist yet. Only Policy opens orders, and under the lock of their owner, so nobody opens another one
// for the same assigned resource type meanwhile.
func (p *policyRun) open(ctx context.Context, tx bun.Tx) error {
	for _, o := range p.planned {
		d := o.Delta
		if p.byType[o.AssignedResourceTypeID] != nil || d.OrderID != 0 || d.Withdraw || len(d.Lines) == 0 {
			continue
		}
		r := p.routes[o.ResourceTypeID]
		if r == nil {
			return fmt.Errorf("open order: there is no resource type %d", o.ResourceTypeID)
		}
		p.byType[o.AssignedResourceTypeID] = &openOrder{AssignedResourceTypeID: o.AssignedResourceTypeID, IsManual: r.IsManual, IsNew: true}
		p.fresh = append(p.fresh, &newOrder{art: o.AssignedResourceTypeID, kind: d.Kind, route: r, ownerID: o.OwnerID,
			source: cmp.Or(o.SourceEntityTypeID, r.SourceEntityTypeID), target: d.TargetID, dueAt: d.DueAt})
	}
	ids, err := db.NextIDs(ctx, tx, "provisioning_order", len(p.fresh))
	if err != nil {
		return err
	}
	for i, o := range p.fresh {
		o.id = ids[i]
		p.byType[o.art].ID = o.id
	}
	return nil
}

// insert copies the new orders, then the new lines of all orders.
func (p *policyRun) insert(ctx context.Context, tx bun.Tx) error {
	if len(p.newLines) == 0 {
		return nil
	}
	fresh := make(map[int64]*newOrder, len(p.fresh))
	for _, o := range p.fresh {
		fresh[o.id] = o
	}
	for _, l := range p.newLines {
		if o := fresh[l.orderID]; o != nil {
			o.lines = append(o.lines, l)
		}
	}
	if err := p.copyOrders(ctx, tx); err != nil {
		return err
	}
	return p.copyLines(ctx, tx)
}

func (p *policyRun) copyOrders(ctx context.Context, tx bun.Tx) error {
	if len(p.fresh) == 0 {
		return nil
	}
	columns := []string{"id", "assigned_resource_type_id", "kind", "resource_type_id", "owner_id", "source_entity_type_id", "target_id", "connector_id",
		"connection_id", "is_manual", "due_at", "state", "states", "wait_reason", "look_at", "verified_at", "closed_at", "created_at", "updated_at"}
	return db.CopyIn(ctx, tx, "provisioning_order", columns, func(yield func([]any) bool) {
		for _, o := range p.fresh {
			r, t := o.rollUp(), o.route
			p.opened = append(p.opened, Rolled{ID: o.id, State: r.state, Version: 1, Kind: o.kind, OwnerID: optional(o.ownerID), ResourceType: t.Identifier,
				SourceEntityType: t.SourceEntityType, Connector: t.Connector, ConnectorID: number(t.ConnectorID), ConnectionID: number(t.ConnectionID), Mode: t.Mode})
			if !yield([]any{o.id, o.art, string(o.kind), t.ID, optional(o.ownerID), o.source, optional(o.target), t.ConnectorID,
				t.ConnectionID, t.IsManual, o.dueAt, int16(r.state), r.states, r.waitReason, r.lookAt, p.when(r.state == evaluation.Verified), p.when(r.isDone), p.now, p.now}) {
				return
			}
		}
	})
}

func (p *policyRun) copyLines(ctx context.Context, tx bun.Tx) error {
	ids, err := db.NextIDs(ctx, tx, "order_line", len(p.newLines))
	if err != nil {
		return err
	}
	columns := []string{"id", "order_id", "property", "action", "value_id", "current_value", "proposed_value", "state", "workflow_state", "review_required",
		"is_mapped", "rule_ids", "confidence", "start_date", "end_date", "wait_reason", "error", "created_at", "updated_at", "closed_at"}
	return db.CopyIn(ctx, tx, "order_line", columns, func(yield func([]any) bool) {
		for i, l := range p.newLines {
			p.note(l.orderID, ids[i], verbTo(l.state), nil, l.state, "")
			if !yield([]any{ids[i], l.orderID, l.property, string(l.action), l.ValueID, l.Current, l.Proposed, int16(l.state), int16(l.workflow), l.ReviewRequired,
				l.IsMapped, orEmpty(l.RuleIDs), l.Confidence, l.StartDate, l.EndDate, l.waitReason, l.error, p.now, p.now, p.when(l.isClosed)}) {
				return
			}
		}
	})
}

// when is now or null.
func (p *policyRun) when(is bool) *time.Time {
	if is {
		return &p.now
	}
	return nil
}

// opening is what roll_up.sql would write about an order that was just opened: a test compares the two.
type opening struct {
	state      State
	states     []int16
	isDone     bool
	waitReason string
	lookAt     *time.Time
}

func (o *newOrder) rollUp() opening {
	r := opening{isDone: true}
	var set []State
	heldBecause := ""
	for _, l := range o.lines {
		if !l.isClosed || slices.Contains([]State{evaluation.None, evaluation.Verified, evaluation.Inactive}, l.state) {
			set = append(set, l.state)
		}
		if l.isClosed {
			continue
		}
		r.isDone = false
		if l.state == evaluation.None {
			heldBecause = max(heldBecause, l.waitReason)
		}
		r.look(l, o)
	}
	slices.Sort(set)
	set = slices.Compact(set)
	r.states = make([]int16, len(set))
	for i, s := range set {
		r.states[i] = int16(s)
	}
	r.state, r.waitReason = RollUp(set), "none"
	if !slices.Contains(set, evaluation.Pending) {
		r.waitReason = cmp.Or(heldBecause, "none")
	}
	return r
}

// look notes when CLOCK has to look at an open line (look.go).
func (r *opening) look(l newLine, o *newOrder) {
	sooner := func(at *time.Time) {
		if at != nil && (r.lookAt == nil || at.Before(*r.lookAt)) {
			r.lookAt = at
		}
	}
	if l.state == evaluation.None && l.waitReason == "not_due" {
		sooner(o.dueAt)
		if l.StartDate != nil {
			sooner(new(l.StartDate.Add(-time.Duration(o.route.FulfillHoursAheadOfTime) * time.Hour)))
		}
	}
	isEnding := slices.Contains([]State{evaluation.None, evaluation.Pending, evaluation.Errored, evaluation.AwaitingApproval}, l.state)
	if isEnding && l.action != evaluation.LineDelete && l.action != evaluation.LineRemove {
		sooner(l.EndDate)
	}
}
