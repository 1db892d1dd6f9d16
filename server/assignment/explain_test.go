package assignment_test

import (
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/assignment"
	"writ/server/clock"
	"writ/server/dbtest"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/permit"
)

var update = flag.Bool("update", false, "write the golden files")

// seed: Ann works as a clerk in Payroll, which is below Finance. One composite role, three single roles, one account that was ordered,
// refused, ordered again and seen; one badge that is open as a ticket. 1-5 entity types, resource ids as commented.
const seed = `
insert into connector (identifier, display_name) values ('Intranet', 'Intranet'), ('Badge', 'Badge office');
insert into connection (connector_id, identifier, display_name, package) values (1, 'I', 'I', 'csv'), (2, 'B', 'B', 'manual-ticket');
insert into entity_type (identifier, display_name, connector_id) values ('Person', 'Person', null), ('Department', 'Department', null), ('Title', 'Job title', null),
	('Position', 'Position', null), ('Account', 'Intranet account', 1), ('Card', 'Badge', 2), ('Group', 'Intranet group', 1);
insert into property (entity_type_id, identifier, display_name, type, target_entity_type_id, reverse_identifier, is_collection) values
	(1, 'EmployeeId', 'Employee id', 'STRING', null, null, false), (1, 'Name', 'Name', 'STRING', null, null, false),
	(4, 'Person', 'Person', 'FOREIGN_KEY', 1, 'Positions', false), (4, 'Department', 'Department', 'FOREIGN_KEY', 2, null, false), (4, 'Title', 'Title', 'FOREIGN_KEY', 3, null, false),
	(4, 'Start', 'Start', 'DATE_TIME', null, null, false),
	(5, 'Login', 'Login name', 'STRING', null, null, false), (5, 'Groups', 'Groups', 'FOREIGN_KEY', 7, null, true), (6, 'Level', 'Access level', 'STRING', null, null, false);
insert into dimension (identifier, display_name, entity_type_id, column_mapping, is_hierarchical, parent_property) values ('Dept', 'Department', 2, 0, true, null), ('Title', 'Job title', 3, 1, false, null);
insert into resource (entity_type_id, key, display_name, scalars, refs, valid_from) values
	(1, 'E1', 'Ann Lee', '{"EmployeeId": "E1", "Name": "Ann Lee"}', '{}', '2026-01-01'),
	(2, 'FIN', 'Finance', '{}', '{}', '2026-01-01'), (2, 'PAY', 'Payroll', '{}', '{}', '2026-01-01'), (2, 'SAL', 'Sales', '{}', '{}', '2026-01-01'),
	(3, 'CLK', 'Clerk', '{}', '{}', '2026-01-01'), (3, 'HEAD', 'Head', '{}', '{}', '2026-01-01'),
	(4, 'P1', 'P1', '{"Start": "2026-02-01T00:00:00Z"}', '{"Person": "E1", "Department": "PAY", "Title": "CLK"}', '2026-01-01'),
	(5, 'e1', 'e1', '{"Login": "e1"}', '{}', '2026-01-01'), (7, 'g1', 'Reports', '{}', '{}', '2026-01-01'), (7, 'g2', 'Customers', '{}', '{}', '2026-01-01'),
	(1, 'E2', 'Bob Ray', '{"EmployeeId": "E2"}', '{}', '2026-01-01');
insert into resource_link (property_id, source_id, target_id, valid_from) values (3, 7, 1, '2026-01-01'), (4, 7, 3, '2026-01-01'), (5, 7, 5, '2026-01-01');
insert into dimension_closure (dimension_id, descendant_id, ancestor_id, depth) values (1, 2, 2, 0), (1, 3, 3, 0), (1, 3, 2, 1), (1, 4, 4, 0);
insert into policy (identifier, display_name, is_provisioning_enabled) values ('Default', 'Default', true);
insert into context_rule (identifier, display_name, policy_id, entity_type_id, resources_binding, resources_start_binding, dimensions)
	values ('People', 'Positions of people', 1, 1, 'Positions', 'Start', '{"Dept": "Department", "Title": "Title"}');
insert into role (kind, identifier, display_name, policy_id, entity_type_id) values ('COMPOSITE', 'Finance_Staff', 'Finance staff', 1, 1),
	('SINGLE', 'Finance_Reports', 'Finance reports', 1, 1), ('SINGLE', 'Customers', 'Customer records', 1, 1), ('SINGLE', 'Payments', 'Payments', 1, 1);
insert into role_rule (identifier, policy_id, role_id, composite_role_id, dimensions, is_denied, priority) values
	('staff', 1, 1, null, '{"Dept": {"key": "FIN", "inherit": true}}', false, 0), ('reports', 1, 2, 1, '{}', false, 0),
	('customers', 1, 3, null, '{"Dept": {"key": "SAL", "inherit": true}, "Title": {"key": "HEAD"}}', false, 0), ('gone', 1, 3, null, '{"Dept": {"key": "OLD"}}', false, 0),
	('payments', 1, 4, 1, '{}', false, 0), ('no-payments', 1, 4, null, '{"Title": {"key": "CLK"}}', true, -1);
insert into resource_type (identifier, display_name, policy_id, source_entity_type_id, target_entity_type_id, connection_id, block_provisioning) values
	('User', 'Intranet user', 1, 1, 5, 1, false), ('Badge', 'Badge card', 1, 1, 6, 2, false), ('Admin', 'Administrator', 1, 1, 5, 1, true);
insert into resource_type_rule (identifier, kind, policy_id, resource_type_id, property_id, single_role_id, value_key, source_binding, source_expression) values
	('user', 'TYPE', 1, 1, null, null, null, null, null), ('login', 'SCALAR', 1, 1, 7, null, null, 'EmployeeId', 'ToLower'),
	('in-reports', 'NAVIGATION', 1, 1, 8, 2, 'g1', null, null), ('in-customers', 'NAVIGATION', 1, 1, 8, 3, 'g2', null, null),
	('badge', 'TYPE', 1, 2, null, null, null, null, null), ('level', 'SCALAR', 1, 2, 9, null, null, null, 'Literal:Standard'), ('level-payments', 'SCALAR', 1, 2, 9, 2, null, null, 'Literal:Vault'),
	('admin', 'TYPE', 1, 3, null, 3, null, null, null), ('admin-login', 'SCALAR', 1, 3, 7, null, null, null, '"adm-" + source.EmployeeId');
insert into local_user (username, display_name, password_hash) values ('rita', 'Rita Reviewer', '');
insert into assigned_resource_type (owner_id, resource_type_id, resource_id, workflow_state, workflow_state_changed_at, is_expected, expected, verified_at, valid_from) values
	(1, 1, 8, 18, '2026-02-01', true, '{"properties": {"Login": [{"value": "e1", "rules": [2], "inForce": true}]}}', '2026-02-03 10:00Z', '2026-02-01'),
	(1, 2, null, 18, '2026-02-01', true, '{"properties": {"Level": [{"value": "Vault", "rules": [7], "inForce": true}]}}', null, '2026-02-01');
insert into provisioning_order (assigned_resource_type_id, kind, state, resource_type_id, owner_id, source_entity_type_id, target_id, connector_id, is_manual, attempt, created_at, updated_at, executed_at, verified_at, closed_at) values
	(1, 'CREATE', 4, 1, 1, 1, 8, 1, false, 2, '2026-02-01', '2026-02-01', '2026-02-03 09:00Z', '2026-02-03 10:00Z', '2026-02-03 10:00Z'),
	(2, 'CREATE', 2, 2, 1, 1, null, 2, true, 1, '2026-02-01', '2026-02-01', null, null, null);
insert into order_line (order_id, property, action, proposed_value, current_value, state, workflow_state, rule_ids, created_at, updated_at, closed_at) values
	(1, null, 'CREATE', null, null, 4, 18, '{1}', '2026-02-01', '2026-02-01', '2026-02-03'), (1, 'Login', 'SET', 'e1', null, 4, 18, '{2}', '2026-02-01', '2026-02-01', '2026-02-03'),
	(2, null, 'CREATE', null, null, 2, 18, '{5}', '2026-02-01', '2026-02-01', null), (2, 'Level', 'SET', 'Vault', null, 2, 18, '{7}', '2026-02-01', '2026-02-01', null);
insert into order_line_history (order_id, at, actor, action, from_state, to_state, comment) values (1, '2026-02-03 08:00Z', 'rita', 'unblock', 3, 1, 'The disk is bigger now.');
insert into order_attempt (order_id, attempt, idempotency_key, worker, started_at, ended_at, outcome, message) values
	(1, 1, gen_random_uuid(), 'w', '2026-02-02', '2026-02-02', 'REFUSED', 'disk full.'), (1, 2, gen_random_uuid(), 'w', '2026-02-03 09:00Z', '2026-02-03 09:00Z', 'DONE', null),
	(2, 1, gen_random_uuid(), 'w', '2026-02-02', null, 'OPENED', null);
insert into delivery (guid, connector_id, mode, state, started_at) values (gen_random_uuid(), 1, 'COMPLETE', 'APPLIED', '2026-02-03 09:30Z');
insert into model_version (at, actor, fingerprint) values ('2026-01-01', 'test', '');
`

