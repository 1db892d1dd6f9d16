package assignment_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/db"
	"writ/server/dbtest"
)

// TestMigratedVersions: past versions that had rows of their own become versions of the row they belong to. What cannot be told apart, and what
// something refers to, stays as it is; the way back gives them rows again.
func TestMigratedVersions(t *testing.T) {
	t.Parallel()
	b, url := dbtest.MustOpenEmpty(t)
	ctx := t.Context()
	require.NoError(t, db.Migrate(ctx, b, url))
	steps, err := db.Status(ctx, b)
	require.NoError(t, err)
	for i := len(steps) - 1; i >= 0; i-- {
		require.NoError(t, db.MigrateDown(ctx, b, 1))
		if steps[i].Name == "assignment_version" {
			break
		}
	}
	_, err = b.ExecContext(ctx, office+`
		insert into resource (entity_type_id, key, display_name, scalars, valid_from) values (1, 'a', 'A', '{}', '2026-01-01'), (1, 'b', 'B', '{}', '2026-01-01');
		insert into assigned_role (owner_id, role_id, workflow_state, workflow_state_changed_at, origin, start_date, valid_from, valid_to) values
			(2, 1, 18, now(), 'RULE', '2026-02-03', '2026-02-03', 'infinity'),
			(2, 1, 18, now(), 'RULE', '2026-02-02', '2026-02-02', '2026-02-03'), (2, 1, 18, now(), 'RULE', '2026-02-01', '2026-02-01', '2026-02-02'),
			(2, 1, 18, now(), 'RULE', '2026-01-01', '2026-01-01', '2026-01-09'),
			(3, 1, 18, now(), 'RULE', '2026-02-03', '2026-02-03', 'infinity'), (3, 1, 18, now(), 'RULE', '2026-05-03', '2026-02-03', 'infinity'),
			(3, 1, 18, now(), 'RULE', '2026-02-01', '2026-02-01', '2026-02-03');
		insert into assigned_resource_type (owner_id, resource_type_id, workflow_state, workflow_state_changed_at, is_expected, expected, valid_from, valid_to) values
			(2, 1, 18, now(), true, '{}', '2026-02-03', 'infinity'), (2, 1, 18, now(), true, '{"begun": true}', '2026-02-01', '2026-02-03'),
			(3, 1, 18, now(), true, '{}', '2026-02-03', 'infinity'), (3, 1, 18, now(), true, '{}', '2026-02-01', '2026-02-03');
		insert into gap (assigned_resource_type_id, workflow_state, found_at) values (4, 1, now())`)
	require.NoError(t, err)
	rows := func(sql string) (out []string) {
		require.NoError(t, b.NewRaw(sql).Scan(ctx, &out))
		return out
	}
	const roles = `select concat_ws(' ', 'role', a.id, v.valid_from::date, v.valid_to::date, v.start_date::date) from assigned_role a join assigned_role_version v on v.assigned_role_id = a.id
		union all select concat_ws(' ', 'type', a.id, v.valid_from::date, v.valid_to::date, v.expected) from assigned_resource_type a
			join assigned_resource_type_version v on v.assigned_resource_type_id = a.id order by 1`
	want := []string{"role 1 2026-02-01 2026-02-02 2026-02-01", "role 1 2026-02-02 2026-02-03 2026-02-02", `type 1 2026-02-01 2026-02-03 {"begun": true}`}
	require.NoError(t, db.Migrate(ctx, b, url))
	require.Equal(t, want, rows(roles))
	require.Equal(t, []string{"1", "4", "5", "6", "7"}, rows("select id::text from assigned_role order by id"), "the lost and regained one, and the ambiguous one, stay")
	require.Equal(t, []string{"1", "3", "4"}, rows("select id::text from assigned_resource_type order by id"), "a difference hangs on it")

	for i := len(steps) - 1; steps[i].Name != "assignment_version"; i-- {
		require.NoError(t, db.MigrateDown(ctx, b, 1))
	}
	require.NoError(t, db.MigrateDown(ctx, b, 1))
	require.Equal(t, []string{"11"}, rows("select ((select count(*) from assigned_role) + (select count(*) from assigned_resource_type))::text"))
	require.NoError(t, db.Migrate(ctx, b, url))
	require.Equal(t, want, rows(roles))
}
