// Package bulk carries out one decision about many (role-model 10): by the server, so that the page may be left and the process may die.
//
//	service.go   Service and its hooks
//	change.go    BulkChange and BulkItem: the GraphQL types; columns.go how lists read them
//	kind.go      THE table of kinds: what each is about, which decisions there are, and who carries one out
//	start.go     Start: freezes the items under the rights of the caller, and lets a worker begin
//	run.go       one item after the other, each in a transaction with what became of it
//	list.go      the bulk changes, one of them, its items; who sees what
//	cancel.go    Cancel
//	worker.go    the River side, and who goes on with what a process left behind
//
// # One by one
//
// Each item goes the way that a single decision goes (server/reconciliation, server/redundancy, server/order; a value server/directory, a role server/request): the same rights, asked again when its turn comes, the same
// checks, events and history. What became of it is noted in the same transaction: a process that is killed leaves nothing half done, the next one begins
// at the first item that is still to do, and nothing is done twice. An item that is not any more what was frozen is skipped, never forced. Cancelling
// stops after the current item; what is done stays done.
//
// # States
//
//	QUEUED -> RUNNING -> DONE, or DONE_WITH_ERRORS when an item failed
//	QUEUED, RUNNING -> CANCELLED    somebody stopped it, or its account lost the right
//
// Neighbours: reconciliation hands over what a filter finds; both it and order say how one item is done.
package bulk
