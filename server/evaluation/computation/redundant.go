package computation

import (
	"fmt"
	"maps"
	"slices"

	"writ/server/evaluation"
	"writ/server/evaluation/expectation"
	"writ/server/evaluation/interval"
	"writ/server/evaluation/model"
)

// Redundant finds what people approved for each owner of a batch although rules give it (role-model 12.10), in the order of the owners. An owner that
// cannot be computed has none.
//
// What is found is tried: the owner is computed once more as if it had been left to the rules, and must come out with the same roles, accounts, values, orders,
// differences and risks. Where all together do not, they are tried one after the other, and those stay approved with which something would change.
func Redundant(c *model.Compiled, b *evaluation.Batch) [][]evaluation.Redundancy {
	out := make([][]evaluation.Redundancy, len(b.Owners))
	batch := *b
	batch.Redundant, batch.Force, batch.Explain = true, true, false
	for i, o := range b.Owners {
		out[i] = redundant(c, &batch, o)
	}
	return out
}

// ExplainRedundant are the steps of an explanation about what people approved for the first owner of a batch although rules give it: one for each time.
func ExplainRedundant(c *model.Compiled, b *evaluation.Batch) (steps []evaluation.Step) {
	for _, o := range b.Owners[:1] {
		batch := *b
		batch.Owners = []*evaluation.Owner{o}
		for _, r := range Redundant(c, &batch)[0] {
			for _, g := range r.Given {
				s := evaluation.Step{Kind: evaluation.StepRedundant, Matched: true, Behind: g.RoleIDs}
				s.From, s.To = interval.Moments(g.Interval)
				if r.Role != nil {
					s.RoleID, s.ByHand, s.NeedsRoleID, s.Behind = r.Role.RoleID, r.Role, g.Through, g.RuleIDs
				} else {
					s.ResourceTypeID = r.Type.ResourceTypeID
				}
				steps = append(steps, s)
			}
		}
	}
	return steps
}

// RedundantAlone tries one row of the first owner of a batch, an assigned role or an assigned resource type, by itself; nil: nothing is redundant about it.
func RedundantAlone(c *model.Compiled, b *evaluation.Batch, roleRow, typeRow int64) *evaluation.Redundancy {
	batch := *b
	batch.Redundant, batch.Force, batch.Explain = true, true, false
	for _, o := range b.Owners {
		for _, r := range redundantOf(c, &batch, o, func(r evaluation.Redundancy) bool {
			return r.Role != nil && r.Role.ID == roleRow || r.Type != nil && r.Type.ID == typeRow
		}) {
			return &r
		}
	}
	return nil
}

func redundant(c *model.Compiled, b *evaluation.Batch, o *evaluation.Owner) []evaluation.Redundancy {
	return redundantOf(c, b, o, func(evaluation.Redundancy) bool { return true })
}

func redundantOf(c *model.Compiled, b *evaluation.Batch, o *evaluation.Owner, asked func(evaluation.Redundancy) bool) (found []evaluation.Redundancy) {
	defer func() {
		if p := recover(); p != nil {
			found = nil
		}
	}()
	t := &trial{c: c, b: b, m: &expectation.Scratch{}}
	now, err := t.run(o) // what waits to be computed is computed first
	if err == nil {
		t.owner = now.after
		t.is, err = t.run(t.owner)
	}
	if err != nil {
		return nil
	}
	var all []evaluation.Redundancy
	for _, r := range t.is.Redundant {
		if asked(r) {
			all = append(all, r)
		}
	}
	if len(all) == 0 || t.holds(all) {
		return all
	}
	for _, r := range all {
		if len(all) > 1 && t.holds(append(slices.Clip(found), r)) {
			found = append(found, r)
		}
	}
	return found
}

// trial tries what becomes of an owner.
type trial struct {
	c     *model.Compiled
	b     *evaluation.Batch
	m     *expectation.Scratch
	owner *evaluation.Owner
	is    *computed // as he is
}

