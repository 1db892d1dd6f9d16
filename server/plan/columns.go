package plan

import (
	"encoding/json"

	"writ/server/db"
	"writ/server/page"
)

// The page of plans.
type (
	Connection = page.Connection[*Plan]
	PlanEdge   = page.Edge[*Plan]
)

// plans is how plans are read. The documents of a plan are large: a list reads those that are asked for.
var plans = page.Table[Plan]{
	From:   "plan p",
	Always: []string{"id"},
	Fields: map[string][]string{
		"__typename": nil, "id": nil, "title": {"title"}, "state": {"state"}, "actor": {"actor"}, "actorName": {"actor"}, "asOf": {"as_of"}, "total": {"total"}, "done": {"done"},
		"failure": {"failure"}, "createdAt": {"created_at"}, "endedAt": {"ended_at"}, "appliedAt": {"applied_at"}, "appliedBy": {"applied_by"},
		"changes": {"changes"}, "edits": {"edits"}, "problems": {"problems"}, "summary": {"state", "summary"}, "moved": {"moved"}, "overlaps": nil,
	},
	Columns: []page.Column[Plan]{
		{Name: "id", SQL: "p.id", Read: func(p *Plan, r *db.Row) { p.ID = r.Int() }},
		{Name: "title", SQL: "p.title", Read: func(p *Plan, r *db.Row) { p.Title = r.Text() }},
		{Name: "state", SQL: "p.state", Read: func(p *Plan, r *db.Row) { p.State = PlanState(r.Text()) }},
		{Name: "user_id", SQL: "p.user_id", Read: func(p *Plan, r *db.Row) { p.UserID = r.IntOrNil() }},
		{Name: "actor", SQL: "p.actor", Read: func(p *Plan, r *db.Row) { p.Actor = r.Text() }},
		{Name: "as_of", SQL: "p.as_of", Read: func(p *Plan, r *db.Row) { p.AsOf = r.TimeOrNil() }},
		{Name: "total", SQL: "p.total", Read: func(p *Plan, r *db.Row) { p.Total = int(r.Int()) }},
		{Name: "done", SQL: "p.done", Read: func(p *Plan, r *db.Row) { p.Done = int(r.Int()) }},
		{Name: "failure", SQL: "p.failure", Read: func(p *Plan, r *db.Row) { p.Failure = r.Text() }},
		{Name: "created_at", SQL: "p.created_at", Read: func(p *Plan, r *db.Row) { p.CreatedAt = r.Time() }},
		{Name: "ended_at", SQL: "p.ended_at", Read: func(p *Plan, r *db.Row) { p.EndedAt = r.TimeOrNil() }},
		{Name: "applied_at", SQL: "p.applied_at", Read: func(p *Plan, r *db.Row) { p.AppliedAt = r.TimeOrNil() }},
		{Name: "applied_by", SQL: "p.applied_by", Read: func(p *Plan, r *db.Row) { p.AppliedBy = r.TextOrNil() }},
		{Name: "changes", SQL: "p.changes::text", Read: func(p *Plan, r *db.Row) { p.changes = json.RawMessage(r.Text()) }},
		{Name: "edits", SQL: "p.edits::text", Read: func(p *Plan, r *db.Row) { p.edits = json.RawMessage(r.Text()) }},
		{Name: "problems", SQL: "p.problems::text", Read: func(p *Plan, r *db.Row) { p.problems = json.RawMessage(r.Text()) }},
		{Name: "summary", SQL: "p.summary::text", Read: func(p *Plan, r *db.Row) { p.summary = json.RawMessage(r.Text()) }},
		{Name: "moved", SQL: "p.moved::text", Read: func(p *Plan, r *db.Row) { p.moved = json.RawMessage(r.Text()) }},
		{Name: "fingerprint", SQL: "p.fingerprint", Read: func(p *Plan, r *db.Row) { p.fingerprint = r.Text() }},
	},
}

// newest is the order of plans.
var newest = page.Sorting[Plan]{ID: "p.id", Desc: true, At: func(p *Plan) page.Position { return page.Position{ID: p.ID} }}
