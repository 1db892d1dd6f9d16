-- The directory: what exists (role-model 1), and the systems it comes from (provisioning 6.1).

create table connector (
    id                   bigint generated always as identity primary key,
    identifier           text not null unique,
    display_name         text not null,
    mode                 text not null default 'continuous' check (mode in ('continuous', 'scheduled')),
    is_deactivated       boolean not null default false,
    complete_job         smallint not null default 0 check (complete_job between 0 and 3),
    incremental_job      smallint not null default 0 check (incremental_job between 0 and 3),
    -- synchronization thresholds (provisioning 8.2); 0 = off
    maximum_inserted_lines        int not null default 100,
    maximum_updated_lines         int not null default 100,
    maximum_deleted_lines         int not null default 100,
    max_percentage_inserted_lines int not null default 5,
    max_percentage_updated_lines  int not null default 5,
    max_percentage_deleted_lines  int not null default 5,
    maximum_link_inserted_lines   int not null default 1000,
    maximum_link_deleted_lines    int not null default 1000,
    max_link_percentage_inserted_lines int not null default 5,
    max_link_percentage_deleted_lines  int not null default 5,
    last_synchronized_at timestamptz,
    version              int not null default 1
);

create table connection (
    id            bigint generated always as identity primary key,
    connector_id  bigint not null references connector (id),
    identifier    text not null,
    display_name  text not null,
    package       text not null,
    settings      jsonb not null default '{}',
    secrets       bytea,
    deactivated   text not null default 'NONE' check (deactivated in ('NONE', 'EXPORT', 'FULFIL')),
    poll_seconds  int not null default 1,
    schema_snapshot jsonb,
    last_check_at timestamptz,
    last_check_error text,
    last_token    text,
    polled_at     timestamptz,
    pending_token text,
    retry_at      timestamptz,
    failures      int not null default 0,
    version       int not null default 1
);
comment on column connection.last_token is 'Token (fulfil.Watcher) of the data that was last synchronized or blocked; another one = read again.';
comment on column connection.pending_token is 'Token a read was already asked for; retry_at says when to ask again, failures counts reads that broke since the last good one.';
create unique index connection_identifier_unique on connection (lower(identifier));
create index connection_by_connector on connection (connector_id);

create table entity_type (
    id            bigint generated always as identity primary key,
    identifier    text not null unique,
    display_name  text not null,
    connector_id  bigint references connector (id),
    display_expression text,
    initialized_at timestamptz,
    version       int not null default 1
);
comment on column entity_type.display_expression is 'CEL over source.*; absent: first property whose identifier contains name (role-model 1.8).';
comment on column entity_type.initialized_at is 'When the first complete computation of its owners ended; continuous evaluation starts then.';

create table property (
    id                    bigint generated always as identity primary key,
    entity_type_id        bigint not null references entity_type (id),
    identifier            text not null,
    display_name          text not null,
    type                  text not null check (type in ('STRING','INT32','INT64','DATE_TIME','BOOL','GUID','DOUBLE','FOREIGN_KEY')),
    is_key                boolean not null default false,
    is_collection         boolean not null default false,
    target_entity_type_id bigint references entity_type (id),
    reverse_identifier    text,
    position              int not null default 0,
    unique (entity_type_id, identifier),
    constraint property_navigation_has_target check ((type = 'FOREIGN_KEY') = (target_entity_type_id is not null))
);
comment on column property.reverse_identifier is 'Name of the reverse navigation on the pointed entity type, e.g. Positions; absent: none.';

create table entity_mapping (
    entity_type_id bigint primary key references entity_type (id),
    connection_id  bigint not null references connection (id),
    source_table   text not null,
    maximum_inserted_lines int not null default 0,
    maximum_updated_lines  int not null default 0,
    maximum_deleted_lines  int not null default 0,
    max_percentage_inserted_lines int not null default 0,
    max_percentage_updated_lines  int not null default 0,
    max_percentage_deleted_lines  int not null default 0
);

