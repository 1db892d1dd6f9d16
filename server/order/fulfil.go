package order

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"golang.org/x/sync/errgroup"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/permit"
	"writ/server/queue"
)

// FulfilInput is the scope of a fulfil task (spec 2.5): a connector or a list of resource types.
type FulfilInput struct {
	Connector       string
	ResourceTypes   []string
	ContinueOnError bool // the task shows a warning instead of an error; the orders are worked off either way
}

// FulfilResult is what a fulfil task did.
type FulfilResult struct {
	Total    int
	Executed int
	Tickets  int
	Errors   int
}

// Fulfil works off everything of the scope that was generated before it began, together with the other processes, and returns when nothing
// of it is undone: sent, answered, refused or handed to people. Another process that dies in the middle does not stop it: its leases
// expire and the orders go on here. Unavailable when every system concerned stays away for Patience; the orders wait then. progress, when
// given, is called with the numbers so far at least every second.
func (s *Service) Fulfil(ctx context.Context, in FulfilInput, progress func(done, errors, total int)) (FulfilResult, error) {
	ctx = permit.With(ctx, permit.System("fulfil"))
	var res FulfilResult
	routes, err := s.generationScope(ctx, s.DB, GenerateInput{Connector: in.Connector, ResourceTypes: in.ResourceTypes})
	if err != nil {
		return res, err
	}
	maps.DeleteFunc(routes, func(_ int64, r *route) bool { return r.ConnectionID == nil || r.IsConnectorOff || r.IsFulfilOff })
	types := slices.Sorted(maps.Keys(routes))
	round := fulfilRound{types: types, began: s.Clock.Now()}
	connections, err := s.undone(ctx, round, &res)
	if err != nil || res.Total == 0 {
		return res, err
	}
	if err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error { // the other processes help
		if err := s.hurry(ctx, tx, connections); err != nil {
			return err
		}
		for _, id := range connections {
			if err := queue.Insert(ctx, tx, DispatchArgs{ConnectionID: id, Job: true}, nil); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return res, err
	}
	wait, before := minWait, -1
	for {
		work, stop := errgroup.WithContext(ctx)
		for _, id := range connections {
			work.Go(func() error { return s.Drain(stop, id) })
		}
		finished := make(chan error, 1)
		go func() { finished <- work.Wait() }()
		err := s.report(ctx, round, &res, progress, finished)
		if err != nil {
			return res, err
		}
		left, err := s.outcome(ctx, round, &res)
		if err != nil {
			return res, err
		}
		if left > 0 { // when all that is left waits for others, it goes with a later run
			stuck, err := s.stuck(ctx, round)
			if err != nil {
				return res, err
			}
			if stuck >= left {
				res.Total, left = res.Total-left, 0
			}
		}
		if progress != nil {
			progress(res.Total-left, res.Errors, res.Total)
		}
		if left == 0 {
			return res, nil
		}
		if err := s.giveUp(ctx, round, left); err != nil {
			return res, err
		}
		// somebody else holds the rest, or it waits for its back-off, or the system is down: then do not use up the tries in a hurry
		if wait = min(2*wait, maxWait); left != before {
			wait, before = minWait, left
		}
		if err := pause(ctx, wait); err != nil {
			return res, err
		}
	}
}

// fulfilRound is what one fulfil run works off: what was generated for its resource types until it began. It is a condition, not a list: a
// run may have a million orders.
type fulfilRound struct {
	types []int64
	began time.Time
}

// sqlUndone is the condition of the orders of a round that may still be sent: one that went back to review or generation meanwhile belongs
// to the next run. It reads the index of what is to be dispatched.
const sqlUndone = `o.resource_type_id = any(?) and o.connection_id is not null
	and ` + sqlDue + ` and (o.generated_at is null or o.generated_at <= ?)
	and n.deactivated <> 'FULFIL' and not c.is_deactivated`

// undone counts the orders of a round and gives their connections.
func (s *Service) undone(ctx context.Context, round fulfilRound, res *FulfilResult) (connections []int64, err error) {
	var rows []struct {
		ConnectionID int64
		Orders       int
	}
	err = s.DB.NewRaw(`select o.connection_id, count(*) as orders
		from provisioning_order o join connection n on n.id = o.connection_id join connector c on c.id = n.connector_id
		where `+sqlUndone+` group by 1 order by 1`, pgdialect.Array(orEmpty(round.types)), stamp(round.began)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("count orders to fulfil: %w", err)
	}
	for _, r := range rows {
		connections, res.Total = append(connections, r.ConnectionID), res.Total+r.Orders
	}
	return connections, nil
}

// stuck counts the orders of a round that wait for another order; it looks at a thousand of them at most.
func (s *Service) stuck(ctx context.Context, round fulfilRound) (int, error) {
	var ids []int64
	err := s.DB.NewRaw(`select o.id from provisioning_order o join connection n on n.id = o.connection_id join connector c on c.id = n.connector_id
		where `+sqlUndone+` limit 1000`, pgdialect.Array(round.types), stamp(round.began)).Scan(ctx, &ids)
	if err != nil {
		return 0, fmt.Errorf("select orders that wait for others: %w", err)
	}
	is, err := obstructed(ctx, s.DB, ids)
	return len(is), err
}

// giveUp ends a fulfil run whose systems all are away: a job must not wait for hours. The orders that were not tried out stay Pending, and
// go with the next run or as soon as the chain reaches the system again.
func (s *Service) giveUp(ctx context.Context, round fulfilRound, left int) error {
	var rows []struct {
		ConnectionID int64
		DisplayName  string
	}
	err := s.DB.NewRaw(`select distinct o.connection_id, n.display_name
		from provisioning_order o join connection n on n.id = o.connection_id join connector c on c.id = n.connector_id
		where `+sqlUndone+` order by 2, 1`, pgdialect.Array(round.types), stamp(round.began)).Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return err
	}
	var names []string
	for _, r := range rows {
		if s.outages.lasts(r.ConnectionID) < s.Patience {
			return nil
		}
		names = append(names, r.DisplayName)
	}
	return errs.New(errs.Unavailable, "%s cannot be reached. %d orders wait until it answers again.", strings.Join(names, ", "), left)
}

