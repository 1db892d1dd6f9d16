package request

import (
	"writ/server/db"
	"writ/server/page"
	"writ/server/rolemodel"
)

// items is how items are read.
var items = page.Table[RequestItem]{
	From:   "request_item i join request q on q.id = i.request_id join resource w on w.id = i.beneficiary_id",
	Joins:  []page.Join{{Alias: "e", SQL: "join entity_type e on e.id = w.entity_type_id"}, {Alias: "s", SQL: "left join request_step s on s.item_id = i.id and s.state in ('OPEN', 'INFO_REQUESTED', 'STUCK')"}},
	Always: []string{"id", "request_id", "state", "role_id"},
	Fields: map[string][]string{
		"__typename": nil, "id": nil, "requestId": nil, "requestNumber": {"number"}, "requesterName": {"requester_name"}, "justification": {"justification"}, "action": {"action"}, "role": {"role"},
		"roleKind": {"role_kind"}, "objectName": {"object_name"}, "owner": {"owner"}, "parameters": {"parameters"}, "requestedStart": {"requested_start"}, "requestedEnd": {"requested_end"},
		"startDate": {"start_date"}, "endDate": {"end_date"}, "clamps": {"clamps"}, "state": nil, "workflowState": {"action", "level", "levels", "is_at_risk"}, "risks": {"risk_ids"}, "level": {"level"}, "levels": {"levels"}, "problem": {"problem"},
		"outcome": {"outcome"}, "closedReason": {"closed_reason"}, "expireAt": {"expire_at"}, "submittedAt": {"submitted_at"}, "approvedAt": {"approved_at"}, "closedAt": {"closed_at"}, "version": {"version"},
		"dueAt": {"step"}, "isLate": {"step"}, "canRemind": nil, "canAsk": nil, "canRecall": nil, "canReassign": nil, "canDelegate": nil, "canAnswer": nil, "canWithdrawQuestion": nil, "comments": nil, "stepId": {"step"}, "stepVersion": {"step"}, "isStuck": {"step"}, "isOwn": nil, "canDecide": nil, "canWithdraw": nil, "decideFor": nil, "steps": nil, "commentOnApprove": nil, "commentOnDecline": nil, "orders": nil,
	},
	Columns: []page.Column[RequestItem]{
		{Name: "id", SQL: "i.id", Read: func(i *RequestItem, r *db.Row) { i.ID = r.Int() }},
		{Name: "request_id", SQL: "i.request_id", Read: func(i *RequestItem, r *db.Row) { i.RequestID = r.Int() }},
		{Name: "role_id", SQL: "i.role_id", Read: func(i *RequestItem, r *db.Row) { i.roleID = r.Int() }},
		{Name: "state", SQL: "i.state", Read: func(i *RequestItem, r *db.Row) { i.State = RequestState(r.Text()) }},
		{Name: "number", SQL: "q.number", Read: func(i *RequestItem, r *db.Row) { i.RequestNumber = r.Text() }},
		{Name: "requester_name", SQL: "coalesce((select u.display_name from local_user u where u.id = q.requester_user_id), q.requester)", Read: func(i *RequestItem, r *db.Row) { i.RequesterName = r.Text() }},
		{Name: "justification", SQL: "q.justification", Read: func(i *RequestItem, r *db.Row) { i.Justification = r.Text() }},
		{Name: "action", SQL: "i.action", Read: func(i *RequestItem, r *db.Row) { i.Action = RequestAction(r.Text()) }},
		{Name: "role", SQL: "i.role", Read: func(i *RequestItem, r *db.Row) { i.Role = r.Text() }},
		{Name: "role_kind", SQL: "i.role_kind", Read: func(i *RequestItem, r *db.Row) { i.RoleKind = rolemodel.RoleKind(r.Text()) }},
		{Name: "object_name", SQL: "i.object_name", Read: func(i *RequestItem, r *db.Row) { i.ObjectName = r.Text() }},
		{Name: "owner", SQL: "w.id, w.key, w.display_name, e.identifier", Read: func(i *RequestItem, r *db.Row) {
			i.Owner.ID, i.Owner.Key, i.Owner.DisplayName, i.Owner.EntityType = r.Int(), r.Text(), r.Text(), r.Text()
		}},
		{Name: "parameters", SQL: "i.parameters", Read: func(i *RequestItem, r *db.Row) { r.JSON(&i.rawParameters) }},
		{Name: "requested_start", SQL: "i.requested_start", Read: func(i *RequestItem, r *db.Row) { i.RequestedStart = r.TimeOrNil() }},
		{Name: "requested_end", SQL: "i.requested_end", Read: func(i *RequestItem, r *db.Row) { i.RequestedEnd = r.TimeOrNil() }},
		{Name: "start_date", SQL: "i.start_date", Read: func(i *RequestItem, r *db.Row) { i.StartDate = r.TimeOrNil() }},
		{Name: "end_date", SQL: "i.end_date", Read: func(i *RequestItem, r *db.Row) { i.EndDate = r.TimeOrNil() }},
		{Name: "clamps", SQL: "i.clamps", Read: func(i *RequestItem, r *db.Row) { r.JSON(&i.Clamps) }},
		{Name: "level", SQL: "i.level", Read: func(i *RequestItem, r *db.Row) { i.Level = int(r.Int()) }},
		{Name: "levels", SQL: "i.levels", Read: func(i *RequestItem, r *db.Row) { i.Levels = int(r.Int()) }},
		{Name: "is_at_risk", SQL: "i.is_at_risk", Read: func(i *RequestItem, r *db.Row) { i.isAtRisk = r.Bool() }},
		{Name: "risk_ids", SQL: "i.risk_ids", Read: func(i *RequestItem, r *db.Row) { i.riskIDs = r.Ints() }},
		{Name: "problem", SQL: "i.problem", Read: func(i *RequestItem, r *db.Row) { i.Problem = r.TextOrNil() }},
		{Name: "outcome", SQL: "i.outcome", Read: func(i *RequestItem, r *db.Row) {
			if x := r.TextOrNil(); x != nil {
				i.Outcome = new(RequestOutcome(*x))
			}
		}},
		{Name: "closed_reason", SQL: "i.closed_reason", Read: func(i *RequestItem, r *db.Row) {
			if x := r.TextOrNil(); x != nil {
				i.ClosedReason = new(reasons[*x])
			}
		}},
		{Name: "expire_at", SQL: "i.expire_at", Read: func(i *RequestItem, r *db.Row) { i.ExpireAt = r.TimeOrNil() }},
		{Name: "submitted_at", SQL: "i.submitted_at", Read: func(i *RequestItem, r *db.Row) { i.SubmittedAt = r.Time() }},
		{Name: "approved_at", SQL: "i.approved_at", Read: func(i *RequestItem, r *db.Row) { i.ApprovedAt = r.TimeOrNil() }},
		{Name: "closed_at", SQL: "i.closed_at", Read: func(i *RequestItem, r *db.Row) { i.ClosedAt = r.TimeOrNil() }},
		{Name: "version", SQL: "i.version", Read: func(i *RequestItem, r *db.Row) { i.Version = int(r.Int()) }},
		{Name: "step", SQL: "s.id, s.version, coalesce(s.state = 'STUCK', false), s.due_at", Read: func(i *RequestItem, r *db.Row) {
			i.StepID = r.IntOrNil()
			if v := r.IntOrNil(); v != nil {
				i.StepVersion = new(int(*v))
			}
			i.IsStuck, i.DueAt = r.Bool(), r.TimeOrNil()
		}},
	},
}

