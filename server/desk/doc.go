// Package desk is what somebody finds on his own desk: what he has, what waits for him, and the people who report to him (requests 11.1, and the pages
// My access, Tasks, My team and Home). It writes nothing and keeps nothing: who sees what is said by the rooms whose rows they are.
//
//	service.go  Service
//	held.go     My access: Held, one thing that somebody has, is about to get, or had
//	heldof.go   what is told of it beside its row: why, its accounts, how far they are
//	columns.go  from which columns
//	task.go     Tasks: one list out of the lists of other rooms, the late ones first, then as they came
//	source.go   which lists those are
//	team.go     My team: who reports to somebody, and what is to be known of them
//
// Neighbours: request, order, reconciliation and synchronization keep what waits; assignment what is held.
package desk
