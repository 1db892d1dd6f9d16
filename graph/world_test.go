package graph_test

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/access"
	"writ/server/assignment"
	"writ/server/auth"
	"writ/server/dbtest"
	"writ/server/event"
	"writ/server/fence"
	"writ/server/fulfil"
	"writ/server/notification"
	"writ/server/order"
	"writ/server/permit"
	"writ/server/plan"
	"writ/server/system"
	"writ/server/webhook"
)

// world is a small organisation in which everything there is exists once for somebody inside of a department and once for somebody outside.
// p1 leads finance (FIN) and p2 works for him; p3 leads operations (OPS), is p1's boss too, and p4 works for p3. Every text about somebody or
// something says so: zq, of whom, what, q, e.g. zqp3phoneq. Ids of different kinds of things are different numbers.
type world struct {
	*bundle
	roles []*role
}

// every are permissions on everything there is.
var every = []string{"/ProvisioningPolicy", "/Custom/ProvisioningPolicy", "/Custom/Workflows", "/Custom/Delegations", "/Custom/Resources", "/Custom/ResourceChanges", "/Connectors", "/Jobs", "/AccessControl", "/Metadata", "/Settings", "/Monitoring"}

// role is somebody who asks.
type role struct {
	name   string
	client *client
	paths  []string       // the permissions held
	sees   *regexp.Regexp // of the marked texts those that may be seen; nil: all
}

// holds reports whether a permission, or what is above or below it, is held.
func (r *role) holds(right string) bool {
	for _, p := range r.paths {
		if permit.Covers(p, right) || right == permit.Resources && permit.Covers(right, p) || permit.Covers(right, p) && strings.HasPrefix(right, "/Custom/") {
			return true
		}
	}
	return false
}

var marked = regexp.MustCompile(`zq([a-z]\d)([a-z]*)q`)

// hidden gives the marked texts in an answer that the role may not see.
func (r *role) hidden(raw string) (found []string) {
	for _, m := range marked.FindAllString(raw, -1) {
		if r.sees != nil && !r.sees.MatchString(m) {
			found = append(found, m)
		}
	}
	return found
}

