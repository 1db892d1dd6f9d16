package exec

import (
	"time"

	"writ/server/fulfil"
)

// Age lets every change wait longer.
func Age(a fulfil.Applier, by time.Duration) {
	c := a.(*Conn)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range c.queue {
		one.since = one.since.Add(-by)
	}
}

// Waiting is how many changes wait for a process.
func Waiting(a fulfil.Applier) int {
	c := a.(*Conn)
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.queue)
}

// TakePlaces takes every place among the programs of the server, until it is called back.
func TakePlaces(a fulfil.Applier) (leave func()) {
	c := a.(*Conn)
	for range cap(c.places) {
		c.places <- struct{}{}
	}
	return func() {
		for range cap(c.places) {
			<-c.places
		}
	}
}

// Batched reports whether nothing waits for a process any more, and one has something to do.
func Batched(a fulfil.Applier) bool {
	c := a.(*Conn)
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.queue) == 0 && c.workers > 0
}

// Fault is what the program did against the protocol when it was last asked to change something.
func Fault(a fulfil.Applier) string {
	c := a.(*Conn)
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fault
}
