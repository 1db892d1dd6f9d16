-- Bulk changes about people and about orders to review (role-model 10): a value for many, a role for many, and decisions about orders. What is set or asked for is
-- kept with the bulk change, so that another process goes on with the same.

alter table bulk_change drop constraint bulk_change_kind_check, drop constraint bulk_change_decision_check;
alter table bulk_change
    add column about   text  not null default '',
    add column payload jsonb not null default '{}',
    add constraint bulk_change_kind_check check (kind in ('RECONCILE_RESOURCES', 'RECONCILE_ROLES', 'REVIEW_ROLES', 'REDUNDANT_ASSIGNMENTS', 'REVIEW_ORDERS', 'UNBLOCK_ORDERS',
        'MANUAL_PROVISIONING', 'ASSIGN_ENTITLEMENTS', 'REMOVE_ENTITLEMENTS', 'UPDATE_PROPERTY')),
    add constraint bulk_change_decision_check check (decision in ('USE_PROPOSED', 'KEEP_CURRENT', 'POSTPONE', 'TAKE_UP_AGAIN', 'AUTHORIZE', 'AUTHORIZE_WITHOUT_OWNER', 'DELETE_ACCOUNT',
        'KEEP_ROLE', 'REMOVE_ROLE', 'APPROVE', 'DECLINE', 'LEAVE_TO_RULES', 'UNBLOCK', 'CONFIRM', 'REPORT_ERROR', 'REQUEST', 'SET_VALUE'));
comment on column bulk_change.about is 'Name of the property that is set, or of the role that is asked for; empty: the kind has none.';
comment on column bulk_change.payload is 'What is set or asked for, of the kinds that are about people.';
