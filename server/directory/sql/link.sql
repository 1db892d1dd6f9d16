-- Derives the links again of everything whose references or targets changed. ?0 now.
insert into directory_source (id)
select resource_id from directory_touched where relink
union
select u.source_id            -- waited for a key that appeared
from directory_touched t
join resource r on r.id = t.resource_id
join property p on p.target_entity_type_id = t.entity_type_id
join unresolved_ref u on u.property_id = p.id and u.value = r.key
where t.command in ('I', 'R')
union
select u.source_id            -- waited for another unique key
from directory_alias a
join property p on p.target_entity_type_id = a.entity_type_id
join unresolved_ref u on u.property_id = p.id and u.value = a.value
union
select u.source_id            -- waited for a key that somebody got
from directory_renamed n
join property p on p.target_entity_type_id = n.entity_type_id
join unresolved_ref u on u.property_id = p.id and u.value = n.key
union
select l.source_id            -- pointed to somebody by the key before
from directory_renamed n
join resource_link l on l.target_id = n.resource_id and l.valid_to = 'infinity'
union
select l.source_id            -- pointed to what is gone
from directory_touched t
join resource_link l on l.target_id = t.resource_id and l.valid_to = 'infinity'
where t.command = 'D'
on conflict do nothing;
analyze directory_source;     -- else the few rows of a small change are taken for many, and big tables read from end to end

insert into directory_wanted (source_id, property_id, value, target_id)
select distinct r.id, p.id, v.value, coalesce(k.id, a.id)
from directory_source s
join resource r on r.id = s.id and r.valid_to = 'infinity'
cross join lateral ref_values(r.refs) v
join property p on p.entity_type_id = r.entity_type_id and p.identifier = v.property and p.target_entity_type_id is not null
left join resource k on k.entity_type_id = p.target_entity_type_id and k.key = v.value and k.valid_to = 'infinity'
left join lateral (
    select min(u.resource_id) as id
    from resource_unique_key u
    where u.entity_type_id = p.target_entity_type_id and u.value = v.value and k.id is null) a on true;
analyze directory_wanted;

with closed as (
    update resource_link l
    set valid_to = greatest(?0, l.valid_from)
    from directory_source s
    where l.source_id = s.id and l.valid_to = 'infinity' and not exists (
        select 1 from directory_wanted w where w.source_id = l.source_id and w.property_id = l.property_id and w.target_id = l.target_id)
    returning l.source_id, l.property_id, l.target_id)
insert into directory_link_change (source_id, property_id, target_id) select source_id, property_id, target_id from closed;
