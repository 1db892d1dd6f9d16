drop index provisioning_order_by_target;
drop index resource_search;
alter table resource drop column search;
drop function search_pattern;
drop function search_text;
create index resource_name_trgm on resource using gin (lower(display_name) gin_trgm_ops);
create index resource_key_trgm on resource using gin (lower(key) gin_trgm_ops);
