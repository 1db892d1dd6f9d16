package assignment

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"writ/server/db"
	"writ/server/errs"
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
			inferred_by_id, rule_ids, parameters)
		select id, valid_from, ?0, workflow_state, origin, is_denied, start_date, end_date, inferred_by_id, rule_ids, parameters
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

// historySince is the setting that tells from when on all versions are there.
const historySince = "history_since"

// ForgetVersions drops the versions of assignments that ended before an instant. What was known before it is not told any more from then on,
// since it would not be the whole. The rows themselves stay: their orders and decisions refer to them.
func (s *Service) ForgetVersions(ctx context.Context, before time.Time) error {
	var some bool
	if err := s.DB.NewRaw(`select exists (select from assigned_role_version where valid_to < ?0) or exists (select from assigned_resource_type_version where valid_to < ?0)
			or exists (select from indirect_right where closed_at < ?0)`,
		before).Scan(ctx, &some); err != nil {
		return fmt.Errorf("look for old versions of assignments: %w", err)
	}
	if !some {
		return nil
	}
	if err := db.WriteSetting(ctx, s.DB, historySince, before); err != nil {
		return err
	}
	for _, sql := range []string{
		`delete from assigned_role_version where ctid = any (array (
			select ctid from assigned_role_version where valid_to < ? order by valid_to limit 5000 for update skip locked))`,
		`delete from indirect_right where ctid = any (array (
			select ctid from indirect_right where closed_at < ? order by closed_at limit 5000 for update skip locked))`,
		`delete from assigned_resource_type_version where ctid = any (array (
			select ctid from assigned_resource_type_version where valid_to < ? order by valid_to limit 5000 for update skip locked))`,
	} {
		if _, err := db.InPortions(ctx, s.DB, sql, before); err != nil {
			return fmt.Errorf("drop old versions of assignments: %w", err)
		}
	}
	return nil
}

// mustRemember refuses an instant of whose knowledge not all is kept.
func (s *Service) mustRemember(ctx context.Context, known time.Time, field string) error {
	var since time.Time
	found, err := db.Setting(ctx, s.DB, historySince, &since)
	if err != nil || !found || !known.Before(since) {
		return err
	}
	return errs.Invalid(field, "What was known before %s is not kept any more. Ask for a later instant.", since.UTC().Format("2 January 2006"))
}
