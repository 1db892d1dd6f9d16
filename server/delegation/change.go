package delegation

import (
	"context"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
	"writ/server/permit"
)

// Update lets a delegation end earlier; to widen one, make another. Delegator, or who manages his delegations.
func (s *Service) Update(ctx context.Context, in UpdateDelegationInput) (*DelegationPayload, error) {
	return s.change(ctx, in.ID, Shorten, in.Comment, func(d *row) error {
		now := s.Clock.Now()
		switch {
		case in.Version != nil && *in.Version != d.Version:
			return errs.New(errs.StaleItem, "This changed since you looked at it. Look again.").Of(d.ID)
		case !in.EndDate.After(now):
			return errs.Invalid("input.endDate", "To end it at once, revoke it.")
		case !in.EndDate.After(d.StartDate):
			return errs.Invalid("input.endDate", "It has to end after it begins.")
		case d.EndDate != nil && in.EndDate.After(*d.EndDate):
			return errs.Invalid("input.endDate", "A delegation is only made shorter. For more, make a new one.")
		}
		d.EndDate = &in.EndDate
		return nil
	})
}

// Revoke takes a delegation back at once, also from a page that the deputy has open. Delegator, or who manages his delegations.
func (s *Service) Revoke(ctx context.Context, in EndDelegationInput) (*DelegationPayload, error) {
	return s.change(ctx, in.ID, Revoke, in.Comment, nil)
}

// Refuse is what a deputy does who does not want to act (rule 5).
func (s *Service) Refuse(ctx context.Context, in EndDelegationInput) (*DelegationPayload, error) {
	return s.change(ctx, in.ID, Refuse, in.Comment, nil)
}

// change takes an action of the caller; with may look at the row, and change it.
func (s *Service) change(ctx context.Context, id int64, action Action, comment *string, with func(d *row) error) (*DelegationPayload, error) {
	if err := permit.AsOneself(ctx); err != nil {
		return nil, err
	}
	if comment != nil && utf8.RuneCountInString(*comment) > maxText {
		return nil, errs.Invalid("input.comment", "A comment has at most %d characters.", maxText)
	}
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		d, err := lock(ctx, tx, id)
		if err != nil {
			return err
		}
		seen, err := s.get(ctx, tx, id) // NotFound for whom it is not
		if err != nil {
			return err
		}
		mine := seen.IsMine || seen.manages
		if action == Refuse {
			mine = seen.IsForMe
		}
		if !mine {
			return errs.New(errs.Forbidden, "%s", forbidden[action]).Of(id)
		}
		if !d.State.isOpen() {
			return errs.New(errs.InvalidTransition, "This delegation is over: %s.", stateNow[d.State]).Of(id)
		}
		if with != nil {
			if err := with(d); err != nil {
				return err
			}
		}
		return apply(ctx, tx, s.Clock.Now(), d, action, text(comment))
	})
	if err != nil {
		return nil, err
	}
	d, err := s.Get(ctx, id)
	return &DelegationPayload{d}, err
}

// forbidden says why somebody who sees a delegation may not do something with it.
var forbidden = map[Action]string{
	Shorten: "Only who is acted for makes a delegation shorter, or who manages delegations.",
	Revoke:  "Only who is acted for takes a delegation back, or who manages delegations. A deputy refuses it.",
	Refuse:  "Only the deputy refuses a delegation.",
}
