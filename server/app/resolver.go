package app

import (
	"writ/graph"
	"writ/graph/across"
)

// resolver hands the rooms to the door.
func (a *App) resolver() *graph.Resolver {
	r := &graph.Resolver{
		Auth: a.Auth, Access: a.Access, Directory: a.Directory, Systems: a.Systems, Assignments: a.Assignments, Orders: a.Orders, Reconciliation: a.Reconciliation, Mining: a.Mining, Redundancy: a.Redundancy, Requests: a.Requests, Risks: a.Risks, Jobs: a.Jobs,
		Synchronization: a.Synchronization, Manifest: a.Manifest, Plans: a.Plans, Bulk: a.Bulk, Delegations: a.Delegations, Departures: a.Departures, Webhooks: a.Webhooks, Audit: a.Audit, Fence: a.Fence, Notifications: a.Notifications,
		Feed: &across.Feed{Hub: a.Hub},
	}
	if a.Config.Serve.TestHooks {
		r.TestHooks = &graph.TestHooks{IsQuiescent: a.Quiescent, AdvanceClock: a.AdvanceClock}
	}
	return r
}
