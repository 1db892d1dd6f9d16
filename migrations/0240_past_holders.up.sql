-- Who held a role at an earlier date: rows that ended, by role.
create index assigned_role_past_by_role on assigned_role (role_id, owner_id) where valid_to <> 'infinity';
