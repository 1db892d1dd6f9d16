package order

import "sync"

// gates lets one goroutine of this process work on an id at a time. Whoever comes meanwhile leaves a note and goes: the one inside looks
// again before it leaves, so no wake-up is lost and drains do not pile up.
type gates struct {
	mu    sync.Mutex
	again map[int64]bool
}

// run calls work, again as long as somebody asked meanwhile. It returns at once when another goroutine is inside.
func (g *gates) run(id int64, work func() error) error {
	g.mu.Lock()
	if _, busy := g.again[id]; busy {
		g.again[id] = true
		g.mu.Unlock()
		return nil
	}
	if g.again == nil {
		g.again = map[int64]bool{}
	}
	g.again[id] = false
	g.mu.Unlock()
	defer func() { // a panic must not lock the id for ever
		g.mu.Lock()
		delete(g.again, id)
		g.mu.Unlock()
	}()
	for {
		if err := work(); err != nil {
			return err
		}
		g.mu.Lock()
		if !g.again[id] {
			delete(g.again, id)
			g.mu.Unlock()
			return nil
		}
		g.again[id] = false
		g.mu.Unlock()
	}
}
