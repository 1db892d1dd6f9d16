package request

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/rolemodel"
)

const (
	// perSweep is how many items are read at once.
	perSweep = 100
	// lookEvery is how long nobody looks who may decide a step when nothing is known to have changed.
	lookEvery = time.Hour
)

// Sweep does what time alone does: items expire, steps find somebody who may decide, or lose the last one, and what a computation did not settle is looked
// at again. Any number of processes may do it at once. One item that fails keeps no other from its turn.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.Clock.Now()
	if err := s.markChanged(ctx, now); err != nil {
		return err
	}
	var failed error
	for _, about := range []struct {
		condition string // ?0: now, ?4: before that who may decide is looked at again
		look      func(ctx context.Context, tx bun.Tx, m *assignment.Model, x *item) error
	}{
		{`i.closed_at is null and i.state = 'IN_APPROVAL' and (i.expire_at <= ?0 or i.end_date <= ?0)`, s.expire},
		{`i.closed_at is null and i.state = 'IN_APPROVAL' and i.warn_at <= ?0`, s.warn},
		{`i.closed_at is null and i.state = 'IN_APPROVAL' and i.id in (select s.item_id from request_step s where s.closed_at is null and (s.remind_at <= ?0 or s.escalate_at <= ?0))`, s.tick},
		{`i.closed_at is null and i.state = 'IN_APPROVAL' and i.id in (select s.item_id from request_step s where s.answer_by <= ?0)`, s.unanswered},
		{`i.closed_at is null and i.state in ('SUBMITTED', 'IN_APPROVAL') and not exists (select from role r join policy p on p.id = r.policy_id
			where r.id = i.role_id and r.approval_workflow_type < 4 and p.is_provisioning_enabled and not p.is_external)`, s.again},
		{`i.closed_at is null and i.state = 'IN_APPROVAL' and i.id in (select s.item_id from request_step s where s.state in ('OPEN', 'INFO_REQUESTED', 'STUCK') and (s.looked_at is null or s.looked_at <= ?4))`, s.look},
		{`i.closed_at is null and i.state = 'IN_APPROVAL' and i.id in (select s.item_id from request_step s where s.state in ('OPEN', 'INFO_REQUESTED', 'STUCK') and s.watched <> '{}'
			and s.watched_version <> (select coalesce(sum(r.version), 0) from resource r where r.id = any (s.watched)))`, s.look},
		{`i.closed_at is null and i.state = 'IN_APPROVAL' and i.is_at_risk and i.level = 0 and not exists (select from risk r where r.id = any (i.risk_ids))`, s.look},
		{`i.closed_at is null and i.state = 'APPROVED' and (i.start_date is null or i.start_date <= ?0) and not exists (select from dirty_owner d where d.owner_id = i.beneficiary_id)
			and exists (select from owner_state o where o.owner_id = i.beneficiary_id and o.evaluated_at >= i.approved_at)
			and not exists (select from request_item_order x join order_line l on l.order_id = x.order_id where x.item_id = i.id and l.closed_at is null and l.state not in (?2, ?3))`, s.again},
	} {
		for last, more := int64(0), true; more; {
			var found []struct{ ID, BeneficiaryID int64 }
			if err := s.DB.NewRaw(`select i.id, i.beneficiary_id from request_item i where i.id > ?5 and `+about.condition+` order by i.id limit ?1`, now, perSweep, evaluation.Verified, evaluation.Inactive, now.Add(-lookEvery), last).Scan(ctx, &found); err != nil {
				return fmt.Errorf("look for items of requests: %w", db.Explain(err))
			}
			more = len(found) == perSweep
			for _, f := range found {
				last = f.ID
				if err := s.one(ctx, f.ID, f.BeneficiaryID, about.look); err != nil {
					if ctx.Err() != nil {
						return err
					}
					failed = cmp.Or(failed, fmt.Errorf("look at item %d of a request: %w", f.ID, err))
				}
			}
		}
	}
	return cmp.Or(failed, s.post(ctx))
}

// markChanged has steps looked at when somebody changed who may do what, and when a profile began or ended since the last turn.
func (s *Service) markChanged(ctx context.Context, now time.Time) error {
	since := time.UnixMicro(s.swept.Swap(now.UnixMicro()))
	if _, err := s.DB.NewRaw(`with gone as (delete from request_rights_changed returning tx),
			ended as (select from assigned_profile p where p.start_date > ?0 and p.start_date <= ?1 or p.end_date > ?0 and p.end_date <= ?1 limit 1)
		update request_step set looked_at = null where id in (select id from request_step where state in ('OPEN', 'INFO_REQUESTED', 'STUCK') and looked_at is not null order by id for update skip locked)
			and (exists (select from gone) or exists (select from ended))`, since, now).Exec(ctx); err != nil {
		return fmt.Errorf("ask for a look at steps: %w", db.Explain(err))
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
	t := s.newTurn(ctx, tx, m)
	reason := "not_decided"
	if over {
		reason = "period_over"
	}
	told, err := s.parties(ctx, t, m, x)
	if err != nil {
		return err
	}
	if err := s.end(ctx, t, x, Expire, reason, ""); err != nil {
		return err
	}
	t.notify(told, notice{Template: mailExpired, ItemID: x.ID, Text: reasons[reason]}, 0)
	return t.commit()
}

// look finds anew who may decide the step whose turn it is: one that lost its last approver is stuck, one that found somebody is open again (requests 5.5),
// and the step of risks that were deleted falls away (requests 20).
func (s *Service) look(ctx context.Context, tx bun.Tx, m *assignment.Model, x *item) error {
	st := x.open()
	if st == nil {
		return nil
	}
	t, who := s.newTurn(ctx, tx, m), s.approvers(m)
	if st.Level == 0 && !slices.ContainsFunc(m.Source.Risks, func(r *rolemodel.Risk) bool { return slices.Contains(x.RiskIDs, r.ID) }) {
		st.SkipReason = new("no_level")
		t.step(x, st, Skip, "The risk was deleted.")
		if err := s.onward(ctx, t, m, x, who, "", true); err != nil {
			return err
		}
		if err := t.commit(); err != nil || x.State != Approved {
			return err
		}
		return assignment.MarkDirty(ctx, tx, "requested", x.BeneficiaryID)
	}
	moved, err := s.address(ctx, t, x, st, who)
	if err != nil {
		return err
	}
	if !moved {
		_, err := tx.NewRaw(`update request_step set looked_at = ? where id = ?`, t.now, st.ID).Exec(ctx)
		return err
	}
	return t.commit()
}

// asError is an expected failure as an error; nil stays nil.
func asError(e *errs.Error) error {
	if e == nil {
		return nil
	}
	return e
}
