drop index owner_state_left;
alter table owner_state drop column left_at;
