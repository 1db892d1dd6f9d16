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
	"writ/server/evaluation"
	"writ/server/page"
)

// RiskBlock is something that rules would newly give somebody, and that a risk keeps back (role-model 9.5).
type RiskBlock struct {
	ID                      int64
	Risk                    *Risk
	Owner                   *directory.ResourceRef
	Rule                    string  // identifier of the rule that would hold
	Role, RoleDisplayName   *string // nil: a value of a resource type
	ResourceType            *string // with ResourceTypeDisplayName, Property and PropertyDisplayName; nil: a role
	ResourceTypeDisplayName *string
	Property                *string
	PropertyDisplayName     *string
	StartDate, EndDate      *time.Time // when the risk would hold; nil: since ever, until something is done
	BlockedAt               time.Time
	Contributors            []*RiskContributor // what would make it hold, with what is kept back

	riskID, roleID, typeID int64
	property               string
	stands                 []evaluation.Contributor
}

// The page of what risks keep back.
type (
	RiskBlockConnection = page.Connection[*RiskBlock]
	RiskBlockEdge       = page.Edge[*RiskBlock]
)

var blocked = page.Table[RiskBlock]{
	From:   "risk_block i join resource w on w.id = i.owner_id",
	Always: []string{"id", "risk_id", "what"},
	Fields: map[string][]string{
		"__typename": nil, "id": nil, "risk": nil, "owner": {"owner"}, "rule": {"rule"}, "startDate": {"start_date"}, "endDate": {"end_date"}, "blockedAt": {"blocked_at"},
		"contributors": {"contributors"}, "role": nil, "roleDisplayName": nil, "resourceType": nil, "resourceTypeDisplayName": nil, "property": nil, "propertyDisplayName": nil,
	},
	Columns: []page.Column[RiskBlock]{
		{Name: "id", SQL: "i.id", Read: func(x *RiskBlock, r *db.Row) { x.ID = r.Int() }},
		{Name: "risk_id", SQL: "i.risk_id", Read: func(x *RiskBlock, r *db.Row) { x.riskID = r.Int() }},
		{Name: "what", SQL: "coalesce(i.role_id, 0), coalesce(i.resource_type_id, 0), coalesce(i.property, '')", Read: func(x *RiskBlock, r *db.Row) {
			x.roleID, x.typeID, x.property = r.Int(), r.Int(), r.Text()
		}},
		{Name: "owner", SQL: "w.id, w.key, w.display_name, (select e.identifier from entity_type e where e.id = w.entity_type_id)", Read: func(x *RiskBlock, r *db.Row) {
			x.Owner = &directory.ResourceRef{ID: r.Int(), Key: r.Text(), DisplayName: r.Text(), EntityType: r.Text()}
		}},
		{Name: "rule", SQL: "i.rule", Read: func(x *RiskBlock, r *db.Row) { x.Rule = r.Text() }},
		{Name: "start_date", SQL: "i.start_date", Read: func(x *RiskBlock, r *db.Row) { x.StartDate = r.TimeOrNil() }},
		{Name: "end_date", SQL: "i.end_date", Read: func(x *RiskBlock, r *db.Row) { x.EndDate = r.TimeOrNil() }},
		{Name: "blocked_at", SQL: "i.blocked_at", Read: func(x *RiskBlock, r *db.Row) { x.BlockedAt = r.Time() }},
		{Name: "contributors", SQL: "i.contributors", Read: func(x *RiskBlock, r *db.Row) {
			if err := json.Unmarshal(r.Bytes(), &x.stands); err != nil {
				panic(fmt.Errorf("contributors of what a risk keeps back: %w", err)) // they are ours
			}
		}},
	},
}

// Blocked gives a page of what risks keep back from people, the newest first, of the people whom the caller may see. Needs permit.IdentifiedRiskQuery. What is
// kept back for a risk that is deleted is not shown: the next computation gives it. The number of statements does not grow with the page.
func (s *Service) Blocked(ctx context.Context, a page.Args, f *IdentifiedRiskFilter, fields page.Fields, total bool) (*RiskBlockConnection, error) {
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	may, err := seen(ctx, m)
	if err != nil {
		return nil, err
	}
	where := page.All(bun.SafeQuery("i.closed_at is null"), may, f.of(ctx, m))
	if f != nil && f.IsAttached != nil && *f.IsAttached {
		where = bun.SafeQuery("false") // nobody attaches what is kept back
	}
	c, err := blocked.List(ctx, s.DB, a, fields, total, where, page.Sorting[RiskBlock]{ID: "i.id", Desc: true,
		At: func(x *RiskBlock) page.Position { return page.Position{ID: x.ID} }})
	if err != nil {
		return nil, fmt.Errorf("list what risks keep back: %w", err)
	}
	known := map[int64]*Risk{}
	for _, x := range c.Nodes() {
		if known[x.riskID] == nil {
			known[x.riskID] = named(m, m.Risk(x.riskID))
		}
		x.Risk = known[x.riskID]
		x.name(m)
	}
	if fields == nil || fields.Has("contributors") {
		err = s.stands(ctx, m, c.Nodes())
	}
	return c, err
}

// name finds what the ids stand for. What has left the model since is called by nothing.
func (x *RiskBlock) name(m *assignment.Model) {
	if r := m.Role(x.roleID); r != nil {
		x.Role, x.RoleDisplayName = &r.Identifier, &r.DisplayName
	}
	if t := m.ResourceType(x.typeID); t != nil {
		x.ResourceType, x.ResourceTypeDisplayName, x.Property, x.PropertyDisplayName = &t.Identifier, &t.DisplayName, &x.property, &x.property
		if p := m.Shape.Property(t.TargetEntityTypeID, x.property); p != nil {
			x.PropertyDisplayName = &p.DisplayName
		}
	}
}

// stands brings what would make the risks hold, in one statement.
func (s *Service) stands(ctx context.Context, m *assignment.Model, list []*RiskBlock) error {
	found := make([]*IdentifiedRisk, len(list))
	for i, x := range list {
		found[i] = &IdentifiedRisk{stands: x.stands}
	}
	if err := s.contributors(ctx, m, found); err != nil {
		return err
	}
	for i, x := range list {
		x.Contributors = found[i].Contributors
	}
	return nil
}
