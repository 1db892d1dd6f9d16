delete from plan_item where kind = 'BLOCKED';
alter table plan_item drop constraint plan_item_kind_check;
alter table plan_item add constraint plan_item_kind_check check (kind in ('ROLE', 'ACCOUNT', 'LINE', 'DIFFERENCE', 'FAILURE'));
