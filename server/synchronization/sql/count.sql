-- What a delivery would do, by entity type, next to what is stored. ?0 delivery, ?1 entity types.
select t.id as entity_type_id, t.identifier,
    coalesce(c.inserted, 0) as inserted, coalesce(c.updated, 0) as updated, coalesce(c.deleted, 0) as deleted,
    coalesce(c.links_inserted, 0) as links_inserted, coalesce(c.links_deleted, 0) as links_deleted,
    (select count(*) from resource r where r.entity_type_id = t.id and r.valid_to = 'infinity' and r.origin = 'SYNC') as stored,
    (select count(*) from resource_link l join property p on p.id = l.property_id where p.entity_type_id = t.id and l.valid_to = 'infinity') as stored_links
from entity_type t
left join (
    select y.entity_type_id,
        count(*) filter (where y.command = 'INSERT') as inserted,
        count(*) filter (where y.command = 'UPDATE' and (y.scalars <> '{}' or y.refs <> '{}')) as updated,
        count(*) filter (where y.command = 'DELETE') as deleted,
        sum(case when y.refs is null or y.refs = '{}' then 0
            when y.old_refs is null then (select count(*) from ref_values(y.refs))
            else (select count(*) from (select * from ref_values(y.refs) except select * from ref_values(coalesce(y.old_refs, '{}'))) x) end)::bigint as links_inserted,
        sum(case when y.old_refs is null or y.old_refs = '{}' then 0
            when y.refs is null then (select count(*) from ref_values(y.old_refs))
            else (select count(*) from (select * from ref_values(y.old_refs) except select * from ref_values(coalesce(y.refs, '{}'))) x) end)::bigint as links_deleted
    from delivery_change y
    where y.delivery_id = ?0
    group by y.entity_type_id) c on c.entity_type_id = t.id
where t.id = any (?1)
order by t.id
