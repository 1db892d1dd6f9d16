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
	Person  int64  `json:",omitempty"` // with Self: the resource of the one for whom a deputy acts, instead of his own; 0: nobody acts for anybody
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
	System     bool   // a worker or the command line: may do everything
	Program    bool   // it came with a secret, not with a session of somebody who signed in
	Via        string // name of the key it came with; "": none
	IsCut      bool   // a personal token with a part of its account's rights

	IsAsked     bool         // approvals may be asked of him, whether or not he has a right to review
	Deputyships []Deputyship // for whom he may act; opens nothing by itself
	Acting      *Deputyship  // for whom he acts at the moment, with Grants of that; nil: for himself
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

// Scope is what an actor may do under one permission: the grants that open it. The zero Scope opens nothing. Which rows it opens can only
// be asked about one data set: a grant is about the data set of its rule, so that one without a filter opens every row of that data set,
// and none of any other.
type Scope struct {
	actor  *Actor
	grants []Grant
}

// NewScope gives the scope that some grants of an actor open together.
func NewScope(a *Actor, grants ...Grant) Scope { return Scope{a, grants} }

// Find gives the scope of the actor for a permission without refusing. A grant that filters narrow to rows opens nothing of what has none
// (HasNoRows): a rule for one department is not one for all jobs.
func Find(ctx context.Context, permission string) Scope {
	s := Scope{actor: From(ctx)}
	if s.actor == nil {
		return s
	}
	for _, g := range s.actor.Grants {
		if g.CanExecute && Covers(g.Path, permission) && !(len(g.Filters) > 0 && HasNoRows(permission)) {
			s.grants = append(s.grants, g)
		}
	}
	return s
}

// Actor is who has the scope; nil: nobody is signed in.
func (s Scope) Actor() *Actor { return s.actor }

// InCourse gives the grants of the actor that let rows be read in the course of some permissions, with or without CanExecute (spec
// 10.2.3): the data set of a rule is readable wherever a permission of that rule shows something.
func InCourse(ctx context.Context, permissions []string) Scope {
	s := Scope{actor: From(ctx)}
	if s.actor == nil {
		return s
	}
	for _, g := range s.actor.Grants {
		if slices.ContainsFunc(permissions, func(p string) bool { return Covers(g.Path, p) }) {
			s.grants = append(s.grants, g)
		}
	}
	return s
}

// Allowed reports whether the scope opens the operation at all, on rows of any data set or of none.
func (s Scope) Allowed() bool { return s.isSystem() || len(s.grants) > 0 }

// All reports whether the scope opens every row of a data set.
func (s Scope) All(dataSet string) bool {
	return s.isSystem() || slices.ContainsFunc(s.grants, func(g Grant) bool { return g.isAbout(dataSet) && len(g.Filters) == 0 })
}

// Everything reports whether the scope opens every row of every data set, and what belongs to none.
func (s Scope) Everything() bool { return s.All("") }

// On leaves the grants about one data set: with none, nothing is Allowed.
func (s Scope) On(dataSet string) Scope {
	return Scope{s.actor, s.Grants(dataSet)}
}

// Grants gives the grants about a data set. A row is open when all filters of one of them hold (spec 10.1).
func (s Scope) Grants(dataSet string) []Grant {
	var about []Grant
	for _, g := range s.grants {
		if g.isAbout(dataSet) {
			about = append(about, g)
		}
	}
	return about
}

// OfOwners reads the scope on what belongs to somebody (orders, assignments) as a scope on the owners: a rule about such a built-in object
// is about those of owners of every entity type, and its bindings may be written with "owner." in front.
func (s Scope) OfOwners() Scope {
	of := Scope{actor: s.actor, grants: slices.Clone(s.grants)}
	for i, g := range of.grants {
		if slices.Contains(ownedSets, g.EntityType) {
			of.grants[i].EntityType = ""
		}
		of.grants[i].Filters = slices.Clone(g.Filters)
		for k, f := range g.Filters {
			of.grants[i].Filters[k].Binding = strings.TrimPrefix(strings.TrimPrefix(f.Binding, "owner."), "Owner.")
		}
	}
	return of
}

func (s Scope) isSystem() bool { return s.actor != nil && s.actor.System }

// isAbout: "" asks for grants that are about every data set.
func (g Grant) isAbout(dataSet string) bool {
	return g.EntityType == "" || g.EntityType == "*" || g.EntityType == dataSet
}

// Require is the one check: errs.Unauthenticated when nobody is signed in, errs.Forbidden when no grant with CanExecute covers the
// permission (equal path or ancestor). The scope tells which rows (spec 10.2).
func Require(ctx context.Context, permission string) (Scope, error) {
	s := Find(ctx, permission)
	if s.actor == nil {
		return s, SignIn()
	}
	if !s.Allowed() {
		return s, errs.New(errs.Forbidden, "You do not have the permission %s. Ask an administrator to grant it to one of your profiles.", permission)
	}
	return s, nil
}

// RequireOn is Require for rows of one data set: errs.Forbidden when no grant about it covers any of the permissions. The scope is the union
// of what they open there.
func RequireOn(ctx context.Context, dataSet string, permissions ...string) (Scope, error) {
	s, err := RequireAny(ctx, permissions...)
	if err != nil {
		return s, err
	}
	if s = s.On(dataSet); !s.Allowed() {
		about := dataSet
		if about == "" {
			about = "every data set"
		}
		return s, errs.New(errs.Forbidden, "Your permission %s is not about %s. Ask an administrator to grant it in a rule about that.", permissions[0], about)
	}
	return s, nil
}

// RequireWhole is Require for what belongs to no resource in particular and may tell of any: logs, mails, what waits to be sent. A rule that
// is narrowed by filters, or that is about an entity type of the directory, opens nothing of it; one about everything does, or about the object
// that the permission is about (Job, for /Jobs/RunJob/GetLog). One of the permissions is enough.
func RequireWhole(ctx context.Context, permissions ...string) (Scope, error) {
	if s, err := RequireAny(ctx, permissions...); err != nil {
		return s, err
	}
	whole := Scope{actor: From(ctx)}
	for _, p := range permissions {
		for _, g := range Find(ctx, p).grants {
			if len(g.Filters) == 0 && (g.isAbout("") || isObjectOf(g.EntityType, p)) {
				whole.grants = append(whole.grants, g)
			}
		}
	}
	if !whole.Allowed() {
		return whole, errs.New(errs.Forbidden, "Your permission %s is about some data only, and this may tell of all. Ask an administrator to grant it in a rule that is about everything.", permissions[0])
	}
	return whole, nil
}

// isObjectOf reports whether a data set is the built-in object that a permission is about.
func isObjectOf(dataSet, permission string) bool {
	segments := strings.Split(permission[1:], "/")
	return slices.Contains(segments[1:], dataSet) || segments[0] == "Jobs" && slices.Contains(jobSets, dataSet)
}

// SignIn is the refusal of somebody who is not signed in. Ask with it before anything is read, where the permission hangs on what is read.
func SignIn() error { return errs.New(errs.Unauthenticated, "Sign in first.") }

// SignedIn refuses when nobody is signed in.
func SignedIn(ctx context.Context) error {
	if From(ctx) == nil {
		return SignIn()
	}
	return nil
}

// May reports whether the actor has one of several permissions, for what is shown or left out without refusing.
func May(ctx context.Context, permissions ...string) bool {
	_, err := RequireAny(ctx, permissions...)
	return err == nil
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
		sum.actor, sum.grants = s.actor, append(sum.grants, s.grants...)
	}
	if sum.Allowed() {
		return sum, nil
	}
	return sum, first
}
