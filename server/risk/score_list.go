package risk

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/page"
	"writ/server/rolemodel"
)

// RiskScore is how dangerous somebody is, or was, by the risks he has.
type RiskScore struct {
	ID         int64
	Owner      *directory.ResourceRef
	Score      int
	Factor     string           // how the parts make it: a word of the configuration
	Parts      []*RiskScorePart // the most dangerous first
	ComputedAt time.Time
	EndedAt    *time.Time // when it became another one; nil: it is so

	rank          string
	factor        rolemodel.RiskFactor
	risks, levels []int64
	names         []string
}

// The page of scores.
type (
	RiskScoreConnection = page.Connection[*RiskScore]
	RiskScoreEdge       = page.Edge[*RiskScore]
)

// RiskScoreFilter narrows the list of scores; nil fields do not.
type RiskScoreFilter struct {
	Owner        *int64  // whose
	MinimumScore *int    // this and above
	Text         *string // in name, key or values of whose it is
	WithPast     *bool   // those that were, too
}

// RiskScoreSort is an order of the list of scores.
type RiskScoreSort string

// The orders.
const (
	ScoreDesc  RiskScoreSort = "SCORE_DESC"   // the most dangerous first
	ScoreAsc   RiskScoreSort = "SCORE_ASC"    // the least dangerous first
	ScoreNewer RiskScoreSort = "NEWEST_FIRST" // the newest first
)

var scores = page.Table[RiskScore]{
	From:   "risk_score x join resource w on w.id = x.owner_id",
	Always: []string{"id", "rank"},
	Fields: map[string][]string{
		"__typename": nil, "id": nil, "owner": {"owner"}, "score": {"score"}, "factor": {"parts"}, "parts": {"parts"}, "computedAt": {"computed_at"}, "endedAt": {"closed_at"},
	},
	Columns: []page.Column[RiskScore]{
		{Name: "id", SQL: "x.id", Read: func(x *RiskScore, r *db.Row) { x.ID = r.Int() }},
		{Name: "rank", SQL: "x.rank", Read: func(x *RiskScore, r *db.Row) { x.rank = r.Text() }},
		{Name: "owner", SQL: "w.id, w.key, w.display_name, (select e.identifier from entity_type e where e.id = w.entity_type_id)", Read: func(x *RiskScore, r *db.Row) {
			x.Owner = &directory.ResourceRef{ID: r.Int(), Key: r.Text(), DisplayName: r.Text(), EntityType: r.Text()}
		}},
		{Name: "score", SQL: "x.score", Read: func(x *RiskScore, r *db.Row) { x.Score = int(r.Int()) }},
		{Name: "parts", SQL: "x.factor, x.risk_ids, x.levels::bigint[], to_jsonb(x.names)", Read: func(x *RiskScore, r *db.Row) {
			x.factor, x.risks, x.levels = rolemodel.RiskFactor(r.Int()), r.Ints(), r.Ints()
			r.JSON(&x.names)
			x.Factor = rolemodel.RiskFactorWords[x.factor]
		}},
		{Name: "computed_at", SQL: "x.computed_at", Read: func(x *RiskScore, r *db.Row) { x.ComputedAt = r.Time() }},
		{Name: "closed_at", SQL: "x.closed_at", Read: func(x *RiskScore, r *db.Row) { x.EndedAt = r.TimeOrNil() }},
	},
}

// Scores gives a page of how dangerous people are, of those whom the caller may see. Needs permit.IdentifiedRiskQuery. The number of statements does not grow with
// the page.
func (s *Service) Scores(ctx context.Context, a page.Args, f *RiskScoreFilter, by *RiskScoreSort, fields page.Fields, total bool) (*RiskScoreConnection, error) {
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	var types []int64
	for id := range m.Shape.EntityTypes {
		types = append(types, id)
	}
	may, err := seenOf(ctx, m, types)
	if err != nil {
		return nil, err
	}
	sorting := page.Sorting[RiskScore]{Text: "x.rank", ID: "x.id", Desc: true, At: func(x *RiskScore) page.Position { return page.Position{Text: x.rank, ID: x.ID} }}
	switch {
	case by != nil && *by == ScoreAsc:
		sorting.Desc = false
	case by != nil && *by == ScoreNewer:
		sorting = page.Sorting[RiskScore]{ID: "x.id", Desc: true, At: func(x *RiskScore) page.Position { return page.Position{ID: x.ID} }}
	}
	c, err := scores.List(ctx, s.DB, a, fields, total, page.All(db.AnyOf(may...), f.of(ctx, m)), sorting)
	if err != nil {
		return nil, fmt.Errorf("list scores: %w", err)
	}
	known := map[int64]*Risk{}
	for _, x := range c.Nodes() {
		x.Parts = parts(x.factor, x.risks, x.levels, x.names, func(id int64) *Risk {
			if r := m.Risk(id); r != nil && known[id] == nil {
				known[id] = named(m, r)
			}
			return known[id]
		})
	}
	return c, nil
}

// of is the condition that a filter means.
func (f *RiskScoreFilter) of(ctx context.Context, m *assignment.Model) condition {
	if f == nil {
		return bun.SafeQuery("x.closed_at is null")
	}
	var where []condition
	if f.WithPast == nil || !*f.WithPast {
		where = append(where, bun.SafeQuery("x.closed_at is null"))
	}
	if f.Owner != nil {
		where = append(where, bun.SafeQuery("x.owner_id = ?", *f.Owner))
	}
	if f.MinimumScore != nil {
		where = append(where, bun.SafeQuery("x.rank >= lpad(?::text, 3, '0')", min(max(*f.MinimumScore, 0), 999)))
	}
	if f.Text != nil {
		where = append(where, directory.SearchBeside(ctx, m.Shape, "w", *f.Text))
	}
	return page.All(where...)
}
