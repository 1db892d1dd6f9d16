package plan

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/db"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/manifest"
	"writ/server/permit"
	"writ/server/queue"
)

// ApplyPlanInput names a plan.
type ApplyPlanInput struct{ ID int64 }

// ApplyPlanPayload is the plan as it is then.
type ApplyPlanPayload struct{ Plan *Plan }

// Apply lets the server carry a plan out: exactly what it says, or nothing when it would do something else by now. The plan says what became of it. Needs
// permit.SimulationStart and what applying its configuration needs. INVALID_TRANSITION unless it is FINISHED; VALIDATION when it is of another instant.
func (s *Service) Apply(ctx context.Context, in ApplyPlanInput) (*ApplyPlanPayload, error) {
	p, err := s.beginApply(ctx, in.ID, true)
	if err != nil {
		return nil, err
	}
	return &ApplyPlanPayload{p}, nil
}

func (s *Service) beginApply(ctx context.Context, id int64, queued bool) (*Plan, error) {
	if _, err := permit.Require(ctx, permit.SimulationStart); err != nil {
		return nil, err
	}
	p, err := s.get(ctx, s.DB, id)
	if err != nil {
		return nil, err
	}
	what, err := s.proposed(ctx, id)
	if err != nil {
		return nil, err
	}
	if what.manifest.NamesAny() || what.Edits.Len() == 0 {
		if err := manifest.MayApply(ctx, what.manifest); err != nil {
			return nil, err
		}
	}
	if err := s.mayPropose(ctx, what); err != nil && !isStale(err) { // what moved, the computation says
		return nil, err
	}
	err = db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		if p, err = s.getLocked(ctx, tx, id); err != nil {
			return err
		}
		switch w, err := p.whole(); {
		case err != nil:
			return err
		case p.State == Applied:
			return errs.New(errs.AlreadyDone, "Plan %d is applied already.", id).Of(id)
		case p.State != Finished:
			return errs.New(errs.InvalidTransition, "Plan %d is %s, and cannot be applied. Plan again.", id, p.State).Of(id)
		case w.Dated:
			return errs.Invalid("input.id", "Plan %d was computed for another instant than the present, and can only be read. Plan the same without that.", id)
		case w.Read:
			return errs.Invalid("input.id", "Plan %d changes what is read from a managed system, and can only be read. Change it there.", id)
		}
		userID := int64(0)
		if a := permit.From(ctx); a != nil {
			userID = a.UserID
		}
		p.State = Applying
		if _, err := tx.NewRaw(`update plan set state = 'APPLYING', applier_id = nullif(?, 0), applier = ?, done = 0, fence = 0, lease_until = null, ended_at = null where id = ?`,
			userID, permit.Name(ctx), id).Exec(ctx); err != nil {
			return fmt.Errorf("note that plan %d is applied: %w", id, err)
		}
		if err := event.Publish(ctx, tx, s.Clock.Now(), changed(p)); err != nil || !queued {
			return err
		}
		return queue.Insert(ctx, tx, RunArgs{PlanID: id}, nil)
	})
	if err != nil {
		return nil, err
	}
	return s.get(ctx, s.DB, id)
}

// carryOut applies a plan that somebody wants applied, if nobody else does.
func (s *Service) carryOut(ctx context.Context, id int64) error {
	select {
	case s.running <- struct{}{}:
		defer func() { <-s.running }()
	case <-ctx.Done():
		return ctx.Err()
	}
	h, err := s.take(ctx, id, Applying, Applying)
	if err != nil || h == nil {
		return err
	}
	if h.fence > attempts {
		return h.end(ctx, Finished, "failure = ?", "It was not applied: the processes that did it ended before it was done. Nothing is written. Look into the log of the server, and apply again.")
	}
	as, err := s.applier(ctx, id)
	if err != nil {
		return err
	}
	if as == nil {
		return h.end(ctx, Finished, "failure = ?", "It was not applied: the account of whoever asked for it may not be used any more.")
	}
	ctx, stop := h.keep(ctx)
	defer stop()
	var moved *movedError
	err = s.writeExactly(permit.With(ctx, as), h)
	switch e := errs.As(err); {
	case err == nil, errors.Is(err, errOvertaken):
		return nil
	case errors.As(err, &moved):
		return h.end(ctx, OutOfDate, "moved = ?::jsonb, failure = ?", raw(moved.list), moved.why)
	case ctx.Err() != nil:
		return nil
	case e != nil && e.Kind != errs.Unavailable:
		return h.end(ctx, Finished, "failure = ?", "It was not applied. "+e.Message)
	default:
		return err
	}
}

