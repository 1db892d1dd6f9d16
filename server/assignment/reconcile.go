package assignment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"writ/server/evaluation"
)

// What decisions about differences mean for assignments (role-model 13.2, 13.3). server/reconciliation calls these inside its own transactions,
// with differences that LockDifferences gave it there.

// Difference is an open gap under its lock, with what is known of the account it is about.
type Difference struct {
	ID                     int64
	Version                int
	AssignedResourceTypeID int64
	ResourceTypeID         int64
	Property               *string // nil: the account itself is not authorized
	ValueID                *int64
	WorkflowState          evaluation.Workflow // 1, 3 or 24
	CurrentValue           *string
	ProposedValue          *string
	PostponedAt            *time.Time
	DecidedBy              *string
	Decision               *string
	ClosedAt               *time.Time
	OwnerID                *int64
	IsOwnerGone            bool // not in its source any more
	TargetID               *int64
	TypeState              evaluation.Workflow
	HasOrder               bool // an order about the account is open
}

// LockDifferences locks what a decision about gaps touches, in the order in which computations do: the ranges of their owners and of a further one
// (0: none), then the assigned resource types. Until the transaction ends no computation looks at them. It gives the gaps, closed ones too, by id.
func LockDifferences(ctx context.Context, tx bun.Tx, ids_ []int64, furtherOwner int64) ([]*Difference, error) {
	var types, owners []int64
	var rows []struct {
		ID      int64
		OwnerID *int64
	}
	if err := tx.NewRaw(`select a.id, a.owner_id from assigned_resource_type a where a.id in (select assigned_resource_type_id from gap where id = any (?)) order by a.id`,
		ids(ids_)).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("find the accounts of differences: %w", err)
	}
	for _, r := range rows {
		types = append(types, r.ID)
		if r.OwnerID != nil {
			owners = append(owners, *r.OwnerID)
		}
	}
	if furtherOwner != 0 {
		owners = append(owners, furtherOwner)
	}
	if err := lockOwners(ctx, tx, owners); err != nil {
		return nil, err
	}
	if _, err := tx.NewRaw(`select id from assigned_resource_type where id = any (?) order by id for no key update`, ids(types)).Exec(ctx); err != nil {
		return nil, fmt.Errorf("lock assigned resource types: %w", err)
	}
	var list []*Difference
	if err := tx.NewRaw(`select g.id, g.version, g.assigned_resource_type_id, g.resource_type_id, g.property, g.value_id, g.workflow_state, g.current_value, g.proposed_value,
			g.postponed_at, g.decided_by, g.decision, g.closed_at, a.owner_id, coalesce(w.valid_to <> 'infinity', false) as is_owner_gone, a.resource_id as target_id,
			a.workflow_state as type_state,
			exists (select from provisioning_order o where o.assigned_resource_type_id = a.id and o.closed_at is null) as has_order
		from gap g join assigned_resource_type a on a.id = g.assigned_resource_type_id left join resource w on w.id = a.owner_id
		where g.id = any (?) order by g.id for update of g`, ids(ids_)).Scan(ctx, &list); err != nil {
		return nil, fmt.Errorf("lock differences: %w", err)
	}
	return list, nil
}

// lockOwners locks the ranges of owners, as every computation of one of them does.
func lockOwners(ctx context.Context, tx bun.Tx, owners []int64) error {
	_, err := tx.NewRaw(`select pg_advisory_xact_lock(hashtext('writ.owner'), shard) from
		(select distinct (id / ?)::int as shard from unnest(?::bigint[]) id order by 1) s`, ownerBatch, ids(owners)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("lock owners: %w", err)
	}
	return nil
}

// Decided is who decided what, for the trail: it stands on the gap, and in the history of the account.
type Decided struct {
	At       time.Time
	Actor    string
	Decision string // as the column gap.decision has it
	Comment  string
}

// KeepValues keeps values as the targets show them (16), against what is computed of them now.
func KeepValues(ctx context.Context, tx bun.Tx, d Decided, list []*Difference) error {
	return settleValues(ctx, tx, d, evaluation.Approved, list)
}

// TakeProposed gives values up for what is computed of them now (18): the computation that this asks for makes the orders, and they need no review.
func TakeProposed(ctx context.Context, tx bun.Tx, d Decided, list []*Difference) error {
	return settleValues(ctx, tx, d, evaluation.Calculated, list)
}

