-- A line may wait because nothing but a found role wants it, about which nobody decided yet.

alter table order_line drop constraint order_line_wait_reason_check;
alter table order_line add constraint order_line_wait_reason_check check (wait_reason in (
    'none', 'not_due', 'dependency', 'target_key', 'heir', 'outage', 'owner_property', 'connector_inactive', 'no_connection', 'creation_not_allowed',
    'missing_in_target', 'ambiguous_owner', 'item_error', 'threshold', 'reading', 'agent_offline', 'key', 'found_role'));
alter table provisioning_order drop constraint provisioning_order_wait_reason_check;
alter table provisioning_order add constraint provisioning_order_wait_reason_check check (wait_reason in (
    'none', 'not_due', 'dependency', 'target_key', 'heir', 'outage', 'owner_property', 'connector_inactive', 'no_connection', 'creation_not_allowed',
    'missing_in_target', 'ambiguous_owner', 'item_error', 'threshold', 'reading', 'agent_offline', 'key', 'found_role'));
