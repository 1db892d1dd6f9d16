package event

import (
	"context"
	"errors"
	"time"
)

// buffered is how many batches a subscriber may be behind before it reads from the table again.
const buffered = 64

// subscription is one subscriber: it reads the table from its own cursor until it has reached the hub, then lives from the hub's
// batches, and falls back to reading when the hub has dropped it.
type subscription struct {
	hub     *Hub
	at      Cursor // everything up to here was offered to the filter
	filter  func(Row) bool
	out     chan Row
	rewound int        // as the hub counted when it began
	batches chan []Row // fed by the hub while attached; closed by it when full
}

// Subscribe gives the events after a cursor and then all that follow, in order, without gap and without duplicate; after nil = from
// now. filter decides per row, at the moment of delivery, in the subscriber's own goroutine; nil = all. The channel ends with ctx, with
// the hub, or when the database has lost events that were delivered. A slow reader only slows itself. The error is that of finding "now", or errs.Validation for a cursor of another stream.
func (h *Hub) Subscribe(ctx context.Context, after *Cursor, filter func(Row) bool) (<-chan Row, error) {
	s := &subscription{hub: h, filter: filter, out: make(chan Row)}
	h.mu.Lock()
	s.rewound = h.rewound
	h.mu.Unlock()
	var err error
	if after == nil {
		s.at, err = End(ctx, h.db)
	} else {
		s.at, err = Resolve(ctx, h.db, *after)
	}
	if err != nil {
		return nil, err
	}
	go s.run(ctx)
	return s.out, nil
}

func (s *subscription) run(ctx context.Context) {
	defer close(s.out)
	defer s.detach()
	select {
	case <-ctx.Done():
		return
	case <-s.hub.stopped:
		return
	case <-s.hub.started:
	}
	for s.catchUp(ctx) && s.follow(ctx) {
	}
}

// catchUp reads the table until the hub takes over. false: it is over.
func (s *subscription) catchUp(ctx context.Context) bool {
	for {
		if attached, current := s.attach(); attached || !current {
			return current
		}
		b, err := ReadBatch(ctx, s.hub.db, s.at, Filter{}, batchSize)
		if errors.Is(err, errRewound) {
			return false
		}
		if err != nil {
			if ctx.Err() == nil {
				s.hub.log.WarnContext(ctx, "a subscriber cannot read events at this moment", "error", err)
			}
			if !s.rest(ctx) {
				return false
			}
			continue
		}
		if !s.send(ctx, b.Rows) {
			return false
		}
		s.at = b.Next
	}
}

// attach joins the live subscribers if nothing lies between this one and the hub. It is not current any more when the chain has lost what
// it may have delivered.
func (s *subscription) attach() (attached, current bool) {
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.rewound != h.rewound {
		return false, false
	}
	if s.at.Compare(h.position) < 0 {
		return false, true
	}
	s.batches = make(chan []Row, buffered)
	h.live[s] = struct{}{}
	return true, true
}

func (s *subscription) detach() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	delete(s.hub.live, s)
}

// follow delivers what the hub hands out. true: the hub dropped it, catch up again; false: it is over.
func (s *subscription) follow(ctx context.Context) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case <-s.hub.stopped:
			return false
		case rows, ok := <-s.batches:
			if !ok {
				return true
			}
			if !s.send(ctx, rows) {
				return false
			}
		}
	}
}

// send offers rows that were not offered before. false: it is over.
func (s *subscription) send(ctx context.Context, rows []Row) bool {
	for _, r := range rows {
		if r.Cursor.Compare(s.at) <= 0 {
			continue
		}
		if s.filter == nil || s.filter(r) {
			select {
			case <-ctx.Done():
				return false
			case <-s.hub.stopped:
				return false
			case s.out <- r:
			}
		}
		s.at = r.Cursor
	}
	return true
}

// rest waits a little after a failure. false: it is over.
func (s *subscription) rest(ctx context.Context) bool {
	t := time.NewTimer(200 * time.Millisecond)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-s.hub.stopped:
		return false
	case <-t.C:
		return true
	}
}
