drop table dirty_owner, changed_resource, resource_link, resource_version, resource, dimension_closure, dimension, property_mapping, entity_mapping, property, entity_type, connection, connector;
drop extension if exists pg_trgm;
