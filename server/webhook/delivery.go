package webhook

import (
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
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

// deliveries is how lists of deliveries are read.
var deliveries = page.Table[WebhookDelivery]{
	From:   "webhook_delivery d",
	Always: []string{"id"},
	Fields: map[string][]string{
		"__typename": nil, "id": nil, "attempts": {"body"}, "messageId": {"message_id"}, "state": {"state"}, "nextAt": {"next_at"}, "createdAt": {"created_at"},
		"endedAt": {"ended_at"}, "body": {"body"},
	},
	Columns: []page.Column[WebhookDelivery]{
		{Name: "id", SQL: "d.id", Read: func(d *WebhookDelivery, r *db.Row) { d.ID = r.Int() }},
		{Name: "webhook_id", SQL: "d.webhook_id", Read: func(d *WebhookDelivery, r *db.Row) { d.WebhookID = r.Int() }},
		{Name: "message_id", SQL: "d.message_id", Read: func(d *WebhookDelivery, r *db.Row) { d.MessageID = r.Text() }},
		{Name: "event_id", SQL: "d.event_id", Read: func(d *WebhookDelivery, r *db.Row) { d.EventID = r.Int() }},
		{Name: "state", SQL: "d.state", Read: func(d *WebhookDelivery, r *db.Row) { d.State = WebhookDeliveryState(r.Text()) }},
		{Name: "body", SQL: "d.body", Read: func(d *WebhookDelivery, r *db.Row) { d.Body = r.Bytes() }},
		{Name: "tries", SQL: "d.tries", Read: func(d *WebhookDelivery, r *db.Row) { d.Tries = int(r.Int()) }},
		{Name: "since", SQL: "d.since", Read: func(d *WebhookDelivery, r *db.Row) { d.Since = r.Time() }},
		{Name: "next_at", SQL: "d.next_at", Read: func(d *WebhookDelivery, r *db.Row) { d.NextAt = r.TimeOrNil() }},
		{Name: "created_at", SQL: "d.created_at", Read: func(d *WebhookDelivery, r *db.Row) { d.CreatedAt = r.Time() }},
		{Name: "ended_at", SQL: "d.ended_at", Read: func(d *WebhookDelivery, r *db.Row) { d.EndedAt = r.TimeOrNil() }},
	},
}

var deliveriesByAge = page.Sorting[WebhookDelivery]{ID: "d.id", Desc: true, At: func(d *WebhookDelivery) page.Position { return page.Position{ID: d.ID} }}

// Deliveries gives the same page of several webhooks, each newest first: a fixed number of statements however many. Each id asked for has a page.
// It needs WebhookQuery. Messages and answers are there for those who may see the order they tell of.
func (s *Service) Deliveries(ctx context.Context, webhookIDs []int64, a page.Args, fields page.Fields, total bool) (map[int64]*WebhookDeliveryConnection, error) {
	if _, err := permit.Require(ctx, permit.WebhookQuery); err != nil {
		return nil, err
	}
	pages, err := deliveries.ListOf(ctx, s.DB, "d.webhook_id", webhookIDs, a, fields, total, page.All(), deliveriesByAge)
	if err != nil || !fields.Has("attempts", "body") {
		return pages, err
	}
	var rows []*WebhookDelivery
	for _, p := range pages {
		rows = append(rows, p.Nodes()...)
	}
	if fields.Has("attempts") {
		if err := bringAttempts(ctx, s.DB, rows); err != nil {
			return nil, err
		}
	}
	return pages, s.conceal(ctx, rows)
}
