package assignment

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/evaluation"
	"writ/server/evaluation/difference"
	"writ/server/permit"
)

// Classify gives targets without owner a resource type (role-model 5.4, task UpdateClassification). It runs after correlation: what found
// an owner is not looked at. Every batch of targets is one transaction. Needs /ProvisioningPolicy/Provisioning/Start.
func (s *Service) Classify(ctx context.Context, progress func(done, total int)) (Report, error) {
	if _, err := permit.Require(ctx, permit.ProvisioningStart); err != nil {
		return Report{}, err
	}
	m, err := s.Model(ctx, s.DB)
	if err != nil {
		return Report{}, err
	}
	var sum Report
	for _, entityTypeID := range m.Classified() {
		for after := int64(0); ; {
			var page []int64
			if err := s.DB.NewRaw(`select r.id from resource r where r.entity_type_id = ?0 and r.id > ?1
					and not exists (select from assigned_resource_type a where a.resource_id = r.id and a.valid_to = 'infinity' and a.owner_id is not null)
					and (r.valid_to = 'infinity' or exists (select from assigned_resource_type a where a.resource_id = r.id and a.valid_to = 'infinity'))
				order by r.id limit ?2`, entityTypeID, after, ownerBatch).Scan(ctx, &page); err != nil {
				return sum, err
			}
			if len(page) == 0 {
				break
			}
			after = page[len(page)-1]
			err := db.Apart(page, func(part []int64) error {
				var r Report
				err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (err error) {
					r, err = s.classify(ctx, tx, m, part)
					return err
				})
				if err == nil {
					sum.add(r)
				}
				return err
			}, func(id int64, cause error) error {
				s.Log.ErrorContext(ctx, "target not classified", "target", id, "error", cause)
				sum.add(Report{Owners: 1, Failed: 1})
				return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error { return s.noteRefused(ctx, tx, id, "T", cause) })
			})
			if err != nil {
				return sum, err
			}
			if progress != nil {
				progress(sum.Owners, sum.Owners)
			}
		}
	}
	return sum, nil
}

// firstSeen tells since when targets are known, and the batch since when who may own them is computed.
func firstSeen(ctx context.Context, tx bun.Tx, targets []int64, b *evaluation.OrphanBatch) (map[int64]time.Time, error) {
	var live, seen []struct {
		ID int64
		At time.Time
	}
	if err := tx.NewRaw(`select id, initialized_at as at from entity_type where initialized_at is not null`).Scan(ctx, &live); err != nil {
		return nil, err
	}
	b.LiveSince = map[int64]time.Time{}
	for _, t := range live {
		b.LiveSince[t.ID] = t.At
	}
	if err := tx.NewRaw(`select r.id, coalesce((select min(v.valid_from) from resource_version v where v.resource_id = r.id), r.valid_from) as at
		from resource r where r.id = any (?)`, ids(targets)).Scan(ctx, &seen); err != nil {
		return nil, err
	}
	since := make(map[int64]time.Time, len(seen))
	for _, r := range seen {
		since[r.ID] = r.At
	}
	return since, nil
}

func (s *Service) classify(ctx context.Context, tx bun.Tx, m *Model, page []int64) (Report, error) {
	batch := &evaluation.Batch{Now: s.Clock.Now(), Resources: map[int64]*evaluation.Resource{}}
	l := &loader{orphans: true, ctx: ctx, db: tx, m: m, b: batch, owners: map[int64]*evaluation.Owner{}, types: map[int64]*evaluation.ExistingType{},
		orders: map[int64]*evaluation.ExistingOrder{}}
	if err := l.resources(page, m.Hops.targetKey); err != nil {
		return Report{}, err
	}
	orphans := &evaluation.OrphanBatch{Now: batch.Now, Resources: batch.Resources}
	for _, id := range page {
		if r := batch.Resources[id]; r != nil {
			l.owners[id] = &evaluation.Owner{Resource: r}
		}
	}
	for _, part := range []func([]int64) error{l.assignedTypes, l.openOrders, l.gaps, l.keptValues, l.synchronized} {
		if err := part(page); err != nil {
			return Report{}, err
		}
	}
	orphans.SyncedAt = batch.SyncedAt
	since, err := firstSeen(ctx, tx, page, orphans)
	if err != nil {
		return Report{}, err
	}
	for _, id := range page {
		if o := l.owners[id]; o != nil {
			t := evaluation.Orphan{Resource: o.Resource, Since: since[id]}
			if len(o.Types) > 0 {
				t.Existing = o.Types[0]
			}
			orphans.Targets = append(orphans.Targets, t)
		}
	}
	w := &saver{ctx: ctx, tx: tx, s: s, m: m, now: batch.Now, owners: l.owners, failed: map[int64]error{}, typeIDs: map[*evaluation.TypeDelta]int64{}}
	sum := &evaluation.Result{}
	for _, r := range difference.Classify(m.Compiled, orphans) {
		w.report.Owners++
		if r.Err != nil {
			w.report.Failed++
			s.Log.WarnContext(ctx, "target not classified", "target", r.TargetID, "error", r.Err)
		}
		if r.Delta != nil {
			sum.Types = append(sum.Types, *r.Delta)
		}
	}
	w.changed = []*evaluation.Result{sum}
	for _, part := range []func() error{w.types, w.gaps, w.kept, w.orders, w.differences} {
		if err := part(); err != nil {
			return w.report, err
		}
	}
	return w.report, nil
}
