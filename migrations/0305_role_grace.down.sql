alter table webhook drop constraint webhook_events_known;
update webhook set events = array_remove(array_remove(events, 'PROLONGED_ROLE_CHANGED'), 'PROLONGED_ROLE_DECIDED');
update webhook set events = '{ORDER_CHANGED}', is_disabled = true where events = '{}';
alter table webhook add constraint webhook_events_known check (events <@ '{ORDER_CHANGED,GAP_CHANGED,GAP_DECIDED,FOUND_ROLE_CHANGED,FOUND_ROLE_DECIDED}'::text[] and events <> '{}');
delete from bulk_change where kind = 'REVIEW_ROLES';
alter table bulk_change drop constraint bulk_change_kind_check, drop constraint bulk_change_decision_check;
alter table bulk_change
    add constraint bulk_change_kind_check check (kind in ('RECONCILE_RESOURCES', 'RECONCILE_ROLES', 'UNBLOCK_ORDERS', 'MANUAL_PROVISIONING')),
    add constraint bulk_change_decision_check check (decision in ('USE_PROPOSED', 'KEEP_CURRENT', 'POSTPONE', 'TAKE_UP_AGAIN', 'AUTHORIZE', 'AUTHORIZE_WITHOUT_OWNER', 'DELETE_ACCOUNT',
        'KEEP_ROLE', 'REMOVE_ROLE', 'UNBLOCK', 'CONFIRM', 'REPORT_ERROR'));
drop index assigned_role_prolonged;
alter table assigned_role drop column ground;