const worldSQL = `
insert into connector (id, identifier, display_name, mode, last_synchronized_at) overriding system value values (31, 'AD', 'AD', 'scheduled', timestamptz '2026-01-01'), (32, 'Badge', 'Badge', 'scheduled', null);
insert into connection (id, connector_id, identifier, display_name, package, settings, secrets, last_check_at, last_check_error) overriding system value values
	(41, 31, 'AD_Main', 'Main', 'null', '{"host": "zqc1hostq"}', '{}', timestamptz '2026-01-01', 'down'), (42, 32, 'Badge_Tickets', 'Tickets', 'manual', '{}', null, null, null);
insert into entity_type (id, identifier, display_name, connector_id) overriding system value values
	(11, 'Directory_User', 'User', null), (12, 'Directory_Department', 'Department', null), (13, 'AD_Entry', 'Entry', 31), (14, 'Directory_Position', 'Position', null);
insert into entity_mapping (entity_type_id, connection_id, source_table, maximum_rejected) values (13, 41, 'entries', 5);
insert into property (id, entity_type_id, identifier, display_name, type, target_entity_type_id, reverse_identifier, is_key, position) overriding system value values
	(51, 11, 'Phone', 'Phone', 'STRING', null, null, false, 1), (52, 11, 'Department', 'Department', 'FOREIGN_KEY', 12, 'Members', false, 2),
	(53, 11, 'Manager', 'Manager', 'FOREIGN_KEY', 11, 'Reports', false, 3), (54, 12, 'Budget', 'Budget', 'STRING', null, null, false, 1),
	(55, 12, 'Head', 'Head', 'FOREIGN_KEY', 11, 'Heads', false, 2), (56, 13, 'Login', 'Login', 'STRING', null, null, true, 1),
	(57, 13, 'Owner', 'Owner', 'FOREIGN_KEY', 11, 'Accounts', false, 2), (58, 14, 'Title', 'Title', 'STRING', null, null, false, 1),
	(59, 14, 'Person', 'Person', 'FOREIGN_KEY', 11, 'Positions', false, 2), (60, 14, 'Unit', 'Unit', 'FOREIGN_KEY', 12, 'Positions', false, 3);
insert into property (id, entity_type_id, identifier, display_name, type, target_entity_type_id, position) overriding system value values (165, 11, 'Owner', 'Owner', 'FOREIGN_KEY', 11, 6);
insert into property (id, entity_type_id, identifier, display_name, type, position) overriding system value values (62, 14, 'Start', 'Start', 'DATE_TIME', 4), (63, 14, 'End', 'End', 'DATE_TIME', 5);
insert into property_mapping (property_id, entity_type_id, column_name, is_primary_key) values (56, 13, 'login', true);
insert into dimension (id, identifier, display_name, entity_type_id, column_mapping) overriding system value values (61, 'Department', 'Department', 12, 0);
insert into policy (id, identifier, display_name, is_provisioning_enabled) overriding system value values (71, 'Default', 'Default', true);
insert into policy (id, identifier, display_name, dimensions) overriding system value values (77, 'Elsewhere', 'Elsewhere', '{"Department": {"key": "NOWHERE"}}');
insert into context_rule (id, identifier, display_name, policy_id, entity_type_id, resources_binding, resources_start_binding, resources_end_binding, dimensions) overriding system value values
	(72, 'People', 'People', 71, 11, 'Positions', 'Start', 'End', '{"Department": "Unit"}');
insert into record_section (id, identifier, display_name, source_entity_type_id, resource_entity_type_id, start_property_id, end_property_id, properties) overriding system value values
	(75, 'Employment', 'Employment', 11, 14, 62, 63, '[]'), (76, 'Position', 'Position', 11, 14, 62, 63, '[{"property": "Unit"}, {"property": "Title"}]');
insert into category (id, identifier, display_name, policy_id) overriding system value values (73, 'Apps', 'Apps', 71), (74, 'Sub', 'Sub', 71);
update category set parent_id = 73, description = 'sub' where id = 74;
insert into role (id, kind, identifier, display_name, policy_id, entity_type_id, category_id) overriding system value values
	(81, 'SINGLE', 'Reader', 'Reader', 71, 11, 74), (82, 'COMPOSITE', 'Worker', 'Worker', 71, 11, null), (86, 'SINGLE', 'Lead', 'Lead', 71, 11, 74);
update role set description = 'reads', tags = '{daily}', owner_entity_type_id = 11, owner_key = 'boss', secondary_category_ids = '{73}';
update role set required_parameters = '{Department}' where id in (81, 82);
update role set imposed_dimensions = '{"Department": "NOWHERE"}' where id = 81;
insert into role_rule (id, identifier, policy_id, role_id, composite_role_id, dimensions) overriding system value values (83, 'rule-reader', 71, 81, 82, '{}'), (84, 'rule-worker', 71, 82, null, '{}'), (85, 'rule-nowhere', 71, 82, null, '{"Department": {"key": "NOWHERE"}}'),
	(88, 'rule-lead', 71, 86, null, '{"Department": {"key": "zqd2keyq"}}');
insert into resource_type (id, identifier, display_name, policy_id, source_entity_type_id, target_entity_type_id, connection_id, category_id) overriding system value values
	(91, 'AD_User', 'Account', 71, 11, 13, 41, 73), (92, 'AD_Badge', 'Badge', 71, 11, 13, 42, null), (93, 'AD_Admin', 'Admin', 71, 11, 13, 41, null),
	(97, 'AD_Held', 'Held', 71, 11, 13, 41, null), (98, 'AD_Done', 'Done', 71, 11, 13, 41, null);
insert into resource_type_rule (id, identifier, kind, policy_id, resource_type_id, dimensions) overriding system value values (109, 'type-nowhere', 'TYPE', 71, 98, '{"Department": {"key": "NOWHERE"}}');
update resource_type set depends_on_id = 91, description = 'admins' where id = 93;
update resource_type set tags = '{daily}', owner_entity_type_id = 11, owner_key = 'boss';
insert into resource_type_rule (id, identifier, kind, policy_id, resource_type_id, property_id, single_role_id, source_binding, target_binding) overriding system value values
	(94, 'type-user', 'TYPE', 71, 91, null, 81, null, null), (95, 'login-user', 'SCALAR', 71, 91, 56, null, 'Phone', null), (96, 'match', 'CORRELATION', 71, 91, null, null, 'Phone', 'Login');
insert into resource_type_rule (id, identifier, kind, policy_id, resource_type_id, property_id, value_key, source_expression, target_expression) overriding system value values
	(106, 'login-admin', 'SCALAR', 71, 93, 56, null, 'source.Phone', null), (107, 'owner-admin', 'NAVIGATION', 71, 93, 57, 'nobody', null, null), (108, 'match-admin', 'CORRELATION', 71, 93, null, null, 'source.Phone', 'target.Login');
insert into resource (id, entity_type_id, key, display_name, scalars, valid_from, origin) overriding system value
	select 1000 + n, 11, 'zqp'||n||'keyq', 'zqp'||n||'nameq', jsonb_build_object('Phone', 'zqp'||n||'phoneq'), timestamptz '2020-01-01', 'MANUAL' from generate_series(1, 4) n
	union all select 1010 + n, 12, 'zqd'||n||'keyq', 'zqd'||n||'nameq', jsonb_build_object('Budget', 'zqd'||n||'budgetq'), timestamptz '2020-01-01', 'MANUAL' from generate_series(1, 2) n
	union all select 1020 + n, 13, 'zqa'||n||'keyq', 'zqa'||n||'nameq', jsonb_build_object('Login', 'zqa'||n||'loginq'), timestamptz '2020-01-01', 'SYNC' from generate_series(1, 4) n
	union all select 1030 + n, 14, 'zqs'||n||'keyq', 'zqs'||n||'nameq', jsonb_build_object('Title', 'zqs'||n||'titleq', 'Start', '2019-01-01T00:00:00Z'), timestamptz '2020-01-01', 'MANUAL' from generate_series(1, 4) n;
update resource set refs = jsonb_build_object('Department', 'zqd'||((id - 999) / 2)||'keyq') where entity_type_id = 11;
insert into resource (id, entity_type_id, key, display_name, scalars, valid_from, origin) overriding system value
	values (1005, 11, 'boss', 'Boss', '{}', timestamptz '2020-01-01', 'MANUAL');
insert into property (id, entity_type_id, identifier, display_name, type, position) overriding system value values (64, 11, 'Photo', 'Photo', 'BINARY', 9);
insert into property (id, entity_type_id, identifier, display_name, type, position) overriding system value values (67, 11, 'Desk', 'Desk', 'STRING', 10), (68, 11, 'Share', 'Share', 'STRING', 11);
insert into property_expression (id, identifier, display_name, entity_type_id, property, binding, expression) overriding system value values
	(201, 'Desk', 'Desk', 11, 'Desk', 'Phone', ''), (202, 'Share', 'Share', 11, 'Share', '', 'source.Department.Budget + string(1 / (size(source.Phone) - size(source.Phone)))');
insert into property_expression_fault (id, resource_id, expression_id, message, found_at) overriding system value select 210 + n, 1000 + n, 202, 'zqp'||n||'faultq', timestamptz '2026-01-01' from generate_series(1, 4) n;
update resource set scalars = scalars || jsonb_build_object('Desk', scalars ->> 'Phone') where entity_type_id = 11 and key <> 'boss';
insert into resource_file (sha256, content, kept_at) values ('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', 'abc', now());
update resource set scalars = scalars || '{"Photo": "3 bytes sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}' where entity_type_id = 11 and key <> 'boss';
update resource set refs = refs || jsonb_build_object('Manager', 'zqp'||case id when 1002 then 1 else 3 end||'keyq') where id in (1001, 1002, 1004);
update resource set refs = refs || jsonb_build_object('Owner', 'zqp'||(id - 999)||'keyq') where id in (1001, 1003);
insert into resource_link (property_id, source_id, target_id, valid_from) values (165, 1001, 1002, timestamptz '2020-01-01'), (165, 1003, 1004, timestamptz '2020-01-01');
update resource set refs = jsonb_build_object('Head', 'zqp'||(2 * (id - 1011) + 1)||'keyq') where entity_type_id = 12;
update resource set refs = jsonb_build_object('Owner', 'zqp'||(id - 1020)||'keyq') where entity_type_id = 13;
update resource set refs = jsonb_build_object('Person', 'zqp'||(id - 1030)||'keyq', 'Unit', 'zqd'||((id - 1029) / 2)||'keyq') where entity_type_id = 14;
insert into resource_link (property_id, source_id, target_id, valid_from)
	select 52, 1000 + n, 1010 + (n + 1) / 2, timestamptz '2020-01-01' from generate_series(1, 4) n
	union all values (53, 1001, 1003, timestamptz '2020-01-01'), (53, 1002, 1001, timestamptz '2020-01-01'), (53, 1004, 1003, timestamptz '2020-01-01'), (55, 1011, 1001, timestamptz '2020-01-01'), (55, 1012, 1003, timestamptz '2020-01-01')
	union all select 57, 1020 + n, 1000 + n, timestamptz '2020-01-01' from generate_series(1, 4) n
	union all select 59, 1030 + n, 1000 + n, timestamptz '2020-01-01' from generate_series(1, 4) n
	union all select 60, 1030 + n, 1010 + (n + 1) / 2, timestamptz '2020-01-01' from generate_series(1, 4) n;
insert into resource_version (resource_id, valid_from, valid_to, display_name, scalars, refs, actor)
	select 1000 + n, timestamptz '2019-01-01', timestamptz '2020-01-01', 'zqp'||n||'oldq', jsonb_build_object('Phone', 'zqp'||n||'oldphoneq'), '{}', 'hr' from generate_series(1, 4) n;
insert into context (owner_id, context_rule_id, record_id, start_date, end_date, dimensions, sections)
	select 1000 + n, 72, 1030 + n, timestamptz '2020-01-01', timestamptz '2100-01-01', jsonb_build_object('Department', 1010 + (n + 1) / 2),
		jsonb_build_array(jsonb_build_object('section', 76, 'key', 'zqs'||n||'keyq', 'record', 1030 + n)) from generate_series(1, 4) n;
insert into assigned_role (owner_id, role_id, workflow_state, workflow_state_changed_at, origin, start_date, end_date, valid_from)
	select 1000 + n, r, 16, timestamptz '2026-01-01', 'RULE', timestamptz '2026-01-01', timestamptz '2100-01-01', timestamptz '2026-01-01' from generate_series(1, 4) n, unnest(array[81, 82]) r;
update assigned_role set rule_ids = '{83}', inferred_by_id = 82 where role_id = 81;
update assigned_role set parameters = jsonb_build_object('Department', 1010 + (owner_id - 999) / 2);
insert into assigned_resource_type (id, owner_id, resource_type_id, resource_id, workflow_state, workflow_state_changed_at, is_expected, valid_from) overriding system value
	select 1500 + 10 * n + t, 1000 + n, 90 + t, case t when 1 then 1020 + n end, 16, timestamptz '2026-01-01', true, timestamptz '2026-01-01' from generate_series(1, 4) n, generate_series(1, 3) t;
update assigned_resource_type set expected = '{"conflicts": [{"property": "Owner", "id": 1001, "value": "one", "with": 1002, "other": "two"}]}' where id = 1511;
insert into provisioning_order (id, assigned_resource_type_id, kind, state, states, resource_type_id, owner_id, source_entity_type_id, target_id, connector_id, connection_id, is_manual, due_at,
		generated_at, attempt, transmitted_at, error_class, error_message, error_hint, errored_at, answer_outcome, answer_message, answer_hint, answered_at, not_before, assignee, reviewed_by, reviewed_at,
		review_comment, wait_reason, created_at, updated_at) overriding system value
	select 2000 + 10 * n + t, 1500 + 10 * n + t, case t when 1 then 'UPDATE' else 'CREATE' end, s, array[s], 90 + t, 1000 + n, 11, case t when 1 then 1020 + n end, 30 + case t when 2 then 2 else 1 end,
		40 + case t when 2 then 2 else 1 end, t = 2, timestamptz '2026-01-01', case when t > 1 then timestamptz '2026-01-01' end, 1, timestamptz '2026-01-01', case t when 3 then 'REFUSED' end,
		case t when 3 then 'zqp'||n||'errorq' end, case t when 3 then 'ask' end, case t when 3 then timestamptz '2026-01-01' end, 'REFUSED', 'zqp'||n||'answerq', 'ask', timestamptz '2026-01-01',
		timestamptz '2100-01-01', 'somebody', 'somebody', timestamptz '2026-01-01', 'fine', 'none', now(), now()
	from generate_series(1, 4) n, generate_series(1, 3) t, lateral (select (array[5, 2, 3])[t]::smallint as s) x;
insert into order_line (id, order_id, property, action, current_value, proposed_value, state, workflow_state, review_required, rule_ids, confidence, start_date, end_date, error, postponed_at,
		created_at, updated_at) overriding system value
	select o.id + 1000, o.id, 'Login', 'SET', 'zqp'||(o.owner_id - 1000)||'currentq', 'zqp'||(o.owner_id - 1000)||'proposedq', o.state, 16, o.state = 5, '{95}', 100, timestamptz '2026-01-01', timestamptz '2100-01-01',
		case o.state when 3 then 'zqp'||(o.owner_id - 1000)||'lineq' end, timestamptz '2026-01-01', now(), now() from provisioning_order o;
insert into order_line (id, order_id, property, action, state, workflow_state, wait_reason, created_at, updated_at) overriding system value
	select o.id + 1500, o.id, null, 'DELETE', case o.state when 5 then 1 else 3 end, 16, 'dependency', now(), now() from provisioning_order o where o.state in (5, 3);
update order_line set wait_reason = 'outage' where state = 5;
insert into assigned_resource_type (id, owner_id, resource_type_id, workflow_state, workflow_state_changed_at, is_expected, valid_from) overriding system value
	select 1500 + 10 * n + t, 1000 + n, 93 + t, 16, timestamptz '2026-01-01', true, timestamptz '2026-01-01' from generate_series(1, 4) n, generate_series(4, 5) t;
insert into provisioning_order (id, assigned_resource_type_id, kind, state, states, resource_type_id, owner_id, source_entity_type_id, connector_id, connection_id, wait_reason, postponed_at,
		verified_at, created_at, updated_at, closed_at) overriding system value
	select 2000 + 10 * n + t, 1500 + 10 * n + t, 'CREATE', s, array[s], 93 + t, 1000 + n, 11, 31, 41, case t when 4 then 'threshold' else 'none' end, timestamptz '2026-01-01',
		case t when 5 then now() end, now(), now(), case t when 5 then now() end from generate_series(1, 4) n, generate_series(4, 5) t, lateral (select (array[1, 4])[t - 3]::smallint as s) x;
insert into order_line (id, order_id, action, state, workflow_state, wait_reason, created_at, updated_at, closed_at) overriding system value
	select o.id + 1000, o.id, 'CREATE', o.state, 16, o.wait_reason, now(), now(), o.closed_at from provisioning_order o where o.state in (1, 4);
insert into order_line_history (order_id, line_ids, at, actor, action, from_state, to_state) select o.id, array[o.id + 1000], now(), 'fulfil', 'verify', 8, 4 from provisioning_order o where o.state = 4;
insert into order_line_history (order_id, line_ids, at, actor, action, from_state, to_state, comment)
	select o.id, array[o.id + 1000], now(), 'policy', 'compute', null, null, 'zqp'||(o.owner_id - 1000)||'historyq' from provisioning_order o where o.state <> 4;
insert into order_attempt (order_id, attempt, idempotency_key, worker, started_at, ended_at, outcome, message, payload)
	select o.id, 1, gen_random_uuid(), 'w', timestamptz '2026-01-01', timestamptz '2026-01-01', 'REFUSED', 'zqp'||(o.owner_id - 1000)||'attemptq', jsonb_build_object('x', 'zqp'||(o.owner_id - 1000)||'payloadq') from provisioning_order o;
insert into gap (id, assigned_resource_type_id, property, workflow_state, current_value, proposed_value, found_at) overriding system value
	select 3500 + n, 1500 + 10 * n + 1, 'Login', 1, 'zqp'||n||'gapq', 'zqp'||n||'wantedq', timestamptz '2026-01-01' from generate_series(1, 4) n;
insert into gap (id, assigned_resource_type_id, workflow_state, current_value, found_at, postponed_at, postponed_by, comment) overriding system value
	select 3510 + n, 1500 + 10 * n + 1, 1, 'zqp'||n||'accountq', timestamptz '2026-01-01', timestamptz '2026-01-01', 'everything', 'zqp'||n||'commentq' from generate_series(1, 4) n;
update assigned_resource_type set workflow_state = 1 where id in (1513, 1523, 1533, 1543);
insert into gap (id, assigned_resource_type_id, workflow_state, current_value, found_at) overriding system value
	select 3540 + n, 1500 + 10 * n + 3, 1, 'zqp'||n||'accountq', timestamptz '2026-01-01' from generate_series(1, 4) n;
insert into gap (id, assigned_resource_type_id, property, workflow_state, found_at, decision, decided_by, decided_at, closed_at) overriding system value
	select 3520 + n, 1500 + 10 * n + 1, 'Owner', 1, timestamptz '2026-01-01', 'KEEP_CURRENT', 'everything', timestamptz '2026-01-01', timestamptz '2026-01-01' from generate_series(1, 4) n;
insert into resource_type_rule (id, identifier, kind, policy_id, resource_type_id, property_id, single_role_id, value_key) overriding system value values (110, 'owner-user', 'NAVIGATION', 71, 91, 57, 81, 'nobody');
insert into gap (id, assigned_resource_type_id, property, workflow_state, current_value, found_at, found_roles) overriding system value
	select 3530 + n, 1500 + 10 * n + 1, 'Owner', 1, 'zqp'||n||'holdsq', timestamptz '2026-01-01', '{81}' from generate_series(1, 4) n;
insert into gap (id, assigned_resource_type_id, property, workflow_state, current_value, value_id, found_at) overriding system value
	select 3580 + n, 1500 + 10 * n + 1, 'Owner', 1, 'zqp'||n||'holdsq', 1000 + n, timestamptz '2026-01-01' from generate_series(1, 4) n;
insert into assigned_role (id, owner_id, role_id, workflow_state, workflow_state_changed_at, origin, start_date, inferred_by_id, found_by, lacking, comment, postponed_at, postponed_by, reviewed_at, reviewed_by, valid_from)
	overriding system value select 3550 + n + 10 * k, 1000 + n, 81 + (k = 1)::int, case k when 2 then 16 else 1 end, timestamptz '2026-01-01', 'FOUND', timestamptz '2026-01-01', case k when 0 then 82 end, '{94,110}', '{109}',
		'zqp'||n||'foundq', case k when 1 then timestamptz '2026-01-01' end, case k when 1 then 'everything' end, case k when 2 then timestamptz '2026-01-01' end, case k when 2 then 'everything' end, timestamptz '2026-01-01'
	from generate_series(1, 4) n, generate_series(0, 2) k;
insert into assigned_role (id, owner_id, role_id, workflow_state, workflow_state_changed_at, origin, start_date, end_date, ground, valid_from)
	overriding system value select 3590 + n, 1000 + n, 82, 27, timestamptz '2026-01-01', 'GRACE', timestamptz '2026-01-01', timestamptz '2100-01-01',
		jsonb_build_object('rules', 1, 'all', 1, 'contexts', '[]'::jsonb, 'names', jsonb_build_array('zqp'||n||'ruleq'), 'cause', 'RULE_GONE'), timestamptz '2026-01-01' from generate_series(1, 4) n;
update assigned_resource_type set confidence = 80 where resource_id is not null;
insert into resource (id, entity_type_id, key, display_name, scalars, valid_from, origin) overriding system value values (1025, 13, 'zqa5keyq', 'zqa5nameq', '{"Login": "zqa5loginq"}', timestamptz '2020-01-01', 'SYNC');
insert into owner_state (owner_id, entity_type_id, fingerprint, model_version, evaluated_at, left_at) select 1000 + n, 11, '', 1, timestamptz '2026-01-01', timestamptz '2026-01-01' from generate_series(1, 4) n;
insert into model_version (at, actor, fingerprint) values ('2026-01-01', 'test', '');
insert into model_object (kind, object, from_version, body) select 'resource_type_rule', id::text, 1, to_jsonb(t) from resource_type_rule t;
insert into correlation_key (rule_id, side, value, resource_id) select 96, side, 'zqp'||n||'phoneq', case side when 'S' then 1000 else 1020 end + n from generate_series(1, 4) n, unnest(array['S', 'T']) side;
insert into automation_rule (id, identifier, display_name, type, single_role_id, workflow_state, hours_to_wait, decision, dimensions) overriding system value select 3702, 'zqautokeyq', 'zqautonameq', 1, r.id, 1, 48, 1, '{"Department": {"key": "zqd1keyq"}}' from role r where r.kind = 'SINGLE' order by r.id limit 1;
insert into automation_rule (id, identifier, display_name, type, category_id, policy_id, entity_type_id, workflow_state, hours_to_wait, decision) overriding system value values
	(3703, 'zqauto2keyq', 'zqauto2nameq', 4, 74, null, 11, 1, 48, 1), (3704, 'zqauto3keyq', 'zqauto3nameq', 5, null, 71, 11, 1, 48, 1), (3705, 'zqauto4keyq', 'zqauto4nameq', 5, null, 71, 11, 27, 48, 1);
insert into bulk_change (id, kind, decision, comment, about, state, actor, again_id, total, done, skipped, failed, failure, created_at, started_at, updated_at, ended_at) overriding system value values
	(3601, 'RECONCILE_RESOURCES', 'KEEP_CURRENT', 'fine', 'Phone', 'DONE_WITH_ERRORS', 'everything', 3600, 3, 1, 1, 1, 'f', timestamptz '2026-01-01', timestamptz '2026-01-01', timestamptz '2026-01-01', timestamptz '2026-01-01'),
	(3602, 'RECONCILE_RESOURCES', 'KEEP_CURRENT', 'fine', '', 'RUNNING', 'everything', null, 1, 0, 0, 0, '', timestamptz '2026-01-01', timestamptz '2026-01-01', timestamptz '2026-01-01', null);
insert into bulk_item (bulk_change_id, subject_id, name, about, state, code, message, before_text, after_text, ended_at) values
	(3601, 3501, 'zqp1nameq', 'AD: Phone', 'DONE', '', '', 'zqp1beforeq', 'zqp1afterq', timestamptz '2026-01-01'), (3601, 3502, 'zqp2nameq', 'AD: Phone', 'SKIPPED', 'STALE_ITEM', 'x', '', '', timestamptz '2026-01-01'),
	(3601, 3503, 'zqp3nameq', 'AD: Phone', 'FAILED', 'CONFLICT', 'x', '', '', timestamptz '2026-01-01'), (3602, 3501, 'zqp1nameq', 'AD: Phone', 'TODO', '', '', '', '', null);
insert into mining_rule (id, identifier, display_name, policy_id, rule_policy_id, entity_type_id, category_id) overriding system value select 3701, 'Mine', 'Mine', p.id, p.id, 11, null from policy p limit 1;
insert into mining_run (id, state, actor, rules, error, people, assignments, roles_total, roles_done, created_at, updated_at, ended_at) overriding system value values
	(3711, 'COMPLETED', 'everything', '{Mine}', '', 4, 4, 1, 1, timestamptz '2026-01-01', timestamptz '2026-01-01', timestamptz '2026-01-01'),
	(3712, 'IN_PROGRESS', 'everything', '{}', 'x', 4, 4, 1, 1, timestamptz '2026-01-01', timestamptz '2026-01-01', null);
insert into mining_result (id, mining_run_id, role_id, mining_rule_id, rule_policy_id, rule_type, people, holders, rightly, wrongly, unexplained, refused, held, proposals) overriding system value
	select 3720 + row_number() over (order by r.id), 3711, r.id, 3701, r.policy_id, 0, 4, 2, 1, 1, 1, case when row_number() over (order by r.id) = 2 then 'PRECISION' end, '\xe9070101'::bytea,
	case when row_number() over (order by r.id) = 2 then '[]' else '[{"criteria": [{"dimension": "Department", "value": 1, "key": "K", "label": "L", "inherit": true}], "matched": 2, "rightly": 1, "fresh": 1}]'::jsonb end
	from role r;
insert into mining_person (mining_result_id, owner_id, would_be_given) select 3721, 1000 + n, n > 2 from generate_series(1, 4) n;
insert into redundancy_run (id, state, actor, policies, error, total, done, found, created_at, updated_at, ended_at) overriding system value values
	(3901, 'COMPLETED', 'everything', '{Default}', '', 4, 4, 4, timestamptz '2026-01-01', timestamptz '2026-01-01', timestamptz '2026-01-01'),
	(3902, 'IN_PROGRESS', 'everything', '{}', 'x', 4, 4, 1, timestamptz '2026-01-01', timestamptz '2026-01-01', null);
insert into redundant_assignment (id, redundancy_run_id, owner_id, assigned_role_id, role_id, policy_id, start_date, end_date, given, remaining) overriding system value
	select 3910 + n, 3901, 1000 + n, a.id, a.role_id, 71, timestamptz '2026-01-01', timestamptz '2100-01-01',
		'[{"start": "2026-01-01T00:00:00Z", "end": "2027-01-01T00:00:00Z", "reasons": ["Given to everybody."]}]', '[{"start": "2027-01-01T00:00:00Z", "end": "2100-01-01T00:00:00Z"}]'
	from generate_series(1, 4) n cross join lateral (select min(id) as id, min(role_id) as role_id from assigned_role where owner_id = 1000 + n and valid_to = 'infinity' and role_id = 81) a;
insert into risk (id, identifier, display_name, description, remediation, policy_id, entity_type_id, owner_entity_type_id, owner_key, level, rules) overriding system value values
	(3801, 'Danger', 'Danger', 'bad', 'mend', 71, 11, 11, 'boss', 80, '[{"identifier": "Danger-1", "items": [{"resourceType": "AD_User", "property": "Owner", "resource": "boss"}, {"resourceType": "AD_User", "property": "Login"}]}]');
insert into risk (id, identifier, display_name, policy_id, entity_type_id, level, exemption_policy, rules) overriding system value values
	(3802, 'Through', 'Through', 71, 11, 30, 3, '[{"identifier": "Through-1", "items": [{"resourceType": "AD_Badge", "property": "Owner"}, {"resourceType": "AD_User", "property": "Login"}]}]');
insert into risk (id, identifier, display_name, policy_id, entity_type_id, risk_type, level, rules) overriding system value values
	(3803, 'Alone', 'Alone', 71, 11, 1, 10, '[{"identifier": "Alone-1", "items": [{"resourceType": "AD_User", "property": "Login"}]}]');
insert into role (id, kind, identifier, display_name, policy_id, entity_type_id) overriding system value values (89, 'SINGLE', 'Door', 'Door', 71, 11);
insert into resource_type_rule (id, identifier, kind, policy_id, resource_type_id, property_id, single_role_id, value_key) overriding system value values
	(111, 'badge-door', 'TYPE', 71, 92, null, 89, null), (112, 'owner-door', 'NAVIGATION', 71, 92, 57, 89, 'boss');
insert into identified_risk (id, owner_id, risk_id, rule, start_date, end_date, contributors, detected_at) overriding system value
	select 3810 + n, 1000 + n, 3801, 'Danger-1', timestamptz '2026-01-01', timestamptz '2100-01-01',
		jsonb_build_array(jsonb_build_object('item', 0, 'resourceType', 91, 'target', 1020 + n, 'property', 'Owner', 'value', 1000 + n, 'exists', true, 'rules', array[110])), timestamptz '2026-01-01' from generate_series(1, 4) n;
update identified_risk set attached_at = timestamptz '2026-01-02', attached_by = 'everything', attached_reason = 'zqp' || owner_id - 1000 || 'reasonq';
insert into risk_score (id, owner_id, entity_type_id, score, factor, risk_ids, names, levels, computed_at, closed_at) overriding system value
	select 3880 + 10 * k + n, 1000 + n, 11, 40 + n, 2, '{3801,3999}', '{Danger,Gone}', '{80,3}', timestamptz '2026-01-01', case k when 0 then timestamptz '2026-01-02' end from generate_series(1, 4) n, generate_series(0, 1) k;
insert into indirect_resource_rule (id, identifier, display_name, resource_type_id, property) overriding system value values (3851, 'Through', 'Through', 91, 'Owner');
insert into indirect_right (id, owner_id, rule, resource_type_id, property, value_id, account_id, path, steps, found_at) overriding system value
	select 3860 + n, 1000 + n, 'Through', 91, 'Owner', 1000 + n, 1020 + n, array[1000 + n], 1, timestamptz '2026-01-01' from generate_series(1, 4) n;
insert into indirect_right (id, owner_id, rule, role_id, value_id, account_id, path, steps, singles, found_at) overriding system value
	select 3870 + n, 1000 + n, 'Through', 86, 1000 + n, 1020 + n, array[1000 + n], 1, '{81}', timestamptz '2026-01-01' from generate_series(1, 4) n;
insert into risk_block (id, owner_id, risk_id, rule, role_id, resource_type_id, property, value_id, start_date, end_date, contributors, blocked_at) overriding system value
	select 3830 + n, 1000 + n, 3801, 'Danger-1', case when n > 2 then (select min(id) from role) end, case when n <= 2 then 91 end, case when n <= 2 then 'Owner' end, case when n <= 2 then 1000 + n end,
		timestamptz '2026-01-01', timestamptz '2100-01-01',
		jsonb_build_array(jsonb_build_object('item', 0, 'resourceType', 91, 'target', 1020 + n, 'property', 'Owner', 'value', 1000 + n, 'exists', true, 'rules', array[110])), timestamptz '2026-01-01' from generate_series(1, 4) n;
insert into plan (id, title, state, actor, configuration, changes, edits, problems, summary, moved, as_of, total, done, failure, created_at, ended_at, applied_at, applied_by) overriding system value values
	(3701, 'zqplanq', 'FINISHED', 'everything', '', '[{"Action": "UPDATE", "Kind": "singleRole", "Identifier": "R", "Fields": [{"Path": "displayName", "Before": "a", "After": "b"}]}]',
		'[{"Action": "UPDATE", "ID": 1001, "EntityType": "Directory_User", "Key": "zqp1keyq", "DisplayName": "zqp1nameq", "Fields": [{"Path": "Phone", "Before": "zqp1beforeq", "After": "zqp1afterq"}]}]',
		'[{"Severity": "WARNING", "Kind": "role", "Identifier": "R", "Field": "x", "Message": "odd"}]',
		'{"people": 4, "seconds": 1, "looked": 4, "limits": [{"resourceType": "AD_User", "name": "AD", "action": "delete", "count": 2, "limit": 1, "isPercent": true, "base": 3, "message": "m"}], "mails": [{"template": "T", "sourceEntityType": "Directory_User", "recipients": 1}]}',
		'[{"owner": 1001, "name": "zqp1nameq", "why": "w"}]', timestamptz '2026-01-01', 1, 1, 'f', timestamptz '2026-01-01', timestamptz '2026-01-01', timestamptz '2026-01-01', 'everything'),
	(3702, 'zqplanq', 'QUEUED', 'everything', '', '[]', '[]', '[]', '{}', '[]', null, 1, 1, 'f', timestamptz '2026-01-01', null, null, null),
	(3703, 'zqplanq', 'FINISHED', 'everything', '', '[{"Action": "UPDATE", "Kind": "singleRole", "Identifier": "R", "Fields": []}]', '[]', '[]', '{"seconds": 1}', '[]', null, 1, 1, 'f', timestamptz '2026-01-01', timestamptz '2026-01-01', null, null),
	(3704, 'zqplanq', 'FINISHED', 'everything', '', '[]', '[]', '[]', '{"seconds": 1}', '[]', null, 1, 1, 'f', timestamptz '2026-01-01', timestamptz '2026-01-01', null, null);
update plan set objects = '{singleRole/R}' where id in (3701, 3703);
insert into plan_owner (plan_id, owner_id, type_id, digest) select 3701, 1000 + n, 11, '' from generate_series(1, 4) n;
insert into plan_item (plan_id, owner_id, type_id, kind, effect, object, object_name, system, system_name, property, property_name, action, before_value, after_value, workflow, state, order_kind, start_date, end_date, wait_reason, error)
	select 3701, 1000 + n, 11, 'LINE', 1, 'AD_User', 'AD', 'AD', 'AD', 'Phone', 'Phone', 'SET', 'zqp'||n||'planbeforeq', 'zqp'||n||'planafterq', 18, 1, 'UPDATE', timestamptz '2026-01-01', timestamptz '2027-01-01', 'not_due', 'x' from generate_series(1, 4) n;
insert into kept_value (assigned_resource_type_id, property, workflow_state, kept_value, actor, at)
	select 1500 + 10 * n + 1, 'Owner', 16, 'zqp'||n||'keptq', 'somebody', timestamptz '2026-01-01' from generate_series(1, 4) n;
insert into role (id, kind, identifier, display_name, policy_id, entity_type_id, category_id, approval_workflow_type, implicit_approval) overriding system value values
	(3890, 'SINGLE', 'Asked', 'Asked', 71, 11, 74, 1, 0), (3891, 'SINGLE', 'Implied', 'Implied', 71, 11, 74, 1, 2);
insert into resource_type_rule (id, identifier, kind, policy_id, resource_type_id, single_role_id) overriding system value values (3892, 'type-asked', 'TYPE', 71, 91, 3890);
insert into request (id, state, requester, justification, submitted_at, closed_at) overriding system value
	select 3900 + n + 10 * k, case k when 0 then 'IN_APPROVAL' else 'DECLINED' end, 'asker', 'zqp'||n||'justificationq', timestamptz '2026-01-01', case k when 1 then timestamptz '2026-01-02' end from generate_series(1, 4) n, generate_series(0, 1) k;
insert into request_item (id, request_id, position, action, role_id, role_kind, role, object_name, beneficiary_id, parameters, requested_start, requested_end, start_date, end_date, clamps, state, level, levels, risk_ids, problem, outcome, closed_reason,
		expire_at, submitted_at, approved_at, closed_at) overriding system value
	select 3920 + n + 10 * k, 3900 + n + 10 * k, 0, 'ADD', 3890, 'SINGLE', 'Asked', 'Asked', 1000 + n, jsonb_build_object('Department', 1010 + (n + 1) / 2), timestamptz '2026-01-01', timestamptz '2100-01-01', timestamptz '2026-01-01', timestamptz '2099-01-01',
		'[{"field": "end", "requested": "2100-01-01T00:00:00Z", "effective": "2099-01-01T00:00:00Z", "because": "contract_end"}]', case k when 0 then 'IN_APPROVAL' else 'DECLINED' end, 1, 1, '{3801}', 'zqp'||n||'problemq',
		case k when 1 then 'REFUSED_AT_REVIEW' end, case k when 1 then 'period_over' end, timestamptz '2100-01-01', timestamptz '2026-01-01', case k when 1 then timestamptz '2026-01-02' end, case k when 1 then timestamptz '2026-01-02' end
	from generate_series(1, 4) n, generate_series(0, 1) k;
insert into request_step (id, item_id, level, state, skip_reason, opened_at, due_at, closed_at) overriding system value
	select 3940 + n + 10 * k, 3920 + n + 10 * least(k, 1), case k when 2 then 2 else 1 end, (array['OPEN', 'OPEN', 'SKIPPED'])[k + 1], case k when 2 then 'implicit' end, timestamptz '2026-01-01', timestamptz '2026-01-06', case when k > 1 then timestamptz '2026-01-02' end
	from generate_series(1, 4) n, generate_series(0, 2) k;
insert into approver_rule (identifier, display_name, target_single_role_id, levels, actions, find)
	select 'Reviewers', 'Reviewers', id, '{1,2,3}', '{ADD,REMOVE,DENY,ALLOW}', '[{"finder": "reviewers"}]' from role where identifier = 'Asked';
update request_step set rule = 'zqp'||(id - 3940)||'ruleq' where id between 3941 and 3944;
insert into request_candidate (step_id, name, found_by, excluded_because, since, until)
	select 3940 + n, 'zqp'||n||'candidateq', 'zqp'||n||'foundq', 'left', timestamptz '2026-01-01', timestamptz '2026-01-02' from generate_series(1, 4) n;
update request_step set remind_at = timestamptz '2026-01-03', reminded_at = timestamptz '2026-01-02', reminders = 1, escalate_at = timestamptz '2026-01-06', escalation = 1 where id between 3941 and 3944;
insert into request_comment (item_id, step_id, kind, author, addressee, addressee_user_id, text, at) select 3920 + n, 3940 + n, 'QUESTION', 'asker', 'zqp'||n||'addresseeq', null, 'zqp'||n||'questionq', timestamptz '2026-01-02' from generate_series(1, 4) n;
update request_step set state = 'INFO_REQUESTED', asked_at = timestamptz '2026-01-02', answer_by = timestamptz '2100-01-01', still_until = timestamptz '2100-01-01' where id = 3944;
insert into request_decision (step_id, item_id, decision, decider, requester, beneficiary_id, comment, at)
	select 3950 + n, 3930 + n, 'APPROVE', 'decider', 'asker', 1000 + n, 'zqp'||n||'saidq', timestamptz '2026-01-02' from generate_series(1, 4) n;
update request_step set state = 'APPROVED', closed_at = timestamptz '2026-01-02' where id between 3951 and 3954;
insert into request_history (request_id, item_id, step_id, machine, at, actor, action, from_state, to_state, comment)
	select 3910 + n, 3930 + n, 3950 + n, 'request_step', timestamptz '2026-01-02', 'decider', 'approve', 'OPEN', 'APPROVED', 'zqp'||n||'saidq' from generate_series(1, 4) n;
insert into resource (id, entity_type_id, key, display_name, scalars, valid_from, origin) overriding system value values (1006, 11, 'chief', 'Chief', '{}', timestamptz '2020-01-01', 'MANUAL'), (1028, 13, 'chieflogin', 'chieflogin', '{"Login": "chieflogin"}', timestamptz '2020-01-01', 'SYNC');
update resource set refs = refs || '{"Manager": "chief"}' where id = 1003;
insert into resource_link (property_id, source_id, target_id, valid_from) values (53, 1003, 1006, timestamptz '2020-01-01');
insert into assigned_role (id, owner_id, role_id, workflow_state, workflow_state_changed_at, origin, start_date, end_date, parameters, valid_from, pending_action, pending_state) overriding system value values
	(3961, 1006, 86, 16, timestamptz '2026-01-01', 'MANUAL', timestamptz '2026-01-01', timestamptz '2100-01-01', '{"Department": 1011}', timestamptz '2026-01-01', null, null),
	(3962, 1006, 3891, 8, timestamptz '2026-01-01', 'MANUAL', null, null, '{}', timestamptz '2026-01-01', 'ADD', 8);
insert into request (id, state, requester, submitted_at) overriding system value values (3963, 'APPROVED', 'asker', timestamptz '2026-01-01');
insert into request_item (id, request_id, position, action, role_id, role_kind, role, object_name, beneficiary_id, state, level, levels, assigned_role_id, submitted_at, approved_at) overriding system value values
	(3964, 3963, 0, 'ADD', 86, 'SINGLE', 'Lead', 'Lead', 1006, 'APPROVED', 0, 0, 3961, timestamptz '2026-01-01', timestamptz '2026-01-01');
update role set description = 'leads' where id = 86;
insert into resource_type_rule (id, identifier, kind, policy_id, resource_type_id, single_role_id) overriding system value values (3965, 'held-lead', 'TYPE', 71, 97, 86);
insert into assigned_resource_type (id, owner_id, resource_type_id, resource_id, workflow_state, workflow_state_changed_at, is_expected, valid_from) overriding system value values
	(1591, 1006, 97, 1028, 118, timestamptz '2026-01-01', true, timestamptz '2026-01-01'), (1592, 1006, 92, null, 18, timestamptz '2026-01-01', true, timestamptz '2026-01-01');
update assigned_resource_type set is_frozen = true where id = 1591;
insert into assignment_history (assigned_resource_type_id, at, actor, action, from_state, to_state, comment) values (1591, timestamptz '2026-01-01', 'everything', 'keep', 1, 16, 'fine');
insert into request_item_order (item_id, order_id) select 3930 + n, 2000 + 10 * n + 5 from generate_series(1, 4) n;
insert into dirty_owner (owner_id, entity_type_id, failures, error) select 1000 + n, 11, 1, 'zqp'||n||'faultq' from generate_series(1, 4) n;
insert into key_fault (resource_id, side, rule_id, message, found_at) select 1025 - n, 'T', 96, 'zqa'||(5 - n)||'faultq', timestamptz '2026-01-01' from generate_series(1, 4) n;
insert into job (id, identifier, display_name, cron, next_run_at) overriding system value values (501, 'Complete', 'Complete', '0 3 * * *', timestamptz '2026-01-02');
insert into job (id, identifier, display_name, cron) overriding system value values (502, 'Other', 'Other', '0 3 30 2 *'), (503, 'Third', 'Third', null), (504, 'Fourth', 'Fourth', null), (505, 'Fifth', 'Fifth', null);
insert into job_step (job_id, identifier, display_name, task_type, position, depends_on, options) values
	(501, 'read', 'Read', 'Synchronize', 0, '{}', '{"connector": "App", "mode": "complete", "commandColumn": "Do", "forceSynchronization": true, "scope": "all"}'),
	(501, 'fulfil', 'Fulfil', 'Fulfill', 1, '{read}', '{"connector": "App", "resourceTypes": ["Account"], "forceProvisioning": true, "continueOnError": true}');
insert into job_instance (id, job_id, state, launched_by, created_at, started_at, ended_at) overriding system value values
	(511, 501, 'ERRORED', 'clock', timestamptz '2026-01-01', timestamptz '2026-01-01', timestamptz '2026-01-01'), (512, 501, 'BLOCKED', 'clock', timestamptz '2026-01-01', timestamptz '2026-01-01', null);
insert into job_instance (id, job_id, state, launched_by, created_at, started_at, ended_at) overriding system value values
	(513, 502, 'ERRORED', 'clock', timestamptz '2026-01-01', timestamptz '2026-01-01', timestamptz '2026-01-01'), (514, 504, 'BLOCKED', 'clock', timestamptz '2026-01-01', timestamptz '2026-01-01', null),
	(515, 505, 'BLOCKED', 'clock', timestamptz '2026-01-01', timestamptz '2026-01-01', null);
update job_instance set parent_id = 511 where id = 512;
insert into task_instance (id, job_instance_id, identifier, display_name, task_type, level, position, scope, state, counters, blocked, error, started_at, ended_at) overriding system value values
	(521, 511, 'read', 'Read', 'Synchronize', -1, 0, 'x', 'ERRORED', '{"read": 1}', null, 'broken', timestamptz '2026-01-01', timestamptz '2026-01-01'),
	(522, 512, 'read', 'Read', 'Synchronize', -1, 0, 'x', 'BLOCKED', '{}', '{"message": "m", "exceeded": [{"name": "HR", "counter": "inserted", "value": 3, "limit": 1}]}', null, timestamptz '2026-01-01', null);
insert into task_instance (id, job_instance_id, identifier, display_name, task_type, level, position, scope, state, ended_at) overriding system value
	select 10 + i.id, i.id, 'read', 'Read', 'Synchronize', -1, 0, 'x', i.state, i.ended_at from job_instance i where i.id > 512;
insert into job_step (job_id, identifier, display_name, task_type, position) select id, 'read', 'Read', 'Synchronize', 0 from job where id > 501;
insert into job_step (job_id, identifier, display_name, task_type, position, options) select id, 'compute', 'Compute', 'ComputeRoleModel', 1,
	'{"entityTypes": ["Person"], "dirty": true, "blockProvisioning": true, "blockAllResourceTypeProvisioning": true, "noProvisioningReview": true}' from job where id > 501;
insert into task_log (id, task_instance_id, at, level, message) overriding system value values (531, 521, timestamptz '2026-01-01', 'ERROR', 'zqp3logq'), (532, 522, timestamptz '2026-01-01', 'INFO', 'zqp4logq');
insert into delivery (id, guid, connector_id, mode, state, started_at, ended_at, task_instance_id, blocked, error) overriding system value values
	(601, gen_random_uuid(), 31, 'COMPLETE', 'BLOCKED', timestamptz '2026-01-01', null, null, '[{"entityType": "Directory_User", "name": "User", "counter": "inserted", "value": 3, "limit": 1}]', null), (602, gen_random_uuid(), 31, 'COMPLETE', 'FAILED', timestamptz '2026-01-01', timestamptz '2026-01-01', 521, null, 'broken'),
	(603, gen_random_uuid(), 32, 'COMPLETE', 'BLOCKED', timestamptz '2026-01-01', null, null, '[{"entityType": "Directory_User", "name": "User", "counter": "inserted", "value": 3, "limit": 1}]', null), (604, gen_random_uuid(), 32, 'COMPLETE', 'BLOCKED', timestamptz '2026-01-01', null, null, '[{"entityType": "Directory_User", "name": "User", "counter": "inserted", "value": 3, "limit": 1}]', null);
insert into delivery_change (delivery_id, entity_type_id, key, command, scalars, refs, old_scalars, old_refs)
	select 601, 11, 'zqp'||n||'keyq', 'UPDATE', jsonb_build_object('Phone', 'zqp'||n||'newq'), '{}'::jsonb, jsonb_build_object('Phone', 'zqp'||n||'phoneq'), '{}'::jsonb from generate_series(1, 4) n
	union all select 601, 13, 'zqa'||n||'keyq', 'UPDATE', jsonb_build_object('Login', 'zqa'||n||'newq'), '{}', jsonb_build_object('Login', 'zqa'||n||'loginq'), '{}' from generate_series(1, 4) n;
insert into row_to_mend (id, connector_id, entity_type_id, delivery_id, is_listed, kind, place, line, key, column_name, value, why, since) overriding system value
	select 700 + n, 31, 11, 602, true, 'UNREADABLE', 'users.csv', n, 'zqp'||n||'keyq', 'Phone', 'zqp'||n||'badq', 'zqp'||n||'whyq', timestamptz '2026-01-01' from generate_series(1, 4) n
	union all select 710 + n, 31, 13, 602, true, 'UNREADABLE', 'entries', n, 'zqa'||n||'keyq', 'login', 'zqa'||n||'badq', 'zqa'||n||'whyq', timestamptz '2026-01-01' from generate_series(1, 4) n;
insert into mail (id, template, recipient, dedupe_key, subject, text_body, html_body, state, attempts, error, created_at, sent_at) overriding system value values
	(801, 'ProvisioningErrors', 'zqp3mailq', 'a', 'zqp3subjectq', 'zqp3bodyq', '', 'SENT', 1, 'first try', timestamptz '2026-01-01', timestamptz '2026-01-01'), (802, 'ProvisioningErrors', 'zqp4mailq', 'b', 'zqp4subjectq', 'x', '', 'QUEUED', 0, null, timestamptz '2026-01-01', null);
insert into webhook (id, url, description, secret, is_disabled, disabled_reason, owner, created_at, position) overriding system value values
	(903, 'https://example.org/hook', 'hook', '{}', false, null, 'everything', timestamptz '2026-01-01', 0), (901, 'https://example.org/hook', 'hook', '{}', true, 'failed', 'everything', timestamptz '2026-01-01', 0), (902, 'https://example.org/hook', 'hook', '{}', false, null, 'finance', timestamptz '2026-01-01', 0);
insert into webhook_delivery (id, webhook_id, message_id, event_id, state, body, since, next_at, created_at, ended_at) overriding system value
	select 910 + n, case when n < 3 then 902 else 901 end, 'evt_'||n, n, case n when 3 then 'DELIVERED' else 'FAILED' end, json_build_object('type', 'order.changed', 'data', json_build_object('order', json_build_object('id', (2000 + 10 * n + 1)::text, 'owner', 'zqp'||n||'bodyq'))),
		timestamptz '2026-01-01', timestamptz '2100-01-01', timestamptz '2026-01-01', case n when 3 then timestamptz '2026-01-01' end from generate_series(1, 4) n;
insert into webhook_attempt (delivery_id, at, status, error, response) select 910 + n, timestamptz '2026-01-01', 500, 'refused', 'zqp'||n||'responseq' from generate_series(1, 4) n;
insert into generation (at, resource_type_ids, blocked) values (now(), '{97}', '[{"resourceType": "x", "name": "X", "action": "insert", "count": 3, "limit": 1}]');
update provisioning_order set states = '{2,3}' where state = 3;
insert into fence (since, reason) values (timestamptz '2026-01-01', 'restored');
do $$ declare c record; -- what is made later, also what is only tried, has other ids
begin
	for c in select table_name, column_name from information_schema.columns where table_schema = 'public' and is_identity = 'YES' and table_name <> 'event' loop
		perform setval(pg_get_serial_sequence(quote_ident(c.table_name), c.column_name), 1000000);
	end loop;
end $$;
`

