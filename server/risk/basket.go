package risk

import (
	"fmt"
	"slices"
	"time"

	"writ/server/assignment"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/rolemodel"
)

// Basket is what one person is to get and to lose, all of it at one go.
type Basket struct {
	OwnerID int64
	Pending []RiskGrantInput // what was asked for elsewhere, beside the assignments that wait: it counts as had
	Grant   []RiskGrantInput
	Take    []RiskTakeInput
	Without []int64 // assignments of roles that do not count: what is asked for by the rows that wait for it
}

// RiskGrantInput is a role or a resource type that somebody is to have.
type RiskGrantInput struct {
	Role         string // identifier; a role or a resource type is named, one of them
	ResourceType string // identifier
	Parameters   []RiskParameterInput
	StartDate    *time.Time // nil: now
	EndDate      *time.Time // nil: for ever
}

// RiskTakeInput is a role or a resource type that somebody is to have no more.
type RiskTakeInput struct {
	Role         string
	ResourceType string
	At           *time.Time // nil: now
}

// RiskParameterInput is a parameter of a role: a value of a dimension.
type RiskParameterInput struct {
	Dimension string // identifier
	Value     int64  // a resource
}

// named are the resources that a basket names.
func (b *Basket) named() (list []int64) {
	for _, g := range slices.Concat(b.Pending, b.Grant) {
		for _, p := range g.Parameters {
			list = append(list, p.Value)
		}
	}
	return list
}

// world makes an owner as he would be. It refuses what cannot be with the path of the field.
type world struct {
	*evaluation.Owner
	m   *assignment.Model
	i   *assignment.Imagination
	ids int64
}

// worldOf begins with what an owner has and what waits for him.
func worldOf(i *assignment.Imagination, o *evaluation.Owner) *world {
	c := *o
	c.Roles, c.Types = slices.Clone(o.Roles), slices.Clone(o.Types)
	w := &world{Owner: &c, m: i.Model, i: i}
	for n, x := range c.Roles {
		if x.Workflow.Pending() {
			row := *x
			row.Workflow = evaluation.Approved
			c.Roles[n] = &row
		}
	}
	for n, x := range c.Types {
		if x.Workflow.Pending() {
			row := *x
			row.Workflow = evaluation.Approved
			c.Types[n] = &row
		}
	}
	return w
}

// clone is a world that goes on from another.
func (w *world) clone() *world {
	out, o := *w, *w.Owner
	o.Roles, o.Types = slices.Clone(o.Roles), slices.Clone(o.Types)
	out.Owner = &o
	return &out
}

// next is an id that no row has.
func (w *world) next() int64 { w.ids--; return w.ids }

// find gives the role or the resource type that is named, for owners of this kind.
func (w *world) find(role, resourceType, at string) (*rolemodel.Role, *rolemodel.ResourceType, error) {
	if (role == "") == (resourceType == "") {
		return nil, nil, errs.Invalid(at, "Name a role or a resource type, one of them.")
	}
	for _, r := range w.m.Source.Roles {
		if r.Identifier == role && r.EntityTypeID == w.Resource.EntityTypeID {
			if p := w.m.Policy(r.PolicyID); p != nil && p.IsExternal {
				return nil, nil, errs.Invalid(at+".role", "The role %s is kept by another tool: Writ neither gives nor takes it.", role)
			}
			return r, nil, nil
		}
	}
	for _, t := range w.m.Source.ResourceTypes {
		if t.Identifier == resourceType && t.SourceEntityTypeID == w.Resource.EntityTypeID {
			return nil, t, nil
		}
	}
	if role != "" {
		return nil, nil, errs.Invalid(at+".role", "There is no role %s for resources of this kind.", role)
	}
	return nil, nil, errs.Invalid(at+".resourceType", "There is no resource type %s that resources of this kind can have.", resourceType)
}

