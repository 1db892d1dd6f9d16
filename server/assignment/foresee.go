package assignment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/uptrace/bun"
	"golang.org/x/sync/errgroup"

	"writ/server/evaluation"
	"writ/server/evaluation/computation"
)

// Foresee says whom to look ahead for.
type Foresee struct {
	// Owners are looked at alone; nil: everybody whom a complete computation would compute.
	Owners []int64
	// At is the instant that counts as now; zero: the clock's.
	At time.Time
	// Last is called in the end, in the same world; nil: nothing is to be asked there.
	Last func(ctx context.Context, tx bun.Tx) error
}

// Foreseen is what a computation would do about some owners.
type Foreseen struct {
	Batch   *evaluation.Batch
	Results []evaluation.Result // one for each owner of the batch
	// Ended are rows of others that end since their targets pass to owners of the batch.
	Ended []EndedRow
}

// EndedRow is an assigned resource type that ends because its target has found another owner. Its open order is withdrawn.
type EndedRow struct {
	ID, ResourceTypeID int64
	OwnerID            int64 // 0: nobody had it
}

// Foresight is what was looked at. Waiting are owners whom a computation would find something for even without the proposal: they wait for one.
type Foresight struct {
	Owners, Failed, Waiting int
	At                      time.Time
}

// Foresee computes owners in the world of an overlay, by the steps of a real computation, and gives each the outcome instead of writing it. Nothing
// is written and nobody waits for it. each is called by one goroutine at a time, in the order of a real computation: what one batch takes, a later
// one does not find. What orders already under way would answer meanwhile is not foreseen.
func (s *Service) Foresee(ctx context.Context, o *Overlay, in Foresee, each func(ctx context.Context, tx bun.Tx, f *Foreseen) error, progress func(done, total int)) (sight Foresight, err error) {
	sight.At = in.At
	if sight.At.IsZero() {
		sight.At = s.Clock.Now()
	}
	err = s.Within(ctx, o, func(ctx context.Context, tx bun.Tx) error {
		if err := tx.NewRaw(`select (select count(*) from dirty_owner d join entity_type t on t.id = d.entity_type_id where t.initialized_at is not null)
			+ (select count(*) from changed_resource)`).Scan(ctx, &sight.Waiting); err != nil {
			return err
		}
		l := &lookAhead{s: s, m: o.Model, tx: tx, in: in, options: Options{Force: true, now: sight.At}, sight: &sight, granted: map[evaluation.Claim]int64{},
			ended: map[int64]bool{}, taken: map[int64]int64{}, loaded: make(chan *evaluation.Batch, 1), done: make(chan *Foreseen, 1)}
		if err := l.run(ctx, each, progress); err != nil || in.Last == nil {
			return err
		}
		return in.Last(ctx, tx)
	})
	return sight, err
}

// lookAhead is one run: one goroutine reads, one computes, one hands over. They share a transaction, which only one of them uses at a time.
type lookAhead struct {
	s       *Service
	m       *Model
	in      Foresee
	options Options
	width   width
	sight   *Foresight

	mu sync.Mutex
	tx bun.Tx

	loaded chan *evaluation.Batch
	done   chan *Foreseen

	// what earlier batches would have written, as far as later ones ask for it
	granted map[evaluation.Claim]int64 // values promised
	ended   map[int64]bool             // rows that ended
	taken   map[int64]int64            // targets that found an owner
}

func (l *lookAhead) run(ctx context.Context, each func(ctx context.Context, tx bun.Tx, f *Foreseen) error, progress func(done, total int)) error {
	types, err := l.types(ctx)
	if err != nil {
		return err
	}
	total := len(l.in.Owners)
	if l.in.Owners == nil {
		if total, err = l.count(ctx, types); err != nil {
			return err
		}
	}
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error {
		defer close(l.loaded)
		return l.read(ctx, types)
	})
	work.Go(func() error {
		defer close(l.done)
		for b := range l.loaded {
			f, err := l.compute(ctx, b)
			if err != nil {
				return err
			}
			if err := send(ctx, l.done, f); err != nil {
				return err
			}
		}
		return nil
	})
	work.Go(func() error {
		for f := range l.done {
			for i := range f.Results {
				l.sight.Owners++
				if f.Results[i].Err != nil {
					l.sight.Failed++
				}
			}
			l.mu.Lock()
			err := each(ctx, l.tx, f)
			l.mu.Unlock()
			if err != nil {
				return err
			}
			if progress != nil {
				progress(l.sight.Owners, max(total, l.sight.Owners))
			}
		}
		return nil
	})
	return work.Wait()
}

