delete from bulk_change where kind = 'REDUNDANT_ASSIGNMENTS';
alter table bulk_change drop constraint bulk_change_kind_check, drop constraint bulk_change_decision_check;
alter table bulk_change
    add constraint bulk_change_kind_check check (kind in ('RECONCILE_RESOURCES', 'RECONCILE_ROLES', 'REVIEW_ROLES', 'UNBLOCK_ORDERS', 'MANUAL_PROVISIONING')),
    add constraint bulk_change_decision_check check (decision in ('USE_PROPOSED', 'KEEP_CURRENT', 'POSTPONE', 'TAKE_UP_AGAIN', 'AUTHORIZE', 'AUTHORIZE_WITHOUT_OWNER', 'DELETE_ACCOUNT',
        'KEEP_ROLE', 'REMOVE_ROLE', 'APPROVE', 'DECLINE', 'UNBLOCK', 'CONFIRM', 'REPORT_ERROR'));
drop index assigned_resource_type_approved;
drop index assigned_role_approved;
drop table redundant_assignment;
drop table redundancy_run;
