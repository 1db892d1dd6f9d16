// Package event says what happened. One append-only row has three readers: subscriptions, webhooks and the audit log (design 6).
//
//	event.go         Event and Publish: called in the transaction that makes the change
//	cursor.go        Cursor: where a reader stands; opaque outside
//	read.go          Row, Filter, Read, ReadBatch, End: pages of events in cursor order
//	hub.go           Hub: one per process; reads new rows once, however many subscribers there are
//	subscription.go  Subscribe: replay after a cursor, then live, without gap and without duplicate
//
// # Order
//
// Identity values are handed out before commit, so a row with a lower id may become visible after one with a higher id. Readers
// therefore go by (xid, id) and only take rows whose transaction id is below the snapshot's xmin: every transaction down there has
// ended, so nothing can still appear behind the reader's back. The price: a long writing transaction holds everybody's events back,
// and so does one in another database of the same PostgreSQL server.
//
// Transaction ids belong to one PostgreSQL server. A logical dump restored into a new server keeps the rows' old numbers, which may lie
// in that server's future; physical copies and upgrades with pg_upgrade keep counting and are not concerned.
//
// NOTIFY only wakes the hub up; it carries nothing, and a lost one costs a second at most.
package event
