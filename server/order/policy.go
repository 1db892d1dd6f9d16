package order

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/assignment"
	"writ/server/evaluation"
	"writ/server/permit"
)

// Policy carries out what an evaluation wants done about orders: opens, moves, refreshes, ends and withdraws, inside the evaluation's
// transaction and in a fixed number of statements however many orders there are. The open orders are locked in id order first and
// looked at again: what changed since the evaluation read them wins, and their owner is computed once more.
//
//	in flight   a worker holds it and has not answered: marked superseded, nothing else; its owner is computed again after the answer
//	superseded  software collected it and is silent: marked the same way; only what the data shows by now is taken (T5)
//	ticket      when what it asks for changes, the whole ticket is withdrawn and a new one opened by the next fulfil run (T6)
func (s *Service) Policy(ctx context.Context, tx bun.Tx, now time.Time, planned []assignment.PlannedOrder) error {
	planned = slices.DeleteFunc(slices.Clone(planned), func(p assignment.PlannedOrder) bool { return p.Delta == nil })
	if len(planned) == 0 {
		return nil
	}
	ctx = permit.With(ctx, permit.System("policy"))
	p := &policyRun{Service: s, turn: newTurn(ctx, now), planned: planned}
	for _, step := range []func(context.Context, bun.Tx) error{p.load, p.open, p.plan, p.insert, p.updateOrders, p.markAgain} {
		if err := step(ctx, tx); err != nil {
			return err
		}
	}
	if _, err := p.commit(ctx, tx); err != nil {
		return err
	}
	return p.noteKeys(ctx, tx)
}

// policyRun is one call of Policy.
type policyRun struct {
	*Service
	*turn
	planned  []assignment.PlannedOrder
	routes   map[int64]*route              // by resource type id
	byType   map[int64]*openOrder          // open orders by assigned resource type id
	lines    map[int64]map[int64]*lineHead // open lines by order id and line id
	fresh    []*newOrder
	newLines []newLine
	changes  []orderChange
	again    []int64 // owners to compute once more: their orders changed under the evaluation
}

// openOrder is an open order as Policy finds it under its lock.
type openOrder struct {
	ID                     int64
	AssignedResourceTypeID int64
	State                  State
	IsManual               bool
	InFlight               bool
	IsNew                  bool `bun:"-"` // opened by this run: not in the table yet
}

// orderChange is what happens to the columns of an order itself.
type orderChange struct {
	ID         int64      `json:"id"`
	Kind       string     `json:"kind"`
	TargetID   *int64     `json:"target_id"`
	DueAt      *time.Time `json:"due_at"`
	Supersede  bool       `json:"supersede"`
	Withdraw   bool       `json:"withdraw"`
	Ticket     string     `json:"ticket"` // how an open ticket ended; "": it goes on
	Unverified bool       `json:"unverified"`
}

func (p *policyRun) load(ctx context.Context, tx bun.Tx) error {
	var types, arts []int64
	for _, o := range p.planned {
		types, arts = append(types, o.ResourceTypeID), append(arts, o.AssignedResourceTypeID)
	}
	var err error
	if p.routes, err = p.selectRoutes(ctx, tx, distinct(types)); err != nil {
		return err
	}
	if err := p.lockOrphans(ctx, tx); err != nil {
		return err
	}
	return p.loadOpen(ctx, tx, arts)
}

// lockOrphans makes runs wait for each other that work on the same target without an owner: nothing else keeps two of them from opening
// an order for it. Whoever has an owner is computed under the lock of that owner.
func (p *policyRun) lockOrphans(ctx context.Context, tx bun.Tx) error {
	var arts []int64
	for _, o := range p.planned {
		if o.OwnerID == 0 {
			arts = append(arts, o.AssignedResourceTypeID)
		}
	}
	if len(arts) == 0 {
		return nil
	}
	_, err := tx.NewRaw(`select id from assigned_resource_type where id = any(?) order by id for no key update`, pgdialect.Array(arts)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("lock orphans: %w", err)
	}
	return nil
}

// loadOpen locks the open orders and reads their open lines.
func (p *policyRun) loadOpen(ctx context.Context, tx bun.Tx, arts []int64) error {
	var rows []*openOrder
	err := tx.NewRaw(`select id, assigned_resource_type_id, state, is_manual,
			(lease_owner is not null and lease_until > clock_timestamp()) or called_at is not null and states && '{`+evaluation.SQLPending+`,`+evaluation.SQLTransmitted+`}' as in_flight
		from provisioning_order where closed_at is null and assigned_resource_type_id = any(?) order by id for update`,
		pgdialect.Array(arts)).Scan(ctx, &rows)
	if err != nil {
		return fmt.Errorf("lock open orders: %w", err)
	}
	p.byType = make(map[int64]*openOrder, len(rows))
	ids := make([]int64, len(rows))
	for i, o := range rows {
		p.byType[o.AssignedResourceTypeID] = o
		p.orders[o.ID] = &touched{before: &o.State}
		ids[i] = o.ID
	}
	lines, err := readLineHeads(ctx, tx, "l.order_id = any(?) and l.closed_at is null", pgdialect.Array(ids))
	if err != nil {
		return fmt.Errorf("read open lines: %w", err)
	}
	p.lines = make(map[int64]map[int64]*lineHead, len(rows))
	for _, l := range lines {
		if p.lines[l.OrderID] == nil {
			p.lines[l.OrderID] = map[int64]*lineHead{}
		}
		p.lines[l.OrderID][l.ID] = l
	}
	return nil
}

