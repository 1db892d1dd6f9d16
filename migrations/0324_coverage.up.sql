-- Figures count accounts by how they came to be: from an index, not from the rows with all that is expected of them.

create index assigned_resource_type_coverage on assigned_resource_type (resource_type_id, workflow_state) where valid_to = 'infinity' and resource_id is not null and not is_denied;
