package reconciliation

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/rolemodel"
)

type resourceType = rolemodel.ResourceType

// mostCandidates is how many people are named for one account.
const mostCandidates = 10

// bringCandidates names the people whom a rule finds for accounts, the surest first: one statement. Who may not be read is not named.
func (s *Service) bringCandidates(ctx context.Context, m *assignment.Model, rows []*AccountWithoutOwner) error {
	byID := make(map[int64]*AccountWithoutOwner, len(rows))
	list := make([]int64, len(rows))
	for i, r := range rows {
		byID[r.ID], list[i] = r, r.ID
	}
	err := db.Select(ctx, s.DB, bun.SafeQuery(`select target, id, key, display_name, entity_type, rule, confidence, value from (
			select t.resource_id as target, o.id, o.key, o.display_name, y.identifier as entity_type, r.id as rule, r.confidence, t.value,
				row_number() over (partition by t.resource_id order by r.confidence desc, o.id, r.id) as n
			from correlation_key t join correlation_key n on n.rule_id = t.rule_id and n.side = 'S' and n.digest = t.digest and n.value = t.value
				join resource o on o.id = n.resource_id and o.valid_to = 'infinity' join entity_type y on y.id = o.entity_type_id
				join resource_type_rule r on r.id = t.rule_id and r.kind = 'CORRELATION'
			where t.side = 'T' and t.resource_id = any (?) and ?) c
		where n <= ? order by target, n`, ids(list), directory.Readable(ctx, m.Shape, "o", courses(m.Shape)...), mostCandidates), func(r *db.Row) error {
		a := byID[r.Int()]
		c := &OwnerCandidate{Owner: directory.ResourceRef{ID: r.Int(), Key: r.Text(), DisplayName: r.Text(), EntityType: r.Text()}}
		rule := r.Int()
		c.Confidence, c.Value, c.Reason = int(r.Int()), r.Text(), m.TypeRuleReason(rule)
		a.Candidates = append(a.Candidates, c)
		return nil
	})
	if err != nil {
		return fmt.Errorf("find candidates: %w", db.Explain(err))
	}
	return nil
}
