drop index assigned_role_ending;
