// Package backup writes the whole database into one file and reads it back, into any PostgreSQL from version 15 on.
//
//	file.go     the file: a zip with one entry per table, and what is in it
//	write.go    Write: one snapshot, while everything runs
//	restore.go  Restore: an empty database, the schema by our own migrations, the rows, the fence
//	check.go    the chain of events and the secrets, before anything is committed
//	catalog.go  tables, columns, sequences and foreign keys, as the catalog has them
//
// The rows are PostgreSQL's own COPY text, so no program of PostgreSQL is needed. The schema is not in the file: the migrations make it, up to
// the step that the backup was made at, and the newer ones follow when the rows are there.
//
// Not in the file: the keys (secret.key, audit.key, or the settings with them), and the files of connectors. Keep them elsewhere.
//
// # What is restored
//
// Everything, once the number of rows, the chain of events and the secrets are right; the caller compares the checkpoints. The fence is up, so nothing leaves. Ids of events
// begin far above those of the backup: receivers of webhooks know messages by them, and must not take new ones for those that
// were lost.
package backup
