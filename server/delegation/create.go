package delegation

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/access"
	"writ/server/db"
	"writ/server/errs"
	"writ/server/permit"
)

const (
	maxText = 2000 // characters of a reason
	maxOpen = 50   // delegations of one delegator that are not over
	maxList = 200  // roles, categories and policies in a scope
)

// Create lets somebody act for the caller, or for somebody whose delegations he manages (requests 10.2). It is refused when it would cover nothing.
func (s *Service) Create(ctx context.Context, in CreateDelegationInput) (*DelegationPayload, error) {
	if err := permit.InPerson(ctx); err != nil { // a token may have a part of the rights that this hands on
		return nil, err
	}
	me := permit.From(ctx)
	if err := in.check(); err != nil {
		return nil, err
	}
	delegatorID := me.UserID
	if in.DelegatorID != nil {
		delegatorID = *in.DelegatorID
	}
	var id int64
	err := db.InTx(ctx, s.DB, func(ctx context.Context, tx bun.Tx) error {
		now := s.Clock.Now()
		delegator, isManager, err := s.delegator(ctx, tx, delegatorID, now)
		if err != nil {
			return err
		}
		deputy, err := s.deputy(ctx, tx, in.DeputyID, delegator, now)
		if err != nil {
			return err
		}
		start, err := s.dates(&in, isManager, now)
		if err != nil {
			return err
		}
		scope := permit.DeputyScope{}
		if in.Scope != nil {
			scope = *in.Scope
		}
		if err := checkScope(ctx, tx, in.Kinds, scope); err != nil {
			return err
		}
		if err := covers(ctx, tx, in.Kinds, scope, *delegator, now); err != nil {
			return err
		}
		var open int
		if err := tx.NewRaw("select count(*) from delegation where delegator_id = ? and closed_at is null", delegator.UserID).Scan(ctx, &open); err != nil {
			return err
		}
		if open >= maxOpen {
			return errs.New(errs.TooLarge, "There are %d delegations of %s already; revoke some first.", open, delegator.Name)
		}
		d := &row{DelegatorID: &delegator.UserID, Delegator: delegator.Username, DeputyID: &deputy.UserID, Deputy: deputy.Username, StartDate: start, EndDate: in.EndDate, State: Active, Version: 1}
		action := Start
		if start.After(now) {
			d.State, action = Planned, Plan
		}
		for _, k := range in.Kinds {
			d.Kinds = append(d.Kinds, string(k))
		}
		raw, err := json.Marshal(scope)
		if err != nil {
			return err
		}
		if err := tx.NewRaw(`insert into delegation (delegator_id, delegator, deputy_id, deputy, kinds, scope, start_date, end_date, reason, state, created_by, created_at) values (?, ?, ?, ?, ?, ?::jsonb, ?, ?, ?, ?, ?, ?) returning id`,
			d.DelegatorID, d.Delegator, d.DeputyID, d.Deputy, pgdialect.Array(d.Kinds), string(raw), d.StartDate, d.EndDate, text(in.Reason), d.State, me.Username, now).Scan(ctx, &d.ID); err != nil {
			return fmt.Errorf("write a delegation: %w", db.Explain(err))
		}
		id = d.ID
		return tell(ctx, tx, now, d, action, nil, text(in.Reason))
	})
	if err != nil {
		return nil, err
	}
	d, err := s.Get(ctx, id)
	return &DelegationPayload{d}, err
}

// check looks at what needs no database.
func (in *CreateDelegationInput) check() error {
	if len(in.Kinds) == 0 {
		return errs.Invalid("input.kinds", "Say for which work.")
	}
	for i, k := range in.Kinds {
		if k.find() == nil {
			return errs.Invalid("input.kinds", "Deputies cannot do the work %s.", k)
		}
		if slices.Contains(in.Kinds[:i], k) {
			return errs.Invalid("input.kinds", "%s is there twice.", k)
		}
	}
	if in.Reason != nil && utf8.RuneCountInString(*in.Reason) > maxText {
		return errs.Invalid("input.reason", "A reason has at most %d characters.", maxText)
	}
	return nil
}

// party is an account that is named in a delegation.
type party struct {
	permit.Delegator
	isThere bool // it can sign in
}

