package risk

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/page"
)

// IdentifiedRisk is a risk that somebody has, or is going to have.
type IdentifiedRisk struct {
	ID                 int64
	Risk               *Risk
	Owner              *directory.ResourceRef
	Rule               string     // identifier of the rule that holds; empty: none does, it is attached by hand
	StartDate, EndDate *time.Time // when it holds; nil: since ever, until something is done
	DetectedAt         time.Time
	Contributors       []*RiskContributor
	Attachment         *RiskAttachment // nil: nobody attached it by hand

	Score *int // of who has it, by all his risks; nil: none was computed

	riskID int64
	rank   string
	stands []evaluation.Contributor
}

// RiskAttachment is who says that somebody has a risk, and why (role-model 9.5).
type RiskAttachment struct {
	By     string // name of an actor
	At     time.Time
	Reason string
}

// IsComputed reports whether a computation finds that the risk holds.
func (x *IdentifiedRisk) IsComputed() bool { return x.Rule != "" }

// The page of identified risks.
type (
	IdentifiedRiskConnection = page.Connection[*IdentifiedRisk]
	IdentifiedRiskEdge       = page.Edge[*IdentifiedRisk]
)

// IdentifiedRiskFilter narrows the list of identified risks; nil fields do not.
type IdentifiedRiskFilter struct {
	Owner        *int64  // who has it
	Risk         *string // identifier
	MinimumLevel *int
	Text         *string // in name, key or values of who has it
	IsAttached   *bool   // attached by hand, or not
}

// IdentifiedRiskSort is an order of the list of identified risks.
type IdentifiedRiskSort string

// The orders.
const (
	IdentifiedNewest  IdentifiedRiskSort = "NEWEST"     // the newest first
	IdentifiedByScore IdentifiedRiskSort = "SCORE_DESC" // of the most dangerous people first (role-model 9.6)
)

var identified = page.Table[IdentifiedRisk]{
	From:   "identified_risk i join resource w on w.id = i.owner_id",
	Joins:  []page.Join{{Alias: "z", SQL: "left join risk_score z on z.owner_id = i.owner_id and z.closed_at is null"}},
	Always: []string{"id", "risk_id"},
	Fields: map[string][]string{
		"__typename": nil, "id": nil, "risk": nil, "owner": {"owner"}, "rule": {"rule"}, "startDate": {"start_date"}, "endDate": {"end_date"},
		"detectedAt": {"detected_at"}, "contributors": {"contributors"}, "isComputed": {"rule"}, "attachment": {"attached"}, "score": {"score"},
	},
	Columns: []page.Column[IdentifiedRisk]{
		{Name: "id", SQL: "i.id", Read: func(x *IdentifiedRisk, r *db.Row) { x.ID = r.Int() }},
		{Name: "risk_id", SQL: "i.risk_id", Read: func(x *IdentifiedRisk, r *db.Row) { x.riskID = r.Int() }},
		{Name: "owner", SQL: "w.id, w.key, w.display_name, (select e.identifier from entity_type e where e.id = w.entity_type_id)", Read: func(x *IdentifiedRisk, r *db.Row) {
			x.Owner = &directory.ResourceRef{ID: r.Int(), Key: r.Text(), DisplayName: r.Text(), EntityType: r.Text()}
		}},
		{Name: "rule", SQL: "i.rule", Read: func(x *IdentifiedRisk, r *db.Row) { x.Rule = r.Text() }},
		{Name: "start_date", SQL: "i.start_date", Read: func(x *IdentifiedRisk, r *db.Row) { x.StartDate = r.TimeOrNil() }},
		{Name: "end_date", SQL: "i.end_date", Read: func(x *IdentifiedRisk, r *db.Row) { x.EndDate = r.TimeOrNil() }},
		{Name: "score", SQL: "z.score", Read: func(x *IdentifiedRisk, r *db.Row) {
			if n := r.IntOrNil(); n != nil {
				x.Score = new(int(*n))
			}
		}},
		{Name: "rank", SQL: "coalesce(z.rank, '')", Read: func(x *IdentifiedRisk, r *db.Row) { x.rank = r.Text() }},
		{Name: "detected_at", SQL: "i.detected_at", Read: func(x *IdentifiedRisk, r *db.Row) { x.DetectedAt = r.Time() }},
		{Name: "attached", SQL: "i.attached_at, i.attached_by, i.attached_reason", Read: func(x *IdentifiedRisk, r *db.Row) {
			at, by, reason := r.TimeOrNil(), r.TextOrNil(), r.TextOrNil()
			if at != nil {
				x.Attachment = &RiskAttachment{*by, *at, *reason}
			}
		}},
		{Name: "contributors", SQL: "i.contributors", Read: func(x *IdentifiedRisk, r *db.Row) {
			if err := json.Unmarshal(r.Bytes(), &x.stands); err != nil {
				panic(fmt.Errorf("contributors of a risk: %w", err)) // they are ours
			}
		}},
	},
}