// grant gives as a person would.
func (w *world) grant(g RiskGrantInput, at string) error {
	r, t, err := w.find(g.Role, g.ResourceType, at)
	if err != nil {
		return err
	}
	from := g.StartDate
	if from == nil {
		now := w.i.Now()
		from = &now
	}
	if g.EndDate != nil && !g.EndDate.After(*from) {
		return errs.Invalid(at+".endDate", "It would end before it begins. Choose a later end.")
	}
	if t != nil {
		if len(g.Parameters) > 0 {
			return errs.Invalid(at+".parameters", "Resource types have no parameters. Leave them out.")
		}
		w.give(t, from, g.EndDate)
		return nil
	}
	params, err := w.parameters(g.Parameters, at)
	if err != nil {
		return err
	}
	w.Roles = append(w.Roles, &evaluation.AssignedRole{ID: w.next(), RoleID: r.ID, Workflow: evaluation.Approved, Origin: evaluation.OriginManual, Start: from, End: g.EndDate, Parameters: params})
	return nil
}

// give gives a resource type: the row that is there becomes a person's.
func (w *world) give(t *rolemodel.ResourceType, from, to *time.Time) {
	for n, x := range w.Types {
		if x.ResourceTypeID == t.ID && !x.IsDenied {
			row := *x
			if row.Workflow.ByPerson() {
				from, to = earlier(row.Start, from), later(row.End, to)
			}
			row.Workflow, row.Start, row.End = evaluation.Approved, from, to
			w.Types[n] = &row
			return
		}
	}
	w.Types = append(w.Types, &evaluation.ExistingType{ID: w.next(), ResourceTypeID: t.ID, Workflow: evaluation.Approved, Start: from, End: to})
}

// earlier gives the earlier of two beginnings; nil: since ever.
func earlier(a, b *time.Time) *time.Time {
	if a == nil || b == nil || a.Before(*b) {
		return a
	}
	return b
}

// later gives the later of two ends; nil: never.
func later(a, b *time.Time) *time.Time {
	if a == nil || b == nil || a.After(*b) {
		return a
	}
	return b
}

func (w *world) parameters(list []RiskParameterInput, at string) (map[string]int64, error) {
	if len(list) == 0 {
		return nil, nil
	}
	out := map[string]int64{}
	for n, p := range list {
		field := fmt.Sprintf("%s.parameters[%d]", at, n)
		d := w.m.Shape.Dimensions[p.Dimension]
		switch x := w.i.Resource(p.Value); {
		case d == nil:
			return nil, errs.Invalid(field+".dimension", "There is no dimension %s.", p.Dimension)
		case out[p.Dimension] != 0:
			return nil, errs.Invalid(field+".dimension", "%s is there twice. Take one away.", p.Dimension)
		case x == nil || x.Gone || x.EntityTypeID != d.EntityTypeID:
			return nil, errs.Invalid(field+".value", "There is no such value of %s.", p.Dimension)
		}
		out[p.Dimension] = p.Value
	}
	return out, nil
}

// take takes away as a person would: what a person gave ends, what rules give is denied, what was found is refused.
func (w *world) take(x RiskTakeInput, at string) error {
	r, t, err := w.find(x.Role, x.ResourceType, at)
	if err != nil {
		return err
	}
	when := x.At
	if when == nil || when.Before(w.i.Now()) {
		now := w.i.Now()
		when = &now
	}
	if t != nil {
		w.takeType(t, when)
		return nil
	}
	deny := false
	for n, row := range w.Roles {
		if row.RoleID != r.ID || row.IsDenied {
			continue
		}
		c := *row
		switch {
		case row.Workflow.Found():
			c.Workflow = evaluation.Cancellation
		case row.Workflow.ByPerson():
			c.End = sooner(row.End, when)
		default:
			deny = true
			continue
		}
		w.Roles[n] = &c
	}
	if deny {
		w.Roles = append(w.Roles, &evaluation.AssignedRole{ID: w.next(), RoleID: r.ID, Workflow: evaluation.Approved, Origin: evaluation.OriginManual, IsDenied: true, Start: when})
	}
	return nil
}

func (w *world) takeType(t *rolemodel.ResourceType, when *time.Time) {
	for n, row := range w.Types {
		if row.ResourceTypeID != t.ID || row.IsDenied {
			continue
		}
		c := *row
		if row.Workflow.ByPerson() {
			c.End = sooner(row.End, when)
		} else {
			c.Workflow, c.IsDenied, c.Start, c.End = evaluation.Approved, true, when, nil
		}
		w.Types[n] = &c
	}
}

// sooner gives the earlier of two ends; nil: never.
func sooner(a, b *time.Time) *time.Time {
	if a == nil || b.Before(*a) {
		return b
	}
	return a
}
