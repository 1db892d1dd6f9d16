package assignment

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// What was known of an assignment before it changed stands in a table of versions, as the past of resources does: whoever changes a row calls
// one of these first, in the same transaction, and sets valid_from to the instant. A change within the instant that made the row leaves no
// version.

// versionRoles keeps what is known of assigned roles, which changes now.
func versionRoles(ctx context.Context, tx bun.Tx, now time.Time, list []int64) error {
	if len(list) == 0 {
		return nil
	}
	_, err := tx.NewRaw(`insert into assigned_role_version (assigned_role_id, valid_from, valid_to, workflow_state, origin, is_denied, start_date, end_date,
			inferred_by_id, rule_ids)
		select id, valid_from, ?0, workflow_state, origin, is_denied, start_date, end_date, inferred_by_id, rule_ids
		from assigned_role where id = any (?1) and valid_from < ?0`, now, ids(list)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("keep the past of assigned roles: %w", err)
	}
	return nil
}

// versionTypes keeps what is known of assigned resource types, which changes now.
func versionTypes(ctx context.Context, tx bun.Tx, now time.Time, list []int64) error {
	if len(list) == 0 {
		return nil
	}
	_, err := tx.NewRaw(`insert into assigned_resource_type_version (assigned_resource_type_id, valid_from, valid_to, resource_id, workflow_state, is_expected,
			is_denied, is_frozen, start_date, end_date, confidence, expected, error)
		select id, valid_from, ?0, resource_id, workflow_state, is_expected, is_denied, is_frozen, start_date, end_date, confidence, expected, error
		from assigned_resource_type where id = any (?1) and valid_from < ?0`, now, ids(list)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("keep the past of assigned resource types: %w", err)
	}
	return nil
}