func mustExplain(t *testing.T, s *assignment.Service, in assignment.ExplainInput) string {
	t.Helper()
	e, err := s.Explain(permit.With(t.Context(), permit.System("test")), in)
	require.NoError(t, err)
	var out strings.Builder
	for _, step := range e.Steps {
		mark := "no "
		if step.Matched {
			mark = "yes"
		}
		fmt.Fprintf(&out, "%s %-15s %s\n", mark, step.Kind, step.Text)
	}
	return out.String()
}

func setup(t *testing.T) *assignment.Service {
	t.Helper()
	db := dbtest.MustOpen(t)
	_, err := db.ExecContext(t.Context(), seed)
	require.NoError(t, err)
	return assignment.New(db, clock.New(), slog.New(slog.DiscardHandler), &directory.Shapes{}, dbtest.Idle(assignment.Hooks{}))
}

func TestExplain(t *testing.T) {
	t.Parallel()
	s := setup(t)
	for name, in := range map[string]assignment.ExplainInput{
		"everything": {OwnerID: 1},
		"type":       {OwnerID: 1, ResourceType: "User"},
		"role":       {OwnerID: 1, Role: "Finance_Reports"},
		"why-not":    {OwnerID: 1, Role: "Customers"},
		"property":   {OwnerID: 1, ResourceType: "Badge", Property: "Level"},
		"no-record":  {OwnerID: 11, ResourceType: "Admin"},
	} {
		t.Run(name, func(t *testing.T) {
			got := mustExplain(t, s, in)
			golden := filepath.Join("testdata", "explain-"+name+".txt")
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), got)
		})
	}
}

