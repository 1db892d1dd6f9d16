-- What a change of the configuration would do to people is computed aside and kept, so that it can be read like a diff and applied exactly so.

create table plan (
    id            bigint generated always as identity primary key,
    title         text not null default '',
    state         text not null default 'QUEUED' check (state in ('QUEUED', 'RUNNING', 'FINISHED', 'APPLYING', 'APPLIED', 'OUT_OF_DATE', 'CANCELLED', 'FAILED')),
    user_id       bigint references local_user (id) on delete set null,
    actor         text not null,
    configuration bytea not null,
    changes       jsonb not null default '[]',
    problems      jsonb not null default '[]',
    fingerprint   text not null default '',
    as_of         timestamptz,
    total         int not null default 0,
    done          int not null default 0,
    summary       jsonb not null default '{}',
    digest        text not null default '',
    moved         jsonb not null default '[]',
    failure       text not null default '',
    fence         int not null default 0,
    lease_until   timestamptz,
    created_at    timestamptz not null,
    ended_at      timestamptz,
    applier_id    bigint references local_user (id) on delete set null,
    applier       text,
    applied_at    timestamptz,
    applied_by    text,
    constraint plan_applied check ((applied_at is null) = (applied_by is null))
);
comment on table plan is 'A change that somebody thinks of, and what it would do. Nothing in it is so until it is applied.';
comment on column plan.configuration is 'The configuration to apply, as YAML, sealed: it may hold secrets.';
comment on column plan.changes is 'What differs from the configuration in force, field by field, without secrets.';
comment on column plan.fingerprint is 'Names the configuration on top of the one in force when it was computed.';
comment on column plan.as_of is 'The instant that counted as now.';
comment on column plan.summary is 'What it would do, in numbers; of everybody.';
comment on column plan.digest is 'Hash over what it would do to everybody.';
comment on column plan.moved is 'Why it was not applied: for whom the outcome is another one by now.';
comment on column plan.applier is 'Who wants it applied; applied_by once it is.';
comment on column plan.fence is 'Counts the attempts to compute or apply it: whoever was overtaken writes nothing.';
create index plan_open on plan (lease_until) where state in ('QUEUED', 'RUNNING', 'APPLYING');

create table plan_owner (
    plan_id    bigint not null references plan (id) on delete cascade,
    owner_id   bigint not null,
    type_id    bigint not null,
    dimensions jsonb not null default '{}',
    digest     bytea not null,
    constraint plan_owner_pkey primary key (plan_id, owner_id)
);
comment on table plan_owner is 'Somebody for whom a plan would change something. No foreign key: what is forgotten elsewhere takes nothing from a plan.';
comment on column plan_owner.dimensions is 'Values of the main context then: identifier of the dimension -> resource.';
comment on column plan_owner.digest is 'Hash over what would change for this owner.';

create table plan_item (
    id            bigint generated always as identity,
    plan_id       bigint not null references plan (id) on delete cascade,
    owner_id      bigint not null,
    type_id       bigint not null,
    kind          text not null check (kind in ('ROLE', 'ACCOUNT', 'LINE', 'DIFFERENCE', 'FAILURE')),
    effect        smallint not null check (effect between 0 and 2),
    object        text not null default '',
    object_name   text not null default '',
    system        text not null default '',
    system_name   text not null default '',
    property      text not null default '',
    property_name text not null default '',
    action        text not null default '',
    before_value  text,
    after_value   text,
    workflow      smallint,
    state         smallint,
    order_kind    text not null default '',
    is_review     boolean not null default false,
    is_manual     boolean not null default false,
    start_date    timestamptz,
    end_date      timestamptz,
    wait_reason   text not null default '',
    error         text not null default '',
    constraint plan_item_pkey primary key (plan_id, effect, id)
);
comment on table plan_item is 'One difference that a plan would make, in words: the objects may not be there yet, or not any more.';
comment on column plan_item.effect is '0 removed, 1 added, 2 changed: in the order in which they are read.';
comment on column plan_item.object is 'Identifier of the role or resource type.';
create index plan_item_by_owner on plan_item (plan_id, owner_id, id);
create index plan_item_by_object on plan_item (plan_id, kind, object, effect, id);
create index plan_item_by_system on plan_item (plan_id, system, effect, id);
