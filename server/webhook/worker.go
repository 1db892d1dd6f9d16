package webhook

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/permit"
	"writ/server/queue"
)

// DeliverArgs is the River job that sends what is due of one webhook. It names the scope; the rows say what to do.
type DeliverArgs struct {
	WebhookID int64 `json:"webhookId"`
}

// Kind implements river.JobArgs.
func (DeliverArgs) Kind() string { return "webhook_deliver" }

// InsertOpts: the sweep asks again for what is left.
func (DeliverArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{MaxAttempts: 3} }

// DeliverWorker drains webhooks.
type DeliverWorker struct {
	river.WorkerDefaults[DeliverArgs]
	Webhooks *Service
}

// Timeout is none: a drain lives as long as there is work. Its leases tell whether it is alive.
func (w *DeliverWorker) Timeout(*river.Job[DeliverArgs]) time.Duration { return -1 }

// Work drains one webhook.
func (w *DeliverWorker) Work(ctx context.Context, job *river.Job[DeliverArgs]) error {
	return w.Webhooks.Drain(ctx, job.Args.WebhookID)
}

func enqueueDrain(ctx context.Context, tx bun.IDB, webhookID int64) error {
	return queue.Insert(ctx, tx, DeliverArgs{WebhookID: webhookID}, nil)
}

// lease is how long a claim holds: an attempt and the note about it, with room.
const lease = sendTimeout + 30*time.Second

// Drain sends what is due of a webhook until nothing is: oldest first, a few at a time, over all processes no more than Concurrency. A
// failure is the delivery's, not the drain's. When ctx ends, what is on its way counts as unanswered and goes again under the same id.
func (s *Service) Drain(ctx context.Context, webhookID int64) error {
	ctx = permit.With(ctx, permit.System("webhook"))
	free := make(chan struct{}, s.concurrency())
	var sending sync.WaitGroup
	defer sending.Wait()
	for {
		select {
		case free <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		c, err := s.claim(ctx, webhookID)
		if err != nil || c == nil {
			return err
		}
		sending.Go(func() {
			defer func() { <-free }()
			if err := s.deliver(ctx, c); err != nil {
				s.Log.ErrorContext(ctx, "a webhook's attempt could not be noted; it is made again", "webhook", webhookID, "delivery", c.ID, "error", err)
			}
		})
	}
}

// claimed is a delivery that this process may send until the lease ends.
type claimed struct {
	*WebhookDelivery
	webhook   *Webhook
	attemptID int64
}

// claim takes the next due delivery and notes the attempt before it is made; nil: nothing is due, the webhook rests or is disabled, or
// others send as many as may be sent at a time.
func (s *Service) claim(ctx context.Context, webhookID int64) (*claimed, error) {
	var out *claimed
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		out = nil
		now := s.Clock.Now()
		w, err := lockReady(ctx, tx, webhookID, now)
		if err != nil || w == nil {
			return err
		}
		d, err := claimNext(ctx, tx, webhookID, now, s.concurrency())
		if err != nil || d == nil {
			return err
		}
		out = &claimed{WebhookDelivery: d, webhook: w}
		out.attemptID, err = insertAttempt(ctx, tx, d.ID, now)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim a delivery of webhook %d: %w", webhookID, err)
	}
	return out, nil
}

// deliver makes one attempt and notes it.
func (s *Service) deliver(ctx context.Context, c *claimed) error {
	may, err := s.mayReceive(ctx, c.webhook, c.WebhookDelivery)
	if err != nil {
		return err // the lease ends, and it is tried again
	}
	if !may {
		return s.withhold(context.WithoutCancel(ctx), c)
	}
	secrets, err := s.secrets(c.webhook)
	if err != nil {
		return s.note(ctx, c, answer{Error: err.Error()})
	}
	a := s.send(ctx, c.webhook.URL, c.WebhookDelivery, secrets, s.wall())
	if ctx.Err() != nil && a.Status == 0 {
		a.Error = unanswered // we hung up ourselves: no fault of the endpoint
		return s.release(context.WithoutCancel(ctx), c, a)
	}
	return s.note(context.WithoutCancel(ctx), c, a)
}

// note writes how an attempt went: the attempt, the delivery's state and the endpoint's health, together. What a lost claim reports is
// kept as an attempt and moves nothing.
func (s *Service) note(ctx context.Context, c *claimed, a answer) error {
	now := s.Clock.Now()
	return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		w, err := lockWebhook(ctx, tx, c.WebhookID)
		if err != nil {
			return gone(err) // deleted meanwhile, with its deliveries
		}
		if err := updateAttempt(ctx, tx, c.attemptID, a); err != nil {
			return err
		}
		action, next := verdict(now, c.WebhookDelivery, a)
		moved, err := apply(ctx, tx, now, action, move{ID: c.ID, Fence: c.Fence, NextAt: next})
		if err != nil || len(moved) == 0 {
			return err
		}
		return s.noteHealth(ctx, tx, w, a)
	})
}

// withhold ends a delivery that its receiver has no right to any more. That is no fault of the endpoint.
func (s *Service) withhold(ctx context.Context, c *claimed) error {
	return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		if err := updateAttempt(ctx, tx, c.attemptID, answer{Error: withheld}); err != nil {
			return err
		}
		_, err := apply(ctx, tx, s.Clock.Now(), GiveUp, move{ID: c.ID, Fence: c.Fence})
		return err
	})
}

// verdict says what an answer means for its delivery.
func verdict(now time.Time, d *WebhookDelivery, a answer) (Action, *time.Time) {
	if a.ok() {
		return Deliver, nil
	}
	next := nextTry(now, d.Since, d.Tries, a.RetryAfter)
	if next == nil || a.gone() {
		return GiveUp, nil
	}
	return Fail, next
}

// release gives a claim back when this process stops.
func (s *Service) release(ctx context.Context, c *claimed, a answer) error {
	return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		if err := updateAttempt(ctx, tx, c.attemptID, a); err != nil {
			return err
		}
		return updateReleased(ctx, tx, c.ID, c.Fence)
	})
}
