package order

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/db"
	"writ/server/evaluation"
	"writ/server/fulfil"
)

//go:embed sql/claim.sql
var claimText string

var sqlClaim = withDeparted(withDue(claimText))

// sqlDue is the one condition of an order o that may be sent: it was generated, or sent before and nobody answered. Whoever looks for such orders
// reads the index provisioning_order_to_dispatch, which says the same.
const sqlDue = `(o.has_silent or o.has_pending and o.generated_at is not null)`

// Due is that condition of an order with another alias, for the rooms above.
func Due(alias string) string { return strings.ReplaceAll(sqlDue, "o.", alias+".") }

// withDue puts the condition into a statement.
func withDue(text string) string { return strings.ReplaceAll(text, "/*due*/", sqlDue) }

// Leases are by the clock of the database (clock_timestamp()), not by the domain clock: they are between processes, and a test that moves
// the domain clock an hour ahead must not take the orders from a worker that holds them.

// claimLock is the advisory lock class under which claims of a connection run ("clai").
const claimLock = 0x636c6169

// claim takes up to n due orders of a connection for this process: lease, fence, attempt and idempotency key are committed before anything
// is called. An order whose earlier call may have been made (called and not answered, or answer lost) is claimed for reading back: it gets
// its new attempt only when the read shows that it must be repeated.
func (s *Service) claim(ctx context.Context, connectionID int64, n int) ([]*errand, error) {
	var list []*errand
	take := func(begin begin) error {
		return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) (err error) {
			list, err = s.claimIn(ctx, tx, connectionID, n, false, begin)
			return err
		})
	}
	err := take(s.begin)
	if err != nil && db.IsOfData(err) { // one of them cannot be begun: the others are
		err = take(s.beginApart)
	}
	return list, err
}

// begin is how attempts are begun: together, or each apart from the others.
type begin func(ctx context.Context, tx bun.Tx, now time.Time, list []*errand) error

// beginApart is begin for errands of which one cannot be stored: that one is refused before anything is called, and says why.
func (s *Service) beginApart(ctx context.Context, tx bun.Tx, now time.Time, list []*errand) error {
	attempts := make(map[int64]int, len(list))
	for _, e := range list {
		attempts[e.ID] = e.Attempt
	}
	again := func(tx bun.Tx, part []*errand) error {
		for _, e := range part {
			e.Attempt = attempts[e.ID]
		}
		return s.begin(ctx, tx, now, part)
	}
	return db.ApartIn(ctx, tx, list, again, func(tx bun.Tx, e *errand, cause error) error {
		s.Log.ErrorContext(ctx, "order cannot be begun", "order", e.ID, "error", cause)
		bare := *e.Document.order()
		bare.Owner, bare.Resource, bare.Changes, bare.ChangesAdded, bare.ChangesRemoved, bare.Arguments = nil, nil, nil, nil, nil, nil
		e.Document, e.NewKey = &document{ProvisioningOrdersList: []documentOrder{bare}}, ""
		e.refusal = &fulfil.Receipt{Outcome: fulfil.Refused, Message: "The order cannot be stored as it would be sent: " + cause.Error(),
			Hint: "Correct the rule or the data that gives this value, then send it again."}
		return again(tx, []*errand{e})
	})
}

