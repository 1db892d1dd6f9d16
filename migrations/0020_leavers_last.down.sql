drop index dirty_owner_by_type;
create index dirty_owner_by_type on dirty_owner (entity_type_id, since);
alter table dirty_owner drop column is_gone;
