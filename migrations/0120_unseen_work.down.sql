alter table assigned_resource_type drop column unseen_at;
