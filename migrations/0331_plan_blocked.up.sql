-- A plan tells of single values that a risk would keep back (role-model 9.5), as it tells of roles.
alter table plan_item drop constraint plan_item_kind_check;
alter table plan_item add constraint plan_item_kind_check check (kind in ('ROLE', 'ACCOUNT', 'LINE', 'DIFFERENCE', 'BLOCKED', 'FAILURE'));
