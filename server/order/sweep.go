package order

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/queue"
)

// clockEvery is how often the clock runs even when nothing is known to be due (spec 1.4).
const clockEvery = 10 * time.Minute

// How often orders that generation held back are looked at again without a sign that something changed: those behind a threshold (the
// rolling hour moves on), and the others.
const (
	blockedEvery = time.Minute
	heldEvery    = 10 * time.Second
)

// sweeper remembers when this process swept last.
type sweeper struct {
	mu      sync.Mutex
	clock   time.Time
	blocked time.Time
	held    time.Time
}

// Sweep is the safety net that app runs every few seconds in every process: it runs the clock when something is due, and wakes generation
// and dispatch for continuous connectors with work that nobody is doing: after a crash, a restart, a lost wake-up. Expired leases are
// picked up whatever the mode, since their job or their job's process may be gone. Sweeping twice is harmless.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.Clock.Now()
	next, err := s.NextLook(ctx)
	if err != nil {
		return err
	}
	if next != nil && !next.After(now) || s.sweep.clockDue(now) {
		if _, err := s.Tick(ctx); err != nil {
			return err
		}
	}
	paused, err := s.paused(ctx)
	if err != nil {
		return err
	}
	return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		connections, err := s.abandoned(ctx, tx, now, paused)
		if err != nil {
			return err
		}
		for _, id := range connections {
			if err := queue.Insert(ctx, tx, DispatchArgs{ConnectionID: id, Job: paused}, nil); err != nil {
				return err
			}
		}
		if paused {
			return nil
		}
		connectors, err := s.ungenerated(ctx, tx, s.sweep.blockedDue(now), s.sweep.heldDue(now))
		if err != nil {
			return err
		}
		for _, id := range connectors {
			if err := queue.Insert(ctx, tx, GenerateArgs{ConnectorID: id}, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// abandoned gives connections with due orders that nobody holds, or whose holder died.
func (s *Service) abandoned(ctx context.Context, tx bun.Tx, now time.Time, paused bool) ([]int64, error) {
	var ids []int64
	err := tx.NewRaw(`select distinct o.connection_id from provisioning_order o
		join connection n on n.id = o.connection_id and n.deactivated <> 'FULFIL'
		join connector c on c.id = n.connector_id and not c.is_deactivated
		where (o.has_silent or o.has_pending and o.generated_at is not null) and (o.not_before is null or o.not_before <= ?0)
		  and (o.lease_until < clock_timestamp() or o.lease_until is null and c.mode = ?1 and not ?2)`, stamp(now), continuous, paused).Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("find abandoned orders: %w", err)
	}
	return ids, nil
}

// ungenerated gives continuous connectors with pending orders that did not pass generation.
func (s *Service) ungenerated(ctx context.Context, tx bun.IDB, withBlocked, withHeld bool) ([]int64, error) {
	var ids []int64
	err := tx.NewRaw(`select distinct n.connector_id from provisioning_order o
		join resource_type t on t.id = o.resource_type_id
		join connection n on n.id = t.connection_id and n.deactivated <> 'FULFIL'
		join connector c on c.id = n.connector_id and c.mode = ? and not c.is_deactivated
		join entity_type e on e.id = o.source_entity_type_id and e.initialized_at is not null
		where o.has_pending and o.generated_at is null 
		  and (o.wait_reason = 'none' or case o.wait_reason when ? then ? else ? end)`, continuous, waitThreshold, withBlocked, withHeld).Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("find orders to generate: %w", err)
	}
	return ids, nil
}

func (w *sweeper) clockDue(now time.Time) bool { return w.due(&w.clock, now, clockEvery) }

func (w *sweeper) blockedDue(now time.Time) bool { return w.due(&w.blocked, now, blockedEvery) }

func (w *sweeper) heldDue(now time.Time) bool { return w.due(&w.held, now, heldEvery) }

func (w *sweeper) due(last *time.Time, now time.Time, every time.Duration) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now.Sub(*last) < every {
		return false
	}
	*last = now
	return true
}
