-- Locks the resources concerned, in id order, and works out what each change means for what is there now.
with existing as materialized (
    select r.id, r.entity_type_id, r.key, r.scalars, r.refs, r.origin, r.valid_to = 'infinity' as alive
    from resource r
    join directory_change c on c.entity_type_id = r.entity_type_id and c.key = r.key
    order by r.id
    for no key update of r
)
insert into directory_next (resource_id, entity_type_id, key, command, scalars, refs, relink)
select e.id, c.entity_type_id, c.key, m.command, m.scalars, m.refs, m.command in ('I', 'R', 'D') or m.refs <> e.refs
from directory_change c
left join existing e on e.entity_type_id = c.entity_type_id and e.key = c.key
cross join lateral (select
    jsonb_strip_nulls(case when e.alive then e.scalars else '{}' end || c.scalars) as scalars,
    jsonb_strip_nulls(case when e.alive then e.refs else '{}' end || c.refs) as refs) v
cross join lateral (select v.scalars, v.refs, case
    when c.command = 'DELETE' then case when e.alive then 'D' end
    when e.alive then case
        when v.scalars <> e.scalars or v.refs <> e.refs then 'U'
        when e.origin = 'MANUAL' and ?0 = 'SYNC' then 'O' end
    when c.command = 'INSERT' then case when e.id is null then 'I' else 'R' end
    end as command) m
where m.command is not null
