drop index request_candidate_assigned;
delete from request_candidate where source = 'ASSIGNED';
alter table request_step drop column is_assigned;
