package webhook

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"writ/server/clock"
	"writ/server/db"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/order"
	"writ/server/outbound"
	"writ/server/permit"
	"writ/server/reconciliation"
)

// Kinds of the events that this room publishes.
const (
	EventCreated       = "webhook.created"
	EventDeleted       = "webhook.deleted"
	EventEnabled       = "webhook.enabled"
	EventDisabled      = "webhook.disabled"
	EventReplayed      = "webhook.replayed"
	EventSecretRotated = "webhook.secret_rotated"
)

// Service tells machines about order changes, and about what is found and decided in reconciliation. server/app makes one per process.
type Service struct {
	DB             *bun.DB
	Clock          *clock.Clock
	Log            *slog.Logger
	Keyring        Keyring
	Orders         *order.Service          // finds and shows the orders of events, in the scope of the webhook's creator
	Reconciliation *reconciliation.Service // the same for differences and found roles

	AllowPrivate bool // endpoints on private, local and reserved addresses, and plain http (WRIT_ALLOW_PRIVATE_WEBHOOKS)
	Demo         bool // demo accounts may sign in: their webhooks deliver too
	Concurrency  int  // requests to one endpoint at a time, over all processes; 0 = 4

	once sync.Once
	http *http.Client
}

func (s *Service) client() *http.Client {
	s.once.Do(func() { s.http = outbound.NewClient(s.AllowPrivate, sendTimeout) })
	return s.http
}

func (s *Service) concurrency() int {
	if s.Concurrency > 0 {
		return s.Concurrency
	}
	return 4
}

// wall is the machine's time: what receivers compare timestamps with.
func (s *Service) wall() time.Time { return s.Clock.Now().Add(-s.Clock.Offset()) }

// Webhook is an endpoint that receives events.
type Webhook struct {
	bun.BaseModel `bun:"table:webhook,alias:w"`

	ID                  int64 `bun:",pk,autoincrement"`
	URL                 string
	Description         string
	Filter              json.RawMessage `bun:"type:jsonb"` // order.OrderFilter: narrows ORDER_CHANGED
	Events              []WebhookEvent  `bun:",array"`     // what it is told of
	Secret              []byte          // sealed
	PreviousSecret      []byte          // sealed; signs beside until PreviousSecretUntil
	PreviousSecretUntil *time.Time
	IsDisabled          bool
	DisabledReason      *string
	Failures            int
	FailingSince        *time.Time
	PausedUntil         *time.Time
	Owner               string // username of the creator when he made it
	OwnerID             *int64 // his account: deliveries stay inside its rights of now; nil: it is gone
	CreatedAt           time.Time
	Position            int64 // of the last event that deliveries were made of
	Version             int

	Pending   int `bun:",scanonly"` // deliveries not sent yet
	Failed    int `bun:",scanonly"` // deliveries that failed, to be tried again or given up
	Delivered int `bun:",scanonly"` // deliveries of the last thirty days that were taken
}

// WebhookInput names a webhook.
type WebhookInput struct{ ID int64 }

// WebhookPayload holds a webhook as it is now.
type WebhookPayload struct{ Webhook *Webhook }

// DeleteWebhookPayload tells what is gone.
type DeleteWebhookPayload struct{ ID int64 }

// List gives all webhooks, oldest first. It needs WebhookQuery.
func (s *Service) List(ctx context.Context) ([]*Webhook, error) {
	if _, err := permit.Require(ctx, permit.WebhookQuery); err != nil {
		return nil, err
	}
	return selectWebhooks(ctx, s.DB, nil)
}

// Get gives one webhook; NotFound when there is none. It needs WebhookQuery.
func (s *Service) Get(ctx context.Context, id int64) (*Webhook, error) {
	if _, err := permit.Require(ctx, permit.WebhookQuery); err != nil {
		return nil, err
	}
	return getWebhook(ctx, s.DB, id)
}

// Find is Get that gives nil when there is no such webhook.
func (s *Service) Find(ctx context.Context, id int64) (*Webhook, error) {
	w, err := s.Get(ctx, id)
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	return w, err
}

