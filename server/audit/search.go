package audit

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"writ/server/clock"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/page"
	"writ/server/permit"
)

// Service searches the log, signs checkpoints of its chain, and verifies both.
type Service struct {
	DB       *bun.DB
	Clock    *clock.Clock
	Key      ed25519.PrivateKey // signs checkpoints
	HeadFile string             // where the newest checkpoint is kept outside of the database; "" = nowhere
}

// AuditEvent is one line of the log.
type AuditEvent struct {
	Position         int64 // in the chain: the order of the log
	ID               int64
	At               time.Time
	Kind             string
	Actor            string
	SubjectType      string
	SubjectID        *int64
	SourceEntityType *string
	OwnerID          *int64
	Data             json.RawMessage

	SubjectName *string // what the subject is called today; nil: it is no single thing, or it is gone
	ActorName   *string // display name of the person; nil: a part of the server
}

// AuditEventConnection is a page of the log.
type AuditEventConnection = page.Connection[*AuditEvent]

// AuditEventFilter narrows the log; nil and empty fields do not filter, all others must hold.
type AuditEventFilter struct {
	Text        *string // each word in the name, key or mail of what the event is about, or in the name of who did it
	Kinds       []string
	Actor       *string
	SubjectType *string
	SubjectID   *int64
	OwnerID     *int64
	From        *time.Time // inclusive
	To          *time.Time // exclusive
}

// events is how the log is read: in the order of the chain. What has no position yet is not in it.
var events = page.Table[AuditEvent]{
	From:   "event_chain c join event e on e.id = c.event_id",
	Always: []string{"position"},
	Fields: map[string][]string{
		"__typename": nil, "cursor": nil, "at": {"at"}, "kind": {"kind"}, "actor": {"actor"}, "actorName": {"actor"}, "subjectType": {"subject_type"},
		"subjectId": {"subject_id"}, "subjectName": {"subject_type", "subject_id"}, "data": {"data"},
	},
	Columns: []page.Column[AuditEvent]{
		{Name: "position", SQL: "c.position", Read: func(e *AuditEvent, r *db.Row) { e.Position = r.Int() }},
		{Name: "id", SQL: "e.id", Read: func(e *AuditEvent, r *db.Row) { e.ID = r.Int() }},
		{Name: "at", SQL: "e.at", Read: func(e *AuditEvent, r *db.Row) { e.At = r.Time() }},
		{Name: "kind", SQL: "e.kind", Read: func(e *AuditEvent, r *db.Row) { e.Kind = r.Text() }},
		{Name: "actor", SQL: "e.actor", Read: func(e *AuditEvent, r *db.Row) { e.Actor = r.Text() }},
		{Name: "subject_type", SQL: "e.subject_type", Read: func(e *AuditEvent, r *db.Row) { e.SubjectType = r.Text() }},
		{Name: "subject_id", SQL: "e.subject_id", Read: func(e *AuditEvent, r *db.Row) { e.SubjectID = r.IntOrNil() }},
		{Name: "source_entity_type", SQL: "e.source_entity_type", Read: func(e *AuditEvent, r *db.Row) { e.SourceEntityType = r.TextOrNil() }},
		{Name: "owner_id", SQL: "e.owner_id", Read: func(e *AuditEvent, r *db.Row) { e.OwnerID = r.IntOrNil() }},
		{Name: "data", SQL: "e.data", Read: func(e *AuditEvent, r *db.Row) { e.Data = r.Bytes() }},
	},
}

var eventsByPosition = page.Sorting[AuditEvent]{ID: "c.position", Desc: true, At: func(e *AuditEvent) page.Position { return page.Position{ID: e.Position} }}

// Search pages through the log by position, the newest first; an event stands in it some milliseconds after its commit. TotalCount is an
// estimate beyond page.Exact. Needs /Monitoring: in a rule about an entity type it shows what happened to the resources of that type, inside its filters.
func (s *Service) Search(ctx context.Context, a page.Args, filter *AuditEventFilter, fields page.Fields, total bool) (*AuditEventConnection, error) {
	may, err := s.visible(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.Check(); err != nil {
		return nil, err
	}
	found, err := s.found(ctx, filter)
	if err != nil {
		return nil, err
	}
	c, err := events.List(ctx, s.DB, a, fields, total, page.All(may, found, filter.condition()), eventsByPosition)
	if err != nil {
		return nil, fmt.Errorf("search the event log: %w", err)
	}
	if fields.Has("subjectName", "actorName") {
		if err := name(ctx, s.DB, c.Nodes()); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// visible is the condition on e that the caller's right opens. What happened to nobody's resource in particular is for those whose right
// is about every data set.
func (s *Service) visible(ctx context.Context) (schema.QueryWithArgs, error) {
	scope, err := permit.Require(ctx, permit.Monitoring)
	if err != nil || scope.Everything() {
		return bun.SafeQuery("true"), err
	}
	shape, err := directory.LoadShape(ctx, s.DB)
	if err != nil {
		return schema.QueryWithArgs{}, err
	}
	var parts []string
	var values []any
	for _, name := range slices.Sorted(maps.Keys(shape.ByIdentifier)) {
		if !scope.On(name).Allowed() {
			continue
		}
		id := shape.ByIdentifier[name].ID
		parts = append(parts, "exists (select from resource w where w.entity_type_id = ? and w.id = coalesce(e.owner_id, case e.subject_type when 'resource' then e.subject_id end) and ?)")
		values = append(values, id, directory.Rows(shape, id, "w", scope))
		if scope.All(name) {
			parts, values = append(parts, "e.source_entity_type = ?"), append(values, name)
		}
	}
	if len(parts) == 0 {
		return bun.SafeQuery("false"), nil
	}
	return bun.SafeQuery("("+strings.Join(parts, " or ")+")", values...), nil
}

// condition is what a filter asks of e. What decides how rows are found best, because it is one of few, stands in the text of the statement.
func (f *AuditEventFilter) condition() schema.QueryWithArgs {
	where := page.All()
	if f == nil {
		return where
	}
	if len(f.Kinds) > 0 {
		where = page.All(where, bun.SafeQuery("e.kind in (?)", bun.List(f.Kinds)))
	}
	if f.Actor != nil {
		where = page.All(where, bun.SafeQuery("e.actor = ?", db.Fixed(*f.Actor)))
	}
	if f.SubjectType != nil {
		where = page.All(where, bun.SafeQuery("e.subject_type = ?", db.Fixed(*f.SubjectType)))
	}
	if f.SubjectID != nil {
		where = page.All(where, bun.SafeQuery("e.subject_id = ?", *f.SubjectID))
	}
	if f.OwnerID != nil {
		where = page.All(where, bun.SafeQuery("e.owner_id = ?", *f.OwnerID))
	}
	if f.From != nil {
		where = page.All(where, bun.SafeQuery("e.at >= ?", *f.From))
	}
	if f.To != nil {
		where = page.All(where, bun.SafeQuery("e.at < ?", *f.To))
	}
	return where
}
