package risk

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/evaluation"
)

// RiskContributor is what makes an item of a risk hold, and why it is held.
type RiskContributor struct {
	Item                    int // place of the item in the rule, from 0
	ResourceType            string
	ResourceTypeDisplayName string
	Property                string
	PropertyDisplayName     string
	Value                   *directory.ResourceRef // nil: a scalar, or the caller may not read it
	Account                 *directory.ResourceRef // nil: there is none yet, or the caller may not read it
	Exists                  bool                   // the account shows it
	IsExpected              bool                   // it is computed
	Reasons                 []string               // what it is computed by, in words; else where it was found
}

// foundReason says where a value comes from that nothing computes.
const foundReason = "The account has it, and no rule gives it."

// contributors brings what makes up identified risks, in one statement.
func (s *Service) contributors(ctx context.Context, m *assignment.Model, list []*IdentifiedRisk) error {
	var ids []int64
	for _, x := range list {
		for _, c := range x.stands {
			ids = append(ids, c.ValueID, c.TargetID)
		}
	}
	slices.Sort(ids)
	names := map[int64]*directory.ResourceRef{}
	if err := db.Select(ctx, s.DB, bun.SafeQuery(`select r.id, r.key, r.display_name, e.identifier from resource r join entity_type e on e.id = r.entity_type_id where r.id = any (?) and ?`,
		pgdialect.Array(slices.Compact(ids)), readable(ctx, m)), func(r *db.Row) error {
		x := &directory.ResourceRef{ID: r.Int(), Key: r.Text(), DisplayName: r.Text(), EntityType: r.Text()}
		names[x.ID] = x
		return nil
	}); err != nil {
		return fmt.Errorf("name what makes up risks: %w", db.Explain(err))
	}
	for _, x := range list {
		x.Contributors = make([]*RiskContributor, len(x.stands))
		for n, c := range x.stands {
			x.Contributors[n] = explained(m, c, names)
		}
	}
	return nil
}

// readable is the condition on r, a resource, under which the caller may read it.
func readable(ctx context.Context, m *assignment.Model) condition {
	var may []condition
	for _, id := range slices.Sorted(maps.Keys(m.Shape.EntityTypes)) {
		if scope, err := directory.MayRead(ctx, m.Shape.EntityTypes[id].Identifier); err == nil {
			may = append(may, bun.SafeQuery("(r.entity_type_id = ? and ?)", id, directory.Rows(m.Shape, id, "r", scope)))
		}
	}
	if len(may) == 0 {
		return bun.SafeQuery("false")
	}
	return db.AnyOf(may...)
}

func explained(m *assignment.Model, c evaluation.Contributor, names map[int64]*directory.ResourceRef) *RiskContributor {
	out := &RiskContributor{Item: c.Item, Property: c.Property, PropertyDisplayName: c.Property, Value: names[c.ValueID], Account: names[c.TargetID], Exists: c.Exists, IsExpected: c.Expected,
		Reasons: m.TypeRuleReasons(c.Rules)}
	if t := m.ResourceType(c.ResourceTypeID); t != nil {
		out.ResourceType, out.ResourceTypeDisplayName = t.Identifier, t.DisplayName
		if p := m.Shape.Property(t.TargetEntityTypeID, c.Property); p != nil {
			out.PropertyDisplayName = p.DisplayName
		}
	}
	if len(out.Reasons) == 0 {
		out.Reasons = []string{foundReason}
	}
	return out
}
