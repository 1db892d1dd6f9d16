-- Own work of the past is remembered until newer data of its target shows it gone. Whose memory waits for such data is looked at when it comes.

alter table assigned_resource_type add column unseen_at timestamptz;
comment on column assigned_resource_type.unseen_at is 'Since when, at the latest, own work remembered in expected waits for a reading of the target that began later; null: nothing waits.';

create index assigned_resource_type_unseen on assigned_resource_type (unseen_at) where unseen_at is not null and valid_to = 'infinity';
