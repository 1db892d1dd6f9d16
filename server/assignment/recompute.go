package assignment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/uptrace/bun"
	"golang.org/x/sync/errgroup"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/permit"
)

// ownerBatch is how many owners one transaction computes: large enough for set queries, small enough to keep events flowing (design 6). How many
// of them are in memory together depends on their values (width.go).
const ownerBatch = 500

// parallel is how many batches one run computes at a time.
const parallel = 2

// Recompute says what to compute (role-model 12.2).
type Recompute struct {
	EntityTypes []string // identifiers; at least one
	Dirty       bool     // only owners that need it
	Options
}

// Report is what a run did. Owners counts those looked at; Unchanged those whose inputs had not changed.
type Report struct {
	Owners, Unchanged, Failed  int
	Roles, Types, Orders, Gaps int
	Indirect                   int // rights that came, went or have another way; complete runs only
}

func (r *Report) add(o Report) {
	r.Owners, r.Unchanged, r.Failed = r.Owners+o.Owners, r.Unchanged+o.Unchanged, r.Failed+o.Failed
	r.Indirect += o.Indirect
	r.Roles, r.Types, r.Orders, r.Gaps = r.Roles+o.Roles, r.Types+o.Types, r.Orders+o.Orders, r.Gaps+o.Gaps
}

// Run computes the role model (task ComputeRoleModel). Every batch of owners is one transaction; a failure of one owner is counted,
// logged and leaves that owner dirty. Needs /ProvisioningPolicy/Provisioning/Start.
func (s *Service) Run(ctx context.Context, in Recompute, progress func(done, total int)) (Report, error) {
	if _, err := permit.Require(ctx, permit.ProvisioningStart); err != nil {
		return Report{}, err
	}
	if len(in.EntityTypes) == 0 {
		return Report{}, errs.Invalid("entityTypes", "Name at least one source entity type.")
	}
	if err := s.CatchUp(ctx); err != nil {
		return Report{}, err
	}
	var sum Report
	for _, identifier := range in.EntityTypes {
		r, err := s.runType(ctx, identifier, in, progress)
		sum.add(r)
		if err != nil {
			return sum, fmt.Errorf("compute %s: %w", identifier, err)
		}
	}
	return sum, nil
}

func (s *Service) runType(ctx context.Context, identifier string, in Recompute, progress func(done, total int)) (Report, error) {
	m, err := s.Model(ctx, s.DB)
	if err != nil {
		return Report{}, err
	}
	t := m.Shape.ByIdentifier[identifier]
	if t == nil {
		return Report{}, errs.Invalid("entityTypes", "There is no entity type %q.", identifier)
	}
	if in.Dirty {
		return s.settle(ctx, &t.ID, in.Options, progress)
	}
	initial, err := s.isInitial(ctx, t.ID)
	if err != nil {
		return Report{}, err
	}
	sum, err := s.complete(ctx, t.ID, initial, in.Options, progress)
	if err != nil {
		return sum, err
	}
	if err = directory.NoteInitialized(ctx, s.DB, t.ID, s.Clock.Now()); err != nil {
		return sum, err
	}
	left, err := s.settle(ctx, &t.ID, in.Options, nil)
	left.Owners = 0 // they were counted already
	sum.add(left)
	if err != nil {
		return sum, err
	}
	sum.Indirect, err = s.indirect(ctx, t.ID)
	return sum, err
}

// settle evaluates what is dirty until nothing is: an owner that lets a target go makes others dirty who want it.
func (s *Service) settle(ctx context.Context, entityTypeID *int64, o Options, progress func(done, total int)) (Report, error) {
	var sum Report
	for {
		if err := s.Spread(ctx); err != nil {
			return sum, err
		}
		r, err := s.drain(ctx, entityTypeID, o, progress)
		sum.add(r)
		if err != nil || r.Owners == r.Failed {
			return sum, err
		}
	}
}

