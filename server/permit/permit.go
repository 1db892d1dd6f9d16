package permit

import (
	"context"
	"slices"
	"strings"

	"writ/server/errs"
)

// Filter narrows a grant to rows: every condition must hold (AND inside a rule, OR between grants; spec 10.1).
type Filter struct {
	Binding string // property path from the rule's entity type, e.g. "Department"; "owner.Department" on orders
	Value   string // constant to equal; resource key for a navigation
	Below   bool   // hierarchical: descendants match too
	Self    bool   // equals the signed-in user's own resource
}

// Grant is one permission entry that an actor holds now through a profile.
type Grant struct {
	Path       string // normalised, e.g. /Custom/ProvisioningPolicy/PerformManualProvisioning/Directory_User
	CanExecute bool
	EntityType string // data set the rule is about; "" or "*" = any
	Filters    []Filter
	Notify     bool
	Profile    string
}

// Actor is who does something: a signed-in person, an API client, or a part of the server itself.
type Actor struct {
	UserID     int64
	Username   string
	Name       string
	ResourceID int64 // directory resource of the person; 0 = none
	SessionID  string
	Grants     []Grant
	System     bool // a worker or the command line: may do everything
}

// System is the actor of work nobody asked for by hand: name is what history shows, e.g. "policy", "fulfil", "clock".
func System(name string) *Actor { return &Actor{Username: name, Name: name, System: true} }

type actorKey struct{}

// With puts the actor into the context.
func With(ctx context.Context, a *Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// From gives the actor of the context; nil = nobody is signed in.
func From(ctx context.Context) *Actor { a, _ := ctx.Value(actorKey{}).(*Actor); return a }

// Name is what history and events record as actor of the context: the username, "anonymous" without one.
func Name(ctx context.Context) string {
	if a := From(ctx); a != nil {
		return a.Username
	}
	return "anonymous"
}

// Normalise gives the stored form of a path: one leading slash, no trailing one, /Custom added where the generated paths have it
// (spec 10.3: "stored with, accepted without").
func Normalise(path string) string {
	path = "/" + strings.Trim(path, "/")
	for _, area := range customAreas {
		if path == area || strings.HasPrefix(path, area+"/") {
			return "/Custom" + path
		}
	}
	return path
}

// Covers reports whether a granted path gives the asked one: equal, or an ancestor of it (spec 10.2.2).
func Covers(granted, asked string) bool {
	return granted == "/" || granted == asked || strings.HasPrefix(asked, granted+"/")
}

// Scope is what an actor may do under one permission: the grants that open it. Empty = nothing.
type Scope struct {
	All    bool // no filter: every row
	Grants []Grant
	Actor  *Actor
}

// Find gives the scope of the actor for a permission without refusing.
func Find(ctx context.Context, permission string) Scope {
	a := From(ctx)
	if a == nil {
		return Scope{}
	}
	if a.System {
		return Scope{All: true, Actor: a}
	}
	s := Scope{Actor: a}
	for _, g := range a.Grants {
		if g.CanExecute && Covers(g.Path, permission) {
			s.Grants = append(s.Grants, g)
			s.All = s.All || len(g.Filters) == 0
		}
	}
	return s
}

// Allowed reports whether the scope opens the operation at all.
func (s Scope) Allowed() bool { return s.All || len(s.Grants) > 0 }

// Require is the one check: errs.Unauthenticated when nobody is signed in, errs.Forbidden when no grant with CanExecute covers the
// permission (equal path or ancestor). The scope tells which rows (spec 10.2).
func Require(ctx context.Context, permission string) (Scope, error) {
	a := From(ctx)
	if a == nil {
		return Scope{}, errs.New(errs.Unauthenticated, "Sign in first.")
	}
	s := Find(ctx, permission)
	if !s.Allowed() {
		return s, errs.New(errs.Forbidden, "You do not have the permission %s. Ask an administrator to grant it to one of your profiles.", permission)
	}
	return s, nil
}

// RequireAny asks for one of several permissions and gives the union of the scopes: the pages that exist once per entity type.
func RequireAny(ctx context.Context, permissions ...string) (Scope, error) {
	var sum Scope
	var first error
	for _, p := range permissions {
		s, err := Require(ctx, p)
		if err != nil {
			if first == nil {
				first = err
			}
			continue
		}
		sum.Actor, sum.All = s.Actor, sum.All || s.All
		sum.Grants = append(sum.Grants, s.Grants...)
	}
	if sum.Allowed() {
		return sum, nil
	}
	return sum, first
}

// Under gives the last segments below prefix that the actor may execute: which entity types of a per-type permission are open.
// all is true when an ancestor grant opens every one.
func Under(ctx context.Context, prefix string) (names []string, all bool) {
	a := From(ctx)
	if a == nil {
		return nil, false
	}
	if a.System {
		return nil, true
	}
	for _, g := range a.Grants {
		if !g.CanExecute {
			continue
		}
		if Covers(g.Path, prefix) {
			all = true
		} else if rest, ok := strings.CutPrefix(g.Path, prefix+"/"); ok && !slices.Contains(names, rest) {
			names = append(names, rest)
		}
	}
	return names, all
}
