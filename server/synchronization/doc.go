// Package synchronization is the way back: what the managed systems hold becomes the directory (provisioning 7).
//
//	service.go    Service: what app must fill in; RunInput
//	delivery.go   Delivery: one synchronization of one connector
//	state.go      the machine below, and the only function that moves a delivery
//	export.go     read the mapped tables of a connector, row by row; clean.go brings a row into its normal form, or says why it is set aside
//	changed.go    continuous mode: rows that are what they were in the last reading are left out; digest.go what is remembered of them
//	tracked.go    of a system that tells what happened since the last reading only that is read
//	written.go    after our own changes only their targets are read, when nothing else happened
//	compare.go    set duplicates aside, compare with the directory: the list of changes
//	follow.go     what we renamed ourselves is met under its new key
//	mend.go       rows that cannot be read: set aside, listed, and what they stand for is kept
//	threshold.go  the guards (provisioning 8.2)
//	apply.go      write the changes through directory.Writer, all or none
//	run.go        Run = export, prepare, synchronize under the connector's lock; the same as three tasks; Resume, Drop
//	watch.go      continuous mode: Poll asks for tokens, Drain reads what changed; worker.go its River job
//	list.go       what the pages show: deliveries, changes
//	condition.go  Condition: what readings tell of how a connector does
//
// # States
//
//	EXPORTING -> PREPARED   prepare
//	          -> DROPPED    drop
//	          -> FAILED     fail
//	PREPARED  -> BLOCKED    block
//	          -> APPLIED    apply
//	          -> DROPPED    drop
//	          -> FAILED     fail
//	BLOCKED   -> APPLIED    apply
//	          -> DROPPED    drop
//
// A reading that broke never counts as the truth: the delivery is FAILED and the directory stays as it was. Only APPLIED wrote
// anything, and a delivery gets there at most once.
//
// # What did not change
//
// In continuous mode a reading leaves out the tables whose content is what it was (fulfil.Stamper), and of the others the rows whose digest is: only the
// rest is normalised, staged and compared. Of a table whose system tells what happened since (fulfil.Tracker), only that is read. Digests come into force with the delivery that brought them, in its transaction. They hold for one mapping,
// one version of the settings and one program, and for a day; jobs compare everything. Whatever is in doubt has everything read.
//
// # Locks and transactions
//
// One delivery of a connector moves at a time: an advisory lock held by a transaction of its own for the whole run. The systems are read outside of
// any transaction; rows land in delivery_row in small ones. The comparison is one statement per entity type. The changes are applied
// in one transaction together with events, the mark "last synchronized" and the hook Applied.
//
// # Neighbours
//
// Below: directory (writes), system (connectors, and what is remembered of looking at them), fulfil (what they can do). Above: job runs the three tasks, app calls Poll every half second and
// EnqueueReadBack after executions. Synchronization itself never sets a provisioning state; the evaluation does (hook Applied).
package synchronization
