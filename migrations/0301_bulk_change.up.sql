-- What is done to many is carried out by the server, one by one: the items are frozen when it begins, and each says what became of it. It takes the place of
-- the runs of reconciliation.

create table bulk_change (
    id         bigint generated always as identity primary key,
    kind       text not null check (kind in ('RECONCILE_RESOURCES', 'RECONCILE_ROLES', 'UNBLOCK_ORDERS', 'MANUAL_PROVISIONING')),
    decision   text not null check (decision in ('USE_PROPOSED', 'KEEP_CURRENT', 'POSTPONE', 'TAKE_UP_AGAIN', 'AUTHORIZE', 'AUTHORIZE_WITHOUT_OWNER', 'DELETE_ACCOUNT',
        'KEEP_ROLE', 'REMOVE_ROLE', 'UNBLOCK', 'CONFIRM', 'REPORT_ERROR')),
    comment    text not null default '',
    state      text not null default 'QUEUED' check (state in ('QUEUED', 'RUNNING', 'DONE', 'DONE_WITH_ERRORS', 'CANCELLED')),
    user_id    bigint references local_user (id) on delete set null,
    actor      text not null,
    again_id   bigint,
    total      int not null,
    done       int not null default 0,
    skipped    int not null default 0,
    failed     int not null default 0,
    failure    text not null default '',
    created_at timestamptz not null,
    started_at timestamptz,
    updated_at timestamptz not null,
    ended_at   timestamptz,
    constraint bulk_change_ended check ((ended_at is null) = (state in ('QUEUED', 'RUNNING'))),
    constraint bulk_change_counted check (done + skipped + failed <= total)
);
comment on table bulk_change is 'One decision about many, carried out by the server: one item after the other, each in a transaction of its own.';
comment on column bulk_change.user_id is 'Whose rights count: those of the account when it began, and again for each item.';
comment on column bulk_change.again_id is 'The bulk change whose failed items this one tries again.';
comment on column bulk_change.failure is 'Why it stopped before the end, when nobody stopped it.';
create index bulk_change_open on bulk_change (id) where ended_at is null;
create index bulk_change_by_user on bulk_change (user_id, id);
create index bulk_change_by_state on bulk_change (state, id);

create table bulk_item (
    bulk_change_id bigint not null references bulk_change (id) on delete cascade,
    subject_id     bigint not null,
    name           text not null default '',
    about          text not null default '',
    seal           text not null default '',
    state          text not null default 'TODO' check (state in ('TODO', 'DONE', 'SKIPPED', 'FAILED')),
    code           text not null default '',
    message        text not null default '',
    before_text    text not null default '',
    after_text     text not null default '',
    ended_at       timestamptz,
    constraint bulk_item_pkey primary key (bulk_change_id, subject_id),
    constraint bulk_item_ended check ((ended_at is null) = (state = 'TODO'))
);
comment on table bulk_item is 'One of those that a bulk change is about, frozen when it began. No foreign key: what is forgotten elsewhere takes nothing from it.';
comment on column bulk_item.subject_id is 'The difference, found role or order, by the kind of the bulk change.';
comment on column bulk_item.seal is 'What must still be so when its turn comes: else it is skipped.';
create index bulk_item_by_state on bulk_item (bulk_change_id, state, subject_id);

insert into bulk_change (kind, decision, comment, state, user_id, actor, total, done, failed, failure, created_at, started_at, updated_at, ended_at)
    select case subject when 'ROLE' then 'RECONCILE_ROLES' else 'RECONCILE_RESOURCES' end, decision, comment,
        case when state <> 'COMPLETED' then 'CANCELLED' when failed > 0 then 'DONE_WITH_ERRORS' else 'DONE' end, user_id, actor, greatest(total, done + failed), done, failed,
        case when ended_at is null then 'Writ was brought up to date meanwhile. Decide about the rest again.' else '' end, created_at, created_at, updated_at, coalesce(ended_at, updated_at)
    from reconciliation_run order by id;
drop table reconciliation_run;
