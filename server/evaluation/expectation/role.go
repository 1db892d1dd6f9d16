package expectation

import (
	"cmp"
	"maps"
	"slices"

	"writ/server/evaluation"
	"writ/server/evaluation/interval"
	"writ/server/evaluation/model"
	"writ/server/rolemodel"
)

// roles computes composite roles, parents first, then single roles (S2, S3).
func (r *Run) roles() {
	held := slices.Clone(r.Owner.Roles)
	slices.SortStableFunc(held, func(a, b *evaluation.AssignedRole) int { return cmp.Compare(a.RoleID, b.RoleID) })
	rows := func(id int64) []*evaluation.AssignedRole {
		from, _ := slices.BinarySearchFunc(held, id, func(x *evaluation.AssignedRole, id int64) int { return cmp.Compare(x.RoleID, id) })
		to := from
		for to < len(held) && held[to].RoleID == id {
			to++
		}
		return held[from:to:to]
	}
	rules := make(map[int64][]*model.Rule, len(held))
	queue := []*model.Role{}
	var singles []int64
	add := func(id int64) {
		x := r.Source.Roles[id]
		switch {
		case x == nil || x.Kind == rolemodel.Single:
			singles = append(singles, id)
		default:
			i, found := slices.BinarySearchFunc(queue, x, func(a, b *model.Role) int { return cmp.Compare(a.Order, b.Order) })
			if !found {
				queue = slices.Insert(queue, i, x)
			}
		}
	}
	for _, row := range r.Owner.Roles {
		add(row.RoleID)
	}
	take := func(x *model.Rule) {
		if have, ok := rules[x.Gives]; ok {
			rules[x.Gives] = append(have, x)
		} else {
			rules[x.Gives] = x.Itself[:]
		}
		add(x.Gives)
	}
	r.open(func(m *model.Matches) []*model.Rule { return m.Roles }, take)
	one := func(id int64) {
		r.role(id, rules[id], rows(id))
		if len(r.Held[id]) == 0 {
			return
		}
		for _, x := range r.Source.ByRole[id] {
			if x.Gives != 0 && (len(x.Criteria) == 0 && x.PolicyBit == x.Bit && len(r.ContextsOf(x)) > 0 || len(r.When(x, false)) > 0) {
				if !slices.Contains(rules[x.Gives], x) {
					take(x)
				}
			}
		}
	}
	for i := 0; i < len(queue); i++ {
		one(queue[i].ID)
	}
	singles = Ascending(singles)
	slices.SortStableFunc(singles, func(a, b int64) int { return cmp.Compare(r.imposing(a), r.imposing(b)) })
	for _, id := range singles {
		one(id)
	}
	r.SortRoles()
}

// SortRoles puts what has to be done about roles in order.
func (r *Run) SortRoles() {
	slices.SortFunc(r.Result.Roles, func(a, b evaluation.RoleDelta) int {
		return cmp.Or(cmp.Compare(a.Row.RoleID, b.Row.RoleID), cmp.Compare(a.Row.ID, b.Row.ID), cmp.Compare(interval.StartOf(a.Row.Start), interval.StartOf(b.Row.Start)))
	})
}

// period is a stretch of time on which the same rules win.
type period struct {
	interval.Interval
	rules   []int64
	through int64 // composite role it is inferred by; 0: by a rule of its own
	params  map[string]int64
	missing bool // a required parameter has no value: it grants nothing
	blocked bool // a risk keeps it back
}

func (p period) origin() string {
	if p.through != 0 {
		return evaluation.OriginInferred
	}
	return evaluation.OriginRule
}

// automatic resolves the rules of one role (role-model 3.2): on every elementary segment the smallest priority number decides; a denied rule
// among those forbids; else the strongest type counts, and only Required gives.
func (r *Run) automatic(rules []*model.Rule) []period {
	if len(rules) == 1 {
		return r.automaticAlone(rules[0])
	}
	type one struct {
		*model.Rule
		over interval.Set
	}
	var all []one
	var cuts []int64
	for _, x := range rules {
		over := r.When(x, false)
		if len(over) == 0 {
			continue
		}
		all = append(all, one{x, over})
		for _, i := range over {
			cuts = append(cuts, i.From, i.To)
		}
	}
	slices.SortFunc(all, func(a, b one) int { return cmp.Compare(a.ID, b.ID) })
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	var out []period
	for i := 0; i+1 < len(cuts); i++ {
		segment := period{Interval: interval.Interval{From: cuts[i], To: cuts[i+1]}}
		var top []*model.Rule
		for _, x := range all {
			if _, in := x.over.At(cuts[i]); !in {
				continue
			}
			if len(top) > 0 && x.Priority < top[0].Priority {
				top = top[:0]
			}
			if len(top) == 0 || x.Priority == top[0].Priority {
				top = append(top, x.Rule)
			}
		}
		given := false
		for _, x := range top {
			if x.Denied {
				given = false
				break
			}
			if x.Required() {
				segment.rules = append(segment.rules, x.ID)
				if !given || x.RoleID == 0 {
					segment.through = x.RoleID
				}
				given = true
			}
		}
		if !given {
			continue
		}
		if n := len(out); n > 0 && out[n-1].To == segment.From && out[n-1].through == segment.through && slices.Equal(out[n-1].rules, segment.rules) {
			out[n-1].To = segment.To
		} else {
			out = append(out, segment)
		}
	}
	return out
}

