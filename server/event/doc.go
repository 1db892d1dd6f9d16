// Package event says what happened. One append-only row has three readers: subscriptions, webhooks and the audit log (design 6).
//
//	event.go         Event and Publish: called in the transaction that makes the change
//	appender.go      Appender: gives committed events their position in the chain; one process at a time, by a lease
//	hole.go          the ids that were handed out and are not visible (yet)
//	chain.go         what is hashed of an event, and the hash over the one before it
//	cursor.go        Cursor: where a reader stands; opaque outside
//	read.go          Row, Filter, Read, ReadBatch, End: pages of events by position
//	hub.go           Hub: one per process; reads new rows once, however many subscribers there are
//	subscription.go  Subscribe: replay after a cursor, then live, without gap and without duplicate
//
// # Order
//
// Publishing appends a row and nothing else. Its id comes from a sequence and is no order: a row with a lower id may become visible after
// one with a higher id. So the appender looks, at every wake-up, what has become visible since it looked last, and gives it the next
// positions, by id. The order of positions is therefore the order of commits, as far as anybody can tell: if one transaction published
// after another one had committed, or waited for its lock, it comes later. Readers go by position and nothing else, and nothing ever
// appears behind them. No transaction holds back the events of another one.
//
// The appender remembers the ids it has not seen (holes) until their transaction has ended. Position, hash and event id stand in
// event_chain; a dump of the database keeps them, wherever it is restored. Transaction ids are kept nowhere.
//
// # One appender
//
// The holder of the lease in event_appender works; its transactions lock that row, and positions are unique. When it stops it gives the
// lease back; when it is killed the others wait three seconds. Session locks are not used, so a pooler in transaction mode does no harm.
//
// NOTIFY only wakes up; it carries nothing, and a lost one costs a second at most.
package event
