package order

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/event"
	"writ/server/fulfil"
	"writ/server/permit"
	"writ/server/queue"
)

// settle writes the answers of errands this process still holds, in one transaction: attempts, columns, lines, events, what follows. An
// answer whose lease was lost is dropped: whoever took the order over reads the target back (or LateAnswer was first).
//
// An answer that cannot be stored concerns its own order alone: that one is Errored with the reason, since what was done is not known to
// Writ. The others are written.
func (s *Service) settle(ctx context.Context, answers []answer) error {
	err := s.settleTogether(ctx, answers)
	switch {
	case err == nil || !db.IsOfData(err):
		return err
	case len(answers) > 1:
		return errors.Join(s.settle(ctx, answers[:len(answers)/2]), s.settle(ctx, answers[len(answers)/2:]))
	}
	a := unstorable(answers[0], err)
	s.Log.ErrorContext(ctx, "an answer cannot be stored", "order", a.ID, "error", err)
	return s.settleTogether(ctx, []answer{a})
}

// unstorable is what is written instead of an answer that the database refuses.
func unstorable(a answer, cause error) answer {
	said := "The managed system answered (" + string(a.Outcome) + "), and the answer cannot be stored: "
	a.isInDoubt = a.Outcome.OK() || a.Outcome == fulfil.Unknown || a.Outcome == fulfil.TicketOpened
	a.Receipt = fulfil.Receipt{Outcome: fulfil.Refused, Message: said + cause.Error(), Hint: "Look into the managed system what was done, then send it again or decline."}
	return a
}

func (s *Service) settleTogether(ctx context.Context, answers []answer) error {
	return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		list := make([]*errand, len(answers))
		var keyed []int64 // their assigned resource type learns its key or its target
		for i, a := range answers {
			list[i] = a.errand
			if a.CreatedKey != "" || a.Associates {
				keyed = append(keyed, a.ID)
			}
		}
		if len(keyed) > 0 {
			if err := lockTypes(ctx, tx, keyed); err != nil {
				return err
			}
		}
		held, err := s.lockHeld(ctx, tx, list)
		if err != nil {
			return err
		}
		return s.settleIn(ctx, tx, slices.DeleteFunc(slices.Clone(answers), func(a answer) bool { return !held[a.ID] }))
	})
}

// settleIn is settle after the locks.
func (s *Service) settleIn(ctx context.Context, tx bun.Tx, answers []answer) error {
	if len(answers) == 0 {
		return nil
	}
	now := s.Clock.Now()
	var steps []step
	var executed []Executed
	var dirty, unmade []int64
	var soonest *time.Duration
	results, locked := make([]result, len(answers)), make(map[int64]State, len(answers))
	for i, a := range answers {
		locked[a.ID] = a.State
		r, action := judge(a)
		results[i] = r
		if r.Executed {
			executed = append(executed, a.executed())
		}
		if a.IsSuperseded && action != Lose || r.Executed && a.Associates {
			dirty = append(dirty, number(a.OwnerID))
		}
		if r.Errored && a.Change.Type == fulfil.Added && a.Change.Key != "" {
			unmade = append(unmade, a.ID)
		}
		if r.Errored && a.Outcome == fulfil.Conflict && a.takesKey() { // another value may be free
			dirty = append(dirty, number(a.OwnerID))
		}
		if r.WaitMillis != nil {
			wait := time.Duration(*r.WaitMillis) * time.Millisecond
			if soonest == nil || wait < *soonest {
				soonest = &wait
			}
		}
		if action == "" {
			continue
		}
		for _, l := range a.Lines {
			m := Move{LineID: l, Comment: r.Message}
			if action == Refuse {
				m.Error, m.ErrorClass = r.Message, r.Outcome
			}
			steps = append(steps, step{action, m})
		}
	}
	if err := writeAttempts(ctx, tx, now, results); err != nil {
		return err
	}
	if err := settleNewKeys(ctx, tx, now, answers, results); err != nil {
		return err
	}
	done, err := applyAnswers(ctx, tx, now, results, locked, steps)
	if err != nil {
		return err
	}
	for _, e := range done.Refused {
		s.Log.DebugContext(ctx, "a line moved on before its answer came", "error", e)
	}
	if err := offerKeys(ctx, tx, now, unmade); err != nil {
		return err
	}
	if err := s.markDirty(ctx, tx, "order answered", dirty...); err != nil {
		return err
	}
	if err := s.noteOutages(ctx, tx, now, answers); err != nil {
		return err
	}
	if len(executed) > 0 {
		if err := s.AfterExecuted(ctx, tx, executed); err != nil {
			return fmt.Errorf("ask for a read: %w", err)
		}
	}
	if soonest == nil {
		return nil
	}
	return s.wakeLater(ctx, tx, answers, *soonest)
}

