insert into assigned_role (owner_id, role_id, workflow_state, workflow_state_changed_at, origin, is_denied, start_date, end_date, inferred_by_id, rule_ids, valid_from, valid_to)
select a.owner_id, a.role_id, v.workflow_state, v.valid_from, v.origin, v.is_denied, v.start_date, v.end_date, v.inferred_by_id, v.rule_ids, v.valid_from, v.valid_to
from assigned_role_version v join assigned_role a on a.id = v.assigned_role_id;
insert into assigned_resource_type (owner_id, resource_type_id, resource_id, workflow_state, workflow_state_changed_at, is_expected, is_denied, is_frozen, start_date, end_date,
    confidence, expected, error, valid_from, valid_to)
select a.owner_id, a.resource_type_id, v.resource_id, v.workflow_state, v.valid_from, v.is_expected, v.is_denied, v.is_frozen, v.start_date, v.end_date, v.confidence, v.expected,
    v.error, v.valid_from, v.valid_to
from assigned_resource_type_version v join assigned_resource_type a on a.id = v.assigned_resource_type_id;
drop table assigned_role_version, assigned_resource_type_version;
drop index resource_version_by_end;
comment on column assigned_role.valid_from is null;
comment on column assigned_resource_type.valid_from is null;
