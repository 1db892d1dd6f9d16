package order

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/page"
	"writ/server/rolemodel"
)

// beside gives the columns of the resources and resource types that a selection asks for, which stand beside an order in the same statement.
func beside(ctx context.Context, meta metadata, sel Selection) ([]page.Column[Order], error) {
	var list []page.Column[Order]
	for _, of := range []struct {
		wanted bool
		alias  string
		fields page.Fields
		place  func(o *Order) **directory.Resource
	}{
		{sel.owner(), "w", sel.OwnerFields, func(o *Order) **directory.Resource { return &o.owner }},
		{sel.target(), "g", sel.TargetFields, func(o *Order) **directory.Resource { return &o.target }},
	} {
		if !of.wanted {
			continue
		}
		columns := directory.Beside(of.alias, of.fields)
		if !directory.SeesAllInOrders(ctx) {
			shape, err := meta()
			if err != nil {
				return nil, err
			}
			// Of those that are not the caller's to read, the name alone may be shown.
			readable := directory.Readable(ctx, shape, of.alias, directory.InOrders(shape)...)
			columns = append(columns, page.Column[directory.Resource]{Name: "is_hidden", SQL: "not ?", Args: []any{readable},
				Read: func(r *directory.Resource, row *db.Row) { r.IsHidden = row.Bool() }})
		}
		for i, c := range columns {
			list = append(list, page.Column[Order]{Name: of.alias + "." + c.Name, SQL: c.SQL, Args: c.Args, Read: func(o *Order, row *db.Row) {
				at := of.place(o)
				if i == 0 {
					*at = &directory.Resource{}
				}
				c.Read(*at, row)
				if i == len(columns)-1 && (*at).ID == 0 {
					*at = nil // there is none
				}
			}})
		}
	}
	if sel.resourceType() && sel.TypeFields.Within("__typename", "id", "identifier", "displayName") {
		list = append(list,
			page.Column[Order]{Name: "t.id", SQL: "t.id", Read: func(o *Order, row *db.Row) { o.resourceType = &rolemodel.ResourceType{ID: row.Int()} }},
			page.Column[Order]{Name: "t.identifier", SQL: "t.identifier", Read: func(o *Order, row *db.Row) { o.resourceType.Identifier = row.Text() }},
			page.Column[Order]{Name: "t.display_name", SQL: "t.display_name", Read: func(o *Order, row *db.Row) { o.resourceType.DisplayName = row.Text() }})
	}
	return list, nil
}

// bring loads the relations that do not stand beside: one statement each, however many orders.
func (s *Service) bring(ctx context.Context, db bun.IDB, meta metadata, rows []*Order, sel Selection) error {
	if len(rows) == 0 {
		return nil
	}
	ids := make([]int64, len(rows))
	for i, o := range rows {
		ids[i] = o.ID
	}
	if sel.All || sel.Fields.Has(whyWaiting...) {
		if err := s.bringWaits(ctx, db, rows); err != nil {
			return err
		}
	}
	if sel.resourceType() && rows[0].resourceType == nil {
		if err := bringTypes(ctx, db, rows); err != nil {
			return err
		}
	}
	if sel.lines() {
		shape, err := meta()
		if err != nil {
			return err
		}
		targets := make(map[int64]int64, len(rows))
		for _, o := range rows {
			targets[o.ID] = o.targetTypeID
		}
		m, err := readLines(ctx, db, shape, targets, sel.LineFields)
		if err != nil {
			return err
		}
		for _, o := range rows {
			o.lines = orEmpty(m[o.ID])
		}
	}
	if sel.own() {
		if err := bringOwn(ctx, db, rows, ids); err != nil {
			return err
		}
	}
	if sel.sent() {
		if err := bringPayloads(ctx, db, rows); err != nil {
			return err
		}
	}
	if sel.History {
		m, err := selectHistory(ctx, db, ids)
		if err != nil {
			return err
		}
		for _, o := range rows {
			o.history = orEmpty(m[o.ID])
		}
	}
	if sel.Attempts {
		m, err := selectAttempts(ctx, db, ids)
		if err != nil {
			return err
		}
		for _, o := range rows {
			o.attempts = orEmpty(m[o.ID])
		}
	}
	return nil
}

