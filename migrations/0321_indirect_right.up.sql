-- What people have through others (role-model 6.3, 12.13). Tables of their own: nothing that reviews, decides or orders can ever find such a row.
-- A row stays when it is over, as the past of it.

create table indirect_right (
    id               bigint generated always as identity primary key,
    owner_id         bigint not null references resource (id),
    rule             text not null,
    resource_type_id bigint,
    property         text,
    value_id         bigint,
    role_id          bigint,
    account_id       bigint,
    path             bigint[] not null default '{}',
    steps            integer not null default 0,
    singles          bigint[] not null default '{}',
    found_at         timestamptz not null,
    closed_at        timestamptz,
    constraint indirect_right_value_or_role check ((role_id is null) = (property is not null) and (property is null) = (resource_type_id is null) and (property is null or value_id is not null))
);
create unique index indirect_right_value_once on indirect_right (owner_id, resource_type_id, property, value_id) where closed_at is null and role_id is null;
create unique index indirect_right_role_once on indirect_right (owner_id, role_id) where closed_at is null and role_id is not null;
create index indirect_right_owner_idx on indirect_right (owner_id);
create index indirect_right_closed_idx on indirect_right (closed_at) where closed_at is not null;
comment on table indirect_right is 'What people have, or had, through the things they are members of (role-model 6).';
comment on column indirect_right.rule is 'Identifier of the indirect resource rule; of a composite role empty. No reference: what a deleted rule found goes with the next complete computation.';
comment on column indirect_right.value_id is 'What is had; of a single role what it was read from.';
comment on column indirect_right.account_id is 'Where the way begins; null: of a composite role.';
comment on column indirect_right.path is 'The way from what the account has itself to the value; of a long one the first and the last 25.';
comment on column indirect_right.steps is 'How many the way has.';
comment on column indirect_right.singles is 'Of a composite role the single roles that it was read from.';
