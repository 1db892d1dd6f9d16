package request

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/errs"
	"writ/server/permit"
)

// RequestStepsInput names steps.
type RequestStepsInput struct {
	StepIDs []int64
}

// check refuses none, and too many.
func (in RequestStepsInput) check() error {
	switch {
	case len(in.StepIDs) == 0:
		return errs.Invalid("input.stepIds", "Name at least one step.")
	case len(in.StepIDs) > maxSteps:
		return errs.New(errs.TooLarge, "At most %d are named at once; these are %d.", maxSteps, len(in.StepIDs)).At("input.stepIds")
	}
	return nil
}

// reminds is the condition on q, i and w of those items whose approvers the caller may remind now (requests 4.2 S19): his own, those about him, and those that
// he supervises, when nobody was reminded within a day.
func reminds(ctx context.Context, m *assignment.Model, now time.Time) db.Condition {
	name := permit.Name(ctx)
	return db.AllOf(bun.SafeQuery("exists (select from request_step o where o.item_id = i.id and o.state in ('OPEN', 'INFO_REQUESTED', 'STUCK') and (o.reminded_at is null or o.reminded_at <= ?))", now.Add(-betweenReminders)), isParty(ctx, m, name))
}

// isParty is the condition on q, i and w of who asked for an item, whom it is about, and who supervises it.
func isParty(ctx context.Context, m *assignment.Model, name string) db.Condition {
	return bun.SafeQuery("(lower(account_now(q.requester, q.requester_user_id)) = lower(?0) or is_same_person(?0, i.beneficiary_id) or ?1)", name, over(ctx, m, permit.Supervise))
}

// Remind tells those who may decide steps that they are waited for: who asked for it, whom it is about, and who supervises it may, once a day (requests 9.3).
func (s *Service) Remind(ctx context.Context, in RequestStepsInput) (*RequestItemsPayload, error) {
	if err := permit.AsOneself(ctx); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	return s.each(ctx, in.StepIDs, func(ctx context.Context, t *turn, m *assignment.Model, x *item, st *step) (*errs.Error, error) {
		var may bool
		if err := t.tx.NewRaw("select ? from "+items.Tables(isParty(ctx, m, t.actor))+" where i.id = ?", isParty(ctx, m, t.actor), x.ID).Scan(ctx, &may); err != nil {
			return nil, fmt.Errorf("look who may remind: %w", err)
		}
		switch {
		case !may:
			return errs.New(errs.Forbidden, "Who asked for it reminds of it, whom it is about, or whoever supervises requests.").Of(st.ID), nil
		case !st.State.isTurn():
			return errs.New(errs.InvalidTransition, "This waits for no decision: the request is %s.", stateWords[x.State]).Of(st.ID), nil
		case st.RemindedAt != nil && st.RemindedAt.After(t.now.Add(-betweenReminders)):
			return errs.New(errs.Conflict, "They were reminded at %s. Once a day is enough.", day(*st.RemindedAt)).Of(st.ID), nil
		}
		return nil, s.remind(ctx, t, x, st, s.approvers(m))
	})
}

// each does something with each of some steps that the caller sees, in a transaction each.
func (s *Service) each(ctx context.Context, steps []int64, do func(ctx context.Context, t *turn, m *assignment.Model, x *item, st *step) (*errs.Error, error)) (*RequestItemsPayload, error) {
	p := &RequestItemsPayload{Results: make([]*RequestItemResult, len(steps))}
	for i, id := range steps {
		if slices.Index(steps, id) < i {
			return nil, errs.Invalid("input.stepIds", "%d is there twice.", id)
		}
	}
	for i, id := range steps {
		itemID, refused, err := s.withStep(ctx, id, do)
		if err != nil {
			return nil, err
		}
		if p.Results[i], err = s.result(ctx, id, itemID, refused); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// withStep does something with a step that the caller sees, under the locks of its owner and item.
func (s *Service) withStep(ctx context.Context, id int64, do func(ctx context.Context, t *turn, m *assignment.Model, x *item, st *step) (*errs.Error, error)) (itemID int64, refused *errs.Error, err error) {
	missing := errs.Missing("There is no approval %d, or it is not in your scope.", id).Of(id)
	m, err := s.model(ctx, s.DB)
	if err != nil {
		return 0, nil, err
	}
	var of []struct{ ItemID, BeneficiaryID int64 }
	sees := seen(ctx, m, s.Clock.Now())
	if err := s.DB.NewRaw("select st.item_id, i.beneficiary_id from "+items.Tables(sees)+" join request_step st on st.item_id = i.id where st.id = ? and ?", id, sees).Scan(ctx, &of); err != nil {
		return 0, nil, fmt.Errorf("find a step: %w", db.Explain(err))
	}
	if len(of) == 0 {
		return 0, missing, nil
	}
	itemID = of[0].ItemID
	err = db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		refused = nil
		if err := assignment.LockOwners(ctx, tx, []int64{of[0].BeneficiaryID}); err != nil {
			return err
		}
		list, err := lockItems(ctx, tx, "i.id = ?", itemID)
		if err != nil {
			return err
		}
		t := s.newTurn(ctx, tx, m)
		at := slices.IndexFunc(list[0].steps, func(st *step) bool { return st.ID == id })
		if refused, err = do(ctx, t, m, list[0], list[0].steps[at]); err != nil || refused != nil {
			return err
		}
		return t.commit()
	})
	if e := errs.As(err); e != nil && e.Kind != errs.Unavailable {
		return itemID, e, nil
	}
	return itemID, refused, err
}