// bringWaits finds out why what is to be sent does not move, where its columns do not say so: other orders go first, or its system is away.
func (s *Service) bringWaits(ctx context.Context, db bun.IDB, rows []*Order) error {
	pending, due := map[int64]*Order{}, map[int64][]*Order{}
	var ids, connections []int64
	for _, o := range rows {
		if o.ClosedAt != nil {
			continue
		}
		if slices.Contains(o.States, int16(evaluation.Pending)) {
			pending[o.ID], ids = o, append(ids, o.ID)
		}
		if o.isDue() && o.ConnectionID != nil {
			due[*o.ConnectionID], connections = append(due[*o.ConnectionID], o), append(connections, *o.ConnectionID)
		}
	}
	if len(ids) > 0 {
		var found []*OrderObstacle
		err := db.NewRaw(`select i.id as waiting_id, b.blocker_id as order_id, b.reason, t.display_name as resource_type, x.state as code
			from unnest(?::bigint[]) i (id)
			cross join lateral (select distinct o.blocker_id, o.reason from order_obstacle o where o.order_id = i.id offset 0) b
			join provisioning_order x on x.id = b.blocker_id join resource_type t on t.id = x.resource_type_id order by 1, 2`, arrayOf(ids)).Scan(ctx, &found)
		if err != nil {
			return fmt.Errorf("select what orders wait for: %w", err)
		}
		for _, f := range found {
			pending[f.WaitingID].waitsFor = append(pending[f.WaitingID].waitsFor, f)
		}
	}
	if len(due) == 0 {
		return nil
	}
	var away []struct {
		ConnectionID           int64
		NextAt                 time.Time
		Outcome, Message, Hint string
		AnsweredAt             time.Time
	}
	err := db.NewRaw(`select connection_id, next_at, outcome, message, hint, answered_at from outage where connection_id = any(?) and failures >= ?`,
		arrayOf(distinct(connections)), outage).Scan(ctx, &away)
	if err != nil {
		return fmt.Errorf("select outages: %w", err)
	}
	for _, a := range away {
		for _, o := range due[a.ConnectionID] {
			o.outage = &a.NextAt
			if o.AnswerOutcome == nil { // not tried itself
				o.AnswerOutcome, o.AnswerMessage, o.AnswerHint, o.AnsweredAt = &a.Outcome, &a.Message, &a.Hint, &a.AnsweredAt
			}
		}
	}
	return nil
}

func bringTypes(ctx context.Context, db bun.IDB, rows []*Order) error {
	ids := make([]int64, len(rows))
	for i, o := range rows {
		ids[i] = o.ResourceTypeID
	}
	var list []*rolemodel.ResourceType
	if err := db.NewSelect().Model(&list).Where("rt.id = any(?)", arrayOf(distinct(ids))).Scan(ctx); err != nil {
		return fmt.Errorf("select resource types: %w", err)
	}
	m := make(map[int64]*rolemodel.ResourceType, len(list))
	for _, t := range list {
		m[t.ID] = t
	}
	for _, o := range rows {
		o.resourceType = m[o.ResourceTypeID]
	}
	return nil
}

// bringPayloads reads what was sent last: the attempt keeps it.
func bringPayloads(ctx context.Context, db bun.IDB, rows []*Order) error {
	byID := make(map[int64]*Order, len(rows))
	ids := make([]int64, len(rows))
	for i, o := range rows {
		byID[o.ID], ids[i] = o, o.ID
	}
	var list []struct {
		OrderID int64
		Payload json.RawMessage
	}
	err := db.NewRaw(`select a.order_id, a.payload from order_attempt a join provisioning_order o on o.id = a.order_id and o.attempt = a.attempt
		where a.order_id = any(?)`, arrayOf(ids)).Scan(ctx, &list)
	if err != nil {
		return fmt.Errorf("select payloads: %w", err)
	}
	for _, r := range list {
		byID[r.OrderID].payload = r.Payload
	}
	return nil
}

// LinesOf gives the lines of orders by order id, for loaders. The caller has seen the orders: rights are checked there.
func (s *Service) LinesOf(ctx context.Context, ids []int64) (map[int64][]*OrderLine, error) {
	return s.selectLines(ctx, s.DB, ids)
}

// HistoryOf gives every move of orders by order id, oldest first, for loaders.
func (s *Service) HistoryOf(ctx context.Context, ids []int64) (map[int64][]*OrderHistoryEntry, error) {
	return selectHistory(ctx, s.DB, ids)
}

// AttemptsOf gives the attempts of orders by order id, first one first, for loaders.
func (s *Service) AttemptsOf(ctx context.Context, ids []int64) (map[int64][]*OrderAttempt, error) {
	return selectAttempts(ctx, s.DB, ids)
}

func selectHistory(ctx context.Context, db bun.IDB, ids []int64) (map[int64][]*OrderHistoryEntry, error) {
	var rows []*OrderHistoryEntry
	err := db.NewRaw(`select h.id || coalesce('.' || l.n, '') as id, h.order_id, l.line_id, h.at, h.actor, h.action, h.from_state, h.to_state, h.comment
		from order_line_history h left join lateral unnest(h.line_ids) with ordinality l (line_id, n) on true
		where h.order_id = any(?) order by h.order_id, h.id, l.n`, arrayOf(ids)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("select order history: %w", err)
	}
	m := make(map[int64][]*OrderHistoryEntry, len(ids))
	for _, h := range rows {
		m[h.OrderID] = append(m[h.OrderID], h)
	}
	return m, nil
}

func selectAttempts(ctx context.Context, db bun.IDB, ids []int64) (map[int64][]*OrderAttempt, error) {
	var rows []*OrderAttempt
	err := db.NewSelect().Model(&rows).Where("t.order_id = any(?)", arrayOf(ids)).OrderExpr("t.order_id, t.attempt").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("select order attempts: %w", err)
	}
	m := make(map[int64][]*OrderAttempt, len(ids))
	for _, a := range rows {
		m[a.OrderID] = append(m[a.OrderID], a)
	}
	return m, nil
}
