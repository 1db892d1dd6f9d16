drop table read_back_request, delivery_row, dirty_owner, changed_resource, resource_unique_key, unresolved_ref, resource_link, resource_version, resource, dimension_closure, dimension, property_mapping, entity_mapping, property, entity_type, connection, connector;
drop function shape_changed;
drop function ref_values;
drop extension if exists pg_trgm;
