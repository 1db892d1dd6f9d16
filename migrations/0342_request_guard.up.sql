-- Who may not decide on a request, as one rule for pages, machine and database (requests 1, 5.3, 18.3): whoever asked or gets it, by whichever account, and
-- whoever decided another step of it. And what nobody may write, whatever he goes by.

create function is_same_account(one text, other text) returns boolean language sql stable as $$
    select lower(one) = lower(other) or exists (
        select from local_user u, local_user v
        where lower(u.username) = lower(one) and lower(v.username) = lower(other)
          and (u.resource_id = v.resource_id
            or (u.resource_entity_type_id, u.resource_key) = (v.resource_entity_type_id, v.resource_key)
            or is_same_person(u.username, v.resource_id) or is_same_person(v.username, u.resource_id)
            or (u.resource_id is null or v.resource_id is null) and mailbox_of(u.email) = mailbox_of(v.email)))
$$;
comment on function is_same_account is 'Two accounts of one person: linked to one record, each one''s record the other''s by is_same_person, or with one address where one of them has no record.';

create function account_now(account text, user_id bigint) returns text language sql stable as $$
    select coalesce((select u.username from local_user u where u.id = user_id), account)
$$;
comment on function account_now is 'What an account is called now that was called so when it acted.';

create function request_exclusion(account text, requester text, requester_user bigint, requester_record bigint, beneficiary bigint, item bigint) returns text language sql stable as $$
    select case
        when lower(account) in (lower(requester), lower(account_now(requester, requester_user))) then 'is_requester'
        when exists (select from local_user u where lower(u.username) = lower(account) and u.resource_id = beneficiary) then 'is_beneficiary'
        when is_same_person(account, beneficiary) or is_same_person(account, requester_record) or is_same_account(account, account_now(requester, requester_user)) then 'same_person'
        when exists (select from request_decision d where d.item_id = item
            and (is_same_account(account, account_now(d.decider, d.decider_user_id)) or lower(d.decider) = lower(account) or is_same_person(account, d.decider_id))) then 'decided_before'
    end
$$;
comment on function request_exclusion is 'Why an account may not decide about a request, in the words of requests 5.3; null: nothing stands in its way. item null: of a basket.';

drop trigger request_decision_not_own on request_decision;
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
create trigger request_decision_not_own before insert on request_decision for each row execute function request_decision_not_own();

create function request_decision_stays() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' or (new.step_id, new.item_id, new.decision, new.decider, new.beneficiary_id, new.requester, new.at)
        is distinct from (old.step_id, old.item_id, old.decision, old.decider, old.beneficiary_id, old.requester, old.at)
        or new.decider_id is distinct from old.decider_id or new.decider_user_id is not null and new.decider_user_id is distinct from old.decider_user_id then
        raise exception 'what was decided about step % stays', old.step_id using errcode = '23514', constraint = 'request_decision_stays';
    end if;
    return new;
end $$;
create trigger request_decision_stays before update or delete on request_decision for each row execute function request_decision_stays();

create function request_stays() returns trigger language plpgsql as $$
begin
    if new.requester is distinct from old.requester or new.requester_id is distinct from old.requester_id
        or new.requester_user_id is not null and new.requester_user_id is distinct from old.requester_user_id then
        raise exception 'who asked for % stays', old.number using errcode = '23514', constraint = 'request_stays';
    end if;
    return new;
end $$;
create trigger request_stays before update of requester, requester_id, requester_user_id on request for each row execute function request_stays();

create function request_item_stays() returns trigger language plpgsql as $$
begin
    if (new.request_id, new.action, new.role_id, new.beneficiary_id, new.parameters, new.levels) is distinct from (old.request_id, old.action, old.role_id, old.beneficiary_id, old.parameters, old.levels) then
        raise exception 'what item % asks for stays', old.id using errcode = '23514', constraint = 'request_item_stays';
    end if;
    return new;
end $$;
create trigger request_item_stays before update of request_id, action, role_id, beneficiary_id, parameters, levels on request_item for each row execute function request_item_stays();

