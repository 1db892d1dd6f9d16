-- Owners who are gone are computed after those who live: by then whoever is to take over what they leave behind has said so.
alter table dirty_owner add column is_gone boolean not null default false;
comment on column dirty_owner.is_gone is 'The owner is gone: computed after those who live and waited no longer, who may take its targets over.';
drop index dirty_owner_by_type;
create index dirty_owner_by_type on dirty_owner (entity_type_id, is_gone, since);
