-- Columns that hold words of a closed list take no others: a word that no program reads would be shown to nobody, and found by no filter.

alter table assigned_role_version add constraint assigned_role_version_origin_check check (origin in (
    'RULE', 'INFERRED', 'MANUAL', 'FOUND', 'GRACE'));
alter table order_attempt add constraint order_attempt_outcome_check check (outcome in (
    'DONE', 'ALREADY_SO', 'OPENED', 'NOT_FOUND', 'CONFLICT', 'REFUSED', 'UNREACHABLE', 'THROTTLED', 'UNKNOWN', 'CONFIRMED', 'OPERATOR', 'EXPIRED',
    'NOT_SENT', 'WITHDRAWN', 'VERIFIED_WITHOUT_FEEDBACK'));
alter table outage add constraint outage_outcome_check check (outcome in (
    'DONE', 'ALREADY_SO', 'OPENED', 'NOT_FOUND', 'CONFLICT', 'REFUSED', 'UNREACHABLE', 'THROTTLED', 'UNKNOWN', 'CONFIRMED', 'OPERATOR', 'EXPIRED',
    'NOT_SENT', 'WITHDRAWN', 'VERIFIED_WITHOUT_FEEDBACK'));
alter table provisioning_order add constraint provisioning_order_answer_outcome_check check (answer_outcome in (
    'DONE', 'ALREADY_SO', 'OPENED', 'NOT_FOUND', 'CONFLICT', 'REFUSED', 'UNREACHABLE', 'THROTTLED', 'UNKNOWN', 'CONFIRMED', 'OPERATOR', 'EXPIRED',
    'NOT_SENT', 'WITHDRAWN', 'VERIFIED_WITHOUT_FEEDBACK'));
alter table order_line add constraint order_line_error_class_check check (error_class in (
    'REFUSED', 'CONFLICT', 'NOT_FOUND', 'UNREACHABLE', 'THROTTLED', 'UNKNOWN', 'OPERATOR', 'TIMEOUT', 'EVALUATION'));
alter table provisioning_order add constraint provisioning_order_error_class_check check (error_class in (
    'REFUSED', 'CONFLICT', 'NOT_FOUND', 'UNREACHABLE', 'THROTTLED', 'UNKNOWN', 'OPERATOR', 'TIMEOUT', 'EVALUATION'));
alter table order_line add constraint order_line_wait_reason_check check (wait_reason in (
    'none', 'not_due', 'dependency', 'target_key', 'heir', 'outage', 'owner_property', 'connector_inactive', 'no_connection', 'creation_not_allowed',
    'missing_in_target', 'ambiguous_owner', 'item_error', 'threshold', 'reading', 'agent_offline', 'key'));
alter table provisioning_order add constraint provisioning_order_wait_reason_check check (wait_reason in (
    'none', 'not_due', 'dependency', 'target_key', 'heir', 'outage', 'owner_property', 'connector_inactive', 'no_connection', 'creation_not_allowed',
    'missing_in_target', 'ambiguous_owner', 'item_error', 'threshold', 'reading', 'agent_offline', 'key'));