func send[T any](ctx context.Context, to chan<- T, v T) error {
	select {
	case to <- v:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// sourceType is an entity type whose resources are computed.
type sourceType struct {
	ID        int64
	IsInitial bool
}

func (l *lookAhead) types(ctx context.Context) (types []sourceType, err error) {
	err = l.tx.NewRaw(`select id, initialized_at is null as is_initial from entity_type
		where id in (select source_entity_type_id from resource_type union select entity_type_id from role) order by id`).Scan(ctx, &types)
	return types, err
}

func (l *lookAhead) count(ctx context.Context, types []sourceType) (total int, err error) {
	for _, t := range types {
		for _, part := range whole {
			var n int
			if err := l.tx.NewRaw(`select count(*) from `+part, t.ID).Scan(ctx, &n); err != nil {
				return 0, err
			}
			total += n
		}
	}
	return total, nil
}

// read loads the owners in the order of a real computation: those who live, then those who are gone.
func (l *lookAhead) read(ctx context.Context, types []sourceType) error {
	for _, t := range types {
		for _, part := range whole {
			for after := int64(0); ; {
				var page []int64
				l.mu.Lock()
				err := l.tx.NewRaw(`select r.id from `+part+` and r.id > ?1 and (?3 or r.id = any (?4)) order by r.id limit ?2`,
					t.ID, after, ownerBatch, l.in.Owners == nil, ids(l.in.Owners)).Scan(ctx, &page)
				l.mu.Unlock()
				if err != nil {
					return err
				}
				if len(page) == 0 {
					break
				}
				after = page[len(page)-1]
				if err := l.readPage(ctx, page, t.IsInitial); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (l *lookAhead) readPage(ctx context.Context, page []int64, initial bool) error {
	for n := l.width.owners(l.m, len(page)); len(page) > 0; n = l.width.owners(l.m, len(page)) {
		l.mu.Lock()
		b, values, err := l.s.load(ctx, l.tx, l.m, page[:n], initial, l.options)
		l.mu.Unlock()
		if errors.Is(err, errTooWide) && n > 1 {
			l.width.saw(4*batchValues, n)
			continue
		}
		if err != nil {
			return err
		}
		l.width.saw(values, n)
		if err := send(ctx, l.loaded, b); err != nil {
			return err
		}
		page = page[n:]
	}
	return nil
}

// compute is what a real computation does with a batch, up to the writing.
func (l *lookAhead) compute(ctx context.Context, b *evaluation.Batch) (*Foreseen, error) {
	for _, o := range b.Owners {
		o.Types = slices.DeleteFunc(o.Types, func(t *evaluation.ExistingType) bool { return l.ended[t.ID] })
		o.Candidates = slices.DeleteFunc(o.Candidates, func(c evaluation.Candidate) bool {
			by, taken := l.taken[c.TargetID]
			return taken && by != o.Resource.ID
		})
	}
	results := computation.Evaluate(l.m.Compiled, b)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.s.spell(ctx, l.tx, l.m, b, results, l.granted); err != nil {
		return nil, err
	}
	f := &Foreseen{Batch: b, Results: results}
	list := make([]*evaluation.Result, len(results))
	for i := range results {
		list[i] = &results[i]
	}
	owners, targets := takenOver(list)
	if len(targets) == 0 {
		return f, nil
	}
	for i, t := range targets {
		l.taken[t] = owners[i]
	}
	former, err := selectFormer(ctx, l.tx, owners, targets, false)
	if err != nil {
		return nil, fmt.Errorf("look whose rows end: %w", err)
	}
	for _, r := range former {
		if l.ended[r.ID] {
			continue
		}
		l.ended[r.ID] = true
		e := EndedRow{ID: r.ID, ResourceTypeID: r.ResourceTypeID}
		if r.OwnerID != nil {
			e.OwnerID = *r.OwnerID
		}
		f.Ended = append(f.Ended, e)
	}
	return f, nil
}
