-- The place of an event is its position in the chain, given when it became visible. Nothing keeps transaction ids any more: they are
-- no order of commits, a long transaction held all readers back, and in another PostgreSQL server they mean nothing.

create temp table placed on commit drop as
    select id, row_number() over (order by xid, id) as position from event;

alter table event_chain rename column seq to position;
truncate event_chain;

-- What is hashed is written in server/event/chain.go, too: the same bytes.
do $$
declare
    former bytea := '';
    one record;
begin
    for one in
        select p.position, e.id, jsonb_build_array(e.id, (extract(epoch from e.at) * 1000000)::bigint, e.kind, e.actor, e.subject_type, e.subject_id,
            e.source_entity_type, e.owner_id, e.data)::text as text
        from placed p join event e on e.id = p.id order by p.position
    loop
        former := sha256(former || convert_to(one.text, 'UTF8'));
        insert into event_chain (position, event_id, hash) values (one.position, one.id, former);
    end loop;
end $$;
comment on table event_chain is 'The position of each event and a hash over it and the one before it, written by one appender; `writ verify` recomputes it.';

alter table webhook add column position bigint not null default 0;
update webhook w set position = (select count(*) from event e where (e.xid, e.id) <= (w.cursor_xid, w.cursor_id));
alter table webhook alter column position drop default, drop column cursor_xid, drop column cursor_id;
comment on column webhook.position is 'Position of the last event that deliveries were made of.';

-- The mail's cursors were base64 of "transaction id.event id"; now they are what event.Cursor writes: the position and the beginning of its hash.
create function pg_temp.moved(old text) returns text language sql as $$
    with former as (select string_to_array(convert_from(decode(rpad(translate(old, '-_', '+/'), (length(old) + 3) / 4 * 4, '='), 'base64'), 'UTF8'), '.') as part),
    passed as (select count(*) as position from event e, former where (e.xid, e.id) <= (part[1]::xid8, part[2]::bigint))
    select p.position || '.' || coalesce(encode(substring(c.hash for 4), 'hex'), '00000000') from passed p left join event_chain c on c.position = p.position
$$;
update setting set value = to_jsonb(pg_temp.moved(value #>> '{}')) where key = 'notification_cursor';
update setting set value = (select jsonb_object_agg(key, case when w ? 'from' then jsonb_set(w, '{from}', to_jsonb(pg_temp.moved(w ->> 'from'))) else w end)
    from jsonb_each(value) as windows (key, w)) where key = 'notification_windows' and value <> '{}';
drop function pg_temp.moved(text);

drop index event_by_cursor;
alter table event drop column xid;
comment on table event is 'Something that happened. Append only. Read by subscriptions, webhooks and audit in the order of event_chain.position.';

create table event_appender (
    is_only     boolean primary key default true constraint event_appender_is_one check (is_only),
    holder      text not null default '',
    lease_until timestamptz not null default '-infinity',
    settled     bigint not null default 0
);
comment on table event_appender is 'One row: the process that gives events their position, and until when.';
comment on column event_appender.settled is 'Every event up to this id has its position; those that have none were rolled back.';
insert into event_appender (settled) select coalesce(max(id), 0) from event;