// automaticAlone is automatic for a role of which one rule says everything.
func (r *Run) automaticAlone(x *model.Rule) []period {
	over := r.When(x, false)
	if x.Denied || !x.Required() || len(over) == 0 {
		return nil
	}
	out := make([]period, len(over))
	for i := range over {
		out[i] = period{Interval: over[i], rules: x.Alone, through: x.RoleID}
	}
	return out
}

// role settles one role: what the rules give, less what a person denied, beside what a person approved, and what is only found comes later (computation/deduce.go).
func (r *Run) role(id int64, rules []*model.Rule, rows []*evaluation.AssignedRole) {
	if own := r.Source.Roles[id]; own != nil && own.External {
		r.external(id, rows)
		return
	}
	wanted := r.parametrised(id, rules, r.automatic(rules))
	var kept []*evaluation.AssignedRole // what a person gave or denied
	var of []hold
	gone := r.Owner.Resource.Gone
	rows = decidedOn(rows)
	for _, row := range rows {
		over := interval.Interval{From: interval.StartOf(row.Start), To: interval.EndOf(row.End)}
		if gone || over.To <= r.Now && over.To != interval.Max || row.Workflow.Over() {
			continue
		}
		r.Edge(over.From)
		r.Edge(over.To)
		switch {
		case row.IsDenied:
			kept = append(kept, row)
		case row.Workflow == evaluation.Prolonged:
		case row.Workflow.ByPerson():
			kept = append(kept, row)
			of = append(of, hold{params: row.Parameters, byHand: true, over: interval.Of(over)})
		}
	}
	r.redundantRoles(kept, wanted)
	stay := r.staying(r.Source.Roles[id], wanted, rows, kept)
	for _, x := range rows {
		if row, ok := stay[x]; ok {
			of = append(of, hold{params: row.Parameters, over: interval.Of(interval.Interval{From: interval.StartOf(row.Start), To: interval.EndOf(row.End)})})
		}
	}
	var keep, past []period
	var given []hold // by the rules
	for _, p := range wanted {
		over := interval.Ever
		if p.Interval != interval.Always {
			over = interval.Set{p.Interval}
		}
		denied, approved := decided(kept, p.params)
		for _, i := range over.Subtract(denied.Union(approved)) {
			q := p
			q.Interval = i
			if i.To <= r.Now {
				past = append(past, q)
			} else {
				keep = append(keep, q)
				r.Edge(i.From)
				r.Edge(i.To)
			}
		}
		// what the rules give counts for its whole time, the past too: rules after the end need to know when it was
		if p.missing {
			r.lack(id, p)
		} else {
			given = append(given, hold{params: p.params, over: over.Subtract(denied)})
		}
	}
	used := make(map[*evaluation.AssignedRole]bool, 1)
	for x := range stay {
		used[x] = true
	}
	from := assigned(rows, keep, used, r.Now)
	r.withhold(id, keep, from)
	for _, p := range keep {
		for i := range given {
			if p.blocked && maps.Equal(given[i].params, p.params) {
				given[i].over = given[i].over.Subtract(interval.Of(p.Interval))
			}
		}
	}
	r.roleRows(id, keep, past, rows, from, used, stay)
	r.hold(id, append(of, given...))
}

// decidedOn leaves out what is only asked for: no computation looks at it, moves it or ends it (requests 3.1).
func decidedOn(rows []*evaluation.AssignedRole) []*evaluation.AssignedRole {
	if !slices.ContainsFunc(rows, func(x *evaluation.AssignedRole) bool { return x.Workflow.Pending() }) {
		return rows
	}
	return slices.DeleteFunc(slices.Clone(rows), func(x *evaluation.AssignedRole) bool { return x.Workflow.Pending() })
}