func (s *Service) claimIn(ctx context.Context, tx bun.Tx, connectionID int64, n int, manual bool, begin begin) ([]*errand, error) {
	now := s.Clock.Now()
	// one claim after the other: what is left out because another order is under way must be seen by all
	if _, err := tx.NewRaw("select pg_advisory_xact_lock(?, ?)", claimLock, int32(connectionID)).Exec(ctx); err != nil {
		return nil, fmt.Errorf("lock the claims of a connection: %w", err)
	}
	ids, err := s.selectDue(ctx, tx, now, connectionID, n, manual)
	if err != nil {
		return nil, err
	}
	if len(ids) > 0 && !manual {
		if ids, err = wholeSwaps(ctx, tx, now, ids); err != nil {
			return nil, fmt.Errorf("complete exchanges: %w", err)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	list, err := s.loadErrands(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	if err := s.refuseKeyless(ctx, tx, list); err != nil {
		return nil, err
	}
	if err := refuseTaken(ctx, tx, list); err != nil {
		return nil, err
	}
	var fresh []*errand
	ids = ids[:0]
	for _, e := range list {
		e.Fence++
		if e.ReadBack {
			ids = append(ids, e.ID)
		} else {
			fresh = append(fresh, e)
		}
	}
	if err := begin(ctx, tx, now, fresh); err != nil || len(ids) == 0 {
		return list, err
	}
	_, err = tx.NewRaw(`update provisioning_order set lease_owner = ?, lease_until = clock_timestamp() + make_interval(secs => ?), fence = fence + 1
		where id = any(?)`, s.Worker, s.Lease.Seconds(), pgdialect.Array(ids)).Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("lease orders: %w", err)
	}
	return list, s.lose(ctx, tx, now, ids)
}

// selectDue locks due orders that no other order must precede.
func (s *Service) selectDue(ctx context.Context, tx bun.Tx, now time.Time, connectionID int64, n int, manual bool) (ids []int64, err error) {
	var blocked []int64
	for {
		ids = nil
		if err := tx.NewRaw(sqlClaim, connectionID, stamp(now), n, manual, arrayOf(blocked)).Scan(ctx, &ids); err != nil {
			return nil, fmt.Errorf("select due orders: %w", err)
		}
		found := len(ids)
		more, err := obstructed(ctx, tx, ids)
		if err != nil {
			return nil, err
		}
		ids = slices.DeleteFunc(ids, func(id int64) bool { return more[id] })
		if len(ids) > 0 || found < n {
			return ids, nil
		}
		for id := range more {
			blocked = append(blocked, id)
		}
	}
}

// lose shows orders whose worker died between the call and its answer as Transmitted (P4), before anybody looks what became of them.
func (s *Service) lose(ctx context.Context, tx bun.Tx, now time.Time, ids []int64) error {
	var lines []int64
	err := tx.NewRaw(`select l.id from order_line l join provisioning_order o on o.id = l.order_id
		where l.order_id = any(?) and l.closed_at is null and l.state = `+evaluation.SQLPending+` and l.id = any(o.sent_lines) and o.called_at is not null order by l.id`,
		pgdialect.Array(ids)).Scan(ctx, &lines)
	if err != nil || len(lines) == 0 {
		return err
	}
	if _, err := tx.NewRaw(`update provisioning_order set transmitted_at = coalesce(transmitted_at, called_at) where id = any(?) and called_at is not null`,
		pgdialect.Array(ids)).Exec(ctx); err != nil {
		return fmt.Errorf("note lost answers: %w", err)
	}
	moves := make([]Move, len(lines))
	for i, id := range lines {
		moves[i] = Move{LineID: id, Comment: "The worker stopped before the answer came."}
	}
	_, err = Apply(ctx, tx, now, Lose, moves...)
	return err
}

// loadErrands builds the changes of claimed orders, in the order of ids.
func (s *Service) loadErrands(ctx context.Context, tx bun.Tx, ids []int64) ([]*errand, error) {
	var rows []*orderRow
	err := tx.NewRaw("select "+orderRowColumns+" from provisioning_order o "+orderRowJoins+" where o.id = any(?)", pgdialect.Array(ids)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("read claimed orders: %w", err)
	}
	var types []int64
	byID := make(map[int64]*orderRow, len(rows))
	for _, o := range rows {
		byID[o.ID] = o
		types = append(types, o.ResourceTypeID)
	}
	routes, err := s.selectRoutes(ctx, tx, distinct(types))
	if err != nil {
		return nil, err
	}
	shape, err := s.shape(ctx, tx)
	if err != nil {
		return nil, err
	}
	lines, err := selectSentLines(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	list := make([]*errand, 0, len(ids))
	for _, id := range ids {
		o := byID[id]
		send := lines[id]
		if o.GeneratedAt == nil { // only the silent lines are to be looked after: what came since must pass generation first
			send = slices.DeleteFunc(slices.Clone(send), func(l sentLine) bool { return l.State == evaluation.Pending })
		}
		if o.IsManual { // what is in 2 is on the ticket already
			send = slices.DeleteFunc(slices.Clone(send), func(l sentLine) bool { return l.State != evaluation.Pending })
		}
		r := routes[o.ResourceTypeID]
		e := buildErrand(o, r, send, shape)
		s.argue(now, shape, o, r, e)
		e.ReadBack = !o.IsManual && (o.CalledAt != nil || slices.Contains(o.States, int16(evaluation.Transmitted)))
		list = append(list, e)
	}
	return list, nil
}

// begin starts an attempt of each errand under its fence: lease, number, idempotency key, document, which lines it carries. The order is
// written once, and the attempt with it.
func (s *Service) begin(ctx context.Context, tx bun.Tx, now time.Time, list []*errand) error {
	if len(list) == 0 {
		return nil
	}
	type row struct {
		ID      int64     `json:"id"`
		Fence   int64     `json:"fence"`
		Attempt int       `json:"attempt"`
		Key     string    `json:"key"`
		Lines   []int64   `json:"lines"`
		Payload *document `json:"payload"`
	}
	rows := make([]row, len(list))
	var earlier []int64
	for i, e := range list {
		if e.Attempt > 0 {
			earlier = append(earlier, e.ID)
		}
		e.Attempt++
		e.Key = uuid.NewString()
		e.Change.Attempt, e.Change.IdempotencyKey = e.Attempt, e.Key
		e.Document.order().Attempt = e.Attempt
		rows[i] = row{e.ID, e.Fence, e.Attempt, e.Key, orEmpty(e.Lines), e.Document}
	}
	if err := endUnsent(ctx, tx, now, earlier); err != nil { // of a worker that died before it called
		return err
	}
	raw, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("write attempts: %w", err)
	}
	_, err = tx.NewRaw(`with a as (select * from json_to_recordset(?0) as a (id bigint, fence bigint, attempt int, key uuid, lines bigint[], payload jsonb)),
		o as (update provisioning_order o set lease_owner = ?1, lease_until = clock_timestamp() + make_interval(secs => ?2), fence = a.fence,
				attempt = a.attempt, idempotency_key = a.key, sent_lines = a.lines, called_at = null
			from a where o.id = a.id)
		insert into order_attempt (order_id, attempt, idempotency_key, worker, started_at, payload)
		select id, attempt, key, ?1, ?3, payload from a`, string(raw), s.Worker, s.Lease.Seconds(), stamp(now)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("begin attempts: %w", err)
	}
	return noteNewKeys(ctx, tx, now, list)
}

// endUnsent ends the attempts of orders that were begun and not called.
func endUnsent(ctx context.Context, tx bun.Tx, now time.Time, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := tx.NewRaw(`update order_attempt set ended_at = ?, outcome = 'NOT_SENT' where order_id = any(?) and ended_at is null`, stamp(now), arrayOf(ids)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("end attempts: %w", err)
	}
	return nil
}

// repeat begins a new attempt of an order that was read back and is not as wanted; false when the lease was lost meanwhile.
func (s *Service) repeat(ctx context.Context, e *errand) (bool, error) {
	held := false
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		now := s.Clock.Now()
		ids, err := s.lockHeld(ctx, tx, []*errand{e})
		if err != nil || len(ids) == 0 {
			return err
		}
		held = true
		if _, err := tx.NewRaw(`update order_attempt set ended_at = ?, outcome = ?, message = 'Not found in place when read back.'
			where order_id = ? and ended_at is null`, stamp(now), fulfil.Unknown, e.ID).Exec(ctx); err != nil {
			return fmt.Errorf("end the lost attempt: %w", err)
		}
		return s.begin(ctx, tx, now, []*errand{e})
	})
	return held, err
}

