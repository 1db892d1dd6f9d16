-- Finds the references whose text stayed and means another resource, or nobody: the name that stands there passed on, or went with its resource.
-- Before the list of what points to nothing is brought up to date, and while it is known which links were closed.
with name as materialized (   -- names that resources lost
    select n.resource_id, n.entity_type_id, n.old_key as value from directory_renamed n
    union all
    select n.resource_id, n.entity_type_id, n.value from directory_unnamed n
    union all
    select t.resource_id, t.entity_type_id, r.key from directory_touched t join resource r on r.id = t.resource_id where t.command = 'D')
insert into directory_passed (source_id, property_id, name, was_id, is_id)
-- links
select distinct c.source_id, c.property_id, n.value, c.target_id, w.target_id
from directory_link_change c
join name n on n.resource_id = c.target_id
join directory_wanted w on w.source_id = c.source_id and w.property_id = c.property_id and w.value = n.value
where w.target_id is distinct from c.target_id
    and not exists (select from resource_link l where l.source_id = c.source_id and l.property_id = c.property_id and l.target_id = c.target_id and l.valid_to = 'infinity')
union all
-- what was written and not read yet is no link
select distinct null::bigint, null::bigint, n.value, n.resource_id, coalesce(k.id, a.id)
from name n
left join resource k on k.entity_type_id = n.entity_type_id and k.key = n.value and k.valid_to = 'infinity'
left join lateral (
    select min(u.resource_id) as id from resource_unique_key u
    where u.entity_type_id = n.entity_type_id and u.value = n.value and k.id is null) a on true
where coalesce(k.id, a.id) is distinct from n.resource_id
union all
-- names that were nobody's
select u.source_id, u.property_id, u.value, null, w.target_id
from directory_wanted w
join unresolved_ref u on u.source_id = w.source_id and u.property_id = w.property_id and u.value = w.value
where w.target_id is not null;
