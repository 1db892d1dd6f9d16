// Package across is what the API shows that crosses rooms, so that none of them is its home. It decides nothing: rights and rules are
// asked of the rooms.
//
//	feed.go       subscriptions: from the event stream to what a subscriber may see now
//	reading.go    changed orders, read once for all subscribers with the same rights who want the same of them
//	counters.go   the live numbers of the home page, computed once for all who see the same
//	search.go     people, orders and catalogue in one list of hits
//	catalogue.go  the role model as people read it, with names instead of ids
//	tree.go       where categories stand, how many roles are below, and which rules ask for a role
//	pages.go      policies, categories, roles and resource types in pages, from memory
//	route.go      from a connection to its connector
//	context.go    contexts of a person, and the person in one line
//	record.go     the records that give contexts, for forms
//	limit.go      what exceeded which limit, of readings and of orders
//	task.go       the arguments of the list of runs
//	edge.go       names of page edges
package across