// applier is the account that wants a plan applied, with the rights it has now; nil: it may not be used.
func (s *Service) applier(ctx context.Context, id int64) (*permit.Actor, error) {
	var by struct {
		ApplierID *int64
		Applier   *string
	}
	if err := s.DB.NewRaw(`select applier_id, applier from plan where id = ?`, id).Scan(ctx, &by); err != nil {
		return nil, fmt.Errorf("look who applies plan %d: %w", id, err)
	}
	if by.ApplierID == nil {
		if a := permit.From(ctx); a != nil && a.System && by.Applier != nil && *by.Applier == a.Name { // a command, in its own process
			return a, nil
		}
		return nil, nil
	}
	return s.Actor(ctx, *by.ApplierID)
}

// movedError: the outcome is another one than the plan said.
type movedError struct {
	why  string
	list []Moved
}

func (e *movedError) Error() string { return e.why }

// keptMoved is how many of those are kept for whom the outcome is another one.
const keptMoved = 200

// writeExactly computes a plan once more, compares, and writes its configuration.
func (s *Service) writeExactly(ctx context.Context, h *hold) error {
	p, err := s.proposed(ctx, h.plan.ID)
	if err != nil {
		return err
	}
	// What was read meanwhile becomes known to the computation: an account that turned up belongs to somebody from then on.
	if err := s.Assignments.Spread(ctx); err != nil {
		return err
	}
	t, err := s.try(ctx, p)
	if isStale(err) {
		return &movedError{why: errs.As(err).Message}
	} else if err != nil {
		return err
	}
	if t.payload.Fingerprint != h.plan.fingerprint || t.overlay == nil {
		return &movedError{why: "The configuration was changed since this was planned. Plan again, and look at what is different."}
	}
	before, err := s.marks(ctx, nil)
	if err != nil {
		return err
	}
	owners, err := s.comparable(ctx, h.plan.ID, t)
	if err != nil {
		return err
	}
	if err := s.compare(ctx, h, t, owners, true); err != nil {
		return err
	}
	as := permit.From(ctx)
	if !p.manifest.NamesAny() { // that is for those who may write configuration; resources are edited by whoever asked
		ctx = permit.With(ctx, permit.System("plan"))
	}
	_, err = s.Manifest.ApplyGuarded(ctx, p.manifest, h.plan.fingerprint, func(ctx context.Context, tx bun.Tx) error {
		if err := s.stand(ctx, tx, before, func(touched []int64) error { return s.compare(ctx, h, t, touched, false) }); err != nil {
			return err
		}
		return h.applied(ctx, tx)
	}, func(ctx context.Context, tx bun.Tx) error {
		_, err := s.Directory.Edit(permit.With(ctx, as), tx, p.Edits, false)
		return err
	})
	if isStale(err) {
		return &movedError{why: errs.As(err).Message}
	}
	return err
}

// isStale: something is another one than whoever asked has read.
func isStale(err error) bool {
	e := errs.As(err)
	return e != nil && e.Kind == errs.StaleItem
}

// applied notes, in the transaction that writes the configuration, that the plan is so.
func (h *hold) applied(ctx context.Context, tx bun.Tx) error {
	now := h.s.Clock.Now()
	res, err := tx.NewRaw(`update plan set state = 'APPLIED', lease_until = null, ended_at = ?0, applied_at = ?0, applied_by = applier, failure = '', done = total
		where id = ?1 and fence = ?2 and state = 'APPLYING'`, now, h.plan.ID, h.fence).Exec(ctx)
	if err != nil {
		return fmt.Errorf("note that plan %d is applied: %w", h.plan.ID, err)
	}
	if n, err := res.RowsAffected(); err != nil {
		return err
	} else if n == 0 {
		return errOvertaken
	}
	h.plan.State = Applied
	return event.Publish(ctx, tx, now, changed(h.plan))
}

