package webhook

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/page"
	"writ/server/permit"
)

// WebhookFilter narrows a list of webhooks; nil fields do not. Addresses are not looked through: their paths are secrets of those who made them.
type WebhookFilter struct {
	Text       *string // each word stands in the description or the owner's name
	IsDisabled *bool
}

// The page of webhooks.
type (
	WebhookConnection = page.Connection[*Webhook]
	WebhookEdge       = page.Edge[*Webhook]
)

func countOf(condition string) string {
	return "(select count(*) from webhook_delivery y where y.webhook_id = w.id and y.state " + condition + ")"
}

// webhooks is how lists of webhooks are read; secrets are not.
var webhooks = page.Table[Webhook]{
	From:   "webhook w",
	Always: []string{"id"},
	Fields: map[string][]string{
		"__typename": nil, "id": nil, "deliveries": nil, "url": {"url", "owner", "owner_id"}, "description": {"description"}, "owner": {"owner"},
		"isOwn": {"owner", "owner_id"}, "isDisabled": {"is_disabled"}, "disabledReason": {"disabled_reason"}, "createdAt": {"created_at"}, "events": {"events"},
		"pending": {"pending"}, "failed": {"failed"}, "delivered": {"delivered"},
	},
	Columns: []page.Column[Webhook]{
		{Name: "id", SQL: "w.id", Read: func(w *Webhook, r *db.Row) { w.ID = r.Int() }},
		{Name: "url", SQL: "w.url", Read: func(w *Webhook, r *db.Row) { w.URL = r.Text() }},
		{Name: "description", SQL: "w.description", Read: func(w *Webhook, r *db.Row) { w.Description = r.Text() }},
		{Name: "owner", SQL: "w.owner", Read: func(w *Webhook, r *db.Row) { w.Owner = r.Text() }},
		{Name: "owner_id", SQL: "w.owner_id", Read: func(w *Webhook, r *db.Row) { w.OwnerID = r.IntOrNil() }},
		{Name: "is_disabled", SQL: "w.is_disabled", Read: func(w *Webhook, r *db.Row) { w.IsDisabled = r.Bool() }},
		{Name: "disabled_reason", SQL: "w.disabled_reason", Read: func(w *Webhook, r *db.Row) { w.DisabledReason = r.TextOrNil() }},
		{Name: "events", SQL: "array_to_json(w.events)", Read: func(w *Webhook, r *db.Row) { r.JSON(&w.Events) }},
		{Name: "created_at", SQL: "w.created_at", Read: func(w *Webhook, r *db.Row) { w.CreatedAt = r.Time() }},
		{Name: "pending", SQL: countOf("= '" + string(Pending) + "'"), Read: func(w *Webhook, r *db.Row) { w.Pending = int(r.Int()) }},
		{Name: "failed", SQL: countOf(fmt.Sprintf("in ('%s', '%s')", Failed, GivenUp)), Read: func(w *Webhook, r *db.Row) { w.Failed = int(r.Int()) }},
		{Name: "delivered", SQL: countOf("= '" + string(Delivered) + "'"), Read: func(w *Webhook, r *db.Row) { w.Delivered = int(r.Int()) }},
	},
}

var webhooksByAge = page.Sorting[Webhook]{ID: "w.id", At: func(w *Webhook) page.Position { return page.Position{ID: w.ID} }}

// Page gives a page of the webhooks, oldest first. It needs WebhookQuery.
func (s *Service) Page(ctx context.Context, a page.Args, f *WebhookFilter, fields page.Fields, total bool) (*WebhookConnection, error) {
	if _, err := permit.Require(ctx, permit.WebhookQuery); err != nil {
		return nil, err
	}
	where := page.All()
	if f != nil {
		if f.Text != nil {
			where = page.All(where, directory.SearchNames("w.description", "w.owner", *f.Text))
		}
		if f.IsDisabled != nil {
			where = page.All(where, bun.SafeQuery("w.is_disabled = ?", *f.IsDisabled))
		}
	}
	return webhooks.List(ctx, s.DB, a, fields, total, where, webhooksByAge)
}
