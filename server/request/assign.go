package request

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"writ/server/access"
	"writ/server/assignment"
	"writ/server/db"
	"writ/server/errs"
	"writ/server/permit"
)

// Whoever supervises requests says who decides a step instead of those who are asked (requests 4.2 S8), above all where nobody was found, and when it is due
// (S22). Those whom he names are asked alone, as long as one of them can decide; then it goes by rules and rights again.

const (
	// mostAssigned is to how many people a step is assigned at most.
	mostAssigned = 20
	// maxDue is how far ahead a step may be due.
	maxDue = 3650 * 24 * time.Hour
	// foundAssigned is how those were found to whom a step is assigned.
	foundAssigned = "assigned"
)

// ReassignStepsInput says who decides steps.
type ReassignStepsInput struct {
	StepIDs     []int64
	ToPersonIDs []int64
	Reason      string
}

// SetStepsDueInput says when steps are due.
type SetStepsDueInput struct {
	StepIDs []int64
	DueAt   time.Time
	Reason  *string
}

// at finds who is asked at a step: those to whom it is assigned, as long as one of them can decide, else whom rules and rights find.
func (a *approvers) at(ctx context.Context, b bun.IDB, x *item, st *step) (*asked, error) {
	q := x.approval(st.Level)
	if st.IsAssigned {
		out := &asked{assigned: true, watched: q.watched()}
		rows, err := a.people(ctx, b, q, []db.Condition{bun.SafeQuery(`select 0 as place, c.person_id as person, c.user_id as account, null::bigint[] as via from request_candidate c
			where c.step_id = ? and c.source = ? and c.until is null`, st.ID, sourceAssigned)})
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			r.FoundBy, r.Source = foundAssigned, sourceAssigned
			if r.UserID != nil {
				out.found = append(out.found, *r.UserID)
			}
			out.people = append(out.people, r)
			out.see(r)
		}
		if out.anybody() {
			return out, nil
		}
	}
	return a.ask(ctx, b, q)
}

// Reassign names who decides steps, with a reason, in place of all who are asked (requests 4.2 S8). Whoever supervises requests for the person may, but not
// about what he asked for, or what is about him; and none of those whom he names may be excluded.
func (s *Service) Reassign(ctx context.Context, in ReassignStepsInput) (*RequestItemsPayload, error) {
	if err := permit.AsOneself(ctx); err != nil {
		return nil, err
	}
	reason, err := said("input.reason", in.Reason)
	switch {
	case err != nil:
		return nil, err
	case len(in.ToPersonIDs) == 0:
		return nil, errs.Invalid("input.toPersonIds", "Say who decides.")
	case len(in.ToPersonIDs) > mostAssigned:
		return nil, errs.Invalid("input.toPersonIds", "At most %d people are named at once; these are %d.", mostAssigned, len(in.ToPersonIDs))
	}
	people := slices.Compact(slices.Sorted(slices.Values(in.ToPersonIDs)))
	return s.supervised(ctx, in.StepIDs, func(ctx context.Context, t *turn, m *assignment.Model, x *item, st *step) error {
		who := s.approvers(m)
		former, err := who.asked(ctx, t.tx, x, st)
		if err != nil {
			return err
		}
		if _, err := t.tx.NewRaw(`with given as (delete from request_handed where step_id = ?0)
			update request_candidate set until = ?1 where step_id = ?0 and source = ?2 and until is null`, st.ID, t.now, sourceAssigned).Exec(ctx); err != nil {
			return fmt.Errorf("end what was said about who decides: %w", err)
		}
		var to []access.Holder
		var names []string
		for _, person := range people {
			list, err := t.decider(ctx, m, x, st, person, "input.toPersonIds")
			if err != nil {
				return err
			}
			to, names = append(to, list...), append(names, list[0].DisplayName)
			for _, h := range list {
				if _, err := t.tx.NewRaw(`insert into request_candidate (step_id, user_id, account, person_id, name, found_by, source, since) values (?, ?, ?, ?, ?, ?, ?, ?)`,
					st.ID, h.UserID, h.Username, person, h.DisplayName, foundAssigned, sourceAssigned, t.now).Exec(ctx); err != nil {
					return fmt.Errorf("assign a step: %w", err)
				}
			}
		}
		st.IsAssigned = true
		a, err := who.at(ctx, t.tx, x, st)
		if err != nil {
			return err
		}
		if _, err := keepAsked(ctx, t, st, a); err != nil {
			return err
		}
		if err := t.endQuestion(st); err != nil {
			return err
		}
		t.step(x, st, Assign, fmt.Sprintf("To %s: %s", strings.Join(names, ", "), reason))
		former = slices.DeleteFunc(former, func(h access.Holder) bool {
			return h.UserID == permit.From(ctx).UserID || slices.ContainsFunc(to, func(o access.Holder) bool { return o.UserID == h.UserID })
		})
		t.notify(to, notice{Template: mailAssigned, ItemID: x.ID, StepID: &st.ID, Text: reason}, together)
		t.notify(former, notice{Template: mailTaken, ItemID: x.ID, StepID: &st.ID, Text: "Now: " + strings.Join(names, ", ") + ". " + reason}, together)
		return nil
	})
}

