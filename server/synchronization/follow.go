package synchronization

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
	"writ/server/evaluation"
	"writ/server/order"

	"github.com/uptrace/bun"
)

// written is a key that an attempt of ours gave, or may have given, to a target, next to what a delivery shows.
type written struct {
	ResourceID, EntityTypeID int64
	OldKey, Key              string // as the directory has it; as it was written
	N                        int64  // grows with each attempt
	At                       time.Time
	EndedAt                  *time.Time
	IsDone                   bool
	ShowsOld, ShowsNew       bool   // the delivery has a row with that key
	HolderID                 *int64 // who has the written key in the directory
	IsKept                   bool   // its row may be among those that cannot be read
	IsCreated                bool   // another target was created with the written key, by an answer, and is not in the directory yet
}

// sure: the target had the key before a reading began.
func (w *written) sure(began time.Time) bool {
	return w.IsDone && w.EndedAt != nil && !w.EndedAt.After(began)
}

// followKeys finds what our own orders did to the keys of targets: delivery_rename. A primary key that changes is otherwise a target that is
// gone and another one that is new (provisioning 7.3), and a key that was freed and taken again is the target that had it before. It gives,
// by entity type, the keys of targets of which the delivery cannot tell what became of them: they stay as they are, the next reading tells.
func followKeys(ctx context.Context, tx bun.Tx, d *Delivery, types []int64) (held map[int64][]string, err error) {
	var rows []*written
	const shows = `exists (select from delivery_row s where s.delivery_id = ?0 and s.entity_type_id = r.entity_type_id and s.key = %s and s.command <> 'DELETE')`
	if err := tx.NewRaw(`select r.id as resource_id, r.entity_type_id, r.key as old_key, w.key, w.n, w.at, w.ended_at, w.is_done,
			`+fmt.Sprintf(shows, "r.key")+` as shows_old, `+fmt.Sprintf(shows, "w.key")+` as shows_new,
			(select h.id from resource h where h.entity_type_id = r.entity_type_id and h.key = w.key and h.valid_to = 'infinity') as holder_id,
			exists (select from delivery_kept k where k.entity_type_id = r.entity_type_id and k.key = r.key) as is_kept,
			exists (select from provisioning_order c join resource_type t on t.id = c.resource_type_id and t.target_entity_type_id = r.entity_type_id
				where c.connector_id = ?2 and c.kind = 'CREATE' and c.state = `+evaluation.SQLExecuted+` and c.closed_at is null and c.created_key = w.key and c.executed_at <= ?3) as is_created
		from written_key w join resource r on r.id = w.resource_id and r.valid_to = 'infinity'
		where r.entity_type_id = any (?1) order by r.entity_type_id, r.id, w.n desc`, d.ID, array(types), d.ConnectorID, d.StartedAt).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read the keys that were written: %w", err)
	}
	if err := replaced(ctx, tx, d); err != nil {
		return nil, err
	}
	var gone []int64
	if err := tx.NewRaw(`select resource_id from delivery_rename where delivery_id = ?`, d.ID).Scan(ctx, &gone); err != nil {
		return nil, err
	}
	for _, w := range rows {
		if w.HolderID != nil && slices.Contains(gone, *w.HolderID) {
			w.HolderID = nil
		}
	}
	held = map[int64][]string{}
	for _, typeID := range types {
		var name string
		if err := tx.NewRaw(`select identifier from entity_type where id = ?`, typeID).Scan(ctx, &name); err != nil {
			return nil, err
		}
		ofType := slices.DeleteFunc(slices.Clone(rows), func(w *written) bool {
			return w.EntityTypeID != typeID || slices.Contains(gone, w.ResourceID)
		})
		f := chooseKeys(ofType, d.StartedAt, d.Counters.EntityTypes[name].Whole)
		held[typeID] = f.held
		for id, key := range f.keys { // a handful: renames since the last reading
			if err := noteRename(ctx, tx, d.ID, id, &key); err != nil {
				return nil, err
			}
		}
		for _, id := range f.gone {
			if err := noteRename(ctx, tx, d.ID, id, nil); err != nil {
				return nil, err
			}
		}
	}
	return held, nil
}

