package plan

import (
	"context"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/errs"
	"writ/server/manifest"
	"writ/server/permit"
	"writ/server/rolemodel"
)

// StoredValuesInput says whose stored values are explained.
type StoredValuesInput struct {
	ResourceID int64
	Save       *manifest.Manifest // expressions as somebody writes them, and what else is written with them; nil: those in force
}

// StoredValues are the values of one resource that property expressions compute.
type StoredValues struct {
	Problems []rolemodel.Problem // what is wrong with what is proposed; with an ERROR among them nothing was computed
	Values   []*assignment.StoredValue
}

// StoredValues computes what property expressions give a resource, with what each read of it and of what it points to, beside what is kept. Nothing is
// written. Needs permit.AssignmentQuery and the right to read the resource; with expressions that are only proposed permit.SimulationStart and the right to
// read objects of their kinds, too. VALIDATION with all mistakes when those cannot be saved. UNAVAILABLE when it takes longer than patience.
func (s *Service) StoredValues(ctx context.Context, in StoredValuesInput) (*StoredValues, error) {
	if _, err := permit.Require(ctx, permit.AssignmentQuery); err != nil {
		return nil, err
	}
	out := &StoredValues{}
	if in.Save == nil {
		if err := s.Assignments.Visible(ctx, in.ResourceID); err != nil {
			return nil, err
		}
		var err error
		out.Values, err = s.Assignments.StoredValues(ctx, s.DB, in.ResourceID)
		return out, err
	}
	if _, err := permit.Require(ctx, permit.SimulationStart); err != nil {
		return nil, err
	}
	asked := manifest.ApplyConfigurationInput{Save: in.Save}
	wanted := asked.Wanted()
	if err := manifest.MayPlan(ctx, wanted); err != nil {
		return nil, err
	}
	if err := s.Assignments.Visible(ctx, in.ResourceID); err != nil {
		return nil, err
	}
	limited, stop := context.WithTimeoutCause(ctx, patience, errs.New(errs.Unavailable, "This takes too long at the moment. Try again later, or make a plan of it."))
	defer stop()
	payload, err := s.Manifest.Try(permit.With(limited, permit.System("plan")), wanted, func(within context.Context, tx bun.Tx) (err error) {
		out.Values, err = s.Assignments.StoredValuesAhead(permit.With(within, permit.From(ctx)), tx, in.ResourceID)
		return err
	})
	if late := errs.As(context.Cause(limited)); err != nil && late != nil {
		return nil, late
	}
	if err != nil {
		return nil, err
	}
	out.Problems = manifest.ProblemsFor(ctx, payload.Problems)
	return out, nil
}
