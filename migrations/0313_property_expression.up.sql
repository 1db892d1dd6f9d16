-- Stored property expressions: properties whose values Writ computes from other properties and keeps (role-model 1.7).

create table property_expression (
    id             bigint generated always as identity primary key,
    identifier     text not null,
    display_name   text not null,
    entity_type_id bigint not null references entity_type (id),
    property       text not null,
    binding        text not null default '',
    expression     text not null default '',
    priority       integer not null default 0,
    version        integer not null default 1,
    constraint property_expression_identifier_key unique (identifier),
    constraint property_expression_says_something check (binding <> '' or expression <> '')
);
comment on table property_expression is 'How the value of a property is computed from others of its resource, and of what that points to; values are kept in resource (role-model 1.7).';
comment on column property_expression.priority is 'Of several for one property the one with the smallest number is asked first, the next when it gives nothing.';

create table property_expression_fault (
    id            bigint generated always as identity primary key,
    resource_id   bigint not null references resource (id),
    expression_id bigint not null references property_expression (id) on delete cascade,
    message       text not null,
    found_at      timestamptz not null,
    constraint property_expression_fault_once unique (resource_id, expression_id)
);
comment on table property_expression_fault is 'Values that an expression could not compute: the property keeps what it was.';
create index property_expression_fault_by_age on property_expression_fault (found_at desc, id desc);
create index property_expression_fault_by_expression on property_expression_fault (expression_id);

alter table changed_resource add column computed bigint;
comment on column changed_resource.computed is 'Up to which seq the stored property expressions that read the resource were computed; null: not yet.';
