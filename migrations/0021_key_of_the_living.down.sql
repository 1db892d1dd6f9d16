-- of several rows with one key the living one or the one that was there last keeps it
update resource r set key = r.key || ' (' || r.id || ')'
where exists (select from resource x where x.entity_type_id = r.entity_type_id and x.key = r.key and (x.valid_to, x.id) > (r.valid_to, r.id));
drop index resource_past_key;
drop index resource_key_unique;
create unique index resource_key_unique on resource (entity_type_id, key);
comment on table resource is 'One instance of an entity type. valid_to <> infinity: it is gone, kept for history. A key that comes back revives its row.';
