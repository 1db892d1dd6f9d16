drop table request_comment;
update request_step set state = 'OPEN', asked_at = null, answer_by = null, still_until = null where state = 'INFO_REQUESTED';
delete from legal_move where machine = 'request_step' and 'INFO_REQUESTED' in (from_state, to_state);
create or replace function request_decision_not_own() returns trigger language plpgsql as $$
declare
    q request;
    i request_item;
    s request_step;
    why text;
begin
    select * into s from request_step where id = new.step_id;
    select * into i from request_item where id = s.item_id;
    select * into q from request where id = i.request_id;
    if s.item_id is distinct from new.item_id or i.beneficiary_id is distinct from new.beneficiary_id or q.requester is distinct from new.requester then
        raise exception 'the decision of step % does not say what it is about', new.step_id using errcode = '23514', constraint = 'request_decision_of_its_step';
    end if;
    if s.state <> 'OPEN' then
        raise exception 'step % does not wait for a decision', new.step_id using errcode = '23514', constraint = 'request_decision_of_open_step';
    end if;
    why := request_exclusion(new.decider, q.requester, q.requester_user_id, q.requester_id, i.beneficiary_id, i.id);
    if why is not null then
        raise exception 'step % is not for %: %', new.step_id, new.decider, why using errcode = '23514',
            constraint = case why when 'decided_before' then 'request_decision_once' else 'request_decision_not_own' end;
    end if;
    return new;
end $$;
create or replace function request_rights_changed() returns trigger language plpgsql as $$
begin
    if exists (select from request_step where state in ('OPEN', 'STUCK')) then
        insert into request_rights_changed default values on conflict do nothing;
    end if;
    return null;
end $$;
drop index request_step_answer;
drop index request_step_open;
create index request_step_open on request_step (item_id) where state in ('OPEN', 'STUCK');
drop index request_step_look;
create index request_step_look on request_step (looked_at nulls first) where state in ('OPEN', 'STUCK');
alter table request_step drop constraint request_step_stood, drop constraint request_step_asked, drop constraint request_step_closed, drop constraint request_step_state_check,
    drop column asked_at, drop column answer_by, drop column still_until, drop column stood;
alter table request_step
    add constraint request_step_state_check check (state in ('WAITING', 'OPEN', 'STUCK', 'APPROVED', 'DECLINED', 'SKIPPED', 'EXPIRED', 'CLOSED')),
    add constraint request_step_closed check ((closed_at is null) = (state in ('WAITING', 'OPEN', 'STUCK')));