func (s *Service) party(ctx context.Context, b bun.IDB, where db.Condition, now time.Time) (*party, error) {
	var p *party
	err := db.Select(ctx, b, bun.SafeQuery(`select u.id, u.username, u.display_name, coalesce(r.id, 0), not u.is_disabled and not u.is_client and not has_left(u.id, ?0) and (?1 or not u.is_demo)
		from local_user u left join resource r on r.id = u.resource_id and r.valid_to = 'infinity' where ?2`, now, s.Demo, where), func(r *db.Row) error {
		p = &party{permit.Delegator{UserID: r.Int(), Username: r.Text(), Name: r.Text(), ResourceID: r.Int()}, r.Bool()}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find an account: %w", db.Explain(err))
	}
	return p, nil
}

// delegator finds the one for whom is acted, whom the caller must be, or manage.
func (s *Service) delegator(ctx context.Context, tx bun.Tx, id int64, now time.Time) (*permit.Delegator, bool, error) {
	me := permit.From(ctx)
	manages, err := s.manages(ctx, tx, "u")
	if err != nil {
		return nil, false, err
	}
	managed, err := s.party(ctx, tx, db.AllOf(bun.SafeQuery("u.id = ?", id), manages), now)
	if err != nil {
		return nil, false, err
	}
	p, isManager := managed, managed != nil
	if !isManager && id == me.UserID && id != 0 {
		if may, err := s.mayDelegate(ctx, tx); err != nil {
			return nil, false, err
		} else if !may {
			return nil, false, errs.New(errs.Forbidden, "You do not have the permission %s. Ask an administrator to grant it to one of your profiles.", permit.DelegateSelf("{entityType}"))
		}
		if p, err = s.party(ctx, tx, bun.SafeQuery("u.id = ?", id), now); err != nil {
			return nil, false, err
		}
	}
	switch {
	case p == nil:
		return nil, false, errs.Missing("There is no account %d whose delegations are yours to make.", id).Of(id).At("input.delegatorId")
	case !p.isThere:
		return nil, false, errs.Invalid("input.delegatorId", "%s cannot sign in.", p.Name)
	}
	return &p.Delegator, isManager, nil
}

// deputy finds the one who is to act: another person who can sign in, and whom the caller may see.
func (s *Service) deputy(ctx context.Context, tx bun.Tx, id int64, delegator *permit.Delegator, now time.Time) (*permit.Delegator, error) {
	seen, err := s.mayName(ctx, tx, "u")
	if err != nil {
		return nil, err
	}
	p, err := s.party(ctx, tx, db.AllOf(bun.SafeQuery("u.id = ?", id), db.AnyOf(seen, bun.SafeQuery("u.id = ?", permit.From(ctx).UserID))), now)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, errs.Missing("There is no account %d, or it is not in your scope.", id).Of(id).At("input.deputyId")
	}
	var isSame bool
	if err := tx.NewRaw("select is_same_account(?, ?)", delegator.Username, p.Username).Scan(ctx, &isSame); err != nil {
		return nil, err
	}
	switch {
	case p.UserID == delegator.UserID:
		return nil, errs.Invalid("input.deputyId", "Nobody acts for himself; choose somebody else.")
	case isSame:
		return nil, errs.Invalid("input.deputyId", "%s is another account of %s; choose somebody else.", p.Username, delegator.Name)
	case !p.isThere:
		return nil, errs.Invalid("input.deputyId", "%s cannot sign in, and so act for nobody.", p.Name)
	}
	return &p.Delegator, nil
}

// dates gives when it begins: now, or later. It lasts no longer than the installation says; only who manages delegations may leave the end open.
func (s *Service) dates(in *CreateDelegationInput, isManager bool, now time.Time) (time.Time, error) {
	start := now
	if in.StartDate != nil && in.StartDate.After(now) {
		start = *in.StartDate
	}
	switch {
	case start.After(now.AddDate(1, 0, 1)):
		return start, errs.Invalid("input.startDate", "It begins in more than a year. Make it later.")
	case in.EndDate == nil && !isManager:
		return start, errs.Invalid("input.endDate", "Say until when.")
	case in.EndDate == nil:
	case !in.EndDate.After(start):
		return start, errs.Invalid("input.endDate", "It has to end after it begins, and in the future.")
	case in.EndDate.After(start.AddDate(0, 0, s.MaxDays)):
		return start, errs.Invalid("input.endDate", "A delegation lasts %d days at most (--max-delegation-days).", s.MaxDays)
	}
	return start, nil
}

// checkScope refuses what there is not, and what a kind of work cannot be narrowed by.
func checkScope(ctx context.Context, tx bun.Tx, of []DelegationKind, scope permit.DeputyScope) error {
	if len(scope.Roles)+len(scope.Categories)+len(scope.Policies) > maxList {
		return errs.New(errs.TooLarge, "A delegation names at most %d roles, categories and policies.", maxList).At("input.scope")
	}
	if scope.HasRoles() {
		for _, k := range of {
			if !k.find().hasRoles {
				return errs.Invalid("input.scope", "The work %s cannot be narrowed to roles.", k)
			}
		}
	}
	for _, list := range []struct {
		field, table, word string
		names              []string
	}{
		{"entityTypes", "entity_type", "entity type", scope.EntityTypes}, {"roles", "role", "role", scope.Roles}, {"categories", "category", "category", scope.Categories}, {"policies", "policy", "policy", scope.Policies},
	} {
		if len(list.names) == 0 {
			continue
		}
		var lacking []string
		if err := tx.NewRaw("select n from unnest(?::text[]) n where not exists (select from ? t where t.identifier = n)", pgdialect.Array(list.names), bun.Ident(list.table)).Scan(ctx, &lacking); err != nil {
			return fmt.Errorf("look for what a scope names: %w", db.Explain(err))
		}
		if len(lacking) > 0 {
			return errs.Invalid("input.scope."+list.field, "There is no %s %q.", list.word, lacking[0])
		}
	}
	return nil
}

// covers refuses a delegation that would give nothing: the delegator has no right of any of the kinds, within the scope, and nothing is asked of him by name.
func covers(ctx context.Context, tx bun.Tx, of []DelegationKind, scope permit.DeputyScope, delegator permit.Delegator, now time.Time) error {
	grants, err := access.Grants(ctx, tx, delegator.UserID, now)
	if err != nil {
		return err
	}
	var types []string
	if err := tx.NewRaw("select identifier from entity_type order by 1").Scan(ctx, &types); err != nil {
		return err
	}
	var isAsked bool
	if err := tx.NewRaw("select may_be_asked(?)", delegator.UserID).Scan(ctx, &isAsked); err != nil {
		return fmt.Errorf("look whether somebody is asked for approvals: %w", err)
	}
	for _, k := range of {
		if asksByName(k, isAsked) || len(cut(k, grants, delegator, scope, types)) > 0 {
			return nil
		}
	}
	return errs.New(errs.Conflict, "%s has no right to any of this, so that a deputy could do nothing.", delegator.Name).At("input.kinds")
}

// text is a text as it is kept.
func text(t *string) string {
	if t == nil {
		return ""
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r < ' ' || r == 0x7f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, *t))
}