// delegationsSQL lets some people act for others, when there are accounts.
const delegationsSQL = `
insert into local_user (id, username, display_name, password_hash) overriding system value values (9001, 'far1', 'Far One', ''), (9002, 'far2', 'Far Two', '');
insert into delegation (id, delegator_id, delegator, deputy_id, deputy, kinds, scope, start_date, end_date, reason, state, created_by, created_at, closed_at, closed_by) overriding system value
	select x.id, a.id, x.delegator, b.id, x.deputy, '{APPROVALS}', x.scope::jsonb, timestamptz '2026-01-01', x.until, x.reason, x.state, x.delegator, timestamptz '2026-01-01', x.closed, case when x.closed is not null then 'clock' end
	from (values (4101, 'finance', 'deputy', '{}', timestamptz '2100-01-01', 'away', 'ACTIVE', null), (4102, 'far1', 'far2', '{"entityTypes": ["Directory_User"], "roles": ["Asked"], "categories": ["Sub"], "policies": ["Default"]}', null, 'zqp4reasonq', 'ACTIVE', null),
		(4103, 'far1', 'everything', '{}', null, 'x', 'ACTIVE', null), (4104, 'everything', 'far2', '{}', null, 'x', 'ENDED', timestamptz '2026-01-02')) x (id, delegator, deputy, scope, until, reason, state, closed)
	join local_user a on a.username = x.delegator join local_user b on b.username = x.deputy;
insert into departure (id, person_id, state, at, actor, asked_by, reason, accounts, first_event, returned_at, returned_by, return_reason) overriding system value values
	(4201, 1003, 'RETURNED', timestamptz '2026-01-01', 'far1', 'far2', 'zqp3reasonq', 1, 0, timestamptz '2026-01-02', 'far1', 'x'), (4202, 1005, 'RETURNED', timestamptz '2026-01-01', 'far1', null, 'zqp5reasonq', 0, 0, timestamptz '2026-01-02', 'far1', 'x'),
	(4203, 1004, 'WAITING', now(), 'everything', null, 'zqp4reasonq', 1, 0, null, null, null);
insert into departure_item (departure_id, kind, subject_id, label) values (4201, 'DELEGATION', 4104, 'zqp3nameq'), (4202, 'SESSION', null, 'zqp5nameq');
insert into delegation_history (delegation_id, at, actor, action, from_state, to_state, end_date, comment) values (4101, timestamptz '2026-01-01', 'finance', 'begin', 'PLANNED', 'ACTIVE', timestamptz '2100-01-01', 'said');
insert into delegation_act (delegation_id, at, deputy, kind, action, subject_type, subject_id, number, about) values (4101, timestamptz '2026-01-02', 'deputy', 'APPROVALS', 'approve', 'request_item', 3931, 'RQ-3911', 'Asked');
alter table request_decision disable trigger user;
update request_decision set delegation_id = 4101, for_account = 'finance', for_user_id = (select id from local_user where username = 'finance') where step_id in (3951, 3952);
update request_decision set changed_dates = '{"endBefore": "2100-01-01T00:00:00Z", "startBefore": "2026-01-01T00:00:00Z", "start": "2026-02-01T00:00:00Z", "end": "2099-01-01T00:00:00Z"}' where step_id between 3951 and 3954;
alter table request_decision enable trigger user;
alter table request_handed disable trigger user;
insert into request_handed (step_id, user_id, source, since, by_user_id, reason, chain) select 3950 + n, 9002, 'DELEGATED', timestamptz '2026-01-02', 9001, 'zqp'||n||'handedq', 1 from generate_series(1, 4) n;
alter table request_handed enable trigger user;
update request_history set for_account = 'finance' where step_id in (3951, 3952);
`

