-- Gives living resources the keys in directory_renamed, all at once: they may change places, so everybody lets go first.
update resource r set key = chr(1) || r.id from directory_renamed n where r.id = n.resource_id;
update resource r set key = n.key from directory_renamed n where r.id = n.resource_id;
insert into directory_touched (resource_id, entity_type_id, command, relink)
select resource_id, entity_type_id, 'U', false from directory_renamed
on conflict (resource_id) do nothing;
