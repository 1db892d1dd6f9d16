-- What a delivery would do, by entity type, next to what is stored. ?0 delivery, ?1 entity types, ?2 those of
-- which it is counted what is stored.
-- own_*: the part that we asked for ourselves: rows that open orders with a line in Transmitted (2) or Executed (8) explain, what we renamed, and
-- who points to that. It is no surprise, and thresholds leave it out.
with asked as materialized (
    select o.kind, o.target_id, t.target_entity_type_id as entity_type_id, coalesce(o.created_key, l.proposed_value) as key
    from delivery y
    join provisioning_order o on o.connector_id = y.connector_id and o.states && '{:TRANSMITTED,:EXECUTED}' and o.closed_at is null
    join resource_type t on t.id = o.resource_type_id
    left join property_mapping m on o.kind = 'CREATE' and m.entity_type_id = t.target_entity_type_id and m.is_primary_key
    left join property p on p.id = m.property_id
    left join order_line l on l.order_id = o.id and l.property = p.identifier and l.closed_at is null
    where y.id = ?0
), change as materialized (
    select y.entity_type_id, y.command, y.scalars, y.refs,
        case when y.command = 'INSERT' then exists (select from asked a where a.kind = 'CREATE' and a.entity_type_id = y.entity_type_id and a.key = y.key)
            when exists (select from delivery_rename n where n.delivery_id = ?0 and n.entity_type_id = y.entity_type_id and n.new_key = y.key) then true
            when y.command = 'UPDATE' and y.scalars = '{}' and y.refs <> '{}' and l.inserted + l.deleted = 0 then true
            else exists (select from resource r join asked a on a.target_id = r.id and (a.kind = 'DELETE') = (y.command = 'DELETE')
                where r.entity_type_id = y.entity_type_id and r.key = y.key and r.valid_to = 'infinity') end as own,
        l.inserted as links_inserted, l.deleted as links_deleted
    from delivery_change y
    cross join lateral (select
        case when y.refs is null or y.refs = '{}' then 0
            when y.old_refs is null then (select count(*) from ref_values(y.refs))
            else (select count(*) from (select * from ref_values(y.refs) except select * from followed_refs(?0, y.entity_type_id, y.old_refs)) x) end as inserted,
        case when y.old_refs is null or y.old_refs = '{}' then 0
            when y.refs is null then (select count(*) from ref_values(y.old_refs))
            else (select count(*) from (select * from followed_refs(?0, y.entity_type_id, y.old_refs) except select * from ref_values(y.refs)) x) end as deleted) l
    where y.delivery_id = ?0
)
select t.id as entity_type_id, t.identifier,
    coalesce(c.inserted, 0) as inserted, coalesce(c.updated, 0) as updated, coalesce(c.deleted, 0) as deleted,
    coalesce(c.links_inserted, 0) as links_inserted, coalesce(c.links_deleted, 0) as links_deleted,
    (select count(*) from delivery_rename n where n.delivery_id = ?0 and n.entity_type_id = t.id) as followed,
    coalesce(c.own_inserted, 0) as own_inserted, coalesce(c.own_updated, 0) as own_updated, coalesce(c.own_deleted, 0) as own_deleted,
    coalesce(c.own_links_inserted, 0) as own_links_inserted, coalesce(c.own_links_deleted, 0) as own_links_deleted,
    (select count(*) from resource r where t.id = any (?2) and r.entity_type_id = t.id and r.valid_to = 'infinity' and r.origin = 'SYNC') as stored,
    (select count(*) from resource_link l join property p on p.id = l.property_id where t.id = any (?2) and p.entity_type_id = t.id and l.valid_to = 'infinity') as stored_links
from entity_type t
left join (
    select entity_type_id,
        count(*) filter (where command = 'INSERT') as inserted,
        count(*) filter (where command = 'UPDATE' and (scalars <> '{}' or refs <> '{}')) as updated,
        count(*) filter (where command = 'DELETE') as deleted,
        sum(links_inserted)::bigint as links_inserted, sum(links_deleted)::bigint as links_deleted,
        count(*) filter (where own and command = 'INSERT') as own_inserted,
        count(*) filter (where own and command = 'UPDATE' and (scalars <> '{}' or refs <> '{}')) as own_updated,
        count(*) filter (where own and command = 'DELETE') as own_deleted,
        (sum(links_inserted) filter (where own))::bigint as own_links_inserted, (sum(links_deleted) filter (where own))::bigint as own_links_deleted
    from change
    group by entity_type_id) c on c.entity_type_id = t.id
where t.id = any (?1)
order by t.id