// settle fills the database and signs everybody in.
func settle(t *testing.T) *world {
	t.Helper()
	b := setup(t, auth.Config{})
	w := &world{bundle: b}
	_, err := b.db.ExecContext(b.ctx, worldSQL)
	require.NoError(t, err)
	b.resolver.Assignments.Visible = func(ctx context.Context, id int64) error { // as server/app wires it
		_, err := b.resolver.Directory.Get(ctx, id, nil)
		return err
	}
	b.resolver.Manifest.Keyring, b.resolver.Manifest.Problems = manifestRing{b.ring}, assignment.Check
	sealed, err := b.ring.Seal(system.SealedOf("AD_Main"), map[string]string{"password": "x"})
	require.NoError(t, err)
	_, err = b.db.ExecContext(b.ctx, "update connection set secrets = ? where id = 41", sealed)
	require.NoError(t, err)
	b.resolver.Plans = plan.New(plan.Rooms{DB: b.db, Clock: b.clock, Log: slog.New(slog.DiscardHandler), Shapes: b.resolver.Directory.Shapes, Directory: b.resolver.Directory, Manifest: b.resolver.Manifest, Assignments: b.resolver.Assignments,
		Orders: b.resolver.Orders}, dbtest.Idle(plan.Hooks{}))
	planned, err := b.ring.Seal(plan.SealedOf("3704"), map[string]string{"yaml": ""})
	require.NoError(t, err)
	_, err = b.db.ExecContext(b.ctx, "update plan set configuration = ? where id = 3704", planned)
	require.NoError(t, err)
	b.resolver.Fence = fence.New(b.db, b.clock, dbtest.Idle(fence.Hooks{Rooms: func() []fence.Work { return []fence.Work{order.Fenced(), webhook.Fenced(), notification.Fenced()} }}))
	var events []event.Event
	for n := int64(1); n <= 4; n++ {
		text := map[string]any{"from": 1, "to": 5, "text": fmt.Sprintf("zqp%deventq", n)}
		for k := int64(1); k <= 3; k++ {
			events = append(events, event.Event{Kind: "order.changed", SubjectType: "order", SubjectID: 2000 + 10*n + k, SourceEntityType: "Directory_User", OwnerID: 1000 + n, Data: text})
		}
		events = append(events, event.Event{Kind: "resource.changed", SubjectType: "resource", SubjectID: 1000 + n, Data: text})
	}
	events = append(events, event.Event{Kind: "job.changed", SubjectType: "job_instance", SubjectID: 511}, event.Event{Kind: "gap.changed", SubjectType: "assigned_resource_type", SubjectID: 1531, SourceEntityType: "Directory_User", OwnerID: 1003, Data: map[string]any{"text": "zqp3eventq"}}, event.Event{Kind: "mail.sent", SubjectType: "mail", SubjectID: 801, Data: map[string]any{"text": "zqp3eventq"}})
	require.NoError(t, event.Publish(permit.With(b.ctx, permit.System("policy")), b.db, b.clock.Now(), events...))
	require.Eventually(t, func() bool { waiting, err := event.Pending(b.ctx, b.db); return err == nil && !waiting }, waitFor, tick)

	w.add("everything", "*", "", "", nil, every...).sees = nil
	_, err = b.db.ExecContext(b.ctx, "update local_user set resource_id = 1006 where username = 'everything'") // somebody who has something, and to whom somebody reports
	require.NoError(t, err)
	w.add("finance", "Directory_User", "Department", "zqd1keyq", nil, every...).sees = regexp.MustCompile(`^zq(p[12][a-z]*|a[12](key|name|fault)|d1key|c1host)q$`)
	w.add("manager", "Directory_User", "Manager", "", ptr("zqp1keyq"), every...).sees = regexp.MustCompile(`^zq(p2[a-z]*|p1(key|name|justification|problem|said|question|addressee|rule|handed)|a1name|a2(key|name|fault)|d1key|c1host)q$`) // a1 is his own account
	w.add("own", "Directory_User", "Id", "", ptr("zqp2keyq"), every...).sees = regexp.MustCompile(`^zq(p2[a-z]*|a2(key|name|fault)|d1key|c1host)q$`)
	w.add("departments", "Directory_Department", "", "", nil, "/ProvisioningPolicy", "/Custom", "/Connectors/Connector/Query", "/Monitoring").sees = regexp.MustCompile(`^zq(d[12][a-z]*|c1host)q$`)
	// access rules and settings of systems are nobody's rows: d1key stands in a rule, c1host in a setting
	// everybody may be read, orders and what they come from of finance only
	w.add("mixed", "*", "", "", nil, "/Custom/Resources").sees = regexp.MustCompile(`^zq(p[12][a-z]*|p[34](key|name|phone|old|oldphone)|[ds]\d[a-z]*|a[12][a-z]*|a[345](key|name|login)|c1host)q$`)
	w.rule("mixed", "mixed-finance", "Directory_User", "Department", "zqd1keyq", append(every, "/Custom/ResourceChanges/AD")...)
	w.rule("mixed", "mixed-dimension", "Directory_User", "Department", "dimension", "/Custom/Reports")
	w.add("deputy", "*", "", "", nil).sees = regexp.MustCompile(`^zqp[12](key|name|justification|problem|said|question|addressee|rule|handed)q$`) // what finance sees of requests, no more
	_, err = b.db.ExecContext(b.ctx, delegationsSQL)
	require.NoError(t, err)
	none := regexp.MustCompile(`^$`)
	w.roles = append(w.roles, &role{name: "nobody", client: b.as("nobody"), sees: none}, &role{name: "anonymous", client: b.anonymous(), sees: none})
	for _, path := range rights(t).paths() {
		w.add(path, "*", "", "", nil, path)
	}
	_, err = b.db.ExecContext(b.ctx, "update webhook w set owner_id = u.id from local_user u where u.username = w.owner; update bulk_change n set user_id = u.id from local_user u where u.username = n.actor;"+keysSQL)
	require.NoError(t, err)

	return w
}

