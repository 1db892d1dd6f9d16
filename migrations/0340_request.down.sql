alter table assigned_role drop column pending_action, drop column pending_state;
drop table request_item_order, request_history, request_decision, request_step, request_item, request;
drop function request_decision_not_own();
delete from legal_move where machine in ('request_item', 'request_step');
