package order

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/evaluation"
	"writ/server/page"
)

// lines is how the lines of orders are read.
var lines = page.Table[OrderLine]{
	From: `order_line l join provisioning_order o on o.id = l.order_id join resource_type t on t.id = o.resource_type_id
		left join property p on p.entity_type_id = t.target_entity_type_id and p.identifier = l.property`,
	Always: []string{"id", "order_id"},
	Fields: map[string][]string{
		"__typename": nil, "id": nil, "property": {"property"}, "propertyDisplayName": {"property_display_name"}, "action": {"action"},
		"state": {"state"}, "stateCode": {"state"}, "workflowState": {"workflow_state"}, "currentValue": {"current_value"}, "proposedValue": {"proposed_value"},
		"confidence": {"confidence"}, "startDate": {"start_date"}, "endDate": {"end_date"}, "waitReason": {"wait_reason"}, "error": {"error"},
		"isChanged": {"is_changed"}, "postponedAt": {"postponed_at"}, "reasons": {"rule_ids"}, "closedAt": {"closed_at"}, "version": {"version"},
	},
	Columns: []page.Column[OrderLine]{
		{Name: "id", SQL: "l.id", Read: func(l *OrderLine, r *db.Row) { l.ID = r.Int() }},
		{Name: "order_id", SQL: "l.order_id", Read: func(l *OrderLine, r *db.Row) { l.OrderID = r.Int() }},
		{Name: "property", SQL: "coalesce(l.property, '')", Read: func(l *OrderLine, r *db.Row) { l.PropertyName = r.Text() }},
		{Name: "property_display_name", SQL: `coalesce(p.display_name, l.property, case l.action when 'CREATE' then 'Account' when 'DELETE' then 'Account' else 'Association' end)`,
			Read: func(l *OrderLine, r *db.Row) { l.DisplayName = r.Text() }},
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

// readLines gives the lines of orders by order id: the existence of the target first, then by the position of the property.
func readLines(ctx context.Context, b bun.IDB, ids []int64, fields page.Fields) (map[int64][]*OrderLine, error) {
	rows, err := lines.Read(ctx, b, lines.For(fields), bun.SafeQuery("l.order_id = any(?) and o.id = any(?)", arrayOf(ids), arrayOf(ids)), "l.order_id, l.property is not null, p.position, l.id", 0)
	if err != nil {
		return nil, fmt.Errorf("select order lines: %w", err)
	}
	m := make(map[int64][]*OrderLine, len(ids))
	for _, l := range rows {
		m[l.OrderID] = append(m[l.OrderID], l)
	}
	return m, nil
}
