-- Somebody acts for somebody else: dated, limited, seen by both (requests 10). A delegation gives no right of its own. It is turned into rights whenever
-- rights are asked for, from those that the delegator has then.

create table delegation (
    id           bigint generated always as identity primary key,
    delegator_id bigint references local_user (id) on delete set null,
    delegator    text not null,
    deputy_id    bigint references local_user (id) on delete set null,
    deputy       text not null,
    kinds        text[] not null,
    scope        jsonb not null default '{}',
    start_date   timestamptz not null,
    end_date     timestamptz,
    reason       text not null default '',
    state        text not null,
    created_by   text not null,
    created_at   timestamptz not null,
    closed_at    timestamptz,
    closed_by    text,
    version      integer not null default 1,
    constraint delegation_state_check check (state in ('PLANNED', 'ACTIVE', 'ENDED', 'REVOKED', 'REFUSED')),
    constraint delegation_of_two check (lower(delegator) <> lower(deputy) and (delegator_id is null or delegator_id is distinct from deputy_id)),
    constraint delegation_kinds check (cardinality(kinds) > 0 and kinds <@ array['APPROVALS']),
    constraint delegation_dates check (end_date is null or end_date > start_date),
    constraint delegation_closed check ((closed_at is null) = (state in ('PLANNED', 'ACTIVE')) and (closed_at is null) = (closed_by is null)),
    constraint delegation_bounded check (length(reason) <= 2000)
);
create index delegation_by_deputy on delegation (deputy_id, id);
create index delegation_by_delegator on delegation (delegator_id, id);
create index delegation_open on delegation (id) where closed_at is null;
comment on column delegation.delegator is 'User name of the one for whom is acted; stays when the account goes.';
comment on column delegation.deputy is 'User name of the one who acts; stays when the account goes.';
comment on column delegation.kinds is 'Which of the delegator''s work it covers.';
comment on column delegation.scope is 'Narrows that: entityTypes, roles, categories, policies, as lists of identifiers; a list that is not there does not narrow.';
comment on column delegation.end_date is 'First instant without it; null: none is known.';
comment on column delegation.state is 'What was told of it. Whether it is in force at an instant is said by the dates, as long as it is not closed.';
insert into legal_move (machine, from_state, to_state) values
    ('delegation', 'PLANNED', 'ACTIVE'), ('delegation', 'PLANNED', 'ENDED'), ('delegation', 'PLANNED', 'REVOKED'), ('delegation', 'PLANNED', 'REFUSED'),
    ('delegation', 'ACTIVE', 'ENDED'), ('delegation', 'ACTIVE', 'REVOKED'), ('delegation', 'ACTIVE', 'REFUSED');
create trigger legal_move before update of state on delegation for each row when (old.state is distinct from new.state) execute function legal_move_guard('delegation');

-- What was agreed stays: it is never widened, and nothing of it goes.
create function delegation_stays() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE'
        or (new.delegator, new.deputy, new.kinds, new.scope, new.start_date, new.created_by, new.created_at) is distinct from (old.delegator, old.deputy, old.kinds, old.scope, old.start_date, old.created_by, old.created_at)
        or new.delegator_id is not null and new.delegator_id is distinct from old.delegator_id or new.deputy_id is not null and new.deputy_id is distinct from old.deputy_id
        or old.closed_at is not null and (new.end_date, new.closed_at, new.closed_by) is distinct from (old.end_date, old.closed_at, old.closed_by)
        or coalesce(new.end_date, 'infinity') > coalesce(old.end_date, 'infinity') then
        raise exception 'what delegation % covers stays; it may only end earlier', old.id using errcode = '23514', constraint = 'delegation_stays';
    end if;
    return new;
end $$;
create trigger delegation_stays before update or delete on delegation for each row execute function delegation_stays();

create table delegation_history (
    id            bigint generated always as identity primary key,
    delegation_id bigint not null references delegation (id),
    machine       text not null default 'delegation',
    at            timestamptz not null,
    actor         text not null,
    action        text not null,
    from_state    text,
    to_state      text,
    end_date      timestamptz,
    comment       text not null default '',
    constraint delegation_history_legal foreign key (machine, from_state, to_state) references legal_move (machine, from_state, to_state)
);
create index delegation_history_by_delegation on delegation_history (delegation_id, id);
comment on column delegation_history.from_state is 'Null, like to_state, where the state stayed as it was, or the delegation is new.';
comment on column delegation_history.end_date is 'When it was to end after that.';

-- Everything that was done under it (requests 10.2, 11), written with what it tells of.
create table delegation_act (
    id            bigint generated always as identity primary key,
    delegation_id bigint not null references delegation (id),
    at            timestamptz not null,
    deputy        text not null,
    kind          text not null,
    action        text not null,
    subject_type  text not null,
    subject_id    bigint not null,
    number        text not null default '',
    about         text not null default ''
);
create index delegation_act_by_delegation on delegation_act (delegation_id, id);
comment on column delegation_act.deputy is 'User name of who acted.';
comment on column delegation_act.action is 'What was done, in the words of the machine of what it was done to.';
comment on column delegation_act.number is 'What people call it, such as RQ-17; empty: it has none.';

create function has_left(user_id bigint, at timestamptz) returns boolean language sql stable as $$
    select exists (select from local_user u join resource r on r.id = u.resource_id
        where u.id = user_id and (r.valid_to <= at or exists (select from owner_state o where o.owner_id = r.id and o.left_at <= at)))
