package order

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/evaluation"
	"writ/server/fence"
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

// Wake makes the continuous chain look at once at the orders of a connector, or of all (0): something was switched on or configured that
// orders may have waited for. What an outage put off is tried again, since nobody knows whether it still lasts.
func (s *Service) Wake(ctx context.Context, tx bun.Tx, connectorID int64) error {
	_, err := tx.NewRaw(`update provisioning_order set not_before = null where id in (select id from provisioning_order o
		where (?0 = 0 or o.connector_id = ?0) and o.closed_at is null and o.not_before is not null and `+sqlDue+`
		order by id for update skip locked)`, connectorID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("try again what was put off: %w", err)
	}
	if err := forgetOutages(ctx, tx, connectorID); err != nil {
		return err
	}
	return s.Look(ctx, tx, connectorID)
}

// Look makes the continuous chain look at once at the orders of a connector, or of all (0): data changed that orders may have waited for.
// While a job runs its end does that.
func (s *Service) Look(ctx context.Context, tx bun.Tx, connectorID int64) error {
	paused, err := s.Paused(ctx, tx)
	if err != nil {
		return err
	}
	if !paused {
		connections, err := s.abandoned(ctx, tx, s.Clock.Now(), false)
		if err != nil {
			return err
		}
		for _, id := range connections {
			if err := queue.Insert(ctx, tx, DispatchArgs{ConnectionID: id}, nil); err != nil {
				return err
			}
		}
	}
	return queue.Insert(ctx, tx, GenerateArgs{ConnectorID: connectorID}, nil)
}

// Quiescent reports whether no order moves without time or input: none can be generated, and none can be sent. For test hooks.
func (s *Service) Quiescent(ctx context.Context) (bool, error) {
	paused, err := s.paused(ctx)
	if err != nil || paused { // the job tells how far it is
		return paused, err
	}
	quiet := false
	err = db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		connections, err := s.abandoned(ctx, tx, s.Clock.Now(), false)
		if err != nil || len(connections) > 0 {
			return err
		}
		var held bool
		if err := tx.NewRaw(`select exists (select from provisioning_order where closed_at is null and lease_until > clock_timestamp())`).Scan(ctx, &held); err != nil || held {
			return err
		}
		err = tx.NewRaw(`select not exists (select from provisioning_order o
			join resource_type t on t.id = o.resource_type_id
			join connection n on n.id = t.connection_id and n.deactivated <> 'FULFIL'
			join connector c on c.id = n.connector_id and c.mode = ? and not c.is_deactivated
			join entity_type e on e.id = o.source_entity_type_id and e.initialized_at is not null
			where o.has_pending and o.generated_at is null and (o.wait_reason in ('none', 'connector_inactive', 'no_connection'))
				-- a creation that is not released yet waits for people
				and not (o.kind = 'CREATE' and o.states && array[`+evaluation.SQLNone+`, `+evaluation.SQLAwaitingApproval+`, `+evaluation.SQLInactive+`, `+evaluation.SQLError+`]::smallint[]) and not `+evaluation.SQLError+` = any(o.states))`, continuous).Scan(ctx, &quiet)
		return err
	})
	return quiet, err
}

// abandoned gives connections with due orders that nobody holds, or whose holder died.
func (s *Service) abandoned(ctx context.Context, tx bun.Tx, now time.Time, paused bool) ([]int64, error) {
	var due []struct{ ConnectionID, OrderID int64 }
	err := tx.NewRaw(`select n.id as connection_id, o.id as order_id from connection n join connector c on c.id = n.connector_id and not c.is_deactivated
		left join outage x on x.connection_id = n.id and x.failures >= ?4
		cross join lateral (select o.id from provisioning_order o
			where o.connection_id = n.id and `+sqlDue+`
				and (x.next_at is not null or o.not_before is null or o.not_before <= ?0)
				and (o.lease_until < clock_timestamp() or o.lease_until is null and (c.mode = ?1 and not ?2 or `+sqlDeparted+`)) limit ?3) o
		where n.deactivated <> 'FULFIL' and coalesce(x.next_at <= ?0, true) and not `+fence.Is+` order by 1, 2`, stamp(now), continuous, paused, abandonedSample, outage).Scan(ctx, &due)
	if err != nil {
		return nil, fmt.Errorf("find abandoned orders: %w", err)
	}
	ids, seen := make([]int64, len(due)), map[int64]int{}
	for i, d := range due {
		ids[i] = d.OrderID
		seen[d.ConnectionID]++
	}
	waits, err := obstructed(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	var connections []int64
	for _, d := range due {
		if !waits[d.OrderID] || seen[d.ConnectionID] == abandonedSample {
			connections = append(connections, d.ConnectionID)
		}
	}
	return distinct(connections), nil
}

// abandonedSample is how many due orders of a connection are looked at: when all of so many wait for others, a drain looks at the rest.
const abandonedSample = 50

// ungenerated gives continuous connectors with pending orders that did not pass generation.
func (s *Service) ungenerated(ctx context.Context, tx bun.IDB, withBlocked, withHeld bool) ([]int64, error) {
	var ids []int64
	err := tx.NewRaw(`select distinct n.connector_id from provisioning_order o
		join resource_type t on t.id = o.resource_type_id
		join connection n on n.id = t.connection_id and n.deactivated <> 'FULFIL'
		join connector c on c.id = n.connector_id and c.mode = ? and not c.is_deactivated
		join entity_type e on e.id = o.source_entity_type_id and e.initialized_at is not null
		where o.has_pending and o.generated_at is null 
		  and (o.wait_reason = 'none' or case o.wait_reason when ? then ? else ? end)`, continuous, string(evaluation.WaitThreshold), withBlocked, withHeld).Scan(ctx, &ids)
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
