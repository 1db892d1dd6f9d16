package order

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/assignment"
	"writ/server/directory"
	"writ/server/fulfil"
)

// An order may change the key of its target. Until a reading shows the new key, written_key says which keys attempts gave, or may have
// given: the next order names the target as the system does, and synchronization follows the change instead of taking the target for gone.

// keyInSystem selects the key that the system said a resource has, when no reading that began since could show it. alias is its row.
func keyInSystem(alias string) string {
	return `select k.key from written_key k join entity_type e on e.id = ` + alias + `.entity_type_id left join connector c on c.id = e.connector_id
		where k.resource_id = ` + alias + `.id and k.is_done and k.ended_at > coalesce(c.last_synchronized_at, '-infinity') order by k.n desc limit 1`
}

// noteNewKeys writes down, before anything is called, which keys the attempts of some errands give to their targets.
func noteNewKeys(ctx context.Context, tx bun.Tx, now time.Time, list []*errand) error {
	var orders, targets []int64
	var keys []string
	for _, e := range list {
		// a key that no index holds is none that a reading could show, and the errands of others are noted together with it
		if e.NewKey != "" && e.TargetID != nil && directory.CheckKey(e.NewKey) == nil {
			orders, targets, keys = append(orders, e.ID), append(targets, *e.TargetID), append(keys, e.NewKey)
		}
	}
	if len(orders) == 0 {
		return nil
	}
	_, err := tx.NewRaw(`insert into written_key (resource_id, key, order_id, at)
		select distinct on (resource_id, key) resource_id, key, order_id, ?::timestamptz
		from unnest(?::bigint[], ?::text[], ?::bigint[]) w (resource_id, key, order_id) order by resource_id, key, order_id
		on conflict (resource_id, key) do update set n = default, order_id = excluded.order_id, at = excluded.at, ended_at = null, is_done = false`,
		stamp(now), arrayOf(targets), pgdialect.Array(keys), arrayOf(orders)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("note new keys: %w", err)
	}
	return nil
}

// endNewKeys notes how attempts to give keys ended: the targets have them, or it is not known.
func endNewKeys(ctx context.Context, tx bun.Tx, now time.Time, isDone bool, orderIDs []int64) error {
	if len(orderIDs) == 0 {
		return nil
	}
	var renamed []assignment.Answer
	err := tx.NewRaw(`with w as (update written_key set ended_at = ?0, is_done = ?1 where order_id = any (?2) and ended_at is null returning order_id, key)
		select o.assigned_resource_type_id, w.key as created_key from w join provisioning_order o on o.id = w.order_id order by 1`,
		stamp(now), isDone, arrayOf(orderIDs)).Scan(ctx, &renamed)
	if err != nil {
		return fmt.Errorf("note the end of new keys: %w", err)
	}
	if !isDone {
		return nil
	}
	return assignment.Renamed(ctx, tx, renamed)
}

// ForgetKeys drops the keys that a reading of entity types begun at an instant shows, with what was written before them; of the types that were
// read whole also those that ended orders wrote in vain.
func ForgetKeys(ctx context.Context, tx bun.Tx, begun time.Time, read, whole []string) error {
	_, err := tx.NewRaw(`delete from written_key w using resource r, entity_type t, provisioning_order o
		where r.id = w.resource_id and t.id = r.entity_type_id and o.id = w.order_id and (
			t.identifier = any (?1) and w.ended_at <= ?0 and exists (
				select from written_key x where x.resource_id = w.resource_id and x.key = r.key and x.n >= w.n and x.ended_at <= ?0)
			or t.identifier = any (?2) and o.closed_at <= ?0)`, stamp(begun), pgdialect.Array(read), pgdialect.Array(whole)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("forget written keys: %w", err)
	}
	return nil
}

// dropNewKeys forgets keys that targets certainly did not get.
func dropNewKeys(ctx context.Context, tx bun.Tx, orderIDs []int64) error {
	if len(orderIDs) == 0 {
		return nil
	}
	if _, err := tx.NewRaw(`delete from written_key where order_id = any (?) and ended_at is null`, arrayOf(orderIDs)).Exec(ctx); err != nil {
		return fmt.Errorf("forget new keys: %w", err)
	}
	return nil
}

// settleNewKeys follows the answers to attempts that give keys.
func settleNewKeys(ctx context.Context, tx bun.Tx, now time.Time, answers []answer, results []result) error {
	var done, unknown, dropped []int64
	for i, a := range answers {
		switch r := results[i]; {
		case a.NewKey == "" || r.IsOpen:
		case r.Executed:
			done = append(done, a.ID)
		case a.Outcome == fulfil.Unknown:
			unknown = append(unknown, a.ID)
		default:
			dropped = append(dropped, a.ID)
		}
	}
	if err := endNewKeys(ctx, tx, now, true, done); err != nil {
		return err
	}
	if err := endNewKeys(ctx, tx, now, false, unknown); err != nil {
		return err
	}
	return dropNewKeys(ctx, tx, dropped)
}
