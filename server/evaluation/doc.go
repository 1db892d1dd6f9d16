// Package evaluation holds the words of the arithmetic of Writ; the arithmetic is in the folders below. From a role model, a batch of owners and
// what they have today it computes what they should have, and what has to be done about the difference. No database, no clock, no goroutine:
// everything comes in with the call.
//
// The steps, each knows only those above it
//
//	interval/       sets of instants
//	evaluation      these words: what goes in and what comes out. Whoever only speaks of states, rows and deltas needs nothing else
//	formula/        texts become values: paths, functions, expressions, dates, comparison
//	model/          what a role model is when it is compiled, and the keys by which targets are found; one file for each kind of rule
//	expectation/    what somebody should have: contexts, roles, resource types, correlation, timelines of values (role-model 12.4 S1 to S6)
//	deduction/      which roles targets speak of, and what follows for the values (12.5)
//	difference/     what has to be done about it: orders and their lines, gaps, kept values (S9, 12.7); targets without owner
//	exposure/       which risks somebody has (9.3)
//	computation/    Evaluate: one Result per owner; start reading there. Roles read from what targets show (S7, 12.5), the fingerprint of what was read, and the explanation
//
// The words
//
//	owner.go        a Batch of Owners goes in
//	resource.go     resources and their correlation keys
//	ground.go       what a role stands on, so that its loss can be told to be the doing of the rules
//	row.go          what an owner has today: rows, orders, lines, gaps, kept values
//	state.go        provisioning states, kinds of orders and lines, reasons to wait; workflow.go workflow states; sqlstate.go how SQL names them
//	expected.go     what a target must look like over time; stored.go how that is kept, lists.go in few pieces of memory
//	own.go          what of a target is Writ's own work; passed.go names that pass on
//	result.go       Results come out, with what has to be done in delta.go; apply.go is what the rows look like once that is saved
//	redundancy.go   what people approved although rules give it
//	exposure.go     risks that an owner has; withheld.go what risks keep back
//	orphan.go       targets without owner go in and come out
//	trace.go        with Batch.Explain: the steps of an explanation
//
// What is at rest has no row. A property is Verified at rest when it was in force in the row's Expected, a target is linked, and no line, gap or
// kept value is open for it. Which side moved since the last computation is read from what is Writ's own work: the value in force then
// (Span.InForce) and what was in force before and not seen gone (Expected.Ours). The target shows one of them: the source moved. It shows
// anything else: somebody wrote into the target.
//
// Three rules that keep people's work safe: a first look at an account never overwrites or deletes (gap); an order that is out is never
// touched, only superseded; a guess is never linked without somebody's word.
package evaluation
