package assignment

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/evaluation/expectation"
	"writ/server/evaluation/model"
)

// spreadBatch is how many changed resources one transaction turns into dirty owners.
const spreadBatch = 2000

// Spread turns changed resources into dirty owners and fresh correlation keys, until none is left (role-model 12.3). A resource whose values
// the database refuses is noted and concerns no other.
func (s *Service) Spread(ctx context.Context) error {
	for {
		if err := s.store(ctx); err != nil {
			return fmt.Errorf("compute stored values: %w", err)
		}
		n := 0
		var taken []int64
		err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (err error) {
			taken, err = s.spread(ctx, tx, nil)
			n = len(taken)
			return err
		})
		if err != nil && db.IsOfData(err) {
			n = len(taken)
			err = s.spreadApart(ctx, taken)
		}
		if err != nil || n < spreadBatch {
			return err
		}
	}
}

// spreadApart is Spread for resources of which one may be impossible to spread.
func (s *Service) spreadApart(ctx context.Context, changed []int64) error {
	return db.Apart(changed, func(part []int64) error {
		return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
			_, err := s.spread(ctx, tx, part)
			return err
		})
	}, func(id int64, cause error) error {
		s.Log.ErrorContext(ctx, "changed resource not spread", "resource", id, "error", cause)
		return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
			if _, err := directory.TakeChanged(ctx, tx, []int64{id}, 1, nil, false); err != nil {
				return err
			}
			return s.noteRefused(ctx, tx, id, "T", cause)
		})
	})
}

// spread takes changed resources, all or only some, and gives back which.
func (s *Service) spread(ctx context.Context, tx bun.Tx, only []int64) (taken []int64, err error) {
	m, err := s.Model(ctx, tx)
	if err != nil {
		return nil, err
	}
	changed, err := directory.TakeChanged(ctx, tx, only, spreadBatch, m.Hops.backward, only == nil && len(m.Stored) > 0)
	if err != nil || len(changed) == 0 {
		return nil, err
	}
	for _, c := range changed {
		taken = append(taken, c.ResourceID)
	}
	if moved, err := s.refreshReferenceData(ctx, tx, taken); err != nil {
		return taken, err
	} else if moved {
		if err := s.DirtyAll(ctx, tx, "reference data changed"); err != nil {
			return taken, err
		}
	}
	if m, err = s.Model(ctx, tx); err != nil { // the reference data may have made another one
		return taken, err
	}
	list := make([]int64, 0, len(changed))
	for _, c := range changed {
		if c.Concerns {
			list = append(list, c.ResourceID)
		}
	}
	if err := s.dirtyByFacts(ctx, tx, m, list); err != nil {
		return taken, err
	}
	left, err := leftBehind(ctx, tx, list)
	if err != nil {
		return taken, err
	}
	return taken, s.refreshKeys(ctx, tx, m, append(list, left...))
}

// leftBehind gives the targets of those among the changed resources that are gone: whoever else has an equal key may want them.
func leftBehind(ctx context.Context, tx bun.Tx, changed []int64) (targets []int64, err error) {
	err = tx.NewRaw(`select a.resource_id from resource o join assigned_resource_type a on a.owner_id = o.id and a.valid_to = 'infinity' and a.resource_id is not null
		where o.id = any (?) and o.valid_to <> 'infinity' order by 1`, ids(changed)).Scan(ctx, &targets)
	return targets, err
}

// DirtyAll marks every owner of the source entity types: the model itself changed.
func (s *Service) DirtyAll(ctx context.Context, tx bun.Tx, reason string) error {
	_, err := tx.NewRaw(`insert into dirty_owner (owner_id, entity_type_id, reason)
		select id, entity_type_id, ? from resource where valid_to = 'infinity'
			and entity_type_id in (select source_entity_type_id from resource_type union select entity_type_id from role) order by id
		`+onceMore, reason).Exec(ctx)
	return err
}

// dirtyByFacts marks whom the changed resources concern: themselves, whoever read them, whoever owns them, and whoever reaches what
// they point to by a navigation that is followed backward (a new position concerns its person).
func (s *Service) dirtyByFacts(ctx context.Context, tx bun.Tx, m *Model, changed []int64) error {
	_, err := tx.NewRaw(`
		with near as (
			select unnest(?0::bigint[]) as id
			union
			select target_id from resource_link where source_id = any (?0) and property_id = any (?1)
		), owner as (
			select id from near
			union select f.owner_id from evaluation_fact f join near on near.id = f.resource_id
			union select a.owner_id from assigned_resource_type a where a.resource_id = any (?0) and a.valid_to = 'infinity' and a.owner_id is not null
		)
		insert into dirty_owner (owner_id, entity_type_id, is_gone, reason)
		select r.id, r.entity_type_id, r.valid_to <> 'infinity', 'data changed' from owner join resource r on r.id = owner.id
		where r.entity_type_id in (select source_entity_type_id from resource_type union select entity_type_id from role)
		order by r.id
		`+onceMore, ids(changed), ids(m.Hops.backward)).Exec(ctx)
	return err
}

