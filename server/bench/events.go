package bench

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/event"
	"writ/server/order"
)

// events prints part e: one writer at a quiet pace, then several who write as much as they can, while a transaction that has published
// stays open all the time.
func events(ctx context.Context, s *server, in Input) error {
	d, err := s.create(ctx)
	if err != nil {
		return err
	}
	defer d.drop(ctx)
	ctx, stop := context.WithCancel(ctx)
	hub := event.NewHub(d.DB, d.url, slog.New(slog.DiscardHandler))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = hub.Run(ctx) // it ends with the context
	}()
	defer func() { stop(); <-ended }()
	long, err := d.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = long.Rollback() }()
	if _, err := long.ExecContext(ctx, "set local idle_in_transaction_session_timeout = 0"); err != nil { // else it ends before a long run does
		return err
	}
	if err := event.Publish(ctx, long, time.Now(), event.Event{Kind: "long", SubjectType: "order"}); err != nil {
		return err
	}
	t := &table{title: "e) Events: from before the commit to a subscriber, with a transaction open beside that has published", columns: []string{"what", "events", "per second", "half", "99 %"}}
	for _, load := range []struct {
		what             string
		writers, publish int
		pause            time.Duration // between two transactions of a writer
	}{{"one at a time, 100 a second", 1, 1, 10 * time.Millisecond}, {"four writers, fifty at a time", 4, 50, 0}} {
		m := &meter{pending: map[int64]time.Time{}}
		if err := m.run(ctx, d, hub, load.writers, load.publish, load.pause, in.Span); err != nil {
			return fmt.Errorf("events, %s: %w", load.what, err)
		}
		t.add(load.what, m.events, perSecond(m.events, m.took), m.percentile(50), m.percentile(99))
	}
	t.note("Commit, position in the chain with its hash, and delivery are in the time.")
	t.print(in.Out)
	return nil
}

// meter measures how long the last event of each transaction takes to its subscriber.
type meter struct {
	mu      sync.Mutex
	pending map[int64]time.Time // by the number of the transaction
	latency []time.Duration
	events  int
	took    time.Duration
}

func (m *meter) run(ctx context.Context, d *database, hub *event.Hub, writers, publish int, pause, span time.Duration) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	rows, err := hub.Subscribe(ctx, nil, nil)
	if err != nil {
		return err
	}
	began := time.Now()
	var number atomic.Int64
	failed := make(chan error, writers)
	for range writers {
		go func() { failed <- m.write(ctx, d.DB, &number, publish, pause, began.Add(span)) }()
	}
	running, seen := writers, int64(0)
	for running > 0 || seen < number.Load() {
		select {
		case err := <-failed:
			if running--; err != nil {
				return err
			}
		case r, open := <-rows:
			if !open {
				return ctx.Err()
			}
			m.events++
			if r.Kind == "last" {
				seen++
				m.arrived(r.SubjectID)
			}
		case <-time.After(time.Minute):
			return fmt.Errorf("%d of %d transactions arrived", seen, number.Load())
		}
	}
	m.took = time.Since(began)
	return nil
}

func (m *meter) write(ctx context.Context, b *bun.DB, number *atomic.Int64, publish int, pause time.Duration, until time.Time) error {
	for time.Now().Before(until) {
		n := number.Add(1)
		list := make([]event.Event, publish)
		for i := range list {
			list[i] = event.Event{Kind: order.EventChanged, SubjectType: "order", SubjectID: n, Data: map[string]int{"to": i}}
		}
		list[publish-1].Kind = "last"
		err := db.InTx(ctx, b, func(ctx context.Context, tx bun.Tx) error {
			if err := event.Publish(ctx, tx, time.Now(), list...); err != nil {
				return err
			}
			m.mu.Lock()
			defer m.mu.Unlock()
			m.pending[n] = time.Now()
			return nil
		})
		if err != nil {
			return err
		}
		time.Sleep(pause)
	}
	return nil
}

func (m *meter) arrived(n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.latency = append(m.latency, time.Since(m.pending[n]))
	delete(m.pending, n)
}

func (m *meter) percentile(p int) time.Duration {
	if len(m.latency) == 0 {
		return 0
	}
	slices.Sort(m.latency)
	return m.latency[min(len(m.latency)-1, len(m.latency)*p/100)]
}
