package expectation

import (
	"cmp"
	"slices"

	"writ/server/evaluation"
	"writ/server/evaluation/interval"
	"writ/server/evaluation/model"
	"writ/server/rolemodel"
)

// Plan is what the rules want of one resource type for one owner, whatever target it becomes.
type Plan struct {
	*model.ResourceType
	rules    []*model.Rule // TYPE, NAVIGATION and SCALAR rules whose criteria hold, by id
	Base     interval.Set  // when the rules give the type
	denied   interval.Set
	ByRole   bool // nothing but rules with a role gives it
	expected evaluation.Expected
	forbid   map[string]map[int64]bool // navigation values that a denied rule forbids now
	failed   bool                      // a rule failed: state 7
	Lost     []evaluation.Conflict     // values that give way to others of their groups

	Seats             []*Seat // the rows that there are and are to be, settled in this order
	Linked, Suggested []Match // the targets that correlation found, and what becomes of them
}

// types computes the resource types (S4 to S9).
func (r *Run) types() {
	plans := map[int64]*Plan{}
	at := func(t *model.ResourceType) *Plan {
		p := plans[t.ID]
		if p == nil {
			p = &Plan{ResourceType: t}
			plans[t.ID] = p
		}
		return p
	}
	r.open(func(m *model.Matches) []*model.Rule { return m.Types }, func(x *model.Rule) { p := at(x.Type); p.rules = append(p.rules, x) })
	for id := range r.Held {
		for _, x := range r.Source.ByRole[id] {
			if x.Listed && x.Gives == 0 && len(r.When(x, false)) > 0 {
				p := at(x.Type)
				p.rules = append(p.rules, x)
			}
		}
	}
	rows := map[int64][]*evaluation.ExistingType{}
	r.taken = map[int64]bool{}
	for _, x := range r.Owner.Types {
		if x.TargetID != 0 {
			r.taken[x.TargetID] = true
		}
		if t := r.Model.Types[x.ResourceTypeID]; t != nil {
			at(t)
		}
		rows[x.ResourceTypeID] = append(rows[x.ResourceTypeID], x)
	}
	found := r.candidates(at)
	ids := make([]int64, 0, len(plans))
	for id, p := range plans {
		slices.SortFunc(p.rules, func(a, b *model.Rule) int { return cmp.Compare(a.ID, b.ID) })
		p.rules = slices.Compact(p.rules)
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		p := plans[id]
		r.intervals(p)
		r.settle(p, rows[id], found[id])
		r.Plans = append(r.Plans, p)
	}
}

// intervals finds when the rules give the type, and what its properties extend that by.
func (r *Run) intervals(p *Plan) {
	p.ByRole = true
	var typeRules, roles []int64
	for _, x := range p.rules {
		if x.Kind.Gives && x.Denied {
			p.denied = p.denied.Union(x.Applied(r.When(x, false)))
		}
	}
	for _, x := range p.rules {
		if x.Denied || x.Kind.Gives && !x.Required() {
			continue
		}
		over := r.When(x, false)
		if x.Kind.Gives {
			over = x.Applied(over)
		}
		over = over.Subtract(p.denied)
		if len(over) == 0 {
			continue
		}
		p.Base = p.Base.Union(over)
		if x.Kind.Gives {
			typeRules = append(typeRules, x.ID)
		}
		if x.RoleID != 0 {
			roles = append(roles, x.RoleID)
		} else {
			p.ByRole = false
		}
	}
	slices.Sort(roles)
	p.expected.TypeRules, p.expected.Roles = typeRules, slices.Compact(roles)
}

// extend lets properties with offsets reach beyond the time that rules give the type.
func (r *Run) extend(p *Plan, base interval.Set) interval.Set {
	over := base
	if len(base) == 0 {
		return over
	}
	for _, q := range p.Props {
		for _, x := range slices.Concat(q.Scalars, q.Queries) {
			if x.Offset != rolemodel.OffsetDefault {
				over = over.Union(x.Applied(r.When(x, false)))
			}
		}
	}
	for _, x := range p.rules {
		if x.Kind.Fixed && !x.Denied && x.Offset != rolemodel.OffsetDefault {
			over = over.Union(x.Applied(r.When(x, false)))
		}
	}
	return over.Subtract(p.denied)
}

func (p *Plan) forbidden(property string, id int64) {
	if p.forbid == nil {
		p.forbid = map[string]map[int64]bool{}
	}
	if p.forbid[property] == nil {
		p.forbid[property] = map[int64]bool{}
	}
	p.forbid[property][id] = true
}
