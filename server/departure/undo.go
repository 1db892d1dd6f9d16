package departure

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"writ/server/access"
	"writ/server/assignment"
	"writ/server/db"
	"writ/server/errs"
	"writ/server/permit"
)

// UndoDeparture brings somebody back who was made to leave (requests 12.5 RETURN). The rules give what they give, and what was not deleted yet stays; what
// people had given him does not come back by itself. His accounts of Writ are switched on again. FORBIDDEN, also for oneself; NOT_FOUND; CONFLICT when he
// was not made to leave.
func (s *Service) UndoDeparture(ctx context.Context, in UndoDepartureInput) (*UndoDeparturePayload, error) {
	if _, err := s.open(ctx, s.DB, in.PersonID, "input.personId"); err != nil {
		return nil, err
	}
	reason, err := said(in.Reason)
	if err != nil {
		return nil, err
	}
	err = db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		if err := assignment.LockOwners(ctx, tx, []int64{in.PersonID}); err != nil {
			return err
		}
		p, err := s.open(ctx, tx, in.PersonID, "input.personId")
		if err != nil {
			return err
		}
		var own bool
		if err := tx.NewRaw("select is_same_person(?, ?)", permit.Name(ctx), p.ID).Scan(ctx, &own); err != nil {
			return fmt.Errorf("look who comes back: %w", err)
		}
		if own {
			return errs.New(errs.Forbidden, "You cannot bring yourself back. Ask somebody else.").Of(p.ID)
		}
		d, err := lock(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		if d == nil || d.State != Departed {
			return errs.New(errs.Conflict, "%s was not made to leave.", p.DisplayName).Of(p.ID)
		}
		now := s.Clock.Now()
		if _, err := tx.NewRaw(`update departure set state = ?, returned_at = ?, returned_by = ?, return_reason = ? where id = ?`, Returned, now, permit.Name(ctx), reason, d.ID).Exec(ctx); err != nil {
			return fmt.Errorf("take a departure back: %w", db.Explain(err))
		}
		if err := access.SwitchOn(ctx, tx, p.ID, d.Users); err != nil {
			return err
		}
		if err := tell(ctx, tx, now, p.ID, told{Action: Return, From: Departed, To: Returned, Reason: reason, SignIns: len(d.Users)}); err != nil {
			return err
		}
		return assignment.MarkDirty(ctx, tx, "returned", p.ID)
	})
	if err != nil {
		return nil, err
	}
	return &UndoDeparturePayload{PersonID: in.PersonID}, nil
}
