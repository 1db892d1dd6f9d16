create table record_section (
    id                            bigint generated always as identity primary key,
    identifier                    text not null,
    display_name                  text not null,
    source_entity_type_id         bigint not null references entity_type (id),
    resource_entity_type_id       bigint not null references entity_type (id),
    position                      integer not null default 0,
    start_property_id             bigint references property (id),
    end_property_id               bigint references property (id),
    instance_key_expression       text,
    is_default_boundaries_section boolean not null default false,
    boundary_kind                 smallint not null default 0,
    extension_kind                smallint not null default 0,
    sort_key_expression           text,
    extended_sort_key             text,
    properties                    jsonb not null default '[]',
    version                       integer not null default 1,
    constraint record_section_identifier_key unique (identifier),
    constraint record_section_boundary_kind_check check (boundary_kind between 0 and 1),
    constraint record_section_extension_kind_check check (extension_kind between 0 and 1)
);
comment on table record_section is 'Properties of records that change together, such as those of a position (role-model 4.5).';
comment on column record_section.position is 'Order among the sections of the same records: whose sort key counts first.';
comment on column record_section.boundary_kind is 'What a missing date means: 0 the first and the last date of the section without properties, 1 none.';
comment on column record_section.extension_kind is 'Whether values fill times for which the section says nothing: 0 they may, 1 never.';
comment on column record_section.properties is 'Property, extension kind, whether it is left out: [{property, extensionKind, isExcluded}].';
