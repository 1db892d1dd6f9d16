package request

import (
	"slices"
	"time"

	"writ/server/assignment"
	"writ/server/rolemodel"
)

// wished is a time that somebody wishes something for; a nil end is none.
type wished struct {
	start time.Time
	end   *time.Time
}

// span is the time from a start on, or from now on.
func span(now time.Time, start, end *time.Time) wished {
	if start != nil && start.After(now) {
		now = *start
	}
	return wished{now, end}
}

// forbidding is a rule that withholds a role from somebody at some instant of a time, as a computation settles it (role-model 3.2): at each instant the rule
// of the smallest priority that his contexts then fulfil, a denying one first. nil: none does. all: rules withhold it all the time.
func forbidding(m *assignment.Model, roleID int64, held []*assignment.HeldRole, contexts []assignment.ContextAt, over wished) (rule *rolemodel.RoleRule, all bool) {
	list := fulfilled(m, roleID, held, contexts)
	if !slices.ContainsFunc(list, func(x ruled) bool { return x.IsDenied }) {
		return nil, false
	}
	cuts := []time.Time{over.start}
	for _, x := range list {
		for _, t := range []*time.Time{x.start, x.end} {
			if t != nil && t.After(over.start) && (over.end == nil || t.Before(*over.end)) {
				cuts = append(cuts, *t)
			}
		}
	}
	slices.SortFunc(cuts, time.Time.Compare)
	all = true
	for _, at := range cuts {
		var best *rolemodel.RoleRule
		for _, x := range list {
			if x.start != nil && x.start.After(at) || x.end != nil && !x.end.After(at) {
				continue
			}
			if best == nil || x.Priority < best.Priority || x.Priority == best.Priority && x.IsDenied && !best.IsDenied {
				best = x.RoleRule
			}
		}
		if best != nil && best.IsDenied {
			rule = best
		} else {
			all = false
		}
	}
	return rule, all && rule != nil
}

// later is the later of two starts; nil is the beginning of time.
func later(a, b *time.Time) *time.Time {
	if a == nil || b != nil && b.After(*a) {
		return b
	}
	return a
}

// sooner is the earlier of two ends; nil is never.
func sooner(a, b *time.Time) *time.Time {
	if a == nil || b != nil && b.Before(*a) {
		return b
	}
	return a
}

// ruled is a rule about a role in a time in which somebody fulfils it.
type ruled struct {
	*rolemodel.RoleRule
	start, end *time.Time
}

// fulfilled are the rules about a role that somebody fulfils at some time, once for each context and composite role by which he does.
func fulfilled(m *assignment.Model, roleID int64, held []*assignment.HeldRole, contexts []assignment.ContextAt) (list []ruled) {
	for _, r := range m.Source.RoleRules {
		if r.RoleID != roleID || !m.Policy(r.PolicyID).IsProvisioningEnabled {
			continue
		}
		with := []*assignment.HeldRole{nil}
		if r.CompositeRoleID != nil {
			with = with[:0]
			for _, h := range held {
				if h.RoleID == *r.CompositeRoleID && h.WorkflowState.Holds() && !h.IsDenied {
					with = append(with, h)
				}
			}
		}
		for _, c := range lived(m, r.RoleID, contexts) {
			if !m.Satisfies(r.Dimensions, c.Dimensions) {
				continue
			}
			for _, h := range with {
				x := ruled{r, c.StartDate, c.EndDate}
				if h != nil {
					x.start, x.end = later(x.start, h.StartDate), sooner(x.end, h.EndDate)
				}
				list = append(list, x)
			}
		}
	}
	return list
}

// lived are the contexts of somebody as rules see them: who is of an entity type without context rules is there all the time.
func lived(m *assignment.Model, roleID int64, contexts []assignment.ContextAt) []assignment.ContextAt {
	r := m.Role(roleID)
	if len(contexts) > 0 || r == nil || slices.ContainsFunc(m.Source.ContextRules, func(c *rolemodel.ContextRule) bool { return c.EntityTypeID == r.EntityTypeID }) {
		return contexts
	}
	return []assignment.ContextAt{{}}
}
