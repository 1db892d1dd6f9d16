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
	// Leavers are people who have left and still have an account somewhere; AccountsOfLeavers are those accounts.
	Leavers           int
	AccountsOfLeavers int
}

// ToReconcile is the sum of what waits for a decision.
func (c *ReconciliationCounters) ToReconcile() int {
	return c.Unauthorized + c.Orphans + c.Unreconciled + c.Missing
}

// Counters counts what the caller may decide about: all zero for somebody who may decide about nothing. One statement.
func (s *Service) Counters(ctx context.Context) (*ReconciliationCounters, error) {
	c := &ReconciliationCounters{}
	m, err := s.Assignments.Model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	may, err := need(ctx, m, "g.resource_type_id", single)
	if errs.Is(err, errs.Forbidden) {
		return c, nil
	}
	if err != nil {
		return nil, err
	}
	left, err := need(ctx, m, "k.resource_type_id", single)
	if err != nil {
		return nil, err
	}
	var parts []any
	sql := "select "
	count := func(filter *ReconciliationFilter) error {
		narrowed, err := filter.condition(ctx, m)
		if err != nil {
			return err
		}
		where := allOf(may, narrowed)
		sql += "(select count(*) from (select from " + items.Tables(where) + " where ? limit ?) n), "
		parts = append(parts, where, db.Fixed(page.Exact+1))
		return nil
	}
	for _, f := range []*ReconciliationFilter{{Kinds: []Kind{Unauthorized}}, {Kinds: []Kind{Orphan}}, {Kinds: []Kind{Unreconciled}}, {Kinds: []Kind{Missing}}, {Postponed: new(true)}} {
		if err := count(f); err != nil {
			return nil, err
		}
	}
	const accounts = " from (" + sqlLeaverAccounts + ") k join resource x on x.id = k.target_id and x.valid_to = 'infinity' left join resource w on w.id = k.owner_id where ?"
	sql += "(select count(*) from (select distinct k.owner_id" + accounts + " limit ?) n), (select count(*) from (select" + accounts + " limit ?) n)"
	parts = append(parts, left, db.Fixed(page.Exact+1), left, db.Fixed(page.Exact+1))
	err = db.Select(ctx, s.DB, bun.SafeQuery(sql, parts...), func(r *db.Row) error {
		for _, to := range []*int{&c.Unauthorized, &c.Orphans, &c.Unreconciled, &c.Missing, &c.Postponed, &c.Leavers, &c.AccountsOfLeavers} {
			*to = int(r.Int())
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