func (s *Service) isInitial(ctx context.Context, entityTypeID int64) (initial bool, err error) {
	err = s.DB.NewRaw(`select initialized_at is null from entity_type where id = ?`, entityTypeID).Scan(ctx, &initial)
	return initial, err
}

// The owners of a complete run: who lives, then who is gone but still holds rows. By then the living have taken over what they correlate to.
var whole = []string{
	`resource r where r.entity_type_id = ? and r.valid_to = 'infinity'`,
	`resource r where r.entity_type_id = ? and r.valid_to <> 'infinity' and (exists (select from assigned_resource_type a where a.owner_id = r.id and a.valid_to = 'infinity')
		or exists (select from assigned_role a where a.owner_id = r.id and a.valid_to = 'infinity'))`,
}

// complete walks all owners.
func (s *Service) complete(ctx context.Context, entityTypeID int64, initial bool, o Options, progress func(done, total int)) (Report, error) {
	total := 0
	for _, part := range whole {
		var n int
		if err := s.DB.NewRaw(`select count(*) from `+part, entityTypeID).Scan(ctx, &n); err != nil {
			return Report{}, err
		}
		total += n
	}
	var sum Report
	for _, part := range whole {
		if err := s.walk(ctx, part, entityTypeID, initial, o, &sum, total, progress); err != nil {
			return sum, err
		}
	}
	return sum, nil
}

// walk computes the owners of one part in id order, several batches at a time.
func (s *Service) walk(ctx context.Context, part string, entityTypeID int64, initial bool, o Options, sum *Report, total int, progress func(done, total int)) error {
	var mu sync.Mutex // sum, and one call of progress at a time
	batches, work := errgroup.WithContext(ctx)
	batches.SetLimit(parallel)
	for after := int64(0); work.Err() == nil; {
		var page []int64
		if err := s.DB.NewRaw(`select r.id from `+part+` and r.id > ? order by r.id limit ?`, entityTypeID, after, ownerBatch).Scan(work, &page); err != nil {
			return cmp.Or(batches.Wait(), err) // a batch that failed is why the walk stopped
		}
		if len(page) == 0 {
			break
		}
		page = page[:wholeShards(page)]
		after = page[len(page)-1]
		batches.Go(func() error {
			r, err := s.computeApart(work, page, initial, o)
			mu.Lock()
			defer mu.Unlock()
			sum.add(r)
			if progress != nil && err == nil {
				progress(sum.Owners, max(total, sum.Owners))
			}
			return err
		})
	}
	return cmp.Or(batches.Wait(), ctx.Err())
}

// wholeShards tells how many of the sorted ids lie in ranges of locks that end with them: batches that run side by side never wait for each
// other. A page that is not full ends with the last owner of all.
func wholeShards(page []int64) int {
	if len(page) < ownerBatch {
		return len(page)
	}
	n, _ := slices.BinarySearchFunc(page, page[len(page)-1]/ownerBatch, func(id, shard int64) int { return cmp.Compare(id/ownerBatch, shard) })
	if n == 0 {
		return len(page) // one range, whole
	}
	return n
}

// Drain computes owners that are dirty, of every entity type that had its first complete run: the continuous mode.
func (s *Service) Drain(ctx context.Context) (Report, error) {
	if err := s.mendStored(ctx); err != nil {
		return Report{}, fmt.Errorf("compute stored values: %w", err)
	}
	if err := s.mendKeys(ctx); err != nil {
		return Report{}, fmt.Errorf("make correlation keys: %w", err)
	}
	return s.settle(ctx, nil, Options{}, nil)
}

// drain computes who is dirty: those who live first, so that they take over what somebody leaves behind before it is removed. Who is gone
// waits only for who was dirty when it began.
func (s *Service) drain(ctx context.Context, entityTypeID *int64, o Options, progress func(done, total int)) (Report, error) {
	var begin time.Time
	if err := s.DB.NewRaw(`select clock_timestamp()`).Scan(ctx, &begin); err != nil {
		return Report{}, err
	}
	sum, err := s.drainPart(ctx, entityTypeID, false, &begin, o, progress)
	if err != nil {
		return sum, err
	}
	r, err := s.drainPart(ctx, entityTypeID, true, nil, o, progress)
	sum.add(r)
	return sum, err
}

