package order

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/permit"
)

// maxTicketMessage is the longest report of an operator, in characters (spec 4.3).
const maxTicketMessage = 4000

// ConfirmManualOrdersInput confirms tickets by ids or by a filter. CreatedKey is the key the target system gave, for one creation.
type ConfirmManualOrdersInput struct {
	OrderIDs   []int64
	Filter     *OrderFilter
	Comment    *string
	CreatedKey *string
}

// ReportManualOrderErrorsInput reports that tickets cannot be done.
type ReportManualOrderErrorsInput struct {
	OrderIDs []int64
	Filter   *OrderFilter
	Message  string
}

// ticketAction is a verb on open tickets. It needs ManualProvisioning of the source entity type and TicketReview on the order, and for more than one
// BulkManualProvisioning.
func ticketAction(ids []int64, filter *OrderFilter, a bulkAction, do func(ctx context.Context, tx bun.Tx, now time.Time, orders []*lockedOrder) error) bulkAction {
	a.permission, a.alsoPermission, a.among, a.ids, a.filter = permit.ManualProvisioning, permit.TicketReview, "o.has_ticket", ids, filter
	a.do = func(ctx context.Context, tx bun.Tx, now time.Time, orders []*lockedOrder) error {
		open := make([]*lockedOrder, 0, len(orders))
		for _, o := range orders {
			if !o.HasTicket {
				o.fail(o.noTicket())
				continue
			}
			open = append(open, o)
		}
		return do(ctx, tx, now, open)
	}
	return a
}

// noTicket tells why there is no ticket to answer: a colleague did it, or it was withdrawn because the order changed (spec 4.4).
func (o *lockedOrder) noTicket() *errs.Error {
	switch {
	case !o.IsManual:
		return errs.New(errs.InvalidTransition, "Order %d is not a ticket: it is %s (%d).", o.ID, NameOf(o.State), o.State)
	case !o.IsWithdrawn && (o.State == evaluation.Executed || o.State == evaluation.Verified || o.State == evaluation.Errored):
		return errs.New(errs.AlreadyDone, "Somebody else answered this ticket first. The order is %s (%d) now.", NameOf(o.State), o.State)
	}
	return errs.New(errs.StaleItem, "This ticket was withdrawn because the order changed. It is %s (%d) now.", NameOf(o.State), o.State)
}

// ticketSteps moves every line that is on a ticket.
func ticketSteps(orders []*lockedOrder, action func(*lockedOrder) Action, m Move) []step {
	var steps []step
	for _, o := range orders {
		for _, l := range o.lines {
			if l.State != evaluation.Transmitted {
				continue
			}
			m.LineID = l.ID
			a := action(o)
			m.Close = a == ConfirmUnsynced
			steps = append(steps, step{a, m})
		}
	}
	return steps
}

// Confirm says that tickets were done (T1): 2 -> 8, or 4 at once when the system cannot be synchronized (T2).
func (s *Service) Confirm(ctx context.Context, in ConfirmManualOrdersInput) (*BulkOrdersPayload, error) {
	if text(in.CreatedKey) != "" && len(in.OrderIDs) != 1 {
		return nil, errs.Invalid("input.createdKey", "A created key belongs to one order. Confirm that order alone.")
	}
	if err := directory.CheckKey(text(in.CreatedKey)); err != nil {
		return nil, errs.As(err).At("input.createdKey")
	}
	if err := checkComment(in.Comment); err != nil {
		return nil, err
	}
	if err := idsOrFilter(in.OrderIDs, in.Filter); err != nil {
		return nil, err
	}
	return s.bulk(ctx, s.confirming(in))
}

// confirming is Confirm as an action.
func (s *Service) confirming(in ConfirmManualOrdersInput) bulkAction {
	return ticketAction(in.OrderIDs, in.Filter, bulkAction{bulkPermission: permit.BulkManualProvisioning}, func(ctx context.Context, tx bun.Tx, now time.Time, orders []*lockedOrder) error {
		if key := text(in.CreatedKey); key != "" {
			for _, o := range orders {
				if o.Kind != evaluation.Create {
					return errs.Invalid("input.createdKey", "Order %d creates nothing, so it cannot have a created key.", o.ID).Of(o.ID)
				}
			}
		}
		return s.confirm(ctx, tx, now, in, orders)
	})
}