// roleRows matches the wanted periods with the rows there are, reusing their ids. What is over ends its row; a row that turns out to have
// been over earlier, or interrupted, ends as it was (past): that is a correction of what was known. What stays is not matched.
func (r *Run) roleRows(id int64, keep, past []period, rows, froms []*evaluation.AssignedRole, used map[*evaluation.AssignedRole]bool, stay map[*evaluation.AssignedRole]evaluation.AssignedRole) {
	emit := func(row evaluation.AssignedRole, from *evaluation.AssignedRole) {
		if from == nil || !row.Same(from) {
			r.Result.Roles = append(r.Result.Roles, evaluation.RoleDelta{Row: row})
		}
	}
	automatic := func(x *evaluation.AssignedRole) bool {
		return !x.IsDenied && (x.Workflow == evaluation.Calculated || x.Workflow == evaluation.RuleMissingParameters || x.Workflow == evaluation.Blocked) && (x.Origin == evaluation.OriginRule || x.Origin == evaluation.OriginInferred)
	}
	for _, x := range rows {
		if row, ok := stay[x]; ok {
			emit(row, x)
		}
	}
	for i, from := range froms {
		p := keep[i]
		row := r.rowOf(id, p)
		if from != nil {
			row.ID = from.ID
			if from.Workflow.Found() {
				if r.Covered == nil {
					r.Covered = map[*evaluation.AssignedRole]bool{}
				}
				r.Covered[from] = true
			}
			for _, q := range past {
				if automatic(from) && overlaps(from, q.Interval) {
					r.Result.Roles = append(r.Result.Roles, evaluation.RoleDelta{Row: r.rowOf(id, q), Close: true})
				}
			}
		}
		emit(row, from)
	}
	for _, x := range rows {
		if used[x] {
			continue
		}
		isPast := x.End != nil && interval.EndOf(x.End) <= r.Now
		if automatic(x) || x.Workflow == evaluation.Prolonged || isPast || x.Workflow.Over() && !x.WasRefused() || r.Owner.Resource.Gone {
			row := *x
			for _, q := range past {
				if automatic(x) && overlaps(x, q.Interval) {
					row.Start, row.End = interval.Moment(q.From), interval.Moment(q.To)
				}
			}
			r.Result.Roles = append(r.Result.Roles, evaluation.RoleDelta{Row: row, Close: true})
		}
	}
}

// rowOf is the row of a period in which a role is given.
func (r *Run) rowOf(id int64, p period) evaluation.AssignedRole {
	row := evaluation.AssignedRole{RoleID: id, Workflow: evaluation.Calculated, Origin: p.origin(), Start: interval.Moment(p.From), End: interval.Moment(p.To), InferredByID: p.through, RuleIDs: p.rules,
		Parameters: p.params}
	switch {
	case p.blocked:
		row.Workflow = evaluation.Blocked // it was never had: nothing of it is prolonged
	case p.missing:
		row.Workflow = evaluation.RuleMissingParameters
	default:
		row.Ground = r.ground(r.Source.Roles[id], p)
	}
	return row
}

func overlaps(x *evaluation.AssignedRole, i interval.Interval) bool {
	return interval.StartOf(x.Start) < i.To && i.From < interval.EndOf(x.End)
}

// assigned finds for every period the row that goes on as it, nil: none does. Several periods of one role keep a row each: the same beginning
// tells them apart, then a common time; only what is left over is made to fit.
func assigned(rows []*evaluation.AssignedRole, keep []period, used map[*evaluation.AssignedRole]bool, now int64) []*evaluation.AssignedRole {
	out := make([]*evaluation.AssignedRole, len(keep))
	same := func(x *evaluation.AssignedRole, p period) bool { return x.HasParameters(p.params) }
	for _, closest := range []func(x *evaluation.AssignedRole, p period) bool{
		func(x *evaluation.AssignedRole, p period) bool {
			return same(x, p) && interval.StartOf(x.Start) == p.From
		},
		func(x *evaluation.AssignedRole, p period) bool { return same(x, p) && overlaps(x, p.Interval) },
		same,
		// a role that got its first parameter, of which one was missing, or that was only found, goes on as the row it was
		func(x *evaluation.AssignedRole, p period) bool {
			return (len(x.Parameters) == 0 || x.Workflow == evaluation.RuleMissingParameters || x.Workflow.Found()) && overlaps(x, p.Interval)
		},
	} {
		for i, p := range keep {
			if out[i] != nil {
				continue
			}
			out[i] = pick(rows, used, func(x *evaluation.AssignedRole) bool {
				return !x.IsDenied && (x.Origin == evaluation.OriginRule || x.Origin == evaluation.OriginInferred || x.Workflow.Found() && p.Has(now) || x.Workflow == evaluation.Prolonged && p.Has(now) && !p.missing) && closest(x, p)
			}, p.through)
			if out[i] != nil {
				used[out[i]] = true
			}
		}
	}
	return out
}

// pick prefers the row that came through the same composite role, then the one with the lowest id.
func pick(rows []*evaluation.AssignedRole, used map[*evaluation.AssignedRole]bool, fits func(*evaluation.AssignedRole) bool, through int64) *evaluation.AssignedRole {
	var best *evaluation.AssignedRole
	for _, x := range rows {
		if used[x] || !fits(x) || x.Workflow.Over() {
			continue
		}
		if best == nil || x.InferredByID == through && best.InferredByID != through || (x.InferredByID == through) == (best.InferredByID == through) && x.ID < best.ID {
			best = x
		}
	}
	return best
}
