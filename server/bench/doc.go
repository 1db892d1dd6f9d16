// Package bench measures: what Writ does beside what PostGraphile, PostgreSQL, River and COPY do with the same rows, in one run on one machine.
//
//	bench.go         Run: the parts in turn, or one of them
//	system.go        System: the services that app wires on a database of the benchmark
//	database.go      databases of its own, made and dropped
//	organisation.go  synthetic people and their role model, the same for the same seed
//	list.go          a) pages of orders through GraphQL, beside PostGraphile and prepared statements in pgbench
//	client.go        requests over HTTP, one or many at a time
//	process.go       servers of their own, and the CPU time that they and the database take
//	postgraphile.go  PostGraphile, installed once into the data folder; postgraphile.mjs starts it
//	pgbench.go       pgbench, or a loop of ours where it is not installed
//	drain.go         b) orders through the null connector, beside jobs of River that do nothing
//	compute.go       c) the role model from scratch, unchanged and with one per cent changed, beside COPY and a scan
//	copy.go          COPY of the rows that a computation wrote, and a scan of those it reads
//	grid.go          d) evaluation without a database: targets x attributes x roles
//	events.go        e) events from the commit to a subscriber
//	shapes.go        f) the role model over a database by its shape: people a second, CPU and memory
//	company.go       g) one changed line of an HR file, until its orders are Verified in a database
//	subscribers.go   h) a changed order to thousands of websockets
//	foresee.go       i) plans: what a change of the model would do to everybody
//	table.go         aligned tables
//
// Load and database share the machine, as they do in an installation of one process: the numbers are for comparing columns of the same run,
// not machines.
package bench
