// Package embedded runs a real PostgreSQL for a Writ that was given none: the server binaries of an npm package (or the
// system's), a cluster inside the data folder, one postmaster as our child.
//
//	embedded.go    Start, URL, Stop: the life of the server, in order
//	binaries.go    where the binaries come from, and the readable copy that is run
//	place.go       who runs it (PostgreSQL refuses root) and where cluster and socket can live for that user
//	cluster.go     initdb, once, with a generated password
//	postmaster.go  starting, waiting, adopting one that is still running, starting again when it was killed
//	pidfile.go     reading postmaster.pid
//
// What survives what: a stop is PostgreSQL's fast shutdown. When Writ is killed the postmaster lives on; the next Start
// on the same folder takes it over. When the postmaster is killed, Start (or the running Server by itself) starts a new one,
// which recovers from its log. A second process on the same folder is a guest: it uses the running server and leaves it alone.
package embedded