// Identified gives a page of the risks that people have, the newest first unless said otherwise, of the people whom the caller may see. Needs permit.IdentifiedRiskQuery. What was
// found of a risk that is deleted is not shown. The number of statements does not grow with the page.
func (s *Service) Identified(ctx context.Context, a page.Args, f *IdentifiedRiskFilter, by *IdentifiedRiskSort, fields page.Fields, total bool) (*IdentifiedRiskConnection, error) {
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	may, err := seen(ctx, m)
	if err != nil {
		return nil, err
	}
	where := page.All(bun.SafeQuery("i.closed_at is null"), may, f.of(ctx, m))
	if f != nil && f.IsAttached != nil {
		where = page.All(where, bun.SafeQuery("(i.attached_at is not null) = ?", *f.IsAttached))
	}
	order := page.Sorting[IdentifiedRisk]{ID: "i.id", Desc: true, At: func(x *IdentifiedRisk) page.Position { return page.Position{ID: x.ID} }}
	if by != nil && *by == IdentifiedByScore {
		order = page.Sorting[IdentifiedRisk]{Text: "coalesce(z.rank, '')", ID: "i.id", Desc: true, Needs: []string{"rank"}, At: func(x *IdentifiedRisk) page.Position { return page.Position{Text: x.rank, ID: x.ID} }}
	}
	c, err := identified.List(ctx, s.DB, a, fields, total, where, order)
	if err != nil {
		return nil, fmt.Errorf("list identified risks: %w", err)
	}
	return c, s.name(ctx, m, c.Nodes(), fields)
}

// Get gives one identified risk; NotFound when there is none that the caller may see. Needs what Identified needs.
func (s *Service) Get(ctx context.Context, id int64) (*IdentifiedRisk, error) {
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	may, err := seen(ctx, m)
	if err != nil {
		return nil, err
	}
	rows, err := identified.Read(ctx, s.DB, identified.For(nil), page.All(bun.SafeQuery("i.closed_at is null and i.id = ?", id), may, (&IdentifiedRiskFilter{}).of(ctx, m)), "i.id", 1)
	if err != nil {
		return nil, fmt.Errorf("read an identified risk: %w", db.Explain(err))
	}
	if len(rows) == 0 {
		return nil, errs.Missing("There is no identified risk %d, or it is not in your scope.", id).Of(id)
	}
	return rows[0], s.name(ctx, m, rows, nil)
}

// of is the condition that a filter means: always one on the risks there are.
func (f *IdentifiedRiskFilter) of(ctx context.Context, m *assignment.Model) condition {
	risks := []int64{}
	for _, r := range m.Source.Risks {
		if f == nil || (f.Risk == nil || *f.Risk == r.Identifier) && (f.MinimumLevel == nil || r.Level >= *f.MinimumLevel) {
			risks = append(risks, r.ID)
		}
	}
	if len(risks) == 0 {
		return bun.SafeQuery("false")
	}
	where := []condition{bun.SafeQuery("i.risk_id in (?)", bun.List(risks))}
	if f != nil && f.Owner != nil {
		where = append(where, bun.SafeQuery("i.owner_id = ?", *f.Owner))
	}
	if f != nil && f.Text != nil {
		where = append(where, directory.SearchBeside(ctx, m.Shape, "w", *f.Text))
	}
	return page.All(where...)
}

// name finds what the ids of identified risks stand for.
func (s *Service) name(ctx context.Context, m *assignment.Model, list []*IdentifiedRisk, fields page.Fields) error {
	known := map[int64]*Risk{}
	for _, x := range list {
		if known[x.riskID] == nil {
			known[x.riskID] = named(m, m.Risk(x.riskID))
		}
		x.Risk = known[x.riskID]
	}
	if fields == nil || fields.Has("contributors") {
		return s.contributors(ctx, m, list)
	}
	return nil
}
