package assignment

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/evaluation/computation"
	"writ/server/evaluation/exposure"
	"writ/server/evaluation/interval"
)

// Imagination holds people as a computation would load them now, so that they can be computed with something else than they have. Nothing of it is written, and
// nobody waits for it: what it says is so until something changes. It belongs to one goroutine.
type Imagination struct {
	Model *Model
	batch *evaluation.Batch
}

// Imagined is what a computation finds for somebody.
type Imagined struct {
	evaluation.Result
	Holds []exposure.Holding // of what risks ask about
}

// Imagine loads owners, with what else is named: values of parameters. The number of statements does not grow with the owners.
func (s *Service) Imagine(ctx context.Context, idb bun.IDB, owners, named []int64) (*Imagination, error) {
	m, err := s.Model(ctx, idb)
	if err != nil {
		return nil, err
	}
	b := &evaluation.Batch{Now: s.Clock.Now(), Resources: map[int64]*evaluation.Resource{}}
	if len(owners) > 0 {
		if b, _, err = s.load(ctx, idb, m, slices.Compact(slices.Sorted(slices.Values(owners))), false, Options{Force: true}); err != nil {
			return nil, err
		}
	}
	named = slices.DeleteFunc(slices.Clone(named), func(id int64) bool { return b.Resources[id] != nil })
	loaded, err := directory.LoadMany(ctx, idb, m.Shape, named, m.Hops.owner...)
	if err != nil {
		return nil, fmt.Errorf("load what is imagined: %w", err)
	}
	for id, r := range loaded {
		if b.Resources[id] == nil {
			b.Resources[id] = toEvaluation(r)
		}
	}
	return &Imagination{m, b}, nil
}

// Now is the instant that counts as now.
func (i *Imagination) Now() time.Time { return i.batch.Now }

// Owner gives one of the owners as he is, not to be written into; nil: there is none.
func (i *Imagination) Owner(id int64) *evaluation.Owner {
	for _, o := range i.batch.Owners {
		if o.Resource.ID == id {
			return o
		}
	}
	return nil
}

// Resource gives a resource that was loaded; nil: none was.
func (i *Imagination) Resource(id int64) *evaluation.Resource { return i.batch.Resources[id] }

// Compute tells what a computation finds for an owner who has what is said here. Of the values in lost it counts as seen that the targets have them no more.
func (i *Imagination) Compute(o *evaluation.Owner, lost []exposure.Holding) (*Imagined, error) {
	b := *i.batch
	b.Owners = []*evaluation.Owner{o}
	if len(lost) > 0 {
		b.Resources = maps.Clone(b.Resources)
		for _, h := range lost {
			b.Resources[h.TargetID] = without(b.Resources[h.TargetID], h)
		}
	}
	r := computation.Evaluate(i.Model.Compiled, &b)[0]
	if r.Err != nil {
		return nil, r.Err
	}
	return &Imagined{r, exposure.Holdings(i.Model.Risks[o.Resource.EntityTypeID], o.After(&r).Types, b.Resources, interval.Instant(b.Now))}, nil
}

// without is a target without one of its values.
func without(r *evaluation.Resource, h exposure.Holding) *evaluation.Resource {
	if r == nil {
		return nil
	}
	out := *r
	if h.ValueID == 0 {
		out.Scalars = maps.Clone(r.Scalars)
		delete(out.Scalars, h.Property)
		return &out
	}
	out.Links = maps.Clone(r.Links)
	out.Links[h.Property] = slices.DeleteFunc(slices.Clone(r.Links[h.Property]), func(id int64) bool { return id == h.ValueID })
	return &out
}
