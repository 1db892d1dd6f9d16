-- What a person gave ends soon: who has it and who leads him are told (requests 6.5).
create index assigned_role_ending on assigned_role (end_date) where valid_to = 'infinity' and end_date is not null and not is_denied and workflow_state in (16, 116, 27);
