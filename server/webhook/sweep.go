package webhook

import (
	"context"
	"errors"
	"time"

	"writ/server/permit"
)

// keepFor is how long a delivery and its attempts are kept after their end.
const keepFor = 30 * 24 * time.Hour

// Sweep makes deliveries of new events, asks for what is due to be sent, and removes what ended long ago. Every process calls it every
// second (queue.Every); any number at once do no harm.
func (s *Service) Sweep(ctx context.Context) error {
	ctx = permit.With(ctx, permit.System("webhook"))
	return errors.Join(s.Pump(ctx), s.wake(ctx), deleteOld(ctx, s.DB, s.Clock.Now().Add(-keepFor)))
}

// wake asks for drains: retries whose time has come, and what a lost process left behind.
func (s *Service) wake(ctx context.Context) error {
	ids, err := selectDue(ctx, s.DB, s.Clock.Now(), s.concurrency())
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := enqueueDrain(ctx, s.DB, id); err != nil {
			return err
		}
	}
	return nil
}

// Quiescent reports whether nothing here moves without time or input: no event waits for its deliveries, none of those is due or on its
// way. For the test hook of that name.
func (s *Service) Quiescent(ctx context.Context) (bool, error) {
	behind, err := selectBehind(ctx, s.DB)
	if err != nil || len(behind) > 0 {
		return false, err
	}
	busy, err := hasBusy(ctx, s.DB, s.Clock.Now())
	return !busy, err
}
