// Package conformance says what every connector must do, once for the tests of Go and for runs against systems in use (writ conformance).
//
//	suite.go    Subject and Target: a connector on the bench; Cases: all that is tried, each for one behaviour
//	export.go   the cases about reading
//	apply.go    the cases about writing
//	t.go        T: what a case needs of whoever runs it; what is required of a value
//	run.go      Live: the cases that a system in use can be put through, a grade for each behaviour
//	scratch.go  the rows that a run on a system in use may touch: those whose keys begin with its prefix
//
// The tests of connectors run it through fulfiltest.Suite, which brings targets that can be broken, cut and made to hang.
package conformance
