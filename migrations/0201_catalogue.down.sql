update model_object set body = body - array['is_collapsed', 'secondary_category_ids', 'tags', 'owner_entity_type_id', 'owner_key', 'state']
where kind in ('category', 'role', 'resource_type');

alter table resource_type drop column tags, drop column owner_entity_type_id, drop column owner_key;
alter table role
    drop column secondary_category_ids, drop column tags, drop column owner_entity_type_id, drop column owner_key, drop column state;
alter table category drop column is_collapsed;
