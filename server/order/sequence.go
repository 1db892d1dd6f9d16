package order

import (
	"context"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/db"
	"writ/server/evaluation"
	"writ/server/fulfil"
	"writ/server/permit"
)

// Orders that touch the same target run one after the other, whoever their owners are. order_key says which keys of managed systems an
// order takes and gives up, the view order_obstacle which order must be done before which one is sent:
//
//	target_key   what takes a key goes after what gives it up (delete before create); of two that take the same one the older goes first
//	dependency   a removal goes after the removal of what depends on it (dependsOn backwards)
//
// Generation holds back what waits for an order that does not move and says so; the claim leaves out what waits for one that does. Orders
// that wait for each other in a circle, since they take each other's keys, are sent together (swap_id). What is answered wakes what
// waited, and what ended in CONFLICT because of a key that is given up now is sent again.

var (
	//go:embed sql/keys.sql
	keysText string
	sqlKeys  = strings.Replace(keysText, "/*key in system*/", keyInSystem("g"), 1)
	//go:embed sql/taken.sql
	takenText string
	sqlTaken  = strings.Replace(evaluation.Named(takenText), "/*key in system*/", keyInSystem("r"), 1)
	//go:embed sql/obstacles.sql
	obstacles     string
	sqlObstacles  = withDue(obstacles)
	sqlObstructed = sqlObstacles[:strings.Index(sqlObstacles, "), reach as")] + ") select distinct b.order_id from suspect s cross join lateral (" +
		"select o.order_id from order_obstacle o where o.order_id = s.order_id limit 1 offset 0) b"
)

// noteKeys writes the keys of the orders of this run that create, rename or delete.
func (p *policyRun) noteKeys(ctx context.Context, tx bun.Tx) error {
	shape, err := p.shape(ctx, tx)
	if err != nil {
		return err
	}
	var ids []int64
	for _, want := range p.planned {
		o := p.byType[want.AssignedResourceTypeID]
		r := p.routes[want.ResourceTypeID]
		if o == nil || r == nil {
			continue
		}
		keys := map[string]bool{}
		for _, q := range shape.PropertiesOf[r.TargetEntityTypeID] {
			m := shape.PropertyMappings[q.ID]
			keys[q.Identifier] = q.IsKey || m != nil && (m.IsPrimaryKey || m.IsUniqueKey)
		}
		if slices.ContainsFunc(want.Delta.Lines, func(l evaluation.LineDelta) bool {
			return l.Action == evaluation.LineDelete || l.Action == evaluation.LineSet && keys[l.Property]
		}) {
			ids = append(ids, o.ID)
		}
	}
	if ids = distinct(ids); len(ids) == 0 {
		return nil
	}
	if _, err := tx.NewRaw(sqlKeys, pgdialect.Array(ids)).Exec(ctx); err != nil {
		return fmt.Errorf("note the keys of orders: %w", err)
	}
	return nil
}

// obstacle is an order that must be done first.
type obstacle struct {
	OrderID   int64
	BlockerID int64
	Reason    string
	IsMoving  bool // it is on its way: generated and neither held nor stuck
	IsSent    bool // it is being called, or was called and not answered
	IsNear    bool // both go to the same connection
}

// sequence decides which of the candidates may go as far as other orders are concerned: those with an obstacle that does not move are
// held, and circles are put together.
func (p *generationPlan) sequence(ctx context.Context, tx bun.Tx) error {
	ids := make([]int64, len(p.pass))
	passes := make(map[int64]candidate, len(p.pass))
	for i, c := range p.pass {
		ids[i], passes[c.ID] = c.ID, c
	}
	if len(ids) == 0 {
		return nil
	}
	var found []obstacle
	if err := tx.NewRaw(sqlObstacles, pgdialect.Array(ids)).Scan(ctx, &found); err != nil {
		return fmt.Errorf("find what must be done first: %w", err)
	}
	if len(found) == 0 {
		return nil
	}
	waits := map[int64][]obstacle{}
	for _, o := range found {
		waits[o.OrderID] = append(waits[o.OrderID], o)
	}
	goes := func(o obstacle) bool { _, in := passes[o.BlockerID]; return in || o.IsMoving }
	for again := true; again; {
		again = false
		for _, id := range ids {
			c, in := passes[id]
			i := slices.IndexFunc(waits[id], func(o obstacle) bool { return !goes(o) })
			if !in || i < 0 {
				continue
			}
			delete(passes, id)
			p.hold[waits[id][i].Reason] = append(p.hold[waits[id][i].Reason], c)
			again = true
		}
	}
	p.pass = slices.DeleteFunc(p.pass, func(c candidate) bool { _, in := passes[c.ID]; return !in })
	p.swaps = circles(waits, func(o obstacle) bool { return o.IsNear && !o.IsSent && goes(o) })
	return nil
}

