-- Dangerous combinations of entitlements (role-model 9).
create table risk (
    id                   bigint generated always as identity primary key,
    identifier           text not null,
    display_name         text not null,
    description          text not null default '',
    remediation          text not null default '',
    policy_id            bigint not null references policy (id),
    entity_type_id       bigint not null references entity_type (id),
    owner_entity_type_id bigint references entity_type (id),
    owner_key            text,
    risk_type            smallint not null default 0,
    level                integer not null default 0,
    exemption_policy     smallint not null default 0,
    rules                jsonb not null default '[]',
    version              integer not null default 1,
    constraint risk_identifier_key unique (identifier),
    constraint risk_type_check check (risk_type between 0 and 1),
    constraint risk_level_check check (level between 0 and 100),
    constraint risk_exemption_policy_check check (exemption_policy between 0 and 4),
    constraint risk_owner_check check ((owner_entity_type_id is null) = (owner_key is null))
);
create index risk_display_name_idx on risk (display_name, id);
comment on table risk is 'Dangerous combinations of entitlements (role-model 9.2).';
comment on column risk.rules is 'One of them is enough: {identifier, items: [{resourceType, property, resource}]}, identifiers and keys; every item must hold at one time.';
