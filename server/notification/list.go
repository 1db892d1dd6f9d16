package notification

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

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

// List pages through the mail log (spec 11.4), the newest first. TotalCount stops at 100,000. Needs /Monitoring in a rule about every data set: a mail may tell
// of anybody.
func (s *Service) List(ctx context.Context, args page.Args, filter *MailFilter) (*MailConnection, error) {
	if _, err := permit.RequireWhole(ctx, permit.Monitoring); err != nil {
		return nil, err
	}
	if err := args.Check(); err != nil {
		return nil, err
	}
	var before int64
	more, err := args.Decode(&before)
	if err != nil {
		return nil, err
	}
	rows := []*Mail{}
	q := filter.narrow(s.DB.NewSelect().Model(&rows)).OrderExpr("m.id DESC").Limit(int64(args.First + 1))
	if more {
		q.Where("m.id < ?", before)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("read the mail log: %w", err)
	}
	counted := filter.narrow(s.DB.NewSelect().Model((*Mail)(nil))).ColumnExpr("1")
	total, err := page.CountRows(ctx, s.DB, bun.SafeQuery("(?) AS c", counted))
	if err != nil {
		return nil, fmt.Errorf("count the mail log: %w", err)
	}
	return page.MakeCounted(rows, args, total, func(m *Mail) any { return m.ID }), nil
}

func (f *MailFilter) narrow(q *bun.SelectQuery) *bun.SelectQuery {
	if f == nil {
		return q
	}
	if len(f.States) > 0 {
		q.Where("m.state IN (?)", bun.List(f.States))
	}
	if len(f.Templates) > 0 {
		q.Where("m.template IN (?)", bun.List(f.Templates))
	}
	if f.Recipient != nil {
		q.Where("lower(m.recipient) = lower(?)", *f.Recipient)
	}
	return q
}
