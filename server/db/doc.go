// Package db says how Writ stores: one PostgreSQL (15 or newer), reached through bun on lib/pq.
//
//	open.go      Open a pool
//	url.go       URL: the settings that always hold (time zone UTC, sslmode, a server that takes changes), and lists of hosts
//	connect.go   sessions with one of several hosts, and servers that go away without a word; connect_linux.go, connect_other.go
//	pgx.go       Pgx: the same database for River and COPY, which use another driver
//	hold.go      locks that last longer than a transaction of their own work
//	pooled.go    is there a pooler in transaction mode?
//	tx.go        InTx: one exported verb = one transaction, repeated when PostgreSQL asks for it
//	explain.go   Explain: constraint and overload errors become sentences for people (errs); Apart: one refused item stops no other
//	full.go      HasRoom: was a change refused since the disk is full?
//	text.go      Text, Clip, JSON: foreign texts become such that can be stored
//	scratch.go   Scratch, EmptyScratch: temporary tables that a session keeps
//	copy.go      CopyIn: many rows at once, inside the caller's transaction
//	statistics.go  RefreshStatistics: the planner looks again at tables that were just filled
//	statement.go  Select: reads of constant text, prepared once per connection; row.go: their rows, without reflection
//	portions.go  InPortions: a large change in small transactions
//	condition.go  AllOf, AnyOf: conditions put together
//	setting.go   Setting, WriteSetting: one value of the whole installation
//	count.go     CountQueries: how many statements a list needs; tests assert that it does not grow
//	migrate.go   Migrate, MigrateDown, Status: the numbered files of migrations/, then River's own tables
//	role.go      HandOver: the server's role owns everything but the event log
//	dump.go      DumpSchema: the whole schema as text, kept in migrations/schema.sql
//	embedded/    a real PostgreSQL started by us when no database was configured
//
// Queries belong to the rooms (store.go of each folder), never to this package. Private test databases come from
// server/dbtest.
package db
