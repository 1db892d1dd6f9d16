package difference

import (
	"cmp"

	"writ/server/evaluation"
	"writ/server/evaluation/expectation"
	"writ/server/evaluation/formula"
	"writ/server/evaluation/interval"
	"writ/server/evaluation/model"
)

// isOld: the target was there before anything of its type was computed.
func isOld(b *evaluation.OrphanBatch, t evaluation.Orphan, typ *model.ResourceType) bool {
	live, ok := b.LiveSince[typ.SourceEntityTypeID]
	return b.Initial || !t.Since.IsZero() && (!ok || !t.Since.After(live))
}

// Classify finds the resource type of targets without owner: the rule with the highest confidence whose condition holds, the lowest id among
// equals. What is classified becomes an account without owner to reconcile, or with removeOrphans a deletion. Frozen rows stay as they are.
func Classify(c *model.Compiled, b *evaluation.OrphanBatch) []evaluation.OrphanResult {
	out := make([]evaluation.OrphanResult, 0, len(b.Targets))
	for _, t := range b.Targets {
		out = append(out, orphan(c, b, t))
	}
	return out
}

func orphan(c *model.Compiled, b *evaluation.OrphanBatch, t evaluation.Orphan) evaluation.OrphanResult {
	res := evaluation.OrphanResult{TargetID: t.Resource.ID}
	typ := (*model.ResourceType)(nil)
	if t.Existing != nil {
		typ = c.Types[t.Existing.ResourceTypeID]
	}
	row := evaluation.ExistingType{TargetID: t.Resource.ID}
	if t.Existing != nil {
		row = *t.Existing
	}
	confidence := row.Confidence
	if !row.IsFrozen && !t.Resource.Gone && (t.Existing == nil || row.Order == nil && row.Workflow.Found()) {
		typ = nil
		x, err := classify(c, b, t.Resource)
		if res.Err = err; x != nil {
			typ, confidence, res.Rule = x.Type, x.Confidence, x.ID
		}
	}
	r := &expectation.Ground{Model: c, Now: interval.Instant(b.Now), Next: interval.Max,
		Batch: &evaluation.Batch{Now: b.Now, Initial: b.Initial, BlockAll: b.BlockAll, NoReview: b.NoReview, Resources: b.Resources, SyncedAt: b.SyncedAt}}
	d := &evaluation.TypeDelta{Existing: t.Existing, TargetID: t.Resource.ID, Workflow: row.Workflow, Confidence: confidence}
	switch {
	case typ == nil && t.Existing == nil:
		return res
	case typ == nil || t.Resource.Gone:
		endOrphan(r, typ, &row, d)
		res.Delta = d
		return res
	}
	d.ResourceTypeID = typ.ID
	r.Batch.Initial = isOld(b, t, typ)
	if row.Workflow == evaluation.WorkflowNone {
		d.Workflow = r.Found()
	}
	x := &diff{Input: Input{Ground: r, Seat: &expectation.Seat{}}, r: r, p: &expectation.Plan{ResourceType: typ}, row: &row, target: t.Resource}
	x.lines = newLines(r, x.p, row.Order)
	x.out.Workflow = d.Workflow
	switch {
	case d.Workflow == evaluation.Cancellation:
		x.delete(true)
	case d.Workflow.ByPerson():
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

// Recognize gives the rule that says which type a target is; nil: none does, or the best that could fails.
func Recognize(c *model.Compiled, b *evaluation.Batch, target *evaluation.Resource) *model.Rule {
	x, _ := classify(c, &evaluation.OrphanBatch{Now: b.Now, Resources: b.Resources}, target)
	return x
}

// classify finds the rule that says which type a target is; nil: none matches, with the error of the best rule that failed.
func classify(c *model.Compiled, b *evaluation.OrphanBatch, target *evaluation.Resource) (*model.Rule, error) {
	w := &formula.World{Resources: b.Resources, Now: interval.Instant(b.Now), Zone: c.Shape.Zone()}
	w.Vars[formula.TargetRoot] = target
	var failed error
	for _, x := range c.Classifying[target.EntityTypeID] {
		if x.Target.Broken != nil {
			failed = cmp.Or(failed, x.Target.Broken)
			continue
		}
		ok, err := x.Target.Truth(w)
		if err != nil {
			failed = cmp.Or(failed, err)
		} else if ok {
			return x, nil
		}
	}
	return nil, failed
}

// endOrphan ends the row of a target that is gone, or that no rule knows any more.
func endOrphan(r *expectation.Ground, typ *model.ResourceType, row *evaluation.ExistingType, d *evaluation.TypeDelta) {
	d.ResourceTypeID, d.CloseRow, d.RowChanged = row.ResourceTypeID, true, true
	if l := newLines(r, &expectation.Plan{ResourceType: typ}, row.Order); typ != nil && row.Order != nil {
		for _, x := range l.existing() {
			l.verify(x, true)
		}
		d.Order = l.finish()
	}
	for _, g := range row.Gaps {
		d.Gaps = append(d.Gaps, evaluation.GapDelta{Gap: *g, Close: true})
	}
}
