package synchronization

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/permit"
	"writ/server/system"
)

// DeliveryInput names a synchronization that a limit holds, and says why it is decided so.
type DeliveryInput struct {
	DeliveryID int64
	Reason     *string // why; a resumption needs one
}

// DeliveryPayload is the synchronization afterwards.
type DeliveryPayload struct{ Delivery *Delivery }

// maxReason is the longest reason in characters.
const maxReason = 4000

// ResumeDelivery applies a synchronization of the continuous mode in spite of its limit (provisioning 8.3.3). It is done when it answers, and goes on
// when the caller has gone. VALIDATION without a reason, CONFLICT when it belongs to a run of a job (resume that one), INVALID_TRANSITION when nothing
// holds it any more. Needs JobUpdate or ConnectorUpdate.
func (s *Service) ResumeDelivery(ctx context.Context, in DeliveryInput) (*DeliveryPayload, error) {
	reason, err := in.check(ctx)
	if err != nil {
		return nil, err
	}
	if reason == "" {
		return nil, errs.Invalid("input.reason", "Say why this many changes are right: it stands in the audit log.")
	}
	ctx = context.WithoutCancel(ctx)
	if err := s.decide(ctx, in.DeliveryID, "resumed", reason); err != nil {
		return nil, err
	}
	d, err := s.Resume(ctx, in.DeliveryID, silent{})
	if err != nil {
		return nil, err
	}
	return &DeliveryPayload{seen(permit.Find(ctx, permit.ConnectorQuery), []*Delivery{d})[0]}, nil
}

// DropDelivery gives a synchronization of the continuous mode up: its changes are dropped, the next reading compares anew. CONFLICT, INVALID_TRANSITION
// and rights as with ResumeDelivery.
func (s *Service) DropDelivery(ctx context.Context, in DeliveryInput) (*DeliveryPayload, error) {
	reason, err := in.check(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.decide(ctx, in.DeliveryID, "given up", reason); err != nil {
		return nil, err
	}
	d, err := s.Drop(ctx, in.DeliveryID)
	if err != nil {
		return nil, err
	}
	return &DeliveryPayload{seen(permit.Find(ctx, permit.ConnectorQuery), []*Delivery{d})[0]}, nil
}

// check asks for the right first: a stranger learns nothing from an input.
func (in DeliveryInput) check(ctx context.Context) (string, error) {
	if _, err := permit.RequireAny(ctx, permit.JobUpdate, permit.ConnectorUpdate); err != nil {
		return "", err
	}
	if in.Reason == nil {
		return "", nil
	}
	reason := strings.TrimSpace(*in.Reason)
	if utf8.RuneCountInString(reason) > maxReason {
		return "", errs.Invalid("input.reason", "A reason has at most %d characters.", maxReason)
	}
	return reason, nil
}

// decide notes who decides what about a blocked synchronization, and why, before it is done: the event stands also when the work itself fails.
func (s *Service) decide(ctx context.Context, id int64, decision, reason string) error {
	return db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		d, err := find(ctx, tx, id)
		if err != nil {
			return err
		}
		if d.State != Blocked {
			return errs.New(errs.InvalidTransition, "No limit holds this synchronization any more.").Of(id)
		}
		if d.TaskInstanceID != nil {
			return errs.New(errs.Conflict, "This synchronization belongs to a run of a job. Resume that run, or give it up.").Of(id)
		}
		c, err := system.FindByID(ctx, tx, d.ConnectorID)
		if err != nil {
			return err
		}
		return event.Publish(ctx, tx, s.Clock.Now(), event.Event{Kind: EventDecided, SubjectType: "delivery", SubjectID: id,
			Data: map[string]any{"connector": c.Identifier, "decision": decision, "reason": reason}})
	})
}