// obstructed gives those of the orders that another one must precede, or that wait for heirs.
func obstructed(ctx context.Context, db bun.IDB, ids []int64) (map[int64]bool, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var found []int64
	if err := db.NewRaw(sqlObstructed, pgdialect.Array(ids)).Scan(ctx, &found); err != nil {
		return nil, fmt.Errorf("find what must be done first: %w", err)
	}
	is, err := undecided(ctx, db, ids)
	if err != nil {
		return nil, err
	}
	for _, id := range found {
		is[id] = true
	}
	return is, free(ctx, db, is)
}

// circles finds orders that wait for each other: by order id, the smallest id of its circle.
func circles(waits map[int64][]obstacle, counts func(obstacle) bool) map[int64]int64 {
	reach := func(from int64) map[int64]bool {
		seen := map[int64]bool{}
		for open := []int64{from}; len(open) > 0; {
			id := open[len(open)-1]
			open = open[:len(open)-1]
			for _, o := range waits[id] {
				if counts(o) && !seen[o.BlockerID] {
					seen[o.BlockerID], open = true, append(open, o.BlockerID)
				}
			}
		}
		return seen
	}
	found := map[int64]int64{}
	for _, id := range slices.Sorted(maps.Keys(waits)) {
		if found[id] != 0 {
			continue
		}
		from := reach(id)
		if !from[id] {
			continue
		}
		for other := range from {
			if reach(other)[id] {
				found[other] = id
			}
		}
	}
	return found
}

// together notes which orders are sent together, also those that were generated before.
func (p *generationPlan) together(ctx context.Context, tx bun.Tx) error {
	if len(p.swaps) == 0 {
		return nil
	}
	var ids, swaps []int64
	for _, id := range slices.Sorted(maps.Keys(p.swaps)) {
		ids, swaps = append(ids, id), append(swaps, p.swaps[id])
	}
	_, err := tx.NewRaw(`update provisioning_order o set swap_id = s.swap from unnest(?::bigint[], ?::bigint[]) s (id, swap)
		where o.id = s.id and o.generated_at is not null`, pgdialect.Array(ids), pgdialect.Array(swaps)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("put orders together: %w", err)
	}
	return nil
}

// takeUpConflicts sends errored orders again whose key was taken when it is, or is being, given up (R6): by an order on its way, or by one
// that was executed since.
func (s *Service) takeUpConflicts(ctx context.Context) error {
	ctx = permit.With(ctx, permit.System("clock"))
	return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		var ids []int64
		err := tx.NewRaw(`select o.id from provisioning_order o
			where o.error_class = ? and o.closed_at is null and exists (
				select from order_key w join order_line wl on wl.id = w.line_id and wl.state = `+evaluation.SQLErrored+` and wl.closed_at is null
				join order_key h on h.key = w.key and h.is_freed and h.order_id <> w.order_id
				join order_line hl on hl.id = h.line_id
				join provisioning_order x on x.id = h.order_id
				where w.order_id = o.id and not w.is_freed
					and (hl.state in (`+evaluation.SQLPending+`, `+evaluation.SQLTransmitted+`) and hl.closed_at is null or hl.state in (`+evaluation.SQLVerified+`, `+evaluation.SQLExecuted+`) and x.executed_at >= o.errored_at))
			order by o.id for update of o skip locked`, string(fulfil.Conflict)).Scan(ctx, &ids)
		if err != nil || len(ids) == 0 {
			return err
		}
		// another sequence: they pass generation again
		if _, err := tx.NewRaw(`update provisioning_order set generated_at = null, tries = 0, not_before = null where id = any(?)`, pgdialect.Array(ids)).Exec(ctx); err != nil {
			return fmt.Errorf("take up conflicts: %w", err)
		}
		var lines []int64
		if err := tx.NewRaw(`select id from order_line where order_id = any(?) and state = `+evaluation.SQLErrored+` and closed_at is null order by id`, pgdialect.Array(ids)).Scan(ctx, &lines); err != nil {
			return fmt.Errorf("find the lines of conflicts: %w", err)
		}
		moves := make([]Move, len(lines))
		for i, id := range lines {
			moves[i] = Move{LineID: id, Comment: "What stood in the way gives the key up."}
		}
		_, err = Apply(ctx, tx, s.Clock.Now(), Retry, moves...)
		return err
	})
}

