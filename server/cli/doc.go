// Package cli is the command line: one file per command.
//
//	cli.go       Main: the grammar, signals, exit codes
//	house.go     House: what the commands need of server/app; main fills it in
//	database.go  opening the configured or our own PostgreSQL
//	serve.go     writ serve
//	migrate.go   writ migrate up|down|status
//	job.go       writ job run
//	manifest.go  writ plan|apply|test|export
//	explain.go   writ explain
//	verify.go    writ verify, writ audit head|key
//	rotate.go    writ rotate-key
//	backup.go    writ backup, writ restore
//	bench.go     writ bench
//
// A command that needs a part of House which is nil does not exist.
package cli
