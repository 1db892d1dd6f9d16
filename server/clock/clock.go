// Package clock is the one source of time (design 10: all time goes through one injected clock).
//
// Every process of a deployment must agree, so the test offset lives in the database (table setting) and each process
// loads it: app passes a *Clock everywhere and calls SetOffset when the offset changes.
package clock

import (
	"sync/atomic"
	"time"
)

// Clock gives the time of the product: the machine's, UTC, plus an offset that only test hooks move.
type Clock struct{ offset atomic.Int64 }

// New is a clock without offset.
func New() *Clock { return &Clock{} }

// Now is the current instant, UTC, microsecond precision (what PostgreSQL keeps).
func (c *Clock) Now() time.Time {
	return time.Now().UTC().Add(time.Duration(c.offset.Load())).Truncate(time.Microsecond)
}

// Offset is what test hooks added so far.
func (c *Clock) Offset() time.Duration { return time.Duration(c.offset.Load()) }

// SetOffset replaces the offset. Test hooks only.
func (c *Clock) SetOffset(d time.Duration) { c.offset.Store(int64(d)) }
