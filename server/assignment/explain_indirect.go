package assignment

import (
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/evaluation"
	"writ/server/evaluation/indirect"
)

// mostIndirect is how much that is had through others one explanation tells; View Permissions lists all.
const mostIndirect = 200

// throughOthers are the steps about what the owner has through others, as complete computations found it.
func (e *explainer) throughOthers() (steps []evaluation.Step, err error) {
	v := &viewer{ctx: e.ctx, db: e.s.DB, axes: e.axes}
	list, err := v.readIndirect(e.in.OwnerID)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	values := map[int64]string{}
	add := func(s evaluation.Step) {
		if e.about.has(s) && len(steps) < mostIndirect {
			steps = append(steps, s)
		}
	}
	var of []int64
	for _, x := range list {
		if x.Value != 0 {
			of = append(of, x.Value)
		}
	}
	slices.Sort(of)
	if err := db.Select(e.ctx, e.s.DB, bun.SafeQuery(`select id, display_name from resource where id = any (?)`, ids(slices.Compact(of))), func(r *db.Row) error {
		id := r.Int()
		values[id] = r.Text()
		return nil
	}); err != nil {
		return nil, fmt.Errorf("name what is had through others: %w", err)
	}
	for _, x := range list {
		s := evaluation.Step{Kind: evaluation.StepIndirect, Rule: x.Rule, ResourceTypeID: x.Type, Property: x.Property, Value: values[x.Value], ResourceID: x.Value,
			Matched: true, From: &x.foundAt, Way: x.Path, WaySteps: x.Steps}
		if x.Role == 0 {
			add(s)
			continue
		}
		if e.in.Property == "" && (e.about.everything || e.about.roles[x.Role]) && len(steps) < mostIndirect {
			s.RoleID = x.Role
			steps = append(steps, s)
		}
	}
	return steps, nil
}

// throughOthers says how something is had through others.
func (w *wording) throughOthers(s evaluation.Step) string {
	p := &IndirectPath{LeftOut: s.WaySteps - len(s.Way)}
	for _, id := range s.Way {
		p.Path = append(p.Path, w.resource(id))
	}
	what := fmt.Sprintf("%s of %s holds %s", w.property(s.ResourceTypeID, s.Property), w.typeName(s.ResourceTypeID), s.Value)
	switch {
	case s.RoleID != 0 && s.Rule == "":
		return fmt.Sprintf("The role %s is held through others: all of its single roles are held, one of them through others.", w.role(s.RoleID))
	case s.RoleID != 0:
		what = "the role " + w.role(s.RoleID) + " is held"
	}
	return fmt.Sprintf("Through others %s: %s, by the rule %s. Nothing is ordered for it; complete computations find it, and it goes when the membership goes.", what, way(p), s.Rule)
}

// throughOthers leads from an account over what it is a member of to what is had.
func (p *picture) throughOthers(s *evaluation.Step) {
	from := ""
	if s.ResourceTypeID != 0 {
		from = p.account(s.ResourceTypeID)
		p.at[from].Matched = true
	}
	cut := s.WaySteps > len(s.Way)
	for i, id := range s.Way {
		if cut && i == indirect.MostNamed/2 {
			more := fmt.Sprint("through/", s.ResourceTypeID, "/cut/", s.ResourceID)
			n := p.node(more, NodeValue, fmt.Sprintf("%d more", s.WaySteps-len(s.Way)), nil)
			n.Matched, n.Count = true, s.WaySteps-len(s.Way)
			p.edge(from, more)
			from = more
		}
		key := fmt.Sprint("through/", id)
		n := p.node(key, NodeValue, p.w.resource(id), nil)
		n.Matched = true
		if i == len(s.Way)-1 && !slices.Contains(n.Texts, s.Text) {
			n.Texts, n.Since = append(n.Texts, s.Text), s.From
		}
		if from != "" {
			p.edge(from, key)
		}
		from = key
	}
	if s.RoleID != 0 {
		role := p.role(s.RoleID)
		n := p.at[role]
		n.Matched, n.Texts = true, append(n.Texts, s.Text)
		if from != "" {
			p.edge(from, role)
		}
	}
}
