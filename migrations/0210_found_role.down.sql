drop trigger assigned_role_not_own on assigned_role;
drop function assigned_role_not_own();
delete from reconciliation_run where subject = 'ROLE';
alter table reconciliation_run
    drop column subject,
    drop constraint reconciliation_run_decision_known,
    add constraint reconciliation_run_decision_check check (decision in ('USE_PROPOSED', 'KEEP_CURRENT', 'POSTPONE', 'TAKE_UP_AGAIN', 'AUTHORIZE',
        'AUTHORIZE_WITHOUT_OWNER', 'DELETE_ACCOUNT'));
update gap set decision = case decision when 'KEEP_ROLE' then 'KEEP_CURRENT' else 'USE_PROPOSED' end where decision in ('KEEP_ROLE', 'REMOVE_ROLE');
alter table gap drop constraint gap_decision_known;
alter table gap add constraint gap_decision_known check (decision in ('USE_PROPOSED', 'KEEP_CURRENT', 'POSTPONE', 'TAKE_UP_AGAIN', 'AUTHORIZE', 'AUTHORIZE_WITHOUT_OWNER',
    'DELETE_ACCOUNT'));
alter table gap drop column found_roles;
drop index assigned_role_found;
drop index assigned_role_found_by_role;
alter table assigned_role
    drop constraint assigned_role_reviewed_by_somebody,
    drop constraint assigned_role_postponed_by_somebody,
    drop column version,
    drop column found_by,
    drop column lacking,
    drop column reviewed_by,
    drop column reviewed_at,
    drop column postponed_at,
    drop column postponed_by;
