// Package assignment keeps who has what: it loads owners, lets server/evaluation compute them, and saves what differs.
//
//	changed.go    changed resources -> dirty owners and fresh correlation keys (role-model 12.3)
//	model.go      the compiled model of the newest version, cached
//	load.go       owners -> evaluation.Batch, with a fixed number of statements
//	claim.go      who has a target: somebody who lives, somebody who is gone, nobody
//	spelling.go   values that must be one owner's alone: is a spelling free, else the next
//	recompute.go  the two ways to run: complete over an entity type, or what is dirty
//	failing.go    who cannot be computed: noted with the reason, tried again later, holding nobody back
//	keyfault.go   whose correlation keys cannot be made: noted, and matched with nobody
//	faults.go     the list of both
//	save.go       evaluation.Result -> rows, with history; orders go to server/order through the hook Orders
//	worker.go     the continuous chain: EvaluateArgs drains what is dirty
//	view.go       View Permissions: expected, lines, gaps and kept values as one list
//	explain.go    why, and why not: which steps, in which order; follows.go what was done about it (orders, decisions, attempts, verification)
//	wording.go    the sentences; names.go what things are called; reasons.go rules in words
//
// Below: server/directory (what exists), server/rolemodel (what should be, and why), server/evaluation (the pure arithmetic).
// Above: server/order carries out what an evaluation wants, inside the same transaction.
package assignment
