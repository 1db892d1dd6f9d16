package order

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/event"
	"writ/server/permit"
	"writ/server/queue"
)

var (
	//go:embed sql/roll_up.sql
	rollUpText string
	sqlRollUp  = withLooks(rollUpText)
	//go:embed sql/update_lines.sql
	sqlUpdateLines string
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
	Refused map[int64]*errs.Error // by line id: NOT_FOUND, STALE_ITEM, INVALID_TRANSITION
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
	t := newTurn(ctx, now)
	if len(steps) == 0 {
		return &Applied{Refused: t.refused}, nil
	}
	ids := make([]int64, len(steps))
	for i, s := range steps {
		ids[i] = s.LineID
	}
	if err := t.lock(ctx, tx, ids); err != nil {
		return nil, err
	}
	lines, err := selectLineHeads(ctx, tx, ids)
	if err != nil {
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
	IsSent        bool
	IsClosed      bool
}

const lineHeadColumns = `l.id, l.order_id, l.state, l.version, l.property, l.action, l.value_id, l.proposed_value, l.workflow_state, l.is_sent,
	l.closed_at is not null as is_closed`

func selectLineHeads(ctx context.Context, tx bun.IDB, ids []int64) (map[int64]*lineHead, error) {
	var rows []*lineHead
	err := tx.NewRaw("select "+lineHeadColumns+" from order_line l where l.id = any(?)", pgdialect.Array(ids)).Scan(ctx, &rows)
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
	updates []lineUpdate
	history []historyEntry
	moved   []Moved
	refused map[int64]*errs.Error
	orders  map[int64]*touched
}

// touched is an order some line of which moves in this turn.
type touched struct {
	before *State // nil: opened in this turn
	action Action // of its first move
	lines  []int64
	then   follow
}

// lineUpdate is one element of the JSON that update_lines.sql takes.
type lineUpdate struct {
	ID         int64                `json:"id"`
	From       State                `json:"from_state"`
	To         State                `json:"to_state"`
	Close      bool                 `json:"close"`
	Workflow   *evaluation.Workflow `json:"workflow"`
	Wait       *string              `json:"wait"`
	Error      *string              `json:"error"`
	ErrorClass *string              `json:"error_class"`
	Approval   int                  `json:"approval"` // 1: the proposed value is approved; -1: an earlier approval is void
	Postpone   bool                 `json:"postpone"`
	IsChanged  bool                 `json:"is_changed"`
	Refresh    bool                 `json:"refresh"`
	content
}

// content is what evaluation computed for a line.
type content struct {
	Current        *string    `json:"current"`
	Proposed       *string    `json:"proposed"`
	ValueID        *int64     `json:"value_id"`
	ReviewRequired bool       `json:"review_required"`
	IsMapped       bool       `json:"is_mapped"`
	RuleIDs        []int64    `json:"rule_ids"`
	Confidence     *int       `json:"confidence"`
	StartDate      *time.Time `json:"start_date"`
	EndDate        *time.Time `json:"end_date"`
	Unverified     bool       `json:"unverified"`
}

type historyEntry struct {
	OrderID int64  `json:"order_id"`
	LineID  *int64 `json:"line_id"`
	Action  Action `json:"action"`
	From    *State `json:"from_state"`
	To      *State `json:"to_state"`
	Comment string `json:"comment"`
}

func newTurn(ctx context.Context, now time.Time) *turn {
	return &turn{now: now, actor: permit.Name(ctx), refused: map[int64]*errs.Error{}, orders: map[int64]*touched{}}
}

// lock takes the orders of the lines, in id order so that two turns never wait for each other, and remembers their state.
func (t *turn) lock(ctx context.Context, tx bun.Tx, lineIDs []int64) error {
	var rows []struct {
		ID    int64
		State State
	}
	err := tx.NewRaw(`select id, state from provisioning_order
		where id in (select order_id from order_line where id = any(?)) order by id for update`, pgdialect.Array(lineIDs)).Scan(ctx, &rows)
	if err != nil {
		return fmt.Errorf("lock orders: %w", err)
	}
	for _, r := range rows {
		t.orders[r.ID] = &touched{before: new(r.State)}
	}
	return nil
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
	u := lineUpdate{ID: l.ID, From: l.State, To: to, Close: s.Close}
	if s.Workflow != evaluation.WorkflowNone {
		u.Workflow = &s.Workflow
	}
	if s.WaitReason != "" {
		u.Wait = &s.WaitReason
	}
	if s.Error != "" {
		u.Error = &s.Error
	}
	if s.ErrorClass != "" {
		u.ErrorClass = &s.ErrorClass
	}
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
	t.updates = append(t.updates, u)
	t.note(l.OrderID, l.ID, s.action, &l.State, to, s.Comment)
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
		if then := tableOfTransitions[a].Then; then == thenGenerate || o.then == nothing {
			o.then = then
		}
	}
	m := Moved{LineID: lineID, OrderID: orderID, From: entering, To: to}
	if from != nil {
		m.From = *from
	}
	t.moved = append(t.moved, m)
	if a != Refresh {
		t.history = append(t.history, historyEntry{OrderID: orderID, LineID: &lineID, Action: a, From: from, To: &to, Comment: comment})
	}
}