// settleValues writes the decision about values, in the place of an older one, and closes their gaps.
func settleValues(ctx context.Context, tx bun.Tx, d Decided, state evaluation.Workflow, list []*Difference) error {
	if len(list) == 0 {
		return nil
	}
	gaps := idsOfDifferences(list)
	if _, err := tx.NewRaw(`update kept_value k set closed_at = ?0::timestamptz from gap g
		where g.id = any (?1) and k.assigned_resource_type_id = g.assigned_resource_type_id and k.property = g.property and coalesce(k.value_id, 0) = coalesce(g.value_id, 0)
			and k.closed_at is null`, d.At, ids(gaps)).Exec(ctx); err != nil {
		return fmt.Errorf("end older decisions about values: %w", err)
	}
	if _, err := tx.NewRaw(`insert into kept_value (assigned_resource_type_id, property, value_id, workflow_state, kept_value, kept_against, actor, comment, at)
		select assigned_resource_type_id, property, value_id, ?0, coalesce(current_value, ''), coalesce(proposed_value, ''), ?1, ?2, ?3::timestamptz from gap
		where id = any (?4) and property is not null order by id`, state, d.Actor, d.Comment, d.At, ids(gaps)).Exec(ctx); err != nil {
		return fmt.Errorf("decide about values: %w", err)
	}
	return closeDifferences(ctx, tx, d, gaps)
}

func closeDifferences(ctx context.Context, tx bun.Tx, d Decided, gaps []int64) error {
	_, err := tx.NewRaw(`update gap set closed_at = ?0::timestamptz, decided_at = ?0::timestamptz, decided_by = ?1, decision = ?2, comment = ?3, version = version + 1
		where id = any (?4) and closed_at is null`, d.At, d.Actor, d.Decision, d.Comment, ids(gaps)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("close decided differences: %w", err)
	}
	return nil
}

// Postpone puts differences off: they stay, are not listed, and nothing that would change them begins by itself. Not: they are taken up again.
func Postpone(ctx context.Context, tx bun.Tx, d Decided, postponed bool, list []*Difference) error {
	if len(list) == 0 {
		return nil
	}
	_, err := tx.NewRaw(`update gap set postponed_at = case when ?0 then ?1::timestamptz end, postponed_by = case when ?0 then ?2 end,
		comment = case when ?0 then ?3 else comment end, version = version + 1 where id = any (?4)`, postponed, d.At, d.Actor, d.Comment, ids(idsOfDifferences(list))).Exec(ctx)
	if err != nil {
		return fmt.Errorf("postpone differences: %w", err)
	}
	return nil
}

// Authorize keeps accounts with the owners they have, or without any: they are somebody's or nobody's from now on whatever rules match (5.5).
func Authorize(ctx context.Context, tx bun.Tx, d Decided, list []*Difference) error {
	if err := moveTypes(ctx, tx, d, Keep, typesOf(list)); err != nil {
		return err
	}
	return closeDifferences(ctx, tx, d, idsOfDifferences(list))
}

// RefuseAccounts decides that accounts go, whatever their type allows (20). Those without an owner are ordered at once; the computation of the
// others' owners, which the caller asks for, orders the rest.
func (s *Service) RefuseAccounts(ctx context.Context, tx bun.Tx, d Decided, list []*Difference) error {
	if err := moveTypes(ctx, tx, d, Refuse, typesOf(list)); err != nil {
		return err
	}
	if err := closeDifferences(ctx, tx, d, idsOfDifferences(list)); err != nil {
		return err
	}
	var orphans []int64
	for _, x := range list {
		if x.OwnerID == nil && x.TargetID != nil {
			orphans = append(orphans, *x.TargetID)
		}
	}
	if len(orphans) == 0 {
		return nil
	}
	m, err := s.Model(ctx, tx)
	if err != nil {
		return err
	}
	_, err = s.classify(ctx, tx, m, orphans)
	return err
}

