package graph

import (
	"writ/graph/across"
	"writ/server/access"
	"writ/server/assignment"
	"writ/server/audit"
	"writ/server/auth"
	"writ/server/bulk"
	"writ/server/catalogue"
	"writ/server/delegation"
	"writ/server/departure"
	"writ/server/desk"
	"writ/server/directory"
	"writ/server/fence"
	"writ/server/job"
	"writ/server/manifest"
	"writ/server/mining"
	"writ/server/notification"
	"writ/server/order"
	"writ/server/plan"
	"writ/server/reconciliation"
	"writ/server/redundancy"
	"writ/server/request"
	"writ/server/risk"
	"writ/server/synchronization"
	"writ/server/system"
	"writ/server/webhook"
)

// Resolver holds the rooms behind the door. server/app fills in all of them but TestHooks; Handler completes the part that crosses rooms.
type Resolver struct {
	Auth            *auth.Service
	Access          *access.Service
	Directory       *directory.Service
	Systems         *system.Service
	Assignments     *assignment.Service
	Orders          *order.Service
	Reconciliation  *reconciliation.Service
	Mining          *mining.Service
	Redundancy      *redundancy.Service
	Risks           *risk.Service
	Requests        *request.Service
	Jobs            *job.Service
	Synchronization *synchronization.Service
	Manifest        *manifest.Service
	Plans           *plan.Service
	Bulk            *bulk.Service
	Delegations     *delegation.Service
	Departures      *departure.Service
	Webhooks        *webhook.Service
	Audit           *audit.Service
	Notifications   *notification.Service
	Fence           *fence.Service
	Feed            *across.Feed // Hub is enough: Handler sets the rest
	TestHooks       *TestHooks   // nil: the server runs without --test-hooks

	Holdings  *catalogue.Service
	Desk      *desk.Service
	Catalogue *across.Catalogue
	Finder    *across.Finder
	Contexts  *across.Contexts
	Routes    *across.Routes
}

// complete makes what needs nothing but the rooms.
func (r *Resolver) complete() {
	db := r.Directory.DB
	r.Holdings = &catalogue.Service{DB: db, Clock: r.Assignments.Clock, Assignments: r.Assignments}
	r.Desk = desk.New(desk.Rooms{DB: db, Clock: r.Assignments.Clock, Assignments: r.Assignments, Requests: r.Requests, Orders: r.Orders, Reconciliation: r.Reconciliation, Readings: r.Synchronization})
	r.Catalogue = &across.Catalogue{DB: db, Model: r.Assignments.Model, Held: r.Holdings.Held}
	r.Finder = &across.Finder{Directory: r.Directory, Orders: r.Orders, Model: r.Assignments.Model}
	r.Contexts = &across.Contexts{Assignments: r.Assignments, Directory: r.Directory}
	r.Routes = &across.Routes{Systems: r.Systems, Readings: r.Synchronization}
	r.Feed.Orders, r.Feed.Jobs, r.Feed.Assignments, r.Feed.Reconciliation, r.Feed.Mining, r.Feed.Plans, r.Feed.Bulk, r.Feed.Redundancy, r.Feed.Requests, r.Feed.Delegations, r.Feed.Readings, r.Feed.Renew =
		r.Orders, r.Jobs, r.Assignments, r.Reconciliation, r.Mining, r.Plans, r.Bulk, r.Redundancy, r.Requests, r.Delegations, r.Synchronization, r.Auth.Renew
}
