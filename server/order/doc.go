// Package order is the errand: what is being done about the difference between what should be and what is (design 4, 5).
//
// A provisioning order is the change wanted for one assigned resource type, at most one open at a time. Its lines carry the states; the
// order's state is their roll-up. Integrators see orders, reviewers see lines.
//
//	states.go     the nine states by number and name, RollUp
//	state.go      THE table of transitions: action, from, to, who, what follows
//	apply.go      Apply: the only way a line moves. sql/update_lines.sql, sql/roll_up.sql
//	policy.go     Policy: carries out what an evaluation wants, thousands of orders per call; open.go the new ones
//	cause.go      why an order failed and how an attempt ended: the closed lists
//	clock.go      Tick: what time alone does: due, past, silent, retried; look.go when it has to look at an order
//	generate.go   Generate: what holds an order back (sql/candidates.sql), then an order may be sent; generate_worker.go the River side
//	sequence.go   which order goes before which: keys of targets, dependsOn backwards. sql/keys.sql, obstacles.sql, taken.sql, view order_obstacle
//	heir.go       removals wait until it is known whether somebody takes the target over. sql/heirs.sql
//	departed.go   what people leave behind who were made to leave at once: held by nothing, sent first, tried again
//	threshold.go  counts and limits; publish.go writes what passed or waits; preview.go shows it before; foresee.go for orders that are only thought of
//	dispatch.go   Drain: works off the generated orders of a connection; opens tickets
//	fenced.go     Fenced: what waits behind the fence
//	lease.go      claim, lease, fence, attempt: what makes a crash harmless. sql/claim.sql
//	readback.go   was it done although nobody answered?
//	outage.go     systems that are away: back-off, who asks them again, and everything that goes when one answers
//	rename.go     keys that orders give to targets, until a reading shows them
//	settle.go     what an answer means; LateAnswer. result.go writes it
//	change.go     the order as a document (spec 2.2) and as fulfil.Change; arguments.go what its type adds by an expression
//	files.go      contents of files go along with a call, and stay nowhere
//	fulfil.go     Fulfil: the job's task; sweep.go the safety net; gate.go one drain per connection and process
//	review.go     approve, decline, postpone, unblock, reconsider
//	key.go        nothing is created without what designates it
//	ticket.go     confirm, report, take, give back; bulk.go many orders, a result each; many.go which those are, and one of them (server/bulk)
//	order.go      Order, OrderLine, OrderFilter...: the GraphQL types; list.go, relations.go, counters.go read them, columns.go and lines.go say from
//	              which columns; scope.go who sees what,
//	own.go        which orders are about the caller, and so for others to decide
//
// # Columns and their owners
//
// State columns are written by Apply and the opening insert of Policy only; the database refuses what provisioning_transition does not
// know. kind, target and due_at belong to Policy; generated_at to Generate (and to the roll-up, which takes it back when something new is
// to be sent); attempt, lease, fence and sent_lines to the drain (the roll-up takes
// lines off that went back); reviewed_* to Review; assignee to Take.
//
// # A crash at any point
//
// Nothing is called before lease, fence, attempt and idempotency key are committed, and called_at before the call itself. A worker that
// dies leaves a lease that expires in seconds: without called_at the order is simply begun again; with it the order shows as Transmitted,
// the target is read back, and only what is not there is sent again. An answer is written under the fence of its claim, so of two workers
// that believe they hold an order only the last one counts; an answer by idempotency key that comes late is accepted once.
//
// # States
//
//	(new)               -> 0 NONE               hold
//	                    -> 1 PENDING            compute
//	                    -> 4 VERIFIED           verify
//	                    -> 5 AWAITING_APPROVAL  review
//	                    -> 6 INACTIVE           expire
//	                    -> 7 ERROR              fail
//	0 NONE              -> 1 PENDING            compute, release
//	                    -> 4 VERIFIED           verify
//	                    -> 5 AWAITING_APPROVAL  review, release_for_review
//	                    -> 6 INACTIVE           expire, withdraw
//	                    -> 7 ERROR              fail
//	1 PENDING           -> 0 NONE               hold
//	                    -> 2 TRANSMITTED        transmit, lose
//	                    -> 3 ERRORED            refuse
//	                    -> 4 VERIFIED           verify
//	                    -> 5 AWAITING_APPROVAL  review
//	                    -> 6 INACTIVE           expire, withdraw
//	                    -> 7 ERROR              fail
//	                    -> 8 EXECUTED           execute
//	2 TRANSMITTED       -> 0 NONE               hold
//	                    -> 1 PENDING            compute
//	                    -> 3 ERRORED            time_out, refuse, report
//	                    -> 4 VERIFIED           verify, confirm_unsynchronized
//	                    -> 5 AWAITING_APPROVAL  review
//	                    -> 6 INACTIVE           expire, withdraw
//	                    -> 8 EXECUTED           execute, confirm
//	3 ERRORED           -> 0 NONE               hold
//	                    -> 1 PENDING            compute, retry, unblock
//	                    -> 4 VERIFIED           verify, keep
//	                    -> 5 AWAITING_APPROVAL  review
//	                    -> 6 INACTIVE           expire, withdraw, decline
//	                    -> 7 ERROR              fail
//	4 VERIFIED          -> 0 NONE               hold
//	                    -> 1 PENDING            compute
//	                    -> 5 AWAITING_APPROVAL  review
//	                    -> 6 INACTIVE           expire
//	                    -> 7 ERROR              fail
//	5 AWAITING_APPROVAL -> 0 NONE               hold, approve_early
//	                    -> 1 PENDING            compute, approve
//	                    -> 4 VERIFIED           verify, keep
//	                    -> 6 INACTIVE           expire, withdraw, decline
//	                    -> 7 ERROR              fail
//	6 INACTIVE          -> 1 PENDING            compute, reconsider
//	                    -> 4 VERIFIED           verify
//	                    -> 5 AWAITING_APPROVAL  review, reconsider_for_review
//	7 ERROR             -> 0 NONE               hold
//	                    -> 1 PENDING            compute
//	                    -> 4 VERIFIED           verify
//	                    -> 5 AWAITING_APPROVAL  review
//	                    -> 6 INACTIVE           expire, withdraw
//	8 EXECUTED          -> 0 NONE               hold
//	                    -> 1 PENDING            compute
//	                    -> 3 ERRORED            time_out
//	                    -> 4 VERIFIED           verify
//	                    -> 5 AWAITING_APPROVAL  review
//
// Neighbours: assignment calls Policy, fulfil.Connector is called by the drain, synchronization leads to the verify verbs through the next
// evaluation, job calls Generate and Fulfil, notification reads ticket.opened, everybody reads order.changed.
package order
