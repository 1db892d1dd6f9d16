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
	bun.BaseModel `bun:"table:event,alias:e"`

	Position         int64 `bun:",scanonly"` // in the chain: the order of the log
	ID               int64 `bun:",pk"`
	At               time.Time
	Kind             string
	Actor            string
	SubjectType      string
	SubjectID        *int64
	SourceEntityType *string
	OwnerID          *int64
	Data             json.RawMessage `bun:"type:jsonb"`

	SubjectName *string `bun:"-"` // what the subject is called today; nil: it is no single thing, or it is gone
	ActorName   *string `bun:"-"` // display name of the person; nil: a part of the server
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

// Search pages through the log by position, the newest first; an event stands in it some milliseconds after its commit. TotalCount is an
// estimate beyond page.Exact. Needs /Monitoring: in a rule about an entity type it shows what happened to the resources of that type, inside its filters.
func (s *Service) Search(ctx context.Context, args page.Args, filter *AuditEventFilter) (*AuditEventConnection, error) {
	may, err := s.visible(ctx)
	if err != nil {
		return nil, err
	}
	if err := args.Check(); err != nil {
		return nil, err
	}
	var before int64
	more, err := args.Decode(&before)
	if err != nil {
		return nil, err
	}
	found, err := s.found(ctx, filter)
	if err != nil {
		return nil, err
	}
	rows := []*AuditEvent{}
	q := filter.narrow(log(s.DB, &rows)).Where("?", may).Where("?", found).OrderExpr("c.position DESC").Limit(int64(args.First + 1))
	if more {
		q.Where("c.position < ?", before)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("search the event log: %w", err)
	}
	if err := name(ctx, s.DB, rows); err != nil {
		return nil, err
	}
	counted := filter.narrow(s.DB.NewSelect().Model((*AuditEvent)(nil))).Join(chain).Where("?", may).Where("?", found).ColumnExpr("1")
	total, err := page.CountRows(ctx, s.DB, bun.SafeQuery("(?) AS c", counted))
	if err != nil {
		return nil, fmt.Errorf("count the event log: %w", err)
	}
	return page.MakeCounted(rows, args, total, func(e *AuditEvent) any { return e.Position }), nil
}

// chain is the join that gives events their order. What has no position yet is not in the log.
const chain = "JOIN event_chain AS c ON c.event_id = e.id"

func log(db bun.IDB, rows *[]*AuditEvent) *bun.SelectQuery {
	return db.NewSelect().Model(rows).ColumnExpr("c.position, e.*").Join(chain)
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

func (f *AuditEventFilter) narrow(q *bun.SelectQuery) *bun.SelectQuery {
	if f == nil {
		return q
	}
	if len(f.Kinds) > 0 {
		q.Where("e.kind IN (?)", bun.List(f.Kinds))
	}
	if f.Actor != nil {
		q.Where("e.actor = ?", *f.Actor)
	}
	if f.SubjectType != nil {
		q.Where("e.subject_type = ?", *f.SubjectType)
	}
	if f.SubjectID != nil {
		q.Where("e.subject_id = ?", *f.SubjectID)
	}
	if f.OwnerID != nil {
		q.Where("e.owner_id = ?", *f.OwnerID)
	}
	if f.From != nil {
		q.Where("e.at >= ?", *f.From)
	}
	if f.To != nil {
		q.Where("e.at < ?", *f.To)
	}
	return q
}
