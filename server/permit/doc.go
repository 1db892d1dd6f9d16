// Package permit is the one check: may this actor do that?
//
//	tree.go    the list of permissions (spec 10.3)
//	deputy.go  Deputyship: for whom an actor may act, and As, which lets him
//	permit.go  Actor in the context, Require, and the scope of rows a grant opens (spec 10.2)
//
// It needs only a name and an actor, so it stands at the bottom; who holds what is decided high up, in server/access.
package permit
