package computation

import (
	"fmt"
	"slices"

	"writ/server/evaluation"
	"writ/server/evaluation/difference"
	"writ/server/evaluation/expectation"
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
	r, err := compute(c, b, o, m, nil)
	if err == nil {
		r, err = withhold(c, b, o, m, r)
	}
	if err != nil {
		return evaluation.Result{OwnerID: o.Resource.ID, Err: err}
	}
	if b.Explain {
		explain(r.Run)
	}
	r.Result.Facts = expectation.Ascending(r.Result.Facts)
	r.Result.NextAt = interval.Moment(r.Next)
	r.Result.Exposures = r.exposures
	r.Result.Fingerprint = h.of(r.after)
	return r.Result
}

// input is all that it takes to settle a seat.
func input(r *expectation.Run, p *expectation.Plan, s *expectation.Seat) difference.Input {
	return difference.Input{Ground: &r.Ground, Plan: p, Seat: s, OwnerGone: r.Owner.Resource.Gone, Departed: r.Departed, Refused: len(r.Owner.Denied) > 0, Unmatched: r.Unmatched(p.ID)}
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