// waiting gives the connections and the connectors, in continuous mode, whose orders waited for some of these: the generated ones are sent,
// the others are looked at by generation.
func waiting(ctx context.Context, tx bun.Tx, orders []int64) (dispatch, generate []int64, err error) {
	var rows []struct {
		ConnectionID, ConnectorID *int64
		IsGenerated               bool
	}
	err = tx.NewRaw(`select distinct o.connection_id, o.connector_id, o.generated_at is not null and o.has_pending as is_generated
		from (
			select w.order_id as id from order_key h join order_key w on w.key = h.key and w.order_id <> h.order_id and not w.is_freed where h.order_id = any(?0)
			union
			select y.id from provisioning_order x join resource_type t on t.id = x.resource_type_id and t.depends_on_id is not null
			join provisioning_order y on y.owner_id = x.owner_id and y.resource_type_id = t.depends_on_id and y.closed_at is null where x.id = any(?0) and x.kind = 'DELETE'
		) w
		join provisioning_order o on o.id = w.id and o.closed_at is null and (o.has_pending or o.error_class = ?1)
		join connector c on c.id = o.connector_id and c.mode = ?2`, pgdialect.Array(orders), string(fulfil.Conflict), continuous).Scan(ctx, &rows)
	if err != nil {
		return nil, nil, fmt.Errorf("find orders that waited: %w", err)
	}
	for _, r := range rows {
		if r.IsGenerated {
			dispatch = append(dispatch, number(r.ConnectionID))
		} else {
			generate = append(generate, number(r.ConnectorID))
		}
	}
	return dispatch, generate, nil
}