// comparable are those whom a plan is compared for: everybody (nil), or, when it only edits resources, whom that concerns now or did when it was made.
func (s *Service) comparable(ctx context.Context, planID int64, t *tried) (owners []int64, err error) {
	if t.owners == nil {
		return nil, nil
	}
	err = s.DB.NewRaw(`select owner_id from plan_owner where plan_id = ? union select unnest(?::bigint[]) order by 1`, planID, array(t.owners)).Scan(ctx, &owners)
	if err != nil {
		return nil, fmt.Errorf("look whom plan %d concerns: %w", planID, err)
	}
	return append([]int64{}, owners...), nil
}

// compare computes owners, all (nil) or some, and refuses when the outcome of any is another one than the plan says. first: it is the comparison with all of
// the plan, which must speak of nobody else, and tells how far it came; else of those who were touched meanwhile.
func (s *Service) compare(ctx context.Context, h *hold, t *tried, owners []int64, first bool) error {
	var x *itemizer
	moved := &movedError{}
	n, found := 0, 0
	total, done := 0, 0
	ctx = permit.With(ctx, permit.System("plan"))
	_, err := s.Assignments.Foresee(ctx, t.overlay, assignment.Foresee{Owners: owners, At: s.Clock.Now()}, func(ctx context.Context, tx bun.Tx, f *assignment.Foreseen) error {
		if x == nil {
			ways, err := s.Orders.Ways(ctx, tx)
			if err != nil {
				return err
			}
			x = newItemizer(t.overlay.Model, ways, f.Batch.Now)
		}
		list, err := x.all(ctx, tx, f)
		if err != nil {
			return err
		}
		is := map[int64][]byte{}
		for _, d := range list {
			is[d.ownerID] = d.digest()
		}
		looked := make([]int64, len(f.Batch.Owners))
		for i, o := range f.Batch.Owners {
			looked[i] = o.Resource.ID
		}
		said, err := s.digests(ctx, h.plan.ID, looked)
		if err != nil {
			return err
		}
		found += len(said)
		for _, o := range f.Batch.Owners {
			id := o.Resource.ID
			if bytes.Equal(is[id], said[id]) {
				continue
			}
			n++
			why := "Something else would change for this person than the plan says."
			switch {
			case said[id] == nil:
				why = "Something would change for this person, and the plan says nothing of it."
			case is[id] == nil:
				why = "Nothing would change any more for this person."
			}
			if len(moved.list) < keptMoved {
				moved.list = append(moved.list, Moved{OwnerID: id, DisplayName: o.Resource.DisplayName, Why: why})
			}
		}
		if !first {
			return nil
		}
		done += len(looked)
		return h.note(ctx, s.DB, done, max(total, done))
	}, func(_, all int) { total = all })
	if err != nil {
		return err
	}
	if first {
		var all int
		if err := s.DB.NewRaw(`select count(*) from plan_owner where plan_id = ?`, h.plan.ID).Scan(ctx, &all); err != nil {
			return fmt.Errorf("count whom plan %d concerns: %w", h.plan.ID, err)
		}
		n += all - found // they are gone altogether
	}
	if n > 0 {
		whom := fmt.Sprintf("%d people", n)
		if n == 1 {
			whom = "one person"
		}
		moved.why = "The world moved: for " + whom + " the outcome is another one than this plan says. Nothing is written. Plan again, and look at what is different."
		return moved
	}
	return nil
}

func (s *Service) digests(ctx context.Context, planID int64, owners []int64) (map[int64][]byte, error) {
	var rows []struct {
		OwnerID int64
		Digest  []byte
	}
	if err := s.DB.NewRaw(`select owner_id, digest from plan_owner where plan_id = ? and owner_id = any (?)`, planID, array(owners)).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read what plan %d says: %w", planID, err)
	}
	out := make(map[int64][]byte, len(rows))
	for _, r := range rows {
		out[r.OwnerID] = r.Digest
	}
	return out, nil
}
