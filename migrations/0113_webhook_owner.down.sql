alter table webhook drop column owner_id;
