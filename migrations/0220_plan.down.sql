drop table plan_item;
drop table plan_owner;
drop table plan;