// lockHeld locks those of the errands' orders that this process still holds under the same fence: anything else was taken over, and its
// answer is late.
func (s *Service) lockHeld(ctx context.Context, tx bun.Tx, list []*errand) (map[int64]bool, error) {
	ids := make([]int64, len(list))
	for i, e := range list {
		ids[i] = e.ID
	}
	type row struct {
		ID           int64
		Fence        int64
		State        State
		IsSuperseded bool
	}
	var rows []row
	err := tx.NewRaw(`select id, fence, state, is_superseded from provisioning_order where id = any(?) and lease_owner = ? order by id for update`,
		pgdialect.Array(ids), s.Worker).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("check leases: %w", err)
	}
	found := make(map[int64]row, len(rows))
	for _, r := range rows {
		found[r.ID] = r
	}
	held := make(map[int64]bool, len(rows))
	for _, e := range list {
		r, ok := found[e.ID]
		if ok && r.Fence == e.Fence {
			held[e.ID] = true
			e.IsSuperseded, e.State = r.IsSuperseded, r.State // policy may have marked it while it was called
		}
	}
	return held, nil
}

// markCalled notes that the calls begin now. From here on a crash means reading back before a repeat. It gives the errands still held.
func (s *Service) markCalled(ctx context.Context, list []*errand) ([]*errand, error) {
	var held map[int64]bool
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		var err error
		if held, err = s.lockHeld(ctx, tx, list); err != nil || len(held) == 0 {
			return err
		}
		ids := make([]int64, 0, len(held))
		for id := range held {
			ids = append(ids, id)
		}
		_, err = tx.NewRaw(`update provisioning_order set called_at = ?, lease_until = clock_timestamp() + make_interval(secs => ?) where id = any(?)`,
			stamp(s.Clock.Now()), s.Lease.Seconds(), pgdialect.Array(ids)).Exec(ctx)
		if err != nil {
			return fmt.Errorf("note the calls: %w", err)
		}
		return nil
	})
	return slices.DeleteFunc(slices.Clone(list), func(e *errand) bool { return !held[e.ID] }), err
}

