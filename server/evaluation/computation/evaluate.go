package computation

import (
	"fmt"
	"slices"

	"writ/server/evaluation"
	"writ/server/evaluation/deduction"
	"writ/server/evaluation/difference"
	"writ/server/evaluation/expectation"
	"writ/server/evaluation/exposure"
	"writ/server/evaluation/interval"
	"writ/server/evaluation/model"
)

// Evaluate computes a batch of owners (role-model 12.4): one Result per owner, in the same order. An owner that cannot be computed has Err
// set and concerns no other.
func Evaluate(c *model.Compiled, b *evaluation.Batch) []evaluation.Result {
	out := make([]evaluation.Result, len(b.Owners))
	h, m := hasher{c: c, b: b}, &expectation.Scratch{}
	for i, o := range b.Owners {
		out[i] = evaluate(c, b, o, &h, m)
	}
	return out
}

func evaluate(c *model.Compiled, b *evaluation.Batch, o *evaluation.Owner, h *hasher, m *expectation.Scratch) (res evaluation.Result) {
	defer func() {
		if p := recover(); p != nil {
			res = evaluation.Result{OwnerID: o.Resource.ID, Err: fmt.Errorf("the computation of this owner failed: %v", p)}
		}
	}()
	if !b.Force && !b.Explain && o.Fingerprint != nil && o.ModelVersion == c.Version && (o.NextAt == nil || o.NextAt.After(b.Now)) &&
		slices.Equal(h.of(o), o.Fingerprint) {
		return evaluation.Result{OwnerID: o.Resource.ID, Unchanged: true, Fingerprint: o.Fingerprint, NextAt: o.NextAt}
	}
	r, err := expectation.Of(c, b, o, m)
	if err != nil {
		return evaluation.Result{OwnerID: o.Resource.ID, Err: err}
	}
	deduction.Of(r, deduction.Targets{
		Leaves: func(p *expectation.Plan, s *expectation.Seat) bool { return input(r, p, s).Leaves() },
		Standing: func(p *expectation.Plan, s *expectation.Seat, q *model.Property, id int64) (*evaluation.Kept, bool) {
			return input(r, p, s).Standing(q, id)
		},
	})
	differ(r)
	if b.Explain {
		explain(r)
	}
	r.Result.Facts = slices.Clone(expectation.Ascending(r.Facts))
	r.Result.NextAt = interval.Moment(r.Next)
	after := o.After(&r.Result)
	r.Result.Exposures = exposures(r, after)
	r.Result.Fingerprint = h.of(after)
	return r.Result
}

// exposures tells which risks the owner has once the result is saved (S11). What is asked for in a system that does not show it yet counts, too.
func exposures(r *expectation.Run, after *evaluation.Owner) []evaluation.Exposure {
	risks := r.Model.Risks[r.Owner.Resource.EntityTypeID]
	if len(risks) == 0 {
		return nil
	}
	return exposure.Of(risks, exposure.Holdings(risks, after.Types, r.Batch.Resources, r.Now), r.Now)
}

// input is all that it takes to settle a seat.
func input(r *expectation.Run, p *expectation.Plan, s *expectation.Seat) difference.Input {
	return difference.Input{Ground: &r.Ground, Plan: p, Seat: s, OwnerGone: r.Owner.Resource.Gone, Refused: len(r.Owner.Denied) > 0, Unmatched: r.Unmatched(p.ID)}
}

// differ collects what has to be done about every row.
func differ(r *expectation.Run) {
	for _, p := range r.Plans {
		in := input(r, p, nil)
		for _, in.Seat = range p.Seats {
			if out := in.Settle(); out != nil {
				r.Result.Types = append(r.Result.Types, *out)
			}
		}
	}
}
