-- Tells who keeps computed data what changed. ?0 now. Ordered, so that two writers never wait for each other.
insert into changed_resource (resource_id, entity_type_id, at, reverse_properties)
select c.id, r.entity_type_id, ?0, case when bool_or(c.property_id is null) then null else array_agg(distinct c.property_id) end
from (
    select resource_id as id, null::bigint as property_id from directory_touched where command <> 'O'
    union all
    select source_id, null from directory_link_change
    union all
    select id, null from directory_moved
    union all
    select l.target_id, l.property_id
    from directory_link_change l
    join property p on p.id = l.property_id and p.reverse_identifier is not null) c
join resource r on r.id = c.id
group by c.id, r.entity_type_id
order by c.id
on conflict (resource_id) do update
set seq = changed_resource.seq + 1, at = excluded.at, reverse_properties = case
    when changed_resource.reverse_properties is null or excluded.reverse_properties is null then null
    else (select array_agg(distinct x) from unnest(changed_resource.reverse_properties || excluded.reverse_properties) x) end
