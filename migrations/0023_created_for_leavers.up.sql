-- What was created for somebody who is gone is found by its key.
create index assigned_resource_type_created on assigned_resource_type (created_key) where created_key is not null and resource_id is null and valid_to = 'infinity';
