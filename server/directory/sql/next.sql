-- Locks the resources concerned, in id order, and works out what each change means for what is there now. A key means the living resource
-- that has it, else the one that had it last. What this very write ended is another one. ?1 now
with named as materialized (
    select c.entity_type_id, c.key, coalesce(a.id, d.id) as id
    from directory_change c
    left join resource a on a.entity_type_id = c.entity_type_id and a.key = c.key and a.valid_to = 'infinity'
    left join lateral (
        select p.id from resource p
        where a.id is null and p.entity_type_id = c.entity_type_id and p.key = c.key and p.valid_to <> 'infinity' and p.valid_to < ?1
        order by p.valid_to desc, p.id desc limit 1) d on true
), existing as materialized (
    select r.id, n.entity_type_id, n.key, r.scalars, r.refs, r.origin, r.valid_to = 'infinity' as alive
    from named n
    join resource r on r.id = n.id
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
