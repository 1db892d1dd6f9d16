package order

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/db"
	"writ/server/evaluation"
	"writ/server/permit"
	"writ/server/queue"
)

// sqlDeparted is the condition of an order o that ends something of somebody who was made to leave at once (requests 12.8). What creates or takes over is not
// meant: it goes the way of all orders. Such orders are published by themselves, held by nothing, sent first and at once, and tried again each minute.
const sqlDeparted = `(o.owner_id in (select d.person_id from departure d where d.state = 'DEPARTED')
	and not exists (select from order_line x where x.order_id = o.id and x.closed_at is null and x.action in ('CREATE', 'ASSOCIATE')))`

// withDeparted puts the condition into a statement.
func withDeparted(text string) string { return strings.ReplaceAll(text, "/*departed*/", sqlDeparted) }

const (
	// retryDepartedFor is how long what a system refused is tried again each minute.
	retryDepartedFor = time.Hour
	// retryDepartedAfter is how long it rests between two tries.
	retryDepartedAfter = time.Minute
)

// departedLook remembers what was there when nothing of it could go, so that nobody looks every second at what waits for a person. The zero value is ready.
type departedLook struct {
	mu   sync.Mutex
	at   time.Time
	seen string
}

// again reports whether there is something to look at: it is not what was there a moment ago.
func (l *departedLook) again(seen string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if seen == l.seen && time.Since(l.at) < heldEvery {
		return false
	}
	l.at, l.seen = time.Now(), seen
	return true
}

// GenerateDeparted publishes what people leave behind who were made to leave at once (requests 12.8), of every connector, continuous or not: the departure
// is the review, and neither thresholds nor what other orders wait for hold it. It is sent at once, also while a job is at work. Nothing to do is fine.
func (s *Service) GenerateDeparted(ctx context.Context) (*Generation, error) {
	if err := s.retryDeparted(permit.With(ctx, permit.System("clock"))); err != nil {
		return nil, err
	}
	var seen string
	if err := s.DB.NewRaw(`select coalesce(string_agg(o.id || ' ' || o.updated_at || ' ' || o.wait_reason, ',' order by o.id), '') from provisioning_order o
		where o.has_pending and o.generated_at is null and `+sqlDeparted).Scan(ctx, &seen); err != nil {
		return nil, fmt.Errorf("look for orders of those who leave: %w", db.Explain(err))
	}
	if seen == "" || !s.departed.again(seen) {
		return nil, nil
	}
	return s.Generate(ctx, GenerateInput{departed: true, Force: true})
}

// retryDeparted tries again what a system refused, each minute for an hour.
func (s *Service) retryDeparted(ctx context.Context) error {
	now := s.Clock.Now()
	return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		var lines []struct{ LineID, OrderID int64 }
		if err := tx.NewRaw(`select l.id as line_id, o.id as order_id from departure d join provisioning_order o on o.owner_id = d.person_id and o.closed_at is null and not o.is_manual
				join order_line l on l.order_id = o.id and l.closed_at is null and l.state = `+evaluation.SQLErrored+` and l.error_class in (?2, ?3, ?4, ?5)
			where d.state = 'DEPARTED' and d.at > ?0 and o.errored_at <= ?1 and (o.lease_until is null or o.lease_until < clock_timestamp()) and `+sqlDeparted+` order by l.id for update of o skip locked`,
			now.Add(-retryDepartedFor), now.Add(-retryDepartedAfter), ClassRefused, ClassConflict, ClassUnreachable, ClassThrottled).Scan(ctx, &lines); err != nil || len(lines) == 0 {
			return err
		}
		moves := make([]Move, len(lines))
		orders := make([]int64, len(lines))
		for i, l := range lines {
			moves[i], orders[i] = Move{LineID: l.LineID}, l.OrderID
		}
		if _, err := tx.NewRaw(`update provisioning_order set tries = 0, not_before = null where id = any (?)`, pgdialect.Array(distinct(orders))).Exec(ctx); err != nil {
			return fmt.Errorf("note retries: %w", err)
		}
		if _, err := Apply(ctx, tx, now, Retry, moves...); err != nil {
			return err
		}
		return dispatchDeparted(ctx, tx, orders, time.Time{})
	})
}

// dispatchDeparted asks for a drain of the connections of those among the orders that end something of somebody who was made to leave: whatever the mode of
// the connector, and while a job is at work.
func dispatchDeparted(ctx context.Context, tx bun.Tx, orders []int64, at time.Time) error {
	var connections []int64
	if err := tx.NewRaw(`select distinct o.connection_id from provisioning_order o where o.id = any (?) and o.connection_id is not null and `+sqlDeparted, pgdialect.Array(orders)).Scan(ctx, &connections); err != nil {
		return fmt.Errorf("find connections of those who leave: %w", err)
	}
	for _, id := range connections {
		if err := queue.Insert(ctx, tx, DispatchArgs{ConnectionID: id, Job: true}, scheduled(at)); err != nil {
			return err
		}
	}
	return nil
}

// free leaves out of orders that wait for others those that end something of somebody who was made to leave: they wait for nothing.
func free(ctx context.Context, b bun.IDB, waiting map[int64]bool) error {
	if len(waiting) == 0 {
		return nil
	}
	ids := make([]int64, 0, len(waiting))
	for id := range waiting {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	var found []int64
	if err := b.NewRaw(`select o.id from provisioning_order o where o.id = any (?) and `+sqlDeparted, pgdialect.Array(ids)).Scan(ctx, &found); err != nil {
		return fmt.Errorf("look whose orders wait for nothing: %w", err)
	}
	for _, id := range found {
		delete(waiting, id)
	}
	return nil
}
