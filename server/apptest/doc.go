// Package apptest runs the real thing: processes of the built `writ`, on a private database and a data folder of their own, seen only
// through what an integrator has. Tests only.
//
//	binary.go     builds the programs once per test process
//	house.go      MustStart: a database, a data folder and any number of `writ serve` processes on them
//	process.go    one process: start, ready, kill, its log
//	snapshot.go   MustStart from a copy of the demo after its first complete job, so that tests need not wait for it
//	client.go     GraphQL over HTTP: sign in, ask, typed failures
//	stream.go     subscriptions over graphql-transport-ws and server-sent events
//	order.go      orders as tests look at them, and the verbs on them
//	job.go        launch a job and wait for its end; quiescence; the test clock
//	demo.go       the demo's files and its second database
//	mail.go       an SMTP server on loopback that keeps what it gets
//	receiver.go   an endpoint that keeps and verifies webhook deliveries
//	target.go     the programmable fake target as a program of its own
//
// The tests beside it are the acceptance scenarios (provisioning spec, Annex B).
package apptest
