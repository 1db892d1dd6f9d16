package catalogue

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/db"
	"writ/server/page"
	"writ/server/permit"
)

// RoleHolderCount says how many people hold a role, and why. Each counts once, by the strongest of his assignments.
type RoleHolderCount struct {
	Total     int
	IsMore    bool // there are more than page.Exact: all numbers are of those that were counted
	ByRule    int
	ByRole    int
	ByRequest int
	ByGrace   int
	Found     int
}

// Counts says how many hold each of some roles now, of those whom the caller may see: one statement, which counts no more than page.Exact of a role.
// Needs permit.AssignmentQuery.
func (s *Service) Counts(ctx context.Context, roleIDs []int64) (map[int64]*RoleHolderCount, error) {
	if _, err := permit.Require(ctx, permit.AssignmentQuery); err != nil {
		return nil, err
	}
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	found := make(map[int64]*RoleHolderCount, len(roleIDs))
	var types []int64
	for _, id := range roleIDs {
		found[id] = &RoleHolderCount{}
		if r := m.Role(id); r != nil {
			types = append(types, r.EntityTypeID)
		}
	}
	may, all := seenOf(ctx, m, unique(types))
	from := "assigned_role a"
	if !all {
		from += " join resource w on w.id = a.owner_id"
	}
	now := s.Clock.Now()
	err = db.Select(ctx, s.DB, bun.SafeQuery(`select k.id, x.origin, count(*) from unnest(?::bigint[]) k (id)
		cross join lateral (select min(array_position(array['RULE', 'INFERRED', 'MANUAL', 'GRACE', 'FOUND'], a.origin)) as origin
			from `+from+` where a.role_id = k.id and ? and ? group by a.owner_id limit ?) x group by k.id, x.origin`,
		pgdialect.Array(roleIDs), held(now, now), may, db.Fixed(page.Exact+1)), func(r *db.Row) error {
		c, origin, n := found[r.Int()], r.Int(), int(r.Int())
		*[]*int{nil, &c.ByRule, &c.ByRole, &c.ByRequest, &c.ByGrace, &c.Found}[origin] = n
		c.Total += n
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count holders: %w", db.Explain(err))
	}
	for _, c := range found {
		if c.IsMore = c.Total > page.Exact; c.IsMore {
			c.Total = page.Exact
		}
	}
	return found, nil
}

// Held gives the roles that somebody holds now whom the caller may see: one statement. Needs permit.AssignmentQuery.
func (s *Service) Held(ctx context.Context) (map[int64]bool, error) {
	if _, err := permit.Require(ctx, permit.AssignmentQuery); err != nil {
		return nil, err
	}
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	var types []int64
	for _, r := range m.Source.Roles {
		types = append(types, r.EntityTypeID)
	}
	may, all := seenOf(ctx, m, unique(types))
	from := "assigned_role a"
	if !all {
		from += " join resource w on w.id = a.owner_id"
	}
	now := s.Clock.Now()
	found := map[int64]bool{}
	err = db.Select(ctx, s.DB, bun.SafeQuery("select o.id from role o where exists (select from "+from+" where a.role_id = o.id and ? and ?)", held(now, now), may), func(r *db.Row) error {
		found[r.Int()] = true
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look which roles are held: %w", db.Explain(err))
	}
	return found, nil
}

// unique gives each of some ids once.
func unique(ids []int64) (out []int64) {
	seen := map[int64]bool{}
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}
