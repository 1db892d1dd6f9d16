package delegation

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"writ/server/access"
	"writ/server/db"
	"writ/server/permit"
)

// Of gives for whom an account may act at an instant, with what each of the delegators may do at that instant, as far as it is covered. What the
// delegator may only do for others is not among it. One statement for who acts for nobody.
func Of(ctx context.Context, b bun.IDB, userID int64, demo bool, now time.Time) ([]permit.Deputyship, error) {
	return read(ctx, b, now, bun.SafeQuery("d.deputy_id = ? and (? or not a.is_demo)", userID, demo))
}

// Use gives a deputyship of the caller as it is within a transaction, and keeps it so until the end of that: nobody revokes it meanwhile. Nil: it is not
// in force any more, or covers nothing of that kind.
func (s *Service) Use(ctx context.Context, tx bun.Tx, id int64, kind string) (*permit.Deputyship, error) {
	if _, err := tx.NewRaw("select from delegation where id = ? for share", id).Exec(ctx); err != nil {
		return nil, fmt.Errorf("hold a delegation: %w", err)
	}
	list, err := read(ctx, tx, s.Clock.Now(), bun.SafeQuery("d.id = ? and d.deputy_id = ? and (? or not a.is_demo and not b.is_demo)", id, permit.From(ctx).UserID, s.Demo))
	if err != nil || len(list) == 0 || list[0].Rights[kind] == nil {
		return nil, err
	}
	return &list[0], nil
}

// Record writes down what the caller did for somebody, in the transaction that does it.
func Record(ctx context.Context, tx bun.IDB, at time.Time, under *permit.Deputyship, act Act) error {
	if _, err := tx.NewRaw(`insert into delegation_act (delegation_id, at, deputy, kind, action, subject_type, subject_id, number, about) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		under.DelegationID, at, permit.Name(ctx), act.Kind, act.Action, act.SubjectType, act.SubjectID, act.Number, act.About).Exec(ctx); err != nil {
		return fmt.Errorf("write what was done for somebody: %w", err)
	}
	return nil
}

// Act is what was done under a delegation.
type Act struct {
	Kind        string // permit.DeputyApprovals ...
	Action      string
	SubjectType string
	SubjectID   int64
	Number      string
	About       string
}

type inForce struct {
	DelegationID int64
	Kinds        []string           `bun:",array"`
	Scope        permit.DeputyScope `bun:"type:jsonb"`
	EndDate      *time.Time
	UserID       int64
	Username     string
	DisplayName  string
	ResourceID   int64
	IsAsked      bool
}

// read reads deputyships that are in force; the condition is on d, a (the delegator) and b (the deputy).
func read(ctx context.Context, b bun.IDB, now time.Time, where db.Condition) ([]permit.Deputyship, error) {
	var rows []inForce
	if err := b.NewRaw(`select d.id as delegation_id, d.kinds, d.scope, d.end_date, a.id as user_id, a.username, a.display_name, coalesce(r.id, 0) as resource_id, may_be_asked(a.id) as is_asked
		from delegation d join local_user a on a.id = d.delegator_id join local_user b on b.id = d.deputy_id left join resource r on r.id = a.resource_id and r.valid_to = 'infinity'
		where d.closed_at is null and d.start_date <= ?0 and ?1 and delegation_in_force(d.id, ?0) order by a.display_name, a.id, d.id`, now, where).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read for whom somebody acts: %w", db.Explain(err))
	}
	if len(rows) == 0 {
		return nil, nil
	}
	var types []string
	if err := b.NewRaw("select identifier from entity_type order by 1").Scan(ctx, &types); err != nil {
		return nil, fmt.Errorf("read the names of entity types: %w", err)
	}
	held := map[int64][]permit.Grant{}
	list := make([]permit.Deputyship, len(rows))
	for i, r := range rows {
		if _, known := held[r.UserID]; !known {
			grants, err := access.Grants(ctx, b, r.UserID, now)
			if err != nil {
				return nil, err
			}
			held[r.UserID] = grants
		}
		d := permit.Deputyship{DelegationID: r.DelegationID, Scope: r.Scope, Until: r.EndDate, Rights: map[string][]permit.Grant{},
			Delegator: permit.Delegator{UserID: r.UserID, Username: r.Username, Name: r.DisplayName, ResourceID: r.ResourceID}}
		for _, k := range r.Kinds {
			if grants := cut(DelegationKind(k), held[r.UserID], d.Delegator, r.Scope, types); len(grants) > 0 || asksByName(DelegationKind(k), r.IsAsked) {
				d.Rights[k] = append([]permit.Grant{}, grants...) // there, and with nothing in it, for whoever is asked by name alone
			}
		}
		list[i] = d
	}
	return list, nil
}

// asksByName reports whether a deputy has work of a kind that is asked of the delegator by name, without any right.
func asksByName(k DelegationKind, isAsked bool) bool {
	kind := k.find()
	return isAsked && kind != nil && kind.byName
}

// cut gives what of a delegator's grants a kind of work and a scope cover.
func cut(k DelegationKind, grants []permit.Grant, of permit.Delegator, scope permit.DeputyScope, types []string) []permit.Grant {
	kind := k.find()
	if kind == nil {
		return nil
	}
	if len(scope.EntityTypes) > 0 {
		types = slices.DeleteFunc(slices.Clone(types), func(t string) bool { return !slices.Contains(scope.EntityTypes, t) })
	}
	return permit.CutForDeputy(grants, of, kind.permissions, types)
}

// Prints gives for each account what is equal as long as Of gives the same; accounts that act for nobody have none. Two statements.
func Prints(ctx context.Context, b bun.IDB, users []int64, now time.Time) (map[int64]string, error) {
	var rows []struct {
		DeputyID, DelegatorID int64
		Print                 string
	}
	if err := b.NewRaw(`select d.deputy_id, d.delegator_id, md5(row(d.id, d.version, a.username, a.display_name, a.resource_id, may_be_asked(a.id))::text) as print from delegation d join local_user a on a.id = d.delegator_id
		where d.deputy_id = any (?0) and d.closed_at is null and d.start_date <= ?1 and delegation_in_force(d.id, ?1) order by d.id`, pgdialect.Array(users), now).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("compare for whom people act: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	var of []int64
	for _, r := range rows {
		of = append(of, r.DelegatorID)
	}
	slices.Sort(of)
	held, err := access.Prints(ctx, b, slices.Compact(of), now)
	if err != nil {
		return nil, err
	}
	sums := map[int64][]string{}
	for _, r := range rows {
		sums[r.DeputyID] = append(sums[r.DeputyID], r.Print, held[r.DelegatorID])
	}
	prints := map[int64]string{}
	for user, list := range sums {
		raw, err := json.Marshal(list)
		if err != nil {
			return nil, err
		}
		prints[user] = fmt.Sprintf("%x", sha256.Sum256(raw))
	}
	return prints, nil
}
