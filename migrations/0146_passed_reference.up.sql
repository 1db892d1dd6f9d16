create table passed_reference (
    id bigint generated always as identity primary key,
    assigned_resource_type_id bigint not null references assigned_resource_type (id),
    property text,
    name text not null,
    was_id bigint,
    is_id bigint,
    at timestamptz not null
);
comment on table passed_reference is 'What is written in the target of an assignment means another resource, since a name passed on. Waits for the next computation of its owner, which takes it into what is our own work.';
comment on column passed_reference.property is 'Null: wherever it stands.';
comment on column passed_reference.name is 'The text.';
comment on column passed_reference.was_id is 'What the text meant; null: nothing.';
comment on column passed_reference.is_id is 'What it means now; null: nothing.';
create index passed_reference_by_type on passed_reference (assigned_resource_type_id);
