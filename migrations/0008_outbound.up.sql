-- Telling machines (webhook) and people (mail).

create table webhook (
    id          bigint generated always as identity primary key,
    url         text not null,
    description text not null default '',
    filter      jsonb not null default '{}',
    secret      bytea not null,
    previous_secret bytea,
    previous_secret_until timestamptz,
    is_disabled boolean not null default false,
    disabled_reason text,
    owner       text not null,
    created_at  timestamptz not null,
    cursor_xid  xid8 not null,
    cursor_id   bigint not null,
    version     int not null default 1
);
create table webhook_delivery (
    id          bigint generated always as identity primary key,
    webhook_id  bigint not null references webhook (id) on delete cascade,
    message_id  text not null,
    event_id    bigint not null,
    state       text not null check (state in ('PENDING','DELIVERED','FAILED','GIVEN_UP')),
    body        jsonb not null,
    attempts    int not null default 0,
    next_at     timestamptz,
    lease_until timestamptz,
    created_at  timestamptz not null,
    ended_at    timestamptz,
    unique (webhook_id, message_id)
);
create index webhook_delivery_due on webhook_delivery (next_at) where state in ('PENDING', 'FAILED');
create index webhook_delivery_by_webhook on webhook_delivery (webhook_id, id);
create table webhook_attempt (
    id          bigint generated always as identity primary key,
    delivery_id bigint not null references webhook_delivery (id) on delete cascade,
    at          timestamptz not null,
    status      int,
    duration_ms int not null,
    error       text,
    response    text
);
create index webhook_attempt_by_delivery on webhook_attempt (delivery_id, id);

create table mail (
    id           bigint generated always as identity primary key,
    template     text not null,
    recipient    text not null,
    dedupe_key   text not null unique,
    subject      text not null,
    text_body    text not null,
    html_body    text not null,
    state        text not null check (state in ('QUEUED','SENT','FAILED','DROPPED')),
    attempts     int not null default 0,
    error        text,
    created_at   timestamptz not null,
    sent_at      timestamptz
);
create index mail_recent on mail (id) include (state);
