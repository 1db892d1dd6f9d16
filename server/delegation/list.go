package delegation

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/db"
	"writ/server/directory"
	"writ/server/page"
	"writ/server/permit"
)

// DelegationFilter narrows a list of delegations; conditions are joined by AND, values of one by OR.
type DelegationFilter struct {
	States []DelegationState
	Mine   *bool // the caller is the delegator
	ForMe  *bool // the caller is the deputy
	Text   *string
}

// MayLook refuses only who is not signed in: everybody sees for whom he acts, and who acts for him.
func (s *Service) MayLook(ctx context.Context) error { return permit.SignedIn(ctx) }

// seen is the condition on d and a: both see it, and who manages the delegations of the delegator (rule 11).
func (s *Service) seen(ctx context.Context, b bun.IDB) (db.Condition, error) {
	if err := permit.SignedIn(ctx); err != nil {
		return bun.SafeQuery("false"), err
	}
	managed, err := s.managed(ctx, b)
	if err != nil {
		return managed, err
	}
	me := permit.From(ctx).UserID
	return db.AnyOf(bun.SafeQuery("d.delegator_id = ? or d.deputy_id = ?", me, me), managed), nil
}

// managed is the condition on d and a of those that the caller manages; of an account that is gone only by who may all.
func (s *Service) managed(ctx context.Context, b bun.IDB) (db.Condition, error) {
	return s.manages(ctx, b, "a")
}

// List gives a page of the delegations that the caller may see, the newest first.
func (s *Service) List(ctx context.Context, a page.Args, f *DelegationFilter, fields page.Fields, total bool) (*DelegationConnection, error) {
	where, err := s.seen(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	me := permit.From(ctx).UserID
	if f != nil {
		whether := func(want *bool, column string) {
			if want != nil {
				where = db.AllOf(where, bun.SafeQuery("(? is not distinct from ?) = ?", bun.SafeQuery(column), me, *want))
			}
		}
		whether(f.Mine, "d.delegator_id")
		whether(f.ForMe, "d.deputy_id")
		if len(f.States) > 0 {
			where = db.AllOf(where, bun.SafeQuery("d.state in (?)", bun.List(f.States)))
		}
		if f.Text != nil && *f.Text != "" {
			where = db.AllOf(where, directory.SearchNames("concat_ws(' ', a.display_name, b.display_name)", "concat_ws(' ', d.delegator, d.deputy)", *f.Text))
		}
	}
	c, err := delegations.List(ctx, s.DB, a, fields, total, where, newest)
	if err != nil {
		return nil, fmt.Errorf("list delegations: %w", err)
	}
	return c, s.complete(ctx, s.DB, c.Nodes(), fields)
}

// Get gives one delegation; NotFound when there is none that the caller may see.
func (s *Service) Get(ctx context.Context, id int64) (*Delegation, error) {
	return s.get(ctx, s.DB, id)
}

func (s *Service) get(ctx context.Context, b bun.IDB, id int64) (*Delegation, error) {
	where, err := s.seen(ctx, b)
	if err != nil {
		return nil, err
	}
	rows, err := delegations.Read(ctx, b, delegations.For(nil), db.AllOf(bun.SafeQuery("d.id = ?", id), where), "d.id", 1)
	if err != nil {
		return nil, fmt.Errorf("read a delegation: %w", db.Explain(err))
	}
	if len(rows) == 0 {
		return nil, missing(id)
	}
	return rows[0], s.complete(ctx, b, rows, nil)
}

// complete brings what the caller is to each delegation and may do with it, and what happened. As many statements for many as for one.
func (s *Service) complete(ctx context.Context, b bun.IDB, list []*Delegation, fields page.Fields) error {
	if len(list) == 0 {
		return nil
	}
	me := permit.From(ctx).UserID
	byID, all := map[int64]*Delegation{}, make([]int64, len(list))
	for i, d := range list {
		byID[d.ID], all[i] = d, d.ID
		d.IsMine, d.IsForMe, d.Can, d.History = is(d.Delegator.ID, me), is(d.Deputy.ID, me), []string{}, []*DelegationHistoryEntry{}
	}
	if fields == nil || fields.Has("can") {
		managed, err := s.managed(ctx, b)
		if err != nil {
			return err
		}
		if err := db.Select(ctx, b, bun.SafeQuery("select d.id from delegation d left join local_user a on a.id = d.delegator_id where d.id = any (?) and ?", pgdialect.Array(all), managed), func(r *db.Row) error {
			byID[r.Int()].manages = true
			return nil
		}); err != nil {
			return fmt.Errorf("look which delegations are managed: %w", db.Explain(err))
		}
		for _, d := range list {
			for action, may := range map[Action]bool{Shorten: d.IsMine || d.manages, Revoke: d.IsMine || d.manages, Refuse: d.IsForMe} {
				if _, ok := delegationMachine.Target(action, d.State); ok && may {
					d.Can = append(d.Can, string(action))
				}
			}
			slices.Sort(d.Can)
		}
	}
	if fields != nil && !fields.Has("history") {
		return nil
	}
	return db.Select(ctx, b, bun.SafeQuery(`select h.delegation_id, h.at, coalesce(nullif(u.display_name, ''), h.actor), h.action, h.from_state, h.to_state, h.end_date, h.comment from delegation_history h
		left join local_user u on u.username = h.actor where h.delegation_id = any (?) order by h.delegation_id, h.id`, pgdialect.Array(all)), func(r *db.Row) error {
		d := byID[r.Int()]
		e := &DelegationHistoryEntry{At: r.Time(), Actor: r.Text(), Action: r.Text(), From: state(r.TextOrNil()), To: state(r.TextOrNil()), EndDate: r.TimeOrNil(), Comment: r.Text()}
		d.History = append(d.History, e)
		return nil
	})
}

func state(text *string) *DelegationState {
	if text == nil {
		return nil
	}
	return new(DelegationState(*text))
}

func is(id *int64, me int64) bool { return id != nil && *id == me }

// ActsOf gives a page of what was done under a delegation, the latest first. NotFound when there is none that the caller may see.
func (s *Service) ActsOf(ctx context.Context, id int64, a page.Args, fields page.Fields, total bool) (*DelegationActConnection, error) {
	if _, err := s.get(ctx, s.DB, id); err != nil {
		return nil, err
	}
	return acts.List(ctx, s.DB, a, fields, total, bun.SafeQuery("x.delegation_id = ?", id), latest)
}
