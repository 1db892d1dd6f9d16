package notification

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"

	"github.com/uptrace/bun"

	"writ/server/clock"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/event"
	"writ/server/job"
	"writ/server/order"
	"writ/server/queue"
)

// Service makes and sends mails.
type Service struct {
	DB        *bun.DB
	Clock     *clock.Clock
	Log       *slog.Logger
	Shapes    *directory.Shapes
	PublicURL string // where the SPA is, for links; no trailing slash
	Transport Transport
	Rules     Rules      // what may leave, and where to
	Templates *Templates // nil: ours
	// ProvisioningErrors switches the mail about errored orders on (spec 11.1, our addition).
	ProvisioningErrors bool
}

// The events that are read one by one; orders are counted in sets (digest.go).
const (
	kindTicketOpened = order.EventTicketOpened
	kindJobChanged   = job.EventChanged
)

// cursorKey is the setting that remembers how far the event stream was read.
const cursorKey = "notification_cursor"

// pumpLimit is how many events one transaction reads.
const pumpLimit = 500

// Pump turns new events into queued mails. Any process may call it at any time: one at a time works, the others leave at once.
// more tells that there was a full page: call again.
func (s *Service) Pump(ctx context.Context) (more bool, err error) {
	err = db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		var mine bool
		if err := tx.NewRaw(`select pg_try_advisory_xact_lock(hashtext('writ.notification'))`).Scan(ctx, &mine); err != nil || !mine {
			return err
		}
		after, err := selectCursor(ctx, tx)
		if err != nil {
			return err
		}
		batch, err := event.ReadBatch(ctx, tx, after, event.Filter{Kinds: []string{kindTicketOpened, kindJobChanged}}, pumpLimit)
		if err != nil {
			return err
		}
		more = batch.More
		if err := s.tickets(ctx, tx, batch.Rows); err != nil {
			return fmt.Errorf("mail about tickets: %w", err)
		}
		jobEnded, err := s.runs(ctx, tx, batch.Rows)
		if err != nil {
			return fmt.Errorf("mail about runs: %w", err)
		}
		if err := s.collect(ctx, tx, after, batch.Next, jobEnded); err != nil {
			return fmt.Errorf("mail about orders: %w", err)
		}
		if batch.Next.Compare(after) == 0 {
			return nil
		}
		return db.WriteSetting(ctx, tx, cursorKey, batch.Next.String())
	})
	return more, err
}

func selectCursor(ctx context.Context, tx bun.Tx) (event.Cursor, error) {
	var text string
	found, err := db.Setting(ctx, tx, cursorKey, &text)
	if err != nil || !found {
		return event.Cursor{}, err // from the beginning: a mail that was written already is not written twice
	}
	return event.Parse(text)
}

// queueMail writes a mail and asks for it to be sent, in the caller's transaction. The key makes it happen once. A mail that cannot be written,
// by its template or its values, is in the log of mails with the reason, and holds up no other.
func (s *Service) queueMail(ctx context.Context, tx bun.Tx, template, to, key string, data any) error {
	if len(key) > longestKey { // no index holds it
		key = fmt.Sprintf("%s/%x", template, sha256.Sum256([]byte(key)))
	}
	m, err := s.Templates.render(template, data)
	if err == nil {
		err = db.Inside(ctx, tx, func(ctx context.Context, tx bun.Tx) error {
			id, err := s.insertMail(ctx, tx, template, to, key, m)
			if err != nil || id == 0 {
				return err
			}
			return queue.Insert(ctx, tx, SendArgs{MailID: id}, nil)
		})
		if err == nil || !db.IsOfData(err) {
			return err
		}
	}
	s.Log.ErrorContext(ctx, "a mail cannot be written", "template", template, "recipient", to, "error", err)
	why := err
	err = db.Inside(ctx, tx, func(ctx context.Context, tx bun.Tx) error {
		id, err := s.insertMail(ctx, tx, template, to, key, rendered{Subject: template})
		if err != nil || id == 0 {
			return err
		}
		return s.move(ctx, tx, id, Drop, why)
	})
	if err != nil && !db.IsOfData(err) {
		return err
	}
	return nil
}

// longestKey is how many bytes a key of a mail has at most.
const longestKey = 1000

// insertMail writes a mail that is not tried yet; 0: it is there already.
func (s *Service) insertMail(ctx context.Context, tx bun.Tx, template, to, key string, m rendered) (int64, error) {
	var id []int64
	if err := tx.NewRaw(`insert into mail (template, recipient, dedupe_key, subject, text_body, html_body, state, created_at) values (?, ?, ?, ?, ?, ?, ?, ?)
		on conflict (dedupe_key) do nothing returning id`, template, db.Text(to), db.Text(key), db.Text(m.Subject), db.Text(m.Text), db.Text(m.HTML), MailQueued, s.Clock.Now()).Scan(ctx, &id); err != nil {
		return 0, fmt.Errorf("queue mail to %s: %w", to, err)
	}
	if len(id) == 0 {
		return 0, nil
	}
	return id[0], nil
}
