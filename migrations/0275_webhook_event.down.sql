alter table webhook drop column events;
