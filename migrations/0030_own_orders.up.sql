-- Nobody decides on his own order, unless its resource type lets people.

alter table resource_type add column allow_own_decisions boolean not null default false;
comment on column resource_type.allow_own_decisions is 'People may approve, decline, unblock, confirm and report on orders about themselves.';

-- The address of a person, wherever its entity type keeps it.
create function mail_of(scalars jsonb) returns text language sql immutable as $$
    select lower(v.value) from jsonb_each_text(scalars) v where lower(v.key) in ('mail', 'email') and v.value <> '' order by v.key limit 1
$$;

-- An account is somebody's when it is linked to them, shares its address with them, or with another account that is linked to them.
create function is_same_person(account text, person bigint) returns boolean language sql stable as $$
    select exists (
        select from local_user u
        left join resource mine on mine.id = u.resource_id
        join resource o on o.id = person
        where lower(u.username) = lower(account)
          and (u.resource_id = o.id
            or (u.resource_entity_type_id, u.resource_key) = (o.entity_type_id, o.key)
            or mail_of(o.scalars) in (lower(u.email), mail_of(mine.scalars))
            or exists (select from local_user other where other.resource_id = o.id and other.email <> '' and lower(other.email) in (lower(u.email), mail_of(mine.scalars)))))
$$;
create index local_user_by_resource on local_user (resource_id);

-- The last guard, once per statement: server/order refuses it before.
create function order_line_history_not_own() returns trigger language plpgsql as $$
declare
    own bigint;
begin
    select o.id into own
    from (select distinct order_id, actor from decided
        where action in ('approve', 'approve_early', 'decline', 'postpone', 'unblock', 'reconsider', 'reconsider_for_review', 'keep',
            'confirm', 'confirm_unsynchronized', 'report', 'take')) d
    join provisioning_order o on o.id = d.order_id
    join resource_type t on t.id = o.resource_type_id and not t.allow_own_decisions
    where is_same_person(d.actor, o.owner_id)
    limit 1;
    if found then
        raise exception 'order % is the own one of who decides on it', own using errcode = '23514', constraint = 'order_line_history_not_own';
    end if;
    return null;
end $$;
create trigger order_line_history_not_own after insert on order_line_history
    referencing new table as decided for each statement execute function order_line_history_not_own();
