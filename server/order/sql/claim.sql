-- Due orders of connection ?0 at ?1, at most ?2, ticket orders or the others (?3): updates and removals of links first, then creations in the
-- order of their dependencies, deletions of resources last (spec 2.4.6).
with recursive depth (id, n) as (
    select id, 0 from resource_type where depends_on_id is null
    union all
    select t.id, d.n + 1 from resource_type t join depth d on d.id = t.depends_on_id where d.n < 16
)
select o.id
from provisioning_order o
join connection n on n.id = o.connection_id and n.deactivated <> 'FULFIL'
join connector c on c.id = n.connector_id and not c.is_deactivated
left join depth d on d.id = o.resource_type_id
where o.connection_id = ?0 and (o.has_silent or o.has_pending and o.generated_at is not null) and o.is_manual = ?3
  and (o.not_before is null or o.not_before <= ?1)
  and (o.lease_until is null or o.lease_until < clock_timestamp())
order by case o.kind when 'CREATE' then 1 when 'DELETE' then 2 else 0 end,
    case when o.kind = 'DELETE' then -coalesce(d.n, 0) else coalesce(d.n, 0) end, o.id
limit ?2
for update of o skip locked
