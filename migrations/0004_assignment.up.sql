-- What should be (design 4): computed by server/evaluation, kept by server/assignment.

create table context (
    id              bigint generated always as identity primary key,
    owner_id        bigint not null references resource (id),
    context_rule_id bigint references context_rule (id),
    record_id       bigint references resource (id),
    start_date      timestamptz,
    end_date        timestamptz,
    dimensions      jsonb not null default '{}',
    rank            int not null default 0
);
comment on column context.dimensions is 'Dimension identifier -> resource id.';
create index context_by_owner on context (owner_id);

create table assigned_role (
    id             bigint generated always as identity primary key,
    owner_id       bigint not null references resource (id),
    role_id        bigint not null references role (id),
    workflow_state smallint not null,
    workflow_state_changed_at timestamptz not null,
    origin         text not null check (origin in ('RULE', 'INFERRED', 'MANUAL', 'FOUND', 'GRACE')),
    is_denied      boolean not null default false,
    start_date     timestamptz,
    end_date       timestamptz,
    inferred_by_id bigint,
    rule_ids       bigint[] not null default '{}',
    comment        text not null default '',
    valid_from     timestamptz not null,
    valid_to       timestamptz not null default 'infinity'
);
create index assigned_role_by_owner on assigned_role (owner_id) where valid_to = 'infinity';
create index assigned_role_by_role on assigned_role (role_id, owner_id) where valid_to = 'infinity';
create index assigned_role_past on assigned_role (owner_id, valid_from) where valid_to <> 'infinity';

create table assigned_resource_type (
    id               bigint generated always as identity primary key,
    owner_id         bigint references resource (id),
    resource_type_id bigint not null references resource_type (id),
    resource_id      bigint references resource (id),
    workflow_state   smallint not null,
    workflow_state_changed_at timestamptz not null,
    is_expected      boolean not null,
    is_denied        boolean not null default false,
    is_frozen        boolean not null default false,
    start_date       timestamptz,
    end_date         timestamptz,
    confidence       int,
    expected         jsonb not null default '{}',
    created_key      text,
    verified_at      timestamptz,
    error            text,
    valid_from       timestamptz not null,
    valid_to         timestamptz not null default 'infinity'
);
comment on column assigned_resource_type.owner_id is 'Null: an orphan target.';
comment on column assigned_resource_type.resource_id is 'The target; null until found or created. Verified at rest = expected, linked, no open line and no gap.';
comment on column assigned_resource_type.expected is 'Computed value timelines by property with the ids of the rules behind them (evaluation.Expected).';
create unique index assigned_resource_type_target_unique on assigned_resource_type (resource_id) where valid_to = 'infinity' and resource_id is not null;
create index assigned_resource_type_by_owner on assigned_resource_type (owner_id) where valid_to = 'infinity';
create index assigned_resource_type_by_type on assigned_resource_type (resource_type_id, id) where valid_to = 'infinity';
create index assigned_resource_type_past on assigned_resource_type (owner_id, valid_from) where valid_to <> 'infinity';

create table owner_state (
    owner_id           bigint primary key references resource (id),
    entity_type_id     bigint not null references entity_type (id),
    fingerprint        bytea not null,
    model_version      bigint not null,
    evaluated_at       timestamptz not null,
    next_evaluation_at timestamptz
);
create index owner_state_due on owner_state (next_evaluation_at) where next_evaluation_at is not null;

create table evaluation_fact (
    owner_id    bigint not null references resource (id),
    resource_id bigint not null references resource (id),
    primary key (owner_id, resource_id)
);
comment on table evaluation_fact is 'Resources the last evaluation of an owner read, however many steps away: when one changes, its owners become dirty.';
create index evaluation_fact_by_resource on evaluation_fact (resource_id);

create table correlation_key (
    rule_id     bigint not null references resource_type_rule (id) on delete cascade,
    side        char(1) not null check (side in ('S', 'T')),
    value       text not null,
    resource_id bigint not null references resource (id),
    primary key (rule_id, side, value, resource_id)
);
create index correlation_key_by_resource on correlation_key (resource_id);

create table denied_association (
    owner_id  bigint not null references resource (id),
    target_id bigint not null references resource (id),
    at        timestamptz not null,
    actor     text not null,
    primary key (owner_id, target_id)
);
