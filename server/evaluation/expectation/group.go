package expectation

import (
	"cmp"
	"maps"
	"slices"

	"writ/server/evaluation"
	"writ/server/evaluation/interval"
	"writ/server/evaluation/model"
)

// onePerGroup leaves of the resources of each group, at each instant, the one that the strongest rule wants (role-model 1.4): that of the stronger
// offset, then one that asks for a role, then the lowest id. What gives way is noted. values are what each rule wants, not added up yet.
func (r *Run) onePerGroup(p *Plan, q *model.Property, navs []*model.Rule, values []reached) {
	groups := map[string][]*reached{}
	for i := range values {
		if g := r.groupOf(q, &values[i]); g != "" {
			groups[g] = append(groups[g], &values[i])
		}
	}
	for _, g := range slices.Sorted(maps.Keys(groups)) {
		members := groups[g]
		if !slices.ContainsFunc(members, func(v *reached) bool { return v.id != members[0].id }) {
			continue
		}
		slices.SortStableFunc(members, func(a, b *reached) int { return cmp.Or(stronger(a.by, b.by), cmp.Compare(a.id, b.id)) })
		for i, v := range members {
			for _, x := range navs { // what is forbidden takes no place
				if x.Denied && x.Resource == v.id {
					v.over = v.over.Subtract(r.When(x, true))
				}
			}
			for _, winner := range members[:i] {
				if winner.id != v.id {
					r.giveWay(p, q, v, winner)
				}
			}
		}
	}
}

// giveWay takes from a value the time at which another one of its group is held.
func (r *Run) giveWay(p *Plan, q *model.Property, v, winner *reached) {
	for _, i := range v.over.Intersect(winner.over) {
		r.Edge(i.From)
		r.Edge(i.To)
		p.Lost = append(p.Lost, evaluation.Conflict{Property: q.Identifier, From: interval.Moment(i.From), To: interval.Moment(i.To), ID: v.id, Value: v.label, Rules: v.by.Alone,
			With: winner.id, Other: winner.label})
	}
	v.over = v.over.Subtract(winner.over)
}

// groupOf is the group of a value; empty: none.
func (r *Run) groupOf(q *model.Property, v *reached) string {
	if v.by.Kind.Fixed {
		return v.by.Group
	}
	if x := r.Batch.Resources[v.id]; x != nil {
		return x.Scalars[q.GroupBy]
	}
	return ""
}

// stronger sorts rules by who takes the place of a group.
func stronger(a, b *model.Rule) int {
	byRole := func(x *model.Rule) int {
		if x.RoleID != 0 {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(layerOf(b), layerOf(a)), cmp.Compare(byRole(a), byRole(b)), cmp.Compare(a.ID, b.ID))
}
