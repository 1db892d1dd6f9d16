package reconciliation

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/page"
)

// Pattern is many differences of one cause: one resource type, one property, one kind, values that look alike.
type Pattern struct {
	ID               string // for the filter
	Kind             Kind
	ResourceType     string // identifier
	ResourceTypeName string
	System           *string
	SystemName       *string
	Property         *string // nil: accounts
	PropertyName     *string
	Current          string // one of them
	Proposed         string // one of them
	IsSame           bool   // all have these values
	Count            int
	PreExisting      int // so many of them were there when the type was computed first
	OldestAt         time.Time
	NewestAt         time.Time

	key patternKey
}

// ReconciliationPatternConnection is a page of patterns.
type ReconciliationPatternConnection = page.Connection[*Pattern]

// patternKey is what differences of one pattern have in common.
type patternKey struct {
	Type     int64  `json:"t"`
	Property string `json:"p,omitempty"`
	Shape    string `json:"s,omitempty"`
	Kind     Kind   `json:"k"`
}

func (k patternKey) id() string { return page.Cursor(k) }

func parsePattern(id string) (k patternKey, err error) {
	if err := page.Read(id, &k); err != nil || sqlKind[k.Kind] == "" {
		return k, errs.Invalid("filter.pattern", "This is no pattern. Take the id of one of reconciliationPatterns.")
	}
	return k, nil
}

// condition is that of the differences of a pattern. Accounts have no values that could look alike.
func (k patternKey) condition() condition {
	parts := []condition{bun.SafeQuery("g.resource_type_id = ? and "+sqlKind[k.Kind], k.Type)}
	if k.Property == "" {
		return db.AllOf(append(parts, bun.SafeQuery("g.property is null"))...)
	}
	return db.AllOf(append(parts, bun.SafeQuery("g.property = ? and g.shape = ?", k.Property, k.Shape))...)
}

// patternCursor is where a page of patterns ended.
type patternCursor struct {
	Count int        `json:"n"`
	Key   patternKey `json:"k"`
}

// Patterns sums the differences up that the caller may decide about: one row per resource type, property, kind and shape of values, the
// most frequent first. One statement, whatever their number.
func (s *Service) Patterns(ctx context.Context, args page.Args, filter *ReconciliationFilter) (*ReconciliationPatternConnection, error) {
	if err := args.Check(); err != nil {
		return nil, err
	}
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	may, err := need(ctx, m, "g.resource_type_id", single)
	if err != nil {
		return nil, err
	}
	var at patternCursor
	more, err := args.Decode(&at)
	if err != nil {
		return nil, err
	}
	narrowed, err := filter.condition(ctx, m)
	if err != nil {
		return nil, err
	}
	where := db.AllOf(may, narrowed)
	after := everything
	if more {
		after = bun.SafeQuery("(-k.n, k.type, k.property, k.kind, k.shape) > (?, ?, ?, ?, ?)", -at.Count, at.Key.Type, at.Key.Property, string(at.Key.Kind), at.Key.Shape)
	}
	q := bun.SafeQuery(`with k as (
			select g.resource_type_id as type, coalesce(g.property, '') as property, `+sqlKindOf+` as kind, case when g.property is null then '' else g.shape end as shape,
				count(*)::int as n, (count(*) filter (where g.workflow_state = `+evaluation.SQLPreExisting+`))::int as old, min(g.id) as some, min(g.found_at) as oldest, max(g.found_at) as newest,
				min(coalesce(g.current_value, '')) = max(coalesce(g.current_value, '')) and min(coalesce(g.proposed_value, '')) = max(coalesce(g.proposed_value, '')) as same
			from `+items.Tables(where, "w.valid_to")+` where ? group by 1, 2, 3, 4)
		select k.type, k.property, k.kind, k.shape, k.n, k.old, k.oldest, k.newest, k.same, coalesce(g.current_value, ''), coalesce(g.proposed_value, ''),
			t.identifier, t.display_name, c.identifier, c.display_name, p.display_name, (select count(*) from k)::int
		from k join gap g on g.id = k.some join resource_type t on t.id = k.type join entity_type e on e.id = t.target_entity_type_id
			left join connector c on c.id = e.connector_id left join property p on p.entity_type_id = e.id and p.identifier = k.property
		where ? order by k.n desc, k.type, k.property, k.kind, k.shape limit ?`, where, after, db.Fixed(args.First+1))
	total := 0
	rows := []*Pattern{}
	if err := db.Select(ctx, s.DB, q, func(r *db.Row) error {
		p := &Pattern{key: patternKey{Type: r.Int(), Property: r.Text()}}
		p.key.Kind, p.key.Shape = Kind(r.Text()), r.Text()
		p.ID, p.Kind = p.key.id(), p.key.Kind
		p.Count, p.PreExisting, p.OldestAt, p.NewestAt, p.IsSame, p.Current, p.Proposed = int(r.Int()), int(r.Int()), r.Time(), r.Time(), r.Bool(), r.Text(), r.Text()
		p.ResourceType, p.ResourceTypeName, p.System, p.SystemName = r.Text(), r.Text(), r.TextOrNil(), r.TextOrNil()
		p.PropertyName = r.TextOrNil()
		if p.key.Property != "" {
			p.Property = &p.key.Property
			if p.PropertyName == nil {
				p.PropertyName = &p.key.Property
			}
		}
		total = int(r.Int())
		rows = append(rows, p)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("sum differences up: %w", db.Explain(err))
	}
	return page.Make(rows, args, total, func(p *Pattern) any { return patternCursor{p.Count, p.key} }), nil
}