// outages remembers since when a connection cannot be reached, as this process sees it. Machine time: it is about waiting.
type outages struct {
	mu    sync.Mutex
	since map[int64]time.Time
}

func (o *outages) note(connectionID int64, down bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.since == nil {
		o.since = map[int64]time.Time{}
	}
	if !down {
		delete(o.since, connectionID)
	} else if o.since[connectionID].IsZero() {
		o.since[connectionID] = time.Now()
	}
}

// lasts tells how long the outage of a connection lasts; 0: there is none.
func (o *outages) lasts(connectionID int64) time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	if at := o.since[connectionID]; !at.IsZero() {
		return time.Since(at)
	}
	return 0
}

// How long Fulfil waits before it looks again at orders that others hold or that wait; the longer the less moves.
const (
	minWait = 100 * time.Millisecond
	maxWait = 2 * time.Second
)

// report tells the progress until the work has finished.
func (s *Service) report(ctx context.Context, round fulfilRound, res *FulfilResult, progress func(done, errors, total int), finished <-chan error) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case err := <-finished:
			return err
		case <-tick.C:
			left, err := s.outcome(ctx, round, res)
			if err != nil {
				return err
			}
			if progress != nil {
				progress(res.Total-left, res.Errors, res.Total)
			}
		}
	}
}

// outcome counts how far the orders of a round are and gives how many are left.
func (s *Service) outcome(ctx context.Context, round fulfilRound, res *FulfilResult) (left int, err error) {
	types, began := pgdialect.Array(round.types), stamp(round.began)
	var n struct{ Left, Errors, Tickets, Executed int }
	err = s.DB.NewRaw(`select
			(select count(*) from provisioning_order o join connection n on n.id = o.connection_id join connector c on c.id = n.connector_id
				where `+sqlUndone+`) as left,
			count(*) filter (where `+evaluation.SQLErrored+` = any(o.states)) as errors,
			count(*) filter (where o.has_ticket and not o.has_pending) as tickets,
			count(*) filter (where not (o.has_pending or o.has_silent or o.has_ticket or `+evaluation.SQLErrored+` = any(o.states))) as executed
		from provisioning_order o where o.resource_type_id = any(?) and o.updated_at >= ? and (o.generated_at is null or o.generated_at <= ?)
			and (o.executed_at >= ? or o.errored_at >= ? or o.transmitted_at >= ?)`,
		types, began, types, began, began, began, began, began).Scan(ctx, &n)
	if err != nil {
		return 0, fmt.Errorf("count fulfilled orders: %w", err)
	}
	res.Errors, res.Tickets, res.Executed = n.Errors, n.Tickets, n.Executed
	return n.Left, nil
}

// pause waits in machine time; the error is the context's.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
