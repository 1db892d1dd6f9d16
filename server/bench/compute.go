package bench

import (
	"context"
	"fmt"
	"time"
)

// computations prints part c.
func computations(ctx context.Context, s *server, in Input) error {
	t := &table{title: "c) Role model over a database: one account of six attributes and three groups per person",
		columns: []string{"people", "run", "took", "people/s", "beside", "rows", "took", "ratio"}}
	for _, size := range in.sizes() {
		if err := roleModel(ctx, s, in, size, t); err != nil {
			return fmt.Errorf("compute %d people: %w", size, err)
		}
	}
	t.note("From scratch includes assignments, roles, orders with their lines and history, events. COPY puts the same rows into tables with the same indexes.")
	t.note("Scan reads the tables that a complete run looks at, as fast as one connection gives them away.")
	t.print(in.Out)
	return nil
}

func roleModel(ctx context.Context, s *server, in Input, size int, t *table) error {
	o, err := s.organisation(ctx, in, size)
	if err != nil {
		return err
	}
	defer o.close()
	before, err := o.counts(ctx)
	if err != nil {
		return err
	}
	scratch, err := o.compute(ctx, false)
	if err != nil {
		return err
	}
	after, err := o.counts(ctx)
	if err != nil {
		return err
	}
	copied, rows, err := o.copyAgain(ctx, grown(before, after))
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	row(t, size, size, "from scratch", scratch, "COPY of what it wrote", rows, copied)

	if err := o.settle(ctx); err != nil {
		return err
	}
	unchanged, err := o.compute(ctx, false)
	if err != nil {
		return err
	}
	scanned, rows, err := o.scan(ctx)
	if err != nil {
		return fmt.Errorf("scan: %w", err)
	}
	row(t, size, size, "unchanged, everybody", unchanged, "scan of what it reads", rows, scanned)

	changed, err := o.change(ctx)
	if err != nil {
		return err
	}
	incremental, err := o.compute(ctx, true)
	if err != nil {
		return err
	}
	row(t, size, changed, "1 % changed, only those", incremental, "the same scan", rows, scanned)
	if _, err := o.change(ctx); err != nil {
		return err
	}
	complete, err := o.compute(ctx, false)
	if err != nil {
		return err
	}
	row(t, size, size, "1 % changed, everybody", complete, "the same scan", rows, scanned)
	return nil
}

func row(t *table, size, looked int, run string, took time.Duration, beside string, rows int, baseline time.Duration) {
	t.add(size, run, took, perSecond(looked, took), beside, rows, baseline, times(took.Seconds(), baseline.Seconds()))
}
