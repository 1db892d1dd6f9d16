package evaluation

import (
	"cmp"
	"slices"
	"time"
)

// OrphanBatch is targets without owner to classify (role-model 5.4), after correlation. Resources must hold what the TargetKeyPath of
// their entity type reaches.
type OrphanBatch struct {
	Now       time.Time
	Initial   bool // first complete run: Pre-existing instead of Non-conforming
	BlockAll  bool
	NoReview  bool
	Targets   []Orphan
	Resources map[int64]*Resource
	SyncedAt  map[int64]time.Time
	// LiveSince tells, per source entity type, when its first complete computation ended; absent: not yet. A target that was there by then is
	// Pre-existing.
	LiveSince map[int64]time.Time
}

// Orphan is one target, with its row if it was classified before.
type Orphan struct {
	Resource *Resource
	Existing *ExistingType // nil: not classified yet
	Since    time.Time     // when it was seen first; zero: not known
}

// isOld: the target was there before anything of its type was computed.
func (b *OrphanBatch) isOld(t Orphan, typ *typed) bool {
	live, ok := b.LiveSince[typ.SourceEntityTypeID]
	return b.Initial || !t.Since.IsZero() && (!ok || !t.Since.After(live))
}

// OrphanResult is what the classification of one target gives.
type OrphanResult struct {
	TargetID int64
	Delta    *TypeDelta // nil: nothing to save. Confidence below 100: only suggested
	Rule     int64      // classification rule; 0: none matched
	Err      error      // of the best rule that failed, if nothing matched; the other targets are not concerned
}

// Classify finds the resource type of targets without owner: the rule with the highest confidence whose condition holds, the lowest id among
// equals. What is classified becomes an account without owner to reconcile, or with removeOrphans a deletion. Frozen rows stay as they are.
func (c *Compiled) Classify(b *OrphanBatch) []OrphanResult {
	out := make([]OrphanResult, 0, len(b.Targets))
	for _, t := range b.Targets {
		out = append(out, c.orphan(b, t))
	}
	return out
}

func (c *Compiled) orphan(b *OrphanBatch, t Orphan) OrphanResult {
	res := OrphanResult{TargetID: t.Resource.ID}
	typ := (*typed)(nil)
	if t.Existing != nil {
		typ = c.types[t.Existing.ResourceTypeID]
	}
	row := ExistingType{TargetID: t.Resource.ID}
	if t.Existing != nil {
		row = *t.Existing
	}
	confidence := row.Confidence
	if !row.IsFrozen && !t.Resource.Gone && (t.Existing == nil || row.Order == nil && row.Workflow.found()) {
		w := &world{resources: b.Resources, now: instant(b.Now), zone: c.shape.Zone()}
		w.vars[targetRoot] = t.Resource
		typ = nil
		for _, x := range c.classify[t.Resource.EntityTypeID] {
			if x.target.broken != nil {
				res.Err = first(res.Err, x.target.broken)
				continue
			}
			ok, err := x.target.prog.truth(w)
			if err != nil {
				res.Err = first(res.Err, err)
			} else if ok {
				typ, confidence, res.Rule, res.Err = x.typ, x.confidence, x.id, nil
				break
			}
		}
	}
	r := &ground{c: c, now: instant(b.Now), next: maxTime,
		b: &Batch{Now: b.Now, Initial: b.Initial, BlockAll: b.BlockAll, NoReview: b.NoReview, Resources: b.Resources, SyncedAt: b.SyncedAt}}
	d := &TypeDelta{Existing: t.Existing, TargetID: t.Resource.ID, Workflow: row.Workflow, Confidence: confidence}
	switch {
	case typ == nil && t.Existing == nil:
		return res
	case typ == nil || t.Resource.Gone:
		d.ResourceTypeID, d.CloseRow, d.RowChanged = row.ResourceTypeID, true, true
		if l := newLines(r, &plan{typed: typ}, row.Order); typ != nil && row.Order != nil {
			for _, x := range l.existing() {
				l.verify(x, true)
			}
			d.Order = l.finish()
		}
		for _, g := range row.Gaps {
			d.Gaps = append(d.Gaps, GapDelta{Gap: *g, Close: true})
		}
		res.Delta = d
		return res
	}
	d.ResourceTypeID = typ.ID
	r.b.Initial = b.isOld(t, typ)
	if row.Workflow == WorkflowNone {
		d.Workflow = r.found()
	}
	x := &diff{difference: difference{ground: r, seat: &seat{}}, r: r, p: &plan{typed: typ}, row: &row, target: t.Resource}
	x.lines = newLines(r, x.p, row.Order)
	x.out.Workflow = d.Workflow
	switch {
	case d.Workflow == Cancellation:
		x.delete(true)
	case d.Workflow.approved():
		x.lines.keepAll()
	case typ.RemoveOrphans && typ.AllowRemove && confidence >= 100 && !x.isPostponed("", 0):
		x.delete(false)
	default:
		x.lines.withdrawAll()
		x.gap("", 0, cmp.Or(t.Resource.DisplayName, t.Resource.Key), "", d.Workflow)
	}
	d.Order, d.Gaps = x.lines.finish(), x.out.Gaps
	d.RowChanged = t.Existing == nil || row.ResourceTypeID != d.ResourceTypeID || row.Workflow != d.Workflow || row.Confidence != d.Confidence
	if d.RowChanged || d.Order != nil || len(d.Gaps) > 0 {
		res.Delta = d
	}
	return res
}

// Classified tells which entity types have classification rules, sorted.
func (c *Compiled) Classified() []int64 {
	out := make([]int64, 0, len(c.classify))
	for id := range c.classify {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

func first(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
