package permit

import (
	"context"
	"slices"
	"strings"
	"time"
)

// A deputy has no copy of anybody's rights (requests 10): his actor carries, beside his own grants, for each delegation in force the grants that the
// delegator has now, cut to what the delegation covers. They open nothing by themselves. A room that lets deputies act asks for them (ActingFor), does its
// work as one of them (As), and writes down for whom it was done.

// Deputies' kinds of work (requests 10.1).
const (
	DeputyApprovals = "APPROVALS" // decide on requests
)

// Deputyship is one delegation in force, seen from the deputy.
type Deputyship struct {
	DelegationID int64
	Delegator    Delegator
	Rights       map[string][]Grant // by kind of work: what the delegator may do now, as far as the delegation covers it; none of a kind: only what is asked of him by name
	Scope        DeputyScope
	Until        *time.Time // nil: no end is known
}

// Delegator is somebody for whom another one acts.
type Delegator struct {
	UserID     int64
	Username   string
	Name       string
	ResourceID int64 // 0: the account belongs to nobody in the directory
}

// DeputyScope narrows a delegation to what is about some roles: those named, those of the categories and below, those of the policies; identifiers. With
// nothing named, it is about all.
type DeputyScope struct {
	EntityTypes []string `json:"entityTypes,omitempty"` // of those whom it concerns
	Roles       []string `json:"roles,omitempty"`
	Categories  []string `json:"categories,omitempty"`
	Policies    []string `json:"policies,omitempty"`
}

// HasRoles reports whether only some roles are in it.
func (s DeputyScope) HasRoles() bool { return len(s.Roles)+len(s.Categories)+len(s.Policies) > 0 }

// ActingFor gives the deputyships of the caller for a kind of work.
func ActingFor(ctx context.Context, kind string) []Deputyship {
	a := From(ctx)
	if a == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(a.Deputyships), func(d Deputyship) bool { return d.Rights[kind] == nil })
}

// As gives the context in which the caller does one kind of work for a delegator: he stays who he is, and may do what the delegation gives, nothing of
// his own and nothing that he may do for others.
func As(ctx context.Context, d Deputyship, kind string) context.Context {
	a := *From(ctx)
	a.Grants, a.Deputyships, a.Acting, a.System = d.Rights[kind], nil, &d, false
	return With(ctx, &a)
}

// Behalf gives the deputyship under which the context acts; nil: everybody acts for himself.
func Behalf(ctx context.Context) *Deputyship {
	if a := From(ctx); a != nil {
		return a.Acting
	}
	return nil
}

// CutForDeputy gives what grants of a delegator give of some permissions, which exist once per entity type, to a deputy: no wider than they are, and never more than
// that permission. Filters on the signed-in user mean the delegator. entityTypes: all there are that the delegation is about.
func CutForDeputy(grants []Grant, of Delegator, permissions, entityTypes []string) []Grant {
	var list []Grant
	for _, g := range grants {
		if !g.CanExecute {
			continue
		}
		for _, p := range permissions {
			for _, t := range entityTypes {
				path := For(p, t)
				if !Covers(g.Path, path) {
					continue
				}
				c := g
				c.Path, c.Notify, c.Filters = path, false, slices.Clone(g.Filters)
				for i := range c.Filters {
					if c.Filters[i].Self {
						c.Filters[i].Person = of.ResourceID
						if of.ResourceID == 0 {
							c.Filters[i].Person = nobody
						}
					}
				}
				list = append(list, c)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Grant) int { return strings.Compare(a.Path, b.Path) })
	return list
}

// nobody is the resource of whoever has none.
const nobody = -1
