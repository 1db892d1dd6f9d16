package assignment

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"writ/server/errs"
	"writ/server/event"
	"writ/server/permit"
	"writ/server/rolemodel"
)

// AttachRisk says for a person that somebody has a risk, whatever is computed (role-model 9.5), and gives the row of identified_risk. CONFLICT when it is attached
// already. A computation of the owner waits, and finds it.
func (s *Service) AttachRisk(ctx context.Context, tx bun.Tx, r *rolemodel.Risk, ownerID int64, ownerType, reason string, at time.Time) (int64, error) {
	if err := lockOwners(ctx, tx, []int64{ownerID}); err != nil {
		return 0, err
	}
	var rows []int64
	if err := tx.NewRaw(`insert into identified_risk (owner_id, risk_id, rule, detected_at, attached_at, attached_by, attached_reason) values (?0, ?1, '', ?2, ?2, ?3, ?4)
		on conflict (owner_id, risk_id) where closed_at is null do update set attached_at = excluded.attached_at, attached_by = excluded.attached_by, attached_reason = excluded.attached_reason
		where identified_risk.attached_at is null returning id`, ownerID, r.ID, at, permit.Name(ctx), reason).Scan(ctx, &rows); err != nil {
		return 0, fmt.Errorf("attach a risk: %w", err)
	}
	if len(rows) == 0 {
		return 0, errs.New(errs.Conflict, "%s is attached already.", r.DisplayName).Of(ownerID)
	}
	return rows[0], event.Publish(ctx, tx, at, event.Event{Kind: EventRiskAttached, SubjectType: "identified_risk", SubjectID: rows[0], OwnerID: ownerID, SourceEntityType: ownerType,
		Data: map[string]any{"risk": r.Identifier, "level": r.Level, "reason": reason}})
}

// DetachRisk takes back that a person attached a risk to somebody: it is over unless a computation finds it, and isOver tells that. CONFLICT when it is not attached.
func (s *Service) DetachRisk(ctx context.Context, tx bun.Tx, r *rolemodel.Risk, id, ownerID int64, ownerType, reason string, at time.Time) (isOver bool, err error) {
	if err := lockOwners(ctx, tx, []int64{ownerID}); err != nil {
		return false, err
	}
	var over []bool
	// Of what is over the past stays whole; of what goes on the events tell it.
	if err := tx.NewRaw(`update identified_risk set closed_at = case when rule = '' then ?0::timestamptz end, attached_at = case when rule = '' then attached_at end,
			attached_by = case when rule = '' then attached_by end, attached_reason = case when rule = '' then attached_reason end
		where id = ?1 and closed_at is null and attached_at is not null returning rule = ''`, at, id).Scan(ctx, &over); err != nil {
		return false, fmt.Errorf("detach a risk: %w", err)
	}
	if len(over) == 0 {
		return false, errs.New(errs.Conflict, "%s is not attached by hand, so there is nothing to detach.", r.DisplayName).Of(id)
	}
	return over[0], event.Publish(ctx, tx, at, event.Event{Kind: EventRiskDetached, SubjectType: "identified_risk", SubjectID: id, OwnerID: ownerID, SourceEntityType: ownerType,
		Data: map[string]any{"risk": r.Identifier, "level": r.Level, "reason": reason}})
}
