// Package queue says what will happen: River jobs, inserted in the transaction that makes them necessary.
//
//	insert.go  Insert, InsertMany: the job row and its notification, in SQL, inside the caller's lib/pq transaction
//	server.go  Server: works jobs off (River on its own small pgx pool); Start, Stop, Client
//	retry.go   how often and when a failed job is tried again
//	log.go     what River may say in our log
//	every.go   Every: sweeps that each process does now and then, the safety net under the jobs
//
// River's own client cannot join a lib/pq transaction, so insert.go writes what River 0.51.1 would write; a contract test compares the
// rows column by column. When River is updated, that test says what changed.
//
// Workers drain: they look at the rows and make them right, so running twice is harmless and nothing here is unique. Times in this
// package are the machine's, not the product's clock: what is due at a time of the product is found by a sweep.
package queue
