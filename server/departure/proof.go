package departure

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"writ/server/audit"
	"writ/server/errs"
)

// Look gives what somebody has, who is to leave, and what stands in the way. Needs permit.DepartNow for him.
func (s *Service) Look(ctx context.Context, personID int64) (*DepartureOutlook, error) {
	p, err := s.open(ctx, s.DB, personID, "id")
	if err != nil {
		return nil, err
	}
	accounts, err := s.accounts(ctx, s.DB, p.ID, nil)
	if err != nil {
		return nil, err
	}
	out := &DepartureOutlook{PersonID: p.ID, Person: p.DisplayName, Accounts: owned(accounts), Rows: []*DepartureProofRow{}}
	for _, a := range accounts {
		out.Rows = append(out.Rows, a.row(false))
	}
	now := s.Clock.Now()
	d, err := find(ctx, s.DB, p.ID, "")
	if err != nil {
		return nil, err
	}
	if d != nil && d.State == Waiting {
		out.NeedsSecondPerson, out.AskedBy = true, &d.Actor
	} else if out.NeedsSecondPerson, err = s.overBudget(ctx, s.DB, now); err != nil {
		return nil, err
	}
	if err := s.obstacle(ctx, s.DB, p, d, now); err != nil {
		if errs.As(err) == nil {
			return nil, err
		}
		out.Obstacle = new(errs.Text(err))
	}
	out.CanDepart = out.Obstacle == nil
	return out, nil
}

// Proof gives what became of all that somebody had, of the newest departure that was not only asked for; nil: there is none. Needs permit.DepartNow for him.
func (s *Service) Proof(ctx context.Context, personID int64) (*DepartureProof, error) {
	p, err := s.open(ctx, s.DB, personID, "id")
	if err != nil {
		return nil, err
	}
	var found []struct {
		ID         int64
		State      DepartureState
		At         time.Time
		Actor      string
		AskedBy    *string
		Reason     string
		FirstEvent int64
		ReturnedAt *time.Time
	}
	if err := s.DB.NewRaw(`select id, state, at, actor, asked_by, reason, first_event, returned_at from departure where person_id = ? and state in (?, ?) order by id desc limit 1`, p.ID, Departed, Returned).Scan(ctx, &found); err != nil {
		return nil, fmt.Errorf("read a departure: %w", err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	d := found[0]
	out := &DepartureProof{PersonID: p.ID, Person: p.DisplayName, State: d.State, At: d.At.UTC(), Actor: d.Actor, AskedBy: d.AskedBy, Reason: d.Reason, Rows: []*DepartureProofRow{}}
	accounts, err := s.accounts(ctx, s.DB, p.ID, &d.At)
	if err != nil {
		return nil, err
	}
	out.Complete = len(accounts) < mostAccounts
	for _, a := range accounts {
		out.Rows = append(out.Rows, a.row(true))
	}
	rest, err := s.items(ctx, s.DB, d.ID, d.At, d.Actor)
	if err != nil {
		return nil, err
	}
	out.Rows = append(out.Rows, rest...)
	for _, r := range out.Rows {
		switch {
		case r.Outcome == OutcomeToLook:
		case !r.Outcome.isDone():
			out.Complete = false
		case r.VerifiedAt != nil && (out.CompletedAt == nil || r.VerifiedAt.After(*out.CompletedAt)):
			out.CompletedAt = r.VerifiedAt
		}
	}
	if out.CompletedAt == nil {
		out.CompletedAt = &out.At
	}
	if !out.Complete {
		out.CompletedAt = nil
	}
	seal, err := audit.SealOf(ctx, s.DB, p.ID, d.FirstEvent)
	if err != nil {
		return nil, err
	}
	out.Digest, out.FromPosition, out.ToPosition = seal.Digest, fmt.Sprint(seal.From), fmt.Sprint(seal.To)
	return out, nil
}

// items tells what became of what somebody had beside accounts in systems.
func (s *Service) items(ctx context.Context, b bun.IDB, departureID int64, at time.Time, actor string) ([]*DepartureProofRow, error) {
	var found []struct {
		Kind    DepartureKind
		Label   string
		IsEnded bool
		EndedAt *time.Time
		By      *string
	}
	if err := b.NewRaw(`select x.kind, x.label,
			case x.kind when 'SIGN_IN' then coalesce(u.is_disabled, true) when 'SESSION' then true when 'KEY' then coalesce(k.revoked_at is not null, true) when 'DELEGATION' then coalesce(g.closed_at is not null, true)
				when 'REQUEST' then coalesce(i.closed_at is not null, true)
				else s.closed_at is not null or not exists (select from request_candidate c join departure d on d.id = x.departure_id join local_user o on o.id = c.user_id and o.resource_id = d.person_id where c.step_id = s.id and c.until is null) end as is_ended,
			case x.kind when 'KEY' then k.revoked_at when 'DELEGATION' then g.closed_at when 'REQUEST' then i.closed_at when 'APPROVAL' then s.closed_at end as ended_at,
			case x.kind when 'KEY' then k.revoked_by when 'DELEGATION' then g.closed_by end as by
		from departure_item x
		left join local_user u on x.kind = 'SIGN_IN' and u.id = x.subject_id
		left join api_key k on x.kind = 'KEY' and k.id = x.subject_id
		left join delegation g on x.kind = 'DELEGATION' and g.id = x.subject_id
		left join request_item i on x.kind = 'REQUEST' and i.id = x.subject_id
		left join request_step s on x.kind = 'APPROVAL' and s.id = x.subject_id
		where x.departure_id = ? order by x.id`, departureID).Scan(ctx, &found); err != nil {
		return nil, fmt.Errorf("read what somebody had: %w", err)
	}
	out := make([]*DepartureProofRow, len(found))
	for i, f := range found {
		r := &DepartureProofRow{Kind: f.Kind, Name: f.Label, Outcome: OutcomeOpen, AskedAt: &at}
		if f.IsEnded {
			r.Outcome, r.ExecutedAt, r.By = OutcomeEnded, f.EndedAt, f.By
			if r.ExecutedAt == nil {
				r.ExecutedAt, r.By = &at, &actor
			}
			r.VerifiedAt = r.ExecutedAt
		}
		out[i] = r
	}
	return out, nil
}

// FirstEvent is the event after which the newest departure of somebody began, for the seal. NOT_FOUND when nobody made him leave.
func (s *Service) FirstEvent(ctx context.Context, personID int64) (int64, error) {
	var found []int64
	if err := s.DB.NewRaw(`select first_event from departure where person_id = ? and state in (?, ?) order by id desc limit 1`, personID, Departed, Returned).Scan(ctx, &found); err != nil {
		return 0, fmt.Errorf("read a departure: %w", err)
	}
	if len(found) == 0 {
		return 0, errs.New(errs.NotFound, "Nobody made person %d leave at once.", personID)
	}
	return found[0], nil
}