func (t *trial) run(o *evaluation.Owner) (*computed, error) {
	r, err := compute(t.c, t.b, o, t.m, nil)
	if err == nil {
		r, err = withhold(t.c, t.b, o, t.m, r)
	}
	return r, err
}

// holds reports whether nothing changes for the owner when approvals are left to the rules.
func (t *trial) holds(list []evaluation.Redundancy) bool {
	then, err := t.run(t.released(list))
	if err != nil {
		return false
	}
	for i := range then.Result.Types {
		d := &then.Result.Types[i]
		if d.Existing == nil || d.CloseRow || d.Order != nil || len(d.Gaps)+len(d.Kept) > 0 || d.TargetID != d.Existing.TargetID || d.IsExpected != d.Existing.IsExpected || d.Error != d.Existing.Error {
			return false
		}
	}
	at := interval.Instant(t.b.Now)
	return maps.EqualFunc(heldBy(t.is.after, at), heldBy(then.after, at), slices.Equal[interval.Set]) &&
		maps.EqualFunc(valuesOf(t.is.after, at), valuesOf(then.after, at), slices.Equal[interval.Set]) &&
		slices.EqualFunc(t.is.exposures, then.exposures, sameRisk) && len(t.is.Result.Withheld) == len(then.Result.Withheld)
}

func sameRisk(a, b evaluation.Exposure) bool { return a.RiskID == b.RiskID && a.Rule == b.Rule }

// released is the owner once approvals are left to the rules. New rows have ids of their own below zero.
func (t *trial) released(list []evaluation.Redundancy) *evaluation.Owner {
	out := *t.owner
	out.Roles, out.Types = slices.Clone(t.owner.Roles), slices.Clone(t.owner.Types)
	next := int64(0)
	for _, r := range list {
		if r.Type != nil {
			row := *r.Type
			row.Workflow = evaluation.Calculated
			out.Types[slices.Index(out.Types, r.Type)] = &row
			continue
		}
		out.Roles = slices.DeleteFunc(out.Roles, func(x *evaluation.AssignedRole) bool { return x == r.Role })
		for _, d := range r.Released(interval.Instant(t.b.Now)) {
			if d.Close {
				continue
			}
			if d.Row.ID == 0 {
				next--
				d.Row.ID = next
			}
			out.Roles = append(out.Roles, &d.Row)
		}
	}
	slices.SortStableFunc(out.Roles, func(a, b *evaluation.AssignedRole) int {
		switch {
		case a.ID < b.ID:
			return -1
		case a.ID > b.ID:
			return 1
		}
		return 0
	})
	return &out
}

// heldBy is when the owner has each role with each parameters, from now on.
func heldBy(o *evaluation.Owner, now int64) map[string]interval.Set {
	out := map[string]interval.Set{}
	for _, x := range o.Roles {
		if x.IsDenied || !x.Workflow.Holds() {
			continue
		}
		params := x.Parameters
		if len(params) == 0 {
			params = nil
		}
		add(out, fmt.Sprint(x.RoleID, params), interval.Interval{From: interval.StartOf(x.Start), To: interval.EndOf(x.End)}, now)
	}
	return out
}

// valuesOf is when each target of the owner is wanted, and must have each value, from now on, whatever rule says so.
func valuesOf(o *evaluation.Owner, now int64) map[string]interval.Set {
	out := map[string]interval.Set{}
	for _, x := range o.Types {
		if x.IsExpected {
			// a row that a person approved has the time of the approval beside that of the rules: the values tell when it is wanted
			out[fmt.Sprint(x.ID, x.ResourceTypeID, x.TargetID)] = nil
		}
		for name, spans := range x.Expected.Properties {
			for _, s := range spans {
				add(out, fmt.Sprint(x.ID, x.ResourceTypeID, x.TargetID, name, s.ID, s.Value, s.Error, s.CreateOnly, s.Found, s.Confidence), s.Interval(), now)
			}
		}
	}
	return out
}

func add(to map[string]interval.Set, key string, i interval.Interval, now int64) {
	i.From = max(i.From, now)
	if i.From < i.To {
		to[key] = to[key].Union(interval.Of(i))
	}
}