// refreshKeys recomputes the correlation keys of changed resources, both sides: all keys are known before anybody is computed who may have
// an equal one. Owners with a key equal to one of a target, old or new, become dirty; so do owners who begin or cease to share theirs.
func (s *Service) refreshKeys(ctx context.Context, tx bun.Tx, m *Model, changed []int64) error {
	loaded, err := directory.LoadMany(ctx, tx, m.Shape, changed, together(m.Hops.sourceKey, m.Hops.targetKey)...)
	if err != nil {
		return err
	}
	all := make(map[int64]*evaluation.Resource, len(loaded))
	for id, r := range loaded {
		all[id] = toEvaluation(r)
	}
	var k keyRows
	for _, id := range changed {
		if r := all[id]; r != nil {
			k.add("S", id, expectation.SourceKeys(m.Compiled, s.Clock.Now(), r, all))
			k.add("T", id, m.TargetKeys(r, all))
		}
	}
	if err := s.noteKeyFaults(ctx, tx, m, k.faults, changed, []string{"S", "T"}); err != nil {
		return err
	}
	_, err = tx.NewRaw(`
		with fresh as (select * from unnest(?1::bigint[], ?2::text[], ?3::text[], ?4::bigint[]) k (rule_id, side, value, resource_id)),
		old as (select k.rule_id, k.side, k.value, k.resource_id from correlation_key k where k.resource_id = any (?0)
			and not exists (select from fresh f where f.rule_id = k.rule_id and f.side = k.side and f.value = k.value and f.resource_id = k.resource_id)),
		gone as (delete from correlation_key k using old where k.rule_id = old.rule_id and k.side = old.side and k.value = old.value and k.resource_id = old.resource_id and not `+keptKey+`),
		added as (insert into correlation_key (rule_id, side, value, resource_id) select rule_id, side, value, resource_id from fresh
			on conflict do nothing returning rule_id, side, value, resource_id),
		touched as (select * from old union select * from added union select * from fresh where side = 'T')
		insert into dirty_owner (owner_id, entity_type_id, is_gone, reason)
		select distinct r.id, r.entity_type_id, r.valid_to <> 'infinity', 'correlation key changed' from touched t
		join correlation_key s on s.rule_id = t.rule_id and s.side = 'S' and s.digest = hashtextextended(t.value, 0) and s.value = t.value and s.resource_id <> t.resource_id
		join resource r on r.id = s.resource_id
		where t.side = 'T' or exists (select from resource_type_rule x where x.id = t.rule_id and x.kind = 'CORRELATION') order by r.id
		`+onceMore,
		ids(changed), ids(k.rules), texts(k.sides), texts(k.values), ids(k.resources)).Exec(ctx)
	return err
}

// keptKey: the key k of somebody who is gone and for whom something may have been created that nobody has read yet. By it his heir is known, for
// whom nothing is created meanwhile (server/order/heir.go).
const keptKey = `(k.side = 'S' and exists (select from resource w where w.id = k.resource_id and w.valid_to <> 'infinity')
	and exists (select from resource_type_rule r join assigned_resource_type a on a.resource_type_id = r.resource_type_id
		where r.id = k.rule_id and r.kind = 'CORRELATION' and a.owner_id = k.resource_id and a.resource_id is null and a.valid_to = 'infinity'))`

// keysBatch is how many resources one statement of ComputeCorrelationKeys reads.
const keysBatch = 2000

// keysKey is the setting that says by which rules the stored correlation keys were made.
const keysKey = "correlation_rules"

// mendKeys makes the correlation keys again when other rules ask for them by now: whoever is computed without would get a second account beside the
// one he has.
func (s *Service) mendKeys(ctx context.Context) error {
	m, err := s.Model(ctx, s.DB)
	if err != nil {
		return err
	}
	var by string
	if _, err := db.Setting(ctx, s.DB, keysKey, &by); err != nil || by == m.keyRules {
		return err
	}
	_, err = s.ComputeCorrelationKeys(ctx, nil)
	return err
}