// wakeLater asks for a drain when the first back-off is over. The sweep would come too; this is sooner.
func (s *Service) wakeLater(ctx context.Context, tx bun.Tx, answers []answer, wait time.Duration) error {
	ids := make([]int64, len(answers))
	for i, a := range answers {
		ids[i] = a.ID
	}
	var connections []int64
	err := tx.NewRaw(`select distinct o.connection_id from provisioning_order o join connector c on c.id = o.connector_id and c.mode = ?
		where o.id = any(?) and o.not_before is not null`, continuous, pgdialect.Array(ids)).Scan(ctx, &connections)
	if err != nil {
		return fmt.Errorf("find connections to wake: %w", err)
	}
	at := time.Now().Add(wait + 50*time.Millisecond) // River counts in machine time
	if err := dispatchDeparted(ctx, tx, ids, at); err != nil {
		return err
	}
	for _, id := range distinct(connections) {
		if err := queue.Insert(ctx, tx, DispatchArgs{ConnectionID: id}, scheduled(at)); err != nil {
			return err
		}
	}
	return nil
}

// scheduled puts a job off until an instant of the machine; zero: it runs at once.
func scheduled(at time.Time) *river.InsertOpts {
	if at.IsZero() {
		return nil
	}
	return &river.InsertOpts{ScheduledAt: at}
}

// Executed is where something was written, and what.
type Executed struct {
	ConnectorID int64
	EntityType  string   // of the target, by identifier; "": not known
	Keys        []string // of the target before and after, as the system has them; none: not known, or a person did it
	Effect      string   // of the receipt; "": not known
}

// longestEffect is how many characters of an effect are kept: connectors name a handful of tables.
const longestEffect = 1000

// executed is what a good answer says. What was only found done says nothing of what doing it did, and what cannot be stored says nothing.
func (a answer) executed() Executed {
	x := Executed{ConnectorID: number(a.ConnectorID)}
	keys := []string{a.CreatedKey}
	if a.Change.Type != fulfil.Added {
		keys = []string{a.Change.Key, text(a.Change.Changes[a.Change.KeyColumn])}
	}
	if a.IsManual || keys[0] == "" || db.Clip(a.Effect, longestEffect) != a.Effect {
		return x
	}
	for _, key := range keys {
		if db.Text(key) != key || directory.CheckKey(key) != nil {
			return Executed{ConnectorID: x.ConnectorID}
		}
		if key != "" && !slices.Contains(x.Keys, key) {
			x.Keys = append(x.Keys, key)
		}
	}
	x.EntityType, x.Effect = a.Change.TargetEntityType, a.Effect
	return x
}

// hints say what can be done about an error when the connector does not know better.
var hints = map[fulfil.Outcome]string{
	fulfil.Refused:  "Correct the data or what the system objects to, then send it again; or decline.",
	fulfil.Conflict: "Look which object stands in the way in the managed system, then send it again; or decline.",
	fulfil.NotFound: "Synchronize the system, then send it again; or decline.",
}

// judge maps an outcome to what happens to the order (design 8). The action is empty when the lines stay as they are.
func judge(a answer) (result, Action) {
	// the answers of many orders are written together: whatever a system said becomes a text that can be stored
	r := result{ID: a.ID, Art: a.ArtID, Outcome: string(a.Outcome), Message: db.Clip(a.Message, 1000), Hint: db.Clip(a.Hint, 1000),
		CreatedKey: optional(db.Text(a.CreatedKey))}
	if text(r.CreatedKey) != "" && directory.CheckKey(*r.CreatedKey) != nil { // what is no key finds nothing: the next reading tells which one it is
		r.CreatedKey = nil
		a.Detail += " The key that came with it is too long to be one."
	}
	r.Said = strings.TrimSpace(db.Clip(a.Message, 4000) + " " + db.Clip(a.Detail, 4000))
	wait := backOff(a.Tries + 1)
	switch a.Outcome {
	case fulfil.Done, fulfil.AlreadySo:
		if r.Executed, r.Associate = true, a.Associates; r.Associate {
			r.target = a.TargetID
		}
		return r, Execute
	case fulfil.Unreachable, fulfil.Throttled:
		wait = max(wait, a.RetryAfter)
		r.WaitMillis = new(wait.Milliseconds())
		return r, ""
	case fulfil.Unknown:
		// at once when this was the call itself: read back; later when reading back failed
		if !a.ReadBack {
			wait = 0
		}
		r.WaitMillis = new(wait.Milliseconds())
		r.Silent, r.IsOpen = true, true
		return r, Lose
	case fulfil.TicketOpened:
		// an external ticket tool took it: a person or LateAnswer closes it
		r.Silent, r.IsOpen = true, true
		return r, Transmit
	}
	r.Errored = true
	r.Hint = orElse(r.Hint, hints[a.Outcome])
	if a.isInDoubt { // CLOCK does not retry this class (R4 of the design: at most once, then a person)
		r.Outcome = string(fulfil.Unknown)
	}
	if r.Message == "" {
		r.Message = "The managed system did not accept the change (" + string(a.Outcome) + ")."
		r.Said = orElse(r.Said, r.Message)
	}
	return r, Refuse
}

