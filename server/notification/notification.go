package notification

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/uptrace/bun"

	"writ/server/clock"
	"writ/server/db"
	"writ/server/directory"
	"writ/server/event"
)

// Service makes and sends mails.
type Service struct {
	DB        *bun.DB
	Clock     *clock.Clock
	Log       *slog.Logger
	Shapes    *directory.Shapes
	PublicURL string // where the SPA is, for links; no trailing slash
	Transport Transport
}

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
		batch, err := event.ReadBatch(ctx, tx, after, event.Filter{Kinds: []string{"ticket.opened"}}, pumpLimit)
		if err != nil {
			return err
		}
		more = batch.More
		if err := s.tickets(ctx, tx, batch.Rows); err != nil {
			return fmt.Errorf("mail about tickets: %w", err)
		}
		if batch.Next.Compare(after) == 0 {
			return nil
		}
		_, err = tx.ExecContext(ctx, `insert into setting (key, value) values (?, to_jsonb(?::text)) on conflict (key) do update set value = excluded.value, updated_at = now()`,
			cursorKey, batch.Next.String())
		return err
	})
	return more, err
}

func selectCursor(ctx context.Context, tx bun.Tx) (event.Cursor, error) {
	var text []string
	if err := tx.NewRaw(`select value #>> '{}' from setting where key = ?`, cursorKey).Scan(ctx, &text); err != nil {
		return event.Cursor{}, err
	}
	if len(text) == 0 {
		return event.Cursor{}, nil // from the beginning: a mail that was written already is not written twice
	}
	return event.Parse(text[0])
}
