package assignment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"writ/server/evaluation"
)

// What decisions about roles that were read from accounts mean (role-model 13.1). server/reconciliation calls these inside its own transactions.

// FoundRole is an assigned role that was found, under its lock: open (1, 3), or decided about before (16, 20).
type FoundRole struct {
	ID            int64
	Version       int
	OwnerID       int64
	RoleID        int64
	WorkflowState evaluation.Workflow
	InferredByID  *int64 // role id of the found composite role that explains it
	PostponedAt   *time.Time
	ReviewedBy    *string
	IsOver        bool // the row has ended
	IsOwnerGone   bool
}

// LockFoundRoles locks what a decision about found roles touches, in the order in which computations do: the ranges of their owners, then the roles.
// Until the transaction ends no computation looks at them. It gives the roles, ended ones too, by id.
func LockFoundRoles(ctx context.Context, tx bun.Tx, roleIDs []int64) ([]*FoundRole, error) {
	var owners []int64
	if err := tx.NewRaw(`select distinct owner_id from assigned_role where id = any (?) order by 1`, ids(roleIDs)).Scan(ctx, &owners); err != nil {
		return nil, fmt.Errorf("find the owners of roles: %w", err)
	}
	if err := lockOwners(ctx, tx, owners); err != nil {
		return nil, err
	}
	var list []*FoundRole
	if err := tx.NewRaw(`select a.id, a.version, a.owner_id, a.role_id, a.workflow_state, a.inferred_by_id, a.postponed_at, a.reviewed_by,
			a.valid_to <> 'infinity' or a.origin <> ? as is_over, w.valid_to <> 'infinity' as is_owner_gone
		from assigned_role a join resource w on w.id = a.owner_id where a.id = any (?) order by a.id for update of a`,
		evaluation.OriginFound, ids(roleIDs)).Scan(ctx, &list); err != nil {
		return nil, fmt.Errorf("lock roles: %w", err)
	}
	return list, nil
}

// FoundRolesOf gives the open found roles that explain differences: by difference, their ids.
func FoundRolesOf(ctx context.Context, tx bun.IDB, gaps []int64) (map[int64][]int64, error) {
	var rows []struct{ Gap, Role int64 }
	if err := tx.NewRaw(`select g.id as gap, r.id as role from gap g join assigned_resource_type a on a.id = g.assigned_resource_type_id
			join assigned_role r on r.owner_id = a.owner_id and r.role_id = any (g.found_roles) and r.valid_to = 'infinity' and r.workflow_state in (?, ?)
		where g.id = any (?) and g.closed_at is null order by 1, 2`, evaluation.NonConforming, evaluation.PreExisting, ids(gaps)).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("find the roles of differences: %w", err)
	}
	out := map[int64][]int64{}
	for _, r := range rows {
		out[r.Gap] = append(out[r.Gap], r.Role)
	}
	return out, nil
}

// SettleRoles keeps found roles (16), or refuses them (20): their owners' computation, which the caller asks for, takes what they were read from for
// wanted then, or orders its removal. A composite role takes the single roles along that were found for it. The open differences that these roles
// explain end with the decision; of refused roles only those that no other found role explains. It gives all the roles that moved.
func SettleRoles(ctx context.Context, tx bun.Tx, d Decided, keep bool, list []*FoundRole) ([]*FoundRole, error) {
	if len(list) == 0 {
		return nil, nil
	}
	action := Refuse
	if keep {
		action = Keep
	} else {
		var more []int64
		if err := tx.NewRaw(`select s.id from assigned_role c join assigned_role s on s.owner_id = c.owner_id and s.inferred_by_id = c.role_id and s.valid_to = 'infinity'
				and s.workflow_state in (?0, ?1) where c.id = any (?2) and s.id <> all (?2) order by s.id`, evaluation.NonConforming, evaluation.PreExisting,
			ids(idsOfRoles(list))).Scan(ctx, &more); err != nil {
			return nil, fmt.Errorf("find the single roles of composite roles: %w", err)
		}
		inferred, err := LockFoundRoles(ctx, tx, more)
		if err != nil {
			return nil, err
		}
		list = append(slices.Clone(list), inferred...)
	}
	rows := idsOfRoles(list)
	moves := make([]moved, len(list))
	for i, r := range list {
		if !slices.Contains(stateMachine.From(action), r.WorkflowState) {
			return nil, errors.New("a role changed its state under its lock")
		}
		moves[i] = moved{Role: r.ID, Action: action, From: r.WorkflowState, To: stateMachine.To(action)}
	}
	if err := versionRoles(ctx, tx, d.At, rows); err != nil {
		return nil, err
	}
	if _, err := tx.NewRaw(`update assigned_role set workflow_state = ?0, workflow_state_changed_at = ?1, valid_from = greatest(?1, valid_from), end_date = null,
			inferred_by_id = case when ?0 = ?5 then inferred_by_id end,
			reviewed_at = ?1, reviewed_by = ?2, comment = ?3, postponed_at = null, postponed_by = null, version = version + 1
		where id = any (?4)`, stateMachine.To(action), d.At, d.Actor, d.Comment, ids(rows), evaluation.Cancellation).Exec(ctx); err != nil {
		return nil, fmt.Errorf("decide about roles: %w", err)
	}
	if err := remember(ctx, tx, d.At, d.Actor, d.Comment, moves); err != nil {
		return nil, err
	}
	return list, settleExplained(ctx, tx, d, keep, list)
}

// settleExplained ends the open differences that decided roles explain.
func settleExplained(ctx context.Context, tx bun.Tx, d Decided, keep bool, list []*FoundRole) error {
	owners, roles := make([]int64, len(list)), make([]int64, len(list))
	for i, r := range list {
		owners[i], roles[i] = r.OwnerID, r.RoleID
	}
	_, err := tx.NewRaw(`with decided as (select owner, array_agg(role) as roles from unnest(?0::bigint[], ?1::bigint[]) d (owner, role) group by owner)
		update gap g set closed_at = ?2::timestamptz, decided_at = ?2::timestamptz, decided_by = ?3, decision = ?4, comment = ?5, version = g.version + 1
		from decided d join assigned_resource_type a on a.owner_id = d.owner and a.valid_to = 'infinity'
		where g.assigned_resource_type_id = a.id and g.closed_at is null and g.property is not null and g.found_roles && d.roles and (?6 or g.found_roles <@ d.roles)`,
		ids(owners), ids(roles), d.At, d.Actor, map[bool]string{true: "KEEP_ROLE", false: "REMOVE_ROLE"}[keep], d.Comment, keep).Exec(ctx)
	if err != nil {
		return fmt.Errorf("close the differences of decided roles: %w", err)
	}
	return nil
}

// PostponeRoles puts found roles off: they stay and are not listed. Not: they are taken up again.
func PostponeRoles(ctx context.Context, tx bun.Tx, d Decided, postponed bool, list []*FoundRole) error {
	if len(list) == 0 {
		return nil
	}
	_, err := tx.NewRaw(`update assigned_role set postponed_at = case when ?0 then ?1::timestamptz end, postponed_by = case when ?0 then ?2 end,
		comment = case when ?0 then ?3 else comment end, version = version + 1 where id = any (?4)`, postponed, d.At, d.Actor, d.Comment, ids(idsOfRoles(list))).Exec(ctx)
	if err != nil {
		return fmt.Errorf("postpone roles: %w", err)
	}
	return nil
}

func idsOfRoles(list []*FoundRole) []int64 {
	out := make([]int64, len(list))
	for i, r := range list {
		out[i] = r.ID
	}
	return out
}
