-- What one Writer keeps while its transaction lasts.
create temp table if not exists directory_change (      -- what is asked for, one Put
    entity_type_id bigint not null,
    key            text not null,
    command        text not null,
    scalars        jsonb not null,
    refs           jsonb not null,
    primary key (entity_type_id, key)
) on commit drop;
create temp table if not exists directory_next (        -- what follows, one Put: I insert, U update, R revive, D delete, O take over
    resource_id    bigint,
    entity_type_id bigint not null,
    key            text not null,
    command        char(1) not null,
    display_name   text not null default '',
    scalars        jsonb not null,
    refs           jsonb not null,
    relink         boolean not null
) on commit drop;
create temp table if not exists directory_touched (     -- what was written, all Puts
    resource_id    bigint primary key,
    entity_type_id bigint not null,
    command        char(1) not null,
    relink         boolean not null
) on commit drop;
create temp table if not exists directory_renamed (     -- who got another key
    resource_id    bigint primary key,
    entity_type_id bigint not null,
    old_key        text not null,
    key            text not null
) on commit drop;
create temp table if not exists directory_unnamed (     -- other unique keys that resources lost
    resource_id    bigint not null,
    entity_type_id bigint not null,
    value          text not null
) on commit drop;
create temp table if not exists directory_alias (       -- unique keys that appeared
    entity_type_id bigint not null,
    value          text not null
) on commit drop;
create temp table if not exists directory_source (id bigint primary key) on commit drop;   -- whose links are derived again
create temp table if not exists directory_wanted (      -- the links they should have; target null: points to nothing yet
    source_id   bigint not null,
    property_id bigint not null,
    value       text not null,
    target_id   bigint
) on commit drop;
create temp table if not exists directory_link_change (source_id bigint not null, property_id bigint not null, target_id bigint not null) on commit drop;
create temp table if not exists directory_passed (      -- references whose text stayed and means another resource; null: nothing. source null: wherever it stands
    source_id   bigint,
    property_id bigint,
    name        text not null,
    was_id      bigint,
    is_id       bigint
) on commit drop;
create temp table if not exists directory_closure (ancestor_id bigint not null, descendant_id bigint not null, depth int not null) on commit drop;
create temp table if not exists directory_moved (id bigint not null) on commit drop;       -- whose place in a hierarchy changed
truncate directory_change, directory_next, directory_touched, directory_renamed, directory_unnamed, directory_alias, directory_source, directory_wanted, directory_link_change, directory_passed, directory_closure, directory_moved;
