package expectation

import (
	"cmp"
	"fmt"

	"writ/server/evaluation"
	"writ/server/evaluation/formula"
	"writ/server/evaluation/interval"
	"writ/server/evaluation/model"
)

// Context is one computed context with what it satisfies.
type Context struct {
	evaluation.Context
	Over   interval.Interval
	wide   interval.Interval // over, and beside it the times without any context that take their values from this one (role-model 2.9)
	Record *evaluation.Resource
	Match  *model.Matches
}

// ContextAt is the context that counts at an instant, the best ranked of several; nil only without any. The list is by rank.
func ContextAt(contexts []Context, at int64) *Context {
	for i := range contexts {
		if contexts[i].wide.Has(at) {
			return &contexts[i]
		}
	}
	return nil
}

// chooser applies a context rule to an owner.
type chooser struct{ *model.ContextRule }

// choose computes the contexts of an owner under one context rule, the best ranked first. edges gets every boundary, since what is in force
// changes there.
func (r chooser) choose(w *formula.World, now int64, edges func(int64)) ([]Context, error) {
	records := []*evaluation.Resource{w.Vars[formula.SourceRoot]}
	if r.Records != nil {
		records = r.Records.Reach(w)
	}
	records, err := r.counting(w, records, now, edges)
	if err != nil {
		return nil, err
	}
	var found []Context
	if len(r.Sections) == 0 {
		found, err = r.latest(w, records, now, edges)
	} else {
		found, err = r.combine(w, records)
		for i := range found {
			edges(found[i].Over.From)
			edges(found[i].Over.To)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("context rule %s: %w", r.Identifier, err)
	}
	for i := range found {
		w.Vars[formula.RecordRoot] = found[i].Record
		found[i].Dimensions = make(map[string]int64, len(r.Dimensions))
		for _, d := range r.Dimensions {
			if x := d.Path.One(w); x != nil {
				found[i].Dimensions[d.Name] = x.ID
			}
		}
	}
	w.Vars[formula.RecordRoot] = nil
	return found, nil
}

// counting leaves out the records that are excluded, and those reached twice.
func (r chooser) counting(w *formula.World, records []*evaluation.Resource, now int64, edges func(int64)) ([]*evaluation.Resource, error) {
	if r.Exclude != nil && r.Exclude.Broken != nil {
		return nil, r.Exclude.Broken
	}
	if r.Today {
		edges(w.Tomorrow(now))
	}
	out := make([]*evaluation.Resource, 0, len(records))
	var seen map[*evaluation.Resource]bool
	if r.Records != nil && len(r.Records.Steps) > 1 { // several ways may lead to one
		seen = make(map[*evaluation.Resource]bool, len(records))
	}
	for _, record := range records {
		if seen[record] {
			continue
		}
		if seen != nil {
			seen[record] = true
		}
		if r.Exclude != nil {
			w.Vars[formula.RecordRoot] = record
			excluded, err := r.Exclude.Truth(w)
			if err != nil {
				return nil, fmt.Errorf("context rule %s, exclude expression: %w", r.Identifier, err)
			}
			if excluded {
				continue
			}
		}
		out = append(out, record)
	}
	return out, nil
}

// latest makes the one context of an owner without sections: of the records the one valid now with the latest start, else the next future one, else
// the last past one (role-model 4.4).
func (r chooser) latest(w *formula.World, records []*evaluation.Resource, now int64, edges func(int64)) ([]Context, error) {
	var best *Context
	for _, record := range records {
		w.Vars[formula.RecordRoot] = record
		over, err := w.Period(r.Start, r.End, interval.Always)
		if err != nil {
			return nil, err
		}
		if over.From >= over.To {
			continue // start after end: the record counts for nothing (role-model 4.8)
		}
		edges(over.From)
		edges(over.To)
		c := &Context{Context: evaluation.Context{RuleID: r.ID, RecordID: record.ID}, Over: over, wide: interval.Always, Record: record}
		if best == nil || better(c, best, now) {
			best = c
		}
	}
	if best == nil {
		return nil, nil
	}
	best.Start, best.End = interval.Moment(best.Over.From), interval.Moment(best.Over.To)
	return []Context{*best}, nil
}

// better ranks two records: valid now before future before past, then the latest start (the earliest among future ones), then the lowest id.
func better(a, b *Context, now int64) bool {
	rank := func(c *Context) int {
		switch {
		case c.Over.Has(now):
			return 0
		case c.Over.From > now:
			return 1
		default:
			return 2
		}
	}
	if ra, rb := rank(a), rank(b); ra != rb {
		return ra < rb
	} else if ra == 1 {
		return cmp.Or(cmp.Compare(a.Over.From, b.Over.From), cmp.Compare(a.RecordID, b.RecordID)) < 0
	} else if ra == 2 {
		return cmp.Or(cmp.Compare(b.Over.To, a.Over.To), cmp.Compare(b.Over.From, a.Over.From), cmp.Compare(a.RecordID, b.RecordID)) < 0
	}
	return cmp.Or(cmp.Compare(b.Over.From, a.Over.From), cmp.Compare(a.RecordID, b.RecordID)) < 0
}
