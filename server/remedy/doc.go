// Package remedy finds the smallest change that would give somebody what he lacks: why not, answered by trying. No database, no clock: like
// server/evaluation, everything comes in with the call.
//
//	goal.go      what is asked for, and whether a computation gives it
//	change.go    the changes there are: a value of a record, a record, a refusal taken back, a policy switched on, time that passes
//	world.go     the part of the model that the goal depends on, and an owner in whose world changes are made
//	obstacle.go  what stands against the goal in such a world: from the reasons of a computation to changes that would help
//	search.go    Find: sets of changes, the smallest first, each tried by computing the owner anew
//
// Nothing is guessed: a way is named only when an evaluation of the changed world gives the goal, and without each of its changes it does not.
// What a rule forbids is never answered by changing the rule: a way leads round it, or there is none.
//
// Below: server/evaluation. Above: server/assignment, which loads the owner and makes the sentences.
package remedy