// renew prolongs the leases of what this process is working on, and gives those it still has. One that ran out is not taken back: somebody
// may be about to take it.
func (s *Service) renew(ctx context.Context, ids []int64) (ours []int64, err error) {
	err = s.DB.NewRaw(`update provisioning_order set lease_until = clock_timestamp() + make_interval(secs => ?)
		where id = any(?) and lease_owner = ? and lease_until > clock_timestamp() returning id`, s.Lease.Seconds(), pgdialect.Array(orEmpty(ids)), s.Worker).Scan(ctx, &ours)
	if err != nil {
		return nil, fmt.Errorf("renew leases: %w", err)
	}
	return ours, nil
}

// letGo gives claimed orders back that were not called: the next drain begins them again. One that was claimed for reading back keeps
// its lost attempt open.
func (s *Service) letGo(ctx context.Context, list []*errand) error {
	if len(list) == 0 {
		return nil
	}
	return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		held, err := s.lockHeld(ctx, tx, list)
		if err != nil || len(held) == 0 {
			return err
		}
		var all, fresh, dirty []int64
		for _, e := range list {
			if !held[e.ID] {
				continue
			}
			if e.IsSuperseded { // what policy wanted meanwhile can be done now
				dirty = append(dirty, number(e.OwnerID))
			}
			all = append(all, e.ID)
			if !e.ReadBack {
				fresh = append(fresh, e.ID)
			}
		}
		_, err = tx.NewRaw(`update provisioning_order set lease_owner = null, lease_until = null,
			called_at = case when id = any(?) then null else called_at end where id = any(?)`, arrayOf(fresh), arrayOf(all)).Exec(ctx)
		if err != nil {
			return fmt.Errorf("give orders back: %w", err)
		}
		if err := endUnsent(ctx, tx, s.Clock.Now(), fresh); err != nil {
			return err
		}
		if err := dropNewKeys(ctx, tx, fresh); err != nil {
			return err
		}
		if err := offerTargets(ctx, tx, s.Clock.Now(), fresh); err != nil {
			return err
		}
		return s.markDirty(ctx, tx, "order given back", dirty...)
	})
}
