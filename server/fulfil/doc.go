// Package fulfil is how Writ reaches the outside: the contract that every connector meets, and the frame around it.
//
//	fulfil.go      the contract: Package opens a connection, Opened says by its fields what it can do: Exporter, Applier, Reader, Watcher, ...;
//	               Change goes in, Receipt with a typed Outcome comes out
//	row.go         Row and Value: what was read, typed
//	form.go        Form: a struct whose tags give the settings, their schema, reading, defaults, bounds, secrets and an example
//	settings.go    Settings: what a connection was given, read by name with a sentence for every mistake
//	packages.go    Packages: the map of technologies, filled in by server/app/connectors.go
//	pool.go        Pool: one open connector per connection, replaced when its settings change
//	place.go       Place: where files of connections may lie, and the only way to open one
//	guard.go       Guard: rate, concurrency, circuit breaker, timeout, panic. The frame's business, never a connector's
//	limits.go      Limits: the numbers of Guard, from the settings limit.*
//	secret.go      Keyring: seals the secrets of a connection, opens them, resolves env: and file: references
//
// One folder per technology, whose doc.go says what it is; each imports this package and errs, no sibling. Three are no systems: manual, where a
// person does it, null, which takes everything and keeps nothing, and fake, the client of the programmable target. conformance holds what
// every connector must do, for tests and for systems in use; fulfiltest runs it in tests, and has the programmable targets.
//
// Neighbours: order calls Apply and Read, synchronization calls Export and Token. Both get their connector from the Pool, guarded.
//
// A connector never says "done" without the target's word for it, never says "not made" when it may have been made
// (that is Unknown), and ends a read that broke with an error. The rest of Writ relies on these three.
package fulfil
