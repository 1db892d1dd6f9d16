package order

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"writ/server/errs"
	"writ/server/permit"
)

// selectOwn gives those of the orders that are about the caller, by whichever of his accounts he is signed in, and whose resource type does
// not let people decide on their own. The database says who is who (is_same_person), since it refuses the same itself when history is
// written: an account is somebody's that is linked to him, or has his mail address. Of several people with one functional mailbox, only who
// is linked to a record of another name is known to be another one; an account that is linked to nobody may be any of them, and decides on
// none of their orders.
func selectOwn(ctx context.Context, db bun.IDB, ids []int64) (map[int64]bool, error) {
	a := permit.From(ctx)
	if a == nil || a.System || len(ids) == 0 {
		return nil, nil
	}
	var found []int64
	err := db.NewRaw(`select o.id from provisioning_order o join resource_type t on t.id = o.resource_type_id and not t.allow_own_decisions
		where o.id = any(?) and is_same_person(?, o.owner_id)`, arrayOf(ids), a.Username).Scan(ctx, &found)
	if err != nil {
		return nil, fmt.Errorf("find own orders: %w", err)
	}
	own := make(map[int64]bool, len(found))
	for _, id := range found {
		own[id] = true
	}
	return own, nil
}

// notYours is the refusal of a decision on an order about oneself.
func notYours(orderID int64) *errs.Error {
	return errs.New(errs.Forbidden, "Order %d is about you. Somebody else has to decide on it.", orderID)
}

// bringOwn tells which of the orders are about the caller.
func bringOwn(ctx context.Context, db bun.IDB, rows []*Order, ids []int64) error {
	own, err := selectOwn(ctx, db, ids)
	for _, o := range rows {
		o.isOwn = own[o.ID]
	}
	return err
}

// refuseOwn takes out the steps by which a person would decide on an order about himself.
func (t *turn) refuseOwn(ctx context.Context, db bun.IDB, steps []step, lines map[int64]*lineHead) ([]step, error) {
	var ids []int64
	for _, s := range steps {
		if l := lines[s.LineID]; l != nil && s.action.isDecision() {
			ids = append(ids, l.OrderID)
		}
	}
	own, err := selectOwn(ctx, db, unique(ids))
	if err != nil || len(own) == 0 {
		return steps, err
	}
	var others []step
	for _, s := range steps {
		if l := lines[s.LineID]; l != nil && own[l.OrderID] && s.action.isDecision() {
			t.refused[s.LineID] = notYours(l.OrderID).Of(s.LineID)
			continue
		}
		others = append(others, s)
	}
	return others, nil
}