// noteRename notes the key under which a delivery shows a target, nil: it is gone, and its key another one's.
func noteRename(ctx context.Context, tx bun.Tx, deliveryID, resourceID int64, key *string) error {
	if _, err := tx.NewRaw(`insert into delivery_rename (delivery_id, resource_id, entity_type_id, old_key, new_key)
		select ?, id, entity_type_id, key, ? from resource where id = ? on conflict do nothing`, deliveryID, key, resourceID).Exec(ctx); err != nil {
		return fmt.Errorf("follow a key: %w", err)
	}
	return nil
}

// replaced finds targets that we deleted and whose keys, as they had them last, another target got from us since: what the delivery shows is
// that other one.
func replaced(ctx context.Context, tx bun.Tx, d *Delivery) error {
	_, err := tx.NewRaw(`insert into delivery_rename (delivery_id, resource_id, entity_type_id, old_key)
		select distinct ?0::bigint, r.id, r.entity_type_id, r.key
		from provisioning_order o
		join resource r on r.id = o.target_id and r.valid_to = 'infinity'
		cross join lateral (select coalesce((select w.key from written_key w where w.resource_id = r.id and w.is_done and w.ended_at <= o.executed_at order by w.n desc limit 1), r.key) as key) k
		join delivery_row s on s.delivery_id = ?0 and s.entity_type_id = r.entity_type_id and s.key = k.key and s.command <> 'DELETE'
		where o.connector_id = ?1 and o.kind = 'DELETE' and o.state = `+evaluation.SQLExecuted+` and o.closed_at is null and o.executed_at <= ?2 and (
			exists (select from provisioning_order c join resource_type t on t.id = c.resource_type_id
				where c.connector_id = ?1 and c.kind = 'CREATE' and c.state = `+evaluation.SQLExecuted+` and c.closed_at is null and c.executed_at between o.executed_at and ?2
					and t.target_entity_type_id = r.entity_type_id and c.created_key = k.key)
			or exists (select from written_key w join resource x on x.id = w.resource_id and x.valid_to = 'infinity'
				where x.entity_type_id = r.entity_type_id and w.key = k.key and x.id <> r.id and w.is_done and w.ended_at between o.executed_at and ?2))`,
		d.ID, d.ConnectorID, d.StartedAt).Exec(ctx)
	if err != nil {
		return fmt.Errorf("find targets that were replaced: %w", err)
	}
	return nil
}

// place is a renamed target and where it may be by now.
type place struct {
	base string   // its key by the last answer we have
	n    int64    // the attempt that was answered; 0: none, it is the old key
	may  []string // keys that the delivery shows and that it may have
	all  []string // every key of it
}

// followed is what became of renamed targets.
type followed struct {
	keys map[int64]string // the key of those that have another one than the directory knows
	gone []int64          // those that are nowhere any more, while somebody else has the key that the directory knows
	held []string         // the keys of those of which nobody can tell
}

