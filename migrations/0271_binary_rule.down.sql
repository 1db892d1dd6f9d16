-- An older program does not know the rules.
delete from resource_type_rule where kind = 'BINARY';
alter table resource_type_rule drop constraint resource_type_rule_kind_check, drop constraint resource_type_rule_has_property;
alter table resource_type_rule
    add constraint resource_type_rule_kind_check check (kind in ('TYPE', 'SCALAR', 'NAVIGATION', 'QUERY', 'CORRELATION', 'CLASSIFICATION')),
    add constraint resource_type_rule_has_property check ((kind in ('SCALAR', 'NAVIGATION', 'QUERY')) = (property_id is not null));
