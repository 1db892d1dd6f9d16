create table role_mapping (
    id                             bigint generated always as identity primary key,
    identifier                     text not null,
    display_name                   text not null,
    policy_id                      bigint not null references policy (id),
    resource_type_id               bigint not null references resource_type (id),
    property_id                    bigint not null references property (id),
    rules                          jsonb not null default '[]',
    where_expression               text,
    identifier_binding             text,
    identifier_expression          text,
    display_name_binding           text,
    display_name_expression        text,
    category_identifier_binding    text,
    category_identifier_expression text,
    category_display_name_binding  text,
    category_display_name_expression text,
    parent_category_binding        text,
    parent_category_expression     text,
    category_id                    bigint references category (id),
    role_policy_id                 bigint not null references policy (id),
    approval_workflow_type         smallint not null default 0,
    hide_on_simplified_view        boolean not null default false,
    version                        integer not null default 1,
    constraint role_mapping_identifier_key unique (identifier),
    constraint role_mapping_approval_workflow_type_check check (approval_workflow_type between 0 and 4)
);
comment on table role_mapping is 'Naming conventions that make single roles of entitlements (role-model 3.3).';
comment on column role_mapping.rules is 'Which resources: one of these rules, of which every item {property, value} holds. Empty: all.';
