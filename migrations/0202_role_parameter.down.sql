update model_object set body = body - array['required_parameters', 'imposed_dimensions'] where kind in ('role', 'resource_type');

alter table assigned_role_version drop column parameters;
alter table assigned_role drop column parameters;
alter table resource_type drop column required_parameters;
alter table role drop column required_parameters, drop column imposed_dimensions;
