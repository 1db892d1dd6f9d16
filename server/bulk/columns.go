package bulk

import (
	"writ/server/db"
	"writ/server/page"
)

// changes is how bulk changes are read.
var changes = page.Table[BulkChange]{
	From:   "bulk_change b",
	Always: []string{"id"},
	Fields: map[string][]string{
		"__typename": nil, "id": nil, "kind": {"kind"}, "decision": {"decision"}, "about": {"about"}, "isOfRequests": {"payload"}, "comment": {"comment"}, "state": {"state"}, "actor": {"actor"}, "actorName": {"actor"}, "againId": {"again_id"},
		"total": {"total"}, "done": {"done"}, "skipped": {"skipped"}, "failed": {"failed"}, "failure": {"failure"}, "createdAt": {"created_at"}, "startedAt": {"started_at"},
		"endedAt": {"ended_at"}, "isMine": {"user_id"},
	},
	Columns: []page.Column[BulkChange]{
		{Name: "id", SQL: "b.id", Read: func(c *BulkChange, r *db.Row) { c.ID = r.Int() }},
		{Name: "kind", SQL: "b.kind", Read: func(c *BulkChange, r *db.Row) { c.Kind = BulkKind(r.Text()) }},
		{Name: "decision", SQL: "b.decision", Read: func(c *BulkChange, r *db.Row) { c.Decision = BulkDecision(r.Text()) }},
		{Name: "about", SQL: "b.about", Read: func(c *BulkChange, r *db.Row) { c.About = r.Text() }},
		{Name: "payload", SQL: "b.payload", Read: func(c *BulkChange, r *db.Row) { r.JSON(&c.payload) }},
		{Name: "comment", SQL: "b.comment", Read: func(c *BulkChange, r *db.Row) { c.Comment = r.Text() }},
		{Name: "state", SQL: "b.state", Read: func(c *BulkChange, r *db.Row) { c.State = BulkState(r.Text()) }},
		{Name: "user_id", SQL: "b.user_id", Read: func(c *BulkChange, r *db.Row) { c.UserID = r.IntOrNil() }},
		{Name: "actor", SQL: "b.actor", Read: func(c *BulkChange, r *db.Row) { c.Actor = r.Text() }},
		{Name: "again_id", SQL: "b.again_id", Read: func(c *BulkChange, r *db.Row) { c.AgainID = r.IntOrNil() }},
		{Name: "total", SQL: "b.total", Read: func(c *BulkChange, r *db.Row) { c.Total = int(r.Int()) }},
		{Name: "done", SQL: "b.done", Read: func(c *BulkChange, r *db.Row) { c.Done = int(r.Int()) }},
		{Name: "skipped", SQL: "b.skipped", Read: func(c *BulkChange, r *db.Row) { c.Skipped = int(r.Int()) }},
		{Name: "failed", SQL: "b.failed", Read: func(c *BulkChange, r *db.Row) { c.Failed = int(r.Int()) }},
		{Name: "failure", SQL: "b.failure", Read: func(c *BulkChange, r *db.Row) { c.Failure = r.Text() }},
		{Name: "created_at", SQL: "b.created_at", Read: func(c *BulkChange, r *db.Row) { c.CreatedAt = r.Time() }},
		{Name: "started_at", SQL: "b.started_at", Read: func(c *BulkChange, r *db.Row) { c.StartedAt = r.TimeOrNil() }},
		{Name: "ended_at", SQL: "b.ended_at", Read: func(c *BulkChange, r *db.Row) { c.EndedAt = r.TimeOrNil() }},
	},
}

var newest = page.Sorting[BulkChange]{ID: "b.id", Desc: true, At: func(c *BulkChange) page.Position { return page.Position{ID: c.ID} }}

// items is how the items of a bulk change are read.
var items = page.Table[BulkItem]{
	From:   "bulk_item i",
	Always: []string{"subject_id"},
	Fields: map[string][]string{
		"__typename": nil, "subjectId": nil, "name": {"name"}, "about": {"about"}, "state": {"state"}, "code": {"code"}, "message": {"message"}, "before": {"before_text"},
		"after": {"after_text"}, "endedAt": {"ended_at"},
	},
	Columns: []page.Column[BulkItem]{
		{Name: "subject_id", SQL: "i.subject_id", Read: func(i *BulkItem, r *db.Row) { i.SubjectID = r.Int() }},
		{Name: "name", SQL: "i.name", Read: func(i *BulkItem, r *db.Row) { i.Name = r.Text() }},
		{Name: "about", SQL: "i.about", Read: func(i *BulkItem, r *db.Row) { i.About = r.Text() }},
		{Name: "state", SQL: "i.state", Read: func(i *BulkItem, r *db.Row) { i.State = BulkItemState(r.Text()) }},
		{Name: "code", SQL: "nullif(i.code, '')", Read: func(i *BulkItem, r *db.Row) { i.Code = r.TextOrNil() }},
		{Name: "message", SQL: "nullif(i.message, '')", Read: func(i *BulkItem, r *db.Row) { i.Message = r.TextOrNil() }},
		{Name: "before_text", SQL: "nullif(i.before_text, '')", Read: func(i *BulkItem, r *db.Row) { i.Before = r.TextOrNil() }},
		{Name: "after_text", SQL: "nullif(i.after_text, '')", Read: func(i *BulkItem, r *db.Row) { i.After = r.TextOrNil() }},
		{Name: "ended_at", SQL: "i.ended_at", Read: func(i *BulkItem, r *db.Row) { i.EndedAt = r.TimeOrNil() }},
	},
}

var bySubject = page.Sorting[BulkItem]{ID: "i.subject_id", At: func(i *BulkItem) page.Position { return page.Position{ID: i.SubjectID} }}
