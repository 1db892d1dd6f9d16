package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/order"
	"writ/server/permit"
)

// besideFor is how long the old secret signs beside the new one.
const besideFor = 24 * time.Hour

const longestDescription = 1000

// CreateWebhookInput describes an endpoint.
type CreateWebhookInput struct {
	URL         string
	Filter      *order.OrderFilter // nil: all orders the creator may see
	Events      []WebhookEvent     // what it is told of; nil: changes of orders
	Description *string
}

// CreateWebhookPayload holds the webhook and its secret, which is shown this once.
type CreateWebhookPayload struct {
	Webhook *Webhook
	Secret  string
}

// Create makes a webhook that delivers from now on. It needs WebhookUpdate; what is delivered later is what the creator may see then.
// Validation when the address cannot be an endpoint or the filter names what does not exist.
func (s *Service) Create(ctx context.Context, in CreateWebhookInput) (*CreateWebhookPayload, error) {
	if _, err := permit.Require(ctx, permit.WebhookUpdate); err != nil {
		return nil, err
	}
	if err := permit.WithAllRights(ctx); err != nil { // what is delivered later is what the account may see
		return nil, err
	}
	w := &Webhook{URL: strings.TrimSpace(in.URL), Filter: json.RawMessage("{}"), Owner: permit.Name(ctx), OwnerID: accountOf(ctx), CreatedAt: s.Clock.Now(), Version: 1}
	if err := checkURL(w.URL, s.AllowPrivate); err != nil {
		return nil, err
	}
	if err := w.describe(in); err != nil {
		return nil, err
	}
	secret := newSecret()
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		end, err := event.End(ctx, tx)
		if err != nil {
			return err
		}
		w.Position = end.Position
		w.Secret = []byte{}
		if err := insertWebhook(ctx, tx, w); err != nil {
			return err
		}
		if w.Secret, err = s.seal(w.ID, secret); err != nil { // bound to the row, which has its id only now
			return err
		}
		if err := exec(ctx, tx, `update webhook set secret = ? where id = ?`, w.Secret, w.ID); err != nil {
			return err
		}
		return s.publish(ctx, tx, EventCreated, w)
	})
	if err != nil {
		return nil, err
	}
	return &CreateWebhookPayload{Webhook: w, Secret: secret}, nil
}

// accountOf is the caller's account; nil: a part of the server.
func accountOf(ctx context.Context) *int64 {
	if a := permit.From(ctx); a != nil && a.UserID != 0 {
		return &a.UserID
	}
	return nil
}

func (w *Webhook) describe(in CreateWebhookInput) error {
	if in.Description != nil {
		w.Description = strings.TrimSpace(*in.Description)
	}
	if len(w.Description) > longestDescription {
		return errs.Invalid("input.description", "The description is longer than %d characters.", longestDescription)
	}
	w.Events = []WebhookEvent{OrderChanged}
	if len(in.Events) > 0 {
		w.Events = slices.Compact(slices.Sorted(slices.Values(in.Events)))
	}
	for _, e := range w.Events {
		if kindOf[e] == "" {
			return errs.Invalid("input.events", "There is no event %s.", e)
		}
	}
	if in.Filter == nil {
		return nil
	}
	if !slices.Contains(w.Events, OrderChanged) {
		return errs.Invalid("input.filter", "The filter is about orders. Without ORDER_CHANGED among the events it narrows nothing: leave it out.")
	}
	for _, name := range in.Filter.States {
		if _, ok := order.StateOf(name); !ok {
			return errs.Invalid("input.filter.states", "There is no state %s.", name)
		}
	}
	raw, err := json.Marshal(in.Filter)
	if err != nil {
		return fmt.Errorf("write the filter of a webhook: %w", err)
	}
	w.Filter = raw
	return nil
}

// Rotate gives a webhook a new secret, shown this once; for a day the old one signs beside it. A second rotation within that day ends the
// oldest at once. It needs WebhookUpdate, and the webhook must be the caller's: the secret is.
func (s *Service) Rotate(ctx context.Context, in WebhookInput) (*CreateWebhookPayload, error) {
	secret := newSecret()
	sealed, err := s.seal(in.ID, secret)
	if err != nil {
		return nil, err
	}
	out, err := s.change(ctx, in.ID, EventSecretRotated, func(ctx context.Context, tx bun.Tx, w *Webhook) error {
		if err := mine(ctx, tx, w); err != nil {
			return err
		}
		return updateSecret(ctx, tx, w.ID, sealed, s.Clock.Now().Add(besideFor))
	})
	if err != nil {
		return nil, err
	}
	return &CreateWebhookPayload{Webhook: out.Webhook, Secret: secret}, nil
}

func hostOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return u.Host
}
