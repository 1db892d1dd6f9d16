-- A role that a change of the rules takes away stays for its grace period (role-model 12.9): what it stands on is kept with it, so that the next
-- computation can tell whether the rules took it, or the data. Whoever reviews roles decides about many at once too.

alter table assigned_role add column ground jsonb;
comment on column assigned_role.ground is 'What a role stands on that rules give, while it has a grace period, and what a prolonged role (27) stood on; null: nothing is kept.';
create index assigned_role_prolonged on assigned_role (id) where valid_to = 'infinity' and workflow_state = 27;

alter table bulk_change drop constraint bulk_change_kind_check, drop constraint bulk_change_decision_check;
alter table bulk_change
    add constraint bulk_change_kind_check check (kind in ('RECONCILE_RESOURCES', 'RECONCILE_ROLES', 'REVIEW_ROLES', 'UNBLOCK_ORDERS', 'MANUAL_PROVISIONING')),
    add constraint bulk_change_decision_check check (decision in ('USE_PROPOSED', 'KEEP_CURRENT', 'POSTPONE', 'TAKE_UP_AGAIN', 'AUTHORIZE', 'AUTHORIZE_WITHOUT_OWNER', 'DELETE_ACCOUNT',
        'KEEP_ROLE', 'REMOVE_ROLE', 'APPROVE', 'DECLINE', 'UNBLOCK', 'CONFIRM', 'REPORT_ERROR'));

alter table webhook drop constraint webhook_events_known;
alter table webhook add constraint webhook_events_known check (events <@ '{ORDER_CHANGED,GAP_CHANGED,GAP_DECIDED,FOUND_ROLE_CHANGED,FOUND_ROLE_DECIDED,PROLONGED_ROLE_CHANGED,PROLONGED_ROLE_DECIDED}'::text[] and events <> '{}');
