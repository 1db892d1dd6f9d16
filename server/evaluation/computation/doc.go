// Package computation computes batches of owners: what they should have, and what has to be done about it.
//
//	evaluate.go     Evaluate: one Result per owner; start reading here. S1 to S6 are expectation, S7 is deduction, then comes difference
//	withhold.go     what risks that block keep back of what rules newly give (9.5)
//	redundant.go    what people approved although rules give it (12.10), tried
//	fingerprint.go  unchanged inputs: nothing is computed. Made of the state after saving, so that a saved result already matches
//	explain.go      with Batch.Explain: every rule with its reason, also why not
package computation
