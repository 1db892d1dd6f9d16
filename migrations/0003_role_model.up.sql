-- The role model, first part (role-model 2, 3.1, 4.3, 5.2). Dimension criteria: {"Department": {"key": "D12", "inherit": true}}.

create table policy (
    id           bigint generated always as identity primary key,
    identifier   text not null unique,
    display_name text not null,
    is_provisioning_enabled boolean not null default false,
    is_simulation_enabled   boolean not null default false,
    dimensions   jsonb not null default '{}',
    version      int not null default 1
);

create table category (
    id           bigint generated always as identity primary key,
    identifier   text not null unique,
    display_name text not null,
    description  text not null default '',
    policy_id    bigint not null references policy (id),
    parent_id    bigint references category (id),
    version      int not null default 1
);

create table role (
    id             bigint generated always as identity primary key,
    kind           text not null check (kind in ('SINGLE', 'COMPOSITE')),
    identifier     text not null,
    display_name   text not null,
    description    text not null default '',
    policy_id      bigint not null references policy (id),
    entity_type_id bigint not null references entity_type (id),
    category_id    bigint references category (id),
    approval_workflow_type smallint not null default 0 check (approval_workflow_type between 0 and 4),
    hide_on_simplified_view boolean not null default false,
    version        int not null default 1,
    unique (kind, identifier)
);

create table role_rule (
    id         bigint generated always as identity primary key,
    identifier text not null unique,
    policy_id  bigint not null references policy (id),
    role_id    bigint not null references role (id),
    composite_role_id bigint references role (id),
    dimensions jsonb not null default '{}',
    is_denied  boolean not null default false,
    priority   int not null default 0,
    type       smallint not null default 0 check (type between 0 and 2),
    version    int not null default 1
);
comment on table role_rule is 'Composite role rule when the role is composite (composite_role_id = parentRole), else single role rule (role-model 3.1).';
create index role_rule_by_role on role_rule (role_id);

create table resource_type (
    id             bigint generated always as identity primary key,
    identifier     text not null unique,
    display_name   text not null,
    description    text not null default '',
    policy_id      bigint not null references policy (id),
    source_entity_type_id bigint not null references entity_type (id),
    target_entity_type_id bigint not null references entity_type (id),
    category_id    bigint references category (id),
    connection_id  bigint references connection (id),
    approval_workflow_type smallint not null default 4 check (approval_workflow_type between 0 and 4),
    hide_on_simplified_view boolean not null default false,
    allow_add      boolean not null default true,
    allow_remove   boolean not null default true,
    remove_orphans boolean not null default false,
    block_provisioning boolean not null default true,
    discard_manual_assignments boolean not null default false,
    correlate_multiple_resources boolean not null default false,
    suggest_all_correlations boolean not null default false,
    depends_on_id  bigint references resource_type (id),
    depends_on_owner_property text,
    arguments_expression text,
    fulfill_hours_ahead_of_time int not null default 0 check (fulfill_hours_ahead_of_time >= 0),
    transmitted_state_validity_period int not null default 0 check (transmitted_state_validity_period >= 0),
    auto_retry_count int not null default 0 check (auto_retry_count >= 0),
    auto_retry_delay_minutes int not null default 5 check (auto_retry_delay_minutes >= 0),
    maximum_insert int not null default 0 check (maximum_insert >= 0),
    maximum_update int not null default 0 check (maximum_update >= 0),
    maximum_delete int not null default 0 check (maximum_delete >= 0),
    maximum_insert_percent int not null default 30 check (maximum_insert_percent between 0 and 100),
    maximum_update_percent int not null default 30 check (maximum_update_percent between 0 and 100),
    maximum_delete_percent int not null default 30 check (maximum_delete_percent between 0 and 100),
    ticket_synchro_is_not_available boolean not null default false,
    version        int not null default 1,
    constraint resource_type_orphans_need_removal check (not remove_orphans or allow_remove)
);

create table resource_type_rule (
    id               bigint generated always as identity primary key,
    identifier       text not null unique,
    kind             text not null check (kind in ('TYPE', 'SCALAR', 'NAVIGATION', 'QUERY', 'CORRELATION', 'CLASSIFICATION')),
    policy_id        bigint not null references policy (id),
    resource_type_id bigint not null references resource_type (id),
    property_id      bigint references property (id),
    single_role_id   bigint references role (id),
    dimensions       jsonb not null default '{}',
    is_denied        boolean not null default false,
    type             smallint not null default 0 check (type between 0 and 2),
    value_key        text,
    source_binding   text,
    source_expression text,
    target_binding   text,
    target_expression text,
    comparison_type  smallint not null default 0 check (comparison_type between 0 and 4),
    is_mapped        boolean not null default true,
    confidence       int not null default 100 check (confidence between 0 and 150),
    offset_reference smallint not null default 0 check (offset_reference between 0 and 3),
    offset_before    int not null default 0,
    offset_after     int not null default 0,
    version          int not null default 1,
    constraint resource_type_rule_has_property check ((kind in ('SCALAR', 'NAVIGATION', 'QUERY')) = (property_id is not null))
);
comment on column resource_type_rule.value_key is 'NAVIGATION: key of the resource to put in the property.';
comment on column resource_type_rule.source_binding is 'Path from the owner, e.g. Department.Name; record.* for the record of the context.';
comment on column resource_type_rule.offset_before is 'Minutes (role-model 2.9).';
create index resource_type_rule_by_type on resource_type_rule (resource_type_id, kind);

create table context_rule (
    id                 bigint generated always as identity primary key,
    identifier         text not null unique,
    display_name       text not null,
    policy_id          bigint not null references policy (id),
    entity_type_id     bigint not null references entity_type (id),
    resources_binding  text,
    resources_start_binding text,
    resources_end_binding   text,
    exclude_expression text,
    dimensions         jsonb not null default '{}',
    version            int not null default 1,
    unique (entity_type_id, policy_id)
);
comment on column context_rule.dimensions is 'Dimension identifier -> binding on the record entity type, e.g. {"Department": "Department"}.';

create table model_version (
    version    bigint generated always as identity primary key,
    at         timestamptz not null,
    actor      text not null,
    fingerprint bytea not null
);
comment on table model_version is 'One row per saved change of the configuration; evaluation compiles the newest once.';
