package across

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"

	"writ/server/directory"
	"writ/server/event"
	"writ/server/job"
	"writ/server/order"
	"writ/server/permit"
	"writ/server/synchronization"
)

// countEvery is the shortest time between two numbers for one subscriber. Subscribers wait for the same ticks, so that those with the
// same rights share one computation.
const countEvery = 500 * time.Millisecond

// CountNow gives the numbers of the home page: those of orders, of jobs and of synchronizations that a limit holds.
func (f *Feed) CountNow(ctx context.Context) (*order.Counters, error) {
	c, err := f.Orders.Counters(ctx)
	if err != nil {
		return nil, err
	}
	if c.RunningJobs, c.BlockedRuns, err = f.Jobs.Counts(ctx); err != nil {
		return nil, err
	}
	held, err := f.Readings.Held(ctx)
	if err != nil {
		return nil, err
	}
	c.BlockedSystems = len(slices.Compact(slices.Sorted(slices.Values(append(held, c.Held...)))))
	return c, nil
}

// Counters gives the numbers of the home page now, and again after changes, at most twice a second and only if they differ.
func (f *Feed) Counters(ctx context.Context) (<-chan *order.Counters, error) {
	ctx, stop := context.WithCancel(ctx)
	in, err := f.Hub.Subscribe(ctx, nil, func(r event.Row) bool {
		return r.Kind == order.EventChanged || r.Kind == job.EventChanged || r.Kind == directory.EventChanged || r.Kind == synchronization.EventEnded
	})
	if err != nil {
		stop()
		return nil, err
	}
	last, err := f.CountNow(ctx)
	if err != nil {
		stop()
		return nil, err
	}
	out := make(chan *order.Counters)
	go func() {
		defer close(out)
		defer stop()
		if !send(ctx, out, last) {
			return
		}
		tick := time.NewTicker(CheckEvery)
		defer tick.Stop()
		actor := permit.From(ctx)
		for {
			changed, open := gather(ctx, in, tick.C)
			if !open {
				f.lost(ctx)
				return
			}
			now, err := f.Renew(ctx)
			if err != nil {
				f.failed(ctx, err)
				return
			}
			same := sameRights(actor, permit.From(now))
			if actor = permit.From(now); len(changed) == 0 && same {
				continue
			}
			seen, open := drainUntilTick(ctx, in)
			if !open {
				f.lost(ctx)
				return
			}
			next, err := f.counters.get(now, seen, f.CountNow)
			if err != nil {
				f.failed(ctx, err)
				return
			}
			if reflect.DeepEqual(next, last) {
				continue
			}
			if last = next; !send(ctx, out, next) {
				return
			}
		}
	}()
	return out, nil
}

// drainUntilTick takes events until the next tick of the common beat and tells when the last one came.
func drainUntilTick(ctx context.Context, in <-chan event.Row) (seen time.Time, open bool) {
	seen = time.Now()
	timer := time.NewTimer(time.Until(seen.Truncate(countEvery).Add(countEvery)))
	defer timer.Stop()
	for {
		select {
		case _, open := <-in:
			if !open {
				return seen, false
			}
			seen = time.Now()
		case <-timer.C:
			return seen, true
		case <-ctx.Done():
			return seen, false
		}
	}
}

// shared computes numbers once for all who have the same rights. The zero value is ready.
type shared struct {
	mu   sync.Mutex
	runs map[string]*run
}

type run struct {
	started time.Time
	done    chan struct{}
	value   *order.Counters
	err     error
}

// get gives numbers whose computation began at or after since: another's, if there is one, else its own.
func (s *shared) get(ctx context.Context, since time.Time, compute func(context.Context) (*order.Counters, error)) (*order.Counters, error) {
	key := RightsOf(permit.From(ctx))
	s.mu.Lock()
	r := s.runs[key]
	mine := r == nil || r.started.Before(since)
	if mine {
		r = &run{started: time.Now(), done: make(chan struct{})}
		if s.runs == nil {
			s.runs = map[string]*run{}
		}
		s.runs[key] = r
		for k, old := range s.runs {
			if time.Since(old.started) > 10*countEvery {
				delete(s.runs, k)
			}
		}
	}
	s.mu.Unlock()
	if mine {
		// Others wait for it too: it must not end with the one who happened to be first.
		limited, stop := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer stop()
		r.value, r.err = compute(limited)
		close(r.done)
		return r.value, r.err
	}
	select {
	case <-r.done:
		return r.value, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// RightsOf is equal for two actors who see the same rows.
func RightsOf(a *permit.Actor) string {
	if a == nil {
		return ""
	}
	self := int64(0)
	for _, g := range a.Grants {
		for _, f := range g.Filters {
			if f.Self {
				self = a.ResourceID
			}
		}
	}
	raw, err := json.Marshal([]any{a.System, self, a.Grants, a.Deputyships})
	if err != nil {
		panic(err) // plain structs
	}
	return fmt.Sprintf("%x", sha256.Sum256(raw))
}
