// Package audit looks back. The event table is the audit log (design 6): nothing is written twice.
//
//	verify.go      Verify: recomputes the chain that server/event writes, one hash per event, each over the one before it
//	checkpoint.go  Sign: what the chain was at a moment, signed; kept in the database, beside the key, and wherever people take it
//	search.go      Search: who did what, when, to what; text.go by names; names.go what they are called
//	export.go      Export: the same as CSV
//	exported.go    Exported: that somebody takes rows of any list out of the house
//
// # What the chain proves
//
// A changed, removed, inserted or reordered event below the head breaks the chain from there on. Whoever owns the database can also cut off the
// newest events together with their hashes, or hash everything anew. That shows against a checkpoint: somebody without the key cannot make
// one, and does not reach those that are kept elsewhere (`writ audit head`), nor the newest one in the data folder.
//
// The server's own role can add events and checkpoints and can neither change nor remove any (server/db/role.go).
package audit