// ComputeCorrelationKeys recomputes the keys of both sides for everything: the task before a complete computation (role-model 5.3).
func (s *Service) ComputeCorrelationKeys(ctx context.Context, progress func(done, total int)) (int, error) {
	if err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		_, err := s.refreshReferenceData(ctx, tx, nil)
		return err
	}); err != nil {
		return 0, err
	}
	m, err := s.Model(ctx, s.DB)
	if err != nil {
		return 0, err
	}
	types := map[int64]bool{}
	for _, p := range m.Paths() {
		if p.Role == model.SourceKeyPath || p.Role == model.TargetKeyPath {
			types[p.EntityTypeID] = true
		}
	}
	list := slices.Sorted(maps.Keys(types))
	var total, done, keys int
	if err := s.DB.NewRaw(`select count(*) from resource where valid_to = 'infinity' and entity_type_id = any (?)`, ids(list)).Scan(ctx, &total); err != nil {
		return 0, err
	}
	for after := int64(0); ; {
		var page []int64
		if err := s.DB.NewRaw(`select id from resource where valid_to = 'infinity' and entity_type_id = any (?) and id > ? order by id limit ?`,
			ids(list), after, keysBatch).Scan(ctx, &page); err != nil {
			return keys, err
		}
		if len(page) == 0 {
			return keys, db.WriteSetting(ctx, s.DB, keysKey, m.keyRules)
		}
		n, err := s.computeKeysApart(ctx, m, page)
		if err != nil {
			return keys, err
		}
		keys, done, after = keys+n, done+len(page), page[len(page)-1]
		if progress != nil {
			progress(done, total)
		}
	}
}

// computeKeysApart is computeKeys for resources of which one may have keys that the database refuses.
func (s *Service) computeKeysApart(ctx context.Context, m *Model, page []int64) (keys int, err error) {
	err = db.Apart(page, func(part []int64) error {
		n, err := s.computeKeys(ctx, m, part)
		keys += n
		return err
	}, func(id int64, cause error) error {
		s.Log.ErrorContext(ctx, "correlation keys not saved", "resource", id, "error", cause)
		return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error { return s.noteRefused(ctx, tx, id, "T", cause) })
	})
	return keys, err
}

func (s *Service) computeKeys(ctx context.Context, m *Model, page []int64) (n int, err error) {
	err = db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		loaded, err := directory.LoadMany(ctx, tx, m.Shape, page, together(m.Hops.sourceKey, m.Hops.targetKey)...)
		if err != nil {
			return err
		}
		all := make(map[int64]*evaluation.Resource, len(loaded))
		for id, r := range loaded {
			all[id] = toEvaluation(r)
		}
		var k keyRows
		for _, id := range page {
			if r := all[id]; r != nil {
				k.add("S", id, expectation.SourceKeys(m.Compiled, s.Clock.Now(), r, all))
				k.add("T", id, m.TargetKeys(r, all))
			}
		}
		n = len(k.rules)
		return s.saveKeys(ctx, tx, m, &k, page, []string{"S", "T"})
	})
	return n, err
}

// keyRows are rows of correlation_key, column by column.
type keyRows struct {
	rules, resources []int64
	sides, values    []string
	faults           []keyFault
}

func (k *keyRows) add(side string, id int64, keys []evaluation.Key) {
	for _, key := range keys {
		if key.Fault != "" {
			k.faults = append(k.faults, keyFault{Resource: id, Side: side, Rule: &key.RuleID, Message: key.Fault})
			continue
		}
		k.rules, k.resources, k.sides, k.values = append(k.rules, key.RuleID), append(k.resources, id), append(k.sides, side), append(k.values, key.Value)
	}
}

// saveKeys makes the rows of these resources and sides equal to k; what is equal already is not written.
func (s *Service) saveKeys(ctx context.Context, tx bun.Tx, m *Model, k *keyRows, resources []int64, sides []string) error {
	if err := s.noteKeyFaults(ctx, tx, m, k.faults, resources, sides); err != nil {
		return err
	}
	_, err := tx.NewRaw(`
		with fresh as (select * from unnest(?1::bigint[], ?2::text[], ?3::text[], ?4::bigint[]) k (rule_id, side, value, resource_id)),
		stale as (delete from correlation_key k where k.resource_id = any (?0) and k.side = any (?5)
			and not exists (select from fresh f where f.rule_id = k.rule_id and f.side = k.side and f.value = k.value and f.resource_id = k.resource_id) and not `+keptKey+`)
		insert into correlation_key (rule_id, side, value, resource_id) select rule_id, side, value, resource_id from fresh on conflict do nothing`,
		ids(resources), ids(k.rules), texts(k.sides), texts(k.values), ids(k.resources), texts(sides)).Exec(ctx)
	return err
}

// together follows what either walk follows.
func together(a, b []directory.Follow) []directory.Follow {
	out := make([]directory.Follow, max(len(a), len(b)))
	for _, levels := range [][]directory.Follow{a, b} {
		for i, f := range levels {
			for _, p := range f.Forward {
				out[i].Forward = appendNew(out[i].Forward, p)
			}
			for _, p := range f.Reverse {
				out[i].Reverse = appendNew(out[i].Reverse, p)
			}
		}
	}
	return out
}
