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

// orderOf gives the order a delivery tells of; 0: its body is of no shape we write.
func (d *WebhookDelivery) orderOf() int64 {
	var m struct {
		Data struct {
			Order struct {
				ID string `json:"id"`
			} `json:"order"`
		} `json:"data"`
	}
	if err := json.Unmarshal(d.Body, &m); err != nil {
		return 0
	}
	id, _ := strconv.ParseInt(m.Data.Order.ID, 10, 64)
	return id
}

// withheld is the error of an attempt that was not made.
const withheld = "not sent: who made the webhook may not see the order any more"

// mayReceive reports whether the creator of a webhook may see now what a delivery tells.
func (s *Service) mayReceive(ctx context.Context, w *Webhook, d *WebhookDelivery) (bool, error) {
	actor, err := s.actor(ctx, w.OwnerID)
	if err != nil || actor == nil {
		return false, err
	}
	seen, err := s.seen(permit.With(ctx, actor), []*WebhookDelivery{d})
	return seen[d.orderOf()], err
}

// seen gives those of the orders told of by deliveries that the caller may see now.
func (s *Service) seen(ctx context.Context, deliveries []*WebhookDelivery) (map[int64]bool, error) {
	ids := make([]int64, 0, len(deliveries))
	for _, d := range deliveries {
		ids = append(ids, d.orderOf())
	}
	list, err := s.Orders.ByIDs(ctx, ids, order.Selection{})
	if err != nil && !errs.Is(err, errs.Forbidden) {
		return nil, fmt.Errorf("look who may see deliveries: %w", err)
	}
	m := make(map[int64]bool, len(list))
	for _, o := range list {
		m[o.ID] = true
	}
	return m, nil
}

// conceal takes out of deliveries what the caller may not see: the message, and the answer, which may repeat it.
func (s *Service) conceal(ctx context.Context, deliveries []*WebhookDelivery) error {
	seen, err := s.seen(ctx, deliveries)
	if err != nil {
		return err
	}
	for _, d := range deliveries {
		if seen[d.orderOf()] {
			continue
		}
		d.Body = nil
		for _, a := range d.Attempts {
			a.Response = nil
		}
	}
	return nil
}
