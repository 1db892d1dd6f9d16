package order

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/page"
)

// lines is how the lines of orders are read.
var lines = page.Table[OrderLine]{
	From:   "order_line l",
	Always: []string{"id", "order_id", "property"},
	Fields: map[string][]string{
		"__typename": nil, "id": nil, "property": nil, "propertyDisplayName": {"action"}, "action": {"action"},
		"state": {"state"}, "stateCode": {"state"}, "workflowState": {"workflow_state"}, "workflow": {"workflow_state"}, "currentValue": {"current_value"}, "proposedValue": {"proposed_value"},
		"confidence": {"confidence"}, "startDate": {"start_date"}, "endDate": {"end_date"}, "waitReason": {"wait_reason"}, "error": {"error"},
		"isChanged": {"is_changed"}, "postponedAt": {"postponed_at"}, "reasons": {"rule_ids"}, "closedAt": {"closed_at"}, "version": {"version"},
	},
	Columns: []page.Column[OrderLine]{
		{Name: "id", SQL: "l.id", Read: func(l *OrderLine, r *db.Row) { l.ID = r.Int() }},
		{Name: "order_id", SQL: "l.order_id", Read: func(l *OrderLine, r *db.Row) { l.OrderID = r.Int() }},
		{Name: "property", SQL: "coalesce(l.property, '')", Read: func(l *OrderLine, r *db.Row) { l.PropertyName = r.Text() }},
		{Name: "action", SQL: "l.action", Read: func(l *OrderLine, r *db.Row) { l.Verb = evaluation.LineAction(r.Text()) }},
		{Name: "value_id", SQL: "l.value_id", Read: func(l *OrderLine, r *db.Row) { l.ValueID = r.IntOrNil() }},
		{Name: "current_value", SQL: "nullif(l.current_value, '')", Read: func(l *OrderLine, r *db.Row) { l.CurrentValue = r.TextOrNil() }},
		{Name: "proposed_value", SQL: "nullif(l.proposed_value, '')", Read: func(l *OrderLine, r *db.Row) { l.ProposedValue = r.TextOrNil() }},
		{Name: "approved_value", SQL: "l.approved_value", Read: func(l *OrderLine, r *db.Row) { l.ApprovedValue = r.TextOrNil() }},
		{Name: "state", SQL: "l.state", Read: func(l *OrderLine, r *db.Row) { l.Code = State(r.Int()) }},
		{Name: "workflow_state", SQL: "l.workflow_state", Read: func(l *OrderLine, r *db.Row) { l.Workflow = evaluation.Workflow(r.Int()) }},
		{Name: "confidence", SQL: "l.confidence", Read: func(l *OrderLine, r *db.Row) { l.Confidence = r.SmallOrNil() }},
		{Name: "start_date", SQL: "l.start_date", Read: func(l *OrderLine, r *db.Row) { l.StartDate = r.TimeOrNil() }},
		{Name: "end_date", SQL: "l.end_date", Read: func(l *OrderLine, r *db.Row) { l.EndDate = r.TimeOrNil() }},
		{Name: "wait_reason", SQL: "l.wait_reason", Read: func(l *OrderLine, r *db.Row) { l.Wait = r.Text() }},
		{Name: "error", SQL: "l.error", Read: func(l *OrderLine, r *db.Row) { l.Error = r.TextOrNil() }},
		{Name: "is_changed", SQL: "l.is_changed", Read: func(l *OrderLine, r *db.Row) { l.IsChanged = r.Bool() }},
		{Name: "postponed_at", SQL: "l.postponed_at", Read: func(l *OrderLine, r *db.Row) { l.PostponedAt = r.TimeOrNil() }},
		{Name: "rule_ids", SQL: "l.rule_ids", Read: func(l *OrderLine, r *db.Row) { l.RuleIDs = r.Ints() }},
		{Name: "version", SQL: "l.version", Read: func(l *OrderLine, r *db.Row) { l.Version = int(r.Int()) }},
		{Name: "closed_at", SQL: "l.closed_at", Read: func(l *OrderLine, r *db.Row) { l.ClosedAt = r.TimeOrNil() }},
	},
}

// readLines gives the lines of orders by order id: the existence of the target first, then by the position of the property, as the metadata
// has it. targets are the entity types of the orders' targets.
func readLines(ctx context.Context, b bun.IDB, shape *directory.Shape, targets map[int64]int64, fields page.Fields) (map[int64][]*OrderLine, error) {
	ids := slices.Sorted(maps.Keys(targets))
	rows, err := lines.Read(ctx, b, lines.For(fields), bun.SafeQuery("l.order_id = any(?)", arrayOf(ids)), "l.order_id, l.id", 0)
	if err != nil {
		return nil, fmt.Errorf("select order lines: %w", err)
	}
	known := map[int64]map[string]*directory.Property{}
	m := make(map[int64][]*OrderLine, len(ids))
	for _, l := range rows {
		of := targets[l.OrderID]
		if known[of] == nil {
			known[of] = map[string]*directory.Property{}
			for _, p := range shape.PropertiesOf[of] {
				known[of][p.Identifier] = p
			}
		}
		p := known[of][l.PropertyName]
		l.DisplayName, l.position = nameOfLine(l, p), positionOf(l, p)
		m[l.OrderID] = append(m[l.OrderID], l)
	}
	for _, of := range m {
		slices.SortStableFunc(of, func(a, b *OrderLine) int { return cmp.Compare(a.position, b.position) })
	}
	return m, nil
}

func nameOfLine(l *OrderLine, p *directory.Property) string {
	switch {
	case p != nil:
		return p.DisplayName
	case l.PropertyName != "":
		return l.PropertyName // not in the metadata any more
	case l.Verb == evaluation.LineCreate || l.Verb == evaluation.LineDelete:
		return "Account"
	}
	return "Association"
}

func positionOf(l *OrderLine, p *directory.Property) int {
	switch {
	case l.PropertyName == "":
		return math.MinInt
	case p == nil:
		return math.MaxInt
	}
	return p.Position
}

// selectLines is readLines for orders of which nothing is known yet.
func (s *Service) selectLines(ctx context.Context, b bun.IDB, ids []int64) (map[int64][]*OrderLine, error) {
	targets := make(map[int64]int64, len(ids))
	err := db.Select(ctx, b, bun.SafeQuery(`select o.id, t.target_entity_type_id from provisioning_order o join resource_type t on t.id = o.resource_type_id
		where o.id = any(?)`, arrayOf(ids)), func(r *db.Row) error {
		id := r.Int()
		targets[id] = r.Int()
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("select the types of orders: %w", err)
	}
	shape, err := s.shape(ctx, b)
	if err != nil {
		return nil, err
	}
	return readLines(ctx, b, shape, targets, nil)
}