// SetDue says when steps are due (requests 4.2 S22). Nothing is decided then: they count as late. Whoever supervises requests for the person may.
func (s *Service) SetDue(ctx context.Context, in SetStepsDueInput) (*RequestItemsPayload, error) {
	if err := permit.AsOneself(ctx); err != nil {
		return nil, err
	}
	reason := ""
	if in.Reason != nil {
		var err error
		if reason, err = said("input.reason", *in.Reason); err != nil {
			return nil, err
		}
	}
	now := s.Clock.Now()
	if !in.DueAt.After(now) || in.DueAt.After(now.Add(maxDue)) {
		return nil, errs.Invalid("input.dueAt", "Choose a day that is to come, at most %d days ahead.", int(maxDue.Hours()/24))
	}
	return s.supervised(ctx, in.StepIDs, func(_ context.Context, t *turn, _ *assignment.Model, x *item, st *step) error {
		before := "never"
		if st.DueAt != nil {
			before = day(*st.DueAt)
		}
		st.DueAt = &in.DueAt
		t.step(x, st, SetDue, strings.TrimSpace(fmt.Sprintf("Due %s instead of %s. %s", day(in.DueAt), before, reason)))
		return nil
	})
}

// supervised does something with steps whose requests the caller supervises, and has no part in. What is refused changes nothing.
func (s *Service) supervised(ctx context.Context, steps []int64, do func(ctx context.Context, t *turn, m *assignment.Model, x *item, st *step) error) (*RequestItemsPayload, error) {
	if err := (RequestStepsInput{steps}).check(); err != nil {
		return nil, err
	}
	return s.each(ctx, steps, func(ctx context.Context, t *turn, m *assignment.Model, x *item, st *step) (*errs.Error, error) {
		may, err := supervises(ctx, t.tx, m, x.EntityTypeID, x.BeneficiaryID)
		if err != nil {
			return nil, err
		}
		ofNobody := x.party()
		ofNobody.itemID = 0 // who decided another level may say who decides this one
		out, err := excluded(ctx, t.tx, []string{t.actor}, ofNobody)
		switch {
		case err != nil:
			return nil, err
		case !may:
			return errs.New(errs.Forbidden, "Whoever supervises requests does this.").Of(st.ID), nil
		case out[t.actor] != "":
			return errs.New(errs.Forbidden, "You asked for this, or it is about you. Somebody else who supervises requests has to do this.").Of(st.ID), nil
		case !st.State.isTurn():
			return errs.New(errs.InvalidTransition, "This waits for no decision: the request is %s.", stateWords[x.State]).Of(st.ID), nil
		}
		return nil, do(ctx, t, m, x, st)
	})
}

// maySupervise is the condition on q, i and w of those items whose open step the caller may assign, or say when it is due.
func maySupervise(ctx context.Context, m *assignment.Model) db.Condition {
	return bun.SafeQuery(`i.state = 'IN_APPROVAL' and ? and request_exclusion(?, q.requester, q.requester_user_id, q.requester_id, i.beneficiary_id, null) is null
		and exists (select from request_step o where o.item_id = i.id and o.state in ('OPEN', 'INFO_REQUESTED', 'STUCK'))`, over(ctx, m, permit.Supervise), permit.Name(ctx))
}
