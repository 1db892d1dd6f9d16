-- What one Writer keeps while its transaction lasts. The tables stay in the session, see db.Scratch.
create temp table directory_change (      -- what is asked for, one Put
    entity_type_id bigint not null,
    key            text not null,
    command        text not null,
    scalars        jsonb not null,
    refs           jsonb not null,
    primary key (entity_type_id, key)
);
create temp table directory_next (        -- what follows, one Put: I insert, U update, R revive, D delete, O take over
    resource_id    bigint,
    entity_type_id bigint not null,
    key            text not null,
    command        char(1) not null,
    display_name   text not null default '',
    scalars        jsonb not null,
    refs           jsonb not null,
    relink         boolean not null
);
create temp table directory_touched (     -- what was written, all Puts
    resource_id    bigint primary key,
    entity_type_id bigint not null,
    command        char(1) not null,
    relink         boolean not null
);
create temp table directory_renamed (     -- who got another key
    resource_id    bigint primary key,
    entity_type_id bigint not null,
    old_key        text not null,
    key            text not null
);
create temp table directory_unnamed (     -- other unique keys that resources lost
    resource_id    bigint not null,
    entity_type_id bigint not null,
    value          text not null
);
create temp table directory_alias (       -- unique keys that appeared
    entity_type_id bigint not null,
    value          text not null
);
create temp table directory_source (id bigint primary key);   -- whose links are derived again
create temp table directory_wanted (      -- the links they should have; target null: points to nothing yet
    source_id   bigint not null,
    property_id bigint not null,
    value       text not null,
    target_id   bigint
);
create temp table directory_link_change (source_id bigint not null, property_id bigint not null, target_id bigint not null);
create temp table directory_passed (      -- references whose text stayed and means another resource; null: nothing. source null: wherever it stands
    source_id   bigint,
    property_id bigint,
    name        text not null,
    was_id      bigint,
    is_id       bigint
);
create temp table directory_closure (ancestor_id bigint not null, descendant_id bigint not null, depth int not null);
create temp table directory_moved (id bigint not null);       -- whose place in a hierarchy changed
