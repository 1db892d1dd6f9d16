-- Due orders of connection ?0 at ?1, at most ?2, ticket orders or the others (?3): updates and removals of links first, then creations in the
-- order of their dependencies, deletions of resources last (spec 2.4.6). Kind by kind and type by type, so that a claim reads no more than it
-- takes, however many are due; inside one of them by id. Before all of them go those of people who were made to leave at once (requests 12.8). ?4 is left out.
with recursive depth (id, n) as (
    select id, 0 from resource_type where depends_on_id is null
    union all
    select t.id, d.n + 1 from resource_type t join depth d on d.id = t.depends_on_id where d.n < 16
), rank (n, kind, type_id) as (
    select row_number() over (order by k.n, case when k.kind = 'DELETE' then -coalesce(d.n, 0) else coalesce(d.n, 0) end, t.id, k.kind), k.kind, t.id
    from (values (0, 'ASSOCIATE'), (0, 'UPDATE'), (1, 'CREATE'), (2, 'DELETE')) k (n, kind)
    cross join resource_type t
    left join depth d on d.id = t.id
    where exists (select from connection n join connector c on c.id = n.connector_id
        where n.id = ?0 and n.deactivated <> 'FULFIL' and not c.is_deactivated)
      and not exists (select from fence)
    order by 1
), urgent as (
    select o.id
    from provisioning_order o
    where /*departed*/
      and exists (select from rank) and o.connection_id = ?0 and /*due*/ and o.is_manual = ?3
      and (o.not_before is null or o.not_before <= ?1)
      and (o.lease_until is null or o.lease_until < clock_timestamp())
      and not o.id = any(?4)
    order by o.id
    limit ?2
    for update of o skip locked
), due as (
    select r.n, o.id
    from rank r
    cross join lateral (
        select o.id
        from provisioning_order o
        where o.connection_id = ?0 and o.kind = r.kind and o.resource_type_id = r.type_id
          and /*due*/ and o.is_manual = ?3
          and (o.not_before is null or o.not_before <= ?1)
          and (o.lease_until is null or o.lease_until < clock_timestamp())
          and not o.id = any(?4)
        order by o.id
        limit ?2
        for update of o skip locked) o
    limit ?2
)
select id from (select 0 as n, id from urgent union all select n, id from due where id not in (select id from urgent)) x order by n, id limit ?2
