package risk

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/rolemodel"
)

// Risk is a dangerous combination of entitlements, of the model in force.
type Risk struct {
	ID                        int64
	Identifier, DisplayName   string
	Description, Remediation  string
	RiskType, ExemptionPolicy string // words of the configuration
	Level                     int
	Policy, EntityType        string // identifiers
	OwnerEntityType, OwnerKey *string
	Rules                     []*RiskRule
	people                    map[int64]int // nil: the caller may not know
}

// RiskRule holds when every item does.
type RiskRule struct {
	Identifier string
	Items      []*RiskItem
}

// RiskItem is a value of an account, by its names.
type RiskItem struct {
	ResourceType, ResourceTypeDisplayName string
	Property, PropertyDisplayName         string
	Resource, ResourceDisplayName         *string // nil: any
}

// The page of risks.
type (
	RiskConnection = page.Connection[*Risk]
	RiskEdge       = page.Edge[*Risk]
)

// RiskFilter narrows the list of risks; nil fields do not.
type RiskFilter struct {
	Text         *string // in the name or the identifier
	MinimumLevel *int
	RiskTypes    []string
	Identifiers  []string
}

// People is how many of those whom the caller may see have it, or are going to; nil: he may see nobody's.
func (r *Risk) People() *int {
	if r.people == nil {
		return nil
	}
	n := r.people[r.ID]
	return &n
}

// List gives a page of the risks, by name. Needs permit.RoleModelQuery. The number of statements does not grow with the page.
func (s *Service) List(ctx context.Context, a page.Args, f *RiskFilter, fields page.Fields) (*RiskConnection, error) {
	if _, err := permit.Require(ctx, permit.RoleModelQuery); err != nil {
		return nil, err
	}
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	var list []*Risk
	for _, r := range m.Source.Risks {
		if f.takes(r) {
			list = append(list, named(m, r))
		}
	}
	at := func(r *Risk) page.Position { return page.Position{Text: r.DisplayName, ID: r.ID} }
	slices.SortFunc(list, func(x, y *Risk) int { return at(x).Compare(at(y)) })
	c, err := page.InMemory(list, a, at)
	if err != nil {
		return nil, err
	}
	if fields == nil || fields.Has("people") {
		if err := s.count(ctx, m, c.Nodes()); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (f *RiskFilter) takes(r *rolemodel.Risk) bool {
	if f == nil {
		return true
	}
	if f.Text != nil {
		in := strings.ToLower(r.DisplayName + " " + r.Identifier)
		for _, word := range strings.Fields(strings.ToLower(*f.Text)) {
			if !strings.Contains(in, word) {
				return false
			}
		}
	}
	return (f.MinimumLevel == nil || r.Level >= *f.MinimumLevel) && (len(f.RiskTypes) == 0 || slices.Contains(f.RiskTypes, r.TypeWord())) &&
		(f.Identifiers == nil || slices.Contains(f.Identifiers, r.Identifier))
}

// named gives a risk with what its ids and keys stand for.
func named(m *assignment.Model, r *rolemodel.Risk) *Risk {
	out := &Risk{ID: r.ID, Identifier: r.Identifier, DisplayName: r.DisplayName, Description: r.Description, Remediation: r.Remediation, RiskType: r.TypeWord(),
		ExemptionPolicy: r.PolicyWord(), Level: r.Level, OwnerKey: r.OwnerKey}
	if p := m.Policy(r.PolicyID); p != nil {
		out.Policy = p.Identifier
	}
	if t := m.Shape.EntityTypes[r.EntityTypeID]; t != nil {
		out.EntityType = t.Identifier
	}
	if r.OwnerEntityTypeID != nil {
		if t := m.Shape.EntityTypes[*r.OwnerEntityTypeID]; t != nil {
			out.OwnerEntityType = &t.Identifier
		}
	}
	for _, rule := range r.Rules {
		x := &RiskRule{Identifier: rule.Identifier}
		for _, i := range rule.Items {
			x.Items = append(x.Items, itemOf(m, i))
		}
		out.Rules = append(out.Rules, x)
	}
	return out
}

func itemOf(m *assignment.Model, i rolemodel.RiskItem) *RiskItem {
	x := &RiskItem{ResourceType: i.ResourceType, ResourceTypeDisplayName: i.ResourceType, Property: i.Property, PropertyDisplayName: i.Property}
	t, p := m.Source.RiskProperty(m.Shape, i)
	if t != nil {
		x.ResourceTypeDisplayName = t.DisplayName
	}
	if p != nil {
		x.PropertyDisplayName = p.DisplayName
	}
	if i.Resource != "" {
		name := i.Resource
		if p != nil && p.TargetEntityTypeID != nil {
			name = m.NameOfKey(*p.TargetEntityTypeID, i.Resource)
		}
		x.Resource, x.ResourceDisplayName = &i.Resource, &name
	}
	return x
}

// count brings how many people have each risk, of those whom the caller may see.
func (s *Service) count(ctx context.Context, m *assignment.Model, list []*Risk) error {
	if !permit.Find(ctx, permit.IdentifiedRiskQuery).Allowed() || len(list) == 0 {
		return nil
	}
	may, err := seen(ctx, m)
	if err != nil {
		return err
	}
	ids, found := make([]int64, len(list)), map[int64]int{}
	for n, r := range list {
		ids[n], r.people = r.ID, found
	}
	if err := db.Select(ctx, s.DB, bun.SafeQuery(`select i.risk_id, count(*) from identified_risk i join resource w on w.id = i.owner_id
		where i.closed_at is null and i.risk_id in (?) and ? group by i.risk_id`, bun.List(ids), may), func(r *db.Row) error {
		id := r.Int()
		found[id] = int(r.Int())
		return nil
	}); err != nil {
		return fmt.Errorf("count who has risks: %w", db.Explain(err))
	}
	return nil
}
