-- Signing in through OpenID providers: who they are, which accounts somebody is there, and which sessions came from them (provisioning 13.2).

create table identity_provider (
    id                    bigint generated always as identity primary key,
    identifier            text not null unique,
    display_name          text not null,
    issuer                text not null,
    client_id             text not null,
    client_secret         bytea,
    scopes                text[] not null,
    username_claim        text not null,
    person_claim          text not null default '',
    person_entity_type_id bigint references entity_type (id),
    person_property_id    bigint references property (id),
    groups_claim          text not null default '',
    profile_days          integer not null,
    creates_accounts      boolean not null,
    is_disabled           boolean not null,
    version               integer not null default 1,
    constraint identity_provider_person check ((person_claim <> '') = (person_property_id is not null) and (person_property_id is null) = (person_entity_type_id is null)),
    constraint identity_provider_profile_days check (profile_days between 1 and 366)
);
comment on table identity_provider is 'An OpenID provider through which people sign in.';
comment on column identity_provider.client_secret is 'Sealed; null: a public client.';
comment on column identity_provider.profile_days is 'How long profiles that its groups give last after a sign-in.';

create table identity_provider_profile (
    provider_id bigint not null references identity_provider (id) on delete cascade,
    ordinal     integer not null,
    group_name  text not null,
    profile_id  bigint not null references profile (id),
    primary key (provider_id, ordinal)
);
comment on table identity_provider_profile is 'Which profile a group of the provider gives; * is everybody who comes in through it.';
create index identity_provider_profile_by_profile on identity_provider_profile (profile_id);

create table federated_identity (
    id           bigint generated always as identity primary key,
    provider_id  bigint not null references identity_provider (id) on delete cascade,
    issuer       text not null,
    subject      text not null,
    user_id      bigint not null references local_user (id) on delete cascade,
    linked_at    timestamptz not null,
    last_used_at timestamptz not null,
    constraint federated_identity_unique unique (provider_id, issuer, subject),
    constraint federated_identity_one_account unique (provider_id, issuer, user_id)
);
comment on table federated_identity is 'Who is who: an account here, and a subject there. A provider that changes its issuer is another one: its subjects are other people.';
create index federated_identity_of_user on federated_identity (user_id);

alter table assigned_profile
    add column provider_id bigint references identity_provider (id) on delete cascade,
    drop constraint assigned_profile_origin_check,
    add constraint assigned_profile_origin_check check (origin in ('MANUAL', 'RULE', 'PROVIDER')),
    add constraint assigned_profile_of_provider check ((origin = 'PROVIDER') = (provider_id is not null) and (provider_id is null or end_date is not null and not is_denied)),
    drop constraint assigned_profile_user_id_profile_id_context_origin_is_denie_key,
    add constraint assigned_profile_unique unique nulls not distinct (user_id, profile_id, context, origin, is_denied, provider_id);
comment on column assigned_profile.provider_id is 'Whose groups give it; null: it does not come from a provider.';
create index assigned_profile_by_provider on assigned_profile (provider_id) where provider_id is not null;

alter table session
    add column provider_id bigint references identity_provider (id) on delete cascade,
    add column provider_subject text,
    add column provider_sid text,
    add constraint session_of_provider check ((provider_id is null) = (provider_subject is null) and (provider_sid is null or provider_id is not null));
comment on column session.provider_id is 'Through which provider somebody signed in; null: by password.';
comment on column session.provider_sid is 'His session there; null: it names none.';
create index session_of_provider on session (provider_id, provider_subject) where provider_id is not null;
create index session_of_provider_sid on session (provider_id, provider_sid) where provider_sid is not null;

-- Who came in through a provider leaves, with what its groups gave, when it is switched off, or is another one from now on, whoever writes the row.
create function end_sessions_of_provider() returns trigger language plpgsql as $$
begin
    update session set revoked_at = clock_timestamp(), sealed_refresh = null where provider_id = new.id and revoked_at is null;
    delete from assigned_profile where provider_id = new.id;
    return null;
end
$$;
create trigger identity_provider_ends_sessions after update of issuer, client_id, is_disabled on identity_provider for each row
    when (old.issuer is distinct from new.issuer or old.client_id is distinct from new.client_id or new.is_disabled and not old.is_disabled)
    execute function end_sessions_of_provider();
