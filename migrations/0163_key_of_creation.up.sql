-- Nothing is created without what designates it: its key, or where the system gives the key itself, the unique keys that are ordered with it.

create function key_property(of_entity_type bigint) returns text language sql stable as $$
    select p.identifier from property p left join property_mapping m on m.property_id = p.id
    where p.entity_type_id = of_entity_type and p.type <> 'FOREIGN_KEY' and (coalesce(m.is_primary_key, false) or p.is_key)
    order by coalesce(m.is_primary_key, false) desc, p.position, p.id limit 1
$$;
comment on function key_property is 'The scalar property whose value is the key of a resource: as directory.Shape.KeyProperty.';

create function is_key_held(of_order bigint) returns boolean language sql stable as $$
    select exists (
        select from provisioning_order o
        join resource_type t on t.id = o.resource_type_id
        cross join lateral (select key_property(t.target_entity_type_id) as name offset 0) k
        join order_line l on l.order_id = o.id and l.closed_at is null and l.action = 'SET' and l.state in (0, 3, 5, 6)
        left join property p on p.entity_type_id = t.target_entity_type_id and p.identifier = l.property and p.type <> 'FOREIGN_KEY'
        left join property_mapping m on m.property_id = p.id
        where o.id = of_order and (l.property = k.name or m.is_unique_key and not exists (
            select from order_line x where x.order_id = o.id and x.closed_at is null and x.action = 'SET' and x.property = k.name)))
$$;
comment on function is_key_held is 'A line of the order that designates what it creates may not be sent: it waits, was declined, failed, or its time is over.';

-- what went out of hand before: such an order passes generation again, and is held there
update provisioning_order o set generated_at = null
where o.closed_at is null and o.generated_at is not null and o.has_pending and o.lease_owner is null and o.called_at is null
    and exists (select from order_line l where l.order_id = o.id and l.closed_at is null and l.action = 'CREATE' and l.state = 1) and is_key_held(o.id);