create table property_mapping (
    property_id    bigint primary key references property (id),
    entity_type_id bigint not null references entity_type (id),
    column_name    text not null,
    format         text not null default '',
    is_primary_key boolean not null default false,
    is_unique_key  boolean not null default false
);
create unique index property_mapping_one_primary_key on property_mapping (entity_type_id) where is_primary_key;

create table dimension (
    id              bigint generated always as identity primary key,
    identifier      text not null unique,
    display_name    text not null,
    entity_type_id  bigint not null references entity_type (id),
    column_mapping  int not null unique check (column_mapping between 0 and 127),
    is_hierarchical boolean not null default false,
    parent_property text
);

create table dimension_closure (
    dimension_id  bigint not null references dimension (id),
    ancestor_id   bigint not null,
    descendant_id bigint not null,
    depth         int not null,
    primary key (dimension_id, ancestor_id, descendant_id)
);
create index dimension_closure_by_descendant on dimension_closure (dimension_id, descendant_id);

create table resource (
    id             bigint generated always as identity primary key,
    entity_type_id bigint not null references entity_type (id),
    key            text not null,
    display_name   text not null default '',
    scalars        jsonb not null default '{}',
    refs           jsonb not null default '{}',
    valid_from     timestamptz not null,
    valid_to       timestamptz not null default 'infinity',
    version        int not null default 1,
    origin         text not null default 'SYNC' check (origin in ('SYNC', 'MANUAL')),
    actor          text not null default '',
    deleted_by     text not null default ''
);
comment on table resource is 'One instance of an entity type. valid_to <> infinity: it is gone, kept for history. A key that comes back revives its row.';
comment on column resource.origin is 'MANUAL: added by a person; a complete synchronization does not delete it, and takes it over when its key is read.';
comment on column resource.actor is 'Who wrote the current version.';
comment on column resource.scalars is 'Scalar values by property identifier, as text in normalised form; absent = null.';
comment on column resource.refs is 'Navigation values as read: property identifier -> key, or sorted array of keys for a collection. resource_link is derived from it.';
create unique index resource_key_unique on resource (entity_type_id, key);
create index resource_by_name on resource (entity_type_id, display_name, id) where valid_to = 'infinity';
create extension if not exists pg_trgm;
create index resource_name_trgm on resource using gin (lower(display_name) gin_trgm_ops);
create index resource_key_trgm on resource using gin (lower(key) gin_trgm_ops);

create table resource_version (
    resource_id  bigint not null references resource (id),
    valid_from   timestamptz not null,
    valid_to     timestamptz not null,
    display_name text not null,
    scalars      jsonb not null,
    refs         jsonb not null,
    actor        text not null default '',
    primary key (resource_id, valid_from)
);
comment on table resource_version is 'Past versions of a resource, [valid_from, valid_to).';

create table resource_link (
    id          bigint generated always as identity primary key,
    property_id bigint not null references property (id),
    source_id   bigint not null,
    target_id   bigint not null,
    valid_from  timestamptz not null,
    valid_to    timestamptz not null default 'infinity'
);
comment on table resource_link is 'Derived from resource.refs by the one writer (server/directory). No foreign keys to resource: checking them row by row took three quarters of a first load, and resources are never removed.';
create unique index resource_link_unique on resource_link (source_id, property_id, target_id) where valid_to = 'infinity';
create index resource_link_by_target on resource_link (target_id, property_id) where valid_to = 'infinity';

create index resource_link_past on resource_link (source_id, valid_from) where valid_to <> 'infinity';
create index resource_link_past_target on resource_link (target_id, valid_from) where valid_to <> 'infinity';

create function ref_values(refs jsonb) returns table (property text, value text) language sql immutable as $$
    select f.property, v.value
    from jsonb_each(refs) f (property, content)
    cross join lateral (
        select f.content #>> '{}' as value where jsonb_typeof(f.content) = 'string'
        union all
        select jsonb_array_elements_text(f.content) where jsonb_typeof(f.content) = 'array') v