// plan decides every line of every order.
func (p *policyRun) plan(context.Context, bun.Tx) error {
	for _, want := range p.planned {
		o := p.byType[want.AssignedResourceTypeID]
		switch {
		case o == nil:
			if want.Delta.OrderID != 0 || len(want.Delta.Lines) > 0 && !want.Delta.Withdraw { // ended, or opened by somebody else, meanwhile
				p.again = append(p.again, want.OwnerID)
			}
		case want.Delta.OrderID != 0 && want.Delta.OrderID != o.ID:
			p.again = append(p.again, want.OwnerID)
		case want.PassesOn && p.isOut(o):
			return assignment.ErrOvertaken
		case o.InFlight:
			p.changes = append(p.changes, orderChange{ID: o.ID, Supersede: true})
		default:
			p.planOrder(o, want.Delta)
		}
	}
	return nil
}

// isOut: the order was sent, or a deletion was carried out: too late to withdraw it.
func (p *policyRun) isOut(o *openOrder) bool {
	out := o.InFlight
	for _, l := range p.lines[o.ID] {
		out = out || l.State == evaluation.Transmitted && !o.IsManual || l.State == evaluation.Executed && l.Action == evaluation.LineDelete
	}
	return out
}

func (p *policyRun) planOrder(o *openOrder, d *evaluation.OrderDelta) {
	lines := p.lines[o.ID]
	byKey := make(map[string]*lineHead, len(lines))
	for _, l := range lines {
		byKey[lineKey(text(l.Property), l.Action, number(l.ValueID))] = l
	}
	change := orderChange{ID: o.ID, Kind: string(d.Kind), TargetID: optional(d.TargetID), DueAt: d.DueAt, Withdraw: d.Withdraw, Supersede: d.Supersede}
	decided := map[int64]bool{}
	var steps []step
	ticketChanges := false
	for _, ld := range d.Lines {
		l := lines[ld.LineID]
		if ld.LineID == 0 {
			l = byKey[lineKey(ld.Property, ld.Action, ld.ValueID)]
		}
		if l != nil && decided[l.ID] {
			continue
		}
		if l == nil {
			if ld.LineID != 0 { // the line ended meanwhile
				continue
			}
			line := newLineOf(o.ID, ld)
			p.newLines = append(p.newLines, line)
			ticketChanges = ticketChanges || line.state == evaluation.Pending
			continue
		}
		s := p.stepOf(l, ld)
		if to, ok := s.action.target(l.State); ok && l.State == evaluation.Transmitted && to != evaluation.Verified && to != l.State || ok && to == evaluation.Pending {
			ticketChanges = true
		}
		decided[l.ID] = true
		change.Unverified = change.Unverified || ld.Unverified
		steps = append(steps, s)
	}
	for _, l := range sortedLines(lines) {
		if decided[l.ID] {
			continue
		}
		switch {
		case d.Withdraw || d.Close:
			a := Withdraw
			if l.State == evaluation.Verified || l.State == evaluation.Executed {
				a = End
			}
			steps = append(steps, step{a, Move{LineID: l.ID, Close: true}})
		case l.State == evaluation.Transmitted && o.IsManual && ticketChanges:
			steps = append(steps, step{Compute, Move{LineID: l.ID, Comment: "The ticket was withdrawn: the order changed."}})
		}
	}
	if o.IsManual {
		change.Ticket = ticketEnd(lines, steps, d.Withdraw)
	}
	for _, s := range steps {
		p.decide(s, lines[s.LineID])
		if err := p.refused[s.LineID]; err != nil {
			p.Log.Warn("evaluation asked for a move that is not possible any more", "order", o.ID, "line", s.LineID, "action", s.action, "error", err)
		}
	}
	if !o.IsNew { // a new order is inserted with all this
		p.changes = append(p.changes, change)
	}
}

// ticketEnd tells how the open ticket of an order ends by these steps; "" when it goes on or there is none.
func ticketEnd(lines map[int64]*lineHead, steps []step, withdraw bool) string {
	had, stays, verified := false, false, false
	to, closed := map[int64]State{}, map[int64]bool{}
	for _, s := range steps {
		closed[s.LineID] = s.Close
		if next, ok := s.action.target(lines[s.LineID].State); ok {
			to[s.LineID] = next
		}
	}
	for id, l := range lines {
		if l.State != evaluation.Transmitted {
			continue
		}
		had = true
		next, moved := to[id]
		stays = stays || (!moved || next == evaluation.Transmitted) && !closed[id]
		verified = verified || next == evaluation.Verified
	}
	switch {
	case !had || stays:
		return ""
	case verified && !withdraw:
		return "VERIFIED_WITHOUT_FEEDBACK"
	}
	return "WITHDRAWN"
}