// HandOver gives accounts to an owner, or to nobody (0), and authorizes them there. What was known of each before ends with its row; the new row
// begins as it was, and is kept. The caller has made sure that no order about them is open.
func HandOver(ctx context.Context, tx bun.Tx, d Decided, ownerID int64, list []*Difference) error {
	if len(list) == 0 {
		return nil
	}
	types := typesOf(list)
	if err := versionTypes(ctx, tx, d.At, types); err != nil {
		return err
	}
	for _, sql := range []string{
		`update assigned_resource_type set valid_from = greatest(?0, valid_from), valid_to = greatest(?0, valid_from) where id = any (?1) and valid_to = 'infinity'`,
		`update gap set closed_at = ?0 where closed_at is null and assigned_resource_type_id = any (?1) and property is not null`,
		`update kept_value set closed_at = ?0 where closed_at is null and assigned_resource_type_id = any (?1)`,
	} {
		if _, err := tx.NewRaw(sql, d.At, ids(types)).Exec(ctx); err != nil {
			return fmt.Errorf("end what an account was: %w", err)
		}
	}
	var fresh []int64
	if err := tx.NewRaw(`insert into assigned_resource_type (owner_id, resource_type_id, resource_id, workflow_state, workflow_state_changed_at, is_expected, valid_from)
		select ?0, resource_type_id, resource_id, workflow_state, ?1, false, valid_to from assigned_resource_type where id = any (?2) order by id returning id`,
		nullID(ownerID), d.At, ids(types)).Scan(ctx, &fresh); err != nil {
		return fmt.Errorf("hand accounts over: %w", err)
	}
	if err := moveTypes(ctx, tx, d, Keep, fresh); err != nil {
		return err
	}
	return closeDifferences(ctx, tx, d, idsOfDifferences(list))
}

// moveTypes moves assigned resource types by a decision of a person. What is kept is firm from then on: it holds without end, and its owner and
// type are not guessed again.
func moveTypes(ctx context.Context, tx bun.Tx, d Decided, action Action, typeIDs []int64) error {
	if len(typeIDs) == 0 {
		return nil
	}
	list, moves, err := lockMovable(ctx, tx, action, typeIDs)
	if err != nil {
		return err
	}
	if len(list) != len(typeIDs) {
		return errors.New("an account changed its state under the lock of its difference")
	}
	if err := versionTypes(ctx, tx, d.At, list); err != nil {
		return err
	}
	if _, err := tx.NewRaw(`update assigned_resource_type set workflow_state = ?0, workflow_state_changed_at = ?1, valid_from = greatest(?1, valid_from),
			is_frozen = is_frozen or ?2, confidence = case when ?2 and confidence is not null then greatest(confidence, 100) else confidence end,
			end_date = case when not ?2 then end_date end
		where id = any (?3)`, stateMachine.To(action), d.At, action == Keep, ids(list)).Exec(ctx); err != nil {
		return fmt.Errorf("move accounts: %w", err)
	}
	return remember(ctx, tx, d.At, d.Actor, d.Comment, moves)
}

// Adopt gives targets that no rule recognises, and that nobody has, a resource type and an owner, and authorizes them. Whoever has one already
// keeps it: those targets are left out. It gives the targets that were taken.
func Adopt(ctx context.Context, tx bun.Tx, d Decided, resourceTypeID, ownerID int64, targetIDs []int64) ([]int64, error) {
	var fresh []struct{ ID, ResourceID int64 }
	if err := tx.NewRaw(`insert into assigned_resource_type (owner_id, resource_type_id, resource_id, workflow_state, workflow_state_changed_at, is_expected, valid_from)
		select ?0, ?1, r.id, ?2, ?3, false, ?3 from resource r where r.id = any (?4) and r.valid_to = 'infinity' order by r.id
		on conflict (resource_id) where valid_to = 'infinity' and resource_id is not null do nothing returning id, resource_id`,
		nullID(ownerID), resourceTypeID, evaluation.NonConforming, d.At, ids(targetIDs)).Scan(ctx, &fresh); err != nil {
		return nil, fmt.Errorf("take accounts in: %w", err)
	}
	types, targets := make([]int64, len(fresh)), make([]int64, len(fresh))
	for i, f := range fresh {
		types[i], targets[i] = f.ID, f.ResourceID
	}
	return targets, moveTypes(ctx, tx, d, Keep, types)
}

func idsOfDifferences(list []*Difference) []int64 {
	out := make([]int64, len(list))
	for i, d := range list {
		out[i] = d.ID
	}
	return out
}

func typesOf(list []*Difference) []int64 {
	out := make([]int64, len(list))
	for i, d := range list {
		out[i] = d.AssignedResourceTypeID
	}
	return out
}
