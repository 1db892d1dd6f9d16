// Package audit looks back. The event table is the audit log (design 6): nothing is written twice.
//
//	verify.go  Verify: recomputes the chain that server/event writes, one hash per event, each over the one before it
//	search.go  Search: who did what, when, to what; names.go what they are called
//	export.go  Export: the same as CSV
//
// # What the chain proves
//
// A changed, removed, inserted or reordered event below the head breaks the chain from there on. Cutting off the newest events together with their links
// leaves a shorter chain that is whole: whoever wants to notice that keeps the head that Verify gives, outside of the database.
package audit