// requests is how requests are read.
var requests = page.Table[Request]{
	From:   "request q",
	Always: []string{"id"},
	Fields: map[string][]string{
		"__typename": nil, "id": nil, "number": {"number"}, "state": {"state"}, "requesterName": {"requester_name"}, "justification": {"justification"},
		"submittedAt": {"submitted_at"}, "closedAt": {"closed_at"}, "version": {"version"}, "items": nil, "history": nil,
	},
	Columns: []page.Column[Request]{
		{Name: "id", SQL: "q.id", Read: func(q *Request, r *db.Row) { q.ID = r.Int() }},
		{Name: "number", SQL: "q.number", Read: func(q *Request, r *db.Row) { q.Number = r.Text() }},
		{Name: "state", SQL: "q.state", Read: func(q *Request, r *db.Row) { q.State = RequestState(r.Text()) }},
		{Name: "requester_name", SQL: "coalesce((select u.display_name from local_user u where u.id = q.requester_user_id), q.requester)", Read: func(q *Request, r *db.Row) { q.RequesterName = r.Text() }},
		{Name: "justification", SQL: "q.justification", Read: func(q *Request, r *db.Row) { q.Justification = r.Text() }},
		{Name: "submitted_at", SQL: "q.submitted_at", Read: func(q *Request, r *db.Row) { q.SubmittedAt = r.Time() }},
		{Name: "closed_at", SQL: "q.closed_at", Read: func(q *Request, r *db.Row) { q.ClosedAt = r.TimeOrNil() }},
		{Name: "version", SQL: "q.version", Read: func(q *Request, r *db.Row) { q.Version = int(r.Int()) }},
	},
}
