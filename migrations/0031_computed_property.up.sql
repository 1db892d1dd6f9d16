-- Which properties of a resource type rules computed once. When the last rule of one is removed, what it brought into the targets still
-- has to be taken away: evaluation goes on looking at the property.

create table computed_property (
    resource_type_id bigint not null references resource_type (id) on delete cascade,
    property_id      bigint not null references property (id) on delete cascade,
    primary key (resource_type_id, property_id)
);
comment on table computed_property is 'Properties of a resource type that rules compute, or computed once: what a rule brought is taken away after it is gone.';

insert into computed_property select distinct resource_type_id, property_id from resource_type_rule where property_id is not null;

create function note_computed_property() returns trigger language plpgsql as $$
begin
    insert into computed_property (resource_type_id, property_id)
    select distinct resource_type_id, property_id from written where property_id is not null
    on conflict do nothing;
    return null;
end $$;

create trigger resource_type_rule_inserted after insert on resource_type_rule
    referencing new table as written for each statement execute function note_computed_property();
create trigger resource_type_rule_updated after update on resource_type_rule
    referencing new table as written for each statement execute function note_computed_property();