func (s *Service) confirm(ctx context.Context, tx bun.Tx, now time.Time, in ConfirmManualOrdersInput, orders []*lockedOrder) error {
	orders, taken, err := othersKeys(ctx, tx, orders, text(in.CreatedKey))
	if err != nil {
		return err
	}
	var ids, unsynced, connectors, dirty []int64
	for _, o := range orders {
		ids = append(ids, o.ID)
		if o.IsUnsynced {
			unsynced = append(unsynced, o.AssignedResourceTypeID)
			dirty = append(dirty, number(o.OwnerID))
		} else {
			connectors = append(connectors, number(o.ConnectorID))
		}
		if o.IsSuperseded || o.Kind == evaluation.Associate {
			dirty = append(dirty, number(o.OwnerID))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	key, who := optional(text(in.CreatedKey)), permit.Name(ctx)
	for _, q := range []struct {
		sql  string
		args []any
	}{
		// without another word the new target has the key that the ticket says: by it the target is known also when nothing correlates it
		{`update provisioning_order o set executed_at = ?, created_key = coalesce(?, o.created_key, case when not o.id = any(?) then ` + ticketKey("l.closed_at is null") + ` end),
			error_count = 0, is_superseded = false, assignee = coalesce(assignee, ?) where id = any(?)`, []any{stamp(now), key, arrayOf(taken), who, arrayOf(ids)}},
		{`update order_attempt set ended_at = ?, outcome = 'CONFIRMED', message = ?, worker = ? where ended_at is null and order_id = any(?)`,
			[]any{stamp(now), text(in.Comment), who, arrayOf(ids)}},
	} {
		if _, err := tx.NewRaw(q.sql, q.args...).Exec(ctx); err != nil {
			return fmt.Errorf("note the confirmation: %w", err)
		}
	}
	var answers []assignment.Answer
	err = tx.NewRaw(`select assigned_resource_type_id, created_key, case when kind = 'ASSOCIATE' then target_id end as resource_id,
		assigned_resource_type_id = any (?) as is_verified from provisioning_order where id = any (?) order by 1`, arrayOf(unsynced), arrayOf(ids)).Scan(ctx, &answers)
	if err != nil {
		return fmt.Errorf("note the confirmation: %w", err)
	}
	if err := assignment.Answered(ctx, tx, now, answers); err != nil {
		return err
	}
	if err := endNewKeys(ctx, tx, now, true, ids); err != nil {
		return err
	}
	steps := ticketSteps(orders, func(o *lockedOrder) Action {
		if o.IsUnsynced {
			return ConfirmUnsynced
		}
		return Confirm
	}, Move{Comment: text(in.Comment)})
	if _, err := apply(ctx, tx, now, steps); err != nil {
		return err
	}
	if err := s.markDirty(ctx, tx, "ticket confirmed", dirty...); err != nil {
		return err
	}
	if ids := distinct(connectors); len(ids) > 0 {
		list := make([]Executed, len(ids))
		for i, id := range ids {
			list[i].ConnectorID = id
		}
		if err := s.AfterExecuted(ctx, tx, list); err != nil {
			return fmt.Errorf("ask for a read: %w", err)
		}
	}
	return nil
}

// ReportErrors says that tickets could not be done (T3): 2 -> 3 with the operator's message.
func (s *Service) ReportErrors(ctx context.Context, in ReportManualOrderErrorsInput) (*BulkOrdersPayload, error) {
	message := strings.TrimSpace(in.Message)
	if n := utf8.RuneCountInString(message); n == 0 || n > maxTicketMessage {
		return nil, errs.Invalid("input.message", "Say what went wrong, in 1 to %d characters.", maxTicketMessage)
	}
	if err := idsOrFilter(in.OrderIDs, in.Filter); err != nil {
		return nil, err
	}
	return s.bulk(ctx, s.reporting(in, message))
}

// reporting is ReportErrors as an action.
func (s *Service) reporting(in ReportManualOrderErrorsInput, message string) bulkAction {
	return ticketAction(in.OrderIDs, in.Filter, bulkAction{bulkPermission: permit.BulkManualProvisioning}, func(ctx context.Context, tx bun.Tx, now time.Time, orders []*lockedOrder) error {
		var ids, dirty []int64
		for _, o := range orders {
			ids = append(ids, o.ID)
			if o.IsSuperseded {
				dirty = append(dirty, number(o.OwnerID))
			}
		}
		who := permit.Name(ctx)
		if _, err := tx.NewRaw(`update provisioning_order set errored_at = ?, error_class = ?, error_message = ?, error_hint = 'Talk to the operator, then send it again or decline.',
				error_count = error_count + 1, is_superseded = false where id = any(?)`, stamp(now), ClassOperator, message, arrayOf(ids)).Exec(ctx); err != nil {
			return fmt.Errorf("note the error: %w", err)
		}
		if _, err := tx.NewRaw(`update order_attempt set ended_at = ?, outcome = ?, message = ?, worker = ? where ended_at is null and order_id = any(?)`,
			stamp(now), ClassOperator, message, who, arrayOf(ids)).Exec(ctx); err != nil {
			return fmt.Errorf("end attempts: %w", err)
		}
		if err := dropNewKeys(ctx, tx, ids); err != nil {
			return err
		}
		steps := ticketSteps(orders, func(*lockedOrder) Action { return Report }, Move{Comment: message, Error: message, ErrorClass: string(ClassOperator)})
		if _, err := apply(ctx, tx, now, steps); err != nil {
			return err
		}
		if err := offerKeys(ctx, tx, now, ids); err != nil {
			return err
		}
		return s.markDirty(ctx, tx, "ticket answered", dirty...)
	})
}

// Take marks open tickets as the caller's.
func (s *Service) Take(ctx context.Context, in BulkOrdersInput) (*BulkOrdersPayload, error) {
	who := permit.Name(ctx)
	return s.assign(ctx, in, Take, &who)
}

// GiveBack makes open tickets anybody's again.
func (s *Service) GiveBack(ctx context.Context, in BulkOrdersInput) (*BulkOrdersPayload, error) {
	return s.assign(ctx, in, GiveBack, nil)
}

func (s *Service) assign(ctx context.Context, in BulkOrdersInput, a Action, who *string) (*BulkOrdersPayload, error) {
	if err := idsOrFilter(in.OrderIDs, in.Filter); err != nil {
		return nil, err
	}
	return s.bulk(ctx, ticketAction(in.OrderIDs, in.Filter, bulkAction{alsoOwn: a == GiveBack}, func(ctx context.Context, tx bun.Tx, now time.Time, orders []*lockedOrder) error {
		var ids []int64
		for _, o := range orders {
			ids = append(ids, o.ID)
		}
		if _, err := tx.NewRaw(`update provisioning_order set assignee = ? where id = any(?)`, who, arrayOf(ids)).Exec(ctx); err != nil {
			return fmt.Errorf("assign tickets: %w", err)
		}
		_, err := apply(ctx, tx, now, ticketSteps(orders, func(*lockedOrder) Action { return a }, Move{Comment: text(in.Comment)}))
		return err
	}))
}

// askedAt gives since when somebody was asked for an order o that may have been done without a word, as at.
const askedAt = `(select min(started_at) as at from order_attempt where order_id = o.id and (ended_at is null or outcome in ` + assignment.MayHaveDone + `))`

// othersKeys gives the creations whose key an account had before anybody was asked for it: that account was not made for them, whatever the
// ticket says. Whoever names such an account as what he made is refused; who says nothing is believed, and what he made is found by its correlation.
func othersKeys(ctx context.Context, tx bun.Tx, orders []*lockedOrder, named string) (rest []*lockedOrder, taken []int64, err error) {
	ids := make([]int64, len(orders))
	for i, o := range orders {
		ids[i] = o.ID
	}
	err = tx.NewRaw(`select o.id from provisioning_order o join resource_type t on t.id = o.resource_type_id
		join lateral `+askedAt+` s on s.at is not null
		join resource x on x.entity_type_id = t.target_entity_type_id and x.valid_to = 'infinity' and x.key = coalesce(?0, `+ticketKey("l.closed_at is null")+`)
		where o.id = any (?1) and o.kind = 'CREATE' and `+assignment.WasThere+` order by 1`, optional(named), arrayOf(ids)).Scan(ctx, &taken)
	if err != nil {
		return nil, nil, fmt.Errorf("look for accounts that were there before: %w", err)
	}
	if named == "" {
		return orders, taken, nil
	}
	for _, o := range orders {
		if slices.Contains(taken, o.ID) {
			o.fail(errs.Invalid("input.createdKey", "%s was there before anybody was asked for it, so it is not what was made for order %d. Give the key of what was made, or report an error.",
				db.Clip(named, 200), o.ID))
			continue
		}
		rest = append(rest, o)
	}
	return rest, nil, nil
}

// ticketKey is the key that the ticket of a creation o says, by the lines l that count; null: it says none.
func ticketKey(lines string) string {
	return `(select min(l.proposed_value) from order_line l
		join resource_type t on t.id = o.resource_type_id join property p on p.entity_type_id = t.target_entity_type_id and p.identifier = l.property
		left join property_mapping m on m.property_id = p.id
		where l.order_id = o.id and ` + lines + ` and l.action = 'SET' and l.proposed_value <> '' and (m.is_primary_key or p.is_key) and o.kind = 'CREATE')`
}

// noteSentKeys keeps the keys of creations that end without an answer: whoever had the ticket may have made the account without a word, and the
// call may have been made. When the account appears it is known by its key, although the person is gone who would be correlated with it. A key
// that an account had before anybody was asked is not noted: that one was not made for the order, and must not go with the person.
func noteSentKeys(ctx context.Context, tx bun.Tx, now time.Time, orderIDs []int64) error {
	if len(orderIDs) == 0 {
		return nil
	}
	var keys []assignment.Answer
	err := tx.NewRaw(`select assigned_resource_type_id, created_key
		from (select o.assigned_resource_type_id, t.target_entity_type_id, s.at as sent_at, `+ticketKey("(l.closed_at is null or l.closed_at >= ?0)")+` as created_key
			from provisioning_order o join assigned_resource_type a on a.id = o.assigned_resource_type_id and a.created_key is null and a.resource_id is null
			join resource_type t on t.id = o.resource_type_id
			join lateral `+askedAt+` s on s.at is not null
			where o.id = any (?1)) k
		cross join lateral (select k.sent_at as at) s
		where created_key is not null and not exists (select from resource x where x.entity_type_id = k.target_entity_type_id and x.key = k.created_key
			and x.valid_to = 'infinity' and `+assignment.WasThere+`)
		order by 1`, stamp(now), arrayOf(orderIDs)).Scan(ctx, &keys)
	if err != nil {
		return fmt.Errorf("note the keys of creations without an answer: %w", err)
	}
	return assignment.Answered(ctx, tx, now, keys)
}
