// Package request is what people ask for: who asks, for whom, who approves, and what became of it (requests).
//
//	state.go     the two machines: items and steps
//	request.go   Request, RequestItem, RequestStep...: the GraphQL types
//	apply.go     the only place where items and steps change their state: row, history, event, roll-up of the request
//	basket.go    what would be asked, looked at before: dates, approvals, findings; finding.go the sentences
//	forbidden.go which rule withholds a role, and when
//	risk.go      which risks it raises; effect.go what would be written because of it
//	period.go    dates, and what limits make of them
//	catalogue.go what may be asked for whom
//	submit.go    a basket becomes a request
//	many.go      one role for many people: which those are, and how one is asked for (server/bulk carries it out)
//	approver.go  who may decide a step by his right to review roles, and who may not at all; handover.go to whom it is given besides
//	finder.go    whom an approver rule finds; ask.go whom a step asks, kept with it, and asked again when the organisation or a rule changes
//	deputy.go    who may decide for somebody else, and for whom
//	clock.go     reminding, escalating, warning, expiring: what time does to what waits; remind.go a person reminds
//	question.go  what is asked before it is decided, and answered
//	ending.go    who is told that something ends soon
//	notice.go    who is told by mail
//	review.go    approve, decline
//	withdraw.go  taken back
//	settle.go    what a computation means for the requests of its owners: fulfilled, or without sense by now; sweep.go what time alone does
//	list.go      lists and single requests; scope.go who sees what; columns.go from which columns
//
// Below: server/assignment, which keeps the row of every wish from the beginning (assignment/requested.go), server/order, which carries out what is
// approved, server/access, which knows who holds which permission, and server/delegation, which knows who acts for whom.
//
// # Locks
//
// The owners first, as computations do (assignment.LockOwners), then requests, items and steps by id. One decision is one transaction.
//
// # Items
//
//	(new)       -> SUBMITTED    submit
//	SUBMITTED   -> IN_APPROVAL  route
//	            -> APPROVED     route_to_end
//	            -> CANCELLED    cancel
//	            -> WITHDRAWN    withdraw
//	IN_APPROVAL -> APPROVED     approve_last
//	            -> DECLINED     decline
//	            -> EXPIRED      expire
//	            -> CANCELLED    cancel
//	            -> WITHDRAWN    withdraw
//	APPROVED    -> FULFILLED    fulfil
//	            -> DECLINED     refuse
//	            -> EXPIRED      end
//	            -> CANCELLED    cancel
//	DECLINED    -> APPROVED     reconsider
//
// # Steps
//
//	WAITING        -> OPEN            open
//	               -> STUCK           block
//	               -> SKIPPED         skip
//	               -> EXPIRED         expire
//	               -> CLOSED          close
//	OPEN           -> INFO_REQUESTED  ask
//	               -> STUCK           block
//	               -> APPROVED        approve
//	               -> DECLINED        decline
//	               -> SKIPPED         skip
//	               -> EXPIRED         expire
//	               -> CLOSED          close
//	INFO_REQUESTED -> OPEN            answer, answer_missing, withdraw_question, assign
//	               -> STUCK           block
//	               -> APPROVED        approve
//	               -> DECLINED        decline
//	               -> SKIPPED         skip
//	               -> EXPIRED         expire
//	               -> CLOSED          close
//	STUCK          -> OPEN            reroute, assign
//	               -> SKIPPED         skip
//	               -> EXPIRED         expire
//	               -> CLOSED          close
package request
