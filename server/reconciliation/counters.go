package reconciliation

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/page"
)

// ReconciliationCounters is how much waits for the caller. Each counts exactly up to 10,000, and says 10,001 for more.
type ReconciliationCounters struct {
	Unauthorized int
	Orphans      int
	Unreconciled int
	Missing      int
	Postponed    int
	Roles        int
	// Unrecognized are accounts that nothing recognises.
	Unrecognized   int
	PostponedRoles int
	Prolonged      int // roles in their grace period
	// Leavers are people who have left and still have an account somewhere; AccountsOfLeavers are those accounts.
	Leavers           int
	AccountsOfLeavers int
}

// ToReconcile is the sum of what waits for a decision.
func (c *ReconciliationCounters) ToReconcile() int {
	return c.Unauthorized + c.Orphans + c.Unreconciled + c.Missing + c.Roles + c.Unrecognized
}

// Counters counts what the caller may decide about: all zero for somebody who may decide about nothing. One statement.
func (s *Service) Counters(ctx context.Context) (*ReconciliationCounters, error) {
	c := &ReconciliationCounters{}
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	var sql string
	var parts []any
	var to []*int
	count := func(into *int, what string, args ...any) {
		if sql != "" {
			sql += ", "
		}
		sql += "(select count(*) from (select " + what + " limit ?) n)"
		parts = append(append(parts, args...), db.Fixed(page.Exact+1))
		to = append(to, into)
	}
	may, err := need(ctx, m, "g.resource_type_id", single)
	switch {
	case err == nil:
		for _, part := range []struct {
			into   *int
			filter ReconciliationFilter
		}{{&c.Unauthorized, ReconciliationFilter{Kinds: []Kind{Unauthorized}}}, {&c.Orphans, ReconciliationFilter{Kinds: []Kind{Orphan}}},
			{&c.Unreconciled, ReconciliationFilter{Kinds: []Kind{Unreconciled}}}, {&c.Missing, ReconciliationFilter{Kinds: []Kind{Missing}}},
			{&c.Postponed, ReconciliationFilter{Postponed: new(true)}}} {
			narrowed, err := part.filter.condition(ctx, m)
			if err != nil {
				return nil, err
			}
			where := db.AllOf(may, narrowed)
			count(part.into, "from "+items.Tables(where)+" where ?", where)
		}
		left, err := need(ctx, m, "k.resource_type_id", single)
		if err != nil {
			return nil, err
		}
		const accounts = "from (" + sqlLeaverAccounts + ") k join resource x on x.id = k.target_id and x.valid_to = 'infinity' left join resource w on w.id = k.owner_id where ?"
		count(&c.Leavers, "distinct k.owner_id "+accounts, left)
		count(&c.AccountsOfLeavers, accounts, left)
		count(&c.Unrecognized, "from ("+sqlUnknown+") k (target_id, type_row, resource_type_id, owner_id, left_at, since) join resource x on x.id = k.target_id where ?", unrecognized(ctx, m))
	case !errs.Is(err, errs.Forbidden):
		return nil, err
	}
	mine, err := needRoles(ctx, m, singleRole)
	switch {
	case err == nil:
		for _, part := range []struct {
			into   *int
			filter RoleReconciliationFilter
		}{{&c.Roles, RoleReconciliationFilter{}}, {&c.PostponedRoles, RoleReconciliationFilter{Postponed: new(true)}}} {
			narrowed, err := part.filter.condition(ctx, m)
			if err != nil {
				return nil, err
			}
			where := db.AllOf(mine, narrowed)
			count(part.into, "from "+roleItems.Tables(where)+" where ?", where)
		}
	case !errs.Is(err, errs.Forbidden):
		return nil, err
	}
	reviewed, err := reviewRights(ctx, m, false)
	switch {
	case err == nil:
		where := db.AllOf(reviewed, prolongedRows)
		count(&c.Prolonged, "from "+prolongedItems.Tables(where)+" where ?", where)
	case !errs.Is(err, errs.Forbidden):
		return nil, err
	}
	if len(to) == 0 {
		return c, nil
	}
	err = db.Select(ctx, s.DB, bun.SafeQuery("select "+sql, parts...), func(r *db.Row) error {
		for _, n := range to {
			*n = int(r.Int())
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count what is to be reconciled: %w", db.Explain(err))
	}
	return c, nil
}

// sqlLeaverAccounts is sqlLeavers with names for its columns.
const sqlLeaverAccounts = `select resource_id as target_id, id, resource_type_id, owner_id from (` + sqlLeavers + `) l (resource_id, id, resource_type_id, owner_id, left_at, since)`
