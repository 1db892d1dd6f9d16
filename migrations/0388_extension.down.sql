create or replace function request_decision_narrows() returns trigger language plpgsql as $$
declare
    i request_item;
    c jsonb := new.changed_dates;
begin
    if tg_op = 'UPDATE' then
        if new.changed_dates is distinct from old.changed_dates then
            raise exception 'what was narrowed at step % stays', old.step_id using errcode = '23514', constraint = 'request_decision_stays';
        end if;
        return new;
    end if;
    select * into i from request_item where id = new.item_id;
    if i.action <> 'ADD'
        or (c ->> 'endBefore')::timestamptz is distinct from i.end_date
        or coalesce((c ->> 'end')::timestamptz, 'infinity') > coalesce(i.end_date, 'infinity')
        or coalesce((c ->> 'start')::timestamptz, '-infinity') < coalesce(i.start_date, '-infinity') and coalesce(i.start_date, '-infinity') > new.at
        or coalesce((c ->> 'end')::timestamptz, 'infinity') <= greatest(coalesce((c ->> 'start')::timestamptz, new.at), new.at) then
        raise exception 'step % only narrows what is asked for', new.step_id using errcode = '23514', constraint = 'request_decision_only_narrows';
    end if;
    return new;
end $$;
drop trigger request_item_never_widens on request_item;
create trigger request_item_never_widens before update on request_item for each row
    when (old.action = 'ADD' and old.state in ('SUBMITTED', 'IN_APPROVAL') and (coalesce(new.end_date, 'infinity') > coalesce(old.end_date, 'infinity') or new.start_date < old.start_date))
    execute function request_item_never_widens();
alter table approver_rule drop constraint approver_rule_actions_check;
update approver_rule set actions = array_remove(actions, 'EXTEND') where 'EXTEND' = any (actions);
update approver_rule set actions = '{ADD}' where actions = '{}';
alter table approver_rule add constraint approver_rule_actions_check check (cardinality(actions) > 0 and actions <@ array['ADD', 'REMOVE', 'DENY', 'ALLOW']);
update assigned_role set pending_action = null, pending_state = null where pending_action = 'EXTEND';
alter table assigned_role drop constraint assigned_role_pending,
    add constraint assigned_role_pending check ((pending_action is null) = (pending_state is null) and pending_action in ('ADD', 'REMOVE', 'DENY', 'ALLOW') and pending_state in (2, 4, 8, 9, 10, 11, 12, 13, 25));
delete from request_item where action = 'EXTEND';
alter table request_item drop constraint request_item_action_check,
    add constraint request_item_action_check check (action in ('ADD', 'REMOVE', 'DENY', 'ALLOW'));
