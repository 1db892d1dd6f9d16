-- A decision about everything that a filter finds is carried out by the server: it survives the page that asked for it, and the process.

create table reconciliation_run (
    id         bigint generated always as identity primary key,
    decision   text not null check (decision in ('USE_PROPOSED', 'KEEP_CURRENT', 'POSTPONE', 'TAKE_UP_AGAIN', 'AUTHORIZE', 'AUTHORIZE_WITHOUT_OWNER', 'DELETE_ACCOUNT')),
    filter     jsonb not null,
    comment    text not null default '',
    state      text not null default 'IN_PROGRESS' check (state in ('IN_PROGRESS', 'COMPLETED', 'CANCELLED')),
    user_id    bigint references local_user (id) on delete set null,
    actor      text not null,
    as_of      timestamptz not null,
    up_to      bigint not null,
    total      int not null,
    done       int not null default 0,
    failed     int not null default 0,
    after_id   bigint not null default 0,
    failures   jsonb not null default '[]',
    created_at timestamptz not null,
    updated_at timestamptz not null,
    ended_at   timestamptz,
    constraint reconciliation_run_ended check ((ended_at is null) = (state = 'IN_PROGRESS'))
);
comment on table reconciliation_run is 'A decision about all differences that a filter found at an instant, in portions; after_id is how far it came.';
comment on column reconciliation_run.up_to is 'The newest difference there was: what is found later is not decided by it.';
comment on column reconciliation_run.failures is 'Of the first hundred differences that were not decided: id and why.';
create index reconciliation_run_open on reconciliation_run (id) where ended_at is null;
create index reconciliation_run_by_actor on reconciliation_run (actor, id);
