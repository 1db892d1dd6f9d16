-- Keeps resource_unique_key for what was written. ?0 ids of the properties that are unique keys; ?1 how long a key may be: longer values
-- are kept with the resource, and links cannot name them.
with wanted as materialized (
    select p.id as property_id, r.scalars ->> p.identifier as value, r.id as resource_id, r.entity_type_id
    from directory_touched t
    join resource r on r.id = t.resource_id and r.valid_to = 'infinity'
    join property p on p.entity_type_id = r.entity_type_id and p.id = any (?0)
    where char_length(r.scalars ->> p.identifier) <= ?1),
gone as (
    delete from resource_unique_key u
    using directory_touched t
    where u.resource_id = t.resource_id
      and not exists (select 1 from wanted w where w.resource_id = u.resource_id and w.property_id = u.property_id and w.value = u.value)
    returning u.resource_id, u.entity_type_id, u.value),
unnamed as (
    insert into directory_unnamed (resource_id, entity_type_id, value) select resource_id, entity_type_id, value from gone),
moved as (   -- links through the old value point to nothing any more, or to somebody else
    insert into directory_source (id)
    select distinct l.source_id
    from gone g
    join resource_link l on l.target_id = g.resource_id and l.valid_to = 'infinity'
    on conflict do nothing),
come as (
    insert into resource_unique_key (property_id, value, resource_id, entity_type_id)
    select property_id, value, resource_id, entity_type_id from wanted
    on conflict do nothing
    returning entity_type_id, value)
insert into directory_alias (entity_type_id, value) select entity_type_id, value from come
