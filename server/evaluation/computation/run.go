package computation

import (
	"cmp"
	"slices"

	"writ/server/evaluation"
	"writ/server/evaluation/formula"
	"writ/server/evaluation/interval"
	"writ/server/evaluation/model"
)

// ground is what everything stands on that is computed for one owner: the model, the batch, the instant, and the next one at which anything
// changes by itself.
type ground struct {
	c    *model.Compiled
	b    *evaluation.Batch
	now  int64
	next int64
}

// edge notes an instant at which the result may change by itself.
func (r *ground) edge(at int64) {
	if at > r.now && at < r.next {
		r.next = at
	}
}

func (r *ground) label(id int64) string {
	if x := r.b.Resources[id]; x != nil {
		return cmp.Or(x.DisplayName, x.Key)
	}
	return r.c.Labels[id]
}

// found is the workflow state of what nobody asked for.
func (r *ground) found() evaluation.Workflow {
	if r.b.Initial {
		return evaluation.PreExisting
	}
	return evaluation.NonConforming
}

// run is the computation of one owner.
type run struct {
	ground
	src   *model.Source
	o     *evaluation.Owner
	world *formula.World
	res   evaluation.Result
	*scratch

	contexts [][]context            // by position of the context rule
	free     []context              // for rules without a context rule
	held     map[int64]interval.Set // role id -> when it counts as held
	taken    map[int64]bool         // targets that one of the owner's rows has
	plans    []*plan                // by resource type
}

// scratch is memory that the computations of a batch use one after the other.
type scratch struct {
	facts  []int64
	navs   [][]*model.Rule // by position of the property
	values []reached
	spans  evaluation.Lists[evaluation.Span] // what results hold stays where it is
}

func ascending(ids []int64) []int64 {
	slices.Sort(ids)
	return slices.Compact(ids)
}

// expect computes what an owner should have (S1 to S6).
func expect(c *model.Compiled, b *evaluation.Batch, o *evaluation.Owner, m *scratch) (*run, error) {
	m.facts = m.facts[:0]
	r := &run{ground: ground{c: c, b: b, now: interval.Instant(b.Now), next: interval.Max}, src: c.Source(o.Resource.EntityTypeID), o: o, res: evaluation.Result{OwnerID: o.Resource.ID},
		held: map[int64]interval.Set{}, scratch: m}
	r.world = &formula.World{Resources: b.Resources, Now: r.now, Zone: c.Shape.Zone(), From: interval.Min, To: interval.Max, Read: r.read}
	if err := r.context(); err != nil {
		return nil, err
	}
	r.keys()
	r.roles()
	r.types()
	return r, nil
}

func (r *run) read(id int64) {
	if id != r.o.Resource.ID {
		r.facts = append(r.facts, id)
	}
}

func (r *run) edges(s interval.Set) {
	for _, i := range s {
		r.edge(i.From)
		r.edge(i.To)
	}
}
