package plan

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/permit"
)

// CancelPlanInput names a plan.
type CancelPlanInput struct{ ID int64 }

// CancelPlanPayload is the plan as it is then.
type CancelPlanPayload struct{ Plan *Plan }

// Cancel stops a plan that waits or is computed, and gives up one that is finished. What it says stays to be read. Needs permit.SimulationStart.
// INVALID_TRANSITION for one that is being applied, or is over.
func (s *Service) Cancel(ctx context.Context, in CancelPlanInput) (*CancelPlanPayload, error) {
	p, err := s.change(ctx, in.ID, func(ctx context.Context, tx bun.Tx, p *Plan) error {
		if p.State != Queued && p.State != Running && p.State != Finished {
			return errs.New(errs.InvalidTransition, "Plan %d is %s: there is nothing to stop.", p.ID, p.State).Of(p.ID)
		}
		now := s.Clock.Now()
		p.State, p.EndedAt = Cancelled, &now
		if _, err := tx.NewRaw(`update plan set state = 'CANCELLED', ended_at = ?, lease_until = null where id = ?`, now, p.ID).Exec(ctx); err != nil {
			return fmt.Errorf("stop plan %d: %w", p.ID, err)
		}
		return event.Publish(ctx, tx, now, changed(p))
	})
	if err != nil {
		return nil, err
	}
	return &CancelPlanPayload{p}, nil
}

// DeletePlanInput names a plan.
type DeletePlanInput struct{ ID int64 }

// DeletePlanPayload tells which plan is gone.
type DeletePlanPayload struct{ ID int64 }

// Delete forgets a plan. Needs permit.SimulationStart. INVALID_TRANSITION for one that is being computed or applied; one that was applied stays, as the
// report of what was done.
func (s *Service) Delete(ctx context.Context, in DeletePlanInput) (*DeletePlanPayload, error) {
	_, err := s.change(ctx, in.ID, func(ctx context.Context, tx bun.Tx, p *Plan) error {
		switch {
		case p.isOpen():
			return errs.New(errs.InvalidTransition, "Plan %d is %s. Stop it first.", p.ID, p.State).Of(p.ID)
		case p.State == Applied:
			return errs.New(errs.InvalidTransition, "Plan %d is applied: it stays, since it tells what was done.", p.ID).Of(p.ID)
		}
		if _, err := tx.NewRaw(`delete from plan where id = ?`, p.ID).Exec(ctx); err != nil {
			return fmt.Errorf("delete plan %d: %w", p.ID, err)
		}
		e := changed(p)
		e.Data = map[string]any{"state": "DELETED", "title": p.Title}
		return event.Publish(ctx, tx, s.Clock.Now(), e)
	})
	if err != nil {
		return nil, err
	}
	return &DeletePlanPayload{in.ID}, nil
}

// change locks a plan for a verb of somebody who may make plans.
func (s *Service) change(ctx context.Context, id int64, verb func(ctx context.Context, tx bun.Tx, p *Plan) error) (p *Plan, err error) {
	if _, err := permit.Require(ctx, permit.SimulationStart); err != nil {
		return nil, err
	}
	err = db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		if p, err = s.getLocked(ctx, tx, id); err != nil {
			return err
		}
		return verb(ctx, tx, p)
	})
	return p, err
}