func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

// LateAnswer takes an answer that comes after the attempt was given up: an agent that was cut off, a ticket tool. It is accepted once per
// attempt (ALREADY_DONE after that, NOT_FOUND for a key that was never given out), even when a later attempt is on its way: what is done
// is done, and the later attempt finds it so.
func (s *Service) LateAnswer(ctx context.Context, orderID int64, idempotencyKey string, receipt fulfil.Receipt) error {
	ctx = permit.With(ctx, permit.System("fulfil"))
	return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		var ids []int64
		if err := lockTypes(ctx, tx, []int64{orderID}); err != nil {
			return err
		}
		if err := tx.NewRaw(`select id from provisioning_order where id = ? for update`, orderID).Scan(ctx, &ids); err != nil {
			return fmt.Errorf("lock order: %w", err)
		}
		var attempts []struct {
			ID      int64
			EndedAt *time.Time
			Outcome *string
		}
		err := tx.NewRaw(`select id, ended_at, outcome from order_attempt where order_id = ? and idempotency_key::text = ?`, orderID, idempotencyKey).Scan(ctx, &attempts)
		if err != nil {
			return fmt.Errorf("find the attempt: %w", err)
		}
		if len(ids) == 0 || len(attempts) == 0 {
			return errs.Missing("Order %d has no attempt with this key.", orderID).Of(orderID)
		}
		late := attempts[0].EndedAt == nil || text(attempts[0].Outcome) == string(fulfil.Unknown) || text(attempts[0].Outcome) == "EXPIRED"
		list, err := s.loadErrands(ctx, tx, ids)
		if err != nil {
			return err
		}
		e := list[0]
		lines, err := sentLinesOf(ctx, tx, orderID)
		if err != nil {
			return err
		}
		if !late || len(lines) == 0 {
			return errs.New(errs.AlreadyDone, "This attempt was answered before.").Of(orderID)
		}
		e.Lines = lines
		// the fence moves: an attempt on its way loses its lease, its answer is the late one now
		if _, err := tx.NewRaw(`update provisioning_order set fence = fence + 1 where id = ?`, orderID).Exec(ctx); err != nil {
			return fmt.Errorf("move the fence: %w", err)
		}
		if _, err := tx.NewRaw(`update order_attempt set ended_at = null where id = ?`, attempts[0].ID).Exec(ctx); err != nil {
			return fmt.Errorf("reopen the attempt: %w", err)
		}
		e.ReadBack = true
		return s.settleIn(ctx, tx, []answer{{e, receipt}})
	})
}

// sentLinesOf gives the lines of an order whose answer is missing.
func sentLinesOf(ctx context.Context, tx bun.Tx, orderID int64) ([]int64, error) {
	var ids []int64
	err := tx.NewRaw(`select l.id from order_line l join provisioning_order o on o.id = l.order_id
		where l.order_id = ? and l.closed_at is null and l.state in (`+evaluation.SQLPending+`, `+evaluation.SQLTransmitted+`) and (l.id = any(o.sent_lines) or l.state = `+evaluation.SQLTransmitted+`) order by l.id`, orderID).Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("read sent lines: %w", err)
	}
	return ids, nil
}

// TicketsOpened is the data of the event ticket.opened: the mail about manual orders (spec 11.2) is made from it.
type TicketsOpened struct {
	OrderIDs         []int64 `json:"orderIds"`
	SourceEntityType string  `json:"sourceEntityType"`
	Count            int     `json:"count"`
}

func publishTickets(ctx context.Context, tx bun.Tx, now time.Time, list []*errand) error {
	byType := map[string][]int64{}
	var names []string
	for _, e := range list {
		if byType[e.Source] == nil {
			names = append(names, e.Source)
		}
		byType[e.Source] = append(byType[e.Source], e.ID)
	}
	slices.Sort(names)
	events := make([]event.Event, len(names))
	for i, name := range names {
		events[i] = event.Event{Kind: EventTicketOpened, SubjectType: "entity_type", SourceEntityType: name,
			Data: TicketsOpened{byType[name], name, len(byType[name])}}
	}
	return event.Publish(ctx, tx, now, events...)
}
