// Package computation computes batches of owners: what they should have, and what has to be done about it.
//
//	evaluate.go     Evaluate: one Result per owner; start reading here
//	deduce.go       S7: roles read from what targets show (12.5), and what follows for the values; before what has to be done is known
//	fingerprint.go  unchanged inputs: nothing is computed. Made of the state after saving, so that a saved result already matches
//	explain.go      with Batch.Explain: every rule with its reason, also why not
package computation
