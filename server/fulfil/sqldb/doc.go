// Package sqldb reads and writes tables of SQL databases: packages "postgres" and "mariadb" (provisioning spec 5.2, SQL).
//
//	conn.go         Conn: one connection, whatever the database; Check
//	dialect.go      dialect: what a kind of database does in its own way, which another one has to bring
//	network.go      dialling, with a limit on how long an answer may take
//	catalog.go      which tables, columns, types and references there are
//	link.go         several values of a column: link tables
//	selecting.go    the statements that read, and Export, Read, Schema
//	apply.go        one change, one transaction
//	exchange.go     several changes that take each other's values, one transaction
//	receipt.go      what a failure means for the change: the promise of fulfil.Outcome
//
// PostgreSQL:
//
//	postgres.go          Postgres (the Package), its settings, its sessions
//	certificate.go       which files of certificates and keys a connection string may name
//	postgres_catalog.go  what the server says of its tables
//	postgres_read.go     cursors, the values of links, Token and Stamps
//	postgres_value.go    one text form per type, in both directions
//	postgres_write.go    the statements that write; the server compares, and takes links along with a row that is renamed
//	postgres_receipt.go  what the server's errors mean
//	explain.go           what a change did to the token, and whether that is all that happened
//	track.go             what happened to a table since an earlier moment
//
// MariaDB:
//
//	mariadb.go          MariaDB (the Package), its settings, its sessions
//	mariadb_catalog.go  what the server says of its tables; which of them, and of what views show, know no transactions
//	mariadb_read.go     reading as the rows come, the values of links
//	mariadb_value.go    one text form per type, in both directions, and when two values are the same: not when the server says so
//	mariadb_write.go    the statements that write, and what makes sure that the server stored what it was given
//	mariadb_receipt.go  what the server's errors mean
//	mariadb_track.go    what happened to a table, by a column that says when a row changed
//
// MariaDB takes texts for the same that differ in case, accents or blanks at their end, and a text for the number that it begins with. A row is found
// by its key with the server's index and then compared here, byte by byte; one that only the server takes for it is a Conflict. Nor does it compare
// references when a transaction is done, but with each row: a row to which a foreign key without ON UPDATE CASCADE refers cannot be renamed. It has no
// counters of what was written, so nobody can tell cheaply that something changed: such a connector is synchronized by jobs, with change.<table> quickly.
//
// Names are always quoted, values are always parameters: no statement is ever put together from data.
//
// A change tells the database who it is: inside its transaction current_setting('writ.order_id') and
// current_setting('writ.idempotency_key') are set, in MariaDB the variables @writ_order_id and @writ_idempotency_key, so that triggers of the target can
// write them into its own journal.
package sqldb
