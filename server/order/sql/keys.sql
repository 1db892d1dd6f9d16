-- Writes which keys of managed systems the open lines of orders ?0 take or give up. Keys are the primary and unique keys of the mapping.
-- Order by order, so that the planner looks up the few rows of each whatever it believes about the tables.
with fresh as materialized (
    select distinct i.id as order_id, k.line_id, k.is_freed, k.key
    from unnest(?0::bigint[]) i (id)
    cross join lateral (
        select l.id as line_id, k.is_freed, target_key(n.connector_id, m.source_table, t.target_entity_type_id, coalesce(c.column_name, p.identifier), k.value) as key
        from (select o.id, o.resource_type_id, coalesce(o.target_id, a.resource_id) as target_id, coalesce(o.created_key, a.created_key) as created_key
            from provisioning_order o join assigned_resource_type a on a.id = o.assigned_resource_type_id where o.id = i.id offset 0) o
        join resource_type t on t.id = o.resource_type_id
        left join entity_mapping m on m.entity_type_id = t.target_entity_type_id
        left join connection n on n.id = m.connection_id
        left join lateral (select coalesce(gk.key, g.key) as key, g.scalars from resource g left join lateral (/*key in system*/) gk on true where g.id = o.target_id offset 0) g on true
        cross join lateral (select x.id, x.action, x.property, x.proposed_value from order_line x
            where x.order_id = o.id and x.closed_at is null and x.action in ('SET', 'DELETE') offset 0) l
        join property p on p.entity_type_id = t.target_entity_type_id and p.target_entity_type_id is null and (l.action = 'DELETE' or l.property = p.identifier)
        left join property_mapping c on c.property_id = p.id
        cross join lateral (select case when c.is_primary_key or p.is_key then coalesce(g.key, o.created_key) else g.scalars ->> p.identifier end as held,
            case when l.action = 'SET' then l.proposed_value end as taken) v
        cross join lateral (values (true, v.held), (false, v.taken)) k (is_freed, value)
        where (p.is_key or c.is_primary_key or c.is_unique_key) and k.value <> ''
            and not (l.action = 'SET' and k.is_freed and lower(coalesce(v.taken, '')) = lower(v.held))
        offset 0) k
), stale as (
    delete from order_key k where k.order_id = any(?0)
        and not exists (select from fresh f where f.order_id = k.order_id and f.line_id = k.line_id and f.key = k.key and f.is_freed = k.is_freed)
)
insert into order_key (order_id, line_id, key, is_freed) select order_id, line_id, key, is_freed from fresh on conflict do nothing
