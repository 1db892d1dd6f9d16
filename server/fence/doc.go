// Package fence holds back everything that leaves Writ: orders for target systems, calls of webhooks, mails.
//
//	fence.go    Fence; raise, lift, find
//	waiting.go  Waiting: what would be sent; each room says what that is (Fenced)
//
// A restored backup starts behind the fence. What it holds as open may have been done in the world since the backup was made, so somebody
// compares, lets the systems be read (reading goes on), and then lifts it. The three places that hand something out ask for the row of the
// table in the statement that takes the next piece of work: server/order/sql/claim.sql, server/webhook/store.go, and the worker of mails.
// So lifting needs no restart, and holds for every process at once.
package fence