// chooseKeys decides which key each target has: rows of one entity type, by target, the latest first. A target has the last key that was
// answered; when an attempt after that is not answered, it may have that one. Of those that may be in several places it is known when only one
// is left: every key is one target's, who got it last by an answer has it, and who still shows its old key, which nobody else can have, was
// not renamed. whole: who is in none of its places is gone.
func chooseKeys(rows []*written, began time.Time, whole bool) followed {
	places := map[int64]*place{}
	during, shown, kept := map[int64]bool{}, map[int64]bool{}, map[int64]bool{}
	for _, w := range rows {
		p := places[w.ResourceID]
		if p == nil {
			p = &place{all: []string{w.OldKey}}
			places[w.ResourceID] = p
		}
		p.all = append(p.all, w.Key)
		shown[w.ResourceID], kept[w.ResourceID] = w.ShowsOld, w.IsKept
		during[w.ResourceID] = during[w.ResourceID] || !w.At.Before(began) || w.EndedAt != nil && w.EndedAt.After(began)
		if p.base != "" {
			continue
		}
		if w.sure(began) {
			p.base, p.n = w.Key, w.N
		}
		if w.ShowsNew && (p.n != 0 || !w.IsCreated) { // an answer tells more than an attempt that has none
			p.may = append(p.may, w.Key)
		}
	}
	old := map[int64]string{}
	displaced := map[int64]bool{} // whom we did not rename, and whose key a target of ours has now
	for _, w := range rows {
		p := places[w.ResourceID]
		old[w.ResourceID] = w.OldKey
		if p.base == "" {
			p.base = w.OldKey
			if w.ShowsOld && !slices.Contains(p.may, w.OldKey) {
				p.may = append(p.may, w.OldKey)
			}
		}
		switch {
		case w.HolderID == nil || places[*w.HolderID] != nil:
		case whole && w.N == p.n && w.ShowsNew:
			displaced[*w.HolderID] = true
		default: // somebody has the key whom we did not rename
			p.may = slices.DeleteFunc(p.may, func(k string) bool { return k == w.Key })
		}
	}
	narrow(places)
	f := followed{keys: map[int64]string{}, gone: slices.Sorted(maps.Keys(displaced))}
	left := map[int64]bool{}
	for _, id := range slices.Sorted(maps.Keys(places)) {
		switch p := places[id]; {
		case len(p.may) > 1, len(p.may) == 0 && (during[id] || kept[id]): // or the reading went past it while it was being renamed
			f.held = append(f.held, p.all...)
		case len(p.may) == 1 && p.may[0] != old[id]:
			f.keys[id] = p.may[0]
		case len(p.may) == 0 && whole:
			left[id] = true
			if shown[id] { // otherwise it is found missing like any other
				f.gone = append(f.gone, id)
			}
		}
	}
	f.waitForOthers(places, old, left)
	return f
}

// waitForOthers holds who would come to a key whose owner is held, or stays. old: the keys before, left: who gives his up.
func (f *followed) waitForOthers(places map[int64]*place, old map[int64]string, left map[int64]bool) {
	for again := true; again; {
		again = false
		for id, key := range f.keys {
			for other, was := range old {
				if other != id && was == key && f.keys[other] == "" && !left[other] {
					f.held, again = append(f.held, places[id].all...), true
					delete(f.keys, id)
				}
			}
		}
	}
}

// narrow takes from each place the keys that others have, until nothing changes.
func narrow(places map[int64]*place) {
	for again := true; again; {
		again = false
		for id, p := range places {
			elsewhere, mine := false, ""
			for other, q := range places {
				if other == id {
					continue
				}
				elsewhere = elsewhere || slices.Contains(q.may, p.base)
				if len(q.may) != 1 || !slices.Contains(p.may, q.may[0]) {
					continue
				}
				isLast := q.n > 0 && q.may[0] == q.base && (p.base != q.base || p.n < q.n)
				if len(p.may) > 1 || isLast {
					mine = q.may[0]
				}
			}
			switch {
			case mine != "":
				p.may = slices.DeleteFunc(p.may, func(k string) bool { return k == mine })
				again = true
			case len(p.may) > 1 && !elsewhere && slices.Contains(p.may, p.base):
				p.may = []string{p.base}
				again = true
			}
		}
	}
}

// forgetKeys drops what the directory shows now, with what was written before it, and what ended orders wrote in vain.
func forgetKeys(ctx context.Context, tx bun.Tx, d *Delivery) error {
	read, whole := []string{}, []string{}
	for name, c := range d.Counters.EntityTypes {
		read = append(read, name)
		if c.Whole {
			whole = append(whole, name)
		}
	}
	return order.ForgetKeys(ctx, tx, d.StartedAt, read, whole)
}
