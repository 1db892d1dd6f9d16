drop table denied_association, correlation_key, evaluation_fact, owner_state, assigned_resource_type, assigned_role, context;
