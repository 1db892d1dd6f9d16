drop index request_candidate_assigned;
delete from request_candidate where source = 'ASSIGNED';
alter table request_step drop column is_assigned;
drop index request_item_once;
create unique index request_item_once on request_item (beneficiary_id, role_id, (action in ('ADD', 'ALLOW')), parameters) where state in ('SUBMITTED', 'IN_APPROVAL');
