package reconciliation

import (
	"writ/server/db"
	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/page"
	"writ/server/rolemodel"
)

// items is how lists of differences are read. The joins bring the names that they filter and show by.
var items = page.Table[Item]{
	From: "gap g join assigned_resource_type a on a.id = g.assigned_resource_type_id join resource_type t on t.id = g.resource_type_id join entity_type e on e.id = t.target_entity_type_id",
	Joins: []page.Join{
		{Alias: "w", SQL: "left join resource w on w.id = a.owner_id"},
		{Alias: "x", SQL: "left join resource x on x.id = a.resource_id"},
		{Alias: "c", SQL: "left join connector c on c.id = e.connector_id"},
		{Alias: "p", SQL: "left join property p on p.entity_type_id = e.id and p.identifier = g.property"},
		{Alias: "q", SQL: "join policy q on q.id = t.policy_id"},
		{Alias: "s", SQL: "join entity_type s on s.id = t.source_entity_type_id"},
	},
	Always: []string{"id"},
	Fields: map[string][]string{
		"__typename": nil, "id": nil, "version": {"version"}, "kind": kindColumns, "state": {"workflow_state"}, "resourceType": {"t.identifier"}, "resourceTypeName": {"t.display_name"},
		"system": {"c.identifier"}, "systemName": {"c.display_name"}, "owner": ownerColumns, "ownerEntityType": {"s.identifier"}, "isOwnerGone": {"owner_id", "is_owner_gone"}, "target": targetColumns,
		"property": {"property"}, "propertyName": {"property", "p.display_name"}, "current": {"current_value"}, "proposed": {"proposed_value"}, "foundAt": {"found_at"},
		"postponedAt": {"postponed_at"}, "postponedBy": {"postponed_by"}, "postponedByName": {"postponed_by"}, "confidence": {"confidence"}, "isOwn": nil, "comment": {"comment"},
		"decision": {"decision"}, "decidedBy": {"decided_by"}, "decidedByName": {"decided_by"}, "decidedAt": {"decided_at"}, "closedAt": {"closed_at"},
		"decisions": append([]string{"closed_at", "postponed_at"}, kindColumns...), "comments": append([]string{"closed_at", "postponed_at", "q.keep", "q.delete"}, kindColumns...), "isForRules": append([]string{"closed_at", "shape"}, kindColumns...), "foundRoles": {"found_roles"}, "automatic": automaticColumns, "pattern": append([]string{"resource_type_id", "shape"}, kindColumns...),
	},
	Columns: []page.Column[Item]{
		{Name: "id", SQL: "g.id", Read: func(i *Item, r *db.Row) { i.ID = r.Int() }},
		{Name: "version", SQL: "g.version", Read: func(i *Item, r *db.Row) { i.Version = int(r.Int()) }},
		{Name: "workflow_state", SQL: "g.workflow_state", Read: func(i *Item, r *db.Row) { i.StateCode = evaluation.Workflow(r.Int()) }},
		{Name: "resource_type_id", SQL: "g.resource_type_id", Read: func(i *Item, r *db.Row) { i.resourceTypeID = r.Int() }},
		{Name: "property", SQL: "g.property", Read: func(i *Item, r *db.Row) { i.Property = r.TextOrNil() }},
		{Name: "current_value", SQL: "coalesce(g.current_value, '')", Read: func(i *Item, r *db.Row) { i.Current = r.Text() }},
		{Name: "proposed_value", SQL: "coalesce(g.proposed_value, '')", Read: func(i *Item, r *db.Row) { i.Proposed = r.Text() }},
		{Name: "found_at", SQL: "g.found_at", Read: func(i *Item, r *db.Row) { i.FoundAt = r.Time() }},
		{Name: "postponed_at", SQL: "g.postponed_at", Read: func(i *Item, r *db.Row) { i.PostponedAt = r.TimeOrNil() }},
		{Name: "postponed_by", SQL: "g.postponed_by", Read: func(i *Item, r *db.Row) { i.PostponedBy = r.TextOrNil() }},
		{Name: "decision", SQL: "g.decision", Read: func(i *Item, r *db.Row) { i.DecisionText = r.TextOrNil() }},
		{Name: "decided_by", SQL: "g.decided_by", Read: func(i *Item, r *db.Row) { i.DecidedBy = r.TextOrNil() }},
		{Name: "decided_at", SQL: "g.decided_at", Read: func(i *Item, r *db.Row) { i.DecidedAt = r.TimeOrNil() }},
		{Name: "comment", SQL: "g.comment", Read: func(i *Item, r *db.Row) { i.Comment = r.Text() }},
		{Name: "closed_at", SQL: "g.closed_at", Read: func(i *Item, r *db.Row) { i.ClosedAt = r.TimeOrNil() }},
		{Name: "shape", SQL: "g.shape", Read: func(i *Item, r *db.Row) { i.shape = r.Text() }},
		{Name: "found_roles", SQL: "to_json(array(select o.display_name from role o where o.id = any (g.found_roles) order by o.id))", Read: func(i *Item, r *db.Row) { r.JSON(&i.FoundRoles) }},
		{Name: "owner_id", SQL: "coalesce(a.owner_id, 0)", Read: func(i *Item, r *db.Row) { i.ownerID = r.Int() }},
		{Name: "target_id", SQL: "coalesce(a.resource_id, 0)", Read: func(i *Item, r *db.Row) { i.targetID = r.Int() }},
		{Name: "type_state", SQL: "a.workflow_state", Read: func(i *Item, r *db.Row) { i.waiting.State = evaluation.Workflow(r.Int()) }},
		{Name: "type_since", SQL: "a.workflow_state_changed_at", Read: func(i *Item, r *db.Row) { i.waiting.Since = r.Time() }},
		{Name: "confidence", SQL: "a.confidence", Read: func(i *Item, r *db.Row) {
			if n := r.IntOrNil(); n != nil && *n < 100 {
				i.Confidence = new(int(*n))
			}
		}},

		{Name: "is_owner_gone", SQL: "coalesce(w.valid_to <> 'infinity', false)", Read: func(i *Item, r *db.Row) { i.IsOwnerGone = r.Bool() }},
		{Name: "owner_key", SQL: "coalesce(w.key, '')", Read: func(i *Item, r *db.Row) {
			if key := r.Text(); i.ownerID != 0 {
				i.Owner = &directory.ResourceRef{ID: i.ownerID, Key: key}
			}
		}},
		{Name: "owner_display_name", SQL: "coalesce(w.display_name, '')", Read: func(i *Item, r *db.Row) {
			if name := r.Text(); i.Owner != nil {
				i.Owner.DisplayName = name
			}
		}},
		{Name: "owner_entity_type", SQL: "s.identifier", Read: func(i *Item, r *db.Row) {
			if name := r.Text(); i.Owner != nil {
				i.Owner.EntityType = name
			}
		}},
		{Name: "target_key", SQL: "coalesce(x.key, '')", Read: func(i *Item, r *db.Row) {
			if key := r.Text(); i.targetID != 0 {
				i.Target = &directory.ResourceRef{ID: i.targetID, Key: key}
			}
		}},
		{Name: "target_display_name", SQL: "coalesce(x.display_name, '')", Read: func(i *Item, r *db.Row) {
			if name := r.Text(); i.Target != nil {
				i.Target.DisplayName = name
			}
		}},
		{Name: "target_entity_type", SQL: "e.identifier", Read: func(i *Item, r *db.Row) {
			if name := r.Text(); i.Target != nil {
				i.Target.EntityType = name
			}
		}},
		{Name: "s.identifier", SQL: "s.identifier", Read: func(i *Item, r *db.Row) { i.OwnerEntityType = r.Text() }},
		{Name: "q.keep", SQL: "q.comment_activation_on_keep_gap_in_reconciliation", Read: func(i *Item, r *db.Row) { i.keep = rolemodel.CommentMode(r.Int()) }},
		{Name: "q.delete", SQL: "q.comment_activation_on_delete_gap_in_reconciliation", Read: func(i *Item, r *db.Row) { i.remove = rolemodel.CommentMode(r.Int()) }},
		{Name: "t.identifier", SQL: "t.identifier", Read: func(i *Item, r *db.Row) { i.ResourceType = r.Text() }},
		{Name: "t.display_name", SQL: "t.display_name", Read: func(i *Item, r *db.Row) { i.ResourceTypeName = r.Text() }},
		{Name: "c.identifier", SQL: "c.identifier", Read: func(i *Item, r *db.Row) { i.System = r.TextOrNil() }},
		{Name: "c.display_name", SQL: "c.display_name", Read: func(i *Item, r *db.Row) { i.SystemName = r.TextOrNil() }},
		{Name: "p.display_name", SQL: "coalesce(p.display_name, g.property)", Read: func(i *Item, r *db.Row) { i.PropertyName = r.TextOrNil() }},
	},
}

var (
	kindColumns      = []string{"property", "current_value", "owner_id", "is_owner_gone"}
	automaticColumns = []string{"resource_type_id", "property", "owner_id", "is_owner_gone", "type_state", "type_since", "closed_at", "postponed_at"}
	ownerColumns     = []string{"owner_id", "owner_key", "owner_display_name", "owner_entity_type"}
	targetColumns    = []string{"target_id", "target_key", "target_display_name", "target_entity_type"}
)
