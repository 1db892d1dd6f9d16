// Package app is the only place that wires: every service is made here, every hook between the rooms is filled in here.
//
//	app.go         Open: one process, top to bottom
//	hooks.go       what a lower room tells a higher one
//	connectors.go  the map of connector packages
//	tasks.go       what the tasks of a job do
//	sweep.go       what each process does every few seconds: the safety nets
//	handler.go     the HTTP side: GraphQL, sign-in, River UI, metrics
//	demo.go        the demo organisation of `serve --demo`
//	commands.go    what the commands of the command line do
//	rotate.go      writ rotate-key: all secrets sealed again
//	clock.go       the test clock, shared by all processes
package app
