-- A key belongs to one living resource. A resource that is renamed keeps its id, also when something that is gone had its new key before.
drop index resource_key_unique;
create unique index resource_key_unique on resource (entity_type_id, key) where valid_to = 'infinity';
create index resource_past_key on resource (entity_type_id, key, valid_to) where valid_to <> 'infinity';
comment on table resource is 'One instance of an entity type. valid_to <> infinity: it is gone, kept for history. A key that comes back revives the row that had it last.';