// drainPart computes the dirty owners of one kind, marked until an instant by the clock of the database; nil: all.
func (s *Service) drainPart(ctx context.Context, entityTypeID *int64, gone bool, until *time.Time, o Options, progress func(done, total int)) (Report, error) {
	var sum Report
	for {
		var r Report
		var page []int64
		err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (err error) {
			if page, err = takeDirty(ctx, tx, s.Clock.Now(), entityTypeID, gone, until); err != nil || len(page) == 0 {
				return err
			}
			r, err = s.compute(ctx, tx, page, false, o)
			return err
		})
		if errors.Is(err, ErrOvertaken) {
			continue // the same owners are dirty still, and see now what was sent
		}
		if err != nil && db.IsOfData(err) {
			r, err = s.computeApart(ctx, page, false, o)
		}
		if err != nil || len(page) == 0 {
			return sum, err
		}
		sum.add(r)
		if progress != nil {
			progress(sum.Owners, sum.Owners)
		}
	}
}

// takeDirty locks ranges of owners that nobody else computes and gives the dirty ones in them; when all are being computed, it waits
// for the first. No owner is left when it gives none.
func takeDirty(ctx context.Context, tx bun.Tx, now time.Time, entityTypeID *int64, gone bool, until *time.Time) (page []int64, err error) {
	const dirty = `dirty_owner d join entity_type t on t.id = d.entity_type_id and t.initialized_at is not null and (?0::bigint is null or t.id = ?0)
		and (d.not_before is null or d.not_before <= ?3) and d.is_gone = ?4 and (?5::timestamptz is null or d.since <= ?5)`
	var shards []struct {
		Shard int64
		Free  bool
	}
	if err := tx.NewRaw(`select shard, pg_try_advisory_xact_lock(hashtext('writ.owner'), shard) as free from
		(select (d.owner_id / ?1)::int as shard from `+dirty+` group by 1 order by min(d.since), 1 limit 16) s`, entityTypeID, ownerBatch, nil, now, gone, until).Scan(ctx, &shards); err != nil {
		return nil, fmt.Errorf("look for dirty owners: %w", err)
	}
	var mine []int64
	for _, s := range shards {
		if s.Free {
			mine = append(mine, s.Shard)
		}
	}
	if len(shards) > 0 && len(mine) == 0 {
		mine = []int64{shards[0].Shard}
		if _, err := tx.NewRaw(`select pg_advisory_xact_lock(hashtext('writ.owner'), ?::int)`, shards[0].Shard).Exec(ctx); err != nil {
			return nil, err
		}
	}
	err = tx.NewRaw(`select d.owner_id from `+dirty+` where (d.owner_id / ?1)::int = any (?2) order by d.since, d.owner_id limit ?1`,
		entityTypeID, ownerBatch, ids(mine), now, gone, until).Scan(ctx, &page)
	return page, err
}

// computeLocked is compute in a transaction of its own.
func (s *Service) computeLocked(ctx context.Context, page []int64, initial bool, o Options) (r Report, err error) {
	for {
		err = db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (err error) {
			r, err = s.compute(ctx, tx, page, initial, o)
			return err
		})
		if !errors.Is(err, ErrOvertaken) {
			return r, err
		}
	}
}

// compute loads, evaluates and saves owners inside tx, as many at a time as their values allow. Ranges of owner ids are locked in order, so
// two runs never mix on one owner and never wait for each other in a circle.
func (s *Service) compute(ctx context.Context, tx bun.Tx, page []int64, initial bool, o Options) (sum Report, err error) {
	if err := lockOwners(ctx, tx, page); err != nil {
		return Report{}, err
	}
	m, err := s.Model(ctx, tx)
	if err != nil {
		return Report{}, err
	}
	for n := s.width.owners(m, len(page)); len(page) > 0; n = s.width.owners(m, len(page)) {
		for {
			r, err := s.computePart(ctx, tx, m, page[:n], initial, o)
			if errors.Is(err, errTooWide) {
				n = (n + 1) / 2
				continue
			}
			if sum.add(r); err != nil {
				return sum, err
			}
			break
		}
		page = page[n:]
	}
	return sum, nil
}

