package notification

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/uptrace/bun"
	"github.com/wneessen/go-mail"

	"writ/server/fence"
)

// pauses are those before the first retries of a mail; after them it is tried at the last one until keepTrying is over. A mail server that is
// away for days loses nothing; what it refuses for good is not tried again.
var pauses = []time.Duration{5 * time.Second, 30 * time.Second, 3 * time.Minute, 15 * time.Minute}

// keepTrying is how long a mail is tried, like a webhook.
const keepTrying = 3 * 24 * time.Hour

// maxTries is how often that is at most.
var maxTries = len(pauses) + int(keepTrying/pauses[len(pauses)-1])

// fenceEvery is how often a mail looks whether the fence is lifted.
const fenceEvery = 10 * time.Second

// SendArgs asks for one mail to be sent.
type SendArgs struct {
	MailID int64 `json:"mail_id"`
}

// Kind is the name of the River job.
func (SendArgs) Kind() string { return "send_mail" }

// InsertOpts: tries for three days.
func (SendArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: maxTries} }

// SendWorker sends queued mails.
type SendWorker struct {
	river.WorkerDefaults[SendArgs]
	Mails *Service
	From  string
}

// Timeout of one try.
func (w *SendWorker) Timeout(*river.Job[SendArgs]) time.Duration { return time.Minute }

// NextRetry is when a failed mail is tried again.
func (w *SendWorker) NextRetry(job *river.Job[SendArgs]) time.Time {
	return time.Now().Add(pauses[min(max(0, job.Attempt-1), len(pauses)-1)])
}

// Work sends the mail unless it was sent. A crash between the server's answer and our note sends it twice: mail knows no better, and
// the Message-ID is the same both times. What the server refuses for good is not tried again.
func (w *SendWorker) Work(ctx context.Context, job *river.Job[SendArgs]) error {
	s := w.Mails
	if up, err := fence.IsUp(ctx, s.DB); err != nil {
		return fmt.Errorf("look for the fence: %w", err)
	} else if up {
		return river.JobSnooze(fenceEvery)
	}
	var row mailRow
	if err := s.DB.NewRaw(`select id, recipient, subject, text_body, html_body from mail where id = ? and state in (?)`, job.Args.MailID, bun.List(mailMachine.From(Send))).Scan(ctx, &row); errors.Is(err, sql.ErrNoRows) {
		return nil // sent, or gone
	} else if err != nil {
		return fmt.Errorf("read mail %d: %w", job.Args.MailID, err)
	}
	to, cc, why := s.Rules.route(row.Recipient)
	if why != "" {
		s.Log.WarnContext(ctx, "a mail is dropped", "mail", row.ID, "recipient", row.Recipient, "why", why)
		return s.move(ctx, s.DB, row.ID, Drop, errors.New(why))
	}
	m, err := w.message(row, to, cc)
	if err != nil {
		return s.move(ctx, s.DB, row.ID, Drop, err)
	}
	if err := s.Transport.Deliver(ctx, row.ID, m); err != nil {
		if noteErr := s.move(ctx, s.DB, row.ID, Fail, err); noteErr != nil {
			return noteErr
		}
		err = fmt.Errorf("send mail %d: %w", row.ID, err)
		if refusal := (*mail.SendError)(nil); errors.As(err, &refusal) && isFinal(refusal) {
			return river.JobCancel(err)
		}
		return err
	}
	return s.move(ctx, s.DB, row.ID, Send, nil)
}

// isFinal reports whether the server said no to this very mail (5xx): the same mail gets the same answer.
func isFinal(e *mail.SendError) bool { return e.ErrorCode() >= 500 && !e.IsTemp() }

type mailRow struct {
	ID                                     int64
	Recipient, Subject, TextBody, HTMLBody string
}

// message builds the mail. An error means that it can never be sent.
func (w *SendWorker) message(row mailRow, to, cc string) (*mail.Msg, error) {
	m := mail.NewMsg()
	if err := m.From(w.From); err != nil {
		return nil, fmt.Errorf("sender: %w", err)
	}
	if err := m.To(to); err != nil {
		return nil, fmt.Errorf("recipient: %w", err)
	}
	if cc != "" {
		if err := m.Cc(cc); err != nil {
			return nil, fmt.Errorf("copy: %w", err)
		}
	}
	if to != row.Recipient {
		m.SetGenHeader("X-Original-To", row.Recipient)
	}
	m.Subject(row.Subject)
	m.SetMessageIDWithValue(fmt.Sprintf("mail-%d@writ", row.ID))
	m.SetDateWithValue(w.Mails.Clock.Now())
	m.SetBodyString(mail.TypeTextPlain, row.TextBody)
	m.AddAlternativeString(mail.TypeTextHTML, row.HTMLBody)
	return m, nil
}
