update kept_value set closed_at = coalesce(closed_at, now()), workflow_state = 17 where workflow_state = 18;
update gap set closed_at = coalesce(closed_at, now()), workflow_state = 1 where workflow_state = 24;
alter table kept_value drop constraint kept_value_workflow_state_check;
alter table kept_value add constraint kept_value_workflow_state_check check (workflow_state in (16, 17, 24));
comment on table kept_value is 'A value a person decided to keep (16, 24) or declined (17) against what was computed then.';
drop index gap_open_by_type;
drop index gap_open;
drop trigger gap_has_type on gap;
drop function gap_has_type();
alter table gap drop constraint gap_decided_is_closed;
alter table gap drop constraint gap_workflow_state_check;
alter table gap add constraint gap_workflow_state_check check (workflow_state in (1, 3));
alter table gap drop column shape, drop column comment, drop column decided_at, drop column decided_by, drop column decision, drop column postponed_by,
    drop column postponed_at, drop column version, drop column resource_type_id;
drop function value_shape(text);
