package webhook

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"writ/server/errs"
)

// noteHealth keeps what the attempts of all deliveries together say about an endpoint: one that fails again and again rests longer and
// longer, so that a thousand waiting deliveries are not tried a thousand times; one that did nothing else for three days, or says that it
// is gone (410), is disabled. One that answers again after a rest gets at once what had failed. The caller holds the webhook's lock.
func (s *Service) noteHealth(ctx context.Context, tx bun.Tx, w *Webhook, a answer) error {
	if a.ok() {
		if w.Failures == 0 {
			return nil
		}
		if w.Failures >= outage { // what failed meanwhile was put off for up to six hours
			if err := updateDueNow(ctx, tx, w.ID, s.Clock.Now()); err != nil {
				return err
			}
		}
		return updateHealth(ctx, tx, w.ID, 0, nil, nil)
	}
	if a.gone() {
		return s.disable(ctx, tx, w, "The endpoint answered 410 Gone.")
	}
	now := s.Clock.Now()
	since := now
	if w.FailingSince != nil {
		since = *w.FailingSince
	}
	if now.Sub(since) >= tryFor {
		return s.disable(ctx, tx, w, fmt.Sprintf("Every attempt of the last %d days failed. The last one: %s.", int(tryFor.Hours()/24), a.Error))
	}
	return updateHealth(ctx, tx, w.ID, w.Failures+1, &since, rest(now, w, a))
}

// rest gives until when an endpoint is left alone; nil: not at all.
func rest(now time.Time, w *Webhook, a answer) *time.Time {
	pause := max(restAfter(w.Failures+1), a.RetryAfter)
	if pause == 0 {
		return nil
	}
	until := now.Add(pause)
	return &until
}

func (s *Service) disable(ctx context.Context, tx bun.Tx, w *Webhook, why string) error {
	if w.IsDisabled {
		return nil
	}
	s.Log.WarnContext(ctx, "a webhook is disabled", "webhook", w.ID, "host", hostOf(w.URL), "reason", why)
	if err := updateDisabled(ctx, tx, w.ID, why); err != nil {
		return err
	}
	return s.publish(ctx, tx, EventDisabled, w)
}

// gone makes nothing of NotFound.
func gone(err error) error {
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	return err
}
