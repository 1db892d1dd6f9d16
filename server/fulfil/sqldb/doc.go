// Package sqldb reads and writes tables of SQL databases: package "postgres" (provisioning spec 5.2, SQL).
//
//	postgres.go     Postgres (the Package), its settings, Conn, Check
//	certificate.go  which files of certificates and keys a connection string may name
//	network.go      dialling, with a limit on how long an answer may take
//	catalog.go      which tables, columns, types and references there are
//	link.go         several values of a column: link tables
//	selecting.go    the statements that read, and Export, Read, Schema, Token
//	value.go        one text form per type, in both directions
//	apply.go        one change, one transaction
//	explain.go      what a change did to the token, and whether that is all that happened
//	track.go        what happened to a table since an earlier moment
//	exchange.go     several changes that take each other's values, one transaction
//	receipt.go      what a failure means for the change: the promise of fulfil.Outcome
//
// What is generic is written in terms of a catalog; what is PostgreSQL's is in postgres.go, certificate.go, network.go, catalog.go and receipt.go, the
// files that a second provider would have to bring its own of.
//
// Names are always quoted, values are always parameters: no statement is ever put together from data.
//
// A change tells the database who it is: inside its transaction current_setting('writ.order_id') and
// current_setting('writ.idempotency_key') are set, so that triggers of the target can write them into its own journal.
package sqldb
