package mining

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/rolemodel"
)

// task is one mining rule with the roles in its scope.
type task struct {
	rule   *rolemodel.MiningRule
	limits Limits
	ground ground
	roles  []int64
}

// ground names a population: the contexts of an entity type, without values that are too rare.
type ground struct {
	entityTypeID  int64
	contextRuleID int64 // 0: whatever context rule
	outliers      float64
}

// tasks gives the mining rules that are asked for, in the order in which they work; no names: all. Validation when one is not there.
func tasks(ctx context.Context, b bun.IDB, m *assignment.Model, names []string) ([]task, error) {
	rules, err := rolemodel.All[rolemodel.MiningRule](ctx, b)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if !slices.ContainsFunc(rules, func(r *rolemodel.MiningRule) bool { return r.Identifier == name }) {
			return nil, errs.Invalid("input.rules", "There is no mining rule %q. Look at the list of mining rules.", db.Clip(name, 100))
		}
	}
	if len(names) > 0 {
		rules = slices.DeleteFunc(rules, func(r *rolemodel.MiningRule) bool { return !slices.Contains(names, r.Identifier) })
	}
	// The highest priority first, then what gives more strongly (role-model 8.4, step 2).
	slices.SortStableFunc(rules, func(a, b *rolemodel.MiningRule) int {
		return cmp.Or(cmp.Compare(b.Priority, a.Priority), cmp.Compare(a.RuleType, b.RuleType), cmp.Compare(a.ID, b.ID))
	})
	list := make([]task, len(rules))
	for i, r := range rules {
		t := task{rule: r, ground: ground{entityTypeID: r.EntityTypeID}, limits: Limits{PrecisionMin: r.PrecisionMinPercentage, FalsePositiveMax: r.FalsePositiveMaxPercentage}}
		if c := m.Source.ContextRuleOf(r.EntityTypeID, r.RulePolicyID); c != nil {
			t.ground.contextRuleID, t.ground.outliers, t.limits.LeastPeople = c.ID, c.ReductionOutlierPercentage, c.MinIdentitiesCount
		}
		for _, role := range m.Source.Roles {
			if r.Covers(role) {
				t.roles = append(t.roles, role.ID)
			}
		}
		list[i] = t
	}
	return list, nil
}

// places reads the contexts of an entity type that hold at an instant.
func places(ctx context.Context, b bun.IDB, shape *directory.Shape, g ground, at time.Time) (*Population, error) {
	p := &Population{}
	var dimensions []*directory.Dimension
	for _, d := range shape.Dimensions {
		if !d.IsExcludedFromRoleMining {
			dimensions = append(dimensions, d)
		}
	}
	slices.SortFunc(dimensions, func(a, b *directory.Dimension) int { return cmp.Compare(a.ColumnMapping, b.ColumnMapping) })
	for _, d := range dimensions {
		above, err := ancestors(ctx, b, d)
		if err != nil {
			return nil, err
		}
		p.Dimensions = append(p.Dimensions, Dimension{Identifier: d.Identifier, Ancestors: above})
	}
	q := bun.SafeQuery(`select c.owner_id, c.dimensions from context c join resource r on r.id = c.owner_id and r.valid_to = 'infinity'
		where r.entity_type_id = ?0 and (?1 = 0 or c.context_rule_id = ?1) and coalesce(c.start_date <= ?2, true) and coalesce(c.end_date > ?2, true)
		order by c.owner_id, c.id`, g.entityTypeID, g.contextRuleID, at)
	err := db.Select(ctx, b, q, func(r *db.Row) error {
		place, values := Place{Person: r.Int(), Values: make([]int64, len(dimensions))}, map[string]int64{}
		r.JSON(&values)
		for i, d := range dimensions {
			place.Values[i] = values[d.Identifier]
		}
		p.Places = append(p.Places, place)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read who stands where: %w", err)
	}
	return p, nil
}

// ancestors reads the tree of a dimension; nil when it has none.
func ancestors(ctx context.Context, b bun.IDB, d *directory.Dimension) (map[int64][]int64, error) {
	if !d.IsHierarchical {
		return nil, nil
	}
	above := map[int64][]int64{}
	err := db.Select(ctx, b, bun.SafeQuery("select descendant_id, ancestor_id from dimension_closure where dimension_id = ? and depth > 0", d.ID), func(r *db.Row) error {
		below := r.Int()
		above[below] = append(above[below], r.Int())
		return nil
	})
	return above, err
}

// holders reads who holds roles at an instant, by role.
func holders(ctx context.Context, b bun.IDB, roles []int64, at time.Time) (map[int64][]int64, error) {
	found := map[int64][]int64{}
	err := db.Select(ctx, b, bun.SafeQuery(`select distinct a.role_id, a.owner_id from assigned_role a join resource r on r.id = a.owner_id and r.valid_to = 'infinity'
		where a.valid_to = 'infinity' and a.role_id = any (?0) and a.workflow_state = any (?1) and not a.is_denied
			and coalesce(a.start_date <= ?2, true) and coalesce(a.end_date > ?2, true)`, pgdialect.Array(roles), pgdialect.Array(assignment.Holding()), at), func(r *db.Row) error {
		role := r.Int()
		found[role] = append(found[role], r.Int())
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read who holds which role: %w", err)
	}
	return found, nil
}

// names reads what values of dimensions are called.
func names(ctx context.Context, b bun.IDB, values []int64) (map[int64]named, error) {
	found := map[int64]named{}
	err := db.Select(ctx, b, bun.SafeQuery("select id, key, display_name from resource where id = any (?)", pgdialect.Array(values)), func(r *db.Row) error {
		found[r.Int()] = named{r.Text(), r.Text()}
		return nil
	})
	return found, err
}

// named is a value of a dimension for people.
type named struct{ key, label string }
