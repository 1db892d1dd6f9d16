-- ?0 now, ?1 actor, ?2 origin. Old versions first, while the rows still hold them.
insert into resource_version (resource_id, valid_from, valid_to, display_name, scalars, refs, actor)
select r.id, r.valid_from, case n.command when 'R' then r.valid_to else ?0 end, r.display_name, r.scalars, r.refs, r.actor
from directory_next n
join resource r on r.id = n.resource_id
where n.command = 'U' and r.valid_from < ?0 or n.command = 'R' and r.valid_from < r.valid_to;

update resource r
set display_name = n.display_name, scalars = n.scalars, refs = n.refs, version = r.version + 1, actor = ?1, deleted_by = '',
    valid_from = greatest(?0, r.valid_from, case when n.command = 'R' then r.valid_to end),
    valid_to = 'infinity',
    origin = case when n.command = 'R' or ?2 = 'SYNC' then ?2 else r.origin end
from directory_next n
where n.resource_id = r.id and n.command in ('U', 'R');

update resource r set origin = 'SYNC' from directory_next n where n.resource_id = r.id and n.command = 'O';

update resource r
set valid_to = greatest(?0, r.valid_from), version = r.version + 1, deleted_by = ?1
from directory_next n
where n.resource_id = r.id and n.command = 'D';

with born as (
    insert into resource (entity_type_id, key, display_name, scalars, refs, valid_from, origin, actor)
    select entity_type_id, key, display_name, scalars, refs, ?0, ?2, ?1
    from directory_next
    where command = 'I'
    order by entity_type_id, key
    returning id, entity_type_id)
insert into directory_touched (resource_id, entity_type_id, command, relink)
select id, entity_type_id, 'I', true from born;

insert into directory_touched (resource_id, entity_type_id, command, relink)
select resource_id, entity_type_id, command, relink
from directory_next
where command in ('U', 'R', 'D')
on conflict (resource_id) do update
set relink = directory_touched.relink or excluded.relink,
    command = case when directory_touched.command = 'I' and excluded.command = 'U' then 'I' else excluded.command end;
