drop view order_obstacle;
alter table provisioning_order drop swap_id;
drop table order_key;
