package delegation

import (
	"cmp"
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"writ/server/db"
)

// perSweep is how many delegations are read at once.
const perSweep = 100

// Sweep tells what time alone did: delegations that have begun, whose time is over, or one of whose two is not there any more (requests 10.2, rule 10). It
// only tells: whether one is in force is said by the dates. Any number of processes may do it at once.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.Clock.Now()
	var failed error
	for last, more := int64(0), true; more; {
		var found []int64
		if err := s.DB.NewRaw(`select d.id from delegation d where d.closed_at is null and d.id > ?1 and (d.state = 'PLANNED' and d.start_date <= ?0 or d.end_date <= ?0 or is_without_party(d.delegator_id, d.deputy_id, ?0))
			order by d.id limit ?2`, now, last, perSweep).Scan(ctx, &found); err != nil {
			return fmt.Errorf("look for delegations: %w", db.Explain(err))
		}
		more = len(found) == perSweep
		for _, id := range found {
			last = id
			if err := s.due(ctx, id); err != nil {
				if ctx.Err() != nil {
					return err
				}
				failed = cmp.Or(failed, fmt.Errorf("look at delegation %d: %w", id, err))
			}
		}
	}
	return failed
}

// due tells of one what time did.
func (s *Service) due(ctx context.Context, id int64) error {
	return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		now := s.Clock.Now()
		d, err := lock(ctx, tx, id)
		if err != nil || !d.State.isOpen() {
			return err
		}
		var isAlone bool
		if err := tx.NewRaw("select is_without_party(?, ?, ?)", d.DelegatorID, d.DeputyID, now).Scan(ctx, &isAlone); err != nil {
			return err
		}
		switch {
		case isAlone:
			return apply(ctx, tx, now, d, End, "One of the two is not there any more.")
		case d.EndDate != nil && !d.EndDate.After(now):
			return apply(ctx, tx, now, d, End, "")
		case d.State == Planned && !d.StartDate.After(now):
			return apply(ctx, tx, now, d, Begin, "")
		}
		return nil
	})
}
