package plan

import (
	"context"

	"writ/server/errs"
)

// Compute is Make for a command, which computes in its own process and waits. Needs what Make needs.
func (s *Service) Compute(ctx context.Context, in MakePlanInput) (*Plan, error) {
	p, err := s.begin(ctx, in, false)
	if err != nil {
		return nil, err
	}
	if err := s.compute(ctx, p.ID); err != nil {
		return nil, err
	}
	if p, err = s.get(ctx, s.DB, p.ID); err != nil {
		return nil, err
	}
	if p.State == Failed {
		return p, errs.New(errs.Validation, "Plan %d could not be computed. %s", p.ID, p.Failure)
	}
	return p, nil
}

// CarryOut is Apply for a command, which does it in its own process and waits: STALE_ITEM when the world moved, CONFLICT when it could not be applied.
func (s *Service) CarryOut(ctx context.Context, in ApplyPlanInput) (*Plan, error) {
	p, err := s.beginApply(ctx, in.ID, false)
	if err != nil {
		return nil, err
	}
	if err := s.carryOut(ctx, p.ID); err != nil {
		return nil, err
	}
	if p, err = s.get(ctx, s.DB, p.ID); err != nil {
		return nil, err
	}
	switch p.State {
	case Applied:
		return p, nil
	case OutOfDate:
		return p, errs.New(errs.StaleItem, "%s", p.Failure)
	default:
		return p, errs.New(errs.Conflict, "Plan %d was not applied. %s", p.ID, p.Failure)
	}
}
