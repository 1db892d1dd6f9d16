drop table model_version, context_rule, resource_type_rule, resource_type, role_rule, role, category, policy;
