package expectation

import (
	"cmp"
	"slices"

	"writ/server/evaluation"
	"writ/server/evaluation/formula"
	"writ/server/evaluation/interval"
	"writ/server/evaluation/model"
)

// Ground is what everything stands on that is computed for one owner: the model, the batch, the instant, and the next one at which anything
// changes by itself.
type Ground struct {
	Model *model.Compiled
	Batch *evaluation.Batch
	Now   int64
	Next  int64
}

// Edge notes an instant at which the result may change by itself.
func (r *Ground) Edge(at int64) {
	if at > r.Now && at < r.Next {
		r.Next = at
	}
}

// Label is what people read for a resource: its display name, else its key.
func (r *Ground) Label(id int64) string {
	if x := r.Batch.Resources[id]; x != nil {
		return cmp.Or(x.DisplayName, x.Key)
	}
	return r.Model.Labels[id]
}

// Found is the workflow state of what nobody asked for.
func (r *Ground) Found() evaluation.Workflow {
	if r.Batch.Initial {
		return evaluation.PreExisting
	}
	return evaluation.NonConforming
}

// Run is the computation of one owner.
type Run struct {
	Ground
	Source *model.Source
	Owner  *evaluation.Owner
	World  *formula.World
	Result evaluation.Result
	*Scratch

	Contexts [][]Context                       // by position of the context rule
	free     []Context                         // for rules without a context rule
	Held     map[int64]interval.Set            // role id -> when it counts as held
	variants map[int64][]hold                  // the assignments behind that, where they differ in parameters or a person gave one
	lacking  map[int64][]evaluation.Held       // what lacks a required parameter, for explanations
	imposed  map[string][]imposed              // by dimension: what single roles bring along that are held
	taken    map[int64]bool                    // targets that one of the owner's rows has
	Plans    []*Plan                           // by resource type
	Covered  map[*evaluation.AssignedRole]bool // found roles that a rule gives by now
	Readings map[int64][]evaluation.Step       // with Explain: from which values each role was read
	Withheld Withheld                          // what is kept back
	Fresh    []Fresh                           // roles that rules newly give, kept back or not
	Kept     map[int64]interval.Set            // role id -> when it is kept back
	Departed bool                              // he was made to leave, and has not come back since: what nothing wants goes without a question

	Redundant []evaluation.Redundancy // with Redundant of the batch: what people approved although rules give it
}

// Scratch is memory that the computations of a batch use one after the other.
type Scratch struct {
	Facts  []int64
	navs   [][]*model.Rule // by position of the property
	values []reached
	spans  evaluation.Lists[evaluation.Span] // what results hold stays where it is
}

// Ascending sorts ids in place and leaves each once.
func Ascending(ids []int64) []int64 {
	slices.Sort(ids)
	return slices.Compact(ids)
}

// Of computes what an owner should have (S1 to S6), without what is kept back.
func Of(c *model.Compiled, b *evaluation.Batch, o *evaluation.Owner, m *Scratch, withheld Withheld) (*Run, error) {
	m.Facts = m.Facts[:0]
	r := &Run{Ground: Ground{Model: c, Batch: b, Now: interval.Instant(b.Now), Next: interval.Max}, Source: c.Source(o.Resource.EntityTypeID), Owner: o, Result: evaluation.Result{OwnerID: o.Resource.ID},
		Held: map[int64]interval.Set{}, variants: map[int64][]hold{}, Scratch: m, Withheld: withheld}
	r.World = &formula.World{Resources: b.Resources, Now: r.Now, Zone: c.Shape.Zone(), From: interval.Min, To: interval.Max, Read: r.read, Tables: c.Tables}
	if err := r.context(); err != nil {
		return nil, err
	}
	r.keys()
	r.roles()
	r.types()
	return r, nil
}

func (r *Run) read(id int64) {
	if id != r.Owner.Resource.ID {
		r.Facts = append(r.Facts, id)
	}
}

func (r *Run) edges(s interval.Set) {
	for _, i := range s {
		r.Edge(i.From)
		r.Edge(i.To)
	}
}