// keysSQL gives somebody a token, and a client a secret that was revoked.
const keysSQL = `
insert into local_user (id, username, display_name, password_hash, is_client, scopes, client_until) overriding system value values (3901, 'zqk3clientq', 'zqk3nameq', '', true, '{/Jobs}', timestamptz '2100-01-01');
insert into api_key (id, uid, user_id, name, secret_hash, scopes, created_at, created_by, expires_at, last_used_at, revoked_at, revoked_by) overriding system value
	select 3911, '00000000-0000-0000-0000-000000003911'::uuid, id, 'zqk1keyq', ''::bytea, '{/Jobs}'::text[], timestamptz '2026-01-01', 'zqk1makerq', timestamptz '2100-01-01', null::timestamptz, null::timestamptz, null from local_user where username = 'everything'
	union all select 3912, '00000000-0000-0000-0000-000000003912', 3901, 'zqk2keyq', '', null, timestamptz '2026-01-01', 'everything', timestamptz '2100-01-01', timestamptz '2026-01-02', timestamptz '2026-01-03', 'zqk2revokerq'
	union all select 3913, '00000000-0000-0000-0000-000000003913', 3901, 'zqk4keyq', '', null, timestamptz '2026-01-01', 'everything', timestamptz '2100-01-01', null, null, null`