// stepOf turns a delta of an existing line into a step. The line may have moved since the evaluation read it: a refresh never takes it
// back, except that a value nobody reviewed goes to review again (P8).
func (p *policyRun) stepOf(l *lineHead, d evaluation.LineDelta) step {
	a := Action(d.Verb)
	if !isPolicyVerb(a) {
		a = verbTo(d.To)
	}
	if a == Refresh && d.To != l.State && d.To == evaluation.AwaitingApproval && l.State == evaluation.Pending && d.Proposed != text(l.ProposedValue) {
		a = Review
	}
	if a != Refresh && d.To == l.State && d.Proposed == text(l.ProposedValue) && a != Verify {
		a = Refresh // nothing moves and nothing is new: no history
	}
	closes := d.Close
	if (a == Withdraw || a == Expire) && closes && (l.State == evaluation.Verified || l.State == evaluation.Executed) {
		a = End
	}
	if a == Withdraw {
		closes = true
	}
	return step{a, Move{LineID: l.ID, Workflow: d.Workflow, WaitReason: d.WaitReason, Error: d.Error, ErrorClass: errorClassOf(d), Close: closes,
		content: contentOf(d)}}
}

func errorClassOf(d evaluation.LineDelta) string {
	if d.To == evaluation.Error {
		return string(ClassEvaluation)
	}
	return ""
}

func contentOf(d evaluation.LineDelta) *content {
	return &content{Current: &d.Current, Proposed: &d.Proposed, ValueID: optional(d.ValueID), ReviewRequired: d.ReviewRequired, IsMapped: d.IsMapped,
		RuleIDs: orEmpty(d.RuleIDs), Confidence: optional(d.Confidence), StartDate: d.Start, EndDate: d.End, Unverified: d.Unverified}
}

func lineKey(property string, a evaluation.LineAction, valueID int64) string {
	if a == evaluation.LineSet {
		valueID = 0 // a property has one value: another one replaces it
	}
	return fmt.Sprintf("%s|%s|%d", property, a, valueID)
}

func sortedLines(lines map[int64]*lineHead) []*lineHead {
	list := make([]*lineHead, 0, len(lines))
	for _, l := range lines {
		list = append(list, l)
	}
	slices.SortFunc(list, func(a, b *lineHead) int { return int(a.ID - b.ID) })
	return list
}

func (p *policyRun) updateOrders(ctx context.Context, tx bun.Tx) error {
	if len(p.changes) == 0 {
		return nil
	}
	raw, err := json.Marshal(p.changes)
	if err != nil {
		return fmt.Errorf("write orders: %w", err)
	}
	const recordset = `from json_to_recordset(?1) as c (id bigint, kind text, target_id bigint, due_at timestamptz, supersede boolean,
		withdraw boolean, ticket text, unverified boolean)`
	_, err = tx.NewRaw(`update provisioning_order o set
			kind = case when c.supersede or c.kind = '' then o.kind else c.kind end,
			target_id = case when c.supersede then o.target_id when c.kind = 'CREATE' then c.target_id else coalesce(c.target_id, o.target_id) end,
			due_at = case when c.supersede then o.due_at else c.due_at end,
			is_superseded = c.supersede or o.is_superseded and o.has_silent,
			is_withdrawn = c.withdraw,
			unverified_count = o.unverified_count + c.unverified::int
		`+recordset+` where o.id = c.id`, stamp(p.now), string(raw)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("update orders: %w", err)
	}
	var ended, given []int64
	for _, c := range p.changes {
		if c.Ticket != "" {
			ended = append(ended, c.ID)
		}
		if c.Ticket != "" || c.Withdraw {
			given = append(given, c.ID)
		}
	}
	if len(ended) > 0 {
		if _, err = tx.NewRaw(`update order_attempt a set ended_at = ?0, outcome = c.ticket
			`+recordset+` where a.order_id = c.id and a.ended_at is null and c.ticket <> ''`, stamp(p.now), string(raw)).Exec(ctx); err != nil {
			return fmt.Errorf("end tickets: %w", err)
		}
	}
	if err := noteSentKeys(ctx, tx, p.now, given); err != nil { // whoever had the ticket may have done it
		return err
	}
	return endNewKeys(ctx, tx, p.now, false, ended)
}

// markAgain asks for another evaluation of the owners whose orders changed while they were being evaluated.
func (p *policyRun) markAgain(ctx context.Context, tx bun.Tx) error {
	return p.markDirty(ctx, tx, "order changed during evaluation", p.again...)
}
