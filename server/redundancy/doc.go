// Package redundancy finds what people approved although rules give the same (role-model 12.10), and leaves it to the rules where somebody says so. It does so
// on demand, never in the course of ordinary computations.
//
//	service.go   Service, and who may ask
//	run.go       RedundancyRun: one analysis; how it begins, and is stopped
//	work.go      carries an analysis out: one portion of owners after the other, so that another process goes on where one died
//	worker.go    the River side, and the sweep
//	item.go      RedundantAssignment: what the last analysis found, and the list
//	many.go      leaving it to the rules: which those are, and how one of them is done (server/bulk carries it out)
//
// What is found is what the computation itself says (server/evaluation/computation, redundant.go), tried for each: nobody loses a role, an account or a value,
// and nothing is ordered. When it is left to the rules it is tried again, by what is so then.
//
// # States
//
//	QUEUED -> IN_PROGRESS -> COMPLETED, or FAILED
//	QUEUED, IN_PROGRESS -> CANCELLED    somebody stopped it: what was found until then stays
//
// Neighbours: assignment has the rows and divides them, bulk carries out what is decided.
package redundancy
