package computation

import (
	"fmt"
	"slices"

	"writ/server/evaluation"
	"writ/server/evaluation/interval"
	"writ/server/evaluation/model"
)

// Evaluate computes a batch of owners (role-model 12.4): one Result per owner, in the same order. An owner that cannot be computed has Err
// set and concerns no other.
func Evaluate(c *model.Compiled, b *evaluation.Batch) []evaluation.Result {
	out := make([]evaluation.Result, len(b.Owners))
	h, m := hasher{c: c, b: b}, &scratch{}
	for i, o := range b.Owners {
		out[i] = evaluate(c, b, o, &h, m)
	}
	return out
}

func evaluate(c *model.Compiled, b *evaluation.Batch, o *evaluation.Owner, h *hasher, m *scratch) (res evaluation.Result) {
	defer func() {
		if p := recover(); p != nil {
			res = evaluation.Result{OwnerID: o.Resource.ID, Err: fmt.Errorf("the computation of this owner failed: %v", p)}
		}
	}()
	if !b.Force && !b.Explain && o.Fingerprint != nil && o.ModelVersion == c.Version && (o.NextAt == nil || o.NextAt.After(b.Now)) &&
		slices.Equal(h.of(o), o.Fingerprint) {
		return evaluation.Result{OwnerID: o.Resource.ID, Unchanged: true, Fingerprint: o.Fingerprint, NextAt: o.NextAt}
	}
	r, err := expect(c, b, o, m)
	if err != nil {
		return evaluation.Result{OwnerID: o.Resource.ID, Err: err}
	}
	differ(r)
	if b.Explain {
		explain(r)
	}
	r.res.Facts = slices.Clone(ascending(r.facts))
	r.res.NextAt = interval.Moment(r.next)
	r.res.Fingerprint = h.of(o.After(&r.res))
	return r.res
}

// differ collects what has to be done about every row.
func differ(r *run) {
	for _, p := range r.plans {
		in := difference{ground: &r.ground, plan: p, ownerGone: r.o.Resource.Gone, refused: len(r.o.Denied) > 0, unmatched: r.unmatched(p.ID)}
		for _, in.seat = range p.seats {
			if out := in.settle(); out != nil {
				r.res.Types = append(r.res.Types, *out)
			}
		}
	}
}
