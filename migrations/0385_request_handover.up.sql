-- Handing a step over (requests 9.2): one's own place, once, with a reason. Whoever is handed it decides in the place of who handed it over, who sees it
-- still and may take it back until it is decided. Taking it back removes the row; the history of the request says that it was so.

alter table request_handed drop constraint request_handed_source_check;
alter table request_handed
    add column by_user_id bigint references local_user (id) on delete cascade,
    add column reason text not null default '',
    add column chain smallint not null default 0,
    add constraint request_handed_source_check check (source in ('ESCALATION', 'DELEGATED')),
    add constraint request_handed_by_somebody check ((by_user_id is not null) = (source = 'DELEGATED') and (source = 'DELEGATED') = (chain between 1 and 3)),
    add constraint request_handed_to_another check (by_user_id is distinct from user_id),
    add constraint request_handed_reason check (length(reason) <= 4000 and (source = 'DELEGATED') = (reason <> ''));
create unique index request_handed_place on request_handed (step_id, by_user_id) where by_user_id is not null;
create index request_handed_by_giver on request_handed (by_user_id) where by_user_id is not null;
comment on column request_handed.by_user_id is 'Who handed his place over; null: nobody, it was escalated.';
comment on column request_handed.reason is 'Why he did; empty: it was escalated.';
comment on column request_handed.chain is 'How often the place was handed on, 3 times at most; 0: it was escalated.';

create function is_user_gone(user_id bigint) returns boolean language sql stable as $$
    select not exists (select from local_user u where u.id = user_id and not u.is_disabled
        and not exists (select from resource r where r.id = u.resource_id and (r.valid_to <> 'infinity' or exists (select from owner_state o where o.owner_id = r.id and o.left_at is not null))))
$$;
comment on function is_user_gone is 'There is no such account any more, it is disabled, or the person whose account it is has left.';

create function request_exclusion_of_place(account text, requester text, requester_user bigint, requester_record bigint, beneficiary bigint, item bigint) returns text language sql stable as $$
    with recursive
    mine as (select u.id from local_user me join local_user u on u.id = me.id or u.resource_id = me.resource_id where lower(me.username) = lower(account)),
    up as (
        select h.step_id, h.by_user_id from request_step s join request_handed h on h.step_id = s.id
        where s.item_id = item and s.closed_at is null and h.by_user_id is not null and h.user_id in (select id from mine)
        union
        select h.step_id, h.by_user_id from up join request_handed h on h.step_id = up.step_id and h.user_id = up.by_user_id where h.by_user_id is not null),
    down as (
        select h.step_id, h.user_id from request_step s join request_handed h on h.step_id = s.id
        where s.item_id = item and s.closed_at is null and h.by_user_id in (select id from mine)
        union
        select h.step_id, h.user_id from down join request_handed h on h.step_id = down.step_id and h.by_user_id = down.user_id)
    select case
        when exists (select from down join local_user taker on taker.id = down.user_id where not is_user_gone(taker.id)
            and request_exclusion_of_person(taker.username, requester, requester_user, requester_record, beneficiary, item) is null) then 'handed_over'
        when exists (select from up join local_user giver on giver.id = up.by_user_id
            where request_exclusion_of_person(giver.username, requester, requester_user, requester_record, beneficiary, null) is not null) then 'delegated_by_excluded'
    end
$$;
comment on function request_exclusion_of_place is 'What request_exclusion says of somebody who handed his place over, as long as one of those to whom it came can decide, and of somebody who has his place, however often it was handed on, from one of those who may not decide.';

create or replace function request_exclusion(account text, requester text, requester_user bigint, requester_record bigint, beneficiary bigint, item bigint) returns text language sql stable as $$
    select case
        when exists (select from local_user u where lower(u.username) = lower(account) and u.is_client) then 'api_client'
        else coalesce(request_exclusion_of_person(account, requester, requester_user, requester_record, beneficiary, item),
            case when exists (select from request_step s join request_handed h on h.step_id = s.id where s.item_id = item and s.closed_at is null and h.by_user_id is not null)
                then request_exclusion_of_place(account, requester, requester_user, requester_record, beneficiary, item) end)
    end
$$;

-- A place is given only by who has it, and only to somebody who may decide; never round, and nothing of it is changed afterwards.
create function request_handed_to_one_who_may() returns trigger language plpgsql as $$
declare
    s request_step;
    i request_item;
    q request;
    giver text := account_now('', new.by_user_id);
    taker text := account_now('', new.user_id);
    why text;
begin
    if tg_op = 'UPDATE' then
        raise exception 'to whom step % was given stays', old.step_id using errcode = '23514', constraint = 'request_handed_stays';
    end if;
    select * into s from request_step where id = new.step_id for no key update;
    select * into i from request_item where id = s.item_id;
    select * into q from request where id = i.request_id;
    if s.state not in ('OPEN', 'INFO_REQUESTED') then
        raise exception 'step % waits for no decision', new.step_id using errcode = '23514', constraint = 'request_handed_of_open_step';
    end if;
    why := coalesce(request_exclusion(giver, q.requester, q.requester_user_id, q.requester_id, i.beneficiary_id, i.id), request_exclusion(taker, q.requester, q.requester_user_id, q.requester_id, i.beneficiary_id, i.id));
    if why is not null or is_user_gone(new.user_id) then
        raise exception 'step % is not handed by % to %: %', new.step_id, giver, taker, coalesce(why, 'gone') using errcode = '23514', constraint = 'request_handed_to_excluded';
    end if;
    if new.chain is distinct from (select coalesce(max(h.chain), 0) + 1 from request_handed h where h.step_id = new.step_id and h.user_id = new.by_user_id) then
        raise exception 'the place of % at step % was handed on another number of times', giver, new.step_id using errcode = '23514', constraint = 'request_handed_chain';
    end if;
    if exists (with recursive up as (select new.by_user_id as id union select h.by_user_id from up join request_handed h on h.step_id = new.step_id and h.user_id = up.id where h.by_user_id is not null)
        select from up join local_user a on a.id = up.id join local_user b on b.id = new.user_id where a.id = b.id or a.resource_id = b.resource_id) then
        raise exception 'step % does not return to %', new.step_id, taker using errcode = '23514', constraint = 'request_handed_never_returns';
    end if;
    return new;
end $$;
create trigger request_handed_to_one_who_may before insert on request_handed for each row when (new.by_user_id is not null) execute function request_handed_to_one_who_may();
create trigger request_handed_stays before update on request_handed for each row execute function request_handed_to_one_who_may();
