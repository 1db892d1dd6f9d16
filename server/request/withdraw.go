package request

import (
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/errs"
	"writ/server/permit"
)

// CancelRequestInput names a request, or items of any, that are taken back.
type CancelRequestInput struct {
	RequestID *int64
	ItemIDs   []int64
	Comment   *string
}

// Withdraw takes items back that are not approved yet (requests 4.1 I18): those that the caller asked for, that somebody asked for him and that give him
// something, or, with a comment, those that he supervises.
func (s *Service) Withdraw(ctx context.Context, in CancelRequestInput) (*RequestItemsPayload, error) {
	if err := permit.AsOneself(ctx); err != nil {
		return nil, err
	}
	list := in.ItemIDs
	switch {
	case (in.RequestID != nil) == (len(in.ItemIDs) > 0):
		return nil, errs.Invalid("input", "Give either a request or items, not both and not none.")
	case len(in.ItemIDs) > maxSteps:
		return nil, errs.New(errs.TooLarge, "At most %d are named at once; these are %d.", maxSteps, len(in.ItemIDs)).At("input.itemIds")
	case in.RequestID != nil:
		r, err := s.Get(ctx, in.RequestID, nil)
		if err != nil {
			return nil, err
		}
		for _, x := range r.Items {
			if x.State.isWaiting() {
				list = append(list, x.ID)
			}
		}
		if len(list) == 0 {
			return nil, errs.New(errs.InvalidTransition, "This request is %s: %s.", stateWords[r.State], stateNow[r.State]).Of(r.ID)
		}
	}
	if in.Comment != nil && utf8.RuneCountInString(*in.Comment) > maxComment {
		return nil, errs.Invalid("input.comment", "A comment has at most %d characters.", maxComment)
	}
	p := &RequestItemsPayload{Results: []*RequestItemResult{}}
	for _, id := range list {
		refused, err := s.withdraw(ctx, id, in.Comment)
		if err != nil {
			return nil, err
		}
		r, err := s.result(ctx, id, id, refused)
		if err != nil {
			return nil, err
		}
		p.Results = append(p.Results, r)
	}
	return p, nil
}

func (s *Service) withdraw(ctx context.Context, id int64, comment *string) (refused *errs.Error, err error) {
	x, err := s.GetItem(ctx, id)
	if errs.Is(err, errs.NotFound) {
		return errs.As(err), nil
	}
	if err != nil {
		return nil, err
	}
	said := ""
	if comment != nil {
		said = clean(*comment)
	}
	m, err := s.model(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	err = db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		refused = nil
		if err := assignment.LockOwners(ctx, tx, []int64{x.Owner.ID}); err != nil {
			return err
		}
		list, err := lockItems(ctx, tx, "i.id = ?", id)
		if err != nil {
			return err
		}
		t := s.newTurn(ctx, tx, m)
		right, err := s.mayWithdraw(ctx, tx, m, list[0])
		switch {
		case err != nil:
			return err
		case right == notAtAll:
			refused = errs.New(errs.Forbidden, "Who asked for it takes it back, or whoever supervises requests.").Of(id)
			return nil
		case right == supervised && said == "":
			refused = errs.Invalid("input.comment", "Say why you take back what somebody else asked for.").Of(id)
			return nil
		case !list[0].State.isWaiting():
			refused = errs.New(errs.InvalidTransition, "This is %s: %s.", stateWords[list[0].State], stateNow[list[0].State]).Of(id)
			return nil
		}
		if err := s.end(ctx, t, list[0], Withdraw, "", said); err != nil {
			return err
		}
		return t.commit()
	})
	return refused, err
}

// withdrawing is by what right somebody takes an item back.
type withdrawing int

const (
	notAtAll withdrawing = iota
	byOwner
	supervised
)

func (s *Service) mayWithdraw(ctx context.Context, b bun.IDB, m *assignment.Model, x *item) (withdrawing, error) {
	me := permit.From(ctx)
	var mine bool
	if err := b.NewRaw(`select lower(?0) = lower(account_now(?1, ?4)) or ?2 and is_same_person(?0, ?3)`, me.Username, x.Requester, x.Action.gives(), x.BeneficiaryID, x.RequesterUserID).Scan(ctx, &mine); err != nil {
		return notAtAll, fmt.Errorf("look whose request it is: %w", err)
	}
	if mine {
		return byOwner, nil
	}
	over, err := supervises(ctx, b, m, x.EntityTypeID, x.BeneficiaryID)
	if over {
		return supervised, err
	}
	return notAtAll, err
}
