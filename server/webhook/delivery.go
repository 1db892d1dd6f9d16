package webhook

import (
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"writ/server/page"
	"writ/server/permit"
)

// WebhookDelivery is one message to one endpoint.
type WebhookDelivery struct {
	bun.BaseModel `bun:"table:webhook_delivery,alias:d"`

	ID         int64 `bun:",pk,autoincrement"`
	WebhookID  int64
	MessageID  string // header webhook-id: the same at every attempt and replay
	EventID    int64
	State      WebhookDeliveryState
	Body       json.RawMessage `bun:"type:json"` // as sent; nil where a list conceals it
	Tries      int             // in this round
	Since      time.Time       // when this round began
	NextAt     *time.Time      // when it is tried (again)
	Fence      int
	LeaseUntil *time.Time
	CreatedAt  time.Time
	EndedAt    *time.Time

	Attempts []*WebhookAttempt `bun:"-"` // brought by lists, oldest first
}

// WebhookAttempt is one time a delivery was sent.
type WebhookAttempt struct {
	bun.BaseModel `bun:"table:webhook_attempt,alias:a"`

	ID         int64 `bun:",pk,autoincrement"`
	DeliveryID int64
	At         time.Time
	Status     *int // nil: there was no answer
	DurationMs int
	Error      *string // nil: the receiver took it
	Response   *string // beginning of the answer's text
}

// WebhookDeliveryConnection is a page of deliveries.
type WebhookDeliveryConnection = page.Connection[*WebhookDelivery]

// WebhookDeliveryEdge is a delivery in a page.
type WebhookDeliveryEdge = page.Edge[*WebhookDelivery]

// deliveryKey is the cursor of a delivery.
type deliveryKey struct {
	ID int64 `json:"i"`
}

// Deliveries gives a page of a webhook's deliveries with their attempts, newest first. It needs WebhookQuery. Messages and answers are
// there for those who may see the order they tell of.
func (s *Service) Deliveries(ctx context.Context, webhookID int64, args page.Args) (*WebhookDeliveryConnection, error) {
	pages, err := s.DeliveriesOf(ctx, []int64{webhookID}, args)
	if err != nil {
		return nil, err
	}
	return pages[webhookID], nil
}

// DeliveriesOf gives the same page of several webhooks, for loaders: a fixed number of statements however many. Each id asked for has a page.
func (s *Service) DeliveriesOf(ctx context.Context, webhookIDs []int64, args page.Args) (map[int64]*WebhookDeliveryConnection, error) {
	if _, err := permit.Require(ctx, permit.WebhookQuery); err != nil {
		return nil, err
	}
	if err := args.Check(); err != nil {
		return nil, err
	}
	var after deliveryKey
	if _, err := args.Decode(&after); err != nil {
		return nil, err
	}
	rows, err := selectDeliveries(ctx, s.DB, webhookIDs, after.ID, args.First+1)
	if err != nil {
		return nil, err
	}
	totals, err := countDeliveries(ctx, s.DB, webhookIDs)
	if err != nil {
		return nil, err
	}
	if err := bringAttempts(ctx, s.DB, rows); err != nil {
		return nil, err
	}
	if err := s.conceal(ctx, rows); err != nil {
		return nil, err
	}
	grouped := map[int64][]*WebhookDelivery{}
	for _, d := range rows {
		grouped[d.WebhookID] = append(grouped[d.WebhookID], d)
	}
	out := make(map[int64]*WebhookDeliveryConnection, len(webhookIDs))
	for _, id := range webhookIDs {
		out[id] = page.Make(grouped[id], args, totals[id], func(d *WebhookDelivery) any { return deliveryKey{d.ID} })
	}
	return out, nil
}