// Enable lets a webhook deliver again, from where it stopped: what happened meanwhile is delivered too, and what had failed is tried at
// once with three days ahead of it. It needs WebhookUpdate, and the webhook must be the caller's.
func (s *Service) Enable(ctx context.Context, in WebhookInput) (*WebhookPayload, error) {
	return s.change(ctx, in.ID, EventEnabled, func(ctx context.Context, tx bun.Tx, w *Webhook) error {
		if err := mine(ctx, tx, w); err != nil || !w.IsDisabled {
			return err
		}
		if err := updateEnabled(ctx, tx, w.ID); err != nil {
			return err
		}
		if err := updateFreshStart(ctx, tx, w.ID, s.Clock.Now()); err != nil {
			return err
		}
		return enqueueDrain(ctx, tx, w.ID)
	})
}

// Disable stops a webhook: nothing is sent, nothing is lost. What is on its way at this moment still arrives. It needs WebhookUpdate.
func (s *Service) Disable(ctx context.Context, in WebhookInput) (*WebhookPayload, error) {
	return s.change(ctx, in.ID, EventDisabled, func(ctx context.Context, tx bun.Tx, w *Webhook) error {
		return updateDisabled(ctx, tx, w.ID, "Disabled by "+permit.Name(ctx)+".")
	})
}

// ReplayWebhookInput says from where to deliver again.
type ReplayWebhookInput struct {
	ID    int64
	After string // cursor of an order change
}

// Replay delivers again everything after a cursor that the webhook has passed, under the ids it had before, so that receivers drop what
// they know. Filter and rights are those of now. Newer changes follow in their order. It needs WebhookUpdate, and the webhook must be the
// caller's. Validation for a cursor of another server, or one that a restored backup does not reach.
func (s *Service) Replay(ctx context.Context, in ReplayWebhookInput) (*WebhookPayload, error) {
	after, err := event.Parse(in.After)
	if err != nil {
		return nil, errs.Invalid("input.after", "This is not a cursor of an order change. Take it from the body of a delivery.")
	}
	return s.change(ctx, in.ID, EventReplayed, func(ctx context.Context, tx bun.Tx, w *Webhook) error {
		if err := mine(ctx, tx, w); err != nil {
			return err
		}
		after, err := event.Resolve(ctx, tx, after)
		if e := errs.As(err); e != nil {
			return e.At("input.after")
		}
		if err != nil || after.Position >= w.Position {
			return err // not passed yet: it will be delivered anyway
		}
		return updatePosition(ctx, tx, w.ID, after.Position)
	})
}

// Delete removes a webhook with its deliveries. It needs WebhookUpdate, and the webhook must be the caller's, or that of an account that is
// gone or disabled.
func (s *Service) Delete(ctx context.Context, in WebhookInput) (*DeleteWebhookPayload, error) {
	if _, err := permit.Require(ctx, permit.WebhookUpdate); err != nil {
		return nil, err
	}
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		w, err := lockWebhook(ctx, tx, in.ID)
		if err != nil {
			return err
		}
		if err := mineOrNobodys(ctx, tx, w); err != nil {
			return err
		}
		if err := deleteWebhook(ctx, tx, w.ID); err != nil {
			return err
		}
		return s.publish(ctx, tx, EventDeleted, w)
	})
	return &DeleteWebhookPayload{ID: in.ID}, err
}

// change is the frame of the verbs about one webhook: right, lock, rule, event.
func (s *Service) change(ctx context.Context, id int64, kind string, rule func(context.Context, bun.Tx, *Webhook) error) (*WebhookPayload, error) {
	if _, err := permit.Require(ctx, permit.WebhookUpdate); err != nil {
		return nil, err
	}
	var out *Webhook
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		w, err := lockWebhook(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := rule(ctx, tx, w); err != nil {
			return err
		}
		if err := s.publish(ctx, tx, kind, w); err != nil {
			return err
		}
		out, err = getWebhook(ctx, tx, id)
		return err
	})
	return &WebhookPayload{Webhook: out}, err
}

// publish tells the audit log. The path of a URL may be a secret, so only the host is told.
func (s *Service) publish(ctx context.Context, tx bun.IDB, kind string, w *Webhook) error {
	return event.Publish(ctx, tx, s.Clock.Now(), event.Event{Kind: kind, SubjectType: "webhook", SubjectID: w.ID,
		Data: map[string]string{"host": hostOf(w.URL), "owner": w.Owner}})
}
