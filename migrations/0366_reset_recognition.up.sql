-- Bulk changes let rules recognize accounts again: whose they are, and what (role-model 5.5).

alter table bulk_change drop constraint bulk_change_kind_check, drop constraint bulk_change_decision_check;
alter table bulk_change
    add constraint bulk_change_kind_check check (kind in ('RECONCILE_RESOURCES', 'RECONCILE_ROLES', 'REVIEW_ROLES', 'REDUNDANT_ASSIGNMENTS', 'REVIEW_ORDERS', 'UNBLOCK_ORDERS',
        'MANUAL_PROVISIONING', 'ASSIGN_ENTITLEMENTS', 'REMOVE_ENTITLEMENTS', 'UPDATE_PROPERTY', 'RESET_RECOGNITION')),
    add constraint bulk_change_decision_check check (decision in ('USE_PROPOSED', 'KEEP_CURRENT', 'POSTPONE', 'TAKE_UP_AGAIN', 'AUTHORIZE', 'AUTHORIZE_WITHOUT_OWNER', 'DELETE_ACCOUNT',
        'KEEP_ROLE', 'REMOVE_ROLE', 'APPROVE', 'DECLINE', 'LEAVE_TO_RULES', 'UNBLOCK', 'CONFIRM', 'REPORT_ERROR', 'REQUEST', 'SET_VALUE', 'RESET'));