func TestExplainParameters(t *testing.T) {
	t.Parallel()
	const brings = `update role set required_parameters = '{Title}', imposed_dimensions = '{"Title": "HEAD"}' where identifier = 'Finance_Reports';`
	asks := func(title string) string {
		return `update resource_type_rule set dimensions = '{"Title": {"key": "` + title + `"}}' where identifier = 'in-reports';`
	}
	for name, c := range map[string]struct {
		change string
		want   []string
	}{
		"held with what the role brings along": {brings + asks("HEAD"), []string{
			"yes ROLE            So Ann Lee has the role Finance reports since 1 Feb 2026. It is held with Job title Head since 1 Feb 2026.",
			"Groups of the Intranet user contains Reports since 1 Feb 2026, by the rule in-reports: Job title is Head, as the role is held and the role Finance reports is held."}},
		"a rule asks for what the context has, and the role is held with something else": {brings + asks("CLK"), []string{
			"The rule in-reports does not add Reports to Groups of the Intranet user: Job title is Head, as the role is held, not Clerk."}},
		"what is required is missing": {`update role set required_parameters = '{Title}' where identifier = 'Finance_Reports'; delete from resource_link where property_id = 5`, []string{
			"no  ROLE            So Ann Lee does not have the role Finance reports. It is given since 1 Feb 2026, but Job title has no value, so it grants nothing."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t)
			_, err := s.DB.ExecContext(t.Context(), c.change)
			require.NoError(t, err)
			got := mustExplain(t, s, assignment.ExplainInput{OwnerID: 1})
			for _, want := range c.want {
				require.Contains(t, got, want)
			}
		})
	}
}

func TestExplainWhoIsGone(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, err := s.DB.ExecContext(t.Context(), "update resource set valid_to = '2026-03-01' where id = 1")
	require.NoError(t, err)
	got := mustExplain(t, s, assignment.ExplainInput{OwnerID: 1, ResourceType: "User"})
	require.Contains(t, got, "No record of Ann Lee counts under the context rule Positions of people")
	require.Contains(t, got, "So Ann Lee does not get the resource type Intranet user.")
	require.Contains(t, got, "Order 1 of 1 Feb 2026 creates the Intranet user e1 in Intranet; it is verified.", "what was done stays told")
}

func TestExplainRefused(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, err := s.Explain(t.Context(), assignment.ExplainInput{OwnerID: 1})
	require.True(t, errs.Is(err, errs.Unauthenticated))
	_, err = s.Explain(permit.With(t.Context(), permit.System("test")), assignment.ExplainInput{OwnerID: 12345})
	require.True(t, errs.Is(err, errs.NotFound))
}

func TestViewOfWhatWasWithdrawn(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, err := s.DB.ExecContext(t.Context(), `insert into assigned_resource_type (owner_id, resource_type_id, workflow_state, workflow_state_changed_at, is_expected, expected, valid_from)
		values (11, 2, 18, '2026-02-01', false, '{}', '2026-02-01')`)
	require.NoError(t, err)
	view, err := s.View(permit.With(t.Context(), permit.System("test")), assignment.ViewInput{ResourceID: 11})
	require.NoError(t, err)
	require.Len(t, view.Entitlements, 1)
	require.EqualValues(t, "reading", *view.Entitlements[0].WaitReason)
	require.Contains(t, view.Entitlements[0].Reasons[0], "stays here until that is read again")
}

func TestReasonsOfView(t *testing.T) {
	t.Parallel()
	s := setup(t)
	m, err := s.Model(t.Context(), s.DB)
	require.NoError(t, err)
	for id, want := range map[int64]string{
		1: "Given to everybody whose Department is Finance or below.",
		2: "Given to everybody who has the role Finance staff.",
		4: "Given to everybody whose Department is OLD.",
		9: "Given by a rule that no longer exists.",
	} {
		require.Equal(t, want, m.RoleRuleReason(id))
	}
	for id, want := range map[int64]string{
		2: "Computed from Employee id with ToLower for everybody.",
		4: "Customers: given to everybody who has the role Customer records.",
		7: `Computed from the fixed value "Vault" for everybody who has the role Finance reports.`,
	} {
		require.Equal(t, want, m.TypeRuleReason(id))
	}
}
