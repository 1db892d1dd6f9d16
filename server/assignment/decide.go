package assignment

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"writ/server/evaluation"
)

// What decisions and answers about orders mean for assignments. Order calls these inside its own transactions, under the locks of the orders.

// KeepTypes takes Keep with assigned resource types: somebody decided that the targets stay (13.4, deletions), without end. What an owner who is gone
// had is kept by a kept value of no property: who is gone is wanted nothing for. Those in a state that cannot be kept, or that have ended, stay as
// they are. The caller has locked the orders that ask.
func KeepTypes(ctx context.Context, tx bun.Tx, now time.Time, actor, comment string, typeIDs []int64) error {
	if len(typeIDs) == 0 {
		return nil
	}
	kept, moves, err := lockMovable(ctx, tx, Keep, typeIDs)
	if err != nil {
		return err
	}
	if err := versionTypes(ctx, tx, now, kept); err != nil {
		return err
	}
	if _, err := tx.NewRaw(`update assigned_resource_type set workflow_state = ?0, workflow_state_changed_at = ?1, valid_from = greatest(?1, valid_from), end_date = null where id = any (?2)`,
		stateMachine.To(Keep), now, ids(kept)).Exec(ctx); err != nil {
		return fmt.Errorf("keep the resource: %w", err)
	}
	if _, err := tx.NewRaw(`insert into kept_value (assigned_resource_type_id, property, workflow_state, actor, comment, at)
		select a.id, '', ?0, ?1, ?2, ?3::timestamptz from assigned_resource_type a join resource w on w.id = a.owner_id and w.valid_to <> 'infinity' where a.id = any (?4)
		on conflict (assigned_resource_type_id, property, coalesce(value_id, 0)) where closed_at is null
		do update set workflow_state = excluded.workflow_state, actor = excluded.actor, comment = excluded.comment, at = excluded.at`,
		evaluation.Approved, actor, comment, now, ids(kept)).Exec(ctx); err != nil {
		return fmt.Errorf("keep what its owner left: %w", err)
	}
	return remember(ctx, tx, now, actor, comment, moves)
}

// lockMovable locks those of the assigned resource types that an action can move now, and gives them with their moves.
func lockMovable(ctx context.Context, tx bun.Tx, action Action, typeIDs []int64) (list []int64, moves []moved, err error) {
	var rows []struct {
		ID            int64
		WorkflowState evaluation.Workflow
	}
	if err := tx.NewRaw(`select id, workflow_state from assigned_resource_type where id = any (?) and valid_to = 'infinity' and workflow_state = any (?)
		order by id for update`, ids(typeIDs), numbers(stateMachine.From(action))).Scan(ctx, &rows); err != nil {
		return nil, nil, fmt.Errorf("find the accounts to decide about: %w", err)
	}
	list, moves = make([]int64, len(rows)), make([]moved, len(rows))
	for i, r := range rows {
		list[i], moves[i] = r.ID, moved{Type: r.ID, Action: action, From: r.WorkflowState, To: stateMachine.To(action)}
	}
	return list, moves, nil
}

// Refusal is a value that somebody declined: it is not asked for again until something else is computed.
type Refusal struct {
	TypeID   int64   `json:"art"`      // assigned resource type
	Property string  `json:"property"` // empty: the target itself
	ValueID  *int64  `json:"value_id"` // of a collection
	Value    *string `json:"value"`    // what the target has
	Against  *string `json:"against"`  // what was computed
}

// DeclineValues remembers refusals; a newer one of the same value takes the place of the older.
func DeclineValues(ctx context.Context, tx bun.Tx, now time.Time, actor, comment string, rows []Refusal) error {
	if len(rows) == 0 {
		return nil
	}
	raw, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("remember declined values: %w", err)
	}
	_, err = tx.NewRaw(`insert into kept_value (assigned_resource_type_id, property, value_id, workflow_state, kept_value, kept_against, actor, comment, at)
		select distinct on (art, property, coalesce(value_id, 0)) art, property, value_id, ?0, value, against, ?1, ?2, ?3::timestamptz
		from json_to_recordset(?4) as k (art bigint, property text, value_id bigint, value text, against text)
		on conflict (assigned_resource_type_id, property, coalesce(value_id, 0)) where closed_at is null
		do update set workflow_state = excluded.workflow_state, kept_value = excluded.kept_value, kept_against = excluded.kept_against,
			actor = excluded.actor, comment = excluded.comment, at = excluded.at`,
		evaluation.Declined, actor, comment, now, string(raw)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("remember declined values: %w", err)
	}
	return nil
}

// HasRefusals tells which assigned resource types have declined values.
func HasRefusals(ctx context.Context, tx bun.IDB, typeIDs []int64) (map[int64]bool, error) {
	var found []int64
	err := tx.NewRaw(`select distinct assigned_resource_type_id from kept_value
		where closed_at is null and workflow_state = ? and assigned_resource_type_id = any (?)`, evaluation.Declined, ids(typeIDs)).Scan(ctx, &found)
	if err != nil {
		return nil, fmt.Errorf("read refusals: %w", err)
	}
	m := make(map[int64]bool, len(found))
	for _, id := range found {
		m[id] = true
	}
	return m, nil
}

// ForgetRefusals ends the declined values of assigned resource types: they are computed anew.
func ForgetRefusals(ctx context.Context, tx bun.Tx, now time.Time, typeIDs []int64) error {
	_, err := tx.NewRaw(`update kept_value set closed_at = ?::timestamptz where closed_at is null and workflow_state = ? and assigned_resource_type_id = any (?)`,
		now, evaluation.Declined, ids(typeIDs)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("forget refusals: %w", err)
	}
	return nil
}

// DenyAssociations remembers that targets are not their proposed owners': ownerIDs and targetIDs side by side.
func DenyAssociations(ctx context.Context, tx bun.Tx, now time.Time, actor string, ownerIDs, targetIDs []int64) error {
	if len(ownerIDs) == 0 {
		return nil
	}
	_, err := tx.NewRaw(`insert into denied_association (owner_id, target_id, at, actor)
		select owner, target, ?::timestamptz, ? from unnest(?::bigint[], ?::bigint[]) d (owner, target) on conflict do nothing`, now, actor, ids(ownerIDs), ids(targetIDs)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("remember the denied association: %w", err)
	}
	return nil
}
