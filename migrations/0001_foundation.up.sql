-- What every room needs: process-wide settings and the one event row with its three readers (design 6).

create table setting (
    key        text primary key,
    value      jsonb not null,
    updated_at timestamptz not null default now()
);
comment on table setting is 'Values all processes share: test clock offset, model version.';

create table event (
    id                 bigint generated always as identity primary key,
    xid                xid8 not null default pg_current_xact_id(),
    at                 timestamptz not null,
    kind               text not null,
    actor              text not null,
    subject_type       text not null,
    subject_id         bigint,
    source_entity_type text,
    owner_id           bigint,
    data               jsonb not null default '{}'
);
comment on table event is 'Something that happened. Append only. Read by subscriptions, webhooks and audit; cursor = (xid, id).';
create index event_by_cursor on event (xid, id);
create index event_by_subject on event (subject_type, subject_id, id);
create index event_by_kind on event (kind, id);

create table event_chain (
    seq      bigint primary key,
    event_id bigint not null unique references event (id),
    hash     bytea not null
);
comment on table event_chain is 'Hash chain over event, written by one appender; `writ verify` recomputes it.';

create function event_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'event is append only' using errcode = '23514', constraint = 'event_append_only';
end $$;
create trigger event_append_only before update on event for each row execute function event_append_only();