$$;
create function delegation_in_force(of bigint, at timestamptz) returns boolean language sql stable as $$
    select exists (select from delegation d join local_user a on a.id = d.delegator_id and not a.is_disabled join local_user b on b.id = d.deputy_id and not b.is_disabled
        where d.id = of and d.closed_at is null and d.start_date <= at and (d.end_date is null or d.end_date > at) and not has_left(a.id, at) and not has_left(b.id, at))
$$;
create function is_without_party(delegator bigint, deputy bigint, at timestamptz) returns boolean language sql stable as $$
    select delegator is null or deputy is null or exists (select from local_user u where u.id in (delegator, deputy) and (u.is_disabled or has_left(u.id, at)))
$$;
comment on function is_without_party is 'One of the two accounts of a delegation is gone, disabled, or of somebody who left.';
comment on function has_left is 'The person whose account it is is not there any more.';
comment on function delegation_in_force is 'Whether its deputy may act under it at an instant: it is open and has begun, and both are there.';

create function delegation_act_of_one_in_force() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' then
        raise exception 'what was done under delegation % stays', old.delegation_id using errcode = '23514', constraint = 'delegation_act_stays';
    end if;
    perform from delegation d where d.id = new.delegation_id for share;
    if not delegation_in_force(new.delegation_id, new.at)
        or not exists (select from delegation d join local_user b on b.id = d.deputy_id where d.id = new.delegation_id and lower(b.username) = lower(new.deputy) and new.kind = any (d.kinds)) then
        raise exception '% may not act under delegation %', new.deputy, new.delegation_id using errcode = '23514', constraint = 'delegation_act_in_force';
    end if;
    return new;
end $$;
create trigger delegation_act_of_one_in_force before insert or update or delete on delegation_act for each row execute function delegation_act_of_one_in_force();

-- Who decided for whom (requests 1, 5.3, 10.2): both are tested, and both have decided.
alter table request_decision add column delegation_id bigint references delegation (id);
alter table request_decision add column for_account text;
alter table request_decision add column for_user_id bigint references local_user (id) on delete set null;
alter table request_decision add column for_id bigint references resource (id);
alter table request_decision add constraint request_decision_for check ((delegation_id is null) = (for_account is null));
alter table request_decision add constraint request_decision_not_for_parties check (for_account is null or lower(for_account) <> lower(requester)
    and (for_user_id is null or requester_user_id is null or for_user_id <> requester_user_id) and (for_id is null or for_id <> beneficiary_id) and (for_id is null or requester_id is null or for_id <> requester_id));
comment on column request_decision.for_account is 'User name of the one for whom the decider acted as deputy; null: for himself.';
alter table request_history add column for_account text;
comment on column request_history.for_account is 'User name of the one for whom the actor acted as deputy; null: for himself.';

create or replace function request_exclusion(account text, requester text, requester_user bigint, requester_record bigint, beneficiary bigint, item bigint) returns text language sql stable as $$
    select case
        when lower(account) in (lower(requester), lower(account_now(requester, requester_user))) then 'is_requester'
        when exists (select from local_user u where lower(u.username) = lower(account) and u.resource_id = beneficiary) then 'is_beneficiary'
        when is_same_person(account, beneficiary) or is_same_person(account, requester_record) or is_same_account(account, account_now(requester, requester_user)) then 'same_person'
        when exists (select from request_decision d where d.item_id = item
            and (is_same_account(account, account_now(d.decider, d.decider_user_id)) or lower(d.decider) = lower(account) or is_same_person(account, d.decider_id)
                or d.for_account is not null and (is_same_account(account, account_now(d.for_account, d.for_user_id)) or lower(d.for_account) = lower(account) or is_same_person(account, d.for_id)))) then 'decided_before'
    end
$$;

create function request_decision_for() returns trigger language plpgsql as $$
declare
    q request;
    why text;
begin
    if tg_op = 'UPDATE' then
        if (new.delegation_id, new.for_account) is distinct from (old.delegation_id, old.for_account) or new.for_id is distinct from old.for_id
            or new.for_user_id is not null and new.for_user_id is distinct from old.for_user_id then
            raise exception 'for whom step % was decided stays', old.step_id using errcode = '23514', constraint = 'request_decision_stays';
        end if;
        return new;
    end if;
    perform from delegation d where d.id = new.delegation_id for share;
    if not delegation_in_force(new.delegation_id, new.at) or not exists (select from delegation d join local_user a on a.id = d.delegator_id join local_user b on b.id = d.deputy_id
        where d.id = new.delegation_id and lower(b.username) = lower(new.decider) and lower(a.username) = lower(new.for_account) and a.id = new.for_user_id and a.resource_id is not distinct from new.for_id and 'APPROVALS' = any (d.kinds)) then
        raise exception '% does not act for %', new.decider, new.for_account using errcode = '23514', constraint = 'request_decision_for_delegator';
    end if;
    select r.* into q from request r join request_item i on i.request_id = r.id where i.id = new.item_id;
    why := request_exclusion(new.for_account, q.requester, q.requester_user_id, q.requester_id, new.beneficiary_id, new.item_id);
    if why is not null then
        raise exception 'step % is not for whoever acts for %: %', new.step_id, new.for_account, why using errcode = '23514', constraint = 'request_decision_acts_for_excluded';
    end if;
    return new;
end $$;
create trigger request_decision_for before insert on request_decision for each row when (new.delegation_id is not null) execute function request_decision_for();
create trigger request_decision_for_stays before update on request_decision for each row execute function request_decision_for();
