-- Rules of resource types that copy files (role-model 2.8).

alter table resource_type_rule drop constraint resource_type_rule_kind_check, drop constraint resource_type_rule_has_property;
alter table resource_type_rule
    add constraint resource_type_rule_kind_check check (kind in ('TYPE', 'SCALAR', 'NAVIGATION', 'QUERY', 'BINARY', 'CORRELATION', 'CLASSIFICATION')),
    add constraint resource_type_rule_has_property check ((kind in ('SCALAR', 'NAVIGATION', 'QUERY', 'BINARY')) = (property_id is not null));
