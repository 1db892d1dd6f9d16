package notification

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/page"
	"writ/server/permit"
)

// Mail is one line of the mail log.
type Mail struct {
	bun.BaseModel `bun:"table:mail,alias:m"`

	ID        int64  `bun:",pk"`
	Template  string // documented id, e.g. PerformManualProvisioningSummary
	Recipient string // whom it is for, also when a catch-all got it
	Subject   string
	TextBody  string
	State     MailState
	Attempts  int
	Error     *string // of the last try, or why it was dropped
	CreatedAt time.Time
	SentAt    *time.Time
}

// MailConnection is a page of the mail log.
type MailConnection = page.Connection[*Mail]

// MailFilter narrows the mail log; nil and empty fields do not filter, all others must hold.
type MailFilter struct {
	States    []MailState
	Templates []string
	Recipient *string
}

// mails is how the mail log is read.
var mails = page.Table[Mail]{
	From:   "mail m",
	Always: []string{"id"},
	Fields: map[string][]string{
		"__typename": nil, "id": nil, "template": {"template"}, "recipient": {"recipient"}, "subject": {"subject"}, "textBody": {"text_body"}, "state": {"state"},
		"attempts": {"attempts"}, "error": {"error"}, "createdAt": {"created_at"}, "sentAt": {"sent_at"},
	},
	Columns: []page.Column[Mail]{
		{Name: "id", SQL: "m.id", Read: func(m *Mail, r *db.Row) { m.ID = r.Int() }},
		{Name: "template", SQL: "m.template", Read: func(m *Mail, r *db.Row) { m.Template = r.Text() }},
		{Name: "recipient", SQL: "m.recipient", Read: func(m *Mail, r *db.Row) { m.Recipient = r.Text() }},
		{Name: "subject", SQL: "m.subject", Read: func(m *Mail, r *db.Row) { m.Subject = r.Text() }},
		{Name: "text_body", SQL: "m.text_body", Read: func(m *Mail, r *db.Row) { m.TextBody = r.Text() }},
		{Name: "state", SQL: "m.state", Read: func(m *Mail, r *db.Row) { m.State = MailState(r.Text()) }},
		{Name: "attempts", SQL: "m.attempts", Read: func(m *Mail, r *db.Row) { m.Attempts = int(r.Int()) }},
		{Name: "error", SQL: "m.error", Read: func(m *Mail, r *db.Row) { m.Error = r.TextOrNil() }},
		{Name: "created_at", SQL: "m.created_at", Read: func(m *Mail, r *db.Row) { m.CreatedAt = r.Time() }},
		{Name: "sent_at", SQL: "m.sent_at", Read: func(m *Mail, r *db.Row) { m.SentAt = r.TimeOrNil() }},
	},
}

var mailsByAge = page.Sorting[Mail]{ID: "m.id", Desc: true, At: func(m *Mail) page.Position { return page.Position{ID: m.ID} }}

// List pages through the mail log (spec 11.4), the newest first. Needs /Monitoring in a rule about every data set: a mail may tell of anybody.
func (s *Service) List(ctx context.Context, a page.Args, f *MailFilter, fields page.Fields, total bool) (*MailConnection, error) {
	if _, err := permit.RequireWhole(ctx, permit.Monitoring); err != nil {
		return nil, err
	}
	where := page.All()
	if f != nil {
		if len(f.States) > 0 {
			where = page.All(where, bun.SafeQuery("m.state in (?)", bun.List(f.States)))
		}
		if len(f.Templates) > 0 {
			where = page.All(where, bun.SafeQuery("m.template in (?)", bun.List(f.Templates)))
		}
		if f.Recipient != nil {
			where = page.All(where, bun.SafeQuery("lower(m.recipient) = lower(?)", *f.Recipient))
		}
	}
	return mails.List(ctx, s.DB, a, fields, total, where, mailsByAge)
}
