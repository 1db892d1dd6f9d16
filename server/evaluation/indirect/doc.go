// Package indirect tells what somebody has through what his accounts are members of (role-model 6). No database, no clock: everything comes in with
// the call.
//
//	graph.go  Graph: what is a member of what
//	walk.go   Walker: what is reached from what an account has itself, each thing once, with a shortest way
//	role.go   Roles: which roles that speaks of
package indirect
