package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"writ/server/access"
	"writ/server/db"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/order"
	"writ/server/permit"
)

// pumpLimit is how many events one transaction turns into deliveries of one webhook.
const pumpLimit = 500

// Pump turns the events since last time into deliveries of all webhooks that are not disabled. Any number of processes may do it at the
// same moment: whoever moves a webhook's position first has written the deliveries, the others drop theirs.
func (s *Service) Pump(ctx context.Context) error {
	behind, err := selectBehind(ctx, s.DB)
	if err != nil {
		return err
	}
	var failed error
	for _, w := range behind { // one that cannot be brought up to date holds up no other
		if err := s.pump(ctx, w); err != nil {
			failed = errors.Join(failed, fmt.Errorf("pump webhook %d: %w", w.ID, err))
		}
	}
	return failed
}

// pump brings one webhook up to date. Reading is done outside of the transaction, which therefore is short.
func (s *Service) pump(ctx context.Context, w *Webhook) error {
	for {
		batch, err := event.ReadBatch(ctx, s.DB, event.Cursor{Position: w.Position}, event.Filter{Kinds: kindsOf(w.Events)}, pumpLimit)
		if err != nil || batch.Next.Position == w.Position {
			return err
		}
		deliveries, err := s.deliveries(ctx, w, batch.Rows)
		if err != nil {
			return err
		}
		moved, err := s.advance(ctx, w, batch.Next.Position, deliveries, open)
		if err != nil && db.IsOfData(err) { // one message cannot be stored: the others are
			moved, err = s.advance(ctx, w, batch.Next.Position, deliveries, s.openApart)
		}
		if err != nil || !moved || !batch.More {
			return err
		}
		w.Position = batch.Next.Position
	}
}

// openApart is open with those put aside that cannot be stored: they are given up at once and say why, the others go out.
func (s *Service) openApart(ctx context.Context, tx bun.Tx, deliveries []*WebhookDelivery) (opened int, err error) {
	err = db.ApartIn(ctx, tx, deliveries, func(tx bun.Tx, part []*WebhookDelivery) error {
		n, err := open(ctx, tx, part)
		opened += n
		return err
	}, func(tx bun.Tx, d *WebhookDelivery, cause error) error {
		s.Log.ErrorContext(ctx, "a webhook's message cannot be stored", "webhook", d.WebhookID, "event", d.EventID, "error", cause)
		bare := *d
		bare.Body, bare.NextAt = json.RawMessage("{}"), nil
		err := db.Inside(ctx, tx, func(ctx context.Context, tx bun.Tx) error {
			if _, err := open(ctx, tx, []*WebhookDelivery{&bare}); err != nil {
				return err
			}
			var id int64
			if err := tx.NewRaw("select id from webhook_delivery where webhook_id = ? and message_id = ?", bare.WebhookID, bare.MessageID).Scan(ctx, &id); err != nil {
				return err
			}
			attempt, err := insertAttempt(ctx, tx, id, bare.CreatedAt)
			if err != nil {
				return err
			}
			if err := updateAttempt(ctx, tx, attempt, answer{Error: db.Clip("The message cannot be stored: "+cause.Error(), 1000)}); err != nil {
				return err
			}
			_, err = apply(ctx, tx, bare.CreatedAt, GiveUp, move{ID: id})
			return err
		})
		if err != nil && !db.IsOfData(err) {
			return err
		}
		return nil // not even that can be stored: it is in the log of the server alone
	})
	return opened, err
}

// advance writes deliveries and moves the position, together; false: another process did, or the webhook was changed meanwhile.
func (s *Service) advance(ctx context.Context, w *Webhook, to int64, deliveries []*WebhookDelivery,
	open func(context.Context, bun.Tx, []*WebhookDelivery) (int, error)) (moved bool, err error) {
	err = db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		if moved, err = advancePosition(ctx, tx, w.ID, w.Position, to); err != nil || !moved {
			return err
		}
		n, err := open(ctx, tx, deliveries)
		if err != nil || n == 0 {
			return err
		}
		return enqueueDrain(ctx, tx, w.ID)
	})
	return moved, err
}

// deliveries are those that a webhook gets for some events: its filter, and the rights of its creator as they are now.
func (s *Service) deliveries(ctx context.Context, w *Webhook, rows []event.Row) ([]*WebhookDelivery, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	var filter order.OrderFilter
	if err := json.Unmarshal(w.Filter, &filter); err != nil {
		return nil, fmt.Errorf("filter: %w", err)
	}
	orders, err := s.visible(ctx, w.OwnerID, rows)
	if err != nil {
		return nil, err
	}
	found, err := s.findings(ctx, w.OwnerID, rows)
	if err != nil || len(orders)+len(found) == 0 {
		return nil, err
	}
	targetTypes, err := selectTargetTypes(ctx, s.DB, orders)
	if err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	var list []*WebhookDelivery
	add := func(r event.Row, body json.RawMessage) {
		list = append(list, &WebhookDelivery{WebhookID: w.ID, MessageID: messageID(r.ID), EventID: r.ID, Body: body,
			Since: now, NextAt: &now, CreatedAt: now})
	}
	for _, r := range rows {
		if x := found[subject{r.Kind, r.SubjectID}]; x != nil {
			body, err := writeFinding(r, x)
			if err != nil {
				s.Log.ErrorContext(ctx, "an event is no message", "webhook", w.ID, "error", err)
				continue
			}
			add(r, body)
			continue
		}
		o := orders[r.SubjectID]
		if o == nil || r.Kind != order.EventChanged {
			continue
		}
		m, err := movedOf(r)
		if err != nil {
			s.Log.ErrorContext(ctx, "an event is no message", "webhook", w.ID, "error", err)
			continue
		}
		then := *o
		then.Code = order.State(m.To) // the order may have moved on: the filter is about this move
		if !filter.Match(&then) {
			continue
		}
		body, err := write(r, m, o, targetTypes)
		if err != nil {
			return nil, err
		}
		add(r, body)
	}
	return list, nil
}

// visible gives the orders of events that an account may see now, by id. Nobody, and who may see no orders at all, sees none.
func (s *Service) visible(ctx context.Context, account *int64, rows []event.Row) (map[int64]*order.Order, error) {
	var ids []int64
	for _, r := range rows {
		if r.Kind == order.EventChanged {
			ids = append(ids, r.SubjectID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	actor, err := s.actor(ctx, account)
	if err != nil || actor == nil {
		return nil, err
	}
	slices.Sort(ids)
	list, err := s.Orders.ByIDs(permit.With(ctx, actor), slices.Compact(ids), order.Selection{})
	if errs.Is(err, errs.Forbidden) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	m := make(map[int64]*order.Order, len(list))
	for _, o := range list {
		m[o.ID] = o
	}
	return m, nil
}

// actor is an account with the rights of now; nil when it is gone, or may not be used.
func (s *Service) actor(ctx context.Context, account *int64) (*permit.Actor, error) {
	if account == nil {
		return nil, nil
	}
	return access.ActorOf(ctx, s.DB, *account, s.Demo, s.Clock.Now())
}