-- At the end of a transaction: nothing is approved that a level has not approved or left out, and no level says what nobody decided.
create function request_item_approved() returns trigger language plpgsql as $$
begin
    if exists (select from request_step s where s.item_id = new.id and s.state not in ('APPROVED', 'SKIPPED'))
        or (select count(distinct s.level) from request_step s where s.item_id = new.id and s.level > 0) <> new.levels then
        raise exception 'item % was not approved by all its levels', new.id using errcode = '23514', constraint = 'request_item_approved_by_all';
    end if;
    return null;
end $$;
create constraint trigger request_item_approved_by_all after update of state on request_item deferrable initially deferred for each row
    when (new.state = 'APPROVED' and old.state in ('SUBMITTED', 'IN_APPROVAL')) execute function request_item_approved();

create function request_step_decided() returns trigger language plpgsql as $$
begin
    if not exists (select from request_decision d where d.step_id = new.id and d.decision = case new.state when 'APPROVED' then 'APPROVE' else 'DECLINE' end) then
        raise exception 'nobody decided step %', new.id using errcode = '23514', constraint = 'request_step_decided';
    end if;
    return null;
end $$;
create constraint trigger request_step_decided after update of state on request_step deferrable initially deferred for each row
    when (new.state in ('APPROVED', 'DECLINED')) execute function request_step_decided();

create index request_item_by_row on request_item (assigned_role_id) where state in ('SUBMITTED', 'IN_APPROVAL');
create function assigned_role_decided() returns trigger language plpgsql as $$
begin
    if exists (select from request_item i where i.assigned_role_id = new.id and i.state in ('SUBMITTED', 'IN_APPROVAL'))
        and exists (select from assigned_role a where a.id = new.id and a.valid_to = 'infinity' and a.pending_action is null) then
        raise exception 'role % is asked for, and not decided', new.id using errcode = '23514', constraint = 'assigned_role_decided';
    end if;
    return null;
end $$;
create constraint trigger assigned_role_decided after update of pending_action on assigned_role deferrable initially deferred for each row
    when (old.pending_action is not null and new.pending_action is null) execute function assigned_role_decided();

-- The same is asked for once at a time (requests 2.2).
create unique index request_item_once on request_item (beneficiary_id, role_id, (action in ('ADD', 'ALLOW')), parameters) where state in ('SUBMITTED', 'IN_APPROVAL');

-- What a key of a program stands for.
alter table request add column client_digest text;
comment on column request.client_digest is 'Of the basket that client_key stands for: another one with that key is refused.';

-- A risk that stands against a last approval opens a step of its own behind it (requests 4.3 I15), the next round of level 0; a step whose risk was
-- deleted falls away (requests 20).
alter table request_step add column round smallint not null default 1;
alter table request_step drop constraint request_step_level;
alter table request_step add constraint request_step_level unique (item_id, level, round);
comment on column request_step.round is 'How often this level was asked for.';
insert into legal_move (machine, from_state, to_state) values ('request_step', 'OPEN', 'SKIPPED'), ('request_step', 'STUCK', 'SKIPPED');

-- When it was looked last who may decide a step; and that rights changed since.
alter table request_step add column looked_at timestamptz;
comment on column request_step.looked_at is 'When it was looked last who may decide it, while it waits for somebody; null: at the next turn.';
create index request_step_look on request_step (looked_at nulls first) where state in ('OPEN', 'STUCK');
create table request_rights_changed (
    tx xid8 primary key default pg_current_xact_id()
);
comment on table request_rights_changed is 'Rows say that somebody changed who may do what: who may decide steps is looked at anew, and the rows go.';
create function request_rights_changed() returns trigger language plpgsql as $$
begin
    if exists (select from request_step where state in ('OPEN', 'STUCK')) then
        insert into request_rights_changed default values on conflict do nothing;
    end if;
    return null;
end $$;
create trigger request_rights_changed after insert or update or delete on local_user for each row execute function request_rights_changed();
create trigger request_rights_changed after insert or update or delete on assigned_profile for each row execute function request_rights_changed();
create trigger request_rights_changed after insert or update or delete on access_rule for each row execute function request_rights_changed();
create trigger request_rights_changed after insert or update or delete on access_entry for each row execute function request_rights_changed();
create trigger request_rights_changed after insert or update or delete on access_filter for each row execute function request_rights_changed();
