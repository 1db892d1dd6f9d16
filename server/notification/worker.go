package notification

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/wneessen/go-mail"
)

// SendArgs asks for one mail to be sent.
type SendArgs struct {
	MailID int64 `json:"mail_id"`
}

// Kind is the name of the River job.
func (SendArgs) Kind() string { return "send_mail" }

// InsertOpts: five tries with back-off (spec 11.4).
func (SendArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 5} }

// SendWorker sends queued mails.
type SendWorker struct {
	river.WorkerDefaults[SendArgs]
	Mails *Service
	From  string
}

// Timeout of one try.
func (w *SendWorker) Timeout(*river.Job[SendArgs]) time.Duration { return time.Minute }

// Work sends the mail unless it was sent. A crash between the server's answer and our note sends it twice: mail knows no better, and
// the Message-ID is the same both times.
func (w *SendWorker) Work(ctx context.Context, job *river.Job[SendArgs]) error {
	s := w.Mails
	var row struct {
		ID                                     int64
		Recipient, Subject, TextBody, HTMLBody string
	}
	if err := s.DB.NewRaw(`select id, recipient, subject, text_body, html_body from mail where id = ? and state in ('QUEUED', 'FAILED')`, job.Args.MailID).Scan(ctx, &row); errors.Is(err, sql.ErrNoRows) {
		return nil // sent, or gone
	} else if err != nil {
		return fmt.Errorf("read mail %d: %w", job.Args.MailID, err)
	}
	m := mail.NewMsg()
	if err := m.From(w.From); err != nil {
		return fmt.Errorf("sender: %w", err)
	}
	if err := m.To(row.Recipient); err != nil {
		return w.note(ctx, row.ID, "DROPPED", err)
	}
	m.Subject(row.Subject)
	m.SetMessageIDWithValue(fmt.Sprintf("mail-%d@writ", row.ID))
	m.SetDateWithValue(s.Clock.Now())
	m.SetBodyString(mail.TypeTextPlain, row.TextBody)
	m.AddAlternativeString(mail.TypeTextHTML, row.HTMLBody)
	if err := s.Transport.Deliver(ctx, row.ID, m); err != nil {
		if noteErr := w.note(ctx, row.ID, "FAILED", err); noteErr != nil {
			return noteErr
		}
		return fmt.Errorf("send mail %d: %w", row.ID, err)
	}
	return w.note(ctx, row.ID, "SENT", nil)
}

func (w *SendWorker) note(ctx context.Context, id int64, state string, cause error) error {
	var text *string
	if cause != nil {
		t := cause.Error()
		text = &t
	}
	_, err := w.Mails.DB.ExecContext(ctx, `update mail set state = ?, attempts = attempts + 1, error = ?, sent_at = case when ? = 'SENT' then ?::timestamptz end where id = ?`,
		state, text, state, w.Mails.Clock.Now(), id)
	return err
}
