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
