-- Who has each of some entitlements at an instant: each account is looked at once, whatever the number of entitlements.
with item as (
	select n, type_id, property_id, property, target_type_id, key <> '' as is_one,
		(select v.id from resource v where v.entity_type_id = target_type_id and v.key = x.key and v.valid_to = 'infinity') as value_id
	from unnest(?0::bigint[], ?1::bigint[], ?2::bigint[], ?3::text[], ?4::text[], ?5::bigint[]) x (n, type_id, property_id, property, key, target_type_id)
), place as (
	select distinct type_id, property_id, property, target_type_id from item
), account as (
	select a.owner_id, a.resource_type_id, a.resource_id, a.expected from assigned_resource_type a join resource w on w.id = a.owner_id and w.valid_to = 'infinity'
	where a.valid_to = 'infinity' and a.resource_type_id in (select type_id from place) and ?7
), held as (
	select a.owner_id, p.type_id, p.property_id, (s ->> 'id')::bigint as value_id
	from account a join place p on p.type_id = a.resource_type_id cross join lateral jsonb_array_elements(a.expected -> 'properties' -> p.property) s
	where s -> 'error' is null and ((s ->> 'from') is null or (s ->> 'from')::timestamptz <= ?6) and ((s ->> 'to') is null or (s ->> 'to')::timestamptz > ?6)
		and case when p.target_type_id = 0 then s ->> 'value' <> '' else s -> 'id' is not null end
	union
	select a.owner_id, p.type_id, p.property_id, l.target_id
	from account a join place p on p.type_id = a.resource_type_id and p.target_type_id <> 0 join resource_link l on l.source_id = a.resource_id and l.property_id = p.property_id and l.valid_to = 'infinity'
	union
	select a.owner_id, p.type_id, p.property_id, null
	from account a join place p on p.type_id = a.resource_type_id and p.target_type_id = 0 join resource t on t.id = a.resource_id and t.valid_to = 'infinity' and t.scalars ->> p.property <> ''
)
select i.n, array_agg(distinct h.owner_id order by h.owner_id)
from item i join held h on h.type_id = i.type_id and h.property_id = i.property_id and (not i.is_one or h.value_id = i.value_id)
group by i.n order by i.n
