package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/event"
)

// After maxFailures wrong passwords in a row an account refuses every password for lockedFor (clock time).
const (
	maxFailures = 10
	lockedFor   = 5 * time.Minute
)

func (u *user) locked(now time.Time) bool { return u.LockedUntil != nil && now.Before(*u.LockedUntil) }

// failed counts a wrong password and records it. u nil: there is no such account, only the name is recorded.
func (s *Service) failed(ctx context.Context, u *user, username string) error {
	now := s.clock.Now()
	return db.InTx(ctx, s.db, func(ctx context.Context, tx bun.Tx) error {
		e := event.Event{Kind: "access.sign_in_failed", SubjectType: "local_user", Data: map[string]any{"username": username}}
		if u != nil {
			e.SubjectID, e.OwnerID = u.ID, u.resourceID()
			if err := countFailure(ctx, tx, u.ID, now); err != nil {
				return err
			}
		}
		return event.Publish(ctx, tx, now, e)
	})
}

// countFailure is one statement, so that guesses in parallel are all counted. Failures while the account waits do not prolong it.
func countFailure(ctx context.Context, tx bun.IDB, userID int64, now time.Time) error {
	_, err := tx.NewRaw(`UPDATE local_user SET
			locked_until = CASE WHEN failed_count + 1 >= ? THEN ?::timestamptz ELSE locked_until END,
			failed_count = CASE WHEN failed_count + 1 >= ? THEN 0 ELSE failed_count + 1 END
		WHERE id = ? AND (locked_until IS NULL OR locked_until <= ?)`,
		maxFailures, now.Add(lockedFor), maxFailures, userID, now).Exec(ctx)
	if err != nil {
		return fmt.Errorf("count a failed sign-in: %w", err)
	}
	return nil
}

func clearFailures(ctx context.Context, tx bun.IDB, userID int64) error {
	_, err := tx.NewRaw(`UPDATE local_user SET failed_count = 0, locked_until = NULL
		WHERE id = ? AND (failed_count > 0 OR locked_until IS NOT NULL)`, userID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("clear failed sign-ins: %w", err)
	}
	return nil
}
