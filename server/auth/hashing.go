package auth

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"
)

// How much work on passwords there is at once: each takes a processor for some tens of milliseconds, and 19 MiB.
const (
	maxWaiting = 256              // tries that may wait for a place
	maxWait    = 20 * time.Second // longest wait
)

// hashing is the queue of the work on passwords. Every address has a lane, and lanes take turns, so that a flood from one of them delays
// nobody else; known devices and addresses go first. When too many wait, the last of the longest lane is sent away.
type hashing struct {
	mu      sync.Mutex
	free    int                  // places
	waiting int                  // tries in all lanes
	lanes   map[string][]*waiter // by name, first come first
	turns   [2][]string          // names of the lanes with somebody in them, of the known and of strangers, next one first
}

type waiter struct {
	lane  string
	class int       // index of turns
	turn  chan bool // true: the place is yours; false: too many wait
}

func newHashing(places int) *hashing {
	return &hashing{free: places, lanes: map[string][]*waiter{}}
}

// hashPlaces is how many passwords are looked at at once.
func hashPlaces() int { return max(2, runtime.GOMAXPROCS(0)) }

// enter waits for a place and gives the function that leaves it. UNAVAILABLE when too many wait, or for too long.
func (h *hashing) enter(ctx context.Context, lane string, known bool) (leave func(), err error) {
	w := h.queue(lane, known)
	if w == nil {
		return h.leave, nil
	}
	timer := time.NewTimer(maxWait)
	defer timer.Stop()
	select {
	case mine := <-w.turn:
		if !mine {
			return nil, errBusy()
		}
		return h.leave, nil
	case <-timer.C:
		err = errBusy()
	case <-ctx.Done():
		err = ctx.Err()
	}
	h.giveUp(w)
	return nil, err
}

// queue takes a free place, nil, or a place in a lane.
func (h *hashing) queue(lane string, known bool) *waiter {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.free > 0 {
		h.free--
		return nil
	}
	w := &waiter{lane: lane, class: 1, turn: make(chan bool, 1)}
	if known {
		w.lane, w.class = "known "+lane, 0 // a lane is of one class
	}
	lane = w.lane
	if len(h.lanes[lane]) == 0 {
		h.turns[w.class] = append(h.turns[w.class], lane)
	}
	h.lanes[lane] = append(h.lanes[lane], w)
	if h.waiting++; h.waiting > maxWaiting {
		longest := w
		for _, other := range h.lanes {
			if len(other) > len(h.lanes[longest.lane]) {
				longest = other[len(other)-1]
			}
		}
		h.remove(longest)
		longest.turn <- false
	}
	return w
}

// leave hands the place on.
func (h *hashing) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for class := range h.turns {
		if len(h.turns[class]) == 0 {
			continue
		}
		next := h.lanes[h.turns[class][0]][0]
		h.remove(next)
		if len(h.lanes[next.lane]) > 0 { // its next one waits until all others had a turn
			h.turns[class] = append(h.turns[class][1:], next.lane)
		}
		next.turn <- true
		return
	}
	h.free++
}

// remove takes somebody out of their lane. Caller holds the lock.
func (h *hashing) remove(w *waiter) bool {
	lane := h.lanes[w.lane]
	i := slices.Index(lane, w)
	if i < 0 {
		return false
	}
	h.waiting--
	if lane = slices.Delete(lane, i, i+1); len(lane) > 0 {
		h.lanes[w.lane] = lane
		return true
	}
	delete(h.lanes, w.lane)
	at := slices.Index(h.turns[w.class], w.lane)
	h.turns[w.class] = slices.Delete(h.turns[w.class], at, at+1)
	return true
}

// giveUp leaves the lane, or hands on the place that came at the last moment.
func (h *hashing) giveUp(w *waiter) {
	h.mu.Lock()
	waits := h.remove(w)
	h.mu.Unlock()
	if !waits && <-w.turn {
		h.leave()
	}
}
