package request

import (
	"context"
	"fmt"
	"strconv"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/errs"
	"writ/server/permit"
)

// ManyReviews is the same decision about many items that wait for an approval (role-model 10.2, 13.5; server/bulk goes through them).
type ManyReviews struct {
	s        *Service
	m        *assignment.Model
	decision StepDecision
	comment  string
	may      db.Condition // on q, i, w and s, the step that waits
	where    db.Condition
}

// sqlStepSeal is what must still be so when an item is decided: the same step waits, and nothing about it changed.
const sqlStepSeal = "s.id || ' ' || s.version"

// ManyReviews prepares the decision, with the rights that the caller has now: permit.ReviewRoles and permit.MassReviewRoles for the beneficiary. What he may only decide as
// somebody's deputy, or only because it was given to him, is decided one by one.
func (s *Service) ManyReviews(ctx context.Context, tx bun.Tx, decision StepDecision, f *RequestFilter, comment string) (*ManyReviews, error) {
	if decision != ApproveStep && decision != DeclineStep {
		return nil, errs.Invalid("input.decision", "There is no decision %s about a request.", decision)
	}
	m, err := s.model(ctx, tx)
	if err != nil {
		return nil, err
	}
	for _, permission := range []string{permit.ReviewRoles, permit.MassReviewRoles} {
		if !allows(ctx, m, permission) {
			return nil, errs.New(errs.Forbidden, "You do not have the permission %s of any entity type. Ask an administrator to grant it to one of your profiles.", permission)
		}
	}
	may := db.AllOf(bun.SafeQuery("i.state = 'IN_APPROVAL' and s.state in ('OPEN', 'INFO_REQUESTED')"), over(ctx, m, permit.ReviewRoles), over(ctx, m, permit.MassReviewRoles), notExcluded(permit.Name(ctx)))
	return &ManyReviews{s, m, decision, clean(comment), may, db.AllOf(may, f.of(ctx, m, s.Clock.Now()))}, nil
}

// allows reports whether a permission with one path per entity type is granted for one of those that requests are about.
func allows(ctx context.Context, m *assignment.Model, permission string) bool {
	for _, id := range requestable(m) {
		t := m.Shape.EntityTypes[id].Identifier
		if permit.Find(ctx, permit.For(permission, t)).OfOwners().On(t).Allowed() {
			return true
		}
	}
	return false
}

// Select chooses the items: id, whom, what, and which step waits.
func (w *ManyReviews) Select() schema.QueryWithArgs {
	return bun.SafeQuery("select i.id as id, w.display_name as name, i.object_name as about, "+sqlStepSeal+" as seal from "+items.Tables(w.where, "s.id")+" where ?", w.where)
}

// Explained refuses a decision without a comment when the role of one of the items asks for one.
func (w *ManyReviews) Explained(ctx context.Context, tx bun.Tx) error {
	var roles []int64
	if err := tx.NewRaw("select distinct i.role_id from "+items.Tables(w.where, "s.id")+" where ? order by 1", w.where).Scan(ctx, &roles); err != nil {
		return fmt.Errorf("look for the roles of a decision: %w", db.Explain(err))
	}
	for _, id := range roles {
		if _, err := commentMode(w.m, id, w.decision).Take(w.comment); err != nil {
			return err
		}
	}
	return nil
}

// One decides about one item in the caller's transaction, as a single decision does. refused: why not; STALE_ITEM when another step waits by now. What the server ends instead
// (the person left, the time is over) is ended all the same.
func (w *ManyReviews) One(ctx context.Context, tx bun.Tx, id int64, seal string) (before, after string, refused *errs.Error, err error) {
	missing := errs.Missing("This waits for no decision of yours any more.").Of(id)
	err = db.Inside(ctx, tx, func(ctx context.Context, tx bun.Tx) error {
		refused = nil
		var owner []int64
		if err := tx.NewRaw("select beneficiary_id from request_item where id = ?", id).Scan(ctx, &owner); err != nil {
			return fmt.Errorf("find whom an item is about: %w", err)
		}
		if err := assignment.LockOwners(ctx, tx, owner); err != nil {
			return err
		}
		list, err := lockItems(ctx, tx, "i.id = ?", id)
		if err != nil || len(list) == 0 {
			refused = missing
			return err
		}
		this := db.AllOf(w.may, bun.SafeQuery("i.id = ?", id))
		var is []struct {
			ID   int64
			Seal string
		}
		if err := tx.NewRaw("select s.id, "+sqlStepSeal+" as seal from "+items.Tables(this, "s.id")+" where ?", this).Scan(ctx, &is); err != nil {
			return fmt.Errorf("read which approval waits: %w", db.Explain(err))
		}
		switch {
		case len(is) == 0:
			refused = missing
			return nil
		case is[0].Seal != seal:
			refused = errs.New(errs.StaleItem, "Something changed about this since the bulk change began. Look at it, then decide.").Of(id)
			return nil
		}
		before = stateWords[list[0].State]
		t := w.s.newTurn(ctx, tx, w.m)
		if refused, err = w.s.decideLocked(ctx, t, w.m, list[0], StepDecisionInput{StepID: is[0].ID, Decision: w.decision, Comment: &w.comment}, nil); err != nil {
			return err
		}
		after = stateWords[list[0].State]
		return t.commit()
	})
	switch e := errs.As(err); {
	case e != nil && e.Kind != errs.Unavailable:
		return "", "", e.Of(strconv.FormatInt(id, 10)), nil
	case err != nil:
		return "", "", nil, err
	case refused != nil:
		return before, "", refused, nil
	}
	return before, after, nil, nil
}
