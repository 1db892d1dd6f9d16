// Package reconciliation is where people decide about what nobody asked for: accounts that no rule explains, accounts without an owner, values that
// somebody changed in a managed system and about roles that were read from accounts (role-model 13.1 to 13.3).
//
//	service.go   Service and its hooks
//	item.go      Item, the filter, decisions: the GraphQL types; columns.go says from which columns lists read them
//	list.go      the list, and one item; filter.go the filter as SQL
//	scope.go     who sees what, and what is about himself
//	pattern.go   many differences of one cause as one row
//	figures.go   differences by system and age, accounts by how they came to be: for drawings
//	owner.go     accounts without an owner, each with why; candidate.go the nearest people
//	recognition.go  all accounts, with what each is taken for and by which rules; reset.go lets rules say it again
//	counters.go  how much waits, for navigation and home page
//	role.go      RoleItem: found roles, their filter and rights; role_list.go lists and patterns, role_decide.go what is decided about them
//	decide.go    Decide: THE table of what may be decided about what, and its consequences; adopt.go an account that nothing recognises
//	told.go      what events tell of, for who may know it
//	automate.go  what an automation rule decides, the same way
//	many.go      a decision about everything that a filter finds: which those are, and how one of them is decided (server/bulk carries it out)
//
// A difference (table gap) is opened, refreshed and closed by computations, in server/assignment, and decided here. A decision closes it and leaves
// what the next computation goes by: a kept value (16), a value given up for what is computed (18), an account that is kept (16) or goes (20).
// The owner is computed at once, so that the order follows. Who decided stands on the difference, which is never deleted.
//
// # Decisions
//
//	about a value        USE_PROPOSED, KEEP_CURRENT
//	about an account     AUTHORIZE (with the owner it has, or another), AUTHORIZE_WITHOUT_OWNER, DELETE_ACCOUNT
//	about a found role   KEEP_ROLE, REMOVE_ROLE
//	about all            POSTPONE, TAKE_UP_AGAIN
//
// Neighbours: assignment has the tables and the verbs, order carries out what follows, notification tells who may reconcile.
package reconciliation
