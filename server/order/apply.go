package order

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/event"
	"writ/server/permit"
	"writ/server/queue"
)

// Kinds of the events that this room publishes.
const (
	EventChanged            = "order.changed"
	EventTicketOpened       = "ticket.opened"
	EventGenerationBlocked  = "generation.blocked"
	EventGenerationReleased = "generation.released"
)

var (
	//go:embed sql/roll_up.sql
	rollUpText string
	sqlRollUp  = withResults(withLooks(strings.Replace(evaluation.Named(rollUpText), "/*results*/", strings.Replace(resultRecordset, "?0", "?3", 1), 1)), "?2")
	//go:embed sql/update_lines.sql
	updateLinesText string
	sqlUpdateLines  = evaluation.Named(updateLinesText)
)

// Move is one line and what to note while it moves. Zero fields change nothing.
type Move struct {
	LineID     int64
	Version    int // the version the caller saw; another one now is STALE_ITEM. 0: whichever
	Comment    string
	Workflow   evaluation.Workflow
	WaitReason string
	Error      string
	ErrorClass string
	Close      bool // the line ends with this move
	content    *content
}

// Applied is what Apply did.
type Applied struct {
	Moved   []Moved
	Refused map[int64]*errs.Error // by line id: NOT_FOUND, STALE_ITEM, INVALID_TRANSITION, FORBIDDEN when a person decides about himself
	Orders  []Rolled              // orders touched, with their new roll-up
}

// Moved is a line that was moved.
type Moved struct {
	LineID, OrderID int64
	From, To        State
}

// Rolled is an order after the roll-up.
type Rolled struct {
	ID               int64
	State            State
	Version          int
	Kind             OrderKind
	OwnerID          *int64
	IsGenerated      bool
	ResourceType     string
	SourceEntityType string
	Connector        string
	ConnectorID      int64
	ConnectionID     int64
	Mode             string
}

// Changed is the data of the event order.changed: state numbers before (nil: the order is new) and after, and which lines moved.
type Changed struct {
	From         *int    `json:"from"`
	To           int     `json:"to"`
	Kind         string  `json:"kind"`
	ResourceType string  `json:"resourceType"`
	Connector    string  `json:"connector"`
	LineIDs      []int64 `json:"lineIds"`
	Action       Action  `json:"action"`
	Version      int     `json:"version"`
}

// Apply moves lines by one action: the only way a line changes its state. Lines of any number of orders take the same few statements:
// lock the orders in id order, update what is in a legal from-state, write history, roll up, publish one order.changed per order,
// enqueue what follows. What may not move is in Refused with its current state; it does not stop the others.
// Columns of the order itself (transmitted_at, executed_at, ...) are written by the caller before, since the roll-up reads them.
func Apply(ctx context.Context, tx bun.Tx, now time.Time, action Action, moves ...Move) (*Applied, error) {
	steps := make([]step, len(moves))
	for i, m := range moves {
		steps[i] = step{action, m}
	}
	return apply(ctx, tx, now, steps)
}

// step is a move by its action: policy, review and dispatch mix several in one transaction.
type step struct {
	action Action
	Move
}

// apply is Apply for mixed actions.
func apply(ctx context.Context, tx bun.Tx, now time.Time, steps []step) (*Applied, error) {
	return newTurn(ctx, now).apply(ctx, tx, nil, steps)
}

// applyAnswers is apply on orders that the caller locked, with their states, together with the results that move their lines.
func applyAnswers(ctx context.Context, tx bun.Tx, now time.Time, results []result, locked map[int64]State, steps []step) (*Applied, error) {
	t := newTurn(ctx, now)
	t.results = results
	return t.apply(ctx, tx, locked, steps)
}

