// Package plan looks ahead: what a change of the configuration would do to people, systems and those who decide, before it is so (role-model 11, 12.2).
//
//	service.go  Service and its hooks
//	plan.go     Plan and what it says, in numbers: the GraphQL types
//	make.go     Make: keeps what is asked for, and lets a worker begin
//	proposal.go a configuration, and edits of resources
//	run.go      computes a plan under a lease: each batch of people is written with how far it came
//	item.go     Item: one difference, from what an evaluation would write
//	itemize.go  evaluation.Result -> items
//	sum.go      the numbers of a plan; which limits it would exceed (server/order), whom it would mail
//	apply.go    Apply: computes once more, compares, and writes exactly what was seen, or says who moved
//	moved.go    who may have moved since: looked at again before it is written
//	columns.go  how they are read
//	list.go     the plans; items.go what one would do, in pages; group.go in groups
//	scope.go    who sees what
//	trial.go    Trial: the account of one owner by a resource type that is only proposed; differs.go of many, counted
//	check.go    Check: tests of policies, as writ test runs them
//	command.go  the same for the command line, which waits
//	cancel.go   Cancel, Delete
//	worker.go   the River side, and who goes on with what a process left behind
//
// # One computation
//
// A plan is the ordinary computation on an overlay: server/manifest writes the configuration in a transaction and takes it back, server/assignment
// keeps what it looked like and computes everybody in one snapshot under it (assignment.Foresee). Nothing is written but plan, plan_owner and plan_item.
//
// # States
//
//	QUEUED -> RUNNING -> FINISHED -> APPLYING -> APPLIED
//	                                          -> OUT_OF_DATE   the world moved, and the plan says where
//	QUEUED, RUNNING, FINISHED -> CANCELLED
//	RUNNING -> FAILED
//
// A process that dies leaves a lease that expires: another one begins the same plan again, from the start, under a higher fence. After three attempts it
// is FAILED.
//
// # Exactly so
//
// For everybody whom it would change a plan keeps a hash over the difference. Apply computes all of it again and compares: as long as one hash is another
// one, nothing is written. What changes between that look and the writing is looked at alone, under the lock of the configuration.
package plan
