-- Who may (provisioning 10) and who you are.

create table profile (
    id           bigint generated always as identity primary key,
    identifier   text not null unique,
    display_name text not null,
    version      int not null default 1
);
create table local_user (
    id            bigint generated always as identity primary key,
    username      text not null,
    display_name  text not null,
    password_hash text not null,
    email         text not null default '',
    resource_id   bigint references resource (id),
    resource_entity_type_id bigint references entity_type (id),
    resource_key  text,
    is_demo       boolean not null default false,
    is_disabled   boolean not null default false,
    failed_count  int not null default 0,
    locked_until  timestamptz
);
create unique index local_user_name_unique on local_user (lower(username));
create table assigned_profile (
    id         bigint generated always as identity primary key,
    user_id    bigint not null references local_user (id) on delete cascade,
    profile_id bigint not null references profile (id),
    context    jsonb not null default '{}',
    start_date timestamptz,
    end_date   timestamptz,
    is_denied  boolean not null default false,
    email      text,
    origin     text not null default 'MANUAL' check (origin in ('MANUAL', 'RULE')),
    constraint assigned_profile_dates_in_order check (start_date < end_date),
    unique (user_id, profile_id, context, origin, is_denied)
);
create index assigned_profile_by_profile on assigned_profile (profile_id);
comment on column assigned_profile.context is 'Dimension identifier -> key of a value: narrows the scope (spec 10.1).';
create table access_rule (
    id           bigint generated always as identity primary key,
    identifier   text not null unique,
    display_name text not null,
    profile_id   bigint not null references profile (id),
    entity_type  text not null,
    version      int not null default 1
);
create index access_rule_by_profile on access_rule (profile_id);
create table access_filter (
    id         bigint generated always as identity primary key,
    rule_id    bigint not null references access_rule (id) on delete cascade,
    binding    text not null,
    value      text,
    is_current_user boolean not null default false,
    dimension  text,
    constraint access_filter_one_operand check (num_nonnulls(value, dimension) + is_current_user::int = 1)
);
create index access_filter_by_rule on access_filter (rule_id);
create table access_entry (
    id          bigint generated always as identity primary key,
    rule_id     bigint not null references access_rule (id) on delete cascade,
    permission  text not null,
    can_execute boolean not null default false,
    full_access_properties boolean not null default false,
    priority    int not null default 0,
    notify      boolean not null default true,
    constraint access_entry_root_not_executable check (not (permission = '/' and can_execute))
);
create index access_entry_by_permission on access_entry (permission);
create index access_entry_by_rule on access_entry (rule_id);
create table session (
    id           uuid primary key,
    user_id      bigint not null references local_user (id) on delete cascade,
    refresh_hash bytea not null,
    previous_hash bytea,
    sealed_refresh bytea,
    created_at   timestamptz not null,
    used_at      timestamptz not null,
    expires_at   timestamptz not null,
    revoked_at   timestamptz,
    user_agent   text not null default ''
);
comment on table session is 'One sign-in. Its times are the machine''s, not the test clock''s. refresh_hash: the only valid refresh token; previous_hash: the one before, accepted once more for ten seconds after used_at and answered with the same new one, which sealed_refresh keeps until it is used.';
create index session_by_user on session (user_id);
create index session_by_expiry on session (expires_at);
create table signing_key (
    kid         text primary key,
    private_key bytea not null,
    public_key  bytea not null,
    created_at  timestamptz not null,
    retired_at  timestamptz
);
comment on column signing_key.private_key is 'Ed25519, sealed with the process keyring.';