$$;
comment on function ref_values is 'The references of a resource (resource.refs), one row per value.';

create table unresolved_ref (
    source_id   bigint not null references resource (id),
    property_id bigint not null references property (id) on delete cascade,
    value       text not null,
    primary key (source_id, property_id, value)
);
comment on table unresolved_ref is 'Navigation values that point to nothing yet: linked as soon as a resource with that key appears.';
create index unresolved_ref_by_value on unresolved_ref (property_id, value);

create table resource_unique_key (
    property_id    bigint not null references property (id) on delete cascade,
    value          text not null,
    resource_id    bigint not null references resource (id),
    entity_type_id bigint not null references entity_type (id),
    primary key (property_id, value, resource_id)
);
comment on table resource_unique_key is 'Values of the further unique keys (property_mapping.is_unique_key) of living resources: links may name them instead of the key.';
create index resource_unique_key_by_value on resource_unique_key (entity_type_id, value);
create index resource_unique_key_by_resource on resource_unique_key (resource_id);

create table changed_resource (
    resource_id    bigint primary key,
    entity_type_id bigint not null,
    seq            bigint not null default 1,
    at             timestamptz not null,
    reverse_properties bigint[]
);
comment on column changed_resource.reverse_properties is 'Null: the resource itself changed. Else only others began or ceased to point to it, through these properties.';
comment on table changed_resource is 'Resources written since somebody looked: server/assignment turns them into dirty owners and fresh correlation keys, then removes them if seq is unchanged.';

create table dirty_owner (
    owner_id       bigint primary key references resource (id),
    entity_type_id bigint not null references entity_type (id),
    seq            bigint not null default 1,
    since          timestamptz not null default now(),
    reason         text not null default '',
    failures       int not null default 0,
    error          text,
    not_before     timestamptz
);
comment on table dirty_owner is 'Owners waiting for evaluation. Cleared only if seq is unchanged since loading (role-model 12.3).';
comment on column dirty_owner.failures is 'How often in a row its evaluation failed; error says why.';
comment on column dirty_owner.not_before is 'After a failure it waits this long, so that it holds nobody back; null or past: due. Any change of what it depends on makes it due at once.';
create index dirty_owner_by_type on dirty_owner (entity_type_id, since);

create unlogged table delivery_row (
    n              bigint generated always as identity,
    delivery_id    bigint not null,
    entity_type_id bigint not null,
    key            text not null,
    command        text not null default 'MERGE' check (command in ('INSERT', 'UPDATE', 'DELETE', 'MERGE')),
    scalars        jsonb not null,
    refs           jsonb not null
);
comment on table delivery_row is 'What a running synchronization has read, cleaned; emptied when the comparison is done. Unlogged: after a crash it is read again.';
create index delivery_row_by_key on delivery_row (delivery_id, entity_type_id, key, n);

create table read_back_request (
    id           bigint generated always as identity primary key,
    connector_id bigint not null references connector (id),
    at           timestamptz not null
);
comment on table read_back_request is 'Something was written to the system of a connector (or its time has come): read it. Rows, not a flag, so that nobody waits for a lock.';
create index read_back_request_by_connector on read_back_request (connector_id);

-- Every change of the metadata moves setting shape_version, whoever makes it: processes cache the shape by it (server/directory/shape.go).
create function shape_changed() returns trigger language plpgsql as $$
begin
    insert into setting (key, value) values ('shape_version', '1')
    on conflict (key) do update set value = to_jsonb((setting.value)::bigint + 1), updated_at = now();
    return null;
end $$;
create trigger shape_changed after insert or update or delete on entity_type for each statement execute function shape_changed();
create trigger shape_changed after insert or update or delete on property for each statement execute function shape_changed();
create trigger shape_changed after insert or update or delete on entity_mapping for each statement execute function shape_changed();
create trigger shape_changed after insert or update or delete on property_mapping for each statement execute function shape_changed();
create trigger shape_changed after insert or update or delete on dimension for each statement execute function shape_changed();
