// Package departure makes people leave at once: everything that they have ends within seconds, whatever their source says, and a list proves it
// (requests 12.8).
//
//	departure.go  the GraphQL types
//	state.go      the machine below
//	depart.go     DepartNow: one transaction ends what Writ itself holds, and has the rest computed at once
//	undo.go       UndoDeparture: he comes back
//	proof.go      Look, Proof: what somebody has, and what became of it, row by row; accounts.go those in systems; digest.go what ties it to the log
//	mail.go       who is told of it
//	service.go    Service and its rooms; who may; worker.go the errand behind it, and its safety net
//
// # How it works
//
// A row of the table departure is an instant: every computation of the person ends there what rules and people gave (evaluation.Owner.DepartedAt), and
// deletes what nothing wants then, also what was kept, found or may not be removed otherwise, without a question. What a type keeps for a while after
// somebody has left, switched off, it keeps here, too. Orders of such people are published by themselves, not held by thresholds, by the order of systems or
// by a job, and claimed first (order.GenerateDeparted).
//
// # States
//
//	(new)    -> WAITING   ask
//	         -> DEPARTED  depart
//	WAITING  -> DEPARTED  confirm
//	         -> LAPSED    lapse
//	DEPARTED -> RETURNED  return
//
// Neighbours: assignment computes, order sends, auth and access end what Writ itself holds, delegation and request follow.
package departure
