package bench

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"

	"writ/server/order"
	"writ/server/queue"
)

// drains prints part b.
func drains(ctx context.Context, o *organisation, in Input) error {
	t := &table{title: "b) Work: orders carried out through the null connector, beside River jobs that do nothing", columns: []string{"what", "count", "took", "per second"}}
	g, err := o.Orders.Generate(ctx, order.GenerateInput{Connector: "Target", Force: true})
	if err != nil {
		return err
	}
	if err := o.settle(ctx); err != nil {
		return err
	}
	var connection int64
	if err := o.NewRaw("select id from connection where identifier = 'Target'").Scan(ctx, &connection); err != nil {
		return err
	}
	began := time.Now()
	if err := o.Orders.Drain(ctx, connection); err != nil {
		return err
	}
	took := time.Since(began)
	var executed int
	if err := o.NewRaw("select count(*) from provisioning_order where state = 8").Scan(ctx, &executed); err != nil {
		return err
	}
	if executed != g.Generated || executed == 0 {
		return fmt.Errorf("%d orders were generated and %d are executed", g.Generated, executed)
	}
	orders := perSecond(executed, took)
	t.add("orders", executed, took, orders)

	var passes []time.Duration
	for range rounds {
		took, err := o.noops(ctx, executed)
		if err != nil {
			return err
		}
		passes = append(passes, took)
	}
	slices.Sort(passes)
	took = passes[len(passes)/2]
	t.add("River jobs", executed, took, perSecond(executed, took))
	t.note("An order is: claimed with its attempt and idempotency key, sent, answered, moved with its lines, history and event; they can be carried out once. Ratio %s.", times(perSecond(executed, took), orders))
	t.note("River: %d workers, median of %d rounds; leaves out everything but fetching and completing a job.", riverWorkers, rounds)
	t.print(in.Out)
	return nil
}

// noopArgs is a job that does nothing.
type noopArgs struct{}

// Kind implements river.JobArgs.
func (noopArgs) Kind() string { return "bench_noop" }

type noopWorker struct {
	river.WorkerDefaults[noopArgs]
	left *atomic.Int64
	done chan struct{}
}

func (w *noopWorker) Work(context.Context, *river.Job[noopArgs]) error {
	if w.left.Add(-1) == 0 {
		close(w.done)
	}
	return nil
}

// riverWorkers is how many jobs River works on at once where it shows how fast it is.
const riverWorkers = 500

// noops works n jobs off that were there before.
func (o *organisation) noops(ctx context.Context, n int) (time.Duration, error) {
	jobs := make([]river.InsertManyParams, n)
	for i := range jobs {
		jobs[i].Args = noopArgs{}
	}
	if err := queue.InsertMany(ctx, o.DB, jobs); err != nil {
		return 0, err
	}
	w := &noopWorker{left: &atomic.Int64{}, done: make(chan struct{})}
	w.left.Store(int64(n))
	q, err := queue.New(ctx, queue.Options{URL: o.url, Logger: slog.New(slog.DiscardHandler), Queues: map[string]int{river.QueueDefault: riverWorkers}, Register: func(all *river.Workers) { river.AddWorker(all, w) }})
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if err := q.Start(ctx); err != nil {
		return 0, err
	}
	select {
	case <-w.done:
	case <-ctx.Done():
		err = ctx.Err()
	}
	took := time.Since(began)
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if stopErr := q.Stop(stop); err == nil {
		err = stopErr
	}
	return took, err
}
