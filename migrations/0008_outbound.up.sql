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
    failures      int not null default 0,
    failing_since timestamptz,
    paused_until  timestamptz,
    owner       text not null,
    created_at  timestamptz not null,
    cursor_xid  xid8 not null,
    cursor_id   bigint not null,
    version     int not null default 1
);
comment on column webhook.failures is 'Attempts in a row that failed; 0: the last one went well.';
comment on column webhook.paused_until is 'The endpoint rests after failures in a row, or asked us to wait.';
create table webhook_delivery (
    id          bigint generated always as identity primary key,
    webhook_id  bigint not null references webhook (id) on delete cascade,
    message_id  text not null,
    event_id    bigint not null,
    state       text not null check (state in ('PENDING','DELIVERED','FAILED','GIVEN_UP')),
    body        json not null,
    tries       int not null default 0,
    since       timestamptz not null,
    next_at     timestamptz,
    fence       int not null default 0,
    lease_until timestamptz,
    created_at  timestamptz not null,
    ended_at    timestamptz,
    unique (webhook_id, message_id),
    constraint webhook_delivery_ended_iff_final check ((ended_at is not null) = (state in ('DELIVERED', 'GIVEN_UP')))
);
comment on column webhook_delivery.body is 'As sent, to the byte: json, not jsonb, since the signature covers it.';
comment on column webhook_delivery.since is 'When this round of tries began: a replay begins a new one.';
comment on column webhook_delivery.fence is 'Counts the claims; what an earlier claim still reports is dropped.';
create index webhook_delivery_due on webhook_delivery (webhook_id, next_at, id) where state in ('PENDING', 'FAILED');
create index webhook_delivery_leased on webhook_delivery (webhook_id) where lease_until is not null;
create index webhook_delivery_by_webhook on webhook_delivery (webhook_id, id);
create index webhook_delivery_by_state on webhook_delivery (webhook_id, state);
create index webhook_delivery_ended on webhook_delivery (ended_at) where ended_at is not null;
create table webhook_attempt (
    id          bigint generated always as identity primary key,
    delivery_id bigint not null references webhook_delivery (id) on delete cascade,
    at          timestamptz not null,
    status      int,
    duration_ms int not null default 0,
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
