drop trigger order_line_history_not_own on order_line_history;
drop function order_line_history_not_own();
drop index local_user_by_resource;
drop function is_same_person(text, bigint);
drop function mail_of(jsonb);
alter table resource_type drop column allow_own_decisions;