func (t *turn) apply(ctx context.Context, tx bun.Tx, locked map[int64]State, steps []step) (*Applied, error) {
	if len(steps) == 0 {
		return &Applied{Refused: t.refused}, writeUnmoved(ctx, tx, t.now, t.results)
	}
	ids := make([]int64, len(steps))
	for i, s := range steps {
		ids[i] = s.LineID
	}
	if locked == nil {
		var err error
		if locked, err = lockOrdersOf(ctx, tx, ids); err != nil {
			return nil, err
		}
	}
	for id, state := range locked {
		t.orders[id] = &touched{before: new(state)}
	}
	lines, err := selectLineHeads(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	if steps, err = t.refuseOwn(ctx, tx, steps, lines); err != nil {
		return nil, err
	}
	for _, s := range steps {
		t.decide(s, lines[s.LineID])
	}
	return t.commit(ctx, tx)
}

// lineHead is what deciding about a line needs.
type lineHead struct {
	ID            int64
	OrderID       int64
	State         State
	Version       int
	Property      *string
	Action        evaluation.LineAction
	ValueID       *int64
	ProposedValue *string
	WorkflowState evaluation.Workflow
	IsClosed      bool
}

// readLineHeads reads the lines that a condition on l names.
func readLineHeads(ctx context.Context, tx bun.IDB, condition string, args ...any) (rows []*lineHead, err error) {
	err = db.Select(ctx, tx, bun.SafeQuery(`select l.id, l.order_id, l.state, l.version, l.property, l.action, l.value_id, l.proposed_value, l.workflow_state,
		l.closed_at is not null from order_line l where `+condition, args...), func(r *db.Row) error {
		rows = append(rows, &lineHead{ID: r.Int(), OrderID: r.Int(), State: State(r.Int()), Version: int(r.Int()), Property: r.TextOrNil(), Action: evaluation.LineAction(r.Text()),
			ValueID: r.IntOrNil(), ProposedValue: r.TextOrNil(), WorkflowState: evaluation.Workflow(r.Int()), IsClosed: r.Bool()})
		return nil
	})
	return rows, err
}

func selectLineHeads(ctx context.Context, tx bun.IDB, ids []int64) (map[int64]*lineHead, error) {
	rows, err := readLineHeads(ctx, tx, "l.id = any(?)", pgdialect.Array(ids))
	if err != nil {
		return nil, fmt.Errorf("read order lines: %w", err)
	}
	m := make(map[int64]*lineHead, len(rows))
	for _, r := range rows {
		m[r.ID] = r
	}
	return m, nil
}

// turn collects the moves of one transaction and carries them out together.
type turn struct {
	now     time.Time
	actor   string
	updates []*lineUpdate
	alike   map[alike]*lineUpdate
	history []*historyEntry
	entries map[historyKey]*historyEntry
	results []result // answers that are written with the moves
	opened  []Rolled // orders inserted in this turn, as their lines make them
	moved   []Moved
	refused map[int64]*errs.Error
	orders  map[int64]*touched
}

// touched is an order some line of which moves in this turn.
type touched struct {
	before *State // nil: opened in this turn
	action Action // of its first move
	lines  []int64
	then   string // what the moves make necessary (state.go)
}

// lineUpdate is one element of the JSON that update_lines.sql takes: the lines that move alike.
type lineUpdate struct {
	IDs []int64 `json:"ids"`
	alike
	Refresh   bool `json:"refresh,omitempty"`
	IsChanged bool `json:"is_changed,omitempty"`
	content
}

// alike is what the lines of an update share. A drain moves thousands of lines in the same way: they are one element.
type alike struct {
	From       State               `json:"from_state"`
	To         State               `json:"to_state"`
	Close      bool                `json:"close,omitempty"`
	Workflow   evaluation.Workflow `json:"workflow,omitempty"` // 0 and empty: as it was
	Wait       string              `json:"wait,omitempty"`
	Error      string              `json:"error,omitempty"`
	ErrorClass string              `json:"error_class,omitempty"`
	Approval   int                 `json:"approval,omitempty"` // 1: the proposed value is approved; -1: an earlier approval is void
	Postpone   bool                `json:"postpone,omitempty"`
}

// content is what evaluation computed for a line.
type content struct {
	Current        *string    `json:"current,omitempty"`
	Proposed       *string    `json:"proposed,omitempty"`
	ValueID        *int64     `json:"value_id,omitempty"`
	ReviewRequired bool       `json:"review_required,omitempty"`
	IsMapped       bool       `json:"is_mapped,omitempty"`
	RuleIDs        []int64    `json:"rule_ids,omitempty"`
	Confidence     *int       `json:"confidence,omitempty"`
	StartDate      *time.Time `json:"start_date,omitempty"`
	EndDate        *time.Time `json:"end_date,omitempty"`
	Unverified     bool       `json:"unverified,omitempty"`
}

// historyEntry is one move that lines of an order make together, or (without lines) a remark about the order.
type historyEntry struct {
	OrderID int64   `json:"order_id"`
	LineIDs []int64 `json:"line_ids,omitempty"`
	Action  Action  `json:"action"`
	From    *State  `json:"from_state,omitempty"`
	To      *State  `json:"to_state,omitempty"`
	Comment string  `json:"comment,omitempty"`
}

type historyKey struct {
	orderID  int64
	action   Action
	from, to State
	comment  string
}

func newTurn(ctx context.Context, now time.Time) *turn {
	return &turn{now: now, actor: permit.Name(ctx), refused: map[int64]*errs.Error{}, orders: map[int64]*touched{},
		alike: map[alike]*lineUpdate{}, entries: map[historyKey]*historyEntry{}}
}

// lockOrdersOf takes the orders of the lines, in id order so that two turns never wait for each other, and gives their states.
func lockOrdersOf(ctx context.Context, tx bun.Tx, lineIDs []int64) (map[int64]State, error) {
	var rows []struct {
		ID    int64
		State State
	}
	err := tx.NewRaw(`select id, state from provisioning_order
		where id in (select order_id from order_line where id = any(?)) order by id for update`, pgdialect.Array(lineIDs)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("lock orders: %w", err)
	}
	locked := make(map[int64]State, len(rows))
	for _, r := range rows {
		locked[r.ID] = r.State
	}
	return locked, nil
}

// decide notes the move of a line, or why it is refused.
func (t *turn) decide(s step, l *lineHead) {
	if l == nil || l.IsClosed && s.Version == 0 {
		t.refused[s.LineID] = errs.Missing("Line %d does not exist or has ended.", s.LineID).Of(s.LineID)
		return
	}
	if l.IsClosed || s.Version != 0 && s.Version != l.Version {
		t.refused[s.LineID] = errs.New(errs.StaleItem, "This line changed since you looked at it. Read it again, then decide.").Of(s.LineID)
		return
	}
	to, ok := s.action.target(l.State)
	if !ok {
		t.refused[s.LineID] = invalid(s.action, l.State).Of(s.LineID)
		return
	}
	u := lineUpdate{alike: alike{From: l.State, To: to, Close: s.Close, Workflow: s.Workflow, Wait: s.WaitReason, Error: s.Error, ErrorClass: s.ErrorClass}}
	switch s.action {
	case Approve, ApproveEarly:
		u.Approval = 1
	case Decline, ReconsiderForReview:
		u.Approval = -1
	case Postpone:
		u.Postpone = true
	}
	if s.content != nil {
		u.Refresh, u.content = true, *s.content
		if text(u.Proposed) != text(l.ProposedValue) || l.Action == evaluation.LineSet && number(u.ValueID) != number(l.ValueID) {
			u.Approval = -1 // what was approved is not what is proposed now (A4)
			u.IsChanged = to == evaluation.AwaitingApproval && l.State == evaluation.AwaitingApproval
		}
	}
	t.update(l.ID, u)
	t.note(l.OrderID, l.ID, s.action, &l.State, to, s.Comment)
}

// update adds a line to those that move alike; fresh content is a line's own.
func (t *turn) update(lineID int64, u lineUpdate) {
	same := t.alike[u.alike]
	if same == nil || u.Refresh {
		same = &u
		t.updates = append(t.updates, same)
		if !u.Refresh {
			t.alike[u.alike] = same
		}
	}
	same.IDs = append(same.IDs, lineID)
}

func invalid(a Action, from State) *errs.Error {
	return errs.New(errs.InvalidTransition, "%s is not possible: the line is %s (%d).", sentence(a), NameOf(from), from)
}

// note records the move of a line. from nil: the line enters. A refresh that leaves the state is not history: it would bury it.
func (t *turn) note(orderID, lineID int64, a Action, from *State, to State, comment string) {
	o := t.orders[orderID]
	if o == nil {
		o = &touched{}
		t.orders[orderID] = o
	}
	if o.action == "" || o.action == Refresh {
		o.action = a
	}
	o.lines = append(o.lines, lineID)
	if to == evaluation.Pending && (from == nil || *from != to || a == Compute) {
		if then := lineMachine.Row(a).Then; then == thenGenerate || o.then == nothing {
			o.then = then
		}
	}
	m := Moved{LineID: lineID, OrderID: orderID, From: entering, To: to}
	if from != nil {
		m.From = *from
	}
	t.moved = append(t.moved, m)
	if a == Refresh {
		return
	}
	key := historyKey{orderID, a, m.From, to, comment}
	h := t.entries[key]
	if h == nil {
		h = &historyEntry{OrderID: orderID, Action: a, From: from, To: &to, Comment: comment}
		t.entries[key], t.history = h, append(t.history, h)
	}
	h.LineIDs = append(h.LineIDs, lineID)
}

// remark notes something about an order as a whole.
func (t *turn) remark(orderID int64, a Action, s State, comment string) {
	t.history = append(t.history, &historyEntry{OrderID: orderID, Action: a, From: &s, To: &s, Comment: comment})
}

// commit carries the turn out: lines, history, roll-up, events, and what follows.
func (t *turn) commit(ctx context.Context, tx bun.Tx) (*Applied, error) {
	done := &Applied{Moved: t.moved, Refused: t.refused}
	answered, unmoved := t.answered()
	if err := writeUnmoved(ctx, tx, t.now, unmoved); err != nil {
		return nil, err
	}
	if len(t.moved) == 0 && len(t.history) == 0 {
		return done, nil
	}
	if err := t.updateLines(ctx, tx); err != nil {
		return nil, err
	}
	if err := t.endDeclined(ctx, tx); err != nil {
		return nil, err
	}
	if err := insertHistory(ctx, tx, t.now, t.actor, t.history); err != nil {
		return nil, err
	}
	var ids, again []int64
	isOpened := make(map[int64]bool, len(t.opened))
	for _, o := range t.opened {
		isOpened[o.ID] = true
	}
	for id, o := range t.orders {
		if o.action == "" || isOpened[id] { // locked, but nothing of it moved
			continue
		}
		ids = append(ids, id)
		if o.then == thenGenerate {
			again = append(again, id)
		}
	}
	slices.Sort(ids)
	done.Orders = t.opened
	if len(ids) > 0 {
		var rolled []Rolled
		err := tx.NewRaw(sqlRollUp, pgdialect.Array(ids), pgdialect.Array(orEmpty(again)), stamp(t.now), answered).Scan(ctx, &rolled)
		if err != nil {
			return nil, fmt.Errorf("roll up orders: %w", err)
		}
		done.Orders = append(done.Orders, rolled...)
	}
	if len(done.Orders) == 0 {
		return done, nil
	}
	slices.SortFunc(done.Orders, func(a, b Rolled) int { return int(a.ID - b.ID) })
	if err := t.publish(ctx, tx, done.Orders); err != nil {
		return nil, err
	}
	var stuck []int64
	for _, o := range done.Orders {
		if o.Kind == evaluation.Delete && o.State == evaluation.Errored {
			stuck = append(stuck, o.ID)
		}
	}
	if err := offerTargets(ctx, tx, t.now, stuck); err != nil {
		return nil, err
	}
	return done, t.enqueue(ctx, tx, done.Orders)
}

// offerTargets has the targets of orders looked at again whose owners are gone: what is not being removed after all may be wanted by
// somebody who lives.
func offerTargets(ctx context.Context, tx bun.Tx, now time.Time, orderIDs []int64) error {
	if len(orderIDs) == 0 {
		return nil
	}
	n, err := directory.MarkChanged(ctx, tx, now, `select o.target_id from provisioning_order o
		where o.id = any (?) and not exists (select from resource w where w.id = o.owner_id and w.valid_to = 'infinity')`, pgdialect.Array(orderIDs))
	if err != nil || n == 0 {
		return err
	}
	return queue.Insert(ctx, tx, assignment.EvaluateArgs{}, nil)
}

// offerKeys has what stands under the keys of creations looked at again that were not made after all: somebody else may correlate to it.
func offerKeys(ctx context.Context, tx bun.Tx, now time.Time, orderIDs []int64) error {
	if len(orderIDs) == 0 {
		return nil
	}
	n, err := directory.MarkChanged(ctx, tx, now, `select r.id from provisioning_order o join resource_type t on t.id = o.resource_type_id
		join resource r on r.entity_type_id = t.target_entity_type_id and r.valid_to = 'infinity' and r.key = `+ticketKey("l.closed_at is null")+`
		where o.id = any (?)`, pgdialect.Array(orderIDs))
	if err != nil || n == 0 {
		return err
	}
	return queue.Insert(ctx, tx, assignment.EvaluateArgs{}, nil)
}

// answered gives the results of the orders that move, as JSON for the roll-up, and the others.
func (t *turn) answered() (moving string, unmoved []result) {
	var list []result
	for _, r := range t.results {
		if o := t.orders[r.ID]; o != nil && o.action != "" {
			list = append(list, r)
		} else {
			unmoved = append(unmoved, r)
		}
	}
	raw, _ := json.Marshal(orEmpty(list)) // texts and numbers: never fails
	return string(raw), unmoved
}

func (t *turn) updateLines(ctx context.Context, tx bun.Tx) error {
	if len(t.updates) == 0 {
		return nil
	}
	raw, err := json.Marshal(t.updates)
	if err != nil {
		return fmt.Errorf("write moves: %w", err)
	}
	var ids []int64
	for _, u := range t.updates {
		ids = append(ids, u.IDs...)
	}
	res, err := tx.NewRaw(sqlUpdateLines, string(raw), stamp(t.now), pgdialect.Array(ids)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("move order lines: %w", err)
	}
	if n, err := res.RowsAffected(); err == nil && int(n) != len(ids) {
		// somebody wrote lines without locking their order: nothing of this turn may stay
		return errs.New(errs.StaleItem, "The orders changed while they were being moved. Please try again.")
	}
	return nil
}

// endDeclined ends declined lines once everything else of their order has ended: the decision lives on in kept_value, and an order that
// holds nothing but old refusals would never close.
func (t *turn) endDeclined(ctx context.Context, tx bun.Tx) error {
	var ids []int64
	for _, u := range t.updates {
		if u.Close && u.To == evaluation.Verified {
			ids = append(ids, u.IDs...)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	_, err := tx.NewRaw(`update order_line l set closed_at = ?0, version = l.version + 1, updated_at = ?0
		where l.closed_at is null and l.state = `+evaluation.SQLInactive+` and l.workflow_state = ?1
		  and l.order_id in (select order_id from order_line where id = any(?2))
		  and not exists (select from order_line x where x.order_id = l.order_id and x.closed_at is null
			and not (x.state = `+evaluation.SQLInactive+` and x.workflow_state = ?1))`, stamp(t.now), evaluation.Declined, pgdialect.Array(ids)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("end declined lines: %w", err)
	}
	return nil
}

func insertHistory(ctx context.Context, tx bun.IDB, now time.Time, actor string, entries []*historyEntry) error {
	if len(entries) == 0 {
		return nil
	}
	raw, err := json.Marshal(entries)
	if err != nil {
		return fmt.Errorf("write history: %w", err)
	}
	_, err = tx.NewRaw(`insert into order_line_history (order_id, line_ids, at, actor, action, from_state, to_state, comment)
		select order_id, coalesce(line_ids, '{}'), ?, ?, action, from_state, to_state, coalesce(comment, '')
		from json_to_recordset(?) as h (order_id bigint, line_ids bigint[], action text, from_state smallint, to_state smallint, comment text)`,
		stamp(now), actor, string(raw)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("write history: %w", err)
	}
	return nil
}

func (t *turn) publish(ctx context.Context, tx bun.Tx, orders []Rolled) error {
	events := make([]event.Event, 0, len(orders))
	for _, r := range orders {
		o := t.orders[r.ID]
		data := Changed{To: int(r.State), Kind: string(r.Kind), ResourceType: r.ResourceType, Connector: r.Connector,
			LineIDs: orEmpty(o.lines), Action: o.action, Version: r.Version}
		if o.before != nil {
			data.From = new(int(*o.before))
		}
		events = append(events, event.Event{Kind: EventChanged, SubjectType: "order", SubjectID: r.ID,
			SourceEntityType: r.SourceEntityType, OwnerID: number(r.OwnerID), Data: data})
	}
	return event.Publish(ctx, tx, t.now, events...)
}

// enqueue wakes the next step of continuous connectors; scheduled ones wait for their job.
func (t *turn) enqueue(ctx context.Context, tx bun.Tx, orders []Rolled) error {
	var generate, dispatch []int64
	for _, r := range orders {
		o := t.orders[r.ID]
		if o.then == nothing || r.Mode != continuous {
			continue
		}
		if r.IsGenerated {
			dispatch = append(dispatch, r.ConnectionID)
		} else {
			generate = append(generate, r.ConnectorID)
		}
	}
	more, err := t.dependents(ctx, tx, orders)
	if err != nil {
		return err
	}
	if settled := t.settled(orders); len(settled) > 0 {
		free, held, err := waiting(ctx, tx, settled)
		if err != nil {
			return err
		}
		dispatch, more = append(dispatch, free...), append(more, held...)
	}
	for _, id := range distinct(append(generate, more...)) {
		if err := queue.Insert(ctx, tx, GenerateArgs{ConnectorID: id}, nil); err != nil {
			return err
		}
	}
	for _, id := range distinct(dispatch) {
		if err := queue.Insert(ctx, tx, DispatchArgs{ConnectionID: id}, nil); err != nil {
			return err
		}
	}
	return nil
}

// settled gives the orders of this turn that were done, or are given up: others may have waited for them.
func (t *turn) settled(orders []Rolled) []int64 {
	var ids []int64
	for _, r := range orders {
		if t.orders[r.ID].before != nil && r.State != evaluation.Pending && r.State != evaluation.Transmitted && r.State != evaluation.AwaitingApproval {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// dependents gives the continuous connectors with orders that waited for a target which is there now (spec 2.6).
func (t *turn) dependents(ctx context.Context, tx bun.Tx, orders []Rolled) ([]int64, error) {
	var owners, connectors []int64
	for _, r := range orders {
		if r.State == evaluation.Verified || r.State == evaluation.Executed {
			owners = append(owners, number(r.OwnerID))
		}
	}
	if owners = distinct(owners); len(owners) == 0 {
		return nil, nil
	}
	err := tx.NewRaw(`select distinct o.connector_id from provisioning_order o join connector c on c.id = o.connector_id and c.mode = ?
		where o.owner_id = any(?) and o.has_pending and o.generated_at is null and o.wait_reason = 'dependency'`,
		continuous, pgdialect.Array(owners)).Scan(ctx, &connectors)
	if err != nil {
		return nil, fmt.Errorf("find dependent orders: %w", err)
	}
	return connectors, nil
}