// computePart is compute for owners who are locked and fit into memory together.
func (s *Service) computePart(ctx context.Context, tx bun.Tx, m *Model, page []int64, initial bool, o Options) (Report, error) {
	// what arrives while we compute must find its row dirty again: seq is remembered before anything is read
	var seqs []struct{ OwnerID, Seq int64 }
	if err := tx.NewRaw(`select owner_id, seq from dirty_owner where owner_id = any (?)`, ids(page)).Scan(ctx, &seqs); err != nil {
		return Report{}, err
	}
	batch, values, err := s.load(ctx, tx, m, page, initial, o)
	if err != nil {
		return Report{}, err
	}
	results, err := s.evaluate(ctx, tx, m, batch)
	if err != nil {
		return Report{}, err
	}
	s.width.saw(values+resultValues(results), len(page))
	report, failed, err := s.save(ctx, tx, m, batch, results)
	if err != nil {
		return report, err
	}
	if err := s.noteFailures(ctx, tx, m, batch, failed); err != nil {
		return report, err
	}
	if err := forgetPassed(ctx, tx, batch, failed); err != nil {
		return report, err
	}
	if err := s.automate(ctx, tx, m, batch, failed); err != nil {
		return report, err
	}
	var owners, known []int64
	for _, q := range seqs {
		if failed[q.OwnerID] == nil {
			owners, known = append(owners, q.OwnerID), append(known, q.Seq)
		}
	}
	if len(owners) > 0 {
		_, err = tx.NewRaw(`delete from dirty_owner d using unnest(?::bigint[], ?::bigint[]) k (owner_id, seq) where d.owner_id = k.owner_id and d.seq = k.seq`,
			ids(owners), ids(known)).Exec(ctx)
	}
	return report, err
}

// MarkDue makes owners dirty whose result changes by itself now: starts, ends, offsets, automation rules (role-model 12.3). A sweep calls it.
func (s *Service) MarkDue(ctx context.Context) (n int, err error) {
	now := s.Clock.Now()
	err = db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		var due []int64
		// next_evaluation_at stays: the evaluation sees by it that the owner is due although no input changed
		if err := tx.NewRaw(`select s.owner_id from owner_state s where (s.next_evaluation_at <= ?0 or s.automation_due_at <= ?0)
				and not exists (select from dirty_owner d where d.owner_id = s.owner_id)
			order by least(s.next_evaluation_at, s.automation_due_at), s.owner_id limit 5000 for update of s skip locked`, now).Scan(ctx, &due); err != nil {
			return err
		}
		n = len(due)
		return MarkDirty(ctx, tx, "its time has come", due...)
	})
	return n, err
}

// Backlog tells how much waits for evaluation: dirty owners of initialized entity types, changed resources, and due owners. Who failed and
// waits for another try does not count: nobody must wait for that.
func (s *Service) Backlog(ctx context.Context, idb bun.IDB) (n int, err error) {
	err = idb.NewRaw(`select (select count(*) from dirty_owner d join entity_type t on t.id = d.entity_type_id where t.initialized_at is not null and (d.not_before is null or d.not_before <= ?0))
		+ (select count(*) from changed_resource where exists (select from entity_type where initialized_at is not null))
		+ (select count(*) from owner_state where next_evaluation_at <= ?0 or automation_due_at <= ?0)`, s.Clock.Now()).Scan(ctx, &n)
	return n, err
}

// waitLimit bounds one pass of the worker, so that a stop is quick.
const waitLimit = 5 * time.Minute
