package request

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/errs"
	"writ/server/evaluation"
)

// perSweep is how many items one turn looks at; the next follows in a moment.
const perSweep = 100

// Sweep does what time alone does: items expire, steps find somebody who may decide, and what a computation did not settle is looked at again. Any number of
// processes may do it at once.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.Clock.Now()
	for _, about := range []struct {
		condition string // ?0: now
		look      func(ctx context.Context, tx bun.Tx, m *assignment.Model, x *item) error
	}{
		{`i.closed_at is null and i.state = 'IN_APPROVAL' and (i.expire_at <= ?0 or i.end_date <= ?0)`, s.expire},
		{`i.closed_at is null and i.state = 'IN_APPROVAL' and exists (select from request_step s where s.item_id = i.id and s.state = 'STUCK')`, s.reroute},
		{`i.closed_at is null and i.state in ('SUBMITTED', 'IN_APPROVAL') and not exists (select from role r join policy p on p.id = r.policy_id
			where r.id = i.role_id and r.approval_workflow_type < 4 and p.is_provisioning_enabled and not p.is_external)`, s.again},
		{`i.closed_at is null and i.state = 'APPROVED' and (i.start_date is null or i.start_date <= ?0) and not exists (select from dirty_owner d where d.owner_id = i.beneficiary_id)
			and exists (select from owner_state o where o.owner_id = i.beneficiary_id and o.evaluated_at >= i.approved_at)
			and not exists (select from request_item_order x join order_line l on l.order_id = x.order_id where x.item_id = i.id and l.closed_at is null and l.state not in (?2, ?3))`, s.again},
	} {
		var found []struct{ ID, BeneficiaryID int64 }
		if err := s.DB.NewRaw(`select i.id, i.beneficiary_id from request_item i where `+about.condition+` order by i.id limit ?1`, now, perSweep, evaluation.Verified, evaluation.Inactive).Scan(ctx, &found); err != nil {
			return fmt.Errorf("look for items of requests: %w", db.Explain(err))
		}
		for _, f := range found {
			if err := s.one(ctx, f.ID, f.BeneficiaryID, about.look); err != nil {
				return err
			}
		}
	}
	return nil
}

// one looks at one item under the lock of its owner.
func (s *Service) one(ctx context.Context, id, owner int64, look func(ctx context.Context, tx bun.Tx, m *assignment.Model, x *item) error) error {
	return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		m, err := s.model(ctx, tx)
		if err != nil {
			return err
		}
		if err := assignment.LockOwners(ctx, tx, []int64{owner}); err != nil {
			return err
		}
		list, err := lockItems(ctx, tx, "i.id = ? and i.closed_at is null", id)
		if err != nil || len(list) == 0 {
			return err
		}
		return look(ctx, tx, m, list[0])
	})
}

// again settles an item once more.
func (s *Service) again(ctx context.Context, tx bun.Tx, m *assignment.Model, x *item) error {
	return s.settle(ctx, tx, m, s.Clock.Now(), []*item{x})
}

// expire ends an item that nobody decided in time, or whose time is over.
func (s *Service) expire(ctx context.Context, tx bun.Tx, m *assignment.Model, x *item) error {
	now := s.Clock.Now()
	over := x.EndDate != nil && !x.EndDate.After(now)
	if x.State != InApproval || !over && (x.ExpireAt == nil || x.ExpireAt.After(now)) {
		return nil
	}
	t := newTurn(ctx, tx, now, names(m))
	reason := "not_decided"
	if over {
		reason = "period_over"
	}
	if err := s.end(ctx, t, x, Expire, reason, ""); err != nil {
		return err
	}
	return t.commit()
}

// reroute opens a step for which nobody was found, when there is somebody now.
func (s *Service) reroute(ctx context.Context, tx bun.Tx, m *assignment.Model, x *item) error {
	st := x.open()
	if st == nil || st.State != StepStuck {
		return nil
	}
	p, err := x.party(ctx, tx)
	if err != nil {
		return err
	}
	list, err := s.approvers(m).candidates(ctx, tx, x.EntityTypeID, p)
	if err != nil || len(list) == 0 {
		return err
	}
	t := newTurn(ctx, tx, s.Clock.Now(), names(m))
	t.step(x, st, Reroute, "")
	return t.commit()
}

// asError is an expected failure as an error; nil stays nil.
func asError(e *errs.Error) error {
	if e == nil {
		return nil
	}
	return e
}
