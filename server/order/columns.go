package order

import (
	"slices"

	"writ/server/db"
	"writ/server/page"
)

// whyWaiting are the fields that tell why an order does not move, and whyColumns the columns from which that follows.
var whyWaiting = []string{"waitReason", "waitsFor", "nextAttemptAt", "lastAnswer"}

var whyColumns = []string{"wait_reason", "states", "closed_at", "generated_at", "not_before", "connection_id", "is_manual"}

// orders is how lists of orders are read. The joins bring the names that they filter, sort and show by.
var orders = page.Table[Order]{
	From: "provisioning_order o",
	Joins: []page.Join{
		{Alias: "w", SQL: "left join resource w on w.id = o.owner_id"},
		{Alias: "g", SQL: "left join resource g on g.id = o.target_id"},
		{Alias: "t", SQL: "join resource_type t on t.id = o.resource_type_id"},
		{Alias: "e", SQL: "join entity_type e on e.id = o.source_entity_type_id"},
		{Alias: "c", SQL: "left join connector c on c.id = o.connector_id"},
	},
	Always: []string{"id"},
	Fields: map[string][]string{
		"__typename": nil, "id": nil, "lines": {"target_entity_type_id"}, "history": nil, "attempts": nil, "payload": nil, "isOwn": nil,
		"state": {"state"}, "stateCode": {"state"}, "kind": {"kind"},
		"owner": {"owner_id"}, "target": {"target_id"}, "resourceType": {"resource_type_id"}, "connector": {"connector_id"},
		"isManual": {"is_manual"}, "attempt": {"attempt"}, "error": {"error_class", "error_message", "error_hint", "errored_at"},
		"waitReason": whyColumns, "waitsFor": whyColumns, "nextAttemptAt": whyColumns,
		"lastAnswer": append(slices.Clone(whyColumns), "answer_outcome", "answer_message", "answer_hint", "answered_at"), "assignee": {"assignee"},
		"reviewedBy": {"reviewed_by"}, "reviewedAt": {"reviewed_at"}, "postponedAt": {"postponed_at"}, "dueAt": {"due_at"},
		"transmittedAt": {"transmitted_at"}, "executedAt": {"executed_at"}, "verifiedAt": {"verified_at"}, "closedAt": {"closed_at"},
		"unverifiedCount": {"unverified_count"}, "version": {"version"}, "createdAt": {"created_at"}, "updatedAt": {"updated_at"},
	},
	Columns: []page.Column[Order]{
		{Name: "id", SQL: "o.id", Read: func(o *Order, r *db.Row) { o.ID = r.Int() }},
		{Name: "assigned_resource_type_id", SQL: "o.assigned_resource_type_id", Read: func(o *Order, r *db.Row) { o.AssignedResourceTypeID = r.Int() }},
		{Name: "kind", SQL: "o.kind", Read: func(o *Order, r *db.Row) { o.Kind = OrderKind(r.Text()) }},
		{Name: "state", SQL: "o.state", Read: func(o *Order, r *db.Row) { o.Code = State(r.Int()) }},
		{Name: "states", SQL: "o.states", Read: func(o *Order, r *db.Row) { o.States = shorts(r.Ints()) }},
		{Name: "resource_type_id", SQL: "o.resource_type_id", Read: func(o *Order, r *db.Row) { o.ResourceTypeID = r.Int() }},
		{Name: "owner_id", SQL: "o.owner_id", Read: func(o *Order, r *db.Row) { o.OwnerID = r.IntOrNil() }},
		{Name: "source_entity_type_id", SQL: "o.source_entity_type_id", Read: func(o *Order, r *db.Row) { o.SourceEntityTypeID = r.Int() }},
		{Name: "target_id", SQL: "o.target_id", Read: func(o *Order, r *db.Row) { o.TargetID = r.IntOrNil() }},
		{Name: "connector_id", SQL: "o.connector_id", Read: func(o *Order, r *db.Row) { o.ConnectorID = r.IntOrNil() }},
		{Name: "connection_id", SQL: "o.connection_id", Read: func(o *Order, r *db.Row) { o.ConnectionID = r.IntOrNil() }},
		{Name: "is_manual", SQL: "o.is_manual", Read: func(o *Order, r *db.Row) { o.IsManual = r.Bool() }},
		{Name: "wait_reason", SQL: "o.wait_reason", Read: func(o *Order, r *db.Row) { o.Wait = r.Text() }},
		{Name: "due_at", SQL: "o.due_at", Read: func(o *Order, r *db.Row) { o.DueAt = r.TimeOrNil() }},
		{Name: "generated_at", SQL: "o.generated_at", Read: func(o *Order, r *db.Row) { o.GeneratedAt = r.TimeOrNil() }},
		{Name: "generation_id", SQL: "o.generation_id", Read: func(o *Order, r *db.Row) { o.GenerationID = r.IntOrNil() }},
		{Name: "job_instance_id", SQL: "o.job_instance_id", Read: func(o *Order, r *db.Row) { o.JobInstanceID = r.IntOrNil() }},
		{Name: "attempt", SQL: "o.attempt", Read: func(o *Order, r *db.Row) { o.Attempt = int(r.Int()) }},
		{Name: "not_before", SQL: "o.not_before", Read: func(o *Order, r *db.Row) { o.NotBefore = r.TimeOrNil() }},
		{Name: "transmitted_at", SQL: "o.transmitted_at", Read: func(o *Order, r *db.Row) { o.TransmittedAt = r.TimeOrNil() }},
		{Name: "executed_at", SQL: "o.executed_at", Read: func(o *Order, r *db.Row) { o.ExecutedAt = r.TimeOrNil() }},
		{Name: "verified_at", SQL: "o.verified_at", Read: func(o *Order, r *db.Row) { o.VerifiedAt = r.TimeOrNil() }},
		{Name: "errored_at", SQL: "o.errored_at", Read: func(o *Order, r *db.Row) { o.ErroredAt = r.TimeOrNil() }},
		{Name: "error_class", SQL: "o.error_class", Read: func(o *Order, r *db.Row) { o.ErrorClass = r.TextOrNil() }},
		{Name: "error_message", SQL: "o.error_message", Read: func(o *Order, r *db.Row) { o.ErrorMessage = r.TextOrNil() }},
		{Name: "error_hint", SQL: "o.error_hint", Read: func(o *Order, r *db.Row) { o.ErrorHint = r.TextOrNil() }},
		{Name: "error_count", SQL: "o.error_count", Read: func(o *Order, r *db.Row) { o.ErrorCount = int(r.Int()) }},
		{Name: "unverified_count", SQL: "o.unverified_count", Read: func(o *Order, r *db.Row) { o.UnverifiedCount = int(r.Int()) }},
		{Name: "created_key", SQL: "o.created_key", Read: func(o *Order, r *db.Row) { o.CreatedKey = r.TextOrNil() }},
		{Name: "answer_outcome", SQL: "o.answer_outcome", Read: func(o *Order, r *db.Row) { o.AnswerOutcome = r.TextOrNil() }},
		{Name: "answer_message", SQL: "o.answer_message", Read: func(o *Order, r *db.Row) { o.AnswerMessage = r.TextOrNil() }},
		{Name: "answer_hint", SQL: "o.answer_hint", Read: func(o *Order, r *db.Row) { o.AnswerHint = r.TextOrNil() }},
		{Name: "answered_at", SQL: "o.answered_at", Read: func(o *Order, r *db.Row) { o.AnsweredAt = r.TimeOrNil() }},
		{Name: "assignee", SQL: "o.assignee", Read: func(o *Order, r *db.Row) { o.Assignee = r.TextOrNil() }},
		{Name: "reviewed_by", SQL: "o.reviewed_by", Read: func(o *Order, r *db.Row) { o.ReviewedBy = r.TextOrNil() }},
		{Name: "reviewed_at", SQL: "o.reviewed_at", Read: func(o *Order, r *db.Row) { o.ReviewedAt = r.TimeOrNil() }},
		{Name: "review_comment", SQL: "o.review_comment", Read: func(o *Order, r *db.Row) { o.ReviewComment = r.TextOrNil() }},
		{Name: "postponed_at", SQL: "o.postponed_at", Read: func(o *Order, r *db.Row) { o.PostponedAt = r.TimeOrNil() }},
		{Name: "version", SQL: "o.version", Read: func(o *Order, r *db.Row) { o.Version = int(r.Int()) }},
		{Name: "created_at", SQL: "o.created_at", Read: func(o *Order, r *db.Row) { o.CreatedAt = r.Time() }},
		{Name: "updated_at", SQL: "o.updated_at", Read: func(o *Order, r *db.Row) { o.UpdatedAt = r.Time() }},
		{Name: "closed_at", SQL: "o.closed_at", Read: func(o *Order, r *db.Row) { o.ClosedAt = r.TimeOrNil() }},
		{Name: "is_withdrawn", SQL: "o.is_withdrawn", Read: func(o *Order, r *db.Row) { o.IsWithdrawn = r.Bool() }},
		{Name: "has_ticket", SQL: "o.has_ticket", Read: func(o *Order, r *db.Row) { o.HasTicket = r.Bool() }},
		{Name: "needs_review", SQL: "o.needs_review", Read: func(o *Order, r *db.Row) { o.NeedsReview = r.Bool() }},

		{Name: "owner_display_name", SQL: "coalesce(w.display_name, '')", Read: func(o *Order, r *db.Row) { o.OwnerDisplayName = r.Text() }},
		{Name: "owner_key", SQL: "coalesce(w.key, '')", Read: func(o *Order, r *db.Row) { o.OwnerKey = r.Text() }},
		{Name: "target_display_name", SQL: "coalesce(g.display_name, '')", Read: func(o *Order, r *db.Row) { o.TargetDisplayName = r.Text() }},
		{Name: "target_key", SQL: "coalesce(g.key, '')", Read: func(o *Order, r *db.Row) { o.TargetKey = r.Text() }},
		{Name: "owner_search", SQL: "coalesce(w.search, '')", Read: func(o *Order, r *db.Row) { o.OwnerSearch = r.Text() }},
		{Name: "target_search", SQL: "coalesce(g.search, '')", Read: func(o *Order, r *db.Row) { o.TargetSearch = r.Text() }},
		{Name: "resource_type_identifier", SQL: "t.identifier", Read: func(o *Order, r *db.Row) { o.ResourceTypeIdentifier = r.Text() }},
		{Name: "resource_type_display_name", SQL: "t.display_name", Read: func(o *Order, r *db.Row) { o.ResourceTypeDisplayName = r.Text() }},
		{Name: "target_entity_type_id", SQL: "t.target_entity_type_id", Read: func(o *Order, r *db.Row) { o.targetTypeID = r.Int() }},
		{Name: "source_entity_type", SQL: "e.identifier", Read: func(o *Order, r *db.Row) { o.SourceEntityType = r.Text() }},
		{Name: "connector_identifier", SQL: "coalesce(c.identifier, '')", Read: func(o *Order, r *db.Row) { o.ConnectorIdentifier = r.Text() }},
		{Name: "connector_display_name", SQL: "coalesce(c.display_name, '')", Read: func(o *Order, r *db.Row) { o.ConnectorDisplayName = r.Text() }},
	},
}

func shorts(list []int64) []int16 {
	if list == nil {
		return nil
	}
	out := make([]int16, len(list))
	for i, n := range list {
		out[i] = int16(n)
	}
	return out
}