func ptr[T any](v T) *T { return &v }

// add signs in somebody whose only rule is about a data set, narrowed by a filter: a key, or (no value) himself.
func (w *world) add(name, about, binding, value string, self *string, paths ...string) *role {
	w.t.Helper()
	user := strings.ToLower(strings.Trim(strings.NewReplacer("/", "-").Replace(name), "-"))
	require.NoError(w.t, access.SaveProfiles(w.ctx, w.db, []access.ProfileSpec{{Identifier: user}}))
	w.rule(user, user, about, binding, value, paths...)
	begin, end := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	spec := access.UserSpec{Username: user, PasswordHash: hashed, Profiles: []access.UserProfileSpec{{Profile: user, StartDate: &begin, EndDate: &end, Email: "x@example.org"}}}
	if name == "everything" {
		spec.Profiles[0].Context = map[string]string{"Department": "NOWHERE"} // of which its rule asks nothing
	}
	if self != nil {
		spec.EntityType, spec.Key = "Directory_User", *self
	}
	require.NoError(w.t, access.SaveUsers(w.ctx, w.db, []access.UserSpec{spec}))
	r := &role{name: name, client: w.as(user), paths: paths}
	if name == "mixed" {
		r.paths = every
	}
	w.roles = append(w.roles, r)
	return r
}

// rule adds a rule to a profile.
func (w *world) rule(profile, name, about, binding, value string, paths ...string) {
	w.t.Helper()
	rule := access.RuleSpec{Identifier: name, Profile: profile, EntityType: about}
	for _, p := range paths {
		rule.Entries = append(rule.Entries, access.EntrySpec{Permission: p, CanExecute: true})
	}
	if binding != "" {
		rule.Filters = []access.FilterSpec{{Binding: binding, Value: value, CurrentUser: value == ""}}
		if value == "dimension" {
			rule.Filters = []access.FilterSpec{{Binding: binding, Dimension: "Department"}}
		}
	}
	_, err := access.SaveRules(w.ctx, w.db, []access.RuleSpec{rule})
	require.NoError(w.t, err)
}

// manifestRing is the keyring as the room of configuration wants it.
type manifestRing struct{ *fulfil.Keyring }

func (r manifestRing) Open(name string, sealed []byte) (map[string]string, error) {
	return r.Unseal(name, sealed)
}
