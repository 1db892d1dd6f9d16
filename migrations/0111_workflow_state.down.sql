drop table assignment_history;
alter table assigned_role drop constraint assigned_role_workflow_known;
alter table assigned_resource_type drop constraint assigned_resource_type_workflow_known;
drop trigger workflow_legal_move on assigned_role;
drop trigger workflow_legal_move on assigned_resource_type;
drop function workflow_legal_move();
drop table workflow_transition;
