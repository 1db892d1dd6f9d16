package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"

	"github.com/uptrace/bun"

	"writ/server/errs"
	"writ/server/order"
	"writ/server/permit"
)

// IsOwn reports whether the caller made the webhook: others can only disable it.
func (w *Webhook) IsOwn(ctx context.Context) bool {
	a := permit.From(ctx)
	return a != nil && (a.System || w.OwnerID != nil && a.UserID == *w.OwnerID)
}

// ShownURL is where it is called, whole for who made it. What follows the server in such an address is often a secret that lets anybody call there.
func (w *Webhook) ShownURL(ctx context.Context) string {
	u, err := url.Parse(w.URL)
	if w.IsOwn(ctx) || err != nil || u.Path == "" && u.RawQuery == "" && u.Fragment == "" && u.User == nil {
		return w.URL
	}
	return u.Scheme + "://" + u.Host + "/…"
}

// mine refuses a verb about the webhook of somebody else: it would hand out his secret, or make his endpoint receive what he did not ask for.
func mine(ctx context.Context, _ bun.Tx, w *Webhook) error {
	if w.IsOwn(ctx) {
		return nil
	}
	return errs.New(errs.Forbidden, "This webhook is %s's. You can only disable it.", w.Owner).Of(w.ID)
}

// mineOrNobodys is mine that lets others tidy up behind an account that is gone or disabled.
func mineOrNobodys(ctx context.Context, tx bun.Tx, w *Webhook) error {
	var there bool
	if err := tx.NewRaw(`select exists (select from local_user where id = ? and not is_disabled)`, w.OwnerID).Scan(ctx, &there); err != nil {
		return fmt.Errorf("find the creator of a webhook: %w", err)
	}
	if !there {
		return nil
	}
	return mine(ctx, tx, w)
}

// subjectOf gives what a delivery tells of; no id: its body is of no shape we write.
func (d *WebhookDelivery) subjectOf() subject {
	type named struct {
		ID string `json:"id"`
	}
	var m struct {
		Type string `json:"type"`
		Data struct {
			Order   named `json:"order"`
			Subject named `json:"subject"`
		} `json:"data"`
	}
	if err := json.Unmarshal(d.Body, &m); err != nil {
		return subject{}
	}
	text := m.Data.Subject.ID
	if m.Type == order.EventChanged {
		text = m.Data.Order.ID
	}
	id, _ := strconv.ParseInt(text, 10, 64)
	return subject{m.Type, id}
}

// withheld is the error of an attempt that was not made.
const withheld = "not sent: who made the webhook may not see any more what it tells of"

// mayReceive reports whether the creator of a webhook may see now what a delivery tells.
func (s *Service) mayReceive(ctx context.Context, w *Webhook, d *WebhookDelivery) (bool, error) {
	actor, err := s.actor(ctx, w.OwnerID)
	if err != nil || actor == nil {
		return false, err
	}
	seen, err := s.seen(permit.With(ctx, actor), []*WebhookDelivery{d})
	return seen[d.subjectOf()], err
}

// seen gives those of the things told of by deliveries that the caller may see now.
func (s *Service) seen(ctx context.Context, deliveries []*WebhookDelivery) (map[subject]bool, error) {
	ids, found := make([]int64, 0, len(deliveries)), map[string][]int64{}
	for _, d := range deliveries {
		switch x := d.subjectOf(); {
		case x.id == 0:
		case x.kind == order.EventChanged:
			ids = append(ids, x.id)
		default:
			found[x.kind] = append(found[x.kind], x.id)
		}
	}
	list, err := s.Orders.ByIDs(ctx, ids, order.Selection{})
	if err != nil && !errs.Is(err, errs.Forbidden) {
		return nil, fmt.Errorf("look who may see deliveries: %w", err)
	}
	m := make(map[subject]bool, len(deliveries))
	for _, o := range list {
		m[subject{order.EventChanged, o.ID}] = true
	}
	if len(found) == 0 {
		return m, nil
	}
	told, err := s.tellsOf(ctx, found)
	for x := range told {
		m[x] = true
	}
	return m, err
}

// conceal takes out of deliveries what the caller may not see: the message, and the answer, which may repeat it.
func (s *Service) conceal(ctx context.Context, deliveries []*WebhookDelivery) error {
	seen, err := s.seen(ctx, deliveries)
	if err != nil {
		return err
	}
	for _, d := range deliveries {
		if seen[d.subjectOf()] {
			continue
		}
		d.Body = nil
		for _, a := range d.Attempts {
			a.Response = nil
		}
	}
	return nil
}