// commit carries the turn out: lines, history, roll-up, events, and what follows.
func (t *turn) commit(ctx context.Context, tx bun.Tx) (*Applied, error) {
	done := &Applied{Moved: t.moved, Refused: t.refused}
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
	for id, o := range t.orders {
		if o.action == "" { // locked, but nothing of it moved
			continue
		}
		ids = append(ids, id)
		if o.then == thenGenerate {
			again = append(again, id)
		}
	}
	slices.Sort(ids)
	if len(ids) == 0 {
		return done, nil
	}
	err := tx.NewRaw(sqlRollUp, pgdialect.Array(ids), pgdialect.Array(orEmpty(again)), stamp(t.now)).Scan(ctx, &done.Orders)
	if err != nil {
		return nil, fmt.Errorf("roll up orders: %w", err)
	}
	slices.SortFunc(done.Orders, func(a, b Rolled) int { return int(a.ID - b.ID) })
	if err := t.publish(ctx, tx, done.Orders); err != nil {
		return nil, err
	}
	return done, t.enqueue(ctx, tx, done.Orders)
}

func (t *turn) updateLines(ctx context.Context, tx bun.Tx) error {
	if len(t.updates) == 0 {
		return nil
	}
	raw, err := json.Marshal(t.updates)
	if err != nil {
		return fmt.Errorf("write moves: %w", err)
	}
	res, err := tx.NewRaw(sqlUpdateLines, string(raw), stamp(t.now)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("move order lines: %w", err)
	}
	if n, err := res.RowsAffected(); err == nil && int(n) != len(t.updates) {
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
			ids = append(ids, u.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	_, err := tx.NewRaw(`update order_line l set closed_at = ?0, version = l.version + 1, updated_at = ?0
		where l.closed_at is null and l.state = 6 and l.workflow_state = ?1
		  and l.order_id in (select order_id from order_line where id = any(?2))
		  and not exists (select from order_line x where x.order_id = l.order_id and x.closed_at is null
			and not (x.state = 6 and x.workflow_state = ?1))`, stamp(t.now), evaluation.Declined, pgdialect.Array(ids)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("end declined lines: %w", err)
	}
	return nil
}

func insertHistory(ctx context.Context, tx bun.IDB, now time.Time, actor string, entries []historyEntry) error {
	if len(entries) == 0 {
		return nil
	}
	raw, err := json.Marshal(entries)
	if err != nil {
		return fmt.Errorf("write history: %w", err)
	}
	_, err = tx.NewRaw(`insert into order_line_history (order_id, line_id, at, actor, action, from_state, to_state, comment)
		select order_id, line_id, ?, ?, action, from_state, to_state, comment
		from json_to_recordset(?) as h (order_id bigint, line_id bigint, action text, from_state smallint, to_state smallint, comment text)`,
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
		events = append(events, event.Event{Kind: "order.changed", SubjectType: "order", SubjectID: r.ID,
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