// refuseTaken refuses, without a call, changes that would take a key which belongs to somebody else's target: a system that finds an equal
// row there says that all is well, and two people would have one account. Only correlation passes an account on.
func refuseTaken(ctx context.Context, tx bun.Tx, list []*errand) error {
	byID := map[int64]*errand{}
	var ids []int64
	for _, e := range list {
		if e.takesKey() {
			byID[e.ID], ids = e, append(ids, e.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var taken []struct {
		OrderID int64
		Value   string
	}
	err := tx.NewRaw(sqlTaken, pgdialect.Array(ids)).Scan(ctx, &taken)
	if err != nil {
		return fmt.Errorf("look who has the keys: %w", err)
	}
	for _, k := range taken {
		byID[k.OrderID].IsTaken = true
		byID[k.OrderID].refusal = &fulfil.Receipt{Outcome: fulfil.Conflict,
			Message: fmt.Sprintf("%s belongs to the target of another owner.", db.Clip(k.Value, 200)),
			Hint:    "Have another value computed, or correlate this owner with the target that is there. It is sent again by itself when the other one gives the value up."}
	}
	return nil
}

// Ordered gives those claims on keys of targets that an open order of another owner has or is about to get.
func (s *Service) Ordered(ctx context.Context, db bun.IDB, claims []evaluation.Claim) ([]evaluation.Claim, error) {
	n, types, owners := make([]int64, len(claims)), make([]int64, len(claims)), make([]int64, len(claims))
	properties, values := make([]string, len(claims)), make([]string, len(claims))
	for i, c := range claims {
		n[i], types[i], owners[i], properties[i], values[i] = int64(i), c.EntityTypeID, c.OwnerID, c.Property, c.Value
	}
	var found []int
	err := db.NewRaw(`select distinct q.n from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::text[], ?::text[]) q (n, type, owner, property, value)
		join property p on p.entity_type_id = q.type and p.identifier = q.property
		left join property_mapping c on c.property_id = p.id
		left join entity_mapping m on m.entity_type_id = q.type
		left join connection n on n.id = m.connection_id
		join order_key w on w.key = target_key(n.connector_id, m.source_table, q.type, coalesce(c.column_name, p.identifier), q.value) and not w.is_freed
		join order_line l on l.id = w.line_id and l.closed_at is null and l.state in (`+evaluation.SQLNone+`, `+evaluation.SQLPending+`, `+evaluation.SQLTransmitted+`, `+evaluation.SQLAwaitingApproval+`, `+evaluation.SQLExecuted+`)
		join provisioning_order o on o.id = w.order_id and o.closed_at is null and o.owner_id is distinct from q.owner
		order by 1`, arrayOf(n), arrayOf(types), arrayOf(owners), pgdialect.Array(properties), pgdialect.Array(values)).Scan(ctx, &found)
	if err != nil {
		return nil, fmt.Errorf("look which keys are ordered: %w", err)
	}
	var taken []evaluation.Claim
	for _, i := range found {
		taken = append(taken, claims[i])
	}
	return taken, nil
}

// takesKey reports whether a change may take a key that was not its own.
func (e *errand) takesKey() bool {
	switch e.Change.Type {
	case fulfil.Added:
		return true
	case fulfil.Modified:
		_, renames := e.Change.Changes[e.Change.KeyColumn]
		return renames
	}
	return false
}

// wholeSwaps completes the swaps of which some orders are about to be claimed: all of one or none.
func wholeSwaps(ctx context.Context, tx bun.Tx, now time.Time, ids []int64) ([]int64, error) {
	var rows []struct {
		ID, SwapID       int64
		IsMine, IsLocked bool
	}
	err := tx.NewRaw(`select o.id, o.swap_id, o.id = any(?0) as is_mine,
			o.not_before > ?1 or coalesce(o.lease_until > clock_timestamp(), false) as is_locked
		from provisioning_order o
		where o.swap_id in (select swap_id from provisioning_order where id = any(?0)) and o.closed_at is null
			and (o.has_ticket or `+sqlDue+`) order by o.id`, pgdialect.Array(ids), stamp(now)).Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return ids, err
	}
	var more, locked []int64
	for _, r := range rows {
		if !r.IsMine && !r.IsLocked {
			more = append(more, r.ID)
		}
	}
	if err := tx.NewRaw(`select id from provisioning_order where id = any(?) order by id for update skip locked`, arrayOf(more)).Scan(ctx, &locked); err != nil {
		return nil, err
	}
	broken := map[int64]bool{}
	for _, r := range rows {
		if !r.IsMine && !slices.Contains(locked, r.ID) {
			broken[r.SwapID] = true
		}
	}
	ids = append(slices.Clone(ids), locked...)
	for _, r := range rows {
		if broken[r.SwapID] {
			ids = slices.DeleteFunc(ids, func(id int64) bool { return id == r.ID })
		}
	}
	return ids, nil
}

// swaps takes the errands that only go together out of a batch.
func swaps(list []*errand) (together [][]*errand, others []*errand) {
	bySwap := map[int64][]*errand{}
	for _, e := range list {
		bySwap[e.SwapID] = append(bySwap[e.SwapID], e)
	}
	seen := map[int64]bool{}
	for _, e := range list {
		switch group := bySwap[e.SwapID]; {
		case e.SwapID == 0 || len(group) == 1:
			others = append(others, e)
		case !seen[e.SwapID]:
			seen[e.SwapID], together = true, append(together, group)
		}
	}
	return together, others
}

// callTogether does the errands of a swap in one call: each takes a key that another one gives up. It gives what was not called.
func (d *drain) callTogether(ctx context.Context, list []*errand) (rest []*errand, err error) {
	called, err := d.mark(ctx, list)
	if err != nil || len(called) < len(list) {
		return called, err
	}
	receipts, called, err := d.exchange(ctx, list)
	if err != nil || len(called) == 0 { // taken over in part
		return list, err
	}
	for i, e := range called {
		d.reached(e, receipts[i].Outcome)
		d.unwritten.Add(1)
		d.answers <- answer{e, receipts[i]}
	}
	return nil, nil
}

func (d *drain) exchange(ctx context.Context, list []*errand) ([]fulfil.Receipt, []*errand, error) {
	unload, err := d.load(ctx, list...)
	if err != nil {
		return nil, nil, err
	}
	defer unload()
	receipts := make([]fulfil.Receipt, len(list))
	var missing []*errand
	for i, e := range list {
		again := true
		if e.ReadBack {
			e.isAsked = d.target.Reader != nil
			receipts[i], again = d.readBack(ctx, e)
		}
		if again {
			missing = append(missing, e)
		}
	}
	if len(missing) == 0 {
		return receipts, list, nil
	}
	all := func(r fulfil.Receipt) ([]fulfil.Receipt, []*errand, error) {
		return slices.Repeat([]fulfil.Receipt{r}, len(list)), list, nil
	}
	if len(missing) < len(list) {
		for _, e := range list {
			e.isInDoubt = true
		}
		return all(fulfil.Receipt{Outcome: fulfil.Refused, Message: "Read back, only a part of the exchange is in place.",
			Hint: "Look into the managed system, synchronize, then send it again; or decline."})
	}
	for _, e := range list {
		switch {
		case e.refusal != nil:
			return all(*e.refusal)
		case e.invalid != "":
			return all(fulfil.Receipt{Outcome: fulfil.Refused, Message: "A value of order " + strconv.FormatInt(e.ID, 10) + " cannot be written: " + e.invalid,
				Hint: "Correct the rule or the format of the mapping."})
		}
	}
	for _, e := range list {
		if !e.ReadBack {
			continue
		}
		held, err := d.repeat(ctx, e)
		if err != nil || !held {
			return nil, nil, err
		}
		if called, err := d.mark(ctx, []*errand{e}); err != nil || len(called) == 0 {
			return nil, nil, err
		}
	}
	if d.target.Exchanger == nil {
		return all(fulfil.CannotExchange)
	}
	changes := make([]fulfil.Change, len(list))
	for i, e := range list {
		changes[i] = e.Change
	}
	if !d.isOurs(ctx, list...) {
		return nil, nil, nil
	}
	for _, e := range list {
		e.isAsked = true
	}
	return d.target.Exchanger.ApplyTogether(ctx, changes), list, nil
}
