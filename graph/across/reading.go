package across

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"writ/server/event"
	"writ/server/order"
	"writ/server/permit"
)

// readings keep orders that a change has had read, for all subscribers with the same rights who want the same of them: a change is read once per
// process, rights and selection, not once per subscriber. The zero value is ready.
type readings struct {
	mu     sync.Mutex
	groups map[string]*reading
}

// reading is what subscribers with the same rights and selection share.
type reading struct {
	turn   chan struct{} // holds one token: who has it may read and write the rest
	orders map[int64]readOrder
	used   time.Time // under readings.mu
}

// readOrder is an order as it was when the events up to a cursor were visible at least; nil: not one of theirs.
type readOrder struct {
	at    event.Cursor
	order *order.Order
}

const (
	keptReadings = time.Minute // after that long without a subscriber's question a group is forgotten
	keptOrders   = 2_000       // of one group
)

// get gives those of the orders that the caller may see, by id, each as it is at the cursor or later. Orders that somebody alike has had read
// since are not read again. What it gives is shared: nobody may write to it.
func (r *readings) get(ctx context.Context, at event.Cursor, ids []int64, sel order.Selection,
	read func(context.Context, []int64, order.Selection) ([]*order.Order, error)) (map[int64]*order.Order, error) {
	key, err := alike(permit.From(ctx), sel)
	if err != nil {
		return nil, err
	}
	g := r.group(key)
	select {
	case <-g.turn:
		defer func() { g.turn <- struct{}{} }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	var missing []int64
	for _, id := range ids {
		if have, ok := g.orders[id]; !ok || have.at.Compare(at) < 0 {
			missing = append(missing, id)
		}
	}
	if len(missing) > 0 {
		list, err := read(ctx, missing, sel)
		if err != nil {
			return nil, err
		}
		if len(g.orders)+len(missing) > keptOrders {
			keep := make(map[int64]readOrder, len(ids))
			for _, id := range ids {
				if have, ok := g.orders[id]; ok {
					keep[id] = have
				}
			}
			g.orders = keep
		}
		for _, id := range missing {
			g.orders[id] = readOrder{at: at}
		}
		for _, o := range list {
			g.orders[o.ID] = readOrder{at, o}
		}
	}
	found := make(map[int64]*order.Order, len(ids))
	for _, id := range ids {
		if o := g.orders[id].order; o != nil {
			found[id] = o
		}
	}
	return found, nil
}

func (r *readings) group(key string) *reading {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.groups[key]
	if g == nil {
		g = &reading{turn: make(chan struct{}, 1), orders: map[int64]readOrder{}}
		g.turn <- struct{}{}
		if r.groups == nil {
			r.groups = map[string]*reading{}
		}
		for k, old := range r.groups {
			if now.Sub(old.used) > keptReadings {
				delete(r.groups, k)
			}
		}
		r.groups[key] = g
	}
	g.used = now
	return g
}

// alike is equal for two subscribers who get the same of the same orders. Whether an order is the caller's own depends on who he is.
func alike(a *permit.Actor, sel order.Selection) (string, error) {
	var who [2]int64
	if a != nil && (sel.All || sel.Own) {
		who = [2]int64{a.UserID, a.ResourceID}
	}
	raw, err := json.Marshal(sel)
	if err != nil {
		return "", fmt.Errorf("compare selections: %w", err)
	}
	return fmt.Sprintf("%s %v %s", RightsOf(a), who, raw), nil
}
